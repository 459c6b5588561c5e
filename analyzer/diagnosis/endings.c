/* Endings: events in their order, and times in words. */
#include "diagnosis/endings.h"

#include <stdio.h>

enum {
    MILLISECOND = 1000 * 1000,
    CLOSE_NOTIFY = 0, /* alerts: RFC 8446, section 6 */
    UNEXPECTED_MESSAGE = 10,
    RECORD_OVERFLOW = 22,
    HANDSHAKE_FAILURE = 40,
    DECODE_ERROR = 50,
    UNKNOWN = 255,
    FATAL = 2,
    ROUTE_WOBBLE = 2, /* hops by which the ways of two packets may differ */
    INTERNAL_ERROR = 80,
    USER_CANCELED = 90
};

/* Below it a host's own delays are longer than the way. */
#define ROUND_TRIP_THAT_TELLS (SIGNS_SECOND / 200)

/* Whether stacks send this alert when the connection ends where they expected more: OpenSSL 50,
 * GnuTLS 10, JSSE 40. A server's handshake_failure is about the ClientHello, even where the client
 * has left by then. */
static bool answers_a_close(const struct ending *ending)
{
    switch (ending->code) {
    case CLOSE_NOTIFY:
    case UNEXPECTED_MESSAGE:
    case RECORD_OVERFLOW:
    case DECODE_ERROR:
    case INTERNAL_ERROR:
    case USER_CANCELED:
        return true;
    case HANDSHAKE_FAILURE:
        return ending->by == CLIENT;
    default:
        return false;
    }
}

/* A fatal alert that was sealed, and opened with the key log; NULL: none. */
static const struct alert_facts *opened_alert(const struct facts *facts)
{
    for (size_t i = 0; i < facts->alerts && i < FACTS_ALERTS; i++) {
        const struct alert_facts *alert = &facts->alert[i];
        if (alert->sealed && alert->code != UNKNOWN && alert->level == FATAL) {
            return alert;
        }
    }
    return NULL;
}

struct ending endings_first(const struct facts *facts)
{
    struct ending ending = signs_ending(facts);
    const struct alert_facts *opened = ending.kind == ENDING_ALERT ? NULL : opened_alert(facts);
    if (opened != NULL) {
        ending =
            (struct ending){ENDING_ALERT, (enum speaker)opened->from, opened->at, opened->code};
    }
    if (ending.kind == ENDING_ALERT && !answers_a_close(&ending)) {
        return ending;
    }
    if (ending.kind == ENDING_ALERT || ending.kind == ENDING_SEALED) {
        enum speaker peer = speaker_peer(ending.by);
        struct moment closed = facts_close(facts, peer);
        struct moment known = facts->transport.side[peer].fin_known;
        bool before =
            closed.frame < ending.at.frame || (known.frame != 0 && known.frame <= ending.at.frame);
        if (closed.frame != 0 && before) {
            bool fin = facts->transport.side[peer].fin.frame == closed.frame;
            ending = (struct ending){fin ? ENDING_FIN : ENDING_RESET, peer, closed, 255};
        }
    }
    return ending;
}

static bool is_said(const struct step *step)
{
    switch ((enum step_what)step->what) {
    case STEP_SYN:
    case STEP_FIN:
    case STEP_RST:
    case STEP_ICMP:
    case STEP_GAP:
        return false;
    default:
        return true;
    }
}

int64_t endings_silence(const struct facts *facts, struct moment at)
{
    int64_t said = 0;
    for (size_t i = 0; i < facts->steps && i < FACTS_STEPS; i++) {
        const struct step *step = &facts->step[i];
        if (is_said(step) && step->at.frame < at.frame && step->at.time > said) {
            said = step->at.time;
        }
    }
    for (int side = 0; side < SPEAKERS; side++) {
        struct moment sealed = facts->last_sealed[side].at;
        if (sealed.frame != 0 && sealed.frame < at.frame && sealed.time > said) {
            said = sealed.time;
        }
    }
    return said == 0 || at.time < said ? 0 : at.time - said;
}

void endings_write_time(char text[ENDINGS_TEXT], int64_t nanoseconds)
{
    double milliseconds = nanoseconds < 0 ? 0.0 : (double)nanoseconds / MILLISECOND;
    if (milliseconds < 10.0) {
        snprintf(text, ENDINGS_TEXT, "%.1f ms", milliseconds);
    } else if (milliseconds < 1000.0) {
        snprintf(text, ENDINGS_TEXT, "%.0f ms", milliseconds);
    } else if (milliseconds < 10.0 * 1000) {
        snprintf(text, ENDINGS_TEXT, "%.1f s", milliseconds / 1000);
    } else if (milliseconds < 300.0 * 1000) {
        snprintf(text, ENDINGS_TEXT, "%.0f s", milliseconds / 1000);
    } else {
        snprintf(text, ENDINGS_TEXT, "%.0f min", milliseconds / 60000);
    }
}

const char *endings_speaker(enum speaker speaker)
{
    return speaker == CLIENT ? "client" : "server";
}

/* The server's first byte came when the client had given up. */
static bool answered_too_late(const struct facts *facts, const struct client_hello_facts *hello)
{
    struct moment left = facts_close(facts, CLIENT);
    struct moment answer = facts->transport.side[SERVER].first_data;
    return left.frame > hello->at.frame && answer.frame > left.frame;
}

const struct client_hello_facts *endings_unanswered_hello(const struct facts *facts)
{
    const struct client_hello_facts *hello = facts_client_hello(facts);
    if (hello != NULL && answered_too_late(facts, hello) && facts_absent(facts, SERVER)) {
        return hello;
    }
    if (hello == NULL || facts->tls_from[SERVER] || !signs_hello_unanswered(facts) ||
        !facts_absent(facts, SERVER)) {
        return NULL;
    }
    return facts->transport.side[SERVER].last_data.frame > hello->begins.frame ? NULL : hello;
}

/* ---- resets ---- */

static int hops(uint8_t ttl)
{
    return ttl <= 32 ? 32 - ttl : ttl <= 64 ? 64 - ttl : ttl <= 128 ? 128 - ttl : 255 - ttl;
}

static int apart(int a, int b)
{
    return a < b ? b - a : a - b;
}

bool endings_reset_ttl_differs(const struct transport_side *side)
{
    uint8_t ttl = side->reset.ttl;
    return side->ttl_lowest != 0 && ttl != 0 && (ttl < side->ttl_lowest || ttl > side->ttl_highest);
}

/* It came another way than all else from that side. One whose hops fit is perhaps the host's own,
 * from a TTL that it keeps for resets; one or two hops may be a route that changed. */
static bool came_another_way(const struct transport_side *side)
{
    int away = apart(hops(side->reset.ttl), hops(side->ttl_lowest));
    int other = apart(hops(side->reset.ttl), hops(side->ttl_highest));
    return endings_reset_ttl_differs(side) && (away < other ? away : other) > ROUTE_WOBBLE;
}

/* A SYN that was sent twice does not tell which of them was answered. */
bool endings_reset_too_soon(const struct facts *facts)
{
    const struct transport *transport = &facts->transport;
    const struct client_hello_facts *hello = facts_client_hello(facts);
    struct moment reset = transport->side[SERVER].reset.at;
    if (transport->syn_count != 1 || transport->syn.frame == 0 || transport->syn_ack.frame == 0 ||
        hello == NULL || reset.frame < hello->at.frame) {
        return false;
    }
    int64_t there_and_back = transport->syn_ack.time - transport->syn.time;
    return there_and_back >= ROUND_TRIP_THAT_TELLS &&
           reset.time - hello->at.time < there_and_back / 2;
}

enum reset_origin endings_reset_origin(const struct facts *facts, enum speaker by)
{
    const struct transport_side *side = &facts->transport.side[by];
    bool differs = endings_reset_ttl_differs(side);
    bool soon = by == SERVER && endings_reset_too_soon(facts);
    if (side->reset.data_followed || came_another_way(side) || (differs && soon)) {
        return RESET_FOREIGN;
    }
    return differs || soon ? RESET_DOUBTS : RESET_FITS;
}
