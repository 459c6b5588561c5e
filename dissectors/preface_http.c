/* Plain HTTP/1, CONNECT (RFC 9110, section 9.3.6) and the upgrade to TLS (RFC 2817). */
#include "preface_dialogue.h"

enum {
    STEP_CLIENT_HEAD = 1, /* the client's head goes on */
    STEP_SERVER_HEAD = 2, /* the server's, likewise */
    STEP_UPGRADE = 4      /* the client asks for "Upgrade: TLS" in the request under way */
};

static bool is_method(struct wire word)
{
    static const char *const methods[] = {"get",   "head",  "post",      "put",      "delete",
                                          "patch", "trace", "options",   "propfind", "pri",
                                          "lock",  "merge", "proppatch", "search",   "mkcol"};
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (preface_is(word, methods[i])) {
            return true;
        }
    }
    return false;
}

/* A request line; one whose end is cut off is believed for its method. */
static bool is_request(const struct preface *preface, struct wire line)
{
    bool versioned = preface_holds(line, " http/") || preface->voice[CLIENT].cut;
    struct wire target = line;
    struct wire method = preface_word(&target);
    if (preface_is(method, "get") && wire_peek(&target, 0) == '/') {
        return true; /* HTTP/0.9 has no version */
    }
    return is_method(method) && versioned;
}

static bool is_connect(const struct preface *preface, struct wire line)
{
    return preface_begins(line, "connect ") &&
           (preface_holds(line, " http/") || preface->voice[CLIENT].cut);
}

static bool is_status_line(struct wire line)
{
    return preface_begins(line, "http/1.") || preface_begins(line, "http/2");
}

enum preface_guess preface_connect_guess(const struct preface *preface, enum speaker from,
                                         struct wire said)
{
    return from == CLIENT && is_connect(preface, said) ? GUESS_YES : GUESS_NO;
}

/* nginx, and others, answer what they do not understand as in HTTP/0.9: with the page alone. */
enum preface_guess preface_http_guess(const struct preface *preface, enum speaker from,
                                      struct wire said)
{
    if (from == CLIENT) {
        return is_request(preface, said) ? GUESS_YES : GUESS_NO;
    }
    bool page = !preface->voice[SERVER].begun &&
                (preface_begins(said, "<html") || preface_begins(said, "<!doctype html"));
    return page || is_status_line(said) ? GUESS_YES : GUESS_NO;
}

/* The value of the header field `name`, whose colon it includes. */
static bool field(struct wire line, const char *name, struct wire *value)
{
    *value = line;
    struct wire first = preface_word(value);
    if (preface_is(first, name)) {
        return true;
    }
    if (!preface_begins(line, name)) {
        return false;
    }
    *value = line; /* "Content-Length:5" */
    while (value->left > 0 && wire_u8(value) != ':') {
    }
    return true;
}

/* The end of a head: what follows is its body, which may hold anything; chunks are lines enough. */
static void end_head(struct preface *preface, enum speaker from)
{
    struct preface_voice *voice = &preface->voice[from];
    voice->skip = voice->body;
    voice->body = 0;
    preface->step &= (uint8_t) ~(from == CLIENT ? STEP_CLIENT_HEAD : STEP_SERVER_HEAD);
}

static void note_length(struct preface *preface, enum speaker from, struct wire line)
{
    struct wire value;
    if (field(line, "content-length:", &value)) {
        uint32_t length = preface_decimal(preface_word(&value));
        preface->voice[from].body = length <= PREFACE_UNIT_MOST ? length : 0;
    }
}

static void read_client(struct preface *preface, struct wire line)
{
    struct wire value;
    if ((preface->step & STEP_CLIENT_HEAD) != 0) {
        if (line.left == 0) {
            end_head(preface, CLIENT);
        } else if (field(line, "upgrade:", &value) && preface_holds(value, "tls/") &&
                   preface->protocol == PREFACE_HTTP) {
            preface->step |= STEP_UPGRADE;
            preface_ask(preface, line);
        } else {
            note_length(preface, CLIENT, line);
        }
        return;
    }
    if (is_connect(preface, line)) {
        preface->protocol = PREFACE_HTTP_CONNECT;
        preface_ask(preface, line);
    } else if (is_request(preface, line)) {
        preface->protocol = PREFACE_HTTP;
    } else {
        return;
    }
    preface->step = (uint8_t)((preface->step & ~STEP_UPGRADE) | STEP_CLIENT_HEAD);
    preface->voice[CLIENT].body = 0;
}

/* "HTTP/1.1 407 Proxy Authentication Required"; the state changes where the head ends. */
static void read_status(struct preface *preface, struct wire line)
{
    struct wire rest = line;
    (void)preface_word(&rest);
    preface->status = (uint16_t)(preface_decimal(preface_word(&rest)) % 1000);
    preface->step |= STEP_SERVER_HEAD;
    preface->voice[SERVER].body = 0;
    bool interim = preface->status >= 100 && preface->status < 200 && preface->status != 101;
    if (preface->state == PREFACE_ASKED && !interim) {
        preface_keep(preface->words, line);
    }
}

/* The answer to CONNECT, or to the wish for an upgrade, is complete. */
static void conclude(struct preface *preface)
{
    uint16_t status = preface->status;
    if (preface->state != PREFACE_ASKED || (status >= 100 && status < 200 && status != 101)) {
        return;
    }
    if ((preface->step & STEP_UPGRADE) != 0) {
        preface->step &= (uint8_t)~STEP_UPGRADE;
        preface->state = status == 101 ? PREFACE_GRANTED : PREFACE_REFUSED;
    } else if (status >= 200 && status < 300) {
        preface->voice[SERVER].body = 0; /* RFC 9110: to be ignored in a 2xx to CONNECT */
        preface->state = PREFACE_GRANTED;
    } else {
        preface->state = PREFACE_REFUSED;
    }
}

static void read_server(struct preface *preface, struct wire line)
{
    struct wire value;
    if ((preface->step & STEP_SERVER_HEAD) == 0) {
        if (is_status_line(line)) {
            read_status(preface, line);
        }
        return;
    }
    if (line.left > 0) {
        note_length(preface, SERVER, line);
        if (field(line, "upgrade:", &value) && preface_holds(value, "tls/")) {
            preface_offer(preface);
        }
        return;
    }
    bool asked = preface->state == PREFACE_ASKED;
    conclude(preface);
    end_head(preface, SERVER);
    if (asked && preface->state == PREFACE_GRANTED && preface->protocol == PREFACE_HTTP_CONNECT) {
        preface_enter_tunnel(preface);
    }
}

void preface_http_dissect(struct preface *preface, enum speaker from, struct wire line)
{
    if (from == CLIENT) {
        read_client(preface, line);
    } else {
        read_server(preface, line);
    }
}
