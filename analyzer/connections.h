/* The connections under watch: from segments to facts, and how long each is watched.
 *
 * Owns the flows and sessions of a capture, within bounds: --connections, --memory, and what
 * flow.h says. Whoever has ended, has been silent for too long or must make room goes to judgement.
 */
#ifndef ANALYZER_CONNECTIONS_H
#define ANALYZER_CONNECTIONS_H

#include "capture/capture.h"
#include "judgement.h"
#include "packet.h"
#include "tracking/flow.h"
#include "tracking/session.h"

struct connections;

/* What the engine holds at the moment. */
struct engine_load {
    size_t connections; /* in the table */
    size_t connections_limit;
    size_t sessions;     /* of these with facts */
    size_t memory;       /* bytes of all that grows with traffic, */
    size_t memory_limit; /* and how many they may be */
    uint64_t unkept;     /* -w: packets that were not kept, for lack of room */
};

/* All three must outlive it, as must what `shared` leads to. NULL: no memory. To be freed behind
 * judgement, which may still hold sessions. */
struct connections *connections_new(const struct options *options,
                                    const struct session_shared *shared,
                                    struct judgement *judgement);
void connections_free(struct connections *connections);

/* Whether packets are kept until the verdict (-w). */
void connections_keep_packets(struct connections *connections, bool wanted);

/* A capture from its beginning to its end; false: no memory. Behind the end all were judged. */
bool connections_begin(struct connections *connections, bool live);
void connections_end(struct connections *connections);

/* Brings what is known of a segment's connection from memory, without waiting for it: first where
 * it is, then its flow, then its session. */
struct flow_place connections_expect(const struct connections *connections,
                                     const struct segment *segment);
void connections_fetch(const struct connections *connections, struct flow_place place);
void connections_fetch_session(const struct connections *connections, struct flow_place place);

/* Whether a segment says anything to a session: others are counted in their flow. */
static inline bool connections_tells(const struct segment *segment)
{
    return segment->payload_length > 0 || (segment->flags & (SEGMENT_FIN | SEGMENT_RST)) != 0;
}

/* A segment; `place` is what connections_expect() gave for it. */
void connections_take(struct connections *connections, const struct packet *packet,
                      const struct segment *segment, struct flow_place place, struct moment at);

/* An ICMP error, which is for the sender of the segment that it quotes. */
void connections_take_icmp(struct connections *connections, const struct packet *packet,
                           const struct segment *quote, struct moment at);

/* What came of a datagram in pieces, some of which are missing. */
void connections_take_piece(struct connections *connections, const struct segment *segment,
                            struct moment at);

/* It is (at least) that time, in nanoseconds since 1970. */
void connections_set_time(struct connections *connections, int64_t now);

/* Ends whoever has been silent for too long. */
void connections_end_silent(struct connections *connections);

/* Makes room, in memory, for what the packets bring that are taken next: to be asked for with each
 * few of them. */
void connections_keep_room(struct connections *connections);

/* Packets were lost up to now. */
void connections_note_drops(struct connections *connections);

struct engine_load connections_load(const struct connections *connections);

/* Connections given up to make room, over all captures. */
uint64_t connections_evicted(const struct connections *connections);

/* Connections on which nobody had spoken TLS, and which were forgotten to make room; likewise. */
uint64_t connections_forgotten(const struct connections *connections);

/* Connections, or packets of some, that were not looked at since there was no memory; likewise. */
uint64_t connections_unwatched(const struct connections *connections);

#endif
