#include "tracking/slots.h"

#include <stdlib.h>

bool slots_begin(struct slots *slots, size_t first)
{
    slots->slot = calloc(first, sizeof *slots->slot);
    slots->mask = first - 1;
    return slots->slot != NULL;
}

void slots_release(struct slots *slots)
{
    free(slots->slot);
    *slots = (struct slots){NULL, 0};
}

void slots_add(struct slots *slots, uint32_t tag, uint32_t number)
{
    struct slot *slot = slots_first(slots, tag);
    while (slot->number != 0) {
        slot = slots_next(slots, slot);
    }
    *slot = (struct slot){tag, number};
}

bool slots_keep_room(struct slots *slots, size_t count)
{
    struct slots larger;
    if (count * 2 <= slots->mask + 1) {
        return true;
    }
    if (!slots_begin(&larger, (slots->mask + 1) * 2)) {
        return false;
    }
    for (size_t i = 0; i <= slots->mask; i++) {
        if (slots->slot[i].number != 0) {
            slots_add(&larger, slots->slot[i].tag, slots->slot[i].number);
        }
    }
    slots_release(slots);
    *slots = larger;
    return true;
}

struct slot *slots_of(const struct slots *slots, uint32_t tag, uint32_t number)
{
    struct slot *slot = slots_first(slots, tag);
    while (slot->number != number) {
        slot = slots_next(slots, slot);
    }
    return slot;
}

/* Moves up whoever had to go further because of the slot. */
void slots_remove(struct slots *slots, struct slot *slot)
{
    size_t hole = (size_t)(slot - slots->slot);
    for (size_t i = (hole + 1) & slots->mask; slots->slot[i].number != 0;
         i = (i + 1) & slots->mask) {
        size_t home = slots->slot[i].tag & slots->mask;
        if (((i - home) & slots->mask) >= ((i - hole) & slots->mask)) {
            slots->slot[hole] = slots->slot[i];
            hole = i;
        }
    }
    slots->slot[hole] = (struct slot){0, 0};
}
