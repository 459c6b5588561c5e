#include "capture/blocks.h"

#include <stdlib.h>
#include <string.h>

/* Bytes. System calls cost nothing beside the packets of so many, and what the kernel has just
 * copied is still in a processor's second cache when a packet is looked at. */
enum { BLOCK = 64 * 1024 };

bool blocks_begin(struct blocks *blocks, struct expand *expand)
{
    *blocks = (struct blocks){.expand = expand, .memory = malloc(BLOCK), .room = BLOCK};
    blocks->unread = wire_over(blocks->memory, 0);
    return blocks->memory != NULL;
}

/* Moves what is unread to the front of a block of at least `wanted` bytes. */
static bool make_room(struct blocks *blocks, size_t wanted)
{
    uint8_t *memory = blocks->memory;
    if (wanted > blocks->room) {
        memory = malloc(wanted);
        if (memory == NULL) {
            return false;
        }
        blocks->room = wanted;
    }
    if (blocks->unread.left > 0) {
        memmove(memory, blocks->unread.at, blocks->unread.left);
    }
    if (memory != blocks->memory) {
        free(blocks->memory);
        blocks->memory = memory;
    }
    blocks->unread = wire_over(memory, blocks->unread.left);
    return true;
}

enum blocks_result blocks_fill(struct blocks *blocks, size_t wanted)
{
    if (!make_room(blocks, wanted)) {
        return BLOCKS_NO_MEMORY;
    }
    size_t have = blocks->unread.left;
    ssize_t got = 1;
    while (have < wanted && got > 0) {
        got = expand_read(blocks->expand, blocks->memory + have, blocks->room - have);
        have += got > 0 ? (size_t)got : 0;
    }
    blocks->unread = wire_over(blocks->memory, have);
    return have >= wanted ? BLOCKS_FILLED : BLOCKS_END;
}

void blocks_release(struct blocks *blocks)
{
    free(blocks->memory);
    *blocks = (struct blocks){0};
}
