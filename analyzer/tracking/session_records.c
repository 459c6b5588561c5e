/* Records to facts: what is sealed and what is not, alerts, and the moment from which a connection
 * is established. */
#include "tracking/session.h"

#include "names.h"
#include "tracking/steps.h"

enum {
    VERSION_TLS13 = 0x0304,
    ALERT_SEALED = 255,
    ALERT_NO_RENEGOTIATION = 100,
    CCM_8_TAG = 8,
    AEAD_TAG = 16,
    USUAL_SEALED = 4, /* records: both Finished and some data; a flight of TLS 1.3 has more */
    USUAL_ALERTS = 2
};

static bool is_tls13(const struct facts *facts)
{
    return facts->version == VERSION_TLS13;
}

/* The least length of an encrypted record with a Finished in TLS 1.3: message header, a MAC as long
 * as the suite's hash, inner type, tag (RFC 8446, sections 4.4.4 and 5.2). */
static uint16_t finished_length(const struct facts *facts)
{
    const struct suite *suite =
        facts->server_hello == NULL ? NULL : names_suite_row(facts->server_hello->suite);
    size_t hash = suite == NULL ? 0 : names_hash_octets(suite->hash);
    size_t tag = suite != NULL && suite->bulk == SUITE_BULK_AES_CCM_8 ? CCM_8_TAG : AEAD_TAG;
    return (uint16_t)(HANDSHAKE_HEADER + (hash == 0 ? 32 : hash) + 1 + tag);
}

void session_established(struct session *session, struct moment at)
{
    struct facts *facts = &session->facts;
    facts->stage = STAGE_ESTABLISHED;
    if (facts->established.frame == 0) {
        facts->established = at;
    }
    session->side[CLIENT].reader.heads_only = !session_wants_text(session, CLIENT);
    session->side[SERVER].reader.heads_only = !session_wants_text(session, SERVER);
}

void session_event(struct session *session, enum speaker from, unsigned event, struct moment at)
{
    struct facts *facts = &session->facts;
    bool expected = false;
    if (facts->stage == STAGE_ESTABLISHED) {
        return;
    }
    facts->stage = (uint8_t)steps_next((enum stage)facts->stage, from, event, &expected);
    facts->out_of_order = facts->out_of_order || !expected;
    bool finishes = event == EVENT_SEALED_FINISHED || event == EVENT_SSL2_ENCRYPTED;
    if (finishes && facts->finished[from].frame == 0) {
        facts->finished[from] = at;
    }
    bool both = facts->finished[CLIENT].frame != 0 && facts->finished[SERVER].frame != 0;
    if (facts->stage == STAGE_ESTABLISHED || (both && !is_tls13(facts))) {
        session_established(session, at);
    }
}

/* Keeps an encrypted record as what it is: a size. */
void session_sealed(struct session *session, enum speaker from, const struct record *record,
                    struct moment at)
{
    struct facts *facts = &session->facts;
    struct sealed_record sealed = {at, record->length, (uint8_t)from, record->type, facts->stage};
    facts->last_sealed[from] = sealed;
    struct sealed_record *list = facts->sealed;
    if (!arena_has_more(facts->sealed_count, USUAL_SEALED, FACTS_SEALED)) {
        list = arena_more(&session->arena, list, facts->sealed_count, sizeof *list, USUAL_SEALED,
                          FACTS_SEALED);
    }
    if (list != NULL) {
        list[facts->sealed_count++] = sealed;
        facts->sealed = list;
    } else if (facts->sealed_count < FACTS_SEALED) {
        facts->transport.side[from].overflowed = true;
    }
}

static void keep_alert(struct session *session, const struct alert_facts *alert)
{
    struct facts *facts = &session->facts;
    struct alert_facts *list = arena_more(&session->arena, facts->alert, facts->alerts,
                                          sizeof *list, USUAL_ALERTS, FACTS_ALERTS);
    if (list != NULL) {
        list[facts->alerts++] = *alert;
        facts->alert = list;
    } else if (facts->alerts < FACTS_ALERTS) {
        facts->transport.side[alert->from].overflowed = true;
    }
}

/* A line for an encrypted record: several in a row from one side and in one packet share it. */
static void step_sealed(struct session *session, enum step_what what, enum speaker from,
                        const struct record *record, struct moment at)
{
    struct step *step = session_step(session, what, from, at);
    if (step != NULL) {
        step->a = record->type;
        step->size = record->length;
    }
}

void session_alert(struct session *session, enum speaker from, const struct record *record,
                   const struct alert *alert, bool sealed, struct moment at)
{
    struct facts *facts = &session->facts;
    uint8_t level = alert == NULL ? 0 : alert->level;
    uint8_t code = alert == NULL ? ALERT_SEALED : alert->description;
    const struct alert_facts kept = {.at = at,
                                     .from = (uint8_t)from,
                                     .level = level,
                                     .code = code,
                                     .sealed = sealed,
                                     .stage = facts->stage,
                                     .record_length = record->length,
                                     .record_version = record->version};
    keep_alert(session, &kept);
    facts->renegotiation_refused = facts->renegotiation_refused || code == ALERT_NO_RENEGOTIATION;
    struct step *step = session_step(session, STEP_ALERT, from, at);
    if (step != NULL) {
        step->a = level;
        step->b = code;
        step->size = record->length;
    }
}

static void read_alert(struct session *session, enum speaker from, const struct record *record,
                       struct moment at)
{
    struct alert alert;
    if (record_alert(&alert, record->body)) {
        session_alert(session, from, record, &alert, false, at);
        return;
    }
    if (session->side[from].sealed || session->side[from].reader.doubtful) {
        session_sealed(session, from, record, at);
        session_alert(session, from, record, NULL, true, at);
        return;
    }
    if (session->facts.malformed[from].frame == 0) {
        session->facts.malformed[from] = at;
    }
    step_sealed(session, STEP_MALFORMED, from, record, at);
}

static void read_change_cipher_spec(struct session *session, enum speaker from,
                                    const struct record *record, struct moment at)
{
    struct facts *facts = &session->facts;
    if (!record_change_cipher_spec(record->body)) {
        if (facts->malformed[from].frame == 0 && !session->side[from].sealed) {
            facts->malformed[from] = at;
        }
        return;
    }
    if (facts->established.frame != 0) {
        return; /* a renegotiation's */
    }
    (void)session_step(session, STEP_CHANGE_CIPHER_SPEC, from, at);
    if (facts->change_cipher_spec[from].frame == 0) {
        facts->change_cipher_spec[from] = at;
    }
    /* In TLS 1.3 it means nothing (RFC 8446, appendix D.4), and neither does a client's before the
     * ServerHello. */
    bool early = from == CLIENT && facts->stage <= STAGE_SECOND_CLIENT_HELLO &&
                 !facts->transport.side[SERVER].missing && facts->client_hellos > 0;
    if (!is_tls13(facts) && !early) {
        session->side[from].sealed = true;
        bool short_flight = from == SERVER && facts->stage == STAGE_SERVER_FLIGHT &&
                            session->chain[SERVER] == NULL &&
                            facts->server_key_exchange.frame == 0 &&
                            facts->server_hello_done.frame == 0;
        bool resumed = short_flight && !facts->transport.side[SERVER].missing;
        facts->resumed = facts->resumed || resumed;
        facts->resumption_known = facts->resumption_known || resumed;
    }
    session_event(session, from, EVENT_CHANGE_CIPHER_SPEC, at);
}

/* Encrypted handshake messages of up to TLS 1.2: the Finished, and a renegotiation later. */
static void read_sealed_handshake(struct session *session, enum speaker from,
                                  const struct record *record, struct moment at)
{
    struct facts *facts = &session->facts;
    session_sealed(session, from, record, at);
    if (facts->established.frame != 0) {
        if (facts->renegotiation.frame == 0) {
            facts->renegotiation = at;
            step_sealed(session, STEP_SEALED, from, record, at);
        }
        return;
    }
    step_sealed(session, STEP_SEALED, from, record, at);
    /* Behind a hole it may as well be the middle of a message in clear: that is no Finished. */
    if (session->side[from].sealed) {
        session_event(session, from, EVENT_SEALED_FINISHED, at);
    }
}

/* Whether the bytes can be handshake messages in clear, from the first to the last. */
static bool holds_messages(struct wire body, uint16_t length)
{
    struct message message;
    bool whole = body.left == length;
    enum framing framing = message_frame(&message, &body);
    if (framing == FRAMING_PARTIAL) {
        return !whole || (message.length > 0 && message.length <= ASSEMBLY_MAX);
    }
    while (framing == FRAMING_WHOLE && body.left > 0) {
        framing = message_frame(&message, &body);
    }
    return framing == FRAMING_WHOLE || (framing == FRAMING_PARTIAL && !whole);
}

static void note_malformed(struct session *session, enum speaker from, const struct record *record,
                           struct moment at)
{
    if (session->facts.malformed[from].frame == 0) {
        session->facts.malformed[from] = at;
    }
    step_sealed(session, STEP_MALFORMED, from, record, at);
}

static void read_handshake(struct session *session, enum speaker from, const struct record *record,
                           struct moment began, struct moment at)
{
    struct session_side *side = &session->side[from];
    bool whole = record->body.left == record->length;
    if (side->sealed || (side->reader.doubtful && side->assembly.held_length == 0 &&
                         !holds_messages(record->body, record->length))) {
        read_sealed_handshake(session, from, record, at);
        return;
    }
    struct assembly_pass pass = {record->body, began, at};
    struct message message;
    enum framing framing = assembly_next(&side->assembly, &message, &began, &pass);
    while (framing == FRAMING_WHOLE) {
        session_message(session, from, &message, began, at);
        framing = assembly_next(&side->assembly, &message, &began, &pass);
    }
    if (framing == FRAMING_NONE) {
        note_malformed(session, from, record, at);
    }
    if (side->assembly.overflowed) {
        session->facts.transport.side[from].missing = true;
        session->facts.transport.side[from].overflowed = true;
    }
    if (!whole && assembly_rest(&side->assembly, &message)) {
        session_message(session, from, &message, side->assembly.since, at);
        assembly_release(&side->assembly);
    }
}

void session_application_data(struct session *session, enum speaker from,
                              const struct record *record, struct moment at)
{
    struct facts *facts = &session->facts;
    if (facts->application_records[from]++ == 0) {
        step_sealed(session, STEP_APPLICATION_DATA, from, record, at);
    }
    facts->application_bytes[from] += record->length;
    if (facts->sealed_count < FACTS_SEALED) {
        session_sealed(session, from, record, at);
    } else {
        facts->last_sealed[from] =
            (struct sealed_record){at, record->length, (uint8_t)from, record->type, facts->stage};
    }
    /* Up to TLS 1.2 data of both sides proves a handshake, whatever the capture lacks of it. */
    bool both = facts->application_records[CLIENT] > 0 && facts->application_records[SERVER] > 0;
    if (both && facts->established.frame == 0 && facts->version != 0 && !is_tls13(facts)) {
        session_established(session, at);
    }
}

/* Whether this record of the client can hold its Finished: behind the server's flight, and long
 * enough. Behind early data only the exact size tells. */
static bool is_client_finished(const struct facts *facts, const struct record *record)
{
    uint16_t least = finished_length(facts);
    if (facts->stage < STAGE_SEALED_SERVER_FLIGHT) {
        return false;
    }
    const struct client_hello_facts *hello = &facts->client_hello[0];
    if (hello->early_data && facts->retry == NULL && facts->finished[SERVER].frame != 0) {
        return record->length == least || facts->sealed_count == FACTS_SEALED;
    }
    return record->length >= least;
}

static void read_sealed_tls13(struct session *session, enum speaker from,
                              const struct record *record, struct moment at)
{
    struct facts *facts = &session->facts;
    session_sealed(session, from, record, at);
    step_sealed(session, STEP_SEALED, from, record, at);
    if (from == SERVER) {
        session_event(session, SERVER, EVENT_SEALED_FLIGHT, at);
        if (facts->finished[SERVER].frame == 0) {
            facts->finished[SERVER] = at;
        }
    } else if (is_client_finished(facts, record)) {
        session_event(session, CLIENT, EVENT_SEALED_FINISHED, at);
        session_established(session, at);
    }
}

static void read_application_data(struct session *session, enum speaker from,
                                  const struct record *record, struct moment at)
{
    struct facts *facts = &session->facts;
    if (is_tls13(facts) && facts->established.frame == 0) {
        read_sealed_tls13(session, from, record, at);
        return;
    }
    session_application_data(session, from, record, at);
}

void session_record(struct session *session, enum speaker from, const struct record *record,
                    struct moment began, struct moment at)
{
    struct facts *facts = &session->facts;
    facts->tls = true;
    facts->tls_from[from] = true;
    if (session_unseal(session, from, record, began, at)) {
        return;
    }
    switch ((enum record_type)record->type) {
    case RECORD_HANDSHAKE:
        read_handshake(session, from, record, began, at);
        break;
    case RECORD_CHANGE_CIPHER_SPEC:
        read_change_cipher_spec(session, from, record, at);
        break;
    case RECORD_ALERT:
        read_alert(session, from, record, at);
        break;
    case RECORD_APPLICATION_DATA:
        read_application_data(session, from, record, at);
        break;
    case RECORD_HEARTBEAT:
        break;
    }
}
