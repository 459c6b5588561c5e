/* IMAP, POP3 and ManageSieve. */
#include "preface_dialogue.h"

#include <string.h>

static bool is_word(struct wire line, const char *text)
{
    return preface_is(preface_word(&line), text);
}

/* IMAP: the words after a tag. */
static bool is_imap_command(struct wire line)
{
    static const char *const verbs[] = {"capability", "starttls", "login", "authenticate"};
    (void)preface_word(&line);
    struct wire verb = preface_word(&line);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (preface_is(verb, verbs[i])) {
            return true;
        }
    }
    return false;
}

enum preface_guess preface_imap_guess(const struct preface *preface, enum speaker from,
                                      struct wire said)
{
    (void)preface;
    if (from == CLIENT) {
        return is_imap_command(said) ? GUESS_YES : GUESS_NO;
    }
    if (!is_word(said, "*")) {
        return GUESS_NO;
    }
    wire_skip(&said, 1);
    struct wire word = preface_word(&said);
    return preface_is(word, "ok") || preface_is(word, "preauth") || preface_is(word, "bye") ||
                   preface_is(word, "capability")
               ? GUESS_YES
               : GUESS_NO;
}

/* A literal that waits for the server's "+" is remembered in the voice, else passed over at once.
 */
static void imap_client(struct preface *preface, struct wire line)
{
    struct preface_voice *voice = &preface->voice[CLIENT];
    bool waits = true;
    uint32_t literal = preface_literal(line, &waits);
    voice->body = waits ? literal : 0;
    voice->skip = waits ? 0 : literal;
    struct wire rest = line;
    (void)preface_word(&rest);
    if (preface_is(rest, "starttls")) {
        preface_ask(preface, line);
    }
}

/* "* CAPABILITY ..." or "[CAPABILITY ...]". A list in a tagged answer may follow a login, behind
 * which there is no STARTTLS any more: that it is missing there says nothing. */
static void imap_capabilities(struct preface *preface, struct wire line, bool tagged)
{
    if (!preface_begins(line, "* capability ") && !preface_holds(line, "[capability ")) {
        return;
    }
    if (preface_holds(line, " starttls")) {
        preface_offer(preface);
    } else if (!tagged && !preface->voice[SERVER].cut) {
        preface_end_list(preface);
    }
}

static void imap_server(struct preface *preface, struct wire line)
{
    struct preface_voice *client = &preface->voice[CLIENT];
    struct wire rest = line;
    struct wire tag = preface_word(&rest);
    struct wire condition = preface_word(&rest);
    bool waits = true;
    preface->voice[SERVER].skip = preface_literal(line, &waits);
    if (preface_is(tag, "+")) {
        client->skip = client->held == 0 ? client->body : 0;
    }
    client->body = 0;
    if (preface_is(tag, "*")) {
        bool ends = preface_is(condition, "bye") && preface->state >= PREFACE_ASKED;
        if (ends && preface->state != PREFACE_NOT_OFFERED && preface->state != PREFACE_REFUSED) {
            preface_answer(preface, false, 0, line);
        }
        imap_capabilities(preface, line, false);
        return;
    }
    struct wire asked = preface_text(preface->asked);
    struct wire asked_tag = preface_word(&asked);
    bool same =
        tag.left > 0 && tag.left == asked_tag.left && memcmp(tag.at, asked_tag.at, tag.left) == 0;
    if (preface->state == PREFACE_ASKED && same) {
        preface_answer(preface, preface_is(condition, "ok"), 0, line);
    } else {
        imap_capabilities(preface, line, true);
    }
}

void preface_imap_dissect(struct preface *preface, enum speaker from, struct wire line)
{
    if (from == CLIENT) {
        imap_client(preface, line);
    } else {
        imap_server(preface, line);
    }
}

/* Redis, too, says -ERR: but never before the client has spoken, except in these words. */
enum preface_guess preface_pop3_guess(const struct preface *preface, enum speaker from,
                                      struct wire said)
{
    if (from == CLIENT) {
        return preface_is(said, "stls") || preface_is(said, "capa") ? GUESS_YES : GUESS_NO;
    }
    if (preface->voice[SERVER].begun || preface->voice[CLIENT].begun) {
        return GUESS_NO;
    }
    if (is_word(said, "+ok")) {
        return GUESS_YES;
    }
    bool redis = preface_begins(said, "-err unknown command") ||
                 preface_begins(said, "-err protocol error") ||
                 preface_begins(said, "-err wrong number") ||
                 preface_begins(said, "-err max number");
    return is_word(said, "-err") && !redis ? GUESS_YES : GUESS_NO;
}

static void pop3_client(struct preface *preface, struct wire line)
{
    preface_command(preface);
    struct wire verb = preface_word(&line);
    if (preface_is(verb, "stls")) {
        preface->answer = preface->awaited;
        preface_ask(preface, verb);
    } else if (preface_is(verb, "capa")) {
        preface->listing = preface->awaited;
    }
}

/* RFC 2449: the list of capabilities ends with a line of a dot; `reply` is not 0 within it. */
static void pop3_server(struct preface *preface, struct wire line)
{
    if (preface->reply != 0) {
        if (preface_is(line, ".")) {
            preface->reply = 0;
            preface_end_list(preface);
        } else if (is_word(line, "stls")) {
            preface_offer(preface);
        }
        return;
    }
    bool granted = is_word(line, "+ok");
    if (!granted && !is_word(line, "-err") && !is_word(line, "+")) {
        return;
    }
    switch (preface_reply(preface)) {
    case REPLY_ANSWER:
        preface_answer(preface, granted, 0, line);
        break;
    case REPLY_LIST:
        preface->reply = granted ? 1 : 0;
        break;
    case REPLY_UNASKED:
        if (preface->state == PREFACE_GRANTED && !granted) {
            preface_answer(preface, false, 0, line);
        }
        break;
    case REPLY_OTHER:
        break;
    }
}

void preface_pop3_dissect(struct preface *preface, enum speaker from, struct wire line)
{
    if (from == CLIENT) {
        pop3_client(preface, line);
    } else {
        pop3_server(preface, line);
    }
}

/* RFC 5804, section 1.7: the greeting is the list of capabilities, each a quoted word. */
enum preface_guess preface_sieve_guess(const struct preface *preface, enum speaker from,
                                       struct wire said)
{
    static const char *const names[] = {"\"implementation\"", "\"sieve\"", "\"sasl\"",
                                        "\"version\"", "\"starttls\""};
    (void)preface;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (from == SERVER && is_word(said, names[i])) {
            return GUESS_YES;
        }
    }
    return GUESS_NO;
}

static void sieve_server(struct preface *preface, struct wire line)
{
    struct wire rest = line;
    struct wire word = preface_word(&rest);
    if (preface_is(word, "\"starttls\"")) {
        preface_offer(preface);
        return;
    }
    bool granted = preface_is(word, "ok");
    bool bye = preface_is(word, "bye");
    if (!granted && !bye && !preface_is(word, "no")) {
        return;
    }
    /* BYE may come at any time and ends everything. */
    bool waiting = preface->state == PREFACE_ASKED || preface->state == PREFACE_GRANTED;
    enum preface_reply reply = preface_reply(preface);
    if (reply == REPLY_ANSWER || (bye && waiting)) {
        preface_answer(preface, granted, 0, line);
    } else if (granted && preface->answer == 0) {
        preface_end_list(preface); /* the greeting's, or another list's */
    }
}

void preface_sieve_dissect(struct preface *preface, enum speaker from, struct wire line)
{
    bool waits = true;
    preface->voice[from].skip = preface_literal(line, &waits);
    if (from == SERVER) {
        sieve_server(preface, line);
        return;
    }
    preface_command(preface);
    struct wire verb = preface_word(&line);
    if (preface_is(verb, "starttls")) {
        preface->answer = preface->awaited;
        preface_ask(preface, verb);
    }
}
