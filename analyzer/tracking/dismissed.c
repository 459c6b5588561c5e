#include "tracking/dismissed.h"

#include "tracking/lines.h"

#include <stdlib.h>

enum {
    WAYS = 4, /* a line */
    SETS = DISMISSED_MOST / WAYS,
    TICK = 31,          /* times are kept in units of 2^31 nanoseconds, about 2 s: up to 2116 */
    SILENCE = 7200 / 2, /* ticks: as long as any connection may be silent */
    STRAGGLERS = 30 / 2 /* ticks: nothing comes of a connection that is over for longer */
};

/* The hash's lowest bit gives way to whether the SYN was seen. */
static const uint64_t OPENED = 1;

struct entry {
    uint64_t key;
    uint32_t opened; /* sequence number of the SYN */
    uint32_t last;   /* tick of the last packet, from 1; 0: an empty entry */
};

struct dismissed_table {
    struct lines lines;
    struct entry (*entry)[WAYS]; /* SETS of them, in `lines` */
    uint64_t forgotten;
    bool any; /* one was dismissed: else there is no need to look */
};

struct dismissed_table *dismissed_new(void)
{
    struct dismissed_table *table = calloc(1, sizeof *table);
    if (table == NULL) {
        return NULL;
    }
    table->lines = lines_new(SETS * sizeof *table->entry);
    table->entry = table->lines.first;
    if (table->entry == NULL) {
        free(table);
        return NULL;
    }
    return table;
}

void dismissed_free(struct dismissed_table *table)
{
    if (table != NULL) {
        lines_free(&table->lines);
        free(table);
    }
}

void dismissed_fetch(const struct dismissed_table *table, uint64_t hash)
{
    if (table->any) {
        __builtin_prefetch(table->entry[hash % SETS], 1);
    }
}

static uint32_t tick_of(int64_t now)
{
    return (uint32_t)(now >> TICK) + 1;
}

/* The connection's entry; NULL: none. */
static struct entry *find(struct dismissed_table *table, uint64_t hash)
{
    struct entry *set = table->entry[hash % SETS];
    for (size_t i = 0; i < WAYS; i++) {
        if ((set[i].key | OPENED) == (hash | OPENED) && set[i].last != 0) {
            return &set[i];
        }
    }
    return NULL;
}

void dismissed_add(struct dismissed_table *table, uint64_t hash, const uint32_t *opened,
                   int64_t now)
{
    struct entry *set = table->entry[hash % SETS];
    struct entry *place = find(table, hash);
    table->any = true;
    for (size_t i = 0; i < WAYS && place == NULL; i++) {
        place = set[i].last == 0 ? &set[i] : NULL;
    }
    if (place == NULL) {
        place = &set[0];
        for (size_t i = 1; i < WAYS; i++) {
            place = set[i].last < place->last ? &set[i] : place;
        }
        table->forgotten += tick_of(now) < place->last + STRAGGLERS;
    }
    *place = (struct entry){.key = opened == NULL ? hash & ~OPENED : hash | OPENED,
                            .opened = opened == NULL ? 0 : *opened,
                            .last = tick_of(now)};
}

/* A SYN that did not open the connection opens another one. */
static bool is_reopened(const struct entry *entry, const struct segment *segment)
{
    bool opens = (segment->flags & (SEGMENT_SYN | SEGMENT_ACK)) == SEGMENT_SYN;
    return opens && ((entry->key & OPENED) == 0 || entry->opened != segment->sequence);
}

bool dismissed_knows(struct dismissed_table *table, uint64_t hash, const struct segment *segment,
                     int64_t now)
{
    struct entry *entry = table->any ? find(table, hash) : NULL;
    if (entry == NULL) {
        return false;
    }
    if (is_reopened(entry, segment) || tick_of(now) > entry->last + SILENCE) {
        *entry = (struct entry){0};
        return false;
    }
    entry->last = tick_of(now);
    return true;
}

uint64_t dismissed_forgotten(const struct dismissed_table *table)
{
    return table == NULL ? 0 : table->forgotten;
}
