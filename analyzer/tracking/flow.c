#include "tracking/flow.h"

#include "tracking/multilinear.h"
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
    struct multilinear_key key;
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
    multilinear_seed(&table->key);
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

/* Two ends in the order in which they were met. */
struct ends {
    const struct address *from, *to;
    uint16_t from_port, to_port;
};

static struct ends ends_of(const struct segment *segment)
{
    return (struct ends){&segment->from, &segment->to, segment->from_port, segment->to_port};
}

static inline uint64_t word_of(const struct address *address, size_t offset)
{
    uint64_t word;
    memcpy(&word, address->bytes + offset, sizeof word);
    return word;
}

static inline bool is_same(const struct address *one, const struct address *other)
{
    return word_of(one, 0) == word_of(other, 0) && word_of(one, 8) == word_of(other, 8) &&
           one->version == other->version;
}

static inline uint32_t half_of(const struct address *address, size_t offset)
{
    uint32_t half;
    memcpy(&half, address->bytes + offset, sizeof half);
    return half;
}

/* Which end of a key `from` is: the order is any, as long as it is always the same. An IPv4 address
 * was written as 4 bytes just now, and is read as such: more would have to wait. */
static inline uint8_t end_of(const struct ends *ends)
{
    if (ends->from->version == 4) {
        uint32_t from = half_of(ends->from, 0);
        uint32_t to = half_of(ends->to, 0);
        return from != to ? from > to : ends->from_port > ends->to_port;
    }
    for (size_t i = 0; i < sizeof ends->from->bytes; i += 8) {
        uint64_t from = word_of(ends->from, i);
        uint64_t to = word_of(ends->to, i);
        if (from != to) {
            return from > to;
        }
    }
    return ends->from_port > ends->to_port;
}

static struct flow_place place_of(const struct flow_table *table, const struct ends *ends)
{
    uint8_t end = end_of(ends);
    const struct address *first = end == 0 ? ends->from : ends->to;
    const struct address *second = end == 0 ? ends->to : ends->from;
    struct multilinear sums = multilinear_begin(&table->key);
    uint32_t ports = end == 0 ? (uint32_t)ends->from_port << 16 | ends->to_port
                              : (uint32_t)ends->to_port << 16 | ends->from_port;
    multilinear_add(&sums, &table->key, 0, ports);
    multilinear_add(&sums, &table->key, 1, half_of(first, 0));
    multilinear_add(&sums, &table->key, 2, half_of(second, 0));
    if (first->version != 4) { /* what is behind 4 bytes is zero else, and needs no hashing */
        for (size_t i = 1; i < 4; i++) {
            multilinear_add(&sums, &table->key, 1 + 2 * i, half_of(first, 4 * i));
            multilinear_add(&sums, &table->key, 2 + 2 * i, half_of(second, 4 * i));
        }
    }
    return (struct flow_place){multilinear_end(sums), end};
}

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

static bool is_between(const struct flow *flow, const struct ends *ends, uint8_t end)
{
    const struct flow_key *key = &flow->key;
    return key->port[end] == ends->from_port && key->port[end ^ 1] == ends->to_port &&
           is_same(&key->address[end], ends->from) && is_same(&key->address[end ^ 1], ends->to);
}

static struct flow *find(const struct flow_table *table, const struct ends *ends,
                         struct flow_place place)
{
    size_t i = place.hash & table->mask;
    for (; table->slot[i].number != 0; i = (i + 1) & table->mask) {
        if (table->slot[i].tag == tag_of(place.hash)) {
            struct flow *flow = slab_at(&table->flows, table->slot[i].number);
            if (is_between(flow, ends, place.end)) {
                return flow;
            }
        }
    }
    return NULL;
}

struct flow *flow_find(const struct flow_table *table, uint8_t *end, const struct address *from,
                       uint16_t from_port, const struct address *to, uint16_t to_port)
{
    struct ends ends = {from, to, from_port, to_port};
    struct flow_place place = place_of(table, &ends);
    *end = place.end;
    return find(table, &ends, place);
}

struct flow *flow_find_expected(const struct flow_table *table, const struct segment *segment,
                                struct flow_place place)
{
    if (table->slot[place.hash & table->mask].number == 0) { /* most are strangers */
        return NULL;
    }
    struct ends ends = ends_of(segment);
    return find(table, &ends, place);
}

/* ---- ahead of time ---- */

struct flow_place flow_expect(const struct flow_table *table, const struct segment *segment)
{
    struct ends ends = ends_of(segment);
    struct flow_place place = place_of(table, &ends);
    __builtin_prefetch(&table->slot[place.hash & table->mask]);
    return place;
}

/* The flow that is most likely meant; NULL: none. */
static inline struct flow *likely(const struct flow_table *table, struct flow_place place)
{
    size_t i = place.hash & table->mask;
    while (table->slot[i].number != 0 && table->slot[i].tag != tag_of(place.hash)) {
        i = (i + 1) & table->mask;
    }
    return table->slot[i].number == 0 ? NULL : slab_at(&table->flows, table->slot[i].number);
}

bool flow_fetch(const struct flow_table *table, struct flow_place place)
{
    const char *flow = (const char *)likely(table, place);
    for (size_t i = 0; flow != NULL && i < offsetof(struct flow, initial_sequence); i += 64) {
        __builtin_prefetch(flow + i, 1);
    }
    return flow != NULL;
}

void flow_fetch_session(const struct flow_table *table, struct flow_place place)
{
    const struct flow *flow = likely(table, place);
    if (flow != NULL && flow->session != NULL) {
        session_fetch(flow->session);
    }
}

/* ---- coming and going ---- */

static void settle(struct slot *slots, size_t mask, uint64_t hash, uint32_t number)
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
            settle(slot, slots - 1, hash_in(table, table->slot[i]), table->slot[i].number);
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
    struct ends ends = {from, to, from_port, to_port};
    struct flow_place place = place_of(table, &ends);
    *end = place.end;
    flow->key.address[place.end] = *from;
    flow->key.address[place.end ^ 1] = *to;
    flow->key.port[place.end] = from_port;
    flow->key.port[place.end ^ 1] = to_port;
    flow->number = number;
    flow->hash = place.hash;
    flow->age = FLOW_OPENING;
    flow->linked = INT64_MIN / 2;
    settle(table->slot, table->mask, flow->hash, number);
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
