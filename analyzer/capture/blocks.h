/* The bytes of an input in large blocks: whoever reads a capture takes its packets from where they
 * lie in a block, without a copy.
 *
 * Owns the block; borrows the input. What was taken from `unread` stays where it is until the next
 * blocks_fill(), which moves what is unread to the block's front and reads on behind it. The block
 * grows when what is wanted is longer, and stays so; the caller bounds what it wants.
 */
#ifndef ANALYZER_CAPTURE_BLOCKS_H
#define ANALYZER_CAPTURE_BLOCKS_H

#include "capture/expand.h"

struct blocks {
    struct expand *expand;
    uint8_t *memory; /* owned; NULL before blocks_begin() */
    size_t room;
    struct wire unread; /* of `memory` */
};

/* Begins where `expand` was read to; false when memory is short. */
bool blocks_begin(struct blocks *blocks, struct expand *expand);

enum blocks_result {
    BLOCKS_FILLED, /* so many bytes are unread, or more */
    BLOCKS_END,    /* the input has fewer, or could not be read: expand_error() knows */
    BLOCKS_NO_MEMORY
};

/* Reads until `wanted` bytes are unread. Waits for no more than those, so that what comes through a
 * pipe is seen when it comes. */
enum blocks_result blocks_fill(struct blocks *blocks, size_t wanted);

/* A zeroed one is allowed. */
void blocks_release(struct blocks *blocks);

#endif
