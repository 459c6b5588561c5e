/* Handshake messages in clear to facts. */
#include "tracking/session.h"

#include "certificate.h"
#include "hello.h"
#include "names.h"
#include "tracking/hellos.h"
#include "tracking/steps.h"

#include <string.h>

enum {
    VERSION_SSL2 = 0x0002,
    VERSION_SSL3 = 0x0300,
    VERSION_TLS12 = 0x0303,
    VERSION_TLS13 = 0x0304,
    AUTHORITIES = 256 /* CA names kept of a CertificateRequest: lists of some hundred exist */
};

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

static struct step *step_message(struct session *session, enum step_what what, enum speaker from,
                                 const struct message *message, struct moment at)
{
    struct step *step = session_step(session, what, from, at);
    if (step != NULL) {
        step->a = message->type;
        step->size = message->length;
    }
    return step;
}

static void keep_session_id(struct session *session, struct wire id)
{
    size_t length = id.left > sizeof session->session_id ? 0 : id.left;
    session->session_id_length = (uint8_t)length;
    if (length > 0) {
        memcpy(session->session_id, id.at, length);
    }
}

/* Where the next ClientHello's facts go: a second one is kept where one is due, or where the
 * HelloRetryRequest is missing. */
static struct client_hello_facts *client_hello_slot(struct facts *facts, uint8_t *index)
{
    *index = facts->client_hellos;
    return facts->client_hellos < 2 && facts->server_hello == NULL ? &facts->client_hello[*index]
                                                                   : NULL;
}

static void note_client_hello(struct session *session, const struct client_hello *hello,
                              uint32_t length, bool well_formed, bool incomplete,
                              struct moment began, struct moment at)
{
    struct facts *facts = &session->facts;
    uint8_t index = 0;
    struct client_hello_facts *kept = client_hello_slot(facts, &index);
    struct step *step = session_step(session, STEP_CLIENT_HELLO, CLIENT, at);
    if (step != NULL) {
        step->a = index;
        step->size = length;
    }
    if (kept == NULL) {
        return;
    }
    if (!hellos_client(kept, &session->arena, session->shared->offers, hello)) {
        facts->transport.side[CLIENT].overflowed = true;
        return;
    }
    kept->at = at;
    kept->begins = began;
    kept->length = length;
    kept->incomplete = incomplete;
    kept->malformed = !incomplete && (kept->malformed || !well_formed);
    facts->client_hellos++;
    if (kept->malformed) {
        facts->malformed[CLIENT] = at;
    }
    keep_session_id(session, hello->session_id);
    session_keep_random(session, CLIENT, hello->random);
    session_event(session, CLIENT, HANDSHAKE_CLIENT_HELLO, at);
}

static void read_client_hello(struct session *session, const struct message *message,
                              struct moment began, struct moment at)
{
    struct client_hello hello;
    bool well_formed = hello_client(&hello, message->body);
    if (session->facts.established.frame != 0) {
        session->facts.renegotiation = at;
        (void)step_message(session, STEP_MESSAGE, CLIENT, message, at);
        return;
    }
    note_client_hello(session, &hello, message->length, well_formed,
                      message->body.left < message->length, began, at);
}

static struct server_hello_facts *keep_server_hello(struct session *session,
                                                    const struct server_hello *hello)
{
    return hellos_server(&session->arena, session->shared->offers, hello);
}

static void note_selection(struct session *session, const struct server_hello *hello,
                           struct server_hello_facts *kept)
{
    struct facts *facts = &session->facts;
    kept->session_id_echoed =
        hello->session_id.left > 0 && hello->session_id.left == session->session_id_length &&
        memcmp(hello->session_id.at, session->session_id, hello->session_id.left) == 0;
    facts->server_hello = kept;
    facts->version = kept->version;
    facts->group = kept->group;
    facts->resumed = kept->psk_selected && kept->version == VERSION_TLS13;
    facts->resumption_known = kept->version == VERSION_TLS13;
}

/* A ServerHello of which only the beginning was captured. What it selects stands in its extensions,
 * and what it lacks cannot be told: it settles no more than a version that TLS 1.3 never writes
 * there, or that it is a HelloRetryRequest. */
static void note_cut_server_hello(struct session *session, const struct server_hello *hello,
                                  struct moment at)
{
    struct facts *facts = &session->facts;
    bool settled = hello->legacy_version >= VERSION_SSL3 && hello->legacy_version < VERSION_TLS12;
    if (facts->server_hello != NULL) {
        return;
    }
    if (hello->hello_retry_request) {
        facts->version = VERSION_TLS13;
        session_event(session, SERVER, EVENT_HELLO_RETRY, at);
    } else if (settled) {
        facts->version = hello->legacy_version;
        session_event(session, SERVER, HANDSHAKE_SERVER_HELLO, at);
    }
}

static void read_server_hello(struct session *session, const struct message *message,
                              struct moment at)
{
    struct facts *facts = &session->facts;
    struct server_hello hello;
    bool well_formed = message->type == HANDSHAKE_SERVER_HELLO
                           ? hello_server(&hello, message->body)
                           : hello_retry_request_draft(&hello, message->body);
    bool retry = hello.hello_retry_request;
    (void)step_message(session, retry ? STEP_HELLO_RETRY : STEP_SERVER_HELLO, SERVER, message, at);
    if (message->body.left < message->length) {
        note_cut_server_hello(session, &hello, at);
        return;
    }
    if (facts->server_hello != NULL || (retry && facts->retry != NULL)) {
        return;
    }
    struct server_hello_facts *kept = keep_server_hello(session, &hello);
    if (kept == NULL) {
        facts->transport.side[SERVER].overflowed = true;
        return;
    }
    kept->at = at;
    kept->malformed = kept->malformed || !well_formed;
    if (kept->malformed && facts->malformed[SERVER].frame == 0) {
        facts->malformed[SERVER] = at;
    }
    if (retry) {
        facts->retry = kept;
        facts->version = VERSION_TLS13;
        session_event(session, SERVER, EVENT_HELLO_RETRY, at);
        return;
    }
    note_selection(session, &hello, kept);
    session_keep_random(session, SERVER, hello.random);
    session_take_keys(session, kept);
    session_event(session, SERVER,
                  kept->version == VERSION_TLS13 ? EVENT_SERVER_HELLO_13 : HANDSHAKE_SERVER_HELLO,
                  at);
}

static void read_certificate(struct session *session, enum speaker from,
                             const struct message *message, struct moment at)
{
    if (session->chain[from] == NULL && message->body.left == message->length) {
        session->chain[from] = chain_take(session->shared->certificates, &session->arena,
                                          message->body, session->facts.version, at);
    }
}

static enum parameters parameters_of(const struct suite *suite)
{
    switch (suite == NULL ? SUITE_KX_UNKNOWN : (enum suite_key_exchange)suite->key_exchange) {
    case SUITE_KX_ECDHE:
    case SUITE_KX_ECDHE_PSK:
    case SUITE_KX_ECDH_ANON:
        return PARAMETERS_ECDHE;
    case SUITE_KX_DHE:
    case SUITE_KX_DHE_PSK:
    case SUITE_KX_DH_ANON:
        return PARAMETERS_DHE;
    case SUITE_KX_RSA_EXPORT:
        return PARAMETERS_RSA_EXPORT;
    default:
        return PARAMETERS_UNKNOWN;
    }
}

static void read_server_key_exchange(struct session *session, const struct message *message,
                                     struct moment at)
{
    struct facts *facts = &session->facts;
    facts->server_key_exchange = at;
    if (facts->server_hello == NULL || message->body.left < message->length) {
        return;
    }
    const struct suite *suite = names_suite_row(facts->server_hello->suite);
    enum parameters parameters = parameters_of(suite);
    if (parameters == PARAMETERS_UNKNOWN) {
        return;
    }
    bool psk = suite->key_exchange == SUITE_KX_DHE_PSK || suite->key_exchange == SUITE_KX_ECDHE_PSK;
    bool anonymous = psk || suite->authentication == SUITE_AUTH_NONE;
    struct server_key_exchange exchange = {0};
    if (!handshake_server_key_exchange(&exchange, message->body, parameters, psk, anonymous,
                                       facts->version)) {
        note_malformed(session, SERVER, message->type, at);
        return;
    }
    facts->group = exchange.group;
    facts->dh_bits = exchange.prime_bits;
    facts->server_scheme = exchange.scheme;
}

static void read_certificate_request(struct session *session, const struct message *message,
                                     struct moment at)
{
    struct facts *facts = &session->facts;
    facts->certificate_request = at;
    struct certificate_request request;
    if (message->body.left < message->length ||
        !certificate_request(&request, message->body, facts->version)) {
        return;
    }
    facts->request_schemes = hellos_codes(&session->arena, request.schemes);
    const char *names[AUTHORITIES];
    size_t count = 0;
    struct wire name;
    while (count < AUTHORITIES && certificate_next_authority(&name, &request.authorities)) {
        names[count] = chain_name(session->shared->certificates, &session->arena, name);
        count += names[count] != NULL;
    }
    const char **kept = count == 0 ? NULL : arena_take(&session->arena, count * sizeof *kept);
    if (kept != NULL) {
        memcpy(kept, names, count * sizeof *kept);
        facts->authorities = (struct text_list){kept, count};
    }
}

static void read_certificate_status(struct session *session, const struct message *message,
                                    struct moment at)
{
    struct wire response;
    if (session->chain[SERVER] != NULL && message->body.left == message->length &&
        certificate_status(&response, message->body)) {
        chain_staple(session->shared->certificates, session->chain[SERVER], response, at);
    }
}

/* The messages that are one fact, besides moving the handshake on. */
void session_note(struct session *session, enum speaker from, const struct message *message,
                  struct moment at)
{
    struct facts *facts = &session->facts;
    bool full = from == SERVER && message->type != HANDSHAKE_NEW_SESSION_TICKET &&
                message->body.left == message->length;
    facts->resumption_known = facts->resumption_known || (full && facts->server_hello != NULL);
    switch ((enum handshake_type)message->type) {
    case HANDSHAKE_CERTIFICATE:
        read_certificate(session, from, message, at);
        break;
    case HANDSHAKE_SERVER_KEY_EXCHANGE:
        read_server_key_exchange(session, message, at);
        break;
    case HANDSHAKE_CERTIFICATE_REQUEST:
        read_certificate_request(session, message, at);
        break;
    case HANDSHAKE_CERTIFICATE_STATUS:
        read_certificate_status(session, message, at);
        break;
    case HANDSHAKE_SERVER_HELLO_DONE:
        facts->server_hello_done = at;
        break;
    case HANDSHAKE_CLIENT_KEY_EXCHANGE:
        facts->client_key_exchange = at;
        break;
    case HANDSHAKE_CERTIFICATE_VERIFY:
        facts->certificate_verify = at;
        if (facts->version == VERSION_TLS12) {
            (void)handshake_certificate_verify(&facts->client_scheme, message->body);
        }
        break;
    case HANDSHAKE_NEW_SESSION_TICKET:
        facts->new_session_ticket = at;
        break;
    default:
        break;
    }
}

void session_message(struct session *session, enum speaker from, const struct message *message,
                     struct moment began, struct moment at)
{
    if (message->type == HANDSHAKE_CLIENT_HELLO && from == CLIENT) {
        read_client_hello(session, message, began, at);
        return;
    }
    if (from == SERVER && (message->type == HANDSHAKE_SERVER_HELLO ||
                           message->type == HANDSHAKE_HELLO_RETRY_REQUEST_DRAFT)) {
        read_server_hello(session, message, at);
        return;
    }
    (void)step_message(session, STEP_MESSAGE, from, message, at);
    session_note(session, from, message, at);
    session_event(session, from, message->type, at);
}

/* SSL 2.0's SERVER-HELLO settles on SSL 2.0. */
static void read_sslv2_server_hello(struct session *session, struct wire message, struct moment at)
{
    struct facts *facts = &session->facts;
    struct server_hello hello;
    struct wire suites;
    struct wire certificate;
    if (!hello_server_sslv2(&hello, &suites, &certificate, message)) {
        note_malformed(session, SERVER, HANDSHAKE_SERVER_HELLO, at);
        return;
    }
    struct step *step = session_step(session, STEP_SERVER_HELLO, SERVER, at);
    if (step != NULL) {
        step->size = (uint32_t)message.left;
    }
    struct server_hello_facts *kept =
        facts->server_hello == NULL ? keep_server_hello(session, &hello) : NULL;
    if (kept == NULL) {
        return;
    }
    kept->at = at;
    kept->suite = UINT16_MAX;
    kept->version = VERSION_SSL2;
    facts->server_hello = kept;
    facts->version = VERSION_SSL2;
    if (certificate.left > 0 && session->chain[SERVER] == NULL) {
        session->chain[SERVER] =
            chain_take_one(session->shared->certificates, &session->arena, certificate, at);
    }
    session->side[CLIENT].reader.mode = READER_SSL2;
    session_event(session, SERVER, EVENT_SSL2_SERVER_HELLO, at);
}

void session_sslv2(struct session *session, enum speaker from, const struct record *record,
                   struct moment at)
{
    struct facts *facts = &session->facts;
    facts->tls = true;
    facts->tls_from[from] = true;
    if (facts->version == VERSION_SSL2) {
        bool key = from == CLIENT && facts->stage == STAGE_SSL2_CLIENT_KEY;
        session_event(session, from, key ? EVENT_SSL2_CLIENT_KEY : EVENT_SSL2_ENCRYPTED, at);
        return;
    }
    if (from == SERVER) {
        read_sslv2_server_hello(session, record->body, at);
        return;
    }
    struct client_hello hello;
    bool well_formed = hello_client_sslv2(&hello, record->body);
    note_client_hello(session, &hello, record->length, well_formed, false, at, at);
}
