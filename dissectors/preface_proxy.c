/* SOCKS 4, 4a and 5 (RFC 1928, 1929) and HAProxy's PROXY protocol: whole once, then a tunnel. */
#include "preface_dialogue.h"

#include <string.h>

enum {
    SOCKS_CONNECT = 1,
    SOCKS_BIND = 2,  /* is answered twice: when it listens, and when somebody came */
    SOCKS5_USER = 2, /* authentication by user name and password */
    SOCKS5_NO_METHOD = 0xff,
    AUTHENTICATION = 256 /* added to the status of a failed one, apart from the reply codes */
};

/* Steps of SOCKS 5, and of SOCKS 4 the last two. */
enum {
    STEP_GREETED = 1, /* the client's list of methods was read */
    STEP_CHOSEN = 2,  /* and the server's choice */
    STEP_OPAQUE = 4,  /* a method that encrypts, or whose messages are not known here */
    STEP_BINDING = 8, /* BIND: the first of two answers is awaited */
    STEP_OTHER = 16   /* UDP ASSOCIATE, which carries nothing here */
};

static void append_address(char asked[PREFACE_WORDS], struct wire address, bool is_name)
{
    if (is_name) {
        char name[PREFACE_WORDS];
        preface_keep(name, address);
        preface_append(asked, name);
        return;
    }
    bool four = address.left == 4;
    while (address.left > 0) {
        static const char digits[] = "0123456789abcdef";
        if (four) {
            preface_append_number(asked, wire_u8(&address));
        } else {
            uint32_t group = wire_u16(&address);
            char hex[] = {digits[group >> 12], digits[group >> 8 & 15], digits[group >> 4 & 15],
                          digits[group & 15], '\0'};
            preface_append(asked, hex);
        }
        preface_append(asked, address.left == 0 ? "" : four ? "." : ":");
    }
}

/* "CONNECT www.example.com:443": SOCKS asks in numbers, so these are our words for it. */
static void ask_for(struct preface *preface, uint8_t command, struct wire address, bool is_name,
                    uint16_t port)
{
    static const char *const commands[] = {"", "CONNECT ", "BIND ", "UDP ASSOCIATE "};
    bool six = !is_name && address.left == 16;
    preface_ask(preface, preface_text(command < 4 ? commands[command] : ""));
    preface_append(preface->asked, six ? "[" : "");
    append_address(preface->asked, address, is_name);
    preface_append(preface->asked, six ? "]:" : ":");
    preface_append_number(preface->asked, port);
}

/* RFC 1928, section 6; PREFACE_WORDS holds each. */
static const char *reply_words(uint16_t status)
{
    static const char *const words[] = {"succeeded",
                                        "general SOCKS server failure",
                                        "connection not allowed by ruleset",
                                        "network unreachable",
                                        "host unreachable",
                                        "connection refused",
                                        "TTL expired",
                                        "command not supported",
                                        "address type not supported"};
    return status < sizeof(words) / sizeof(words[0]) ? words[status] : "";
}

/* The bytes up to and with the next NUL; failed when there is none. */
static struct wire take_string(struct wire *wire)
{
    size_t length = 0;
    while (length < wire->left && wire_peek(wire, length) != 0) {
        length++;
    }
    struct wire taken = wire_take(wire, length);
    wire_skip(wire, 1);
    return taken;
}

/* SOCKS 4: version, command, port, address, user id and NUL. 4a: address 0.0.0.x, then a name and
 * NUL. */
enum preface_guess preface_socks4_guess(const struct preface *preface, enum speaker from,
                                        struct wire said)
{
    (void)preface;
    if (from != CLIENT || wire_u8(&said) != 4) {
        return GUESS_NO;
    }
    uint8_t command = wire_peek(&said, 0);
    if (said.left > 0 && command != SOCKS_CONNECT && command != SOCKS_BIND) {
        return GUESS_NO;
    }
    if (said.left < 8) {
        return GUESS_MORE;
    }
    wire_skip(&said, 1);
    bool port = wire_u16(&said) != 0;
    wire_skip(&said, 4);
    uint8_t user = wire_peek(&said, 0);
    return port && (user == 0 || (user >= 0x20 && user < 0x7f)) ? GUESS_YES : GUESS_NO;
}

size_t preface_socks4_measure(const struct preface *preface, enum speaker from, struct wire head)
{
    if (preface->state == PREFACE_REFUSED || (from == CLIENT && preface->voice[CLIENT].begun)) {
        return MEASURE_PIECE;
    }
    uint8_t version = wire_peek(&head, 0);
    if (from == SERVER) {
        return head.left == 0 ? MEASURE_MORE : version == 0 || version == 4 ? 8 : MEASURE_FOREIGN;
    }
    size_t whole = head.left;
    wire_skip(&head, 4);
    uint32_t address = wire_u32(&head);
    (void)take_string(&head);
    if (address > 0 && address < 256) {
        (void)take_string(&head);
    }
    return wire_ok(&head) ? whole - head.left : MEASURE_MORE;
}

static void socks4_server(struct preface *preface, struct wire unit)
{
    wire_skip(&unit, 1);
    uint8_t code = wire_u8(&unit);
    const char *words = code == 90   ? "request granted"
                        : code == 91 ? "request rejected or failed"
                        : code == 92 ? "request rejected: no identd on the client"
                        : code == 93 ? "request rejected: identd reports another user"
                                     : "";
    if (code == 90 && (preface->step & STEP_BINDING) != 0) {
        preface->step &= (uint8_t)~STEP_BINDING;
        return;
    }
    preface_answer(preface, code == 90, code, preface_text(words));
    if (code == 90) {
        preface_enter_tunnel(preface);
    }
}

void preface_socks4_dissect(struct preface *preface, enum speaker from, struct wire unit)
{
    if (from == SERVER) {
        socks4_server(preface, unit);
        return;
    }
    wire_skip(&unit, 1);
    uint8_t command = wire_u8(&unit);
    uint16_t port = wire_u16(&unit);
    struct wire address = wire_take(&unit, 4);
    struct wire peek = address;
    uint32_t number = wire_u32(&peek);
    (void)take_string(&unit);
    bool is_name = number > 0 && number < 256;
    ask_for(preface, command, is_name ? take_string(&unit) : address, is_name, port);
    preface->step = command == SOCKS_BIND ? STEP_BINDING : 0;
}

/* SOCKS 5: version, number of methods, methods. 4 and 10 to 127 are no methods. */
enum preface_guess preface_socks5_guess(const struct preface *preface, enum speaker from,
                                        struct wire said)
{
    (void)preface;
    if (from != CLIENT || wire_u8(&said) != 5) {
        return GUESS_NO;
    }
    if (said.left == 0) {
        return GUESS_MORE;
    }
    size_t methods = wire_u8(&said);
    if (methods == 0 || methods > 32) {
        return GUESS_NO;
    }
    for (size_t i = 0; i < methods && said.left > 0; i++) {
        uint8_t method = wire_u8(&said);
        if (method == 4 || (method > 9 && method < 0x80)) {
            return GUESS_NO;
        }
        if (i + 1 == methods) {
            return GUESS_YES;
        }
    }
    return GUESS_MORE;
}

/* A request or reply: version, command or code, 0, address type, address, port. */
static size_t measure_request(struct wire head)
{
    size_t whole = head.left;
    wire_skip(&head, 3);
    uint8_t type = wire_u8(&head);
    if (!wire_ok(&head)) {
        return MEASURE_MORE;
    }
    if (type == 3) {
        size_t name = wire_u8(&head);
        return wire_ok(&head) ? whole - head.left + name + 2 : MEASURE_MORE;
    }
    return type == 1 ? 10 : type == 4 ? 22 : MEASURE_FOREIGN;
}

/* RFC 1929: version 1, user name and password, each with its length. */
static size_t measure_password(struct wire head)
{
    size_t whole = head.left;
    wire_skip(&head, 1);
    (void)wire_vector(&head, 1);
    size_t password = wire_u8(&head);
    return wire_ok(&head) ? whole - head.left + password : MEASURE_MORE;
}

size_t preface_socks5_measure(const struct preface *preface, enum speaker from, struct wire head)
{
    uint8_t version = wire_peek(&head, 0);
    uint8_t second = wire_peek(&head, 1);
    bool opening = (preface->step & (from == CLIENT ? STEP_GREETED : STEP_CHOSEN)) == 0;
    if (preface->state == PREFACE_REFUSED || (preface->step & STEP_OPAQUE) != 0) {
        return MEASURE_PIECE;
    }
    if (head.left > 0 && version != 5 && (opening || version != 1)) {
        return MEASURE_FOREIGN;
    }
    if (head.left < 2) {
        return MEASURE_MORE;
    }
    if (opening) {
        return from == CLIENT ? 2 + (size_t)second : 2;
    }
    if (version == 1) {
        return from == CLIENT ? measure_password(head) : 2;
    }
    /* Of a failure only the code counts: servers are known to leave the address out. */
    return from == SERVER && second != 0 ? 2 : measure_request(head);
}

static void socks5_client(struct preface *preface, struct wire unit)
{
    uint8_t version = wire_u8(&unit);
    if ((preface->step & STEP_GREETED) == 0) {
        preface->step |= STEP_GREETED;
        return;
    }
    if (version != 5) {
        return;
    }
    uint8_t command = wire_u8(&unit);
    wire_skip(&unit, 1);
    uint8_t type = wire_u8(&unit);
    struct wire address = type == 3 ? wire_vector(&unit, 1) : wire_take(&unit, type == 1 ? 4 : 16);
    uint16_t port = wire_u16(&unit);
    ask_for(preface, command, address, type == 3, port);
    preface->step |= command == SOCKS_BIND ? STEP_BINDING : command > SOCKS_BIND ? STEP_OTHER : 0;
}

static void choose_method(struct preface *preface, uint8_t method)
{
    preface->step |= STEP_CHOSEN;
    if (method == SOCKS5_NO_METHOD) {
        preface_answer(preface, false, method, preface_text("no acceptable methods"));
    } else if (method != 0 && method != SOCKS5_USER) {
        preface->step |= STEP_OPAQUE;
    }
}

static void socks5_server(struct preface *preface, struct wire unit)
{
    uint8_t version = wire_u8(&unit);
    uint8_t code = wire_u8(&unit);
    if ((preface->step & STEP_CHOSEN) == 0) {
        choose_method(preface, code);
    } else if (version == 1) {
        if (code != 0) {
            preface_answer(preface, false, (uint16_t)(AUTHENTICATION + code),
                           preface_text("authentication failed"));
        }
    } else if (code == 0 && (preface->step & STEP_BINDING) != 0) {
        preface->step &= (uint8_t)~STEP_BINDING;
    } else {
        preface_answer(preface, code == 0, code, preface_text(reply_words(code)));
        if (code == 0 && (preface->step & STEP_OTHER) == 0) {
            preface_enter_tunnel(preface);
        }
    }
}

void preface_socks5_dissect(struct preface *preface, enum speaker from, struct wire unit)
{
    if (from == CLIENT) {
        socks5_client(preface, unit);
    } else {
        socks5_server(preface, unit);
    }
}

enum preface_guess preface_proxy1_guess(const struct preface *preface, enum speaker from,
                                        struct wire said)
{
    bool first = from == CLIENT && !preface->voice[CLIENT].begun;
    return first && (preface_begins(said, "proxy tcp4 ") || preface_begins(said, "proxy tcp6 ") ||
                     preface_begins(said, "proxy unknown"))
               ? GUESS_YES
               : GUESS_NO;
}

/* Nobody answers: what the proxy was asked to carry follows at once. */
void preface_proxy1_dissect(struct preface *preface, enum speaker from, struct wire line)
{
    if (from == CLIENT) {
        preface_ask(preface, line);
        preface_enter_tunnel(preface);
    }
}

static const uint8_t signature[] = {'\r', '\n', '\r', '\n', 0,   '\r',
                                    '\n', 'Q',  'U',  'I',  'T', '\n'};

enum preface_guess preface_proxy2_guess(const struct preface *preface, enum speaker from,
                                        struct wire said)
{
    (void)preface;
    size_t length = said.left < sizeof(signature) ? said.left : sizeof(signature);
    if (from != CLIENT || memcmp(said.at, signature, length) != 0) {
        return GUESS_NO;
    }
    return length < sizeof(signature) ? GUESS_MORE : GUESS_YES;
}

/* The signature, version and command, family, and the length of what follows. */
size_t preface_proxy2_measure(const struct preface *preface, enum speaker from, struct wire head)
{
    (void)preface;
    if (from == SERVER) {
        return MEASURE_FOREIGN;
    }
    wire_skip(&head, sizeof(signature) + 2);
    size_t length = wire_u16(&head);
    return wire_ok(&head) ? sizeof(signature) + 4 + length : MEASURE_MORE;
}

void preface_proxy2_dissect(struct preface *preface, enum speaker from, struct wire unit)
{
    static const char *const words[] = {"PROXY UNKNOWN", "PROXY TCP4 ", "PROXY TCP6 "};
    wire_skip(&unit, sizeof(signature));
    bool local = (wire_u8(&unit) & 15) == 0;
    uint8_t family = wire_u8(&unit);
    wire_skip(&unit, 2);
    size_t kind = local ? 0 : family == 0x11 ? 1 : family == 0x21 ? 2 : 0;
    preface_ask(preface, preface_text(words[kind]));
    if (from == CLIENT && kind != 0) { /* in the words of version 1 */
        struct wire source = wire_take(&unit, kind == 1 ? 4 : 16);
        struct wire destination = wire_take(&unit, kind == 1 ? 4 : 16);
        append_address(preface->asked, source, false);
        preface_append(preface->asked, " ");
        append_address(preface->asked, destination, false);
        preface_append(preface->asked, " ");
        preface_append_number(preface->asked, wire_u16(&unit));
        preface_append(preface->asked, " ");
        preface_append_number(preface->asked, wire_u16(&unit));
    }
    preface_enter_tunnel(preface);
}
