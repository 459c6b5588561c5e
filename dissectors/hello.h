/* ClientHello, ServerHello and HelloRetryRequest (RFC 8446, sections 4.1.2 to 4.1.4; RFC 5246,
 * section 7.4.1), and the extensions that decide anything.
 *
 * The structs are views: every wire in them borrows the message. A wire whose `at` is NULL belongs
 * to something that was not sent; one that was sent empty has left == 0 and `at` set. */
#ifndef DISSECTORS_HELLO_H
#define DISSECTORS_HELLO_H

#include "wire.h"

enum extension_type {
    EXTENSION_SERVER_NAME = 0,
    EXTENSION_MAX_FRAGMENT_LENGTH = 1,
    EXTENSION_STATUS_REQUEST = 5,
    EXTENSION_SUPPORTED_GROUPS = 10,
    EXTENSION_EC_POINT_FORMATS = 11,
    EXTENSION_SIGNATURE_ALGORITHMS = 13,
    EXTENSION_HEARTBEAT = 15,
    EXTENSION_ALPN = 16,
    EXTENSION_STATUS_REQUEST_V2 = 17,
    EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP = 18,
    EXTENSION_PADDING = 21,
    EXTENSION_ENCRYPT_THEN_MAC = 22,
    EXTENSION_EXTENDED_MASTER_SECRET = 23,
    EXTENSION_COMPRESS_CERTIFICATE = 27,
    EXTENSION_RECORD_SIZE_LIMIT = 28,
    EXTENSION_SESSION_TICKET = 35,
    EXTENSION_KEY_SHARE_DRAFT = 40, /* key_share in TLS 1.3's drafts before 23 */
    EXTENSION_PRE_SHARED_KEY = 41,
    EXTENSION_EARLY_DATA = 42,
    EXTENSION_SUPPORTED_VERSIONS = 43,
    EXTENSION_COOKIE = 44,
    EXTENSION_PSK_KEY_EXCHANGE_MODES = 45,
    EXTENSION_CERTIFICATE_AUTHORITIES = 47,
    EXTENSION_POST_HANDSHAKE_AUTH = 49,
    EXTENSION_SIGNATURE_ALGORITHMS_CERT = 50,
    EXTENSION_KEY_SHARE = 51,
    EXTENSION_QUIC_TRANSPORT_PARAMETERS = 57,
    EXTENSION_NEXT_PROTOCOL_NEGOTIATION = 13172,
    EXTENSION_QUIC_TRANSPORT_PARAMETERS_DRAFT = 65445,
    EXTENSION_ENCRYPTED_CLIENT_HELLO = 65037,
    EXTENSION_RENEGOTIATION_INFO = 65281
};

enum {
    SUITE_EMPTY_RENEGOTIATION_INFO_SCSV = 0x00ff, /* RFC 5746, section 3.3 */
    SUITE_FALLBACK_SCSV = 0x5600                  /* RFC 7507 */
};

/* Takes the next 16-bit code of a list; false at the end. */
static inline bool hello_next_code(uint16_t *code, struct wire *list)
{
    if (list->left < 2) {
        return false;
    }
    *code = wire_u16(list);
    return true;
}

/* True for TLS 1.3, DTLS 1.3 and the numbers under which drafts of TLS 1.3 were spoken. */
bool hello_version_is_tls13(uint16_t version);

/* True from TLS 1.2 and DTLS 1.2 on: signatures name their scheme, and either side says which it
 * takes. */
bool hello_version_has_schemes(uint16_t version);

struct extension {
    uint16_t type;
    struct wire body;
};

/* Takes the next extension of a hello's `extensions` block; false at its end or where it breaks
 * off. */
bool hello_next_extension(struct extension *extension, struct wire *extensions);

struct client_hello {
    uint16_t legacy_version;
    struct wire random; /* 32 bytes (SSLv2: the challenge, 16 to 32) */
    struct wire session_id;
    struct wire suites;       /* codes; in an SSLv2 CLIENT-HELLO 3 bytes each, see `sslv2` */
    struct wire compressions; /* one byte each */
    struct wire extensions;   /* the whole block; .at is NULL when there is no block */
    bool sslv2;               /* came as an SSLv2 CLIENT-HELLO */

    struct wire server_name;             /* the first host_name (RFC 6066, section 3) */
    struct wire versions;                /* supported_versions: codes */
    struct wire groups;                  /* supported_groups: codes */
    struct wire key_shares;              /* entries of key_share: see hello_next_key_share() */
    struct wire schemes;                 /* signature_algorithms: codes */
    struct wire certificate_schemes;     /* signature_algorithms_cert: codes */
    struct wire alpn;                    /* names with a length byte each: see hello_next_name() */
    struct wire point_formats;           /* one byte each */
    struct wire session_ticket;          /* the ticket; empty when asked for one */
    struct wire psk_modes;               /* one byte each */
    struct wire psk_identities;          /* the list's bytes */
    struct wire renegotiated_connection; /* renegotiation_info: empty in a first handshake */
    struct wire certificate_authorities; /* DistinguishedNames, each with a 2-byte length */
    struct wire cookie;
    uint16_t record_size_limit;  /* 0: not sent */
    uint8_t max_fragment_length; /* 0: not sent; else RFC 6066's code */
    bool status_request;
    bool early_data;
    bool extended_master_secret;
    bool encrypt_then_mac;
    bool post_handshake_auth;
    bool compress_certificate;
    bool encrypted_client_hello;
    bool quic_transport_parameters;
    bool malformed_extension; /* an extension's body is not as its RFC has it, or it came twice */
    uint16_t malformed_type;  /* the first such */
};

/* Dissects a ClientHello's body (without the message header). Returns false where it is not
 * well-formed; what was read before stays, so that a hello that the snap length cut can still be
 * used: extensions are looked at as far as they go. What is wrong inside one extension's body does
 * not make it false: see malformed_extension. */
bool hello_client(struct client_hello *hello, struct wire body);

/* Dissects an SSLv2 CLIENT-HELLO: `message` begins with its message type (1). */
bool hello_client_sslv2(struct client_hello *hello, struct wire message);

/* Takes the group of the next key share; false at the end. */
bool hello_next_key_share(uint16_t *group, struct wire *key_shares);

/* Takes the next name of an ALPN list (RFC 7301, section 3.1); false at the end. */
bool hello_next_name(struct wire *name, struct wire *alpn);

/* The highest version that the server's random says it was downgraded from (RFC 8446,
 * section 4.1.3). */
enum downgrade { DOWNGRADE_NONE, DOWNGRADE_TLS11, DOWNGRADE_TLS12 };

struct server_hello {
    uint16_t legacy_version;
    uint16_t version; /* selected: supported_versions', else the legacy one */
    struct wire random;
    struct wire session_id;
    uint16_t suite;
    uint8_t compression;
    struct wire extensions; /* the whole block; .at is NULL when there is no block */
    bool hello_retry_request;
    enum downgrade downgrade;
    uint16_t group;   /* key_share's, also a HelloRetryRequest's; 0: none */
    struct wire alpn; /* the one name selected */
    struct wire renegotiated_connection;
    struct wire cookie;
    bool psk_selected;
    uint16_t psk_identity; /* index */
    bool server_name;
    bool status_request;
    bool session_ticket;
    bool extended_master_secret;
    bool encrypt_then_mac;
    uint16_t record_size_limit;
    uint8_t max_fragment_length;
    bool malformed_extension;
    uint16_t malformed_type;
};

/* Dissects a ServerHello's or HelloRetryRequest's body (TLS 1.3 drafts before 22, whose ServerHello
 * has no session id, among them). Returns false where it is not well-formed; what was read before
 * stays. */
bool hello_server(struct server_hello *hello, struct wire body);

/* Dissects a HelloRetryRequest of TLS 1.3's drafts before 22, which was a message of its own
 * (HANDSHAKE_HELLO_RETRY_REQUEST_DRAFT). */
bool hello_retry_request_draft(struct server_hello *hello, struct wire body);

/* Dissects an SSLv2 SERVER-HELLO: `message` begins with its message type (4). The suites that it
 * lists are left in `suites` (3 bytes each), its certificate in `certificate`, its connection id in
 * `random`. */
bool hello_server_sslv2(struct server_hello *hello, struct wire *suites, struct wire *certificate,
                        struct wire message);

#endif
