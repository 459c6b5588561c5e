/* Numbers found by a hash: open addressing with linear probing, at most half full.
 *
 * Each slot keeps a number with 32 bits of its hash, the tag, which tells most strangers without a
 * look at what has the number, and by which a slot finds its place again when others come or go.
 */
#ifndef TRACKING_SLOTS_H
#define TRACKING_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slot {
    uint32_t tag;
    uint32_t number; /* 0: empty */
};

struct slots {
    struct slot *slot; /* owned */
    size_t mask;       /* number of slots - 1 */
};

/* Empty, with `first` slots, a power of 2; false: no memory. */
bool slots_begin(struct slots *slots, size_t first);
void slots_release(struct slots *slots);

/* Sees to it that `count` numbers leave half of the slots empty; false: no memory. */
bool slots_keep_room(struct slots *slots, size_t count);

/* Adds a number for which there is room. */
void slots_add(struct slots *slots, uint32_t tag, uint32_t number);

/* The slot of a number that is there. */
struct slot *slots_of(const struct slots *slots, uint32_t tag, uint32_t number);

/* Empties a slot; others may move. */
void slots_remove(struct slots *slots, struct slot *slot);

/* All with that tag stand from slots_first() on, each followed by slots_next(), up to an empty one.
 */
static inline struct slot *slots_first(const struct slots *slots, uint32_t tag)
{
    return &slots->slot[tag & slots->mask];
}

static inline struct slot *slots_next(const struct slots *slots, const struct slot *slot)
{
    return &slots->slot[(size_t)(slot - slots->slot + 1) & slots->mask];
}

#endif
