/* Sealed records that keys open, to facts: as what they hold, like what came in clear. */
#include "tracking/session.h"

#include "certificate.h"
#include "hello.h"
#include "tracking/printable.h"
#include "tracking/steps.h"

#include <string.h>

enum {
    VERSION_TLS13 = 0x0304,
    SMALL = 64 /* bytes of a record that is opened even when text is no longer wanted: TLS 1.3 has
                  alerts and KeyUpdates in records that look like data */
};

static bool is_tls13(const struct session *session)
{
    return session->facts.version == VERSION_TLS13;
}

/* ---- keys ---- */

void session_keep_random(struct session *session, enum speaker from, struct wire random)
{
    if (random.left == UNSEAL_RANDOM) {
        memcpy(session->hello.random[from], random.at, UNSEAL_RANDOM);
    }
}

void session_take_keys(struct session *session, const struct server_hello_facts *hello)
{
    bool draft = hello->draft != 0;
    if (session->shared->unsealer == NULL || draft || hello->compression != 0) {
        return;
    }
    session->asked = unsealer_secrets(session->shared->unsealer);
    if (session->asked == 0) {
        return;
    }
    session->hello.version = hello->version;
    session->hello.suite = hello->suite;
    session->hello.encrypt_then_mac = hello->encrypt_then_mac;
    memcpy(session->hello.passed, session->passed, sizeof session->passed);
    session->unsealing[0] = unseal_begin(session->shared->unsealer, &session->hello);
}

static struct unsealing *keys_of(const struct session *session, enum speaker from)
{
    return session->unsealing[session->side[from].keys];
}

/* Takes a renegotiation's keys; each side takes them up with its change_cipher_spec. */
static void renew_keys(struct session *session, struct wire body)
{
    struct server_hello hello;
    uint8_t keys = session->side[CLIENT].keys ^ 1;
    if (session->side[SERVER].keys == keys || !hello_server(&hello, body)) {
        return;
    }
    session_keep_random(session, SERVER, hello.random);
    session->hello.version = hello.version;
    session->hello.suite = hello.suite;
    session->hello.encrypt_then_mac = hello.encrypt_then_mac;
    memset(session->hello.passed, 0, sizeof session->hello.passed);
    unseal_end(session->unsealing[keys]);
    session->unsealing[keys] = unseal_begin(session->shared->unsealer, &session->hello);
}

void session_lose_records(struct session *session, enum speaker from)
{
    if (keys_of(session, from) != NULL) {
        unseal_lose(keys_of(session, from), from);
    }
}

void session_end_keys(struct session *session)
{
    for (int from = 0; from < SPEAKERS; from++) {
        struct session_side *side = &session->side[from];
        if (side->text_length > 0 && session->facts.application_text[from] == NULL) {
            session->facts.application_text[from] = printable_copy(
                &session->arena, wire_over(side->text, side->text_length), SESSION_SNIPPET);
        }
    }
    for (int i = 0; i < SESSION_KEYS; i++) {
        unseal_end(session->unsealing[i]);
        session->unsealing[i] = NULL;
    }
}

/* ---- messages ---- */

static void note_malformed(struct session *session, enum speaker from, uint8_t type,
                           struct moment at)
{
    if (session->facts.malformed[from].frame == 0) {
        session->facts.malformed[from] = at;
    }
    struct step *step = session_step(session, STEP_MALFORMED, from, at);
    if (step != NULL) {
        step->a = type;
    }
}

/* The protocol selected, which TLS 1.3 seals (RFC 8446, section 4.3.1). */
static void read_encrypted_extensions(struct session *session, struct wire body)
{
    struct server_hello_facts *hello = session->facts.server_hello;
    struct wire extensions = wire_vector(&body, 2);
    struct extension extension;
    while (hello != NULL && hello->alpn == NULL && hello_next_extension(&extension, &extensions)) {
        struct wire name;
        struct wire names = extension.body;
        struct wire list = wire_vector(&names, 2);
        if (extension.type == EXTENSION_ALPN && hello_next_name(&name, &list)) {
            hello->alpn = printable_copy(&session->arena, name, name.left);
        }
    }
}

static void read_certificate_verify(struct session *session, enum speaker from,
                                    const struct message *message, struct moment at)
{
    struct facts *facts = &session->facts;
    uint16_t scheme = 0;
    if (!is_tls13(session)) {
        session_note(session, from, message, at);
        return;
    }
    (void)handshake_certificate_verify(&scheme, message->body);
    if (from == SERVER) {
        facts->server_scheme = scheme;
    } else {
        facts->certificate_verify = at;
        facts->client_scheme = scheme;
    }
}

/* Up to TLS 1.2 a hello under keys begins another handshake, with keys of its own. */
static void read_hello(struct session *session, enum speaker from, const struct message *message,
                       struct moment at)
{
    struct client_hello hello;
    if (is_tls13(session)) {
        return;
    }
    if (session->facts.renegotiation.frame == 0) {
        session->facts.renegotiation = at;
    }
    if (message->type == HANDSHAKE_SERVER_HELLO && from == SERVER) {
        renew_keys(session, message->body);
    } else if (message->type == HANDSHAKE_CLIENT_HELLO && hello_client(&hello, message->body)) {
        session_keep_random(session, CLIENT, hello.random);
    }
}

static void read_finished(struct session *session, enum speaker from, struct moment at)
{
    struct facts *facts = &session->facts;
    if (is_tls13(session) && from == SERVER) {
        facts->finished[SERVER] = at;
        return;
    }
    session_event(session, from, EVENT_SEALED_FINISHED, at);
    if (is_tls13(session)) {
        session_established(session, at);
    }
}

static void read_message(struct session *session, enum speaker from, const struct message *message,
                         struct moment at)
{
    struct step *step = session_step(session, STEP_MESSAGE, from, at);
    if (step != NULL) {
        step->a = message->type;
        step->size = message->length;
        step->sealed = true;
    }
    switch ((enum handshake_type)message->type) {
    case HANDSHAKE_HELLO_REQUEST:
    case HANDSHAKE_CLIENT_HELLO:
    case HANDSHAKE_SERVER_HELLO:
        read_hello(session, from, message, at);
        break;
    case HANDSHAKE_ENCRYPTED_EXTENSIONS:
        read_encrypted_extensions(session, message->body);
        break;
    case HANDSHAKE_CERTIFICATE:
    case HANDSHAKE_CERTIFICATE_REQUEST:
    case HANDSHAKE_CERTIFICATE_STATUS:
    case HANDSHAKE_NEW_SESSION_TICKET:
        session_note(session, from, message, at);
        break;
    case HANDSHAKE_CERTIFICATE_VERIFY:
        read_certificate_verify(session, from, message, at);
        break;
    case HANDSHAKE_FINISHED:
        read_finished(session, from, at);
        break;
    default:
        break;
    }
}

/* Whether messages begin here: behind a hole a record may begin within one. */
static bool holds_messages(struct wire body)
{
    struct message message = {0};
    enum framing framing = FRAMING_WHOLE;
    while (framing == FRAMING_WHOLE && body.left > 0) {
        framing = message_frame(&message, &body);
    }
    return framing == FRAMING_WHOLE ||
           (framing == FRAMING_PARTIAL && message.length <= ASSEMBLY_MAX);
}

static void read_messages(struct session *session, enum speaker from, struct wire body,
                          struct moment began, struct moment at)
{
    struct session_side *side = &session->side[from];
    struct assembly_pass pass = {body, began, at};
    struct message message;
    side->opened = true;
    if (is_tls13(session) && from == SERVER) {
        session_event(session, SERVER, EVENT_SEALED_FLIGHT, at);
    }
    if (side->reader.doubtful && side->assembly.held_length == 0 && !holds_messages(body)) {
        return;
    }
    enum framing framing = assembly_next(&side->assembly, &message, &began, &pass);
    while (framing == FRAMING_WHOLE) {
        read_message(session, from, &message, at);
        framing = assembly_next(&side->assembly, &message, &began, &pass);
    }
    if (framing == FRAMING_NONE) {
        note_malformed(session, from, RECORD_HANDSHAKE, at);
    }
    if (side->assembly.overflowed) {
        session->facts.transport.side[from].missing = true;
        session->facts.transport.side[from].overflowed = true;
    }
}

/* ---- what else is in records ---- */

static void read_alert(struct session *session, enum speaker from, const struct record *record,
                       struct wire body, struct moment at)
{
    struct alert alert;
    if (!record_alert(&alert, body)) {
        note_malformed(session, from, RECORD_ALERT, at);
        return;
    }
    uint8_t steps = session->facts.steps;
    session_alert(session, from, record, &alert, true, at);
    if (session->facts.steps > steps) {
        session->facts.step[steps].sealed = true;
    }
}

bool session_wants_text(const struct session *session, enum speaker from)
{
    const struct session_side *side = &session->side[from];
    return keys_of(session, from) != NULL && side->text_length < SESSION_SNIPPET &&
           side->text_records < SESSION_TEXT_RECORDS;
}

/* Keeps the first bytes of what a side says under its keys. */
static void keep_text(struct session *session, enum speaker from, struct wire body,
                      struct moment at)
{
    struct session_side *side = &session->side[from];
    if (body.left == 0) {
        return; /* sent ahead of data, against a weakness of TLS 1.0 */
    }
    if (side->text == NULL) {
        side->text = arena_take(&session->arena, SESSION_SNIPPET);
        session->facts.application_text_at[from] = at;
    }
    if (side->text == NULL) {
        return;
    }
    struct wire kept = wire_take_most(&body, SESSION_SNIPPET - side->text_length);
    if (kept.left > 0) {
        memcpy(side->text + side->text_length, kept.at, kept.left);
        side->text_length += (uint32_t)kept.left;
    }
}

static void read_application_data(struct session *session, enum speaker from,
                                  const struct record *record, struct wire body, struct moment at)
{
    session_application_data(session, from, record, at);
    keep_text(session, from, body, at);
}

static void read_opened(struct session *session, enum speaker from, const struct record *record,
                        const struct unsealed *unsealed, struct moment began, struct moment at)
{
    if (unsealed->type != RECORD_APPLICATION_DATA) {
        session_sealed(session, from, record, at);
    }
    if (from == CLIENT && unsealed->application && session->facts.established.frame == 0) {
        session_established(session, at); /* its Finished is missing from the capture */
    }
    switch ((enum record_type)unsealed->type) {
    case RECORD_HANDSHAKE:
        read_messages(session, from, unsealed->body, began, at);
        break;
    case RECORD_ALERT:
        read_alert(session, from, record, unsealed->body, at);
        break;
    case RECORD_APPLICATION_DATA:
        read_application_data(session, from, record, unsealed->body, at);
        break;
    case RECORD_CHANGE_CIPHER_SPEC: /* a renegotiation's */
        session->side[from].keys ^= 1;
        break;
    case RECORD_HEARTBEAT:
        break;
    }
}

/* ---- records ---- */

/* Whether a record is behind its side's keys. */
static bool is_sealed(const struct session *session, enum speaker from, const struct record *record)
{
    const struct facts *facts = &session->facts;
    if (is_tls13(session) || facts->version == 0) { /* 0: early data, so far */
        return record->type == RECORD_APPLICATION_DATA;
    }
    return session->side[from].sealed;
}

/* Whether a record is to be opened: all of the handshake, then the first data, and what may be an
 * alert. */
static bool is_wanted(const struct session *session, enum speaker from, const struct record *record)
{
    bool data = record->type == RECORD_APPLICATION_DATA;
    bool handshake = session->facts.established.frame == 0;
    return record->body.left == record->length &&
           (!data || handshake || record->length <= SMALL || session_wants_text(session, from));
}

/* A record that should have opened: refused early data should not. */
static void note_shut(struct session *session, enum speaker from)
{
    struct facts *facts = &session->facts;
    bool early = from == CLIENT && facts->client_hello[0].early_data && facts->opened[CLIENT] == 0;
    facts->shut[from] += !early;
    if (session->side[from].opened) {
        assembly_release(&session->side[from].assembly); /* a part of its message is missing */
    }
}

bool session_unseal(struct session *session, enum speaker from, const struct record *record,
                    struct moment began, struct moment at)
{
    struct facts *facts = &session->facts;
    struct session_side *side = &session->side[from];
    struct unsealed unsealed;
    const struct unsealer *unsealer = session->shared->unsealer;
    if (unsealer == NULL || !is_sealed(session, from, record)) {
        return false;
    }
    if (session->unsealing[0] == NULL && session->asked != unsealer_secrets(unsealer) &&
        facts->server_hello != NULL && facts->established.frame == 0) {
        session_take_keys(session, facts->server_hello); /* the log has grown */
    }
    struct unsealing *unsealing = keys_of(session, from);
    if (unsealing == NULL) {
        session->passed[from]++;
        return false;
    }
    if (!is_wanted(session, from, record)) {
        unseal_pass(unsealing, from, record);
        return false;
    }
    bool opened = unseal_open(unsealing, &unsealed, from, record);
    if (opened) {
        facts->opened[from]++;
        read_opened(session, from, record, &unsealed, began, at);
    } else {
        note_shut(session, from);
    }
    if (facts->established.frame != 0 && record->type == RECORD_APPLICATION_DATA) {
        if (side->text_records < SESSION_TEXT_RECORDS) {
            side->text_records++;
        }
        side->reader.heads_only = !session_wants_text(session, from);
    }
    return opened;
}
