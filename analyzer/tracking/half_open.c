#include "tracking/half_open.h"

#include "tracking/lines.h"

#include <stdlib.h>

enum { WAYS = 2, SETS = HALF_OPEN_MOST / WAYS /* a power of 2 */ };

/* A connection by its SYN: half a line, so that the places of a hash are one line. */
struct entry {
    uint64_t hash;
    struct moment at; /* a frame of 0: empty */
    uint32_t sequence;
    uint16_t ip_id;
    uint8_t ttl;
    bool end : 1;
    bool answered : 1;
};

/* The answer to it, which a scan seldom gets. */
struct answer {
    struct moment at;
    uint32_t sequence;
    uint16_t ip_id;
    uint8_t ttl;
};

struct half_open_table {
    struct lines lines;
    struct entry (*entry)[WAYS]; /* SETS of them, in `lines` */
    struct answer *answer;       /* likewise, one for each entry */
    uint64_t forgotten;
};

struct half_open_table *half_open_new(void)
{
    struct half_open_table *table = calloc(1, sizeof *table);
    if (table == NULL) {
        return NULL;
    }
    table->lines = lines_new(SETS * sizeof *table->entry);
    table->entry = table->lines.first;
    table->answer = calloc(HALF_OPEN_MOST, sizeof *table->answer);
    if (table->entry == NULL || table->answer == NULL) {
        half_open_free(table);
        return NULL;
    }
    return table;
}

void half_open_free(struct half_open_table *table)
{
    if (table != NULL) {
        lines_free(&table->lines);
        free(table->answer);
        free(table);
    }
}

void half_open_fetch(const struct half_open_table *table, uint64_t hash)
{
    __builtin_prefetch(table->entry[hash % SETS], 1);
}

/* The connection's entry; NULL: none. */
static struct entry *find(struct half_open_table *table, uint64_t hash)
{
    struct entry *set = table->entry[hash % SETS];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].hash == hash && set[i].at.frame != 0) {
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
        oldest = set[i].at.frame < oldest->at.frame ? &set[i] : oldest;
    }
    return oldest;
}

static struct answer *answer_of(struct half_open_table *table, const struct entry *entry)
{
    return &table->answer[entry - table->entry[0]];
}

bool half_open_note(struct half_open_table *table, uint64_t hash, uint8_t end,
                    const struct segment *segment, struct moment at, int64_t limit)
{
    if (segment->payload_length != 0 ||
        (segment->flags | SEGMENT_ACK) != (SEGMENT_SYN | SEGMENT_ACK)) {
        return false;
    }
    struct entry *entry = find(table, hash);
    if (segment->flags == SEGMENT_SYN && entry == NULL) {
        entry = oldest(table, hash);
        table->forgotten += entry->at.frame != 0 && at.time - entry->at.time <= limit;
        *entry = (struct entry){.hash = hash,
                                .at = at,
                                .sequence = segment->sequence,
                                .ip_id = segment->ip_id,
                                .ttl = segment->ttl,
                                .end = end != 0};
        return true;
    }
    if (entry != NULL && segment->flags == (SEGMENT_SYN | SEGMENT_ACK) && !entry->answered &&
        entry->end != end && segment->acknowledgement == entry->sequence + 1) {
        entry->answered = true;
        *answer_of(table, entry) = (struct answer){
            .at = at, .sequence = segment->sequence, .ip_id = segment->ip_id, .ttl = segment->ttl};
        return true;
    }
    return false;
}

uint64_t half_open_forgotten(const struct half_open_table *table)
{
    return table == NULL ? 0 : table->forgotten;
}

/* The segment of `from` that opened the connection or answered, as far as anybody wants to know it:
 * `model` was sent by `model_end` of the same connection. */
static struct segment told_again(uint8_t from, const struct segment *model, uint8_t model_end)
{
    bool same = from == model_end;
    return (struct segment){.from = same ? model->from : model->to,
                            .to = same ? model->to : model->from,
                            .from_port = same ? model->from_port : model->to_port,
                            .to_port = same ? model->to_port : model->from_port};
}

bool half_open_take(struct half_open_table *table, struct half_open *taken, uint64_t hash,
                    uint8_t end, const struct segment *segment, struct moment at, int64_t limit)
{
    struct entry *entry = find(table, hash);
    if (entry == NULL) {
        return false;
    }
    struct answer answer =
        entry->answered ? *answer_of(table, entry) : (struct answer){{0, 0}, 0, 0, 0};
    uint8_t opener = entry->end;
    uint8_t peer = opener ^ 1;
    int64_t last = entry->answered ? answer.at.time : entry->at.time;
    *taken = (struct half_open){.at = {entry->at, answer.at}, .end = {opener, peer}};
    struct segment *syn = &taken->segment[0];
    *syn = told_again(opener, segment, end);
    syn->flags = SEGMENT_SYN;
    syn->ttl = entry->ttl;
    syn->ip_id = entry->ip_id;
    syn->sequence = entry->sequence;
    struct segment *syn_ack = &taken->segment[1];
    *syn_ack = told_again(peer, segment, end);
    syn_ack->flags = SEGMENT_SYN | SEGMENT_ACK;
    syn_ack->ttl = answer.ttl;
    syn_ack->ip_id = answer.ip_id;
    syn_ack->sequence = answer.sequence;
    syn_ack->acknowledgement = entry->sequence + 1;
    *entry = (struct entry){0};
    return at.time - last <= limit;
}
