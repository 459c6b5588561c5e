#include "tracking/arena.h"

#include "tracking/poison.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the first chunks of an arena: what a connection has behind both hellos, then the rest of
 * most handshakes; the next ones are for what is long. Not zeroed before it is taken, so that a
 * processor's cache does not see what nobody needs. */
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

/* Bytes of the chunk that comes behind `newest`, which is not larger than the ones that follow it.
 */
static size_t next_size(const struct arena_chunk *newest)
{
    enum { SIZES = sizeof chunk_sizes / sizeof chunk_sizes[0] };
    size_t i = 0;
    while (newest != NULL && i + 1 < SIZES && newest->size >= chunk_sizes[i]) {
        i++;
    }
    return chunk_sizes[i];
}

/* Makes room for `size` bytes in a new chunk; false when there is none. */
static int grow(struct arena *arena, size_t size)
{
    size_t wanted = next_size(arena->newest);
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
    chunk->older = arena->newest;
    chunk->size = wanted;
    chunk->used = 0;
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
    return memset(piece, 0, size);
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
    size_t has = rounded(size + POISON_GAP);
    size_t need = rounded(larger + POISON_GAP);
    if ((unsigned char *)at + has != chunk->bytes + chunk->used ||
        chunk->size - chunk->used < need - has) {
        return false;
    }
    chunk->used += need - has;
    ASAN_UNPOISON_MEMORY_REGION(at, larger);
    memset((unsigned char *)at + size, 0, larger - size);
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
