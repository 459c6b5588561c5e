#include "tracking/slab.h"

#include "tracking/poison.h"

#include <stdlib.h>
#include <string.h>

enum { CACHE_LINE = 64 /* bytes; a piece begins with one, so that it lies in as few as it can */ };

/* Bytes from one piece to the next. */
static size_t stride(const struct slab *slab)
{
    return (slab->size + POISON_GAP + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
}

/* Makes room for one more block, and for the numbers of its pieces. */
static int widen(struct slab *slab)
{
    if (slab->count < slab->room) {
        return 1;
    }
    size_t room = slab->room == 0 ? 16 : slab->room * 2;
    void **blocks = realloc(slab->blocks, room * sizeof *blocks);
    if (blocks == NULL) {
        return 0;
    }
    slab->blocks = blocks;
    uint32_t *numbers = realloc(slab->free, room * SLAB_BLOCK * sizeof *numbers);
    if (numbers == NULL) {
        return 0;
    }
    slab->free = numbers;
    slab->room = room;
    return 1;
}

static int grow(struct slab *slab)
{
    if (slab->count >= UINT32_MAX / SLAB_BLOCK - 1 || !widen(slab)) {
        return 0;
    }
    void *block = aligned_alloc(CACHE_LINE, stride(slab) * SLAB_BLOCK);
    if (block == NULL) {
        return 0;
    }
    ASAN_POISON_MEMORY_REGION(block, stride(slab) * SLAB_BLOCK);
    uint32_t first = (uint32_t)(slab->count * SLAB_BLOCK + 1);
    slab->blocks[slab->count++] = block;
    for (uint32_t i = SLAB_BLOCK; i > 0; i--) {
        slab->free[slab->frees++] = first + i - 1;
    }
    return 1;
}

void *slab_at(const struct slab *slab, uint32_t number)
{
    unsigned char *block = slab->blocks[(number - 1) / SLAB_BLOCK];
    return block + (number - 1) % SLAB_BLOCK * stride(slab);
}

uint32_t slab_take(struct slab *slab)
{
    if (slab->frees == 0 && !grow(slab)) {
        return 0;
    }
    uint32_t number = slab->free[--slab->frees];
    void *piece = slab_at(slab, number);
    ASAN_UNPOISON_MEMORY_REGION(piece, slab->size);
    memset(piece, 0, slab->size);
    return number;
}

void slab_give(struct slab *slab, uint32_t number)
{
    ASAN_POISON_MEMORY_REGION(slab_at(slab, number), slab->size);
    slab->free[slab->frees++] = number;
}

void slab_release(struct slab *slab)
{
    for (size_t i = 0; i < slab->count; i++) {
        ASAN_UNPOISON_MEMORY_REGION(slab->blocks[i], stride(slab) * SLAB_BLOCK);
        free(slab->blocks[i]);
    }
    free(slab->blocks);
    free(slab->free);
    *slab = (struct slab){.size = slab->size};
}
