#include "judgement.h"

#include "annotate.h"
#include "pending.h"
#include "policy.h"
#include "tracking/classify.h"

#include <stdlib.h>
#include <time.h>

struct judgement {
    const struct options *options;
    struct reports *reports;
    struct totals *totals;
    struct chain_store *store;
    struct classifier *classifier; /* made when first asked */
    struct servers *servers;
    struct policy policy;
    bool every; /* what did not fail is judged, too */
    struct pending pending;
    struct saver *saver; /* NULL: nobody wants packets */
    size_t held;         /* bytes of the sessions that wait */
    const char *name;    /* the capture's */
    uint32_t input;
    size_t inputs;
    uint64_t reported;
    bool at_once;
};

struct judgement *judgement_new(const struct options *options, struct reports *reports,
                                struct chain_store *store, struct totals *totals)
{
    struct judgement *judgement = calloc(1, sizeof *judgement);
    char error[POLICY_ERROR]; /* main asked before */
    if (judgement != NULL && policy_read(&judgement->policy, options, error)) {
        judgement->every = policy_wants_all(&judgement->policy);
        judgement->options = options;
        judgement->reports = reports;
        judgement->store = store;
        judgement->totals = totals;
    }
    return judgement;
}

void judgement_set_saver(struct judgement *judgement, struct saver *saver)
{
    judgement->saver = saver;
}

bool judgement_begin(struct judgement *judgement, const char *name, uint32_t input, size_t inputs,
                     bool at_once)
{
    judgement->name = name;
    judgement->input = input;
    judgement->inputs = inputs;
    judgement->at_once = at_once;
    judgement->servers = servers_new();
    return judgement->servers != NULL;
}

bool judgement_is_done(const struct judgement *judgement)
{
    uint64_t last = judgement->options->stop_after;
    return last != 0 && judgement->reported >= last;
}

size_t judgement_memory(const struct judgement *judgement)
{
    return judgement->held;
}

/* Whether anybody spoke TLS on a connection, tried to, or was expected to: of one whose beginning
 * is not in the capture, and on which nobody said anything that is known, nothing can be expected.
 */
static bool concerns_tls(const struct facts *facts)
{
    const struct preface *preface = facts->preface;
    bool asked =
        preface != NULL && (preface->state == PREFACE_ASKED || preface->state == PREFACE_REFUSED ||
                            preface->state == PREFACE_GRANTED);
    bool begun = !facts->began_late || (preface != NULL && preface->protocol != PREFACE_UNKNOWN);
    return facts->tls || asked || (facts->tls_expected && begun);
}

/* What nDPI calls the application: asked only for what is shown, and never about the handshake. */
static void name_application(struct judgement *judgement, struct session *session)
{
    struct facts *facts = &session->facts;
    const struct client_hello_facts *hello = facts_client_hello(facts);
    bool named = hello != NULL && hello->server_name != NULL;
    bool cleartext =
        session->side[CLIENT].snippet_length > 0 || session->side[SERVER].snippet_length > 0;
    if (!named && !cleartext) {
        return;
    }
    if (judgement->classifier == NULL) {
        judgement->classifier = classify_new();
    }
    if (judgement->classifier != NULL) {
        facts->application =
            named ? classify_name(judgement->classifier, hello->server_name)
                  : classify_cleartext(judgement->classifier,
                                       wire_over(session->side[CLIENT].snippet,
                                                 session->side[CLIENT].snippet_length),
                                       wire_over(session->side[SERVER].snippet,
                                                 session->side[SERVER].snippet_length));
    }
}

static void count(struct totals *totals, enum status status)
{
    totals->connections++;
    totals->established += status == STATUS_ESTABLISHED;
    totals->failed += status == STATUS_FAILED;
    totals->incomplete += status == STATUS_INCOMPLETE;
    totals->not_tls += status == STATUS_NOT_TLS;
}

/* Whether somebody wants to know of what did not fail, or the exit status depends on it. Reports
 * may still be opened behind judgement_new(). */
static bool shows_all(const struct judgement *judgement)
{
    return judgement->every || judgement->reports->every;
}

static void count_cause(struct totals *totals, const struct cause *cause)
{
    size_t index = cause == NULL ? TOTALS_CAUSES : causes_index(cause);
    if (index < TOTALS_CAUSES) {
        totals->failed_of[index]++;
    }
}

/* What the chains amount to: facts that a verdict needs. Where a handshake was completed and data
 * went both ways, it does not; and what is not shown needs no warnings. */
static void judge_chains(struct judgement *judgement, struct session *session)
{
    struct facts *facts = &session->facts;
    bool content = facts->established.frame != 0 && facts->application_records[CLIENT] > 0 &&
                   facts->application_records[SERVER] > 0;
    if (content && !shows_all(judgement)) {
        return;
    }
    const char *server_name = facts->client_hellos > 0 ? facts->client_hello[0].server_name : NULL;
    for (int side = 0; side < SPEAKERS; side++) {
        struct chain *chain = session->chain[side];
        if (chain != NULL) {
            int64_t at = judgement->options->judged_at;
            chain_judge(judgement->store, chain, side == SERVER ? server_name : NULL,
                        at != 0 ? at : chain->at.time / 1000000000);
        }
    }
}

static void report(struct judgement *judgement, struct session *session)
{
    struct facts *facts = &session->facts;
    struct verdict verdict;
    diagnose(&verdict, facts, servers_find(judgement->servers, facts));
    /* Of what is no TLS every report says what it is, where the server answered. */
    bool other = verdict.status == STATUS_NOT_TLS && facts->cleartext[SERVER] != NULL;
    if (judgement->reports->application || other) {
        name_application(judgement, session);
    }
    if (!judgement_is_done(judgement)) {
        struct connection connection = {.facts = facts,
                                        .verdict = &verdict,
                                        .input = judgement->name,
                                        .inputs = judgement->inputs,
                                        .live = judgement->at_once,
                                        .fails =
                                            policy_reason(&judgement->policy, facts, &verdict)};
        count(judgement->totals, verdict.status);
        judgement->totals->counting += connection.fails != NULL;
        reports_connection(judgement->reports, &connection);
        if (verdict.status == STATUS_FAILED) {
            count_cause(judgement->totals, verdict.cause);
        }
        if (verdict.status == STATUS_FAILED && judgement->saver != NULL) {
            annotate_save(judgement->saver, session->kept, &verdict, time(NULL));
        }
        judgement->reported++;
    }
    session_free(session);
}

/* Reports the one that began first; false: none waits. */
static bool report_oldest(struct judgement *judgement)
{
    struct session *oldest = pending_take(&judgement->pending);
    if (oldest == NULL) {
        return false;
    }
    judgement->held -= session_memory(oldest);
    report(judgement, oldest);
    return true;
}

void judgement_make_room(struct judgement *judgement)
{
    for (size_t half = (judgement->pending.count + 1) / 2; half > 0; half--) {
        (void)report_oldest(judgement);
    }
}

static void put_off(struct judgement *judgement, struct session *session)
{
    uint64_t first = session->facts.first.frame;
    size_t held = session_memory(session);
    if (pending_add(&judgement->pending, first, session)) {
        judgement->held += held;
        return;
    }
    judgement_make_room(judgement);
    if (pending_add(&judgement->pending, first, session)) {
        judgement->held += held;
    } else {
        report(judgement, session);
    }
}

void judgement_take(struct judgement *judgement, struct session *session)
{
    struct facts *facts = &session->facts;
    facts->input = judgement->input;
    judge_chains(judgement, session);
    enum status status = diagnose_status(facts);
    if (status != STATUS_FAILED && !concerns_tls(facts)) {
        session_free(session);
        return;
    }
    if (status != STATUS_FAILED) {
        kept_stop(session->kept);
    }
    judgement->totals->streams_overflowed +=
        facts->transport.side[CLIENT].overflowed || facts->transport.side[SERVER].overflowed;
    servers_note(judgement->servers, facts);
    bool shown = status == STATUS_FAILED || shows_all(judgement);
    if (!shown || judgement_is_done(judgement)) {
        count(judgement->totals, status);
        session_free(session);
    } else if (judgement->at_once) {
        report(judgement, session);
    } else {
        put_off(judgement, session);
    }
}

void judgement_end(struct judgement *judgement)
{
    bool more = true;
    while (more) {
        more = report_oldest(judgement);
    }
    servers_free(judgement->servers);
    judgement->servers = NULL;
}

void judgement_free(struct judgement *judgement)
{
    if (judgement == NULL) {
        return;
    }
    pending_release(&judgement->pending);
    classify_free(judgement->classifier);
    free(judgement);
}
