#include "pending.h"

#include <stdlib.h>

bool pending_add(struct pending *pending, uint64_t first, void *item)
{
    if (pending->count == PENDING_MAX) {
        return false;
    }
    if (pending->count == pending->room) {
        size_t room = pending->room == 0 ? 64 : pending->room * 2;
        struct pending_entry *entries = realloc(pending->entries, room * sizeof *entries);
        if (entries == NULL) {
            return false;
        }
        pending->entries = entries;
        pending->room = room;
    }
    pending->entries[pending->count++] = (struct pending_entry){first, item};
    pending->sorted = false;
    return true;
}

/* The one that began first comes last, where it is taken from. */
static int by_beginning(const void *a, const void *b)
{
    const struct pending_entry *left = a;
    const struct pending_entry *right = b;
    return left->first < right->first ? 1 : left->first > right->first ? -1 : 0;
}

void *pending_take(struct pending *pending)
{
    if (pending->count == 0) {
        return NULL;
    }
    if (!pending->sorted) {
        qsort(pending->entries, pending->count, sizeof *pending->entries, by_beginning);
        pending->sorted = true;
    }
    return pending->entries[--pending->count].item;
}

void pending_release(struct pending *pending)
{
    free(pending->entries);
    *pending = (struct pending){0};
}
