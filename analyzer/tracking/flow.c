#include "tracking/flow.h"

#include "tracking/multilinear.h"
#include "tracking/packed.h"
#include "tracking/slab.h"
#include "tracking/slots.h"

#include <stdlib.h>
#include <string.h>

enum { TICK = 26 /* 2^26 nanoseconds, about 67 ms */ };

/* Ticks for which a flow that speaks again keeps its place among those of its age: a small part of
 * the shortest time after which anybody asks for the oldest. */
static const uint32_t grain[FLOW_AGES] = {
    [FLOW_OPENING] = 3, [FLOW_ESTABLISHED] = 15, [FLOW_CLOSED] = 15};

/* Of numbers; 0: none. */
struct flow_list {
    uint32_t oldest, newest;
    size_t count;
};

struct flow_table {
    struct slots slots;
    size_t count;
    const struct session_shared *shared;
    struct slab flows; /* those that are awake */
    struct packed_store packed;
    struct flow_list age[FLOW_AGES];
    struct flow_list awake;
    size_t most_awake;
    size_t held; /* bytes, of those that are awake */
    uint64_t lost, lost_sessions;
    struct multilinear_key key;
};

struct flow_table *flow_table_new(const struct session_shared *shared, size_t awake)
{
    struct flow_table *table = calloc(1, sizeof *table);
    if (table == NULL) {
        return NULL;
    }
    if (!slots_begin(&table->slots, FLOW_TABLE_FIRST)) {
        free(table);
        return NULL;
    }
    table->flows.size = sizeof(struct flow);
    table->shared = shared;
    table->most_awake = awake == 0 ? FLOW_AWAKE : awake;
    multilinear_seed(&table->key);
    return table;
}

size_t flow_count(const struct flow_table *table)
{
    return table->count;
}

size_t flow_count_packed(const struct flow_table *table)
{
    return table->packed.count;
}

uint64_t flow_lost(const struct flow_table *table)
{
    return table->lost;
}

uint64_t flow_lost_sessions(const struct flow_table *table)
{
    return table->lost_sessions;
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

/* Behind the 4 bytes of an IPv4 address is nothing. */
static inline bool is_same(const struct address *one, const struct address *other)
{
    return word_of(one, 0) == word_of(other, 0) && one->version == other->version &&
           (one->version == 4 || word_of(one, 8) == word_of(other, 8));
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
    return (uint32_t)hash;
}

static struct flow_head *head_of(const struct flow_table *table, uint32_t number)
{
    if (packed_is(number)) {
        return packed_head(&table->packed, number);
    }
    struct flow *flow = slab_at(&table->flows, number);
    return &flow->head;
}

static bool is_between(const struct flow_head *head, const struct ends *ends, uint8_t end)
{
    const struct flow_key *key = &head->key;
    return key->port[end] == ends->from_port && key->port[end ^ 1] == ends->to_port &&
           is_same(&key->address[end], ends->from) && is_same(&key->address[end ^ 1], ends->to);
}

/* The number of the flow; 0: none. */
static uint32_t find(const struct flow_table *table, const struct ends *ends,
                     struct flow_place place)
{
    const struct slot *slot = slots_first(&table->slots, tag_of(place.hash));
    for (; slot->number != 0; slot = slots_next(&table->slots, slot)) {
        if (slot->tag == tag_of(place.hash) &&
            is_between(head_of(table, slot->number), ends, place.end)) {
            return slot->number;
        }
    }
    return 0;
}

/* ---- ahead of time ---- */

struct flow_place flow_expect(const struct flow_table *table, const struct segment *segment)
{
    struct ends ends = ends_of(segment);
    struct flow_place place = place_of(table, &ends);
    __builtin_prefetch(slots_first(&table->slots, tag_of(place.hash)));
    return place;
}

/* The flow that is most likely meant; 0: none. */
static inline uint32_t likely(const struct flow_table *table, struct flow_place place)
{
    const struct slot *slot = slots_first(&table->slots, tag_of(place.hash));
    while (slot->number != 0 && slot->tag != tag_of(place.hash)) {
        slot = slots_next(&table->slots, slot);
    }
    return slot->number;
}

bool flow_fetch(const struct flow_table *table, struct flow_place place)
{
    uint32_t number = likely(table, place);
    if (packed_is(number)) {
        packed_fetch(&table->packed, number);
    } else if (number != 0) {
        const char *flow = slab_at(&table->flows, number);
        for (size_t i = 0; i < offsetof(struct flow, initial_sequence); i += 64) {
            __builtin_prefetch(flow + i, 1);
        }
    }
    return number != 0;
}

void flow_fetch_session(const struct flow_table *table, struct flow_place place)
{
    uint32_t number = likely(table, place);
    if (number != 0 && !packed_is(number)) {
        const struct flow *flow = slab_at(&table->flows, number);
        if (flow->session != NULL) {
            session_fetch(flow->session, place.end == flow->client ? CLIENT : SERVER);
        }
    }
}

/* ---- by age ---- */

/* What leads to the flow from its neighbours of the same age leads to `number`, or past it. */
static void point_to(struct flow_table *table, const struct flow_head *head, uint32_t from_older,
                     uint32_t from_newer)
{
    struct flow_list *list = &table->age[head->age];
    if (head->older != 0) {
        head_of(table, head->older)->newer = from_older;
    } else {
        list->oldest = from_older;
    }
    if (head->newer != 0) {
        head_of(table, head->newer)->older = from_newer;
    } else {
        list->newest = from_newer;
    }
}

static void unlink_age(struct flow_table *table, const struct flow_head *head)
{
    point_to(table, head, head->newer, head->older);
    table->age[head->age].count--;
}

static void link_newest(struct flow_table *table, struct flow *flow)
{
    struct flow_list *list = &table->age[flow->head.age];
    flow->head.older = list->newest;
    flow->head.newer = 0;
    point_to(table, &flow->head, flow->number, flow->number);
    list->count++;
}

/* ---- awake and packed ---- */

static struct slot *slot_of(const struct flow_table *table, const struct flow *flow)
{
    return slots_of(&table->slots, flow->tag, flow->number);
}

static uint32_t tag_of_key(const struct flow_table *table, const struct flow_key *key)
{
    struct ends ends = {&key->address[0], &key->address[1], key->port[0], key->port[1]};
    return tag_of(place_of(table, &ends).hash);
}

static struct slot *slot_of_packed(const struct flow_table *table, uint32_t number)
{
    uint32_t tag = tag_of_key(table, &head_of(table, number)->key);
    return slots_of(&table->slots, tag, number);
}

static void unlink_awake(struct flow_table *table, const struct flow *flow)
{
    struct flow_list *list = &table->awake;
    struct flow *older = flow->older == 0 ? NULL : slab_at(&table->flows, flow->older);
    struct flow *newer = flow->newer == 0 ? NULL : slab_at(&table->flows, flow->newer);
    *(older == NULL ? &list->oldest : &older->newer) = flow->newer;
    *(newer == NULL ? &list->newest : &newer->older) = flow->older;
    list->count--;
}

static void link_awake(struct flow_table *table, struct flow *flow)
{
    struct flow_list *list = &table->awake;
    struct flow *older = list->newest == 0 ? NULL : slab_at(&table->flows, list->newest);
    flow->older = list->newest;
    flow->newer = 0;
    *(older == NULL ? &list->oldest : &older->newer) = flow->number;
    list->newest = flow->number;
    list->count++;
}

/* Writes the flow small; false: it stays as it is. */
static bool pack(struct flow_table *table, struct flow *flow)
{
    uint32_t number = packed_put(&table->packed, flow, table->shared);
    if (number == 0) {
        return false;
    }
    slot_of(table, flow)->number = number;
    point_to(table, &flow->head, number, number);
    unlink_awake(table, flow);
    table->held -= flow->held;
    slab_give(&table->flows, flow->number);
    return true;
}

/* Brings those from memory who will be looked at next: the one behind `flow` whole, of the one
 * behind that as much as leads to the rest of it. */
static void fetch_silent(const struct flow_table *table, const struct flow *flow)
{
    const struct flow *next = flow->newer == 0 ? NULL : slab_at(&table->flows, flow->newer);
    if (next != NULL && next->newer != 0) {
        __builtin_prefetch(slab_at(&table->flows, next->newer), 1);
        __builtin_prefetch((const char *)slab_at(&table->flows, next->newer) + 64, 1);
    }
    if (next == NULL || next->head.stirred) {
        return;
    }
    __builtin_prefetch(slots_first(&table->slots, next->tag), 1);
    for (size_t i = 128; i < sizeof *next; i += 64) {
        __builtin_prefetch((const char *)next + i);
    }
    for (size_t i = 0; next->session != NULL && i < sizeof *next->session; i += 64) {
        __builtin_prefetch((const char *)next->session + i);
    }
}

/* Where too many are awake, packs who has been silent for long; who has spoken since he was last
 * looked at gets another turn. Few looks, since a packet waits for them: but more than one, so that
 * it comes to an end. */
__attribute__((noinline)) static void pack_silent(struct flow_table *table)
{
    enum { LOOKS = 4 };
    for (int i = 0; i < LOOKS && table->awake.count >= table->most_awake; i++) {
        struct flow *flow = slab_at(&table->flows, table->awake.oldest);
        fetch_silent(table, flow);
        if (flow->head.stirred || !pack(table, flow)) {
            flow->head.stirred = false;
            unlink_awake(table, flow);
            link_awake(table, flow);
        }
    }
}

static inline void keep_awake(struct flow_table *table)
{
    if (table->awake.count >= table->most_awake) {
        pack_silent(table);
    }
}

/* A packed one is lost: there is no memory. */
static void lose(struct flow_table *table, uint32_t number)
{
    const struct flow_head *head = head_of(table, number);
    slots_remove(&table->slots, slot_of_packed(table, number));
    unlink_age(table, head);
    table->lost_sessions += packed_has_session(&table->packed, number);
    packed_drop(&table->packed, number, table->shared);
    table->count--;
    table->lost++;
}

/* The flow with that number, which may be packed; NULL when there is no memory: then it is lost. */
static struct flow *wake(struct flow_table *table, uint32_t packed)
{
    keep_awake(table);
    uint32_t number = slab_take(&table->flows);
    struct flow *flow = number == 0 ? NULL : slab_at(&table->flows, number);
    struct slot *slot = slot_of_packed(table, packed);
    if (flow != NULL) {
        flow->number = number;
    }
    if (flow == NULL || !packed_take(&table->packed, packed, flow, table->shared)) {
        if (flow != NULL) {
            slab_give(&table->flows, number);
        }
        lose(table, packed);
        return NULL;
    }
    slot->number = number;
    flow->tag = slot->tag;
    point_to(table, &flow->head, number, number);
    link_awake(table, flow);
    flow->head.stirred = false;
    flow->held = 0;
    flow_account(table, flow);
    return flow;
}

static struct flow *flow_at(struct flow_table *table, uint32_t number)
{
    return packed_is(number) ? wake(table, number) : slab_at(&table->flows, number);
}

/* ---- looking for one ---- */

struct flow *flow_find(struct flow_table *table, uint8_t *end, const struct address *from,
                       uint16_t from_port, const struct address *to, uint16_t to_port)
{
    struct ends ends = {from, to, from_port, to_port};
    struct flow_place place = place_of(table, &ends);
    *end = place.end;
    keep_awake(table);
    uint32_t number = find(table, &ends, place);
    return number == 0 ? NULL : flow_at(table, number);
}

struct flow *flow_find_expected(struct flow_table *table, const struct segment *segment,
                                struct flow_place place)
{
    keep_awake(table);
    if (slots_first(&table->slots, tag_of(place.hash))->number == 0) { /* most are strangers */
        return NULL;
    }
    struct ends ends = ends_of(segment);
    uint32_t number = find(table, &ends, place);
    return number == 0 ? NULL : flow_at(table, number);
}

/* Who is asked for the oldest asks for the next ones soon: brings the slot of the one behind `flow`
 * from memory, and the one behind that. */
static void fetch_newer(const struct flow_table *table, const struct flow *flow)
{
    uint32_t next = flow->head.newer;
    if (packed_is(next)) {
        const struct flow_head *head = head_of(table, next);
        __builtin_prefetch(slots_first(&table->slots, tag_of_key(table, &head->key)), 1);
        if (packed_is(head->newer)) {
            packed_fetch(&table->packed, head->newer);
        }
    }
}

struct flow *flow_oldest(struct flow_table *table, enum flow_age age)
{
    struct flow *flow = NULL;
    while (flow == NULL && table->age[age].oldest != 0) {
        flow = flow_at(table, table->age[age].oldest);
    }
    if (flow != NULL) {
        fetch_newer(table, flow);
    }
    return flow;
}

int64_t flow_oldest_time(const struct flow_table *table, enum flow_age age)
{
    uint32_t oldest = table->age[age].oldest;
    return oldest == 0 ? INT64_MAX : head_of(table, oldest)->last;
}

/* ---- coming and going ---- */

struct flow *flow_add(struct flow_table *table, uint8_t *end, const struct address *from,
                      uint16_t from_port, const struct address *to, uint16_t to_port)
{
    keep_awake(table);
    if (!slots_keep_room(&table->slots, table->count + 1)) {
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
    flow->head.key.address[place.end] = *from;
    flow->head.key.address[place.end ^ 1] = *to;
    flow->head.key.port[place.end] = from_port;
    flow->head.key.port[place.end ^ 1] = to_port;
    flow->head.age = FLOW_OPENING;
    flow->number = number;
    flow->tag = tag_of(place.hash);
    slots_add(&table->slots, flow->tag, number);
    link_newest(table, flow);
    link_awake(table, flow);
    table->count++;
    flow_account(table, flow);
    return flow;
}

__attribute__((noinline)) static void relink(struct flow_table *table, struct flow *flow,
                                             enum flow_age age, uint32_t tick)
{
    unlink_age(table, &flow->head);
    flow->head.age = (uint8_t)age;
    flow->linked = tick;
    link_newest(table, flow);
}

void flow_touch(struct flow_table *table, struct flow *flow, enum flow_age age, int64_t time)
{
    uint32_t tick = (uint32_t)(time >> TICK);
    flow->head.last = time;
    flow->head.stirred = true;
    if (flow->head.age != age || tick - flow->linked >= grain[age]) {
        relink(table, flow, age, tick);
    }
}

void flow_account(struct flow_table *table, struct flow *flow)
{
    size_t held = sizeof *flow + stream_memory(&flow->stream[0]) + stream_memory(&flow->stream[1]) +
                  (flow->session == NULL ? 0 : session_memory(flow->session));
    table->held = table->held - flow->held + held;
    flow->held = (uint32_t)held;
}

struct flow_share flow_share(const struct flow *flow, uint8_t end)
{
    const struct session *session = flow->session;
    struct flow_share share = {.bytes = stream_memory(&flow->stream[end]), .client = flow->client};
    if (session != NULL) {
        share.bytes += session_share(session, end == flow->client ? CLIENT : SERVER);
        share.has_session = true;
        share.stopped = session->stopped;
    }
    return share;
}

void flow_account_share(struct flow_table *table, struct flow *flow, uint8_t end,
                        struct flow_share before)
{
    struct flow_share share = flow_share(flow, end);
    if (share.client != before.client || share.has_session != before.has_session ||
        share.stopped != before.stopped) {
        flow_account(table, flow);
        return;
    }
    table->held = table->held - before.bytes + share.bytes;
    flow->held += (uint32_t)(share.bytes - before.bytes);
}

size_t flow_memory(const struct flow_table *table)
{
    return table->held + table->packed.bytes +
           table->count * 2 * sizeof(struct slot); /* the table is half empty */
}

void flow_release(struct flow *flow)
{
    stream_release(&flow->stream[0]);
    stream_release(&flow->stream[1]);
    kept_free(flow->kept);
}

struct session *flow_remove(struct flow_table *table, struct flow *flow)
{
    struct session *session = flow->session;
    slots_remove(&table->slots, slot_of(table, flow));
    unlink_age(table, &flow->head);
    unlink_awake(table, flow);
    table->count--;
    table->held -= flow->held;
    flow_release(flow);
    slab_give(&table->flows, flow->number);
    return session;
}

void flow_table_free(struct flow_table *table)
{
    if (table == NULL) {
        return;
    }
    for (int age = 0; age < FLOW_AGES; age++) {
        for (struct flow *flow = flow_oldest(table, (enum flow_age)age); flow != NULL;
             flow = flow_oldest(table, (enum flow_age)age)) {
            session_free(flow_remove(table, flow));
        }
    }
    packed_release(&table->packed);
    slab_release(&table->flows);
    slots_release(&table->slots);
    free(table);
}
