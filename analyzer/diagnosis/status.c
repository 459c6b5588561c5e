/* How it went. The law of this file: never an alarm for a handshake that worked, never a failure
 * claimed from what a hole may hide.
 *
 * A handshake has failed where somebody refused it in clear, where somebody left in the middle of
 * it and nothing of it is missing from the capture, or where somebody was waited for long enough.
 * What the capture does not decide is incomplete.
 */
#include "diagnosis/answer.h"
#include "diagnosis/diagnose.h"
#include "diagnosis/faults.h"
#include "diagnosis/signs.h"

#include "record.h"

#include <string.h>

enum {
    TLS13 = 0x0304,
    TICKETS = 2,    /* NewSessionTickets that servers send behind a handshake, as a rule */
    JAVA_ALERT = 35 /* bytes of a sealed alert that JSSE padded */
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

/* By our roots nobody vouches for the server's certificate: it is self-signed, it came without the
 * intermediate, or a private root came with it. Where merely a root is not known here, that is no
 * hint: so it is with every private authority. */
static bool nobody_vouches(const struct facts *facts)
{
    struct faults faults;
    faults_of_server(&faults, facts);
    const struct certificate *root = faults.certificate[FAULT_UNTRUSTED];
    return (faults.set & (FAULT_BIT(FAULT_SELF_SIGNED) | FAULT_BIT(FAULT_INCOMPLETE))) != 0 ||
           (root != NULL && !root->malformed && root->self_issued);
}

/* The client left as those do who refuse a certificate when all is finished: Node closes without a
 * close_notify; NSS alerts, upon which the server closes without a close_notify of its own. It had
 * asked for a name, as a health check, which looks alike, mostly does not. */
static bool left_like_refusing(const struct facts *facts)
{
    const struct client_hello_facts *hello = facts_client_hello(facts);
    enum speaker by;
    struct moment closed = signs_first_close(facts, &by);
    /* HAProxy answers the close by HTTP 400. */
    uint64_t data = signs_unused(facts) ? 0 : signs_first_data(facts, SERVER);
    if (hello == NULL || hello->server_name == NULL || hello->server_name[0] == '\0' ||
        facts->resumed || closed.frame == 0 || !client_left_at_once(facts) ||
        facts->application_records[CLIENT] > 0 || (data != 0 && data < closed.frame)) {
        return false;
    }
    bool client_alert = facts->last_sealed[CLIENT].type == RECORD_ALERT;
    bool server_alert = facts->last_sealed[SERVER].type == RECORD_ALERT;
    return client_alert ? by == SERVER && !server_alert : by == CLIENT;
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

/* What the server sent behind the client's Finished of TLS 1.3. Packets tell before from behind:
 * what had to wait behind a hole was read late. */
struct aftermath {
    size_t records; /* as far as they were kept; `more`: there may be others */
    uint16_t length[TICKETS];
    uint64_t last;    /* frame of the last one */
    uint64_t request; /* frame of the client's first record there; 0: none */
    bool more;
};

static struct aftermath see_aftermath(const struct facts *facts)
{
    struct aftermath after = {0, {0, 0}, 0, 0, facts->sealed_count >= FACTS_SEALED};
    for (size_t i = 0; i < facts->sealed_count && i < FACTS_SEALED; i++) {
        const struct sealed_record *record = &facts->sealed[i];
        if (record->at.frame <= facts->established.frame) {
            continue;
        }
        if (record->from == CLIENT) {
            after.request = after.request == 0 ? record->at.frame : after.request;
            continue;
        }
        if (after.records < TICKETS) {
            after.length[after.records] = record->length;
        }
        after.records++;
        after.last = record->at.frame;
    }
    return after;
}

static bool two_alike(const struct aftermath *after)
{
    return after->records == TICKETS && after->length[0] == after->length[1];
}

/* Every record is an alert's size. GnuTLS refuses with two; JSSE ends every connection with two
 * that it pads to 35 bytes. */
static bool only_alerts(const struct facts *facts, const struct aftermath *after)
{
    bool alert = after->records > 0 && signs_alert_sized(facts, after->length[0]);
    return !after->more && alert &&
           (after->records == 1 || (two_alike(after) && after->length[0] < JAVA_ALERT));
}

/* The client itself had ended the connection before the server's last record: by a close, or by
 * close_notify. */
static bool client_left_first(const struct facts *facts, const struct aftermath *after)
{
    struct moment closed = facts_close(facts, CLIENT);
    const struct sealed_record *said = &facts->last_sealed[CLIENT];
    bool notified = said->at.frame > facts->established.frame && said->at.frame < after->last &&
                    signs_alert_sized(facts, said->length);
    return notified || (closed.frame != 0 && closed.frame < after->last);
}

/* The server said nothing behind the client's Finished. */
static enum status without_aftermath(const struct facts *facts, bool asked)
{
    if (nothing_missing(facts)) {
        if (asked && server_left_soon(facts)) {
            return STATUS_FAILED;
        }
        return asked && !closed_by_anybody(facts) ? STATUS_INCOMPLETE : STATUS_ESTABLISHED;
    }
    bool server_closed = facts_close(facts, SERVER).frame != 0;
    return asked || (server_closed && !facts_absent(facts, SERVER)) ? STATUS_INCOMPLETE
                                                                    : STATUS_ESTABLISHED;
}

/* TLS 1.3: the client has finished, and the server may still refuse it. `asked`: for a client
 * certificate. */
static enum status behind_finished_13(const struct facts *facts, bool asked)
{
    struct aftermath after = see_aftermath(facts);
    if (after.records == 0 && !after.more) {
        return without_aftermath(facts, asked);
    }
    if (only_alerts(facts, &after)) {
        if (!nothing_missing(facts) || (!asked && !closed_by_anybody(facts))) {
            return STATUS_INCOMPLETE;
        }
        /* Else it may answer the client's own close_notify. */
        return asked || !client_left_first(facts, &after) ? STATUS_FAILED : STATUS_ESTABLISHED;
    }
    bool unanswered = after.request == 0 || after.last < after.request || two_alike(&after);
    if (asked && unanswered && !after.more && after.records <= TICKETS && nothing_missing(facts) &&
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
    bool server_dubious = signs_unused(facts) && signs_certificate_bad(facts);
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

bool diagnose_leaves_doubt(const struct facts *facts)
{
    return facts->established.frame != 0 && facts->version < TLS13 && left_like_refusing(facts) &&
           nobody_vouches(facts);
}

static enum status behind_finished(const struct facts *facts)
{
    if (!handshake_seen(facts) || facts->transport.side[CLIENT].packets == 0 ||
        facts->transport.side[SERVER].packets == 0) {
        return STATUS_INCOMPLETE;
    }
    if (refused_in_clear(facts) || given_up_before_the_end(facts) ||
        signs_renegotiation(facts) != RENEGOTIATION_NONE || answer_that_refuses(facts) != NULL) {
        return STATUS_FAILED;
    }
    if (facts->version == TLS13 && !facts_opened(facts)) {
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

/* TLS 1.3: the client's Finished came, by its size, but before the ServerHello, which had to be
 * sent again and was captured late: so nobody took it for what it is. */
static bool finished_too_early(const struct facts *facts)
{
    const struct client_hello_facts *hello = facts_client_hello(facts);
    if (facts->version != TLS13 || (hello != NULL && hello->early_data)) {
        return false;
    }
    for (size_t i = 0; i < facts->sealed_count && i < FACTS_SEALED; i++) {
        const struct sealed_record *record = &facts->sealed[i];
        if (record->from == CLIENT && record->length >= signs_finished_length(facts)) {
            return true;
        }
    }
    return false;
}

static enum status in_handshake(const struct facts *facts)
{
    /* One that merely answers the other's close is no more than that close. */
    bool alert =
        facts_fatal_alert(facts, CLIENT) != NULL || facts_fatal_alert(facts, SERVER) != NULL;
    if (alert && signs_ending(facts).kind == ENDING_ALERT) {
        return STATUS_FAILED;
    }
    if (!nothing_missing(facts) || finished_too_early(facts)) {
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
    bool spoke = facts->preface_at[CLIENT].frame != 0; /* not just a look at the greeting */
    return spoke && (silent || quit) && facts_close(facts, CLIENT).frame != 0;
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
    if (!closed_by_anybody(facts) || !nothing_missing(facts)) {
        return STATUS_INCOMPLETE;
    }
    /* A tunnel may be for anything. */
    const struct preface *preface = facts->preface;
    bool tunnel = preface->tunnel != PREFACE_UNKNOWN ||
                  preface_is_proxy((enum preface_protocol)preface->protocol);
    bool to_tls = !tunnel || facts->tls_expected ||
                  (facts->preface_asked != NULL && strstr(facts->preface_asked, ":443") != NULL);
    return to_tls ? STATUS_FAILED : STATUS_NOT_TLS;
}

/* PostgreSQL's clients merely prefer TLS unless told otherwise: refused, they go on in clear and
 * are answered. Until they do, or leave, nobody knows which they were told. */
static enum status status_refused_by_postgres(const struct facts *facts)
{
    uint64_t refused = facts->preface_decided.frame;
    if (facts->transport.side[SERVER].last_data.frame > refused) {
        return STATUS_NOT_TLS;
    }
    return closed_by_anybody(facts) && facts_absent(facts, SERVER) ? STATUS_FAILED
                                                                   : STATUS_INCOMPLETE;
}

/* The server has no TLS, and the client goes on in clear, as some programs do that merely prefer
 * TLS. */
static bool went_on_in_clear(const struct facts *facts)
{
    static const char *const WORDS[] = {"MAIL ", "USER ", "LOGIN "};
    const char *said = facts->cleartext[CLIENT];
    bool word = false;
    for (size_t i = 0; said != NULL && i < sizeof WORDS / sizeof WORDS[0]; i++) {
        word = word || strstr(said, WORDS[i]) != NULL;
    }
    const struct transport_side *side = facts->transport.side;
    uint64_t refused = facts->preface_decided.frame;
    return word && refused != 0 && side[CLIENT].last_data.frame > refused &&
           side[SERVER].last_data.frame > refused;
}

static enum status status_refused(const struct facts *facts)
{
    if (facts->preface->protocol == PREFACE_POSTGRES && facts->preface_decided.frame != 0) {
        return status_refused_by_postgres(facts);
    }
    return went_on_in_clear(facts) ? STATUS_NOT_TLS : STATUS_FAILED;
}

static enum status status_of_dialogue(const struct facts *facts)
{
    switch ((enum preface_state)facts->preface->state) {
    case PREFACE_REFUSED:
        return status_refused(facts);
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

/* Bytes were sent, and nothing of them could be read: cut by the snap length, behind a hole, or too
 * few. */
static bool unread(const struct facts *facts)
{
    for (int side = 0; side < SPEAKERS; side++) {
        bool spoke = facts->transport.side[side].first_data.frame != 0;
        if (spoke && facts->cleartext[side] == NULL) {
            return true;
        }
    }
    return false;
}

static enum status without_tls(const struct facts *facts)
{
    if (facts->tls_expected && unread(facts)) {
        return STATUS_INCOMPLETE;
    }
    if (signs_http_at_tls_server(facts) || http_met_with_silence(facts)) {
        return STATUS_FAILED;
    }
    bool client_spoke = facts->transport.side[CLIENT].first_data.frame != 0;
    bool ended = closed_by_anybody(facts) && facts_absent(facts, CLIENT);
    if (facts->tls_expected && !client_spoke && !ended && !never_opened(facts)) {
        return STATUS_INCOMPLETE; /* whatever the server said by then */
    }
    if (facts->preface != NULL && facts->preface->state >= PREFACE_ASKED) {
        return status_of_dialogue(facts);
    }
    if (!facts->tls_expected || client_spoke) {
        /* What stands before may have been TLS: bytes in the middle of a record look like none. */
        return facts->tls_expected && facts->began_late ? STATUS_INCOMPLETE : STATUS_NOT_TLS;
    }
    if (never_opened(facts)) {
        return status_unopened(facts);
    }
    return STATUS_FAILED;
}

/* The ServerHello is missing, and it may have selected TLS 1.3: then what looks like the client's
 * data may be its alert. */
static bool may_be_sealed_alert(const struct facts *facts)
{
    const struct client_hello_facts *hello = facts_client_hello(facts);
    return facts->version == 0 && facts->application_records[CLIENT] == 1 &&
           facts->last_sealed[CLIENT].length <= JAVA_ALERT &&
           (hello == NULL || hello->incomplete || hello->offer == NULL ||
            facts_offer_highest(hello->offer) >= TLS13);
}

/* Both sides' records of application data may be TLS 1.3's handshake and early data: the version is
 * not known, and the client offers early data, or may, since only the beginning of its ClientHello
 * was captured. */
static bool may_be_handshake(const struct facts *facts)
{
    const struct client_hello_facts *hello = &facts->client_hello[0];
    return facts->version == 0 && hello->at.frame != 0 && (hello->incomplete || hello->early_data);
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
        bool proven =
            handshake_seen(facts) && !may_be_sealed_alert(facts) && !may_be_handshake(facts);
        return proven ? STATUS_ESTABLISHED : STATUS_INCOMPLETE;
    }
    return in_handshake(facts);
}
