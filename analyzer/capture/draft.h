/* Bytes on their way to a file: put together first, so that they are written whole or not at all.
 *
 * The draft owns its memory and grows as it must; whoever adds to it bounds it. When there is no
 * memory it has failed, for good until it is cleared, and what is added is lost. Numbers are
 * little-endian.
 */
#ifndef CAPTURE_DRAFT_H
#define CAPTURE_DRAFT_H

#include "wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct draft {
    uint8_t *at;
    size_t length, room;
    bool failed;
};

void draft_clear(struct draft *draft);
void draft_release(struct draft *draft);

void draft_u16(struct draft *draft, uint16_t number);
void draft_u32(struct draft *draft, uint32_t number);
void draft_bytes(struct draft *draft, struct wire bytes);

/* Zeroes up to the next multiple of 4 behind `start`. */
void draft_pad(struct draft *draft, size_t start);

/* Overwrites a number that was added at `place`. */
void draft_set_u32(struct draft *draft, size_t place, uint32_t number);

#endif
