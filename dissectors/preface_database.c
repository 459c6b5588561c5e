/* PostgreSQL and MySQL. */
#include "preface_dialogue.h"

/* PostgreSQL, "Message Formats": what the client may open with, each behind its length. */
enum {
    POSTGRES_3 = 0x00030000,
    POSTGRES_CANCEL = 80877102,
    POSTGRES_SSL = 80877103,
    POSTGRES_GSS = 80877104,
    STARTUP_MOST = 10000 /* MAX_STARTUP_PACKET_LENGTH of the server */
};

enum {
    STEP_SSL = 1,    /* SSLRequest: one byte answers */
    STEP_GSS = 2,    /* GSSENCRequest, likewise */
    STEP_STARTED = 4 /* messages have types from now on */
};

static bool is_opening(uint32_t code)
{
    return code == POSTGRES_SSL || code == POSTGRES_GSS || code == POSTGRES_CANCEL ||
           code >> 8 == POSTGRES_3 >> 8;
}

enum preface_guess preface_postgres_guess(const struct preface *preface, enum speaker from,
                                          struct wire said)
{
    (void)preface;
    size_t whole = said.left;
    if (from == SERVER) {
        /* An error, such as a server that does not know TLS may say to a ClientHello: 'E', length,
         * then its severity. */
        bool error = wire_u8(&said) == 'E' && wire_peek(&said, 0) == 0 && wire_peek(&said, 1) == 0;
        wire_skip(&said, 4);
        uint8_t kind = wire_peek(&said, 0);
        return !error ? GUESS_NO : whole < 6 ? GUESS_MORE : kind == 'S' ? GUESS_YES : GUESS_NO;
    }
    if (wire_peek(&said, 0) != 0 || wire_peek(&said, 1) != 0) {
        return GUESS_NO;
    }
    uint32_t length = wire_u32(&said);
    uint32_t code = wire_u32(&said);
    if (!wire_ok(&said)) {
        return GUESS_MORE;
    }
    return length >= 8 && length <= STARTUP_MOST && is_opening(code) ? GUESS_YES : GUESS_NO;
}

/* A message with a type: a letter, and a length that counts itself. */
static size_t measure_typed(struct wire head)
{
    uint8_t type = wire_u8(&head);
    if (wire_ok(&head) && (type < '1' || type > 'z')) {
        return MEASURE_FOREIGN;
    }
    size_t length = wire_u32(&head);
    if (!wire_ok(&head)) {
        return MEASURE_MORE;
    }
    return length >= 4 && length < PREFACE_UNIT_MOST ? 1 + length : MEASURE_FOREIGN;
}

size_t preface_postgres_measure(const struct preface *preface, enum speaker from, struct wire head)
{
    uint8_t first = wire_peek(&head, 0);
    if (head.left == 0) {
        return MEASURE_MORE;
    }
    if (from == SERVER) {
        bool answer = (preface->step & (STEP_SSL | STEP_GSS)) != 0 &&
                      (first == 'S' || first == 'N' || first == 'G');
        return answer ? 1 : measure_typed(head);
    }
    if ((preface->step & STEP_STARTED) != 0) {
        return measure_typed(head);
    }
    size_t length = wire_u32(&head);
    if (!wire_ok(&head)) {
        return MEASURE_MORE;
    }
    return length >= 8 && length <= STARTUP_MOST ? length : MEASURE_FOREIGN;
}

static void postgres_client(struct preface *preface, struct wire unit)
{
    if ((preface->step & STEP_STARTED) != 0) {
        return;
    }
    wire_skip(&unit, 4);
    uint32_t code = wire_u32(&unit);
    if (code == POSTGRES_SSL) {
        preface->step = STEP_SSL;
        preface_ask(preface, preface_text("SSLRequest"));
    } else if (code == POSTGRES_GSS) {
        preface->step = STEP_GSS;
    } else if (code >> 8 == POSTGRES_3 >> 8) {
        preface->step = STEP_STARTED;
    }
}

/* ErrorResponse: fields of a letter and a string, ended by an empty one; 'M' is the message. */
static struct wire error_message(struct wire unit)
{
    while (unit.left > 0) {
        uint8_t kind = wire_u8(&unit);
        size_t length = 0;
        while (length < unit.left && wire_peek(&unit, length) != 0) {
            length++;
        }
        struct wire field = wire_take(&unit, length);
        if (kind == 'M') {
            return field;
        }
        wire_skip(&unit, unit.left > 0 ? 1 : 0);
    }
    return wire_over(NULL, 0);
}

static void postgres_server(struct preface *preface, struct wire unit)
{
    struct wire whole = unit;
    uint8_t first = wire_u8(&unit);
    bool asked = (preface->step & STEP_SSL) != 0;
    bool waiting = asked || preface->state == PREFACE_GRANTED;
    if (whole.left == 1) {
        if (asked) {
            preface_answer(preface, first == 'S', 0, whole);
        }
    } else if (first == 'E') {
        wire_skip(&unit, 4);
        struct wire message = error_message(unit);
        if (waiting) {
            preface_answer(preface, false, 0, message);
        } else if (preface->words[0] == '\0') {
            preface_keep(preface->words, message);
        }
    }
    preface->step &= STEP_STARTED;
}

void preface_postgres_dissect(struct preface *preface, enum speaker from, struct wire unit)
{
    if (from == CLIENT) {
        postgres_client(preface, unit);
    } else {
        postgres_server(preface, unit);
    }
}

/* MySQL, "Protocol Basics": a packet is a length of 3 bytes, a number, and the payload; numbers are
 * little-endian. */
enum {
    MYSQL_SSL = 0x0800,
    MYSQL_41 = 0x0200,
    GREETING_MOST = 1024, /* a version of many words, twice */
    MYSQL_HEAD = 4
};

/* What is missing at the end is zero. */
static uint32_t little(struct wire *wire, size_t bytes)
{
    uint32_t number = 0;
    for (size_t i = 0; i < bytes && wire->left > 0; i++) {
        number |= (uint32_t)wire_u8(wire) << (8 * i);
    }
    return number;
}

/* The server's first packet: number 0, then protocol 10 or 9, or an error. What can no longer
 * become one is turned down at its first bytes, so that a line of text is not waited for. */
enum preface_guess preface_mysql_guess(const struct preface *preface, enum speaker from,
                                       struct wire said)
{
    size_t whole = said.left;
    uint8_t version = wire_peek(&said, 4);
    bool known = version == 9 || version == 10 || version == 0xff;
    if (from == CLIENT || preface->voice[CLIENT].begun) {
        return GUESS_NO; /* the server speaks first */
    }
    if (little(&said, 3) > GREETING_MOST || wire_peek(&said, 0) != 0 || (whole > 4 && !known)) {
        return GUESS_NO;
    }
    if (whole < 7) {
        return GUESS_MORE;
    }
    wire_skip(&said, 2);
    uint32_t code = little(&said, 2);
    return version != 0xff || (code >= 1000 && code < 5000) ? GUESS_YES : GUESS_NO;
}

size_t preface_mysql_measure(const struct preface *preface, enum speaker from, struct wire head)
{
    (void)preface;
    (void)from;
    size_t length = little(&head, 3);
    wire_skip(&head, 1);
    if (!wire_ok(&head)) {
        return MEASURE_MORE;
    }
    return length > 0 && length < 65536 ? length + MYSQL_HEAD : MEASURE_FOREIGN;
}

static void mysql_greeting(struct preface *preface, struct wire unit)
{
    size_t length = 0;
    while (length < unit.left && wire_peek(&unit, length) != 0) {
        length++;
    }
    preface_keep(preface->words, wire_take(&unit, length));
    wire_skip(&unit, 1 + 4 + 8 + 1); /* NUL, thread, half of the scramble, filler */
    if ((little(&unit, 2) & MYSQL_SSL) != 0) {
        preface_offer(preface);
    } else {
        preface_end_list(preface);
    }
}

static void mysql_server(struct preface *preface, struct wire unit)
{
    wire_skip(&unit, 3);
    uint8_t number = wire_u8(&unit);
    uint8_t kind = wire_u8(&unit);
    if (kind == 0xff) {
        bool asked = preface->state == PREFACE_ASKED || preface->state == PREFACE_GRANTED;
        uint16_t code = (uint16_t)little(&unit, 2);
        if (wire_peek(&unit, 0) == '#') {
            wire_skip(&unit, 6); /* the SQL state */
        }
        if (asked) {
            preface_answer(preface, false, code, unit);
        } else if (number == 0) {
            preface->status = code;
            preface_keep(preface->words, unit);
        }
    } else if (number == 0 && (kind == 10 || kind == 9) && preface->words[0] == '\0') {
        mysql_greeting(preface, unit);
    }
}

/* SSLRequest is the login without its names. Nobody answers it: TLS follows at once. */
static void mysql_client(struct preface *preface, struct wire unit)
{
    size_t length = little(&unit, 3);
    uint8_t number = wire_u8(&unit);
    uint32_t capabilities = little(&unit, 2);
    bool request = (capabilities & MYSQL_41) != 0 ? length == 32 : length == 5;
    if (number != 1 || !request || (capabilities & MYSQL_SSL) == 0 || preface->step != 0) {
        return;
    }
    bool offered = preface->state != PREFACE_NOT_OFFERED;
    preface->step = 1;
    preface_ask(preface, preface_text("SSLRequest"));
    preface->state = offered ? PREFACE_GRANTED : PREFACE_ASKED;
}

void preface_mysql_dissect(struct preface *preface, enum speaker from, struct wire unit)
{
    if (from == CLIENT) {
        mysql_client(preface, unit);
    } else {
        mysql_server(preface, unit);
    }
}
