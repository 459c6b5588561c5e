/* Connections that were asked for and perhaps granted, and on which nothing more came: a SYN, and a
 * SYN with ACK. A scan makes millions of them, so that each takes half a line of a cache, and the
 * answer's line only where there is one; it becomes a flow only when a third packet comes.
 *
 * The table has room for HALF_OPEN_MOST; a new one takes the place of the oldest of the few that
 * share its place, which is counted. Whoever is forgotten so looks, should it ever go on, as if the
 * capture had begun behind its SYN. Keys are keyed hashes of 64 bits, which nobody on the wire can
 * make collide.
 */
#ifndef TRACKING_HALF_OPEN_H
#define TRACKING_HALF_OPEN_H

#include "packet.h"
#include "tracking/facts.h"

enum {
    HALF_OPEN_MOST = 64 << 10 /* SYNs of a second under a heavy scan: longer than any answer takes;
                                 2 MiB, and as much for answers */
};

struct half_open_table;

/* An empty table; NULL when there is no memory. */
struct half_open_table *half_open_new(void);
void half_open_free(struct half_open_table *table);

/* Remembers a SYN, or the SYN with ACK that answers it; `hash` stands for the two ends and `end`
 * says which of them speaks. False where it cannot be one of these two: then the connection is to
 * be made a flow. What is older than `limit` nanoseconds is not waited for any more. */
bool half_open_note(struct half_open_table *table, uint64_t hash, uint8_t end,
                    const struct segment *segment, struct moment at, int64_t limit);

/* What was remembered of a connection, to be told again. */
struct half_open {
    struct moment at[2]; /* the SYN and its answer; a frame of 0: never */
    struct segment segment[2];
    uint8_t end[2];
};

/* Forgets the connection of `segment`, whose sender is `end`, and tells what it had been; false
 * where it is not known. What is older than `limit` nanoseconds is not told. */
bool half_open_take(struct half_open_table *table, struct half_open *taken, uint64_t hash,
                    uint8_t end, const struct segment *segment, struct moment at, int64_t limit);

/* Connections that were forgotten to make room, while they were still waited for; of no
 * table, none. */
uint64_t half_open_forgotten(const struct half_open_table *table);

/* Brings the place of a hash from memory, without waiting for it. */
void half_open_fetch(const struct half_open_table *table, uint64_t hash);

#endif
