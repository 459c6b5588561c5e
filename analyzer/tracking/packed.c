#include "tracking/packed.h"

#include "tracking/words.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNKS = 3,         /* of an arena: they grow, so that these are all that PACKED_ARENA needs */
    SIZE_SHIFT = 25,    /* a number holds above which size it is of, below which one of these */
    SPANS = 2 + CHUNKS, /* a flow's, a session's, an arena's */
    MOST = PACKED_SMALL * PACKED_SMALL_SIZES + PACKED_LARGE * (PACKED_SIZES - PACKED_SMALL_SIZES)
};

static const uint32_t first_number = UINT32_C(1) << 31;

/* What stands before the words. */
struct packed {
    struct flow_head head;
    uint16_t chunk[CHUNKS]; /* words of each */
    bool heard;             /* there is a session */
};

/* Where those go that there is no memory to take. */
struct packed_spare {
    struct flow flow;
    struct session session;
    alignas(uint64_t) unsigned char arena[PACKED_ARENA + 64]; /* what an arena needs itself */
};

/* ---- sizes and numbers ---- */

static size_t bytes_of_size(size_t size)
{
    return size < PACKED_SMALL_SIZES ? (size + 1) * PACKED_SMALL
                                     : PACKED_SMALL * PACKED_SMALL_SIZES +
                                           (size + 1 - PACKED_SMALL_SIZES) * (size_t)PACKED_LARGE;
}

static size_t size_for(size_t bytes)
{
    const size_t small = (size_t)PACKED_SMALL * PACKED_SMALL_SIZES;
    return bytes <= small ? (bytes - 1) / PACKED_SMALL
                          : PACKED_SMALL_SIZES + (bytes - small - 1) / PACKED_LARGE;
}

static size_t size_of(uint32_t number)
{
    return (number - first_number) >> SIZE_SHIFT;
}

static uint32_t number_within(uint32_t number)
{
    return number & ((UINT32_C(1) << SIZE_SHIFT) - 1);
}

static struct packed *packed_at(const struct packed_store *store, uint32_t number)
{
    return slab_at(&store->of_size[size_of(number)], number_within(number));
}

struct flow_head *packed_head(const struct packed_store *store, uint32_t number)
{
    return &packed_at(store, number)->head;
}

bool packed_has_session(const struct packed_store *store, uint32_t number)
{
    return packed_at(store, number)->heard;
}

/* With its place in the list of those that can be taken. */
static size_t memory_of_size(size_t size)
{
    return bytes_of_size(size) + sizeof(uint32_t);
}

void packed_fetch(const struct packed_store *store, uint32_t number)
{
    const char *bytes = (const char *)packed_at(store, number);
    for (size_t i = 0; i < bytes_of_size(size_of(number)); i += 64) {
        __builtin_prefetch(bytes + i, 1);
    }
}

static void give(struct packed_store *store, uint32_t number)
{
    slab_give(&store->of_size[size_of(number)], number_within(number));
    store->count--;
    store->bytes -= memory_of_size(size_of(number));
}

/* ---- spans ---- */

static struct words_span flow_words(struct flow *flow)
{
    const size_t head = sizeof flow->head;
    return (struct words_span){(unsigned char *)flow + head,
                               (sizeof *flow - head) / sizeof(uint64_t)};
}

static struct words_span session_words(struct session *session)
{
    return (struct words_span){session, offsetof(struct session, own) / sizeof(uint64_t)};
}

static struct words_hints hints_of(const struct flow_head *head,
                                   const struct session_shared *shared)
{
    return (struct words_hints){(uint64_t)head->last, (uintptr_t)shared};
}

/* ---- packing ---- */

static uint32_t place_for(struct packed_store *store, size_t bytes)
{
    size_t size = size_for(bytes);
    struct slab *slab = &store->of_size[size];
    slab->size = bytes_of_size(size);
    slab->close = true;
    uint32_t number = slab_take(slab);
    if (number == 0 || number >> SIZE_SHIFT != 0) {
        return 0; /* the last of 33 million would be lost: the table of flows is smaller */
    }
    store->count++;
    store->bytes += memory_of_size(size);
    return first_number + ((uint32_t)size << SIZE_SHIFT) + number;
}

/* Writes the spans, of which the first `before` are a flow's and a session's; 0: no room. */
static uint32_t write(struct packed_store *store, const struct flow_head *head,
                      const struct words_span *spans, size_t before, size_t chunks,
                      const struct session_shared *shared)
{
    uint8_t block[MOST];
    const struct words_hints hints = hints_of(head, shared);
    struct packed packed = {.head = *head, .heard = before > 1};
    size_t length = words_write(block + sizeof packed, sizeof block - sizeof packed, spans,
                                before + chunks, before, &hints);
    uint32_t number = length == 0 ? 0 : place_for(store, sizeof packed + length);
    if (number != 0) {
        for (size_t i = 0; i < chunks; i++) {
            packed.chunk[i] = (uint16_t)spans[before + i].count;
        }
        memcpy(block, &packed, sizeof packed);
        memcpy(packed_at(store, number), block, sizeof packed + length);
    }
    return number;
}

/* Where an arena and its owner are is no part of what they hold. */
static uint32_t put_session(struct packed_store *store, struct flow *flow, struct words_span *spans,
                            const struct session_shared *shared)
{
    struct session *session = flow->session;
    struct arena arena = session->arena;
    uint32_t number_of_session = session->number;
    uint32_t number = 0;
    size_t chunks = arena_open(&arena, spans + 2, CHUNKS);
    size_t words = 0;
    for (size_t i = 0; i < chunks && i < CHUNKS; i++) {
        words += spans[2 + i].count;
    }
    if (chunks <= CHUNKS && words <= PACKED_ARENA / sizeof(uint64_t)) {
        spans[1] = session_words(session);
        session->arena = (struct arena){0};
        session->number = 0;
        flow->session = NULL;
        number = write(store, &flow->head, spans, 2, chunks, shared);
        session->arena = arena;
        session->number = number_of_session;
        flow->session = session;
    }
    if (number == 0) {
        arena_close(&arena);
    }
    return number;
}

uint32_t packed_put(struct packed_store *store, struct flow *flow,
                    const struct session_shared *shared)
{
    struct words_span spans[SPANS];
    struct session *session = flow->session;
    if (store->spare == NULL) {
        store->spare = calloc(1, sizeof *store->spare);
    }
    if (store->spare == NULL || sizeof(void *) != sizeof(uint64_t)) {
        return 0; /* words would be no pointers */
    }
    spans[0] = flow_words(flow);
    uint32_t number = session == NULL ? write(store, &flow->head, spans, 1, 0, shared)
                                      : put_session(store, flow, spans, shared);
    if (number != 0 && session != NULL) {
        session_leave(session);
        flow->session = NULL;
    }
    return number;
}

/* ---- unpacking ---- */

static size_t words_in_arena(const struct packed *packed)
{
    size_t words = 0;
    for (size_t i = 0; i < CHUNKS; i++) {
        words += packed->chunk[i];
    }
    return words;
}

/* Reads into a flow, and a session whose arena has room at `room`. */
static void read(struct packed_store *store, uint32_t number, struct flow *flow,
                 struct session *session, unsigned char *room, const struct session_shared *shared)
{
    const struct packed *packed = packed_at(store, number);
    const struct words_hints hints = hints_of(&packed->head, shared);
    const uint8_t *bytes = (const uint8_t *)packed;
    struct words_span spans[SPANS] = {flow_words(flow)};
    size_t count = 1;
    uint32_t number_of_flow = flow->number;
    void *moved = room;
    if (session != NULL) {
        spans[count++] = session_words(session);
    }
    for (size_t i = 0; i < CHUNKS && packed->chunk[i] > 0; i++) {
        spans[count++] = (struct words_span){room, packed->chunk[i]};
        room += packed->chunk[i] * sizeof(uint64_t);
    }
    words_read(spans, count, moved, bytes + sizeof *packed, bytes + bytes_of_size(size_of(number)),
               &hints);
    flow->head = packed->head;
    flow->number = number_of_flow;
    flow->session = session;
}

/* The same, in a session that is new. */
static void read_session(struct packed_store *store, uint32_t number, struct flow *flow,
                         struct session *session, void *room, const struct session_shared *shared)
{
    struct arena arena = session->arena;
    uint32_t number_of_session = session->number;
    read(store, number, flow, session, room, shared);
    session->arena = arena;
    session->number = number_of_session;
    arena_close(&session->arena);
}

bool packed_take(struct packed_store *store, uint32_t number, struct flow *flow,
                 const struct session_shared *shared)
{
    const struct packed *packed = packed_at(store, number);
    struct session *session = packed->heard ? session_new(shared) : NULL;
    size_t words = words_in_arena(packed);
    void *room = session == NULL || words == 0 ? NULL : arena_room(&session->arena, words);
    if ((packed->heard && session == NULL) || (words > 0 && room == NULL)) {
        session_free(session);
        return false;
    }
    if (session == NULL) {
        read(store, number, flow, NULL, NULL, shared);
    } else {
        read_session(store, number, flow, session, room, shared);
    }
    give(store, number);
    return true;
}

void packed_drop(struct packed_store *store, uint32_t number, const struct session_shared *shared)
{
    struct packed_spare *spare = store->spare;
    const struct packed *packed = packed_at(store, number);
    struct session *session = packed->heard ? &spare->session : NULL;
    memset(spare, 0, sizeof *spare);
    if (session == NULL) {
        read(store, number, &spare->flow, NULL, NULL, shared);
    } else {
        session->shared = shared;
        arena_begin(&session->arena, spare->arena, sizeof spare->arena);
        read_session(store, number, &spare->flow, session,
                     arena_room(&session->arena, words_in_arena(packed)), shared);
        session_release(session);
    }
    flow_release(&spare->flow);
    give(store, number);
}

void packed_release(struct packed_store *store)
{
    for (size_t i = 0; i < PACKED_SIZES; i++) {
        slab_release(&store->of_size[i]);
    }
    free(store->spare);
    *store = (struct packed_store){.count = 0};
}
