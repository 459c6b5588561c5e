/* Connections that have ended and wait to be told of: a verdict that is not certain may still
 * change with what later connections show of the same server, and reports go by the order in which
 * connections began.
 *
 * Bounded: when too many wait, the older half is given out, judged by what is known so far.
 */
#ifndef ANALYZER_PENDING_H
#define ANALYZER_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PENDING_MAX = 4096 /* connections: at some 8 KiB of facts each, 32 MiB */ };

struct pending_entry {
    uint64_t first; /* the packet with which the connection began */
    void *item;     /* the caller's */
};

struct pending {
    struct pending_entry *entries;
    size_t count, room;
    bool sorted;
};

/* Adds an item; false when there is no memory, or PENDING_MAX are waiting. */
bool pending_add(struct pending *pending, uint64_t first, void *item);

/* Takes the one that began first; NULL: none. */
void *pending_take(struct pending *pending);

/* Gives back the list itself; it must be empty. */
void pending_release(struct pending *pending);

#endif
