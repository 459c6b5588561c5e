/* What TCP shows of a connection: who opened it, who closed it and how, what was acknowledged, and
 * what the capture lacks. */
#ifndef TRACKING_TRANSPORT_H
#define TRACKING_TRANSPORT_H

#include "tracking/flow.h"

/* Takes note of a segment of `end`, but for its payload: opening, sequence numbers,
 * acknowledgements, TTL. Before the payload is read. */
void transport_note(struct flow *flow, uint8_t end, const struct segment *segment,
                    struct moment at);

/* Takes note of FIN and RST; behind the payload. Needs a session. */
void transport_note_close(struct flow *flow, uint8_t end, const struct segment *segment,
                          struct moment at);

/* A segment with payload brought news, or not. Needs a session. */
void transport_note_data(struct flow *flow, uint8_t end, const struct segment *segment,
                         enum stream_news news, struct moment at);

/* Likewise, of the first payload of `end`, which was held back until now. */
void transport_note_held(struct flow *flow, uint8_t end, const struct piece *piece);

/* An ICMP error quoted a segment that `end` had sent. Needs a session. */
void transport_note_icmp(struct flow *flow, uint8_t end, const struct segment *quote,
                         struct moment at);

/* Copies what was seen before the session was made into its facts. */
void transport_begin_facts(struct flow *flow);

/* Completes the facts when the watching ends, at `now` (nanoseconds since 1970). */
void transport_end_facts(struct flow *flow, int64_t now);

/* Who `end` is. */
static inline enum speaker transport_speaker(const struct flow *flow, uint8_t end)
{
    return end == flow->client ? CLIENT : SERVER;
}

#endif
