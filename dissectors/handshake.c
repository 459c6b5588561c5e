#include "handshake.h"

#include "hello.h"

/* Whether a message of this type is sent in TLS. */
static bool type_exists(uint8_t type)
{
    switch (type) {
    case HANDSHAKE_HELLO_REQUEST:
    case HANDSHAKE_CLIENT_HELLO:
    case HANDSHAKE_SERVER_HELLO:
    case HANDSHAKE_NEW_SESSION_TICKET:
    case HANDSHAKE_END_OF_EARLY_DATA:
    case HANDSHAKE_HELLO_RETRY_REQUEST_DRAFT:
    case HANDSHAKE_ENCRYPTED_EXTENSIONS:
    case HANDSHAKE_CERTIFICATE:
    case HANDSHAKE_SERVER_KEY_EXCHANGE:
    case HANDSHAKE_CERTIFICATE_REQUEST:
    case HANDSHAKE_SERVER_HELLO_DONE:
    case HANDSHAKE_CERTIFICATE_VERIFY:
    case HANDSHAKE_CLIENT_KEY_EXCHANGE:
    case HANDSHAKE_FINISHED:
    case HANDSHAKE_CERTIFICATE_URL:
    case HANDSHAKE_CERTIFICATE_STATUS:
    case HANDSHAKE_SUPPLEMENTAL_DATA:
    case HANDSHAKE_KEY_UPDATE:
    case HANDSHAKE_COMPRESSED_CERTIFICATE:
    case HANDSHAKE_NEXT_PROTOCOL:
        return true;
    default:
        return false;
    }
}

enum framing message_frame(struct message *message, struct wire *bytes)
{
    struct wire ahead = *bytes;

    *message = (struct message){0};
    if (ahead.left == 0) {
        return FRAMING_PARTIAL;
    }
    message->type = wire_peek(&ahead, 0);
    if (!type_exists(message->type)) {
        return FRAMING_NONE;
    }
    if (ahead.left < HANDSHAKE_HEADER) {
        return FRAMING_PARTIAL;
    }
    wire_skip(&ahead, 1);
    message->length = wire_u24(&ahead);
    message->body = wire_take_most(&ahead, message->length);
    if (message->body.left < message->length) {
        return FRAMING_PARTIAL;
    }
    *bytes = ahead;
    return FRAMING_WHOLE;
}

/* The size in bits of a big-endian number. */
static uint16_t bits(struct wire number)
{
    enum { BYTES_MAX = UINT16_MAX / 8 };
    uint8_t first = 0;

    while (first == 0 && number.left > 0) {
        first = wire_u8(&number);
    }
    size_t bytes_behind = number.left < BYTES_MAX ? number.left : BYTES_MAX - 1;
    uint16_t size = (uint16_t)(bytes_behind * 8);
    for (; first > 0; first >>= 1) {
        size++;
    }
    return size;
}

/* A curve given by its equation (RFC 4492, section 5.4), which RFC 8422 forbids. */
static void explicit_curve(struct wire *body, uint8_t curve_type)
{
    enum { EXPLICIT_PRIME = 1, TRINOMIAL = 1 };

    if (curve_type == EXPLICIT_PRIME) {
        (void)wire_vector(body, 1); /* prime_p */
    } else {
        wire_skip(body, 2); /* m */
        unsigned coefficients = wire_u8(body) == TRINOMIAL ? 1 : 3;
        for (unsigned i = 0; i < coefficients; i++) {
            (void)wire_vector(body, 1);
        }
    }
    for (unsigned i = 0; i < 5; i++) { /* a, b, base, order, cofactor */
        (void)wire_vector(body, 1);
    }
}

/* RFC 8422, section 5.4. Returns well-formed or not. */
static bool ecdhe_parameters(uint16_t *group, struct wire *body)
{
    enum { EXPLICIT_PRIME = 1, EXPLICIT_CHAR2 = 2, NAMED_CURVE = 3 };
    uint8_t curve_type = wire_u8(body);

    if (curve_type == NAMED_CURVE) {
        *group = wire_u16(body);
    } else if (curve_type == EXPLICIT_PRIME || curve_type == EXPLICIT_CHAR2) {
        explicit_curve(body, curve_type);
    } else {
        return false;
    }
    struct wire point = wire_vector(body, 1);
    return point.left > 0;
}

/* RFC 5246, section 7.4.3. Returns well-formed or not. */
static bool dhe_parameters(uint16_t *prime_bits, struct wire *body)
{
    struct wire prime = wire_vector(body, 2);
    struct wire generator = wire_vector(body, 2);
    struct wire value = wire_vector(body, 2);

    *prime_bits = bits(prime);
    return prime.left > 0 && generator.left > 0 && value.left > 0;
}

/* RFC 2246, section 7.4.3. Returns well-formed or not. */
static bool rsa_parameters(uint16_t *modulus_bits, struct wire *body)
{
    struct wire modulus = wire_vector(body, 2);
    struct wire exponent = wire_vector(body, 2);

    *modulus_bits = bits(modulus);
    return modulus.left > 0 && exponent.left > 0;
}

bool handshake_server_key_exchange(struct server_key_exchange *exchange, struct wire body,
                                   enum parameters parameters, bool psk, bool anonymous,
                                   uint16_t version)
{
    bool well_formed = true;

    *exchange = (struct server_key_exchange){0};
    if (psk) {
        (void)wire_vector(&body, 2); /* psk_identity_hint */
    }
    switch (parameters) {
    case PARAMETERS_UNKNOWN:
        return psk ? wire_done(&body) : true;
    case PARAMETERS_ECDHE:
        well_formed = ecdhe_parameters(&exchange->group, &body);
        break;
    case PARAMETERS_DHE:
        well_formed = dhe_parameters(&exchange->prime_bits, &body);
        break;
    case PARAMETERS_RSA_EXPORT:
        well_formed = rsa_parameters(&exchange->prime_bits, &body);
        break;
    }
    if (!psk && !anonymous) {
        exchange->scheme = hello_version_has_schemes(version) ? wire_u16(&body) : 0;
        (void)wire_vector(&body, 2); /* signature */
    }
    return wire_done(&body) && well_formed;
}

bool handshake_certificate_verify(uint16_t *scheme, struct wire body)
{
    *scheme = wire_u16(&body);
    (void)wire_vector(&body, 2); /* signature */
    return wire_done(&body);
}
