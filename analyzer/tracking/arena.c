#include "tracking/arena.h"

#include "tracking/poison.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK_FIRST = 480, /* bytes: a ServerHello, a name and a chain; with its head some less than
                          512, which malloc() has at hand */
    CHUNK_MAX = 16384
};

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

/* Makes room for `size` bytes in a new chunk; false when there is none. */
static int grow(struct arena *arena, size_t size)
{
    size_t wanted = arena->newest == NULL ? CHUNK_FIRST : arena->newest->size * 2;
    if (wanted > CHUNK_MAX) {
        wanted = CHUNK_MAX;
    }
    if (wanted < size) {
        wanted = size;
    }
    if (arena->taken + wanted > ARENA_MAX) {
        return 0;
    }
    struct arena_chunk *chunk = calloc(1, sizeof *chunk + wanted);
    if (chunk == NULL) {
        return 0;
    }
    chunk->older = arena->newest;
    chunk->size = wanted;
    ASAN_POISON_MEMORY_REGION(chunk->bytes, chunk->size);
    arena->newest = chunk;
    arena->taken += wanted;
    return 1;
}

void *arena_take(struct arena *arena, size_t size)
{
    if (size > ARENA_MAX) {
        return NULL;
    }
    size_t need = rounded(size + POISON_GAP);
    struct arena_chunk *chunk = arena->newest;
    if (chunk == NULL || chunk->size - chunk->used < need) {
        if (!grow(arena, need)) {
            return NULL;
        }
        chunk = arena->newest;
    }
    void *piece = chunk->bytes + chunk->used;
    chunk->used += need;
    ASAN_UNPOISON_MEMORY_REGION(piece, size);
    return piece;
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
        room *= 3;
    }
    return room < most ? room : most;
}

/* Makes the piece at `at` larger where it is the last one, and there is room behind it. */
static bool stretch(struct arena *arena, void *at, size_t size, size_t larger)
{
    struct arena_chunk *chunk = arena->newest;
    size_t has = rounded(size + POISON_GAP);
    size_t need = rounded(larger + POISON_GAP);
    if ((unsigned char *)at + has != chunk->bytes + chunk->used ||
        chunk->size - chunk->used < need - has) {
        return false;
    }
    chunk->used += need - has;
    ASAN_UNPOISON_MEMORY_REGION(at, larger);
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
        free(chunk);
        chunk = older;
    }
    *arena = (struct arena){NULL, 0};
}
