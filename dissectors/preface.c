/* The table of what may be spoken before TLS, and how bytes become its units.
 *
 * A side's bytes gather in its voice until a unit is whole: a line, or what the protocol's row
 * measures. While the protocol is unknown, the first bytes that a side says are shown to the rows
 * that know heads; when none of them claims these, they are a line, which is shown to the rows that
 * know lines. Bytes that are no text either are a unit as they come.
 */
#include "preface_dialogue.h"

/* Order matters where two rows could claim the same words: the more demanding one stands above. */
static const struct preface_dialogue dialogues[] = {
    {PREFACE_PROXY2, true, 0, "proxy", "PROXY protocol 2", preface_proxy2_guess,
     preface_proxy2_measure, preface_proxy2_dissect},
    {PREFACE_SOCKS5, true, 0, "socks5", "SOCKS 5", preface_socks5_guess, preface_socks5_measure,
     preface_socks5_dissect},
    {PREFACE_SOCKS4, true, 0, "socks4", "SOCKS 4", preface_socks4_guess, preface_socks4_measure,
     preface_socks4_dissect},
    {PREFACE_POSTGRES, true, 0, "postgresql", "PostgreSQL", preface_postgres_guess,
     preface_postgres_measure, preface_postgres_dissect},
    {PREFACE_RDP, true, 0, "rdp", "RDP", preface_rdp_guess, preface_rdp_measure,
     preface_rdp_dissect},
    {PREFACE_LDAP, true, 0, "ldap", "LDAP", preface_ldap_guess, preface_ldap_measure,
     preface_ldap_dissect},
    {PREFACE_SSH, true, 0, "ssh", "SSH", preface_ssh_guess, preface_ssh_measure,
     preface_ssh_dissect},
    {PREFACE_XMPP, true, '>', "xmpp", "XMPP", preface_xmpp_guess, NULL, preface_xmpp_dissect},
    {PREFACE_MYSQL, true, 0, "mysql", "MySQL", preface_mysql_guess, preface_mysql_measure,
     preface_mysql_dissect},
    {PREFACE_PROXY1, false, '\n', "proxy", "PROXY protocol 1", preface_proxy1_guess, NULL,
     preface_proxy1_dissect},
    {PREFACE_HTTP_CONNECT, false, '\n', "http-connect", "HTTP proxy (CONNECT)",
     preface_connect_guess, NULL, preface_http_dissect},
    {PREFACE_HTTP, false, '\n', "http", "HTTP", preface_http_guess, NULL, preface_http_dissect},
    {PREFACE_LMTP, false, '\n', "lmtp", "LMTP", preface_lmtp_guess, NULL, preface_numbered_dissect},
    {PREFACE_SMTP, false, '\n', "smtp", "SMTP", preface_smtp_guess, NULL, preface_numbered_dissect},
    {PREFACE_FTP, false, '\n', "ftp", "FTP", preface_ftp_guess, NULL, preface_numbered_dissect},
    {PREFACE_NNTP, false, '\n', "nntp", "NNTP", preface_nntp_guess, NULL, preface_numbered_dissect},
    {PREFACE_IMAP, false, '\n', "imap", "IMAP", preface_imap_guess, NULL, preface_imap_dissect},
    {PREFACE_POP3, false, '\n', "pop3", "POP3", preface_pop3_guess, NULL, preface_pop3_dissect},
    {PREFACE_SIEVE, false, '\n', "sieve", "ManageSieve", preface_sieve_guess, NULL,
     preface_sieve_dissect},
    {PREFACE_IRC, false, '\n', "irc", "IRC", preface_irc_guess, NULL, preface_irc_dissect},
};

enum { DIALOGUES = sizeof(dialogues) / sizeof(dialogues[0]) };

static const struct preface_dialogue *dialogue_of(unsigned protocol)
{
    for (size_t i = 0; i < DIALOGUES; i++) {
        if (dialogues[i].protocol == protocol) {
            return &dialogues[i];
        }
    }
    return NULL;
}

static struct wire held(const struct preface_voice *voice)
{
    return wire_over(voice->line, voice->held);
}

/* Control characters stand in no text that we know, but those that move the cursor or colour it. */
static bool is_text(uint8_t octet)
{
    return octet >= 0x20 || (octet >= '\t' && octet <= '\r') || octet == 0x1b;
}

static bool is_line_end(uint8_t octet)
{
    return octet == '\r' || octet == '\n';
}

static bool holds_text(const struct preface_voice *voice)
{
    for (uint32_t i = 0; i < voice->held; i++) {
        if (!is_text(voice->line[i])) {
            return false;
        }
    }
    return true;
}

static void pull(struct preface_voice *voice, struct wire *bytes)
{
    uint8_t octet = wire_u8(bytes);
    if (voice->held < PREFACE_LINE) {
        voice->line[voice->held++] = octet;
    } else {
        voice->cut = true;
    }
}

static void pass_over(struct preface_voice *voice, struct wire *bytes)
{
    size_t length = voice->skip < bytes->left ? voice->skip : bytes->left;
    wire_skip(bytes, length);
    voice->skip -= (uint32_t)length;
}

/* Does the first that this side says begin as one of the protocols that know heads? */
static enum preface_guess guess_head(const struct preface *preface, enum speaker from,
                                     uint8_t *protocol)
{
    const struct preface_voice *voice = &preface->voice[from];
    enum preface_guess best = GUESS_NO;
    *protocol = PREFACE_UNKNOWN;
    if (voice->begun) {
        return GUESS_NO;
    }
    if (voice->held == 0) {
        return GUESS_MORE;
    }
    for (size_t i = 0; i < DIALOGUES; i++) {
        if (dialogues[i].head) {
            enum preface_guess guess = dialogues[i].guess(preface, from, held(voice));
            if (guess == GUESS_YES) {
                *protocol = dialogues[i].protocol;
                return GUESS_YES;
            }
            best = guess == GUESS_MORE ? GUESS_MORE : best;
        }
    }
    return best;
}

/* False when the bytes ran out before it could be said what they begin. */
static bool recognise_head(struct preface *preface, enum speaker from, struct wire *bytes)
{
    struct preface_voice *voice = &preface->voice[from];
    uint8_t protocol = PREFACE_UNKNOWN;
    bool tunnelled = from == SERVER && preface->tunnel == PREFACE_HTTP_CONNECT;
    while (tunnelled && voice->held == 0 && is_line_end(wire_peek(bytes, 0))) {
        wire_skip(bytes, 1); /* some proxies end their head with a line too many */
    }
    enum preface_guess guess = guess_head(preface, from, &protocol);
    while (guess == GUESS_MORE && bytes->left > 0 && voice->held < PREFACE_LINE) {
        pull(voice, bytes);
        guess = guess_head(preface, from, &protocol);
    }
    preface->protocol = protocol;
    return guess != GUESS_MORE || voice->held == PREFACE_LINE;
}

static void recognise_line(struct preface *preface, enum speaker from, struct wire line)
{
    for (size_t i = 0; i < DIALOGUES; i++) {
        if (!dialogues[i].head && dialogues[i].guess(preface, from, line) == GUESS_YES) {
            preface->protocol = dialogues[i].protocol;
            return;
        }
    }
}

/* Notes that a side has said something; a new dialogue inside a tunnel begins with it. */
static void begin(struct preface *preface, enum speaker from)
{
    bool inside = preface->state == PREFACE_GRANTED && preface->tunnel != PREFACE_UNKNOWN &&
                  !preface->voice[from].begun && !preface->voice[speaker_peer(from)].begun;
    if (inside || preface->state == PREFACE_SILENT) {
        preface->state = PREFACE_TALKING;
        preface->status = 0;
    }
    preface->voice[from].begun = true;
}

static void end_unit(struct preface_voice *voice)
{
    voice->held = 0;
    voice->cut = false;
}

static void take_piece(struct preface *preface, enum speaker from, struct wire *bytes)
{
    begin(preface, from);
    end_unit(&preface->voice[from]);
    wire_skip(bytes, bytes->left);
}

static void finish_line(struct preface *preface, enum speaker from)
{
    struct preface_voice *voice = &preface->voice[from];
    size_t length = voice->held;
    while (length > 0 && is_line_end(voice->line[length - 1])) {
        length--;
    }
    struct wire line = wire_over(voice->line, length);
    while (is_line_end(wire_peek(&line, 0))) {
        wire_skip(&line, 1); /* empty lines that were looked at as a head */
    }
    if (preface->protocol == PREFACE_UNKNOWN) {
        recognise_line(preface, from, line);
    }
    if (!voice->begun && line.left > 0) {
        begin(preface, from);
        preface_keep(from == CLIENT ? preface->asked : preface->words, line);
    }
    const struct preface_dialogue *row = dialogue_of(preface->protocol);
    if (row != NULL) {
        row->dissect(preface, from, line);
    } else {
        preface_numbered_dissect(preface, from, line);
    }
    end_unit(voice);
}

/* Reads on in a line; in a tag, when `ends` is '>'. */
static void read_line(struct preface *preface, enum speaker from, struct wire *bytes, char ends)
{
    struct preface_voice *voice = &preface->voice[from];
    while (bytes->left > 0) {
        uint8_t next = wire_peek(bytes, 0);
        if (preface->protocol == PREFACE_UNKNOWN && !is_text(next)) {
            take_piece(preface, from, bytes);
            return;
        }
        if (next == (uint8_t)ends) {
            if (ends == '>') {
                pull(voice, bytes); /* it belongs to the tag */
            } else {
                wire_skip(bytes, 1);
            }
            finish_line(preface, from);
            pass_over(voice, bytes);
            return;
        }
        if (ends == '>' && voice->held == 0 && (is_line_end(next) || next == ' ')) {
            wire_skip(bytes, 1); /* between tags; XMPP keeps its connections alive with these */
        } else {
            pull(voice, bytes);
        }
    }
}

/* Reads on in a unit whose length the row measures; false when the row disowns it. */
static bool read_measured(struct preface *preface, enum speaker from, struct wire *bytes,
                          const struct preface_dialogue *row)
{
    struct preface_voice *voice = &preface->voice[from];
    size_t length = row->measure(preface, from, held(voice));
    while (length == MEASURE_MORE && bytes->left > 0 && voice->held < PREFACE_LINE) {
        pull(voice, bytes);
        length = row->measure(preface, from, held(voice));
    }
    if (length == MEASURE_MORE) {
        return voice->held < PREFACE_LINE;
    }
    if (length == MEASURE_PIECE) {
        take_piece(preface, from, bytes);
        return true;
    }
    if (length > PREFACE_UNIT_MOST) {
        return false;
    }
    size_t looked_at = length < PREFACE_LINE ? length : PREFACE_LINE;
    while (voice->held < looked_at && bytes->left > 0) {
        pull(voice, bytes);
    }
    if (voice->held >= looked_at) {
        voice->skip = length > voice->held ? (uint32_t)(length - voice->held) : 0;
        voice->cut = voice->skip > 0;
        begin(preface, from);
        row->dissect(preface, from, held(voice));
        end_unit(voice);
        pass_over(voice, bytes);
    }
    return true;
}

/* Reads on in what is under way; twice, because what a row disowns may be another protocol's. */
static void read_unit(struct preface *preface, enum speaker from, struct wire *bytes)
{
    struct preface_voice *voice = &preface->voice[from];
    for (int i = 0; i < 2; i++) {
        if (preface->protocol == PREFACE_UNKNOWN && !recognise_head(preface, from, bytes)) {
            return;
        }
        const struct preface_dialogue *row = dialogue_of(preface->protocol);
        if (row == NULL && !holds_text(voice)) {
            break;
        }
        if (row == NULL || row->measure == NULL) {
            char ends = '\n';
            if (row != NULL) {
                ends = row->ends;
            }
            read_line(preface, from, bytes, ends);
            return;
        }
        if (read_measured(preface, from, bytes, row)) {
            return;
        }
        if (voice->begun) {
            break; /* the protocol is known, and what it says here is not */
        }
        preface->protocol = PREFACE_UNKNOWN;
        preface->step = 0;
    }
    take_piece(preface, from, bytes);
}

bool preface_read(struct preface *preface, enum speaker from, struct wire *bytes)
{
    struct preface_voice *voice = &preface->voice[from];
    size_t left = bytes->left;
    pass_over(voice, bytes);
    if (left == 0 || bytes->left < left) {
        return preface_at_unit_end(preface, from);
    }
    read_unit(preface, from, bytes);
    if (bytes->left == left) {
        /* What the peer said in between has made a whole unit of the bytes held before. */
        pass_over(voice, bytes);
        if (bytes->left == left) {
            read_unit(preface, from, bytes);
        }
    }
    return preface_at_unit_end(preface, from);
}

/* Whoever speaks something unknown may go over to TLS in the middle of what looks like a line. */
bool preface_at_unit_end(const struct preface *preface, enum speaker from)
{
    const struct preface_voice *voice = &preface->voice[from];
    uint8_t protocol = PREFACE_UNKNOWN;
    if (voice->skip > 0) {
        return false;
    }
    return voice->held == 0 || (preface->protocol == PREFACE_UNKNOWN &&
                                guess_head(preface, from, &protocol) != GUESS_MORE);
}

const char *preface_name(enum preface_protocol protocol)
{
    const struct preface_dialogue *row = dialogue_of(protocol);
    return row == NULL ? NULL : row->name;
}

const char *preface_title(enum preface_protocol protocol)
{
    const struct preface_dialogue *row = dialogue_of(protocol);
    return row == NULL ? NULL : row->title;
}

bool preface_is_proxy(enum preface_protocol protocol)
{
    return protocol == PREFACE_HTTP_CONNECT || protocol == PREFACE_SOCKS4 ||
           protocol == PREFACE_SOCKS5;
}
