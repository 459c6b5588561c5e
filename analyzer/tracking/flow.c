#include "tracking/flow.h"

#include "tracking/siphash.h"

#include <stdlib.h>
#include <string.h>

struct age_list {
    struct flow *oldest, *newest;
    size_t count;
};

struct flow_table {
    struct flow **slot; /* open addressing with linear probing; at most half full */
    size_t mask;        /* number of slots - 1 */
    size_t count;
    struct age_list age[FLOW_AGES];
    struct siphash_key seed;
};

struct flow_table *flow_table_new(void)
{
    struct flow_table *table = calloc(1, sizeof *table);
    if (table == NULL) {
        return NULL;
    }
    table->slot = calloc(FLOW_TABLE_FIRST, sizeof(struct flow *));
    if (table->slot == NULL) {
        free(table);
        return NULL;
    }
    table->mask = FLOW_TABLE_FIRST - 1;
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

/* Which of two ends comes first in a key. */
static int end_order(const struct address *a, uint16_t a_port, const struct address *b,
                     uint16_t b_port)
{
    int order = memcmp(a->bytes, b->bytes, sizeof a->bytes);
    return order != 0 ? order : (int)a_port - (int)b_port;
}

static struct flow_key key_of(uint8_t *end, const struct address *from, uint16_t from_port,
                              const struct address *to, uint16_t to_port)
{
    struct flow_key key = {{*from, *to}, {from_port, to_port}};
    *end = 0;
    if (end_order(from, from_port, to, to_port) > 0) {
        key = (struct flow_key){{*to, *from}, {to_port, from_port}};
        *end = 1;
    }
    return key;
}

static bool same_key(const struct flow_key *a, const struct flow_key *b)
{
    return a->port[0] == b->port[0] && a->port[1] == b->port[1] &&
           a->address[0].version == b->address[0].version &&
           memcmp(a->address[0].bytes, b->address[0].bytes, sizeof a->address[0].bytes) == 0 &&
           memcmp(a->address[1].bytes, b->address[1].bytes, sizeof a->address[1].bytes) == 0;
}

static uint64_t hash_of(const struct flow_table *table, const struct flow_key *key)
{
    uint64_t words[5];
    memcpy(words, key->address[0].bytes, 16);
    memcpy(words + 2, key->address[1].bytes, 16);
    words[4] = (uint64_t)key->port[0] << 32 | (uint64_t)key->port[1] << 8 | key->address[0].version;
    return siphash_words(&table->seed, words, 5);
}

struct flow *flow_find(const struct flow_table *table, uint8_t *end, const struct address *from,
                       uint16_t from_port, const struct address *to, uint16_t to_port)
{
    struct flow_key key = key_of(end, from, from_port, to, to_port);
    uint64_t hash = hash_of(table, &key);
    for (size_t i = hash & table->mask; table->slot[i] != NULL; i = (i + 1) & table->mask) {
        struct flow *flow = table->slot[i];
        if (flow->hash == hash && same_key(&flow->key, &key)) {
            return flow;
        }
    }
    return NULL;
}

static void place(struct flow **slot, size_t mask, struct flow *flow)
{
    size_t i = flow->hash & mask;
    while (slot[i] != NULL) {
        i = (i + 1) & mask;
    }
    slot[i] = flow;
}

static bool grow(struct flow_table *table)
{
    size_t slots = (table->mask + 1) * 2;
    struct flow **slot = calloc(slots, sizeof(struct flow *));
    if (slot == NULL) {
        return false;
    }
    for (size_t i = 0; i <= table->mask; i++) {
        if (table->slot[i] != NULL) {
            place(slot, slots - 1, table->slot[i]);
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
    struct flow *flow = calloc(1, sizeof *flow);
    if (flow == NULL) {
        return NULL;
    }
    flow->key = key_of(end, from, from_port, to, to_port);
    flow->hash = hash_of(table, &flow->key);
    flow->age = FLOW_OPENING;
    place(table->slot, table->mask, flow);
    link_newest(table, flow);
    table->count++;
    return flow;
}

void flow_touch(struct flow_table *table, struct flow *flow, enum flow_age age, int64_t time)
{
    unlink_age(table, flow);
    flow->age = (uint8_t)age;
    flow->last = time;
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
    while (table->slot[hole] != flow) {
        hole = (hole + 1) & table->mask;
    }
    for (size_t i = (hole + 1) & table->mask; table->slot[i] != NULL; i = (i + 1) & table->mask) {
        size_t home = table->slot[i]->hash & table->mask;
        if (((i - home) & table->mask) >= ((i - hole) & table->mask)) {
            table->slot[hole] = table->slot[i];
            hole = i;
        }
    }
    table->slot[hole] = NULL;
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
    size_t slots = 2 * sizeof(struct flow *); /* the table is half empty */
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
    free(flow);
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
    free(table->slot);
    free(table);
}
