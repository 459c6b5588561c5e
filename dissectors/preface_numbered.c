/* Dialogues whose replies begin with three digits: SMTP, LMTP, FTP, NNTP (RFC 959, section 4.2, and
 * its heirs). They share a greeting, so which one it is may only show in what the client says.
 * Commands may be pipelined (RFC 2920): replies are counted to find the one to STARTTLS.
 */
#include "preface_dialogue.h"

enum {
    STEP_BODY = 1, /* the client sends a mail or an article, up to a line of a dot */
    STEP_LIST = 2  /* NNTP: the server sends a list or an article, likewise */
};

struct reply {
    uint16_t code; /* 0: the line does not begin with one */
    bool goes_on;  /* "250-" */
    struct wire text;
};

static struct reply read_reply(struct wire line)
{
    struct reply reply = {0, false, line};
    struct wire digits = wire_take(&line, 3);
    uint8_t next = wire_peek(&line, 0);
    uint32_t code = preface_decimal(digits);
    if (!wire_ok(&digits) || code < 100 || code > 599 ||
        (line.left > 0 && next != ' ' && next != '-')) {
        return reply;
    }
    reply.code = (uint16_t)code;
    reply.goes_on = line.left > 0 && next == '-';
    wire_skip(&line, line.left > 0 ? 1 : 0);
    reply.text = line;
    return reply;
}

/* RFC 3207 and 4642: STARTTLS; RFC 4217: AUTH TLS, and AUTH SSL, TLS-C and TLS-P before it. */
static bool asks_for_tls(struct wire line)
{
    struct wire verb = preface_word(&line);
    struct wire mechanism = preface_word(&line);
    if (preface_is(verb, "starttls")) {
        return true;
    }
    return preface_is(verb, "auth") &&
           (preface_begins(mechanism, "tls") || preface_is(mechanism, "ssl"));
}

static bool is_verb(struct wire line, const char *const verbs[], size_t count)
{
    struct wire verb = preface_word(&line);
    for (size_t i = 0; i < count; i++) {
        if (preface_is(verb, verbs[i])) {
            return true;
        }
    }
    return false;
}

static bool is_ftp_command(struct wire line)
{
    static const char *const verbs[] = {"feat", "syst", "pasv", "epsv", "pbsz", "prot", "cwd"};
    return is_verb(line, verbs, sizeof(verbs) / sizeof(verbs[0])) ||
           (preface_begins(line, "auth ") && asks_for_tls(line));
}

enum preface_guess preface_lmtp_guess(const struct preface *preface, enum speaker from,
                                      struct wire said)
{
    (void)preface;
    if (from == CLIENT) {
        return preface_begins(said, "lhlo ") ? GUESS_YES : GUESS_NO;
    }
    struct reply reply = read_reply(said);
    return reply.code != 0 && preface_holds(reply.text, "lmtp") ? GUESS_YES : GUESS_NO;
}

enum preface_guess preface_smtp_guess(const struct preface *preface, enum speaker from,
                                      struct wire said)
{
    if (from == CLIENT) {
        return preface_begins(said, "ehlo ") || preface_begins(said, "helo ") ? GUESS_YES
                                                                              : GUESS_NO;
    }
    struct reply reply = read_reply(said);
    bool named = (reply.code == 220 || reply.code >= 400) && preface_holds(reply.text, "smtp");
    /* The answer to a STARTTLS that is all that was seen: no other protocol grants with 220. */
    bool granted = reply.code == 220 && preface->state == PREFACE_ASKED;
    return named || granted ? GUESS_YES : GUESS_NO;
}

enum preface_guess preface_ftp_guess(const struct preface *preface, enum speaker from,
                                     struct wire said)
{
    if (from == CLIENT) {
        bool greeted = preface->voice[SERVER].begun && preface_begins(said, "user ");
        return greeted || is_ftp_command(said) ? GUESS_YES : GUESS_NO;
    }
    struct reply reply = read_reply(said);
    bool named = preface_holds(reply.text, "ftp");
    return (reply.code == 220 || reply.code == 421) && named ? GUESS_YES : GUESS_NO;
}

enum preface_guess preface_nntp_guess(const struct preface *preface, enum speaker from,
                                      struct wire said)
{
    if (from == CLIENT) {
        return preface_is(said, "capabilities") || preface_is(said, "mode reader") ? GUESS_YES
                                                                                   : GUESS_NO;
    }
    uint16_t code = read_reply(said).code;
    bool greeting = !preface->voice[SERVER].begun && (code == 200 || code == 201);
    bool answer = preface->state == PREFACE_ASKED && (code == 382 || code == 580);
    return greeting || answer ? GUESS_YES : GUESS_NO;
}

/* A greeting may have misled: what the client says weighs more. */
static void correct(struct preface *preface, struct wire line)
{
    if (preface->protocol == PREFACE_FTP || preface->protocol == PREFACE_SMTP) {
        if (preface_begins(line, "lhlo ")) {
            preface->protocol = PREFACE_LMTP;
        } else if (preface_begins(line, "ehlo ")) {
            preface->protocol = PREFACE_SMTP;
        } else if (is_ftp_command(line)) {
            preface->protocol = PREFACE_FTP;
        }
    }
}

static void read_client(struct preface *preface, struct wire line)
{
    static const char *const lists[] = {"ehlo", "lhlo", "feat", "capabilities"};
    if ((preface->step & STEP_BODY) != 0) {
        if (!preface_is(line, ".")) {
            return;
        }
        preface->step = (uint8_t)(preface->step & ~STEP_BODY);
    }
    correct(preface, line);
    preface_command(preface);
    if (asks_for_tls(line)) {
        preface->answer = preface->awaited;
        preface_ask(preface, line);
    } else if (is_verb(line, lists, sizeof(lists) / sizeof(lists[0]))) {
        preface->listing = preface->awaited;
    }
}

/* Is TLS in this line of a list? SMTP's EHLO and HELP, FTP's FEAT (RFC 4217, section 6). */
static bool offers(uint16_t code, struct wire text)
{
    if (code == 250) {
        return preface_is(preface_word(&text), "starttls");
    }
    if (code == 214) {
        return preface_holds(text, "starttls");
    }
    return code == 211 && preface_holds(text, "auth") &&
           (preface_holds(text, "tls") || preface_holds(text, "ssl"));
}

/* RFC 3977: the replies that a list or an article follows. */
static bool is_followed_by_lines(uint16_t code)
{
    static const uint16_t codes[] = {100, 101, 215, 220, 221, 222, 224, 225, 230, 231};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i] == code) {
            return true;
        }
    }
    return false;
}

/* A reply is complete. */
static void count(struct preface *preface, uint16_t code, struct wire line)
{
    if (code < 200 && preface->protocol != PREFACE_NNTP) {
        return; /* preliminary: another follows (RFC 959) */
    }
    if (code == 220 && preface->answer != 1 && preface->protocol != PREFACE_NNTP) {
        return; /* the greeting, which no command called for */
    }
    if (code == 354 || code == 335 || code == 340) {
        preface->step |= STEP_BODY;
    }
    switch (preface_reply(preface)) {
    case REPLY_ANSWER:
        preface_answer(preface, code < 400, code, line);
        break;
    case REPLY_LIST:
        if (code == 250 || code == 211 || code == 101) {
            preface_end_list(preface);
        }
        break;
    case REPLY_UNASKED:
        /* Granted, and then the server could not: Exchange's 454 after its 220. */
        if (preface->state == PREFACE_GRANTED && preface->protocol != PREFACE_UNKNOWN &&
            code >= 400) {
            preface_answer(preface, false, code, line);
        }
        break;
    case REPLY_OTHER:
        break;
    }
}

static void read_server(struct preface *preface, struct wire line)
{
    if ((preface->step & STEP_LIST) != 0) {
        if (preface_is(line, ".")) {
            preface->step = (uint8_t)(preface->step & ~STEP_LIST);
            count(preface, preface->reply, line);
            preface->reply = 0;
        } else if (preface->reply == 101 && preface_is(line, "starttls")) {
            preface_offer(preface);
        }
        return;
    }
    struct reply reply = read_reply(line);
    bool last = reply.code != 0 && !reply.goes_on;
    if (preface->reply != 0) {
        last = last && reply.code == preface->reply;
        reply.text = reply.code == preface->reply ? reply.text : line;
        reply.code = preface->reply;
    }
    if (offers(reply.code, reply.text)) {
        preface_offer(preface);
    }
    if (!last) {
        preface->reply = reply.code;
    } else if (preface->protocol == PREFACE_NNTP && is_followed_by_lines(reply.code)) {
        preface->step |= STEP_LIST;
        preface->reply = reply.code;
    } else {
        preface->reply = 0;
        count(preface, reply.code, line);
    }
}

void preface_numbered_dissect(struct preface *preface, enum speaker from, struct wire line)
{
    if (from == CLIENT) {
        read_client(preface, line);
    } else {
        read_server(preface, line);
    }
}
