#include "tracking/flow.h"

#include "tracking/siphash.h"
#include "tracking/slab.h"

#include <stdlib.h>
#include <string.h>

/* Nanoseconds for which a flow that speaks again keeps its place among those of its age: a small
 * part of the shortest time after which anybody asks for the oldest. */
static const int64_t grain[FLOW_AGES] = {
    [FLOW_OPENING] = 200000000, [FLOW_ESTABLISHED] = 1000000000, [FLOW_CLOSED] = 1000000000};

struct age_list {
    struct flow *oldest, *newest;
    size_t count;
};

/* A slot tells most strangers by their hash, without a look at the flow. */
struct slot {
    uint32_t tag;    /* the hash's upper half */
    uint32_t number; /* of the flow in the slab; 0: empty */
};

struct flow_table {
    struct slot *slot; /* open addressing with linear probing; at most half full */
    size_t mask;       /* number of slots - 1 */
    size_t count;
    struct slab flows;
    struct age_list age[FLOW_AGES];
    struct siphash_key seed;
};

struct flow_table *flow_table_new(void)
{
    struct flow_table *table = calloc(1, sizeof *table);
    if (table == NULL) {
        return NULL;
    }
    table->slot = calloc(FLOW_TABLE_FIRST, sizeof *table->slot);
    if (table->slot == NULL) {
        free(table);
        return NULL;
    }
    table->mask = FLOW_TABLE_FIRST - 1;
    table->flows.size = sizeof(struct flow);
    siphash_seed(&table->seed);
    return table;
}

size_t flow_count(const struct flow_table *table)
{
    return table->count;
}

size_t flow_count_of_age(const struct flow_table *table, enum flow_age age)
{
    return table->age[age].count;
}

/* Two ends in the order of a key. */
struct ends {
    const struct address *address[2];
    uint16_t port[2];
};

static struct ends ends_of(uint8_t *end, const struct address *from, uint16_t from_port,
                           const struct address *to, uint16_t to_port)
{
    int order = memcmp(from->bytes, to->bytes, sizeof from->bytes);
    if (order > 0 || (order == 0 && from_port > to_port)) {
        *end = 1;
        return (struct ends){{to, from}, {to_port, from_port}};
    }
    *end = 0;
    return (struct ends){{from, to}, {from_port, to_port}};
}

static bool is_between(const struct flow *flow, const struct ends *ends)
{
    const struct flow_key *key = &flow->key;
    return key->port[0] == ends->port[0] && key->port[1] == ends->port[1] &&
           key->address[0].version == ends->address[0]->version &&
           memcmp(key->address[0].bytes, ends->address[0]->bytes, 16) == 0 &&
           memcmp(key->address[1].bytes, ends->address[1]->bytes, 16) == 0;
}

static uint64_t hash_of(const struct flow_table *table, const struct ends *ends)
{
    uint64_t words[5];
    uint64_t last =
        (uint64_t)ends->port[0] << 32 | (uint64_t)ends->port[1] << 8 | ends->address[0]->version;
    if (ends->address[0]->version == 4) { /* what is behind 4 bytes is zero, and needs no hashing */
        memcpy(words, ends->address[0]->bytes, 4);
        memcpy((uint8_t *)words + 4, ends->address[1]->bytes, 4);
        words[1] = last;
        return siphash_words(&table->seed, words, 2);
    }
    memcpy(words, ends->address[0]->bytes, 16);
    memcpy(words + 2, ends->address[1]->bytes, 16);
    words[4] = last;
    return siphash_words(&table->seed, words, 5);
}

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

static struct flow *find(const struct flow_table *table, const struct ends *ends, uint64_t hash)
{
    for (size_t i = hash & table->mask; table->slot[i].number != 0; i = (i + 1) & table->mask) {
        if (table->slot[i].tag == tag_of(hash)) {
            struct flow *flow = slab_at(&table->flows, table->slot[i].number);
            if (is_between(flow, ends)) {
                return flow;
            }
        }
    }
    return NULL;
}

struct flow *flow_find(const struct flow_table *table, uint8_t *end, const struct address *from,
                       uint16_t from_port, const struct address *to, uint16_t to_port)
{
    struct ends ends = ends_of(end, from, from_port, to, to_port);
    return find(table, &ends, hash_of(table, &ends));
}

struct flow *flow_find_expected(const struct flow_table *table, uint8_t *end,
                                const struct segment *segment, uint64_t hash)
{
    struct ends ends =
        ends_of(end, &segment->from, segment->from_port, &segment->to, segment->to_port);
    return find(table, &ends, hash);
}

/* ---- ahead of time ---- */

uint64_t flow_expect(const struct flow_table *table, const struct segment *segment)
{
    uint8_t end = 0;
    struct ends ends =
        ends_of(&end, &segment->from, segment->from_port, &segment->to, segment->to_port);
    uint64_t hash = hash_of(table, &ends);
    __builtin_prefetch(&table->slot[hash & table->mask]);
    return hash;
}

/* The flow that is most likely meant; NULL: none. */
static struct flow *likely(const struct flow_table *table, uint64_t hash)
{
    size_t i = hash & table->mask;
    while (table->slot[i].number != 0 && table->slot[i].tag != tag_of(hash)) {
        i = (i + 1) & table->mask;
    }
    return table->slot[i].number == 0 ? NULL : slab_at(&table->flows, table->slot[i].number);
}

bool flow_fetch(const struct flow_table *table, uint64_t hash)
{
    const char *flow = (const char *)likely(table, hash);
    for (size_t i = 0; flow != NULL && i < sizeof(struct flow); i += 64) {
        __builtin_prefetch(flow + i, 1);
    }
    return flow != NULL;
}

void flow_fetch_session(const struct flow_table *table, uint64_t hash)
{
    const struct flow *flow = likely(table, hash);
    if (flow != NULL && flow->session != NULL) {
        session_fetch(flow->session);
    }
}

/* ---- coming and going ---- */

static void place(struct slot *slots, size_t mask, uint64_t hash, uint32_t number)
{
    size_t i = hash & mask;
    while (slots[i].number != 0) {
        i = (i + 1) & mask;
    }
    slots[i] = (struct slot){tag_of(hash), number};
}

static uint64_t hash_in(const struct flow_table *table, struct slot slot)
{
    const struct flow *flow = slab_at(&table->flows, slot.number);
    return flow->hash;
}

static bool grow(struct flow_table *table)
{
    size_t slots = (table->mask + 1) * 2;
    struct slot *slot = calloc(slots, sizeof *slot);
    if (slot == NULL) {
        return false;
    }
    for (size_t i = 0; i <= table->mask; i++) {
        if (table->slot[i].number != 0) {
            place(slot, slots - 1, hash_in(table, table->slot[i]), table->slot[i].number);
        }
    }
    free(table->slot);
    table->slot = slot;
    table->mask = slots - 1;
    return true;
}

static void unlink_age(struct flow_table *table, struct flow *flow)
{
    struct age_list *list = &table->age[flow->age];
    if (flow->older != NULL) {
        flow->older->newer = flow->newer;
    } else {
        list->oldest = flow->newer;
    }
    if (flow->newer != NULL) {
        flow->newer->older = flow->older;
    } else {
        list->newest = flow->older;
    }
    list->count--;
}

static void link_newest(struct flow_table *table, struct flow *flow)
{
    struct age_list *list = &table->age[flow->age];
    flow->older = list->newest;
    flow->newer = NULL;
    if (list->newest != NULL) {
        list->newest->newer = flow;
    } else {
        list->oldest = flow;
    }
    list->newest = flow;
    list->count++;
}

struct flow *flow_add(struct flow_table *table, uint8_t *end, const struct address *from,
                      uint16_t from_port, const struct address *to, uint16_t to_port)
{
    if ((table->count + 1) * 2 > table->mask + 1 && !grow(table)) {
        return NULL;
    }
    uint32_t number = slab_take(&table->flows);
    if (number == 0) {
        return NULL;
    }
    struct flow *flow = slab_at(&table->flows, number);
    struct ends ends = ends_of(end, from, from_port, to, to_port);
    flow->key =
        (struct flow_key){{*ends.address[0], *ends.address[1]}, {ends.port[0], ends.port[1]}};
    flow->number = number;
    flow->hash = hash_of(table, &ends);
    flow->age = FLOW_OPENING;
    flow->linked = INT64_MIN / 2;
    place(table->slot, table->mask, flow->hash, number);
    link_newest(table, flow);
    table->count++;
    return flow;
}

void flow_touch(struct flow_table *table, struct flow *flow, enum flow_age age, int64_t time)
{
    flow->last = time;
    if (flow->age == age && time < flow->linked + grain[age]) {
        return;
    }
    unlink_age(table, flow);
    flow->age = (uint8_t)age;
    flow->linked = time;
    link_newest(table, flow);
}

struct flow *flow_oldest(const struct flow_table *table, enum flow_age age)
{
    return table->age[age].oldest;
}

/* Empties the flow's slot and moves up whoever had to go further because of it. */
static void vacate(struct flow_table *table, const struct flow *flow)
{
    size_t hole = flow->hash & table->mask;
    while (table->slot[hole].number != flow->number) {
        hole = (hole + 1) & table->mask;
    }
    for (size_t i = (hole + 1) & table->mask; table->slot[i].number != 0;
         i = (i + 1) & table->mask) {
        size_t home = hash_in(table, table->slot[i]) & table->mask;
        if (((i - home) & table->mask) >= ((i - hole) & table->mask)) {
            table->slot[hole] = table->slot[i];
            hole = i;
        }
    }
    table->slot[hole] = (struct slot){0, 0};
}

void flow_keep(struct flow *flow, struct kept_account *account, struct moment at, int link,
               struct wire bytes, size_t length)
{
    if (flow->ignored || account->limit == 0) {
        return;
    }
    if (flow->kept == NULL) {
        flow->kept = kept_new(account, flow->unkept);
        flow->unkept += flow->kept == NULL;
    }
    kept_add(flow->kept, at, link, bytes, length);
}

void flow_settle(struct flow *flow)
{
    if (flow->kept == NULL || flow->session == NULL) {
        return;
    }
    const struct facts *facts = &flow->session->facts;
    uint32_t client = facts->application_records[CLIENT];
    uint32_t server = facts->application_records[SERVER];
    kept_set_spare(flow->kept, facts->stage == STAGE_ESTABLISHED || (client > 0 && server > 0));
    if (client >= FLOW_KEPT_RECORDS && server >= FLOW_KEPT_RECORDS) {
        kept_stop(flow->kept);
    }
}

size_t flow_memory(const struct flow *flow)
{
    size_t slots = 2 * sizeof(struct slot); /* the table is half empty */
    return sizeof *flow + slots + stream_memory(&flow->stream[0]) +
           stream_memory(&flow->stream[1]) +
           (flow->session == NULL ? 0 : session_memory(flow->session));
}

struct session *flow_remove(struct flow_table *table, struct flow *flow)
{
    struct session *session = flow->session;
    vacate(table, flow);
    unlink_age(table, flow);
    table->count--;
    stream_release(&flow->stream[0]);
    stream_release(&flow->stream[1]);
    kept_free(flow->kept);
    slab_give(&table->flows, flow->number);
    return session;
}

void flow_table_free(struct flow_table *table)
{
    if (table == NULL) {
        return;
    }
    for (int age = 0; age < FLOW_AGES; age++) {
        while (table->age[age].oldest != NULL) {
            session_free(flow_remove(table, table->age[age].oldest));
        }
    }
    slab_release(&table->flows);
    free(table->slot);
    free(table);
}
