#include "extensions.h"

/* What many extensions are made of. Each returns whether the body was well-formed and leaves in its
 * first parameter what could be read. */

/* An empty body. */
static bool flag(bool *seen, struct wire body)
{
    *seen = true;
    return wire_done(&body);
}

/* One vector with a length of `prefix` bytes, of elements of `size` bytes, at least one. */
static bool vector_of(struct wire *list, struct wire body, size_t prefix, size_t size)
{
    struct wire vector = wire_vector(&body, prefix);
    bool well_formed = wire_done(&body) && vector.left >= size && vector.left % size == 0;

    if (wire_ok(&vector)) {
        *list = vector;
    }
    return well_formed;
}

/* One number of 2 bytes. */
static bool number(uint16_t *field, struct wire body)
{
    *field = wire_u16(&body);
    return wire_done(&body);
}

/* One vector with a length byte, which may be empty: renegotiation_info (RFC 5746, section 3.2). */
static bool renegotiation(struct wire *connection, struct wire body)
{
    struct wire vector = wire_vector(&body, 1);

    if (wire_ok(&vector)) {
        *connection = vector;
    }
    return wire_done(&body);
}

/* True when the vector holds opaque elements with a length of `prefix` bytes, none empty. */
static bool elements_well_formed(struct wire vector, size_t prefix)
{
    while (vector.left > 0) {
        struct wire element = wire_vector(&vector, prefix);
        if (element.left == 0) {
            return false;
        }
    }
    return wire_ok(&vector);
}

/* The ClientHello's extensions, in the order of their numbers. */

/* RFC 6066, section 3. */
static bool client_server_name(struct client_hello *hello, struct wire body)
{
    enum { HOST_NAME = 0 };
    struct wire list;
    bool well_formed = vector_of(&list, body, 2, 1);

    if (!well_formed) {
        return false;
    }
    while (list.left > 0) {
        uint8_t type = wire_u8(&list);
        struct wire name = wire_vector(&list, 2);
        if (!wire_ok(&name)) {
            return false;
        }
        if (type == HOST_NAME && hello->server_name.at == NULL) {
            hello->server_name = name;
        }
        well_formed = well_formed && name.left > 0;
    }
    return well_formed;
}

/* RFC 6066, section 4. */
static bool client_max_fragment_length(struct client_hello *hello, struct wire body)
{
    hello->max_fragment_length = wire_u8(&body);
    return wire_done(&body) && hello->max_fragment_length != 0;
}

/* RFC 6066, section 8: for OCSP, a list of responders and extensions of the request; what other
 * types hold is theirs. */
static bool client_status_request(struct client_hello *hello, struct wire body)
{
    enum { OCSP = 1 };

    hello->status_request = true;
    uint8_t type = wire_u8(&body);
    if (type != OCSP) {
        return wire_ok(&body);
    }
    struct wire responders = wire_vector(&body, 2);
    (void)wire_vector(&body, 2);
    return wire_done(&body) && elements_well_formed(responders, 2);
}

/* RFC 8446, section 4.2.7. */
static bool client_supported_groups(struct client_hello *hello, struct wire body)
{
    return vector_of(&hello->groups, body, 2, 2);
}

/* RFC 8422, section 5.1.2. */
static bool client_ec_point_formats(struct client_hello *hello, struct wire body)
{
    return vector_of(&hello->point_formats, body, 1, 1);
}

/* RFC 8446, section 4.2.3. */
static bool client_signature_algorithms(struct client_hello *hello, struct wire body)
{
    return vector_of(&hello->schemes, body, 2, 2);
}

/* RFC 7301, section 3.1. */
static bool client_alpn(struct client_hello *hello, struct wire body)
{
    return vector_of(&hello->alpn, body, 2, 1) && elements_well_formed(hello->alpn, 1);
}

/* RFC 7366. */
static bool client_encrypt_then_mac(struct client_hello *hello, struct wire body)
{
    return flag(&hello->encrypt_then_mac, body);
}

/* RFC 7627, section 5.1. */
static bool client_extended_master_secret(struct client_hello *hello, struct wire body)
{
    return flag(&hello->extended_master_secret, body);
}

/* RFC 8879, section 3. */
static bool client_compress_certificate(struct client_hello *hello, struct wire body)
{
    struct wire algorithms;

    hello->compress_certificate = true;
    return vector_of(&algorithms, body, 1, 2);
}

/* RFC 8449. */
static bool client_record_size_limit(struct client_hello *hello, struct wire body)
{
    return number(&hello->record_size_limit, body);
}

/* RFC 5077, section 3.2: the ticket itself, without a length. */
static bool client_session_ticket(struct client_hello *hello, struct wire body)
{
    hello->session_ticket = body;
    return true;
}

/* A key_share of a draft; IANA gives its number to nothing else, but somebody may. */
static bool client_key_share_draft(struct client_hello *hello, struct wire body)
{
    struct wire shares = wire_vector(&body, 2);
    bool well_formed = wire_done(&body);
    struct wire rest = shares;
    uint16_t group;

    while (hello_next_key_share(&group, &rest)) {
    }
    if (well_formed && wire_ok(&rest) && hello->key_shares.at == NULL) {
        hello->key_shares = shares;
    }
    return true;
}

/* RFC 8446, section 4.2.11: identities, each with an age, and as many binders. */
static bool client_pre_shared_key(struct client_hello *hello, struct wire body)
{
    enum { BINDER_MIN = 32 };
    struct wire identities = wire_vector(&body, 2);
    struct wire binders = wire_vector(&body, 2);
    bool well_formed = wire_done(&body) && identities.left > 0;

    if (wire_ok(&identities)) {
        hello->psk_identities = identities;
    }
    while (well_formed && identities.left > 0) {
        struct wire identity = wire_vector(&identities, 2);
        wire_skip(&identities, 4);
        struct wire binder = wire_vector(&binders, 1);
        well_formed = wire_ok(&identities) && identity.left > 0 && binder.left >= BINDER_MIN;
    }
    return well_formed && wire_done(&binders);
}

/* RFC 8446, section 4.2.10. */
static bool client_early_data(struct client_hello *hello, struct wire body)
{
    return flag(&hello->early_data, body);
}

/* RFC 8446, section 4.2.1. */
static bool client_supported_versions(struct client_hello *hello, struct wire body)
{
    return vector_of(&hello->versions, body, 1, 2);
}

/* RFC 8446, section 4.2.2. */
static bool client_cookie(struct client_hello *hello, struct wire body)
{
    return vector_of(&hello->cookie, body, 2, 1);
}

/* RFC 8446, section 4.2.9. */
static bool client_psk_modes(struct client_hello *hello, struct wire body)
{
    return vector_of(&hello->psk_modes, body, 1, 1);
}

/* RFC 8446, section 4.2.4. */
static bool client_certificate_authorities(struct client_hello *hello, struct wire body)
{
    return vector_of(&hello->certificate_authorities, body, 2, 1) &&
           elements_well_formed(hello->certificate_authorities, 2);
}

/* RFC 8446, section 4.2.6. */
static bool client_post_handshake_auth(struct client_hello *hello, struct wire body)
{
    return flag(&hello->post_handshake_auth, body);
}

/* RFC 8446, section 4.2.3. */
static bool client_certificate_schemes(struct client_hello *hello, struct wire body)
{
    return vector_of(&hello->certificate_schemes, body, 2, 2);
}

/* RFC 8446, section 4.2.8: may be empty, to ask for a HelloRetryRequest. */
static bool client_key_share(struct client_hello *hello, struct wire body)
{
    struct wire shares = wire_vector(&body, 2);

    if (wire_ok(&shares)) {
        hello->key_shares = shares;
    }
    while (shares.left > 0) {
        wire_skip(&shares, 2);
        struct wire share = wire_vector(&shares, 2);
        if (share.left == 0) {
            return false;
        }
    }
    return wire_done(&body);
}

/* RFC 9000, section 18: for QUIC to look at. */
static bool client_quic_transport_parameters(struct client_hello *hello, struct wire body)
{
    (void)body;
    hello->quic_transport_parameters = true;
    return true;
}

/* TLS Encrypted Client Hello, section 5: the outer hello names suite and configuration, the inner
 * one is but a byte. */
static bool client_encrypted_client_hello(struct client_hello *hello, struct wire body)
{
    enum { OUTER = 0, INNER = 1 };

    hello->encrypted_client_hello = true;
    uint8_t type = wire_u8(&body);
    if (type == OUTER) {
        wire_skip(&body, 4 + 1); /* HPKE's KDF and AEAD, config_id */
        (void)wire_vector(&body, 2);
        (void)wire_vector(&body, 2);
    }
    return wire_done(&body) && type <= INNER;
}

/* RFC 5746, section 3.2. */
static bool client_renegotiation_info(struct client_hello *hello, struct wire body)
{
    return renegotiation(&hello->renegotiated_connection, body);
}

static const struct client_extension {
    uint16_t type;
    bool (*dissect)(struct client_hello *hello, struct wire body);
} client_rows[] = {
    {EXTENSION_SERVER_NAME, client_server_name},
    {EXTENSION_MAX_FRAGMENT_LENGTH, client_max_fragment_length},
    {EXTENSION_STATUS_REQUEST, client_status_request},
    {EXTENSION_SUPPORTED_GROUPS, client_supported_groups},
    {EXTENSION_EC_POINT_FORMATS, client_ec_point_formats},
    {EXTENSION_SIGNATURE_ALGORITHMS, client_signature_algorithms},
    {EXTENSION_ALPN, client_alpn},
    {EXTENSION_ENCRYPT_THEN_MAC, client_encrypt_then_mac},
    {EXTENSION_EXTENDED_MASTER_SECRET, client_extended_master_secret},
    {EXTENSION_COMPRESS_CERTIFICATE, client_compress_certificate},
    {EXTENSION_RECORD_SIZE_LIMIT, client_record_size_limit},
    {EXTENSION_SESSION_TICKET, client_session_ticket},
    {EXTENSION_KEY_SHARE_DRAFT, client_key_share_draft},
    {EXTENSION_PRE_SHARED_KEY, client_pre_shared_key},
    {EXTENSION_EARLY_DATA, client_early_data},
    {EXTENSION_SUPPORTED_VERSIONS, client_supported_versions},
    {EXTENSION_COOKIE, client_cookie},
    {EXTENSION_PSK_KEY_EXCHANGE_MODES, client_psk_modes},
    {EXTENSION_CERTIFICATE_AUTHORITIES, client_certificate_authorities},
    {EXTENSION_POST_HANDSHAKE_AUTH, client_post_handshake_auth},
    {EXTENSION_SIGNATURE_ALGORITHMS_CERT, client_certificate_schemes},
    {EXTENSION_KEY_SHARE, client_key_share},
    {EXTENSION_QUIC_TRANSPORT_PARAMETERS, client_quic_transport_parameters},
    {EXTENSION_QUIC_TRANSPORT_PARAMETERS_DRAFT, client_quic_transport_parameters},
    {EXTENSION_ENCRYPTED_CLIENT_HELLO, client_encrypted_client_hello},
    {EXTENSION_RENEGOTIATION_INFO, client_renegotiation_info},
};

/* The ServerHello's extensions, in the order of their numbers. */

/* RFC 6066, section 3: "the extension_data field of this extension SHALL be empty". */
static bool server_server_name(struct server_hello *hello, struct wire body)
{
    return flag(&hello->server_name, body);
}

/* RFC 6066, section 4. */
static bool server_max_fragment_length(struct server_hello *hello, struct wire body)
{
    hello->max_fragment_length = wire_u8(&body);
    return wire_done(&body) && hello->max_fragment_length != 0;
}

/* RFC 6066, section 8. */
static bool server_status_request(struct server_hello *hello, struct wire body)
{
    return flag(&hello->status_request, body);
}

/* RFC 7301, section 3.1: a list of exactly one name. */
static bool server_alpn(struct server_hello *hello, struct wire body)
{
    struct wire list;
    struct wire name;

    if (!vector_of(&list, body, 2, 1) || !hello_next_name(&name, &list)) {
        return false;
    }
    hello->alpn = name;
    return wire_done(&list) && name.left > 0;
}

/* RFC 7366. */
static bool server_encrypt_then_mac(struct server_hello *hello, struct wire body)
{
    return flag(&hello->encrypt_then_mac, body);
}

/* RFC 7627, section 5.1. */
static bool server_extended_master_secret(struct server_hello *hello, struct wire body)
{
    return flag(&hello->extended_master_secret, body);
}

/* RFC 8449. */
static bool server_record_size_limit(struct server_hello *hello, struct wire body)
{
    return number(&hello->record_size_limit, body);
}

/* RFC 5077, section 3.2: a promise of a ticket. */
static bool server_session_ticket(struct server_hello *hello, struct wire body)
{
    return flag(&hello->session_ticket, body);
}

/* RFC 8446, section 4.2.11. */
static bool server_pre_shared_key(struct server_hello *hello, struct wire body)
{
    hello->psk_selected = true;
    return number(&hello->psk_identity, body);
}

/* RFC 8446, section 4.2.1. */
static bool server_supported_versions(struct server_hello *hello, struct wire body)
{
    uint16_t version;
    bool well_formed = number(&version, body);

    if (well_formed) {
        hello->version = version;
    }
    return well_formed;
}

/* RFC 8446, section 4.2.2. */
static bool server_cookie(struct server_hello *hello, struct wire body)
{
    return vector_of(&hello->cookie, body, 2, 1);
}

/* RFC 8446, section 4.2.8: an entry; in a HelloRetryRequest the group alone. */
static bool server_key_share(struct server_hello *hello, struct wire body)
{
    hello->group = wire_u16(&body);
    if (hello->hello_retry_request) {
        return wire_done(&body);
    }
    struct wire share = wire_vector(&body, 2);
    return wire_done(&body) && share.left > 0;
}

/* RFC 5746, section 3.2. */
static bool server_renegotiation_info(struct server_hello *hello, struct wire body)
{
    return renegotiation(&hello->renegotiated_connection, body);
}

static const struct server_extension {
    uint16_t type;
    bool (*dissect)(struct server_hello *hello, struct wire body);
} server_rows[] = {
    {EXTENSION_SERVER_NAME, server_server_name},
    {EXTENSION_MAX_FRAGMENT_LENGTH, server_max_fragment_length},
    {EXTENSION_STATUS_REQUEST, server_status_request},
    {EXTENSION_ALPN, server_alpn},
    {EXTENSION_ENCRYPT_THEN_MAC, server_encrypt_then_mac},
    {EXTENSION_EXTENDED_MASTER_SECRET, server_extended_master_secret},
    {EXTENSION_RECORD_SIZE_LIMIT, server_record_size_limit},
    {EXTENSION_SESSION_TICKET, server_session_ticket},
    {EXTENSION_KEY_SHARE_DRAFT, server_key_share},
    {EXTENSION_PRE_SHARED_KEY, server_pre_shared_key},
    {EXTENSION_SUPPORTED_VERSIONS, server_supported_versions},
    {EXTENSION_COOKIE, server_cookie},
    {EXTENSION_KEY_SHARE, server_key_share},
    {EXTENSION_RENEGOTIATION_INFO, server_renegotiation_info},
};

enum {
    CLIENT_ROWS = sizeof client_rows / sizeof client_rows[0],
    SERVER_ROWS = sizeof server_rows / sizeof server_rows[0]
};

/* Remembers in a set of at most 64 rows which of them were there before. */
static bool first_time(uint64_t *seen, size_t row)
{
    _Static_assert(CLIENT_ROWS <= 64 && SERVER_ROWS <= 64, "a bit for each row");
    uint64_t bit = UINT64_C(1) << row;
    bool first = (*seen & bit) == 0;

    *seen |= bit;
    return first;
}

/* Reads an extension if there is a row for it. Of one that comes twice, which RFC 8446,
 * section 4.2, forbids, the first one counts. Returns well-formed or not. */
static bool client_read(struct client_hello *hello, uint64_t *seen,
                        const struct extension *extension)
{
    for (size_t row = 0; row < CLIENT_ROWS; row++) {
        if (client_rows[row].type == extension->type) {
            return first_time(seen, row) && client_rows[row].dissect(hello, extension->body);
        }
    }
    return true;
}

bool extensions_client(struct client_hello *hello, struct wire block)
{
    struct extension extension;
    uint64_t seen = 0;

    while (hello_next_extension(&extension, &block)) {
        bool well_formed = client_read(hello, &seen, &extension);
        if (!well_formed && !hello->malformed_extension) {
            hello->malformed_extension = true;
            hello->malformed_type = extension.type;
        }
    }
    return wire_done(&block);
}

/* As client_read(). */
static bool server_read(struct server_hello *hello, uint64_t *seen,
                        const struct extension *extension)
{
    for (size_t row = 0; row < SERVER_ROWS; row++) {
        if (server_rows[row].type == extension->type) {
            return first_time(seen, row) && server_rows[row].dissect(hello, extension->body);
        }
    }
    return true;
}

bool extensions_server(struct server_hello *hello, struct wire block)
{
    struct extension extension;
    uint64_t seen = 0;

    while (hello_next_extension(&extension, &block)) {
        bool well_formed = server_read(hello, &seen, &extension);
        if (!well_formed && !hello->malformed_extension) {
            hello->malformed_extension = true;
            hello->malformed_type = extension.type;
        }
    }
    return wire_done(&block);
}
