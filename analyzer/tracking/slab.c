/* madvise() and large pages are Linux', not C's. */
#define _DEFAULT_SOURCE

#include "tracking/slab.h"

#include "tracking/lines.h"
#include "tracking/poison.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    LARGE_PAGE = 2 << 20, /* bytes, on x86-64 and commonly on AArch64 */
    SMALL_BLOCKS = 8      /* blocks that come alone: who has few pieces shall take little memory */
};

/* Bytes from one piece to the next. */
static size_t stride(const struct slab *slab)
{
    size_t grain = slab->close ? sizeof(uint64_t) : LINE;
    return (slab->size + POISON_GAP + grain - 1) / grain * grain;
}

/* Blocks that come together, from the `first` on: later ones share a large page, so that the
 * processor need not look up where each small one lies. */
static size_t together(const struct slab *slab, size_t first)
{
    size_t fit = LARGE_PAGE / (stride(slab) * SLAB_BLOCK);
    return first < SMALL_BLOCKS || fit == 0 ? 1 : fit;
}

/* Makes room for `more` blocks, and for the numbers of their pieces. */
static int widen(struct slab *slab, size_t more)
{
    size_t room = slab->room == 0 ? 16 : slab->room;
    while (room < slab->count + more) {
        room *= 2;
    }
    if (room == slab->room) {
        return 1;
    }
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

/* Memory for `blocks` that come together; NULL: none. */
static unsigned char *ask(const struct slab *slab, size_t blocks)
{
    size_t size = blocks * stride(slab) * SLAB_BLOCK; /* of whole lines, as 64 pieces are */
    if (blocks == 1) {
        return aligned_alloc(LINE, size);
    }
    unsigned char *memory = aligned_alloc(LARGE_PAGE, LARGE_PAGE);
    if (memory != NULL) {
        (void)madvise(memory, LARGE_PAGE, MADV_HUGEPAGE); /* where there are none: small ones */
    }
    return memory;
}

static int grow(struct slab *slab)
{
    slab->stride = stride(slab);
    size_t more = together(slab, slab->count);
    size_t block = stride(slab) * SLAB_BLOCK;
    if (slab->count + more >= UINT32_MAX / SLAB_BLOCK || !widen(slab, more)) {
        return 0;
    }
    unsigned char *memory = ask(slab, more);
    if (memory == NULL) {
        return 0;
    }
    ASAN_POISON_MEMORY_REGION(memory, more * block);
    for (size_t i = more; i > 0; i--) {
        uint32_t first = (uint32_t)((slab->count + i - 1) * SLAB_BLOCK + 1);
        slab->blocks[slab->count + i - 1] = memory + (i - 1) * block;
        for (uint32_t piece = SLAB_BLOCK; piece > 0; piece--) {
            slab->free[slab->frees++] = first + piece - 1;
        }
    }
    slab->count += more;
    return 1;
}

void *slab_at(const struct slab *slab, uint32_t number)
{
    unsigned char *block = slab->blocks[(number - 1) / SLAB_BLOCK];
    return block + (number - 1) % SLAB_BLOCK * slab->stride;
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
    for (size_t i = 0; i < slab->count; i += together(slab, i)) {
        ASAN_UNPOISON_MEMORY_REGION(slab->blocks[i], together(slab, i) * stride(slab) * SLAB_BLOCK);
        free(slab->blocks[i]);
    }
    free(slab->blocks);
    free(slab->free);
    *slab = (struct slab){.size = slab->size, .close = slab->close};
}
