/* IRC and XMPP. */
#include "preface_dialogue.h"

/* RFC 2812, section 2.3: a message may begin with ":" and who sent it. */
static struct wire irc_command(struct wire *line)
{
    if (wire_peek(line, 0) == ':') {
        (void)preface_word(line);
    }
    return preface_word(line);
}

static bool is_numeric(struct wire word)
{
    return word.left == 3 && preface_decimal(word) > 0;
}

static size_t count_words(struct wire line)
{
    size_t words = 0;
    while (line.left > 0) {
        (void)preface_word(&line);
        words++;
    }
    return words;
}

enum preface_guess preface_irc_guess(const struct preface *preface, enum speaker from,
                                     struct wire said)
{
    bool prefixed = wire_peek(&said, 0) == ':';
    struct wire rest = said;
    struct wire command = irc_command(&rest);
    bool yes = false;
    (void)preface;
    if (from == CLIENT) {
        yes = preface_is(command, "nick") || preface_begins(said, "cap ls") ||
              preface_begins(said, "cap req") ||
              (preface_is(command, "user") && count_words(said) >= 5);
    } else if (prefixed) {
        yes = preface_is(command, "notice") || preface_is(command, "cap") || is_numeric(command);
    } else {
        yes = preface_begins(said, "notice auth ") || preface_begins(said, "notice * ") ||
              preface_begins(said, "error :");
    }
    return yes ? GUESS_YES : GUESS_NO;
}

/* "CAP * LS * :multi-prefix tls": the second star says that the list goes on. */
static void irc_capabilities(struct preface *preface, struct wire rest)
{
    (void)preface_word(&rest);
    struct wire verb = preface_word(&rest);
    struct wire ahead = rest;
    bool goes_on = preface_is(preface_word(&ahead), "*");
    bool list = preface_is(verb, "ls");
    if (!list && !preface_is(verb, "new")) {
        return;
    }
    rest = goes_on ? ahead : rest;
    if (wire_peek(&rest, 0) == ':') {
        wire_skip(&rest, 1);
    }
    while (rest.left > 0) {
        struct wire word = preface_word(&rest);
        if (preface_is(word, "tls") || preface_begins(word, "tls=")) {
            preface_offer(preface);
        }
    }
    if (list && !goes_on && !preface->voice[SERVER].cut) {
        preface_end_list(preface);
    }
}

static void irc_server(struct preface *preface, struct wire line)
{
    struct wire rest = line;
    struct wire command = irc_command(&rest);
    uint16_t number = is_numeric(command) ? (uint16_t)preface_decimal(command) : 0;
    bool asked = preface->state == PREFACE_ASKED;
    if (preface_is(command, "cap")) {
        irc_capabilities(preface, rest);
    } else if (number == 670 && asked) {
        preface_answer(preface, true, number, line);
    } else if (number == 691 || (number >= 400 && preface_holds(rest, "starttls"))) {
        if (asked || (number == 691 && preface->state == PREFACE_GRANTED)) {
            preface_answer(preface, false, number, line); /* or 421: unknown command */
        }
    } else if (asked && preface_is(command, "error")) {
        preface_answer(preface, false, 0, line);
    }
}

void preface_irc_dissect(struct preface *preface, enum speaker from, struct wire line)
{
    struct wire rest = line;
    if (from == SERVER) {
        irc_server(preface, line);
    } else if (preface_is(irc_command(&rest), "starttls")) {
        preface_ask(preface, line);
    }
}

/* The first bytes of either side. */
enum preface_guess preface_xmpp_guess(const struct preface *preface, enum speaker from,
                                      struct wire said)
{
    static const char *const heads[] = {"<?xml", "<stream:stream", "<starttls"};
    enum preface_guess best = GUESS_NO;
    (void)preface;
    (void)from;
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        enum preface_guess guess = preface_head(said, heads[i]);
        best = guess > best ? guess : best;
    }
    return best;
}

static bool ends_name(uint8_t octet)
{
    return octet == '/' || octet == '>' || octet == '\r' || octet == '\n';
}

/* The name of the tag that the unit ends with, without the prefix of its namespace. */
static struct wire tag_name(struct wire unit)
{
    while (unit.left > 0 && wire_peek(&unit, 0) != '<') {
        wire_skip(&unit, 1);
    }
    wire_skip(&unit, unit.left > 0 ? 1 : 0);
    if (wire_peek(&unit, 0) == '/') {
        wire_skip(&unit, 1);
    }
    struct wire name = preface_word(&unit);
    size_t length = 0;
    while (length < name.left && !ends_name(wire_peek(&name, length))) {
        length++;
        if (wire_peek(&name, length - 1) == ':') {
            wire_skip(&name, length);
            length = 0;
        }
    }
    return wire_take(&name, length);
}

static void xmpp_server(struct preface *preface, struct wire unit)
{
    struct wire name = tag_name(unit);
    bool asked = preface->state == PREFACE_ASKED;
    bool end = preface_holds(unit, "</") || preface_holds(unit, "/>");
    if (preface_is(name, "stream") && preface_begins(preface_text(preface->words), "<?")) {
        preface_keep(preface->words, unit); /* the greeting, behind the XML declaration */
    } else if (preface_is(name, "starttls")) {
        preface_offer(preface);
    } else if (preface_is(name, "features") && end) {
        preface_end_list(preface);
    } else if (preface_is(name, "proceed") && asked) {
        preface_answer(preface, true, 0, unit);
    } else if ((preface_is(name, "failure") && asked) ||
               (preface_is(name, "error") && (asked || preface->state == PREFACE_GRANTED))) {
        preface_answer(preface, false, 0, unit);
    }
}

/* The unit is a tag and the text before it. */
void preface_xmpp_dissect(struct preface *preface, enum speaker from, struct wire unit)
{
    if (from == SERVER) {
        xmpp_server(preface, unit);
    } else if (preface_is(tag_name(unit), "starttls") && !preface_holds(unit, "</")) {
        preface_ask(preface, unit);
    }
}
