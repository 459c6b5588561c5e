#include "tracking/half_open.h"

#include <stdlib.h>

enum { WAYS = 4, SETS = HALF_OPEN_MOST / WAYS /* a power of 2 */ };

/* What a SYN tells; 64 bytes with its answer's. */
struct opener {
    struct moment at;
    uint32_t sequence;
    uint16_t ip_id;
    uint8_t ttl;
    uint8_t end;
};

struct entry {
    uint64_t hash;
    struct opener syn, answer;
};

struct half_open_table {
    struct entry entry[SETS][WAYS];
};

struct half_open_table *half_open_new(void)
{
    return calloc(1, sizeof(struct half_open_table));
}

void half_open_free(struct half_open_table *table)
{
    free(table);
}

void half_open_fetch(const struct half_open_table *table, uint64_t hash)
{
    const struct entry *set = table->entry[hash % SETS];
    for (size_t i = 0; i < WAYS; i++) {
        __builtin_prefetch(&set[i], 1);
    }
}

/* The connection's entry; NULL: none. */
static struct entry *find(struct half_open_table *table, uint64_t hash)
{
    struct entry *set = table->entry[hash % SETS];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].hash == hash && set[i].syn.at.frame != 0) {
            return &set[i];
        }
    }
    return NULL;
}

/* An empty entry, or the one whose SYN is the oldest. */
static struct entry *oldest(struct half_open_table *table, uint64_t hash)
{
    struct entry *set = table->entry[hash % SETS];
    struct entry *oldest = &set[0];
    for (size_t i = 1; i < WAYS; i++) {
        oldest = set[i].syn.at.frame < oldest->syn.at.frame ? &set[i] : oldest;
    }
    return oldest;
}

static struct opener opener(const struct segment *segment, uint8_t end, struct moment at)
{
    return (struct opener){.at = at,
                           .sequence = segment->sequence,
                           .ip_id = segment->ip_id,
                           .ttl = segment->ttl,
                           .end = end};
}

bool half_open_note(struct half_open_table *table, uint64_t hash, uint8_t end,
                    const struct segment *segment, struct moment at)
{
    struct entry *entry = find(table, hash);
    if (segment->flags == SEGMENT_SYN && segment->payload_length == 0 && entry == NULL) {
        *oldest(table, hash) = (struct entry){.hash = hash, .syn = opener(segment, end, at)};
        return true;
    }
    if (entry != NULL && segment->flags == (SEGMENT_SYN | SEGMENT_ACK) &&
        segment->payload_length == 0 && entry->answer.at.frame == 0 && entry->syn.end != end &&
        segment->acknowledgement == entry->syn.sequence + 1) {
        entry->answer = opener(segment, end, at);
        return true;
    }
    return false;
}

/* The segment that an opener came in, as far as anybody wants to know it: `model` was sent by
 * `model_end` of the same connection. */
static struct segment told_again(const struct opener *opener, uint8_t flags,
                                 const struct segment *model, uint8_t model_end)
{
    bool same = opener->end == model_end;
    return (struct segment){.from = same ? model->from : model->to,
                            .to = same ? model->to : model->from,
                            .from_port = same ? model->from_port : model->to_port,
                            .to_port = same ? model->to_port : model->from_port,
                            .flags = flags,
                            .ttl = opener->ttl,
                            .ip_id = opener->ip_id,
                            .sequence = opener->sequence};
}

bool half_open_take(struct half_open_table *table, struct half_open *taken, uint64_t hash,
                    uint8_t end, const struct segment *segment, struct moment at, int64_t limit)
{
    struct entry *entry = find(table, hash);
    if (entry == NULL) {
        return false;
    }
    const struct opener *last = entry->answer.at.frame != 0 ? &entry->answer : &entry->syn;
    bool known = at.time - last->at.time <= limit;
    *taken = (struct half_open){.at = {entry->syn.at, entry->answer.at},
                                .end = {entry->syn.end, entry->answer.end}};
    taken->segment[0] = told_again(&entry->syn, SEGMENT_SYN, segment, end);
    taken->segment[1] = told_again(&entry->answer, SEGMENT_SYN | SEGMENT_ACK, segment, end);
    taken->segment[1].acknowledgement = entry->syn.sequence + 1;
    *entry = (struct entry){0};
    return known;
}
