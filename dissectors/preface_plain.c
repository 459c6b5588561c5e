/* Protocols that never lead to TLS, known by what either side says first.
 *
 * Whoever is taken for one of these is not looked at any more, so that each row demands more than
 * the dialogues do: a whole head of HTTP/1 without a word of an upgrade (RFC 2817), exact numbers
 * in binary ones. What is only likely goes the long way.
 */
#include "preface_dialogue.h"

#include <string.h>

struct plain {
    bool (*asks)(struct wire first);    /* the client's */
    bool (*answers)(struct wire first); /* the server's */
    bool greets;                        /* the server may speak first */
};

/* Passes over `text`, letter by letter as it stands; fails the wire where it does not stand there.
 */
static bool take_text(struct wire *wire, const char *text)
{
    size_t length = strlen(text);
    struct wire taken = wire_take(wire, length);
    return wire_ok(&taken) && memcmp(taken.at, text, length) == 0;
}

/* The next line, without its end; fails the wire where it is not whole. */
static struct wire take_line(struct wire *wire)
{
    size_t length = wire_find(wire, '\n');
    struct wire line = wire_take_most(wire, length);
    wire_skip(wire, 1);
    return wire_peek(&line, line.left - 1) == '\r' ? wire_take(&line, line.left - 1) : line;
}

/* Whether a head of HTTP/1 ends here and has no field "Upgrade"; its first line was read. */
static bool is_head_without_upgrade(struct wire head)
{
    struct wire line = take_line(&head);
    while (wire_ok(&head) && line.left > 0) {
        if (preface_begins(line, "upgrade")) {
            return false;
        }
        line = take_line(&head);
    }
    return wire_ok(&head);
}

/* A request for something on this server: not CONNECT, nor through a proxy, which may be asked for
 * a tunnel next. */
static bool asks_http(struct wire first)
{
    static const char *const methods[] = {"GET /",    "POST /",  "HEAD /",   "PUT /",
                                          "DELETE /", "PATCH /", "OPTIONS /"};
    struct wire line = take_line(&first);
    bool method = false;
    for (size_t i = 0; i < sizeof methods / sizeof methods[0] && !method; i++) {
        struct wire word = line;
        method = take_text(&word, methods[i]);
    }
    enum { VERSION = sizeof " HTTP/1.1" - 1 };
    if (!wire_ok(&first) || !method || line.left < VERSION) {
        return false;
    }
    wire_skip(&line, line.left - VERSION);
    return take_text(&line, " HTTP/1.") && is_head_without_upgrade(first);
}

/* An answer that is as it should be. What is refused may be asked again over TLS (426), or come
 * from a server of TLS that knows plain HTTP when it sees it (400). */
static bool answers_http(struct wire first)
{
    struct wire line = take_line(&first);
    if (!wire_ok(&first) || !take_text(&line, "HTTP/1.")) {
        return false;
    }
    (void)preface_word(&line);
    uint32_t status = preface_decimal(preface_word(&line));
    return status >= 200 && status < 400 && is_head_without_upgrade(first);
}

/* RFC 9113, section 3.4: HTTP/2 without TLS, by prior knowledge; the server begins with SETTINGS.
 */
static bool asks_http2(struct wire first)
{
    return take_text(&first, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
}

static bool answers_http2(struct wire first)
{
    enum { SETTING = 6, SETTINGS = 4, SETTINGS_MOST = 64 };
    uint32_t length = wire_u24(&first);
    uint8_t type = wire_u8(&first);
    uint8_t flags = wire_u8(&first);
    uint32_t stream = wire_u32(&first);
    return wire_ok(&first) && length % SETTING == 0 && length <= SETTING * SETTINGS_MOST &&
           type == SETTINGS && flags == 0 && stream == 0;
}

/* RFC 4253, section 4.2. */
static bool is_ssh(struct wire first)
{
    struct wire old = first;
    return take_text(&first, "SSH-2.0-") || take_text(&old, "SSH-1.");
}

/* A line of a sign and a number of at most 9 digits. */
static bool take_count(struct wire *wire, uint8_t sign)
{
    struct wire line = take_line(wire);
    bool right = wire_u8(&line) == sign && line.left > 0;
    return wire_ok(wire) && right &&
           (preface_decimal(line) > 0 || (line.left == 1 && wire_peek(&line, 0) == '0'));
}

/* Redis: a list of strings. */
static bool asks_redis(struct wire first)
{
    return take_count(&first, '*') && take_count(&first, '$');
}

static bool answers_redis(struct wire first)
{
    uint8_t sign = wire_peek(&first, 0);
    (void)take_line(&first);
    return wire_ok(&first) &&
           (sign == '+' || sign == '-' || sign == ':' || sign == '$' || sign == '*' || sign == '%');
}

/* SMB over TCP (MS-SMB2, section 2.1): a zero, a length, and SMB's mark. */
static bool is_smb(struct wire first)
{
    enum { HEADER = 32 }; /* of SMB 1; SMB 2's has 64 */
    uint8_t zero = wire_u8(&first);
    uint32_t length = wire_u24(&first);
    uint8_t version = wire_u8(&first);
    return zero == 0 && length >= HEADER && (version == 0xff || version == 0xfe) &&
           take_text(&first, "SMB");
}

/* DNS over TCP (RFC 1035, section 4.2.2): one message with one question, and nothing behind it. */
static bool is_dns(struct wire first, bool answer)
{
    enum { NOT_OF_A_QUERY = 0xfecf, OPCODE = 0xf800, RESPONSE = 0x8000, ADDITIONAL_MOST = 2 };
    size_t length = wire_u16(&first);
    if (length != first.left) {
        return false;
    }
    wire_skip(&first, 2);
    uint16_t flags = wire_u16(&first);
    uint16_t questions = wire_u16(&first);
    uint16_t answers = wire_u16(&first);
    uint16_t authorities = wire_u16(&first);
    uint16_t additional = wire_u16(&first);
    bool asks = (flags & NOT_OF_A_QUERY) == 0 && answers == 0 && authorities == 0 &&
                additional <= ADDITIONAL_MOST;
    return wire_ok(&first) && first.left > 0 && questions == 1 &&
           (answer ? (flags & OPCODE) == RESPONSE : asks);
}

static bool asks_dns(struct wire first)
{
    return is_dns(first, false);
}

static bool answers_dns(struct wire first)
{
    return is_dns(first, true);
}

/* MQTT (OASIS standard 5.0, section 3.1 and 3.2): CONNECT with the protocol's name, and CONNACK. */
static bool asks_mqtt(struct wire first)
{
    enum { CONNECT = 0x10, NAME_MOST = 6 };
    uint8_t type = wire_u8(&first);
    uint8_t length = wire_u8(&first);
    if ((length & 0x80) != 0) {
        wire_skip(&first, 1); /* lengths of up to 16,383 have two bytes */
    }
    struct wire name = wire_vector(&first, 2);
    return type == CONNECT && wire_ok(&name) && name.left <= NAME_MOST &&
           (preface_is(name, "mqtt") || preface_is(name, "mqisdp"));
}

static bool answers_mqtt(struct wire first)
{
    enum { CONNACK = 0x20 };
    uint8_t type = wire_u8(&first);
    uint8_t length = wire_u8(&first);
    uint8_t flags = wire_u8(&first);
    return wire_ok(&first) && type == CONNACK && length >= 2 && length == first.left + 1 &&
           flags <= 1;
}

static bool is_bittorrent(struct wire first)
{
    return take_text(&first, "\x13"
                             "BitTorrent protocol");
}

/* The numbers that preface_plain() tells are places in this table, from 1. */
static const struct plain plains[] = {
    {asks_http, answers_http, false}, {asks_http2, answers_http2, false},
    {is_ssh, is_ssh, true},           {asks_redis, answers_redis, false},
    {is_smb, is_smb, false},          {asks_dns, answers_dns, false},
    {asks_mqtt, answers_mqtt, false}, {is_bittorrent, is_bittorrent, false},
};

enum { PLAINS = sizeof(plains) / sizeof(plains[0]) };

unsigned preface_plain(enum speaker from, struct wire first, unsigned peer)
{
    for (unsigned i = 0; i < PLAINS; i++) {
        const struct plain *plain = &plains[i];
        bool asked = peer == i + 1 || (peer == 0 && (from == CLIENT || plain->greets));
        if (asked && (from == CLIENT ? plain->asks(first) : plain->answers(first))) {
            return i + 1;
        }
    }
    return 0;
}
