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
    INTERNAL_ERROR = 80,
    USER_CANCELED = 90
};

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

struct ending endings_first(const struct facts *facts)
{
    struct ending ending = signs_ending(facts);
    if (ending.kind == ENDING_ALERT && !answers_a_close(&ending)) {
        return ending;
    }
    if (ending.kind == ENDING_ALERT || ending.kind == ENDING_SEALED) {
        enum speaker peer = speaker_peer(ending.by);
        struct moment closed = facts_close(facts, peer);
        if (closed.frame != 0 && closed.frame < ending.at.frame) {
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

const struct client_hello_facts *endings_unanswered_hello(const struct facts *facts)
{
    const struct client_hello_facts *hello = facts_client_hello(facts);
    if (hello == NULL || facts->tls_from[SERVER] || !signs_hello_unanswered(facts) ||
        !facts_absent(facts, SERVER)) {
        return NULL;
    }
    return facts->transport.side[SERVER].last_data.frame > hello->begins.frame ? NULL : hello;
}
