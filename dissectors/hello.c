#include "hello.h"

#include "extensions.h"

#include <string.h>

enum {
    RANDOM = 32,
    SESSION_ID_MAX = 32,
    IETF_DRAFT_MAJOR = 0x7f,    /* TLS 1.3's drafts in IETF's numbering: 0x7f00 + the draft */
    GOOGLE_DRAFT_MAJOR = 0x7e,  /* experiments of Chromium's */
    FACEBOOK_DRAFT_MAJOR = 0xfb /* Fizz's */
};

bool hello_version_is_tls13(uint16_t version)
{
    uint8_t major = (uint8_t)(version >> 8);

    /* GREASE's 0x7a7a is no draft, and neither are the others of its kind. */
    return version == 0x0304 || version == 0xfefc || major == IETF_DRAFT_MAJOR ||
           major == GOOGLE_DRAFT_MAJOR || major == FACEBOOK_DRAFT_MAJOR;
}

bool hello_version_has_schemes(uint16_t version)
{
    bool datagram = version >> 8 == 0xfe; /* DTLS counts downwards from 0xfeff */

    return datagram ? version <= 0xfefd : version >= 0x0303;
}

bool hello_next_extension(struct extension *extension, struct wire *extensions)
{
    if (extensions->left == 0) {
        return false;
    }
    extension->type = wire_u16(extensions);
    extension->body = wire_vector(extensions, 2);
    return wire_ok(extensions);
}

bool hello_next_key_share(uint16_t *group, struct wire *key_shares)
{
    if (key_shares->left == 0) {
        return false;
    }
    *group = wire_u16(key_shares);
    (void)wire_vector(key_shares, 2);
    return wire_ok(key_shares);
}

bool hello_next_name(struct wire *name, struct wire *alpn)
{
    if (alpn->left == 0) {
        return false;
    }
    *name = wire_vector(alpn, 1);
    return wire_ok(alpn);
}

/* The extensions' block with its length, at the end of a hello; there may be none (RFC 5246,
 * section 7.4.1.2). A block that is cut is taken as far as it goes, and `body` fails. */
static struct wire extensions_block(struct wire *body)
{
    if (!wire_ok(body) || body->left == 0) {
        return wire_over(NULL, 0);
    }
    size_t length = wire_u16(body);
    if (!wire_ok(body) || length <= body->left) {
        return wire_take(body, length);
    }
    struct wire cut = wire_take_most(body, length);
    body->failed = true;
    return cut;
}

/* A wire as the structs keep it: what could not be read was not sent. */
static struct wire kept(struct wire field)
{
    return wire_ok(&field) ? field : wire_over(NULL, 0);
}

/* Takes a field of `length` bytes, as the structs keep it. */
static struct wire kept_bytes(struct wire *body, size_t length)
{
    return kept(wire_take(body, length));
}

/* Takes a vector whose length takes `prefix` bytes, as the structs keep it. */
static struct wire kept_vector(struct wire *body, size_t prefix)
{
    return kept(wire_vector(body, prefix));
}

bool hello_client(struct client_hello *hello, struct wire body)
{
    *hello = (struct client_hello){0};
    hello->legacy_version = wire_u16(&body);
    hello->random = kept_bytes(&body, RANDOM);
    hello->session_id = kept_vector(&body, 1);
    hello->suites = kept_vector(&body, 2);
    hello->compressions = kept_vector(&body, 1);
    hello->extensions = kept(extensions_block(&body));

    bool well_formed = wire_done(&body) && hello->session_id.left <= SESSION_ID_MAX &&
                       hello->suites.left >= 2 && hello->suites.left % 2 == 0 &&
                       hello->compressions.left >= 1;
    return extensions_client(hello, hello->extensions) && well_formed;
}

bool hello_client_sslv2(struct client_hello *hello, struct wire message)
{
    enum { CLIENT_HELLO = 1 };

    *hello = (struct client_hello){0};
    hello->sslv2 = true;
    uint8_t type = wire_u8(&message);
    hello->legacy_version = wire_u16(&message);
    size_t suites = wire_u16(&message);
    size_t session_id = wire_u16(&message);
    size_t challenge = wire_u16(&message);
    hello->suites = kept_bytes(&message, suites);
    hello->session_id = kept_bytes(&message, session_id);
    hello->random = kept_bytes(&message, challenge);
    return wire_done(&message) && type == CLIENT_HELLO && suites > 0 && suites % 3 == 0 &&
           session_id <= SESSION_ID_MAX && challenge >= 16 && challenge <= RANDOM;
}

/* Reads the rest of a ServerHello, which is nothing but extensions. */
static bool server_extensions(struct server_hello *hello, struct wire *body)
{
    hello->extensions = kept(extensions_block(body));
    return extensions_server(hello, hello->extensions) && wire_done(body);
}

/* What the random says besides being random (RFC 8446, sections 4.1.3 and 4.1.4). */
static void random_read(struct server_hello *hello)
{
    /* SHA-256 of "HelloRetryRequest" */
    static const uint8_t retry[RANDOM] = {
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
        0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
        0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
    };
    static const uint8_t downgrade[] = {'D', 'O', 'W', 'N', 'G', 'R', 'D'};
    struct wire random = hello->random;

    if (random.left != RANDOM) {
        return;
    }
    hello->hello_retry_request = memcmp(random.at, retry, RANDOM) == 0;
    wire_skip(&random, RANDOM - sizeof downgrade - 1);
    struct wire mark = wire_take(&random, sizeof downgrade);
    uint8_t last = wire_u8(&random);
    if (memcmp(mark.at, downgrade, sizeof downgrade) == 0 && last <= 1) {
        hello->downgrade = last == 1 ? DOWNGRADE_TLS12 : DOWNGRADE_TLS11;
    }
}

/* True when `rest` is nothing but a block of extensions. */
static bool is_extensions_block(struct wire rest)
{
    (void)wire_vector(&rest, 2);
    return wire_done(&rest);
}

/* Whether a ServerHello is one of TLS 1.3's drafts before 22, which named their version in its
 * first field and had neither session id nor compression. Until draft 15 they said 3.4 there, which
 * others may say too: then `rest`, all behind the version, tells by its lengths. */
static bool is_draft(uint16_t version, struct wire rest)
{
    if (version >> 8 == IETF_DRAFT_MAJOR) {
        return true;
    }
    wire_skip(&rest, RANDOM + 2);
    return version == 0x0304 && is_extensions_block(rest);
}

bool hello_server(struct server_hello *hello, struct wire body)
{
    *hello = (struct server_hello){0};
    hello->legacy_version = wire_u16(&body);
    hello->version = hello->legacy_version;
    bool draft = is_draft(hello->legacy_version, body);

    hello->random = kept_bytes(&body, RANDOM);
    random_read(hello);
    if (!draft) {
        hello->session_id = kept_vector(&body, 1);
    }
    hello->suite = wire_u16(&body);
    if (!draft) {
        hello->compression = wire_u8(&body);
    }
    bool fixed_part = wire_ok(&body) && hello->session_id.left <= SESSION_ID_MAX;
    return server_extensions(hello, &body) && fixed_part;
}

bool hello_retry_request_draft(struct server_hello *hello, struct wire body)
{
    *hello = (struct server_hello){0};
    hello->hello_retry_request = true;
    hello->legacy_version = wire_u16(&body);
    hello->version = hello->legacy_version;
    if (!is_extensions_block(body)) {
        hello->suite = wire_u16(&body); /* from draft 19 on */
    }
    return server_extensions(hello, &body);
}

bool hello_server_sslv2(struct server_hello *hello, struct wire *suites, struct wire *certificate,
                        struct wire message)
{
    enum { SERVER_HELLO = 4 };

    *hello = (struct server_hello){0};
    uint8_t type = wire_u8(&message);
    wire_skip(&message, 2); /* session_id_hit, certificate_type */
    hello->legacy_version = wire_u16(&message);
    hello->version = hello->legacy_version;
    size_t certificate_length = wire_u16(&message);
    size_t suites_length = wire_u16(&message);
    size_t connection_length = wire_u16(&message);
    *certificate = kept_bytes(&message, certificate_length);
    *suites = kept_bytes(&message, suites_length);
    hello->random = kept_bytes(&message, connection_length);
    return wire_done(&message) && type == SERVER_HELLO && suites->left % 3 == 0;
}
