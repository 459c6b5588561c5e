#include "tracking/arena.h"

#include "tracking/poison.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the first chunks of an arena: what a connection has behind both hellos, then the rest of
 * most handshakes; the next ones are for what is long. Not zeroed before it is taken, so that a
 * processor's cache does not see what nobody needs. What was lent counts as the first. */
static const size_t chunk_sizes[] = {328, 1408, 4096, 16384};

struct arena_chunk {
    struct arena_chunk *older;
    size_t size, used;
    alignas(uint64_t) unsigned char bytes[];
};

static size_t rounded(size_t size)
{
    const size_t grain = alignof(uint64_t);
    return (size + grain - 1) / grain * grain;
}

/* A piece's gap stands before it, and says how long the piece is, so that all gaps can be found
 * again. */
static void close_gap(unsigned char *gap, size_t size)
{
    if (POISON_GAP > 0) {
        ASAN_UNPOISON_MEMORY_REGION(gap, sizeof size);
        memcpy(gap, &size, sizeof size);
        ASAN_POISON_MEMORY_REGION(gap, POISON_GAP);
        ASAN_POISON_MEMORY_REGION(gap + POISON_GAP + size, rounded(size) - size);
    }
}

/* Bytes of the chunk that comes behind `newest`, which is not larger than the ones that follow it.
 */
static size_t next_size(const struct arena *arena)
{
    enum { SIZES = sizeof chunk_sizes / sizeof chunk_sizes[0] };
    const struct arena_chunk *newest = arena->newest;
    size_t i = newest != NULL && newest == arena->lent;
    while (newest != NULL && i + 1 < SIZES && newest->size >= chunk_sizes[i]) {
        i++;
    }
    return chunk_sizes[i];
}

static void add_chunk(struct arena *arena, struct arena_chunk *chunk, size_t size)
{
    chunk->older = arena->newest;
    chunk->size = size;
    chunk->used = 0;
    ASAN_POISON_MEMORY_REGION(chunk->bytes, chunk->size);
    arena->newest = chunk;
}

void arena_begin(struct arena *arena, void *memory, size_t size)
{
    struct arena_chunk *chunk = memory;
    *arena = (struct arena){.lent = chunk};
    add_chunk(arena, chunk, size - sizeof *chunk);
}

/* Makes room for `size` bytes in a new chunk; false when there is none. */
static int grow(struct arena *arena, size_t size)
{
    size_t wanted = next_size(arena);
    if (wanted < size) {
        wanted = size;
    }
    if (arena->taken + wanted > ARENA_MAX) {
        return 0;
    }
    struct arena_chunk *chunk = malloc(sizeof *chunk + wanted);
    if (chunk == NULL) {
        return 0;
    }
    add_chunk(arena, chunk, wanted);
    arena->taken += wanted;
    return 1;
}

void *arena_take(struct arena *arena, size_t size)
{
    if (size > ARENA_MAX) {
        return NULL;
    }
    size_t need = POISON_GAP + rounded(size);
    struct arena_chunk *chunk = arena->newest;
    if (chunk == NULL || chunk->size - chunk->used < need) {
        if (!grow(arena, need)) {
            return NULL;
        }
        chunk = arena->newest;
    }
    unsigned char *gap = chunk->bytes + chunk->used;
    chunk->used += need;
    ASAN_UNPOISON_MEMORY_REGION(gap, need);
    memset(gap, 0, need); /* to its last word */
    close_gap(gap, size);
    return gap + POISON_GAP;
}

char *arena_copy(struct arena *arena, const void *bytes, size_t size)
{
    char *copy = arena_take(arena, size + 1);
    if (copy != NULL && size > 0) {
        memcpy(copy, bytes, size);
    }
    return copy;
}

/* For how many pieces there is room where `count` of them stand. */
static size_t room_for(size_t count, size_t first, size_t most)
{
    size_t room = count == 0 ? 0 : first;
    while (room < count && room < most) {
        room *= ARENA_GROWTH;
    }
    return room < most ? room : most;
}

/* Makes the piece at `at` larger where it is the last one, and there is room behind it. */
static bool stretch(struct arena *arena, void *at, size_t size, size_t larger)
{
    struct arena_chunk *chunk = arena->newest;
    unsigned char *piece = at;
    size_t has = rounded(size);
    size_t need = rounded(larger);
    if (piece + has != chunk->bytes + chunk->used || chunk->size - chunk->used < need - has) {
        return false;
    }
    chunk->used += need - has;
    ASAN_UNPOISON_MEMORY_REGION(piece, need);
    memset(piece + size, 0, need - size);
    close_gap(piece - POISON_GAP, larger);
    return true;
}

void *arena_more(struct arena *arena, void *at, size_t count, size_t size, size_t first,
                 size_t most)
{
    size_t room = room_for(count, first, most);
    if (count < room) {
        return at;
    }
    size_t larger = room_for(count + 1, first, most);
    if (larger == room) {
        return NULL;
    }
    if (at != NULL && stretch(arena, at, room * size, larger * size)) {
        return at;
    }
    void *place = arena_take(arena, larger * size);
    if (place != NULL && count > 0) {
        memcpy(place, at, count * size);
    }
    return place;
}

void arena_release(struct arena *arena)
{
    struct arena_chunk *chunk = arena->newest;
    while (chunk != NULL) {
        struct arena_chunk *older = chunk->older;
        ASAN_UNPOISON_MEMORY_REGION(chunk->bytes, chunk->size);
        if (chunk != arena->lent) {
            free(chunk);
        }
        chunk = older;
    }
    *arena = (struct arena){NULL, NULL, 0};
}

/* ---- to another place ---- */

size_t arena_open(const struct arena *arena, struct words_span *spans, size_t most)
{
    size_t count = 0;
    for (struct arena_chunk *chunk = arena->newest; chunk != NULL; chunk = chunk->older) {
        ASAN_UNPOISON_MEMORY_REGION(chunk->bytes, chunk->used);
        if (chunk->used > 0 && count < most) {
            spans[count] = (struct words_span){chunk->bytes, chunk->used / sizeof(uint64_t)};
        }
        count += chunk->used > 0 && count <= most;
    }
    return count;
}

void *arena_room(struct arena *arena, size_t count)
{
    size_t size = count * sizeof(uint64_t);
    if ((arena->newest == NULL || arena->newest->size < size) && !grow(arena, size)) {
        return NULL;
    }
    struct arena_chunk *chunk = arena->newest;
    chunk->used = size;
    ASAN_UNPOISON_MEMORY_REGION(chunk->bytes, size);
    return memset(chunk->bytes, 0, size);
}

void arena_close(struct arena *arena)
{
    struct arena_chunk *chunk = POISON_GAP > 0 ? arena->newest : NULL;
    for (; chunk != NULL; chunk = chunk->older) {
        for (size_t at = 0; at < chunk->used;) {
            size_t size = 0;
            memcpy(&size, chunk->bytes + at, sizeof size);
            close_gap(chunk->bytes + at, size);
            at += POISON_GAP + rounded(size);
        }
    }
}
