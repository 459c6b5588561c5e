/* Pieces of one size, taken and given back often: in blocks, so that neighbours in time are
 * neighbours in memory, and none is asked of the system twice.
 *
 * A piece has a number, from 1, by which it can be found again; 0 is none. What is not taken is
 * poisoned under AddressSanitizer. Blocks go back to the system with the slab.
 */
#ifndef TRACKING_SLAB_H
#define TRACKING_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SLAB_BLOCK = 64 /* pieces in a block; a power of 2 */ };

struct slab {
    size_t size;    /* of a piece, in bytes */
    bool close;     /* pieces stand close together, and need not begin with a line */
    size_t stride;  /* bytes from one piece to the next; the slab's own */
    void **blocks;  /* owned */
    size_t count;   /* of blocks */
    size_t room;    /* for blocks */
    uint32_t *free; /* numbers that can be taken; owned, with room for all */
    size_t frees;
};

/* A zeroed piece; 0 when there is no memory. */
uint32_t slab_take(struct slab *slab);

/* The piece with that number, which is taken. */
void *slab_at(const struct slab *slab, uint32_t number);

void slab_give(struct slab *slab, uint32_t number);

/* Gives back the blocks, with whatever is still taken. */
void slab_release(struct slab *slab);

#endif
