#include "tracking/session.h"

#include "tracking/lines.h"
#include "tracking/printable.h"

#include <stdlib.h>
#include <string.h>

struct session *session_new(const struct session_shared *shared)
{
    struct slab *slab = shared->sessions;
    uint32_t number = slab == NULL ? 0 : slab_take(slab);
    if (slab != NULL && number == 0) {
        return NULL;
    }
    struct session *session = slab == NULL ? calloc(1, sizeof *session) : slab_at(slab, number);
    if (session != NULL) {
        session->shared = shared;
        session->number = number;
        arena_begin(&session->arena, session->own, sizeof session->own);
    }
    return session;
}

static void release_readers(struct session *session)
{
    for (int from = 0; from < SPEAKERS; from++) {
        reader_release(&session->side[from].reader);
        assembly_release(&session->side[from].assembly);
    }
}

void session_release(struct session *session)
{
    release_readers(session);
    session_end_keys(session);
    kept_free(session->kept);
    session->kept = NULL;
    arena_release(&session->arena);
}

void session_leave(struct session *session)
{
    arena_release(&session->arena);
    if (session->shared->sessions != NULL) {
        slab_give(session->shared->sessions, session->number);
    } else {
        free(session);
    }
}

void session_free(struct session *session)
{
    if (session != NULL) {
        session_release(session);
        session_leave(session);
    }
}

/* What stands together for this lies in whole lines. */
_Static_assert(offsetof(struct session, side) % LINE == 0, "sides begin with a line");
_Static_assert(sizeof(struct session_side) == 2 * LINE, "a side has two lines");
_Static_assert(offsetof(struct session, facts.transport.side) % LINE == 0, "and so does transport");
_Static_assert(sizeof(struct transport_side) % LINE +
                       offsetof(struct transport_side, last_packet) <=
                   LINE,
               "what payload touches of the second side is in one line");

void session_fetch(const struct session *session, enum speaker from)
{
    const char *side = (const char *)&session->side[from];
    const char *facts = (const char *)&session->facts;
    __builtin_prefetch(session, 1);
    __builtin_prefetch(side, 1);
    __builtin_prefetch(side + LINE, 1);
    __builtin_prefetch(facts, 1);
    __builtin_prefetch(facts + LINE, 1);
    __builtin_prefetch(&session->facts.transport.side[from], 1);
}

static size_t rooms_of(const struct session_side *side)
{
    return side->reader.held_room + side->assembly.held_room;
}

size_t session_share(const struct session *session, enum speaker from)
{
    size_t size = session->arena.taken + rooms_of(&session->side[from]);
    for (int i = 0; i < SESSION_KEYS; i++) {
        size += unseal_memory(session->unsealing[i]);
    }
    return size;
}

size_t session_memory(const struct session *session)
{
    return sizeof *session + session_share(session, CLIENT) + rooms_of(&session->side[SERVER]);
}

bool session_take_swap(struct session *session)
{
    bool swapped = session->swapped;
    session->swapped = false;
    return swapped;
}

uint32_t session_unwanted(struct session *session, enum speaker from)
{
    return reader_unwanted(&session->side[from].reader);
}

struct step *session_step(struct session *session, enum step_what what, enum speaker from,
                          struct moment at)
{
    enum { USUAL = 6 }; /* TCP's opening, the hellos, and more; four times that is a handshake */
    struct facts *facts = &session->facts;
    if (!arena_has_more(facts->steps, USUAL, FACTS_STEPS)) {
        struct step *steps = arena_more(&session->arena, facts->step, facts->steps, sizeof *steps,
                                        USUAL, FACTS_STEPS);
        if (steps == NULL) {
            facts->steps_omitted++;
            return NULL;
        }
        facts->step = steps;
    }
    struct step *step = &facts->step[facts->steps++];
    *step = (struct step){.at = at, .from = (uint8_t)from, .what = (uint8_t)what};
    return step;
}

static void swap_steps(struct facts *facts)
{
    for (size_t i = 0; i < facts->steps; i++) {
        facts->step[i].from = (uint8_t)speaker_peer(facts->step[i].from);
    }
    for (size_t i = 0; i < facts->alerts; i++) {
        facts->alert[i].from = (uint8_t)speaker_peer(facts->alert[i].from);
    }
    facts->transport.icmp.about = speaker_peer(facts->transport.icmp.about);
}

void session_swap(struct session *session)
{
    struct facts *facts = &session->facts;
    struct address address = facts->address[CLIENT];
    uint16_t port = facts->port[CLIENT];
    struct transport_side transport = facts->transport.side[CLIENT];
    struct session_side side = session->side[CLIENT];
    struct moment preface_at = facts->preface_at[CLIENT];
    bool tls_from = facts->tls_from[CLIENT];

    facts->address[CLIENT] = facts->address[SERVER];
    facts->port[CLIENT] = facts->port[SERVER];
    facts->transport.side[CLIENT] = facts->transport.side[SERVER];
    session->side[CLIENT] = session->side[SERVER];
    facts->preface_at[CLIENT] = facts->preface_at[SERVER];
    facts->tls_from[CLIENT] = facts->tls_from[SERVER];

    facts->address[SERVER] = address;
    facts->port[SERVER] = port;
    facts->transport.side[SERVER] = transport;
    session->side[SERVER] = side;
    facts->preface_at[SERVER] = preface_at;
    facts->tls_from[SERVER] = tls_from;
    swap_steps(facts);
    session->swapped = !session->swapped;
}

/* Nothing that could still come is of interest. */
static void stop(struct session *session)
{
    release_readers(session);
    session->stopped = true;
}

/* Keeps the first bytes of what is not TLS. */
static void keep_snippet(struct session *session, enum speaker from, struct wire bytes)
{
    struct session_side *side = &session->side[from];
    if (side->snippet == NULL) {
        side->snippet = arena_take(&session->arena, SESSION_SNIPPET);
    }
    if (side->snippet == NULL) {
        return;
    }
    struct wire kept = wire_take_most(&bytes, SESSION_SNIPPET - side->snippet_length);
    if (kept.left > 0) {
        memcpy(side->snippet + side->snippet_length, kept.at, kept.left);
        side->snippet_length += (uint32_t)kept.left;
    }
}

/* A change in the dialogue before TLS is a step; the server's decisive answer has a moment of its
 * own. */
static void note_dialogue(struct session *session, enum speaker from, uint8_t state_before,
                          struct moment at)
{
    const struct preface *preface = session->preface;
    if (preface->state == state_before || preface->state <= PREFACE_TALKING) {
        return;
    }
    if (preface->state == PREFACE_GRANTED || preface->state == PREFACE_REFUSED ||
        preface->state == PREFACE_NOT_OFFERED) {
        session->facts.preface_decided = at;
    }
    struct step *step = session_step(session, STEP_PREFACE, from, at);
    if (step != NULL) {
        step->a = preface->state;
    }
}

static void note_cleartext(struct session *session, enum speaker from, struct wire bytes,
                           struct moment at)
{
    struct facts *facts = &session->facts;
    struct session_side *side = &session->side[from];
    bool first = side->cleartext == 0;
    side->cleartext += (uint32_t)bytes.left;
    keep_snippet(session, from, bytes);
    if (!first) {
        return;
    }
    facts->preface_at[from] = at;
    if (facts->tls_from[speaker_peer(from)] && facts->not_tls_from[from].frame == 0) {
        facts->not_tls_from[from] = at;
    }
    struct step *step = session_step(session, STEP_CLEARTEXT, from, at);
    if (step != NULL) {
        step->size = (uint32_t)bytes.left;
    }
}

/* Whether TLS need not be waited for any longer: a mail dialogue is over soon, HTTP and SSH never
 * lead to it. */
static bool is_hopeless(const struct session *session)
{
    const struct preface *preface = session->preface;
    uint32_t client = session->side[CLIENT].cleartext;
    uint32_t server = session->side[SERVER].cleartext;
    if (session->facts.tls) {
        return false;
    }
    bool plain = preface->protocol == PREFACE_SSH || preface->protocol == PREFACE_HTTP;
    return client > SESSION_CLEARTEXT || server > SESSION_CLEARTEXT ||
           (plain && client > 0 && server > SESSION_SNIPPET);
}

static void read_cleartext(struct session *session, enum speaker from, struct wire view,
                           struct wire *rest, struct moment at)
{
    if (session->preface == NULL) {
        session->preface = arena_take(&session->arena, sizeof *session->preface);
        session->facts.preface = session->preface;
    }
    if (session->preface == NULL) {
        stop(session);
        return;
    }
    uint8_t before = session->preface->state;
    struct wire unit = view;
    bool unit_end = preface_read(session->preface, from, &unit);
    size_t used = view.left - unit.left;
    note_cleartext(session, from, wire_take_most(&view, used), at);
    note_dialogue(session, from, before, at);
    reader_took(&session->side[from].reader, rest, used, unit_end);
    if (is_hopeless(session)) {
        stop(session);
    }
}

/* There is something else where a record should begin. */
static void note_broken(struct session *session, enum speaker from, struct wire bytes,
                        struct moment at)
{
    struct facts *facts = &session->facts;
    if (facts->not_tls_from[from].frame == 0) {
        facts->not_tls_from[from] = at;
    }
    keep_snippet(session, from, bytes);
    struct step *step = session_step(session, STEP_CLEARTEXT, from, at);
    if (step != NULL) {
        step->size = (uint32_t)bytes.left;
    }
}

/* Who sends the first hello is the client, whoever opened the connection. */
static enum speaker settle_client(struct session *session, enum speaker from,
                                  const struct record *record)
{
    uint8_t type = wire_peek(&record->body, 0);
    bool hello = record->type == RECORD_HANDSHAKE || record->type == 0;
    if (session->facts.tls || !hello) {
        return from;
    }
    bool other =
        (from == SERVER && type == HANDSHAKE_CLIENT_HELLO) ||
        (from == CLIENT && type == HANDSHAKE_SERVER_HELLO && record->type == RECORD_HANDSHAKE);
    if (other) {
        session_swap(session);
        return speaker_peer(from);
    }
    return from;
}

static void note_hole(struct session *session, enum speaker from, uint32_t length, bool cut,
                      struct moment at)
{
    struct session_side *side = &session->side[from];
    struct transport_side *transport = &session->facts.transport.side[from];
    struct record record;
    if (length == 0) {
        return;
    }
    if (side->reader.mode == READER_DEAF || length <= side->reader.pass) {
        (void)reader_hole(&side->reader, &record, length);
        return;
    }
    transport->missing = true;
    transport->cut = transport->cut || cut;
    session_lose_records(session, from);
    struct step *step = session_step(session, STEP_GAP, from, at);
    if (step != NULL) {
        step->size = length;
    }
    if (reader_hole(&side->reader, &record, length)) {
        from = settle_client(session, from, &record);
        session_record(session, from, &record, side->reader.since, at);
    }
    assembly_release(&session->side[from].assembly);
}

void session_read(struct session *session, enum speaker from, const struct piece *piece)
{
    struct wire rest = piece->bytes;
    bool swapped = session->swapped;
    if (session->facts.steps > 0) {
        __builtin_prefetch(session->facts.step + session->facts.steps, 1); /* for the next */
    }
    note_hole(session, from, piece->hole, false, piece->at);
    bool more = true;
    while (more && !session->stopped) {
        enum speaker speaker = session->swapped != swapped ? speaker_peer(from) : from;
        struct reader *reader = &session->side[speaker].reader;
        struct record record;
        struct moment began = piece->at;
        switch (reader_next(reader, &record, &began, &rest, speaker == SERVER, piece->at)) {
        case READING_NOTHING:
            more = false;
            break;
        case READING_RECORD:
            speaker = settle_client(session, speaker, &record);
            session_record(session, speaker, &record, began, piece->at);
            break;
        case READING_SSL2:
            speaker = settle_client(session, speaker, &record);
            session_sslv2(session, speaker, &record, piece->at);
            break;
        case READING_CLEARTEXT:
            read_cleartext(session, speaker, record.body, &rest, piece->at);
            break;
        case READING_BROKEN:
            note_broken(session, speaker, record.body, piece->at);
            break;
        }
    }
    note_hole(session, session->swapped != swapped ? speaker_peer(from) : from, piece->cut, true,
              piece->at);
}

/* Whether anybody may ask what was said in clear: not where nobody thought of TLS. */
static bool is_of_interest(const struct session *session)
{
    const struct facts *facts = &session->facts;
    return facts->tls || facts->tls_expected ||
           (session->preface != NULL && session->preface->state > PREFACE_TALKING);
}

/* What the dialogue before TLS and the bytes instead of it were, as text. */
static void tell_cleartext(struct session *session)
{
    struct facts *facts = &session->facts;
    for (int from = 0; from < SPEAKERS; from++) {
        const struct session_side *side = &session->side[from];
        if (side->snippet_length > 0) {
            facts->cleartext[from] = printable_copy(
                &session->arena, wire_over(side->snippet, side->snippet_length), SESSION_SNIPPET);
        }
    }
    if (session->preface != NULL) {
        const struct preface *preface = session->preface;
        facts->preface_words = printable_copy(
            &session->arena, wire_over(preface->words, strlen(preface->words)), PREFACE_WORDS);
        facts->preface_asked = printable_copy(
            &session->arena, wire_over(preface->asked, strlen(preface->asked)), PREFACE_WORDS);
    }
}

/* Puts the ladder in the order of the wire: what had to wait behind a hole was read late. */
static void sort_steps(struct facts *facts)
{
    for (size_t i = 1; i < facts->steps; i++) {
        struct step step = facts->step[i];
        size_t j = i;
        for (; j > 0 && facts->step[j - 1].at.frame > step.at.frame; j--) {
            facts->step[j] = facts->step[j - 1];
        }
        facts->step[j] = step;
    }
}

/* The connection ended within what fits the beginning of a hello, as far as it goes: somebody began
 * to speak TLS. */
static void note_begun(struct session *session, enum speaker from)
{
    const struct reader *reader = &session->side[from].reader;
    struct wire held = wire_over(reader->held, reader->held_length);
    if (reader->mode == READER_START && !reader->given && held.left > 0 &&
        record_begins_tls(held, from == SERVER) == FRAMING_PARTIAL) {
        session->facts.tls = true;
        session->facts.tls_from[from] = true;
    }
}

void session_end(struct session *session)
{
    for (int i = 0; i < SPEAKERS && !session->stopped; i++) {
        enum speaker from = (enum speaker)i;
        struct session_side *side = &session->side[from];
        struct record record;
        struct message message;
        struct moment at = session->facts.transport.side[from].last_data;
        note_begun(session, from);
        if (reader_end(&side->reader, &record)) {
            session_record(session, from, &record, side->reader.since, at);
        }
        if (!side->opened && assembly_rest(&side->assembly, &message)) {
            session_message(session, from, &message, side->assembly.since, at);
        }
    }
    session_end_keys(session);
    if (is_of_interest(session)) {
        tell_cleartext(session);
    }
    sort_steps(&session->facts);
    session->facts.chain[CLIENT] = session->chain[CLIENT];
    session->facts.chain[SERVER] = session->chain[SERVER];
    release_readers(session);
}
