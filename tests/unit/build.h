/* A writer of what goes over the wire, for tests: whatever a test means to be right is written by
 * it, so that raw bytes in a test are a deliberate malformation.
 *
 * A struct build grows as it is written to and belongs to the test, which begins it as {0} and ends
 * it with build_free(). Length-prefixed vectors are opened and closed; the length is filled in at
 * the close. Running out of memory, or a length too big for its prefix, ends the program. */
#ifndef TESTS_UNIT_BUILD_H
#define TESTS_UNIT_BUILD_H

#include "wire.h"

enum { BUILD_DEPTH = 16 /* vectors open at once */ };

struct build {
    uint8_t *bytes;
    size_t length;
    size_t room;
    size_t open[BUILD_DEPTH];   /* where the vectors that are open have their length */
    size_t prefix[BUILD_DEPTH]; /* how many bytes each length takes */
    size_t depth;
};

void build_free(struct build *build);

/* Forgets what was written, and keeps the memory. */
void build_clear(struct build *build);

/* What was written so far; lost with the next write. */
struct wire build_wire(const struct build *build);

/* Big-endian numbers. */
void build_u8(struct build *build, unsigned number);
void build_u16(struct build *build, unsigned number);
void build_u24(struct build *build, unsigned number);
void build_u32(struct build *build, uint32_t number);

void build_bytes(struct build *build, const void *bytes, size_t length);
void build_text(struct build *build, const char *text);
void build_wire_bytes(struct build *build, struct wire wire);

/* `length` bytes of which none is 0: they count up from `first`. */
void build_filler(struct build *build, unsigned first, size_t length);

/* Opens a vector whose length takes `prefix` bytes (1 to 4); build_close() ends the innermost. */
void build_open(struct build *build, size_t prefix);
void build_close(struct build *build);

/* Numbers of 2 bytes from a list that ends with BUILD_END. */
#define BUILD_END 0x10000U
void build_codes(struct build *build, const unsigned *codes);

/* An extension's type, with its body as the vector opened. */
void build_open_extension(struct build *build, unsigned type);
void build_flag_extension(struct build *build, unsigned type);     /* empty */
void build_alpn_extension(struct build *build, const char *names); /* separated by commas */
void build_codes_extension(struct build *build, unsigned type, size_t prefix,
                           const unsigned *codes); /* one list of them */

/* A handshake message's header, with its body as the vector opened. */
void build_open_message(struct build *build, unsigned type);

/* A record's header, with its body as the vector opened. */
void build_open_record(struct build *build, unsigned type, unsigned version);

/* Records of one type and version around what `body` holds, none longer than `length`. */
void build_records(struct build *build, unsigned type, unsigned version, const struct build *body,
                   size_t length);

void build_alert_record(struct build *build, unsigned version, unsigned level,
                        unsigned description);
void build_change_cipher_spec_record(struct build *build, unsigned version);

/* What a ClientHello says. Zero is what nobody has to think about: TLS 1.2's version, an empty
 * session id, two suites, no compression, no extensions but those that are named. Lists of codes
 * end with BUILD_END. */
struct build_client_hello {
    unsigned version;       /* 0: 0x0303 */
    size_t session_id;      /* its length */
    const unsigned *suites; /* NULL: 0x1301 and 0xc02f */
    const char *server_name;
    const unsigned *groups;
    const unsigned *schemes;
    const char *alpn;           /* separated by commas */
    const unsigned *versions;   /* supported_versions */
    const unsigned *key_shares; /* groups, each with a share of 32 bytes */
    bool extended_master_secret;
    bool renegotiation_info;
    bool session_ticket;
    const struct build *more; /* extensions that go behind those above */
    bool no_extensions;       /* not even the length of none */
};

/* The bodies of messages, for build_open_message(). */
void build_client_hello(struct build *build, const struct build_client_hello *hello);

struct build_server_hello {
    unsigned version;          /* 0: 0x0303 */
    size_t session_id;         /* its length */
    unsigned suite;            /* 0: TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 */
    bool hello_retry_request;  /* its random, and a key_share without the share */
    const char *random_end;    /* the random's last bytes, where they matter */
    unsigned selected_version; /* supported_versions; 0: none */
    unsigned group;            /* key_share; 0: none */
    const char *alpn;
    bool extended_master_secret;
    bool renegotiation_info;
    bool session_ticket;
    const struct build *more;
    bool no_extensions;
};

void build_server_hello(struct build *build, const struct build_server_hello *hello);

/* A Certificate of certificates whose DER is `lengths[i]` bytes; `lengths` ends with 0. */
void build_certificate(struct build *build, bool tls13, const size_t *lengths);

/* A ServerKeyExchange of ECDHE: a point of 32 bytes, and a signature unless `scheme` is 0. */
void build_ecdhe_parameters(struct build *build, unsigned group, unsigned scheme);

/* A CertificateRequest up to TLS 1.2; `schemes` NULL before 1.2; names separated by commas. */
void build_certificate_request(struct build *build, const unsigned *schemes,
                               const char *authorities);

#endif
