#include "record.h"

#include "handshake.h"

enum {
    VERSION_MAJOR = 3,     /* SSL 3.0 to TLS 1.3 on the wire */
    VERSION_MINOR_MAX = 4, /* no record says more than 3.4, and RFC 8446 stays at 3.3 */
    ALERT_LENGTH = 2,

    /* A ClientHello whose every vector is empty (RFC 5246, section 7.4.1.2). */
    CLIENT_HELLO_MIN = 38,
    /* A ServerHello of TLS 1.3's drafts before 22: version, random and suite; a HelloRetryRequest
     * of theirs: version and one extension. */
    SERVER_HELLO_MIN = 36,
    HELLO_RETRY_REQUEST_DRAFT_MIN = 8,
    /* The vectors of a hello add up to at most two of 2^16: suites and extensions. */
    HELLO_MAX = 2 * 65535
};

/* Whether a record of this type may carry this version, of which `known` bytes are there. */
static bool version_fits(uint8_t type, uint16_t version, size_t known)
{
    uint8_t major = (uint8_t)(version >> 8);
    uint8_t minor = (uint8_t)(version & 0xff);

    if (known == 0) {
        return true;
    }
    if (type == RECORD_ALERT && major == 0) {
        return known == 1 || minor == 0;
    }
    return major == VERSION_MAJOR && (known == 1 || minor <= VERSION_MINOR_MAX);
}

/* Whether a record of this type may be so long. */
static bool length_fits(uint8_t type, uint16_t length)
{
    if (length == 0 && (type == RECORD_HANDSHAKE || type == RECORD_ALERT)) {
        return false; /* RFC 8446, section 5.1 */
    }
    return length <= RECORD_LENGTH_MAX;
}

/* Judges a header of which fewer than RECORD_HEADER bytes are there. */
static enum framing frame_beginning(struct record *record, struct wire bytes)
{
    size_t known = bytes.left;
    size_t known_of_version = known < 2 ? 0 : known - 1;

    record->type = wire_peek(&bytes, 0);
    record->version = (uint16_t)(wire_peek(&bytes, 1) << 8 | wire_peek(&bytes, 2));
    if (known == 0) {
        return FRAMING_PARTIAL;
    }
    if (record->type < RECORD_CHANGE_CIPHER_SPEC || record->type > RECORD_HEARTBEAT) {
        return FRAMING_NONE;
    }
    if (!version_fits(record->type, record->version, known_of_version)) {
        return FRAMING_NONE;
    }
    if (wire_peek(&bytes, 3) > RECORD_LENGTH_MAX >> 8) {
        return FRAMING_NONE;
    }
    return FRAMING_PARTIAL;
}

enum framing record_frame(struct record *record, struct wire *bytes)
{
    struct wire ahead = *bytes;

    *record = (struct record){0};
    if (ahead.left < RECORD_HEADER) {
        return frame_beginning(record, ahead);
    }
    record->type = wire_u8(&ahead);
    record->version = wire_u16(&ahead);
    record->length = wire_u16(&ahead);
    if (record->type < RECORD_CHANGE_CIPHER_SPEC || record->type > RECORD_HEARTBEAT ||
        !version_fits(record->type, record->version, 2) ||
        !length_fits(record->type, record->length)) {
        return FRAMING_NONE;
    }
    if (ahead.left < record->length) {
        record->body = ahead;
        return FRAMING_PARTIAL;
    }
    record->body = wire_take(&ahead, record->length);
    *bytes = ahead;
    return FRAMING_WHOLE;
}

/* Whether a hello may be of this version's major number: 3, a 4 that probes for version
 * intolerance, or one of those under which drafts of TLS 1.3 were tried. */
static bool hello_major_fits(uint8_t major)
{
    return major == 3 || major == 4 || major == 0x7e || major == 0x7f || major == 0xfb;
}

/* Whether a connection may begin with this message, and if so, how short it can be; 0 when not. */
static uint32_t first_message_min(uint8_t type, bool server)
{
    if (!server) {
        return type == HANDSHAKE_CLIENT_HELLO ? CLIENT_HELLO_MIN : 0;
    }
    switch (type) {
    case HANDSHAKE_SERVER_HELLO:
        return SERVER_HELLO_MIN;
    case HANDSHAKE_HELLO_RETRY_REQUEST_DRAFT:
        return HELLO_RETRY_REQUEST_DRAFT_MIN;
    default:
        return 0;
    }
}

/* Judges the first 6 bytes of a handshake record's body, or as many of them as are there: message
 * type, length and version. The message may go on in further records, even its header. */
static bool first_message_fits(struct wire body, bool server)
{
    uint32_t shortest = first_message_min(wire_peek(&body, 0), server);

    if (body.left >= 1 && shortest == 0) {
        return false;
    }
    if (body.left >= 2 && wire_peek(&body, 1) > HELLO_MAX >> 16) {
        return false;
    }
    if (body.left >= HANDSHAKE_HEADER) {
        struct wire ahead = body;
        wire_skip(&ahead, 1);
        uint32_t length = wire_u24(&ahead);
        if (length < shortest || length > HELLO_MAX) {
            return false;
        }
    }
    return body.left < HANDSHAKE_HEADER + 1 || hello_major_fits(wire_peek(&body, HANDSHAKE_HEADER));
}

enum framing record_begins_tls(struct wire bytes, bool server)
{
    enum { LOOKED_AT = HANDSHAKE_HEADER + 2 /* of the body: message type, length and version */ };
    struct record record;
    struct wire ahead = bytes;
    enum framing framing = record_frame(&record, &ahead);

    if (framing == FRAMING_NONE || bytes.left == 0) {
        return framing;
    }
    if (record.type == RECORD_ALERT && server) {
        uint8_t level = wire_peek(&record.body, 0);
        if (bytes.left < RECORD_HEADER) {
            return FRAMING_PARTIAL;
        }
        if (record.length != ALERT_LENGTH || (record.body.left > 0 && level != 1 && level != 2)) {
            return FRAMING_NONE;
        }
        return framing;
    }
    if (record.type != RECORD_HANDSHAKE) {
        return FRAMING_NONE;
    }
    if (bytes.left < RECORD_HEADER) {
        return FRAMING_PARTIAL;
    }
    struct wire start = wire_take_most(&record.body, LOOKED_AT);
    if (!first_message_fits(start, server)) {
        return FRAMING_NONE;
    }
    bool told = start.left == LOOKED_AT || start.left == record.length;
    return told ? FRAMING_WHOLE : FRAMING_PARTIAL;
}

/* The header of an SSLv2 record in clear: 2 bytes, with the highest bit set (RFC 5246, appendix
 * E.2). Yields the body's length; 0 when it cannot be. *known tells whether it is all there. */
static size_t sslv2_header(struct wire *bytes, bool *known)
{
    *known = bytes->left >= 2;
    if (bytes->left > 0 && (wire_peek(bytes, 0) & 0x80) == 0) {
        *known = true; /* the header of 3 bytes: for padding, which a record in clear has not */
        return 0;
    }
    return *known ? wire_u16(bytes) & 0x7fff : 0;
}

/* Judges as much of a CLIENT-HELLO's fixed part as is there (RFC 5246, appendix E.2). `length` is
 * the record's. */
static bool sslv2_client_hello_fits(struct wire body, size_t length)
{
    enum { FIXED = 9 };
    uint8_t major = wire_peek(&body, 1);

    if (length < FIXED || (body.left >= 1 && wire_peek(&body, 0) != 1)) {
        return false;
    }
    if (body.left >= 2 && major != 0 && major != 3) {
        return false;
    }
    if (body.left >= 3 && major == 0 && wire_peek(&body, 2) != 2) {
        return false;
    }
    if (body.left < FIXED) {
        return true;
    }
    wire_skip(&body, 3);
    size_t suites = wire_u16(&body);
    size_t session_id = wire_u16(&body);
    size_t challenge = wire_u16(&body);
    return suites > 0 && suites % 3 == 0 && (session_id == 0 || session_id == 16) &&
           challenge >= 16 && challenge <= 32 && FIXED + suites + session_id + challenge == length;
}

/* Judges as much of a SERVER-HELLO's fixed part as is there ("The SSL Protocol", section 2.6). With
 * a session that goes on, certificate and suites are left out. */
static bool sslv2_server_hello_fits(struct wire body, size_t length)
{
    enum { FIXED = 11 };
    uint8_t session_hit = wire_peek(&body, 1);

    if (length < FIXED || (body.left >= 1 && wire_peek(&body, 0) != 4) || session_hit > 1) {
        return false;
    }
    if (body.left >= 3 && wire_peek(&body, 2) > 1) {
        return false;
    }
    if (wire_peek(&body, 3) != 0 || (body.left >= 5 && wire_peek(&body, 4) != 2)) {
        return false;
    }
    if (body.left < FIXED) {
        return true;
    }
    wire_skip(&body, 5);
    size_t certificate = wire_u16(&body);
    size_t suites = wire_u16(&body);
    size_t connection = wire_u16(&body);
    return (session_hit == 1) == (certificate == 0) && suites % 3 == 0 && connection >= 16 &&
           connection <= 32 && FIXED + certificate + suites + connection == length;
}

enum framing record_frame_sslv2(struct wire *message, struct wire *bytes, bool server)
{
    struct wire ahead = *bytes;
    bool known;
    size_t length = sslv2_header(&ahead, &known);

    *message = wire_over(NULL, 0);
    if (!known) {
        return FRAMING_PARTIAL;
    }
    if (length == 0) {
        return FRAMING_NONE;
    }
    struct wire body = wire_take_most(&ahead, length);
    bool fits =
        server ? sslv2_server_hello_fits(body, length) : sslv2_client_hello_fits(body, length);
    if (!fits) {
        return FRAMING_NONE;
    }
    *message = body;
    if (body.left < length) {
        return FRAMING_PARTIAL;
    }
    *bytes = ahead;
    return FRAMING_WHOLE;
}

bool record_alert(struct alert *alert, struct wire body)
{
    alert->level = wire_u8(&body);
    alert->description = wire_u8(&body);
    return wire_done(&body) && (alert->level == 1 || alert->level == 2);
}

bool record_change_cipher_spec(struct wire body)
{
    return wire_u8(&body) == 1 && wire_done(&body);
}
