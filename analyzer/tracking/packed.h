/* Connections that nobody speaks on, written small: of a flow, its session and what that has in its
 * arena no more is kept as it is than what a look for it needs. The rest is words.h's. What these
 * own elsewhere (bytes that wait, keys, packets that are kept) stays where it is, and theirs.
 *
 * Belongs to the table of flows, which alone knows where a connection's number is written down.
 */
#ifndef TRACKING_PACKED_H
#define TRACKING_PACKED_H

#include "tracking/flow.h"
#include "tracking/slab.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PACKED_SMALL = 32,       /* sizes in steps of 32 bytes, since most are much alike, */
    PACKED_SMALL_SIZES = 32, /* up to 1 KB: behind both hellos some 450, */
    PACKED_LARGE = 512,      /* then of 512 */
    PACKED_SIZES = PACKED_SMALL_SIZES + 6, /* up to 4 KB: what takes more is left as it is */
    PACKED_ARENA = 8 << 10 /* bytes in the arena: more than handshakes have whose certificates are
                              remembered */
};

/* The numbers of packed connections are those with the highest bit. */
static inline bool packed_is(uint32_t number)
{
    return number >> 31 != 0;
}

struct packed_spare;

/* Zeroed, it is empty. */
struct packed_store {
    struct slab of_size[PACKED_SIZES];
    struct packed_spare *spare; /* owned; made when needed */
    size_t count;
    size_t bytes; /* that they take */
};

/* Packs the flow with its session, which is given back; the flow is the caller's to give back. The
 * packed one's number; 0 when there is no memory, or it would take too much: then nothing has
 * changed. */
uint32_t packed_put(struct packed_store *store, struct flow *flow,
                    const struct session_shared *shared);

/* What is kept as it is: no more than where its neighbours are may be changed. */
struct flow_head *packed_head(const struct packed_store *store, uint32_t number);

/* Whether there is a session. */
bool packed_has_session(const struct packed_store *store, uint32_t number);

/* Makes a flow of it again, in `flow`, which is zeroed but for its own number, and gives the packed
 * one back; false when there is no memory: then nothing has changed. */
bool packed_take(struct packed_store *store, uint32_t number, struct flow *flow,
                 const struct session_shared *shared);

/* Gives it back with all that it owns, since there was no memory to take it. */
void packed_drop(struct packed_store *store, uint32_t number, const struct session_shared *shared);

/* Brings it from memory, without waiting for it. */
void packed_fetch(const struct packed_store *store, uint32_t number);

/* All are gone. */
void packed_release(struct packed_store *store);

#endif
