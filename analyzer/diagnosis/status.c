/* How it went. The law of this file: never an alarm for a handshake that worked, never a failure
 * claimed from what a hole may hide.
 *
 * A handshake has failed where somebody refused it in clear, where somebody left in the middle of
 * it and nothing of it is missing from the capture, or where somebody was waited for long enough.
 * What the capture does not decide is incomplete.
 */
#include "diagnosis/diagnose.h"
#include "diagnosis/signs.h"

#include "record.h"

#include <string.h>

enum {
    TLS13 = 0x0304,
    TICKETS = 2 /* NewSessionTickets that servers send behind a handshake, as a rule */
};

static bool nothing_missing(const struct facts *facts)
{
    return facts_absent(facts, CLIENT) && facts_absent(facts, SERVER);
}

static bool closed_by_anybody(const struct facts *facts)
{
    enum speaker by;
    return signs_first_close(facts, &by).frame != 0;
}

static bool data_both_ways(const struct facts *facts)
{
    return facts->application_records[CLIENT] > 0 && facts->application_records[SERVER] > 0;
}

static bool no_data(const struct facts *facts)
{
    return facts->application_records[CLIENT] == 0 && facts->application_records[SERVER] == 0;
}

/* Anything of the handshake itself; a capture that began late may hold application data alone. */
static bool handshake_seen(const struct facts *facts)
{
    return facts->client_hello[0].at.frame != 0 || facts->server_hello != NULL ||
           facts->change_cipher_spec[CLIENT].frame != 0 ||
           facts->change_cipher_spec[SERVER].frame != 0;
}

/* ---- behind both Finished ---- */

/* The server closed first, as far as was seen, and did so soon: no idle timeout. */
static bool server_left_soon(const struct facts *facts)
{
    enum speaker by;
    struct moment closed = signs_first_close(facts, &by);
    return closed.frame != 0 && by == SERVER &&
           closed.time - facts->established.time <= SIGNS_AFTERMATH;
}

/* The client left first, by an alert under its keys (up to TLS 1.2 its type shows) or by a close,
 * and at once. */
static bool client_left_at_once(const struct facts *facts)
{
    enum speaker by;
    struct moment left = signs_first_close(facts, &by);
    const struct sealed_record *said = &facts->last_sealed[CLIENT];
    bool alert = said->at.frame != 0 && said->type == RECORD_ALERT;
    if (alert && (left.frame == 0 || said->at.frame <= left.frame)) {
        left = said->at;
        by = CLIENT;
    }
    return left.frame != 0 && by == CLIENT && left.time - facts->established.time <= SIGNS_AT_ONCE;
}

/* A fatal alert in clear behind the handshake, by a side that has sent no data: it never took to
 * the keys. */
static bool refused_in_clear(const struct facts *facts)
{
    for (int side = 0; side < SPEAKERS; side++) {
        const struct alert_facts *alert = facts_fatal_alert(facts, (enum speaker)side);
        if (alert != NULL && alert->at.frame >= facts->established.frame &&
            facts->application_records[side] == 0) {
            return true;
        }
    }
    return false;
}

/* The client had closed before the server's last flight, and met what came of it with a reset:
 * complete on the wire, but not for the client. */
static bool given_up_before_the_end(const struct facts *facts)
{
    const struct transport_side *client = &facts->transport.side[CLIENT];
    return facts->version != TLS13 && !facts->resumed && no_data(facts) && client->fin.frame != 0 &&
           client->fin.frame < facts->change_cipher_spec[SERVER].frame &&
           client->reset.at.frame > facts->established.frame;
}

/* What the server sent behind the client's Finished of TLS 1.3. */
struct aftermath {
    size_t records;
    bool alerts_only; /* every one is an alert's size, and not JSSE's ordinary pair at a
                         connection's end */
    bool equal;       /* two of one length: tickets */
    uint64_t last;    /* frame of the last one */
};

static struct aftermath server_aftermath(const struct facts *facts)
{
    struct aftermath after = {facts->application_records[SERVER], false, false, 0};
    uint16_t length[TICKETS] = {0, 0};
    size_t kept = 0;
    for (size_t i = 0; i < facts->sealed_count && i < FACTS_SEALED; i++) {
        const struct sealed_record *record = &facts->sealed[i];
        if (record->from == SERVER && record->stage == STAGE_ESTABLISHED && kept < TICKETS) {
            length[kept++] = record->length;
        }
    }
    if (kept < after.records && after.records == 1) {
        length[0] = facts->last_sealed[SERVER].length; /* the list was full */
        kept = 1;
    }
    after.last = after.records > 0 ? facts->last_sealed[SERVER].at.frame : 0;
    after.equal = after.records == TICKETS && kept == TICKETS && length[0] == length[1];
    if (after.records == 1) {
        after.alerts_only = kept == 1 && signs_alert_sized(facts, length[0]);
    } else if (after.equal) {
        /* GnuTLS refuses with two alerts; JSSE ends with two that it pads: 35 bytes each. */
        after.alerts_only = signs_alert_sized(facts, length[0]) && length[0] < 35;
    }
    return after;
}

/* The frame of the client's first record behind its Finished; 0: none. */
static uint64_t client_request(const struct facts *facts)
{
    for (size_t i = 0; i < facts->steps && i < FACTS_STEPS; i++) {
        if (facts->step[i].what == STEP_APPLICATION_DATA && facts->step[i].from == CLIENT) {
            return facts->step[i].at.frame;
        }
    }
    return facts->application_records[CLIENT] > 0 ? facts->last_sealed[CLIENT].at.frame : 0;
}

/* The client itself had ended the connection before the server's last record: by a close, or by
 * close_notify. */
static bool client_left_first(const struct facts *facts, uint64_t server_said)
{
    struct moment closed = facts_close(facts, CLIENT);
    const struct sealed_record *said = &facts->last_sealed[CLIENT];
    bool notified = facts->application_records[CLIENT] > 0 &&
                    signs_alert_sized(facts, said->length) && said->at.frame < server_said;
    return notified || (closed.frame != 0 && closed.frame < server_said);
}

/* TLS 1.3: the client has finished, and the server may still refuse it. `asked`: for a client
 * certificate. */
static enum status behind_finished_13(const struct facts *facts, bool asked)
{
    struct aftermath after = server_aftermath(facts);
    bool holes = !facts_absent(facts, SERVER);
    bool server_closed = facts_close(facts, SERVER).frame != 0;
    if (after.records == 0) {
        if (asked && !holes && server_left_soon(facts)) {
            return STATUS_FAILED;
        }
        bool undecided = holes ? asked || server_closed : asked && !closed_by_anybody(facts);
        return undecided ? STATUS_INCOMPLETE : STATUS_ESTABLISHED;
    }
    if (after.alerts_only) {
        if (holes || (!asked && !closed_by_anybody(facts))) {
            return STATUS_INCOMPLETE;
        }
        bool answer = client_left_first(facts, after.last); /* to the client's own close_notify */
        return asked || !answer ? STATUS_FAILED : STATUS_ESTABLISHED;
    }
    uint64_t request = client_request(facts);
    bool unanswered = request == 0 || after.last < request || after.equal;
    if (asked && unanswered && after.records <= TICKETS && !holes &&
        !signs_alert_sized(facts, facts->last_sealed[SERVER].length) && server_left_soon(facts)) {
        return STATUS_FAILED;
    }
    return STATUS_ESTABLISHED;
}

/* Up to TLS 1.2 a client may finish and then refuse the server's certificate, and a server the
 * client's. On the wire both look like a connection closed straight after its handshake, so there
 * must be a reason in sight. */
static enum status behind_finished_12(const struct facts *facts)
{
    bool server_dubious = no_data(facts) && signs_certificate_bad(facts);
    bool client_dubious =
        facts->application_records[SERVER] == 0 && signs_client_certificate(facts);
    if (!server_dubious && !client_dubious) {
        return STATUS_ESTABLISHED;
    }
    if (!nothing_missing(facts) || !closed_by_anybody(facts)) {
        return STATUS_INCOMPLETE;
    }
    if ((server_dubious && client_left_at_once(facts)) ||
        (client_dubious && server_left_soon(facts))) {
        return STATUS_FAILED;
    }
    return STATUS_ESTABLISHED;
}

static enum status behind_finished(const struct facts *facts)
{
    if (!handshake_seen(facts) || facts->transport.side[CLIENT].packets == 0 ||
        facts->transport.side[SERVER].packets == 0) {
        return STATUS_INCOMPLETE;
    }
    if (refused_in_clear(facts) || given_up_before_the_end(facts) ||
        signs_renegotiation(facts) != RENEGOTIATION_NONE) {
        return STATUS_FAILED;
    }
    if (facts->version == TLS13) {
        return behind_finished_13(facts, signs_client_certificate(facts));
    }
    return behind_finished_12(facts);
}

/* ---- in the handshake ---- */

static int64_t patience(const struct facts *facts)
{
    if (signs_hello_unanswered(facts) || facts->stage == STAGE_CLIENT_HELLO) {
        return SIGNS_PATIENCE_HELLO;
    }
    bool person =
        facts->certificate_request.frame != 0 || facts->stage == STAGE_SEALED_CLIENT_FLIGHT;
    return person ? SIGNS_PATIENCE_PERSON : SIGNS_PATIENCE_FLIGHT;
}

/* Only the server's last flight is still to come, and a close by the client does not keep it from
 * coming. */
static bool only_client_closed(const struct facts *facts)
{
    return (facts->stage == STAGE_SERVER_CHANGE || facts->stage == STAGE_SERVER_FINISHED) &&
           facts_close(facts, SERVER).frame == 0 && facts->ended_open &&
           facts->transport.side[CLIENT].reset.at.frame == 0;
}

static enum status in_handshake(const struct facts *facts)
{
    if (facts_fatal_alert(facts, CLIENT) != NULL || facts_fatal_alert(facts, SERVER) != NULL) {
        return STATUS_FAILED;
    }
    if (!nothing_missing(facts)) {
        return STATUS_INCOMPLETE;
    }
    bool not_tls = facts->not_tls_from[SERVER].frame != 0 && facts->tls_from[CLIENT] &&
                   !facts->tls_from[SERVER];
    if (not_tls || signs_ending(facts).kind == ENDING_SEALED) {
        return STATUS_FAILED;
    }
    if (closed_by_anybody(facts)) {
        return only_client_closed(facts) ? STATUS_INCOMPLETE : STATUS_FAILED;
    }
    if (signs_lost(facts, CLIENT) || signs_lost(facts, SERVER)) {
        return STATUS_FAILED;
    }
    bool stalled = signs_waited(facts) >= patience(facts) && !signs_capture_stopped(facts);
    return stalled ? STATUS_FAILED : STATUS_INCOMPLETE;
}

/* ---- without TLS ---- */

/* Only SYNs from the client; the server, if anything, said no. */
static bool never_opened(const struct facts *facts)
{
    const struct transport *transport = &facts->transport;
    return transport->syn.frame != 0 && transport->syn_ack.frame == 0 &&
           transport->side[CLIENT].first_data.frame == 0 &&
           transport->side[SERVER].first_data.frame == 0 &&
           transport->side[CLIENT].packets <= transport->syn_count;
}

/* An ICMP error that says that the client's packets do not arrive; one about their size does not.
 */
static bool unreachable(const struct icmp_error *error)
{
    if (error->at.frame == 0 || error->about != CLIENT) {
        return false;
    }
    if (error->version6) {
        return error->type == 1 || error->type == 3; /* RFC 4443: unreachable, time exceeded */
    }
    return (error->type == 3 && error->code != 4) || error->type == 11; /* RFC 792 */
}

static enum status status_unopened(const struct facts *facts)
{
    const struct transport *transport = &facts->transport;
    int64_t until =
        facts->watched_until > facts->last.time ? facts->watched_until : facts->last.time;
    if (transport->side[SERVER].reset.at.frame != 0 || unreachable(&transport->icmp) ||
        until - transport->syn.time >= SIGNS_PATIENCE_SYN) {
        return STATUS_FAILED;
    }
    return STATUS_INCOMPLETE;
}

/* The server lists what it can, and TLS is not among it. A client that needs TLS then leaves; one
 * that does not, goes on. */
static bool left_without_tls(const struct facts *facts)
{
    const struct transport_side *client = &facts->transport.side[CLIENT];
    const char *said = facts->cleartext[CLIENT];
    bool quit = said != NULL && (strstr(said, "QUIT") != NULL || strstr(said, "LOGOUT") != NULL) &&
                strstr(said, "MAIL ") == NULL && strstr(said, "USER ") == NULL &&
                strstr(said, "LOGIN") == NULL && strstr(said, "AUTH") == NULL;
    bool silent = facts->preface_decided.frame != 0 &&
                  client->last_data.frame <= facts->preface_decided.frame;
    return (silent || quit) && facts_close(facts, CLIENT).frame != 0;
}

/* A dialogue on the way to TLS that did not get there. `granted`: TLS might have begun. */
static enum status status_unfinished_dialogue(const struct facts *facts, bool granted)
{
    const struct transport_side *client = &facts->transport.side[CLIENT];
    bool went_on = granted && facts->preface_decided.frame != 0 &&
                   client->last_data.frame > facts->preface_decided.frame;
    if (went_on) {
        return STATUS_NOT_TLS; /* something else is spoken in the tunnel */
    }
    bool tunnel = preface_is_proxy((enum preface_protocol)facts->preface->protocol);
    bool to_tls = !tunnel || facts->tls_expected ||
                  (facts->preface_asked != NULL && strstr(facts->preface_asked, ":443") != NULL);
    if (!to_tls) {
        return STATUS_NOT_TLS;
    }
    return closed_by_anybody(facts) && nothing_missing(facts) ? STATUS_FAILED : STATUS_INCOMPLETE;
}

static enum status status_of_dialogue(const struct facts *facts)
{
    switch ((enum preface_state)facts->preface->state) {
    case PREFACE_REFUSED:
        return STATUS_FAILED;
    case PREFACE_NOT_OFFERED:
        return left_without_tls(facts) && nothing_missing(facts) ? STATUS_FAILED : STATUS_NOT_TLS;
    case PREFACE_ASKED:
        return status_unfinished_dialogue(facts, false);
    case PREFACE_GRANTED:
        return status_unfinished_dialogue(facts, true);
    case PREFACE_SILENT:
    case PREFACE_TALKING:
    case PREFACE_OFFERED:
        break;
    }
    return STATUS_NOT_TLS;
}

/* Plain HTTP to a TLS port without a word in answer: HAProxy and Node close, NSS waits for the rest
 * of a record. */
static bool http_met_with_silence(const struct facts *facts)
{
    enum speaker by;
    struct moment closed = signs_first_close(facts, &by);
    bool waited = closed.time - facts->preface_at[CLIENT].time >= SIGNS_PATIENCE_HTTP;
    return facts->tls_expected && facts->preface != NULL &&
           facts->preface->protocol == PREFACE_HTTP &&
           facts->transport.side[SERVER].first_data.frame == 0 && closed.frame != 0 &&
           (by == SERVER || waited) && nothing_missing(facts);
}

static enum status without_tls(const struct facts *facts)
{
    if (signs_http_at_tls_server(facts) || http_met_with_silence(facts)) {
        return STATUS_FAILED;
    }
    bool client_spoke = facts->transport.side[CLIENT].first_data.frame != 0;
    bool not_offered = facts->preface != NULL && facts->preface->state == PREFACE_NOT_OFFERED;
    if ((client_spoke || not_offered) && facts->preface != NULL &&
        facts->preface->protocol != PREFACE_UNKNOWN) {
        return status_of_dialogue(facts);
    }
    if (!facts->tls_expected || client_spoke) {
        return STATUS_NOT_TLS;
    }
    if (never_opened(facts)) {
        return status_unopened(facts);
    }
    bool ended = closed_by_anybody(facts) && facts_absent(facts, CLIENT);
    return ended ? STATUS_FAILED : STATUS_INCOMPLETE;
}

enum status diagnose_status(const struct facts *facts)
{
    if (!facts->tls) {
        return without_tls(facts);
    }
    if (facts->established.frame != 0) {
        return behind_finished(facts);
    }
    if (data_both_ways(facts)) {
        return handshake_seen(facts) ? STATUS_ESTABLISHED : STATUS_INCOMPLETE;
    }
    return in_handshake(facts);
}
