/* Signs: sizes, positions, closes and silences. */
#include "diagnosis/signs.h"

#include "names.h"
#include "record.h"

#include <string.h>

enum {
    TLS13 = 0x0304,
    ALERT = 2, /* bytes of an alert: level and description */
    CONTENT_TYPE =
        1,    /* TLS 1.3: the byte behind a sealed record's content (RFC 8446, section 5.2) */
    TAG = 16, /* of all AEADs but CCM_8 */
    SHORT_TAG = 8,
    NONCE = 8,         /* TLS 1.2 sends 8 bytes of it with AES-GCM and CCM (RFC 5288, section 3) */
    JAVA_PADDING = 16, /* JSSE adds as much to every sealed record of TLS 1.3 */
    EMPTY_CERTIFICATE = 8, /* bytes of TLS 1.3's Certificate message without certificates */
    FINISHED_HEADER = 4,
    STATUS_REQUEST = 5, /* extension: RFC 6066, section 8 */
    OCSP_NONE = 0,      /* as chain.ocsp has them */
    OCSP_GOOD = 1,
    CLOSE_NOTIFY = 0, /* alerts: RFC 8446, section 6.1 */
    UNEXPECTED_MESSAGE = 10,
    DECODE_ERROR = 50,
    INTERNAL_ERROR = 80,
    USER_CANCELED = 90
};

static const struct suite *selected_suite(const struct facts *facts)
{
    return facts->server_hello == NULL ? NULL : names_suite_row(facts->server_hello->suite);
}

static uint16_t tag_length(const struct suite *suite)
{
    return suite != NULL && suite->bulk == SUITE_BULK_AES_CCM_8 ? SHORT_TAG : TAG;
}

/* A block cipher's record: IV, 2 bytes, MAC and padding to 8 or 16 bytes; or MAC and 2 bytes of a
 * stream cipher. */
static bool alert_sized_by_mac(const struct suite *suite, uint16_t length)
{
    uint16_t mac = suite->mac == SUITE_MAC_SHA384   ? 48
                   : suite->mac == SUITE_MAC_SHA256 ? 32
                   : suite->mac == SUITE_MAC_MD5    ? 16
                                                    : 20;
    if (suite->bulk == SUITE_BULK_RC4 || suite->bulk == SUITE_BULK_NULL) {
        return length == ALERT + mac;
    }
    return length > ALERT && length <= 16 + 16 * ((ALERT + mac) / 16 + 1) && length % 8 == 0;
}

bool signs_alert_sized(const struct facts *facts, uint16_t length)
{
    const struct suite *suite = selected_suite(facts);
    uint16_t tag = tag_length(suite);
    if (facts->version == TLS13) {
        uint16_t alert = (uint16_t)(ALERT + CONTENT_TYPE + tag);
        return length == alert || length == alert + JAVA_PADDING;
    }
    if (suite == NULL) {
        return false;
    }
    if (suite->bulk == SUITE_BULK_CHACHA20_POLY1305) {
        return length == ALERT + TAG;
    }
    if (suite->mac == SUITE_MAC_AEAD) {
        return length == ALERT + NONCE + tag;
    }
    return alert_sized_by_mac(suite, length);
}

/* Whether a side's close, whichever was captured first, is the answer to the other's. */
static bool closed_second(const struct facts *facts, enum speaker by)
{
    return facts->transport.side[by].answers_close &&
           !facts->transport.side[speaker_peer(by)].answers_close;
}

struct moment signs_first_close(const struct facts *facts, enum speaker *by)
{
    struct moment client = facts_close(facts, CLIENT);
    struct moment server = facts_close(facts, SERVER);
    if (client.frame != 0 && server.frame != 0 && closed_second(facts, SERVER)) {
        *by = CLIENT;
        return client;
    }
    *by = CLIENT;
    if (client.frame == 0 || (server.frame != 0 && server.frame < client.frame)) {
        *by = SERVER;
        return server;
    }
    return client;
}

/* A warning that its sender meant as the end: one that says so, or behind which its sender closed.
 */
static const struct alert_facts *closing_warning(const struct facts *facts)
{
    enum speaker by;
    struct moment closed = signs_first_close(facts, &by);
    for (size_t i = 0; i < facts->alerts && i < FACTS_ALERTS; i++) {
        const struct alert_facts *alert = &facts->alert[i];
        bool end = alert->code == CLOSE_NOTIFY || alert->code == USER_CANCELED;
        if (alert->level == 2) {
            continue; /* an echo: see above */
        }
        bool closer = closed.frame >= alert->at.frame && alert->from == (uint8_t)by;
        bool echo = alert->from != (uint8_t)by && closed.frame < alert->at.frame;
        bool known = !alert->sealed || (alert->code != 255 && alert->stage != STAGE_ESTABLISHED);
        if (known && closed.frame != 0 && !echo && (end || closer)) {
            return alert;
        }
    }
    return NULL;
}

/* TLS 1.3, before the client's Finished: the last encrypted record of a side, if it is an alert's
 * size. Early data may be as short; an alert of the server's is only believed when somebody closed
 * behind it. */
static const struct sealed_record *sealed_refusal(const struct facts *facts)
{
    if (facts->version != TLS13 || facts_opened(facts) || facts->established.frame != 0) {
        return NULL;
    }
    const struct sealed_record *client = &facts->last_sealed[CLIENT];
    const struct client_hello_facts *hello = facts_client_hello(facts);
    if (client->at.frame != 0 && signs_alert_sized(facts, client->length) &&
        (hello == NULL || !hello->early_data)) {
        return client;
    }
    const struct sealed_record *server = &facts->last_sealed[SERVER];
    enum speaker by;
    struct moment closed = signs_first_close(facts, &by);
    if (server->at.frame != 0 && signs_alert_sized(facts, server->length) &&
        closed.frame >= server->at.frame) {
        return server;
    }
    return NULL;
}

/* The first fatal alert in clear. One that only answers the other side's bare close, as stacks do
 * that had expected a message, is not the end but its echo. */
static const struct alert_facts *fatal_alert(const struct facts *facts)
{
    const struct alert_facts *alert = facts_fatal_alert(facts, CLIENT);
    const struct alert_facts *server = facts_fatal_alert(facts, SERVER);
    if (alert == NULL || (server != NULL && server->at.frame < alert->at.frame)) {
        alert = server;
    }
    if (alert == NULL) {
        return NULL;
    }
    bool general = alert->code == UNEXPECTED_MESSAGE || alert->code == DECODE_ERROR ||
                   alert->code == INTERNAL_ERROR || alert->code == CLOSE_NOTIFY ||
                   alert->code == USER_CANCELED;
    struct moment closed = facts_close(facts, speaker_peer((enum speaker)alert->from));
    return general && closed.frame != 0 && closed.frame < alert->at.frame ? NULL : alert;
}

struct ending signs_ending(const struct facts *facts)
{
    struct ending ending = {ENDING_NONE, CLIENT, {0, 0}, 255};
    const struct alert_facts *alert = fatal_alert(facts);
    if (alert == NULL) {
        alert = closing_warning(facts);
    }
    if (alert != NULL) {
        return (struct ending){ENDING_ALERT, (enum speaker)alert->from, alert->at, alert->code};
    }
    const struct sealed_record *sealed = sealed_refusal(facts);
    if (sealed != NULL) {
        return (struct ending){ENDING_SEALED, (enum speaker)sealed->from, sealed->at, 255};
    }
    enum speaker by;
    struct moment closed = signs_first_close(facts, &by);
    if (closed.frame != 0) {
        ending.kind =
            closed.frame == facts->transport.side[by].fin.frame ? ENDING_FIN : ENDING_RESET;
        ending.by = by;
        ending.at = closed;
    }
    return ending;
}

bool signs_hello_unanswered(const struct facts *facts)
{
    return facts_client_hello(facts) != NULL && facts->server_hello == NULL &&
           facts->chain[SERVER] == NULL && facts->server_hello_done.frame == 0 &&
           facts->change_cipher_spec[SERVER].frame == 0 && facts->last_sealed[SERVER].at.frame == 0;
}

uint16_t signs_finished_length(const struct facts *facts)
{
    const struct suite *suite = selected_suite(facts);
    size_t hash = suite == NULL ? 0 : names_hash_octets(suite->hash);
    return (uint16_t)(FINISHED_HEADER + (hash == 0 ? 32 : hash) + CONTENT_TYPE + tag_length(suite));
}

/* The client's sealed records up to its Finished: a Certificate stands in one of its own, or shares
 * the last. */
static bool certificate_before_finished(const struct facts *facts)
{
    const struct client_hello_facts *hello = facts_client_hello(facts);
    uint16_t alone = signs_finished_length(facts);
    size_t before = 0;
    for (size_t i = 0; i < facts->sealed_count && i < FACTS_SEALED; i++) {
        const struct sealed_record *record = &facts->sealed[i];
        if (record->from != CLIENT || record->stage == STAGE_ESTABLISHED ||
            record->at.frame > facts->finished[CLIENT].frame) {
            continue;
        }
        if (record->length == alone + EMPTY_CERTIFICATE || record->length > alone + JAVA_PADDING) {
            return true;
        }
        before++;
    }
    /* Early data and the EndOfEarlyData message are sealed records before the Finished, too. */
    return before > 1 && (hello == NULL || !hello->early_data);
}

bool signs_client_certificate(const struct facts *facts)
{
    if (facts->version == TLS13) {
        return facts->finished[CLIENT].frame != 0 && certificate_before_finished(facts);
    }
    return facts->certificate_request.frame != 0 && facts->chain[CLIENT] != NULL;
}

/* The stapled response is one that a client which asked for it must not accept (RFC 6960,
 * section 3.2), or is not there although the certificate promises it (RFC 7633). */
static bool bad_status(const struct chain *chain, const struct client_hello_facts *hello,
                       int64_t now)
{
    bool asked = hello != NULL && hello->offer != NULL &&
                 facts_lists(hello->offer->extensions, STATUS_REQUEST);
    if (chain->ocsp == OCSP_NONE) {
        return asked && chain->certificates[0]->must_staple;
    }
    bool old = chain->ocsp_next_update != 0 && chain->ocsp_next_update < now;
    return chain->ocsp != OCSP_GOOD || old;
}

bool signs_certificate_bad(const struct facts *facts)
{
    const struct chain *chain = facts->chain[SERVER];
    if (chain == NULL || chain->count == 0) {
        return false;
    }
    const struct certificate *leaf = chain->certificates[0];
    if (chain->malformed || leaf->malformed || chain->signature_broken) {
        return true;
    }
    int64_t now = facts_judged_at(chain);
    return (chain->name_checked && !chain->name_fits) || leaf->not_after < now ||
           leaf->not_before > now || leaf->server_auth == USAGE_LACKS ||
           bad_status(chain, facts_client_hello(facts), now);
}

uint64_t signs_first_data(const struct facts *facts, enum speaker speaker)
{
    for (size_t i = 0; i < facts->steps && i < FACTS_STEPS; i++) {
        if (facts->step[i].what == STEP_APPLICATION_DATA &&
            facts->step[i].from == (uint8_t)speaker) {
            return facts->step[i].at.frame;
        }
    }
    return 0;
}

static bool is_news(const struct step *step)
{
    return step->what != STEP_SYN && step->what != STEP_SYN_ACK && step->what != STEP_FIN &&
           step->what != STEP_RST && step->what != STEP_ICMP && step->what != STEP_GAP;
}

bool signs_unused(const struct facts *facts)
{
    const struct server_hello_facts *hello = facts->server_hello;
    bool greeted = hello != NULL && hello->alpn != NULL && strcmp(hello->alpn, "h2") == 0;
    return facts->application_records[CLIENT] == 0 &&
           (facts->application_records[SERVER] == 0 || greeted);
}

int64_t signs_waited(const struct facts *facts)
{
    int64_t since = facts->first.time;
    for (size_t i = 0; i < facts->steps && i < FACTS_STEPS; i++) {
        if (is_news(&facts->step[i]) && facts->step[i].at.time > since) {
            since = facts->step[i].at.time;
        }
    }
    for (int side = 0; side < SPEAKERS; side++) {
        if (facts->last_sealed[side].at.frame != 0 && facts->last_sealed[side].at.time > since) {
            since = facts->last_sealed[side].at.time;
        }
    }
    int64_t until = facts->watched_until;
    if (facts->last.time > until) {
        until = facts->last.time;
    }
    return until - since;
}

bool signs_capture_stopped(const struct facts *facts)
{
    if (facts->watched_until - facts->last.time > SIGNS_WATCHED_MAX) {
        return true;
    }
    for (int side = 0; side < SPEAKERS; side++) {
        const struct transport_side *sent = &facts->transport.side[side];
        if (sent->unacknowledged > 0 && sent->tail_retransmissions == 0) {
            return true;
        }
    }
    return false;
}

bool signs_lost(const struct facts *facts, enum speaker from)
{
    const struct transport_side *side = &facts->transport.side[from];
    return side->unacknowledged > 0 && side->tail_retransmissions >= SIGNS_LOST &&
           signs_waited(facts) >= SIGNS_PATIENCE_LOSS;
}

bool signs_certificate_sealed(const struct facts *facts)
{
    enum { SHORTEST = 350 }; /* bytes: a certificate with an Ed25519 key and hardly a name */
    for (size_t i = 0; i < facts->sealed_count && i < FACTS_SEALED; i++) {
        if (facts->sealed[i].from == SERVER && facts->sealed[i].length >= SHORTEST) {
            return true;
        }
    }
    return false;
}

bool signs_undelivered(const struct facts *facts, enum speaker from)
{
    const struct transport_side *side = &facts->transport.side[from];
    struct moment left = facts_close(facts, speaker_peer(from));
    int64_t until = left.frame != 0 ? left.time : facts->last.time;
    return side->unacknowledged > 0 && side->tail_retransmissions >= SIGNS_LOST - 1 &&
           until - side->last_data.time >= SIGNS_PATIENCE_LOSS;
}

/* The length of a side's encrypted Finished, by the first one; 0: not seen. Its renegotiated one is
 * as long, or longer by what the first handshake's suite and the second's differ: then nothing is
 * claimed. */
static uint16_t finished_record(const struct facts *facts, enum speaker from)
{
    for (size_t i = 0; i < facts->sealed_count && i < FACTS_SEALED; i++) {
        const struct sealed_record *record = &facts->sealed[i];
        if (record->from == (uint8_t)from && record->type == RECORD_HANDSHAKE) {
            return record->length;
        }
    }
    return 0;
}

/* The encrypted records from the first one of a renegotiation on. */
struct renegotiated {
    bool finished[SPEAKERS]; /* a record as long as the side's Finished */
    bool answered;           /* a handshake record of the side that had not begun */
    bool data;               /* application data */
    bool alert;
};

static struct renegotiated see_renegotiation(const struct facts *facts)
{
    struct renegotiated seen = {{false, false}, false, false, false};
    uint8_t begun_by = SPEAKERS;
    uint16_t finished[SPEAKERS] = {finished_record(facts, CLIENT), finished_record(facts, SERVER)};
    for (size_t i = 0; i < facts->sealed_count && i < FACTS_SEALED; i++) {
        const struct sealed_record *record = &facts->sealed[i];
        bool begins = record->type == RECORD_HANDSHAKE && record->stage == STAGE_ESTABLISHED;
        /* The alert that answers the asking may have been captured before it. */
        seen.alert =
            seen.alert || (record->type == RECORD_ALERT && record->stage == STAGE_ESTABLISHED);
        if (begun_by == SPEAKERS && begins) {
            begun_by = record->from;
        }
        if (begun_by == SPEAKERS || record->from >= SPEAKERS) {
            continue;
        }
        seen.finished[record->from] =
            seen.finished[record->from] || (begins && record->length == finished[record->from]);
        seen.answered = seen.answered || (begins && record->from != begun_by);
        seen.data = seen.data || record->type == RECORD_APPLICATION_DATA;
    }
    return seen;
}

/* The last application data before it, by either side: a server that asks for a renegotiation and a
 * client that asked for a page are still waiting when the client spoke last. */
static bool server_had_answered(const struct facts *facts)
{
    bool answered = false;
    for (size_t i = 0; i < facts->sealed_count && i < FACTS_SEALED; i++) {
        if (facts->sealed[i].type == RECORD_APPLICATION_DATA) {
            answered = facts->sealed[i].from == SERVER;
        }
    }
    return answered;
}

/* Somebody closed, or a key log shows that the alert behind the asking is fatal. */
static bool renegotiation_ended(const struct facts *facts)
{
    enum speaker by;
    bool closed = signs_first_close(facts, &by).frame != 0;
    for (int side = 0; side < SPEAKERS && !closed; side++) {
        const struct alert_facts *alert = facts_fatal_alert(facts, (enum speaker)side);
        closed = alert != NULL && alert->sealed && alert->at.frame >= facts->renegotiation.frame;
    }
    return closed;
}

enum renegotiation signs_renegotiation(const struct facts *facts)
{
    bool whole = facts->sealed_count < FACTS_SEALED && facts_absent(facts, CLIENT) &&
                 facts_absent(facts, SERVER);
    if (facts->renegotiation.frame == 0 || facts->version == TLS13 || !whole ||
        !renegotiation_ended(facts) || server_had_answered(facts)) {
        return RENEGOTIATION_NONE;
    }
    struct renegotiated seen = see_renegotiation(facts);
    if (seen.data || !seen.alert || seen.finished[SERVER]) {
        return RENEGOTIATION_NONE;
    }
    if (seen.finished[CLIENT]) {
        return RENEGOTIATION_FAILED;
    }
    return seen.answered ? RENEGOTIATION_NONE : RENEGOTIATION_REFUSED;
}

/* What nginx, Apache, Go, Tomcat and others answer to plain HTTP on a TLS port. */
static const char *const MISPLACED_HTTP[] = {
    "plain HTTP request was sent to HTTPS port",
    "plain HTTP to an SSL-enabled",
    "HTTP request to an HTTPS server",
    "requires TLS",
    "This is not an HTTP port",
    "HTTPS is required",
};

bool signs_http_at_tls_server(const struct facts *facts)
{
    const char *answer = facts->cleartext[SERVER];
    if (answer == NULL || facts->tls_from[CLIENT]) {
        return false;
    }
    for (size_t i = 0; i < sizeof MISPLACED_HTTP / sizeof MISPLACED_HTTP[0]; i++) {
        if (strstr(answer, MISPLACED_HTTP[i]) != NULL) {
            return true;
        }
    }
    /* A mere 400 may answer anything, where the question is not in the capture. */
    return facts->preface != NULL && facts->preface->protocol == PREFACE_HTTP &&
           facts->preface->status == 400 && facts->tls_expected &&
           facts->transport.side[CLIENT].first_data.frame != 0;
}
