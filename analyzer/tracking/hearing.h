/* What of a flow's two streams reaches its session, and what never does.
 *
 * Where nobody expects TLS, the first payload of a side that begins with one of the protocols that
 * never lead to it is held back; when the other side answers in the same protocol, the connection
 * is plain, and was never worth a session. Whatever else comes instead makes a session, which then
 * hears all from the beginning.
 */
#ifndef TRACKING_HEARING_H
#define TRACKING_HEARING_H

#include "tracking/flow.h"

enum hearing {
    HEARING_NEEDED, /* by a session */
    HEARING_HELD,   /* the payload is held back: too early to say */
    HEARING_PLAIN   /* no TLS will come */
};

/* Listens to payload of a flow without session, before transport_note(). */
enum hearing hearing_listen(struct flow *flow, uint8_t end, const struct segment *segment,
                            struct moment at);

/* Whether a segment ends the time in which payload can be held back. */
bool hearing_ends(const struct flow *flow, uint8_t end, const struct segment *segment);

/* The session reads: what was held back, once it is there; a piece, and what has come in order
 * since; at the end, what still waits behind holes, with the holes in it. */
void hearing_release(struct flow *flow);
void hearing_read(struct flow *flow, uint8_t end, const struct piece *first);
void hearing_finish(struct flow *flow);

#endif
