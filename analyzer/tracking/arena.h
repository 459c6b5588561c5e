/* Memory that one connection's facts live in: taken piece by piece, given back all at once.
 *
 * An arena is empty until the first piece is taken, and bounded: a connection that wants more than
 * ARENA_MAX bytes gets NULL, and its owner confesses. It may be lent memory to begin with, and asks
 * the system for more. What has not been handed out is poisoned under AddressSanitizer, with a gap
 * between pieces, so that overruns are not hidden.
 */
#ifndef TRACKING_ARENA_H
#define TRACKING_ARENA_H

#include "tracking/words.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    ARENA_MAX = 2 << 20, /* bytes: a hundred times what a handshake's facts need, and enough for a
                           certificate with ten thousand names; the rest is an attacker's */
    ARENA_GROWTH = 4     /* times, of lists that grow */
};

struct arena_chunk;

/* Zeroed, it is empty. */
struct arena {
    struct arena_chunk *newest;
    const void *lent; /* the chunk that is not the arena's own; NULL: none */
    size_t taken;     /* bytes from the system */
};

/* Begins in `size` bytes at `memory`, which stay the caller's, and must outlive the arena. */
void arena_begin(struct arena *arena, void *memory, size_t size);

/* `size` zeroed bytes, aligned for integers of 64 bits and for pointers; NULL when there is no
 * memory or the bound is hit. */
void *arena_take(struct arena *arena, size_t size);

/* A copy of `size` bytes, with a NUL behind them; NULL as above. */
char *arena_copy(struct arena *arena, const void *bytes, size_t size);

/* Whether a list of arena_more(), of which `count` are taken, has room for one more where it is. */
static inline bool arena_has_more(size_t count, size_t first, size_t most)
{
    size_t room = first;
    while (room < count) {
        room *= ARENA_GROWTH;
    }
    return count != 0 && count < room && count < most;
}

/* Room for one more piece of `size` bytes behind the `count` that stand at `at`, which this
 * function gave, or NULL where there is none yet: there, or in a larger place that they were copied
 * to. It begins with room for `first`, which becomes four times as much where it does not do, and
 * ends with `most`. NULL as above, and behind `most`: what stands at `at` stays. */
void *arena_more(struct arena *arena, void *at, size_t count, size_t size, size_t first,
                 size_t most);

/* Gives everything back; the arena is empty again. */
void arena_release(struct arena *arena);

/* ---- to another place ---- */

/* All that was handed out, with the gaps, which are open until arena_close(): from the latest chunk
 * to the first one. Returns how many spans, or `most` + 1 where there are more. */
size_t arena_open(const struct arena *arena, struct words_span *spans, size_t most);
void arena_close(struct arena *arena);

/* Room in an arena of which nothing was taken for all that arena_open() gave of another one:
 * `count` words, zeroed, for the spans one behind the other, gaps and all; then arena_close() finds
 * the gaps. NULL when there is no memory. */
void *arena_room(struct arena *arena, size_t count);

#endif
