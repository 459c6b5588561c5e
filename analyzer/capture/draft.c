#include "capture/draft.h"

#include <stdlib.h>
#include <string.h>

void draft_clear(struct draft *draft)
{
    draft->length = 0;
    draft->failed = false;
}

void draft_release(struct draft *draft)
{
    free(draft->at);
    *draft = (struct draft){0};
}

/* Room for `size` bytes more, which count as added; NULL: no memory. */
static uint8_t *extend(struct draft *draft, size_t size)
{
    if (!draft->failed && draft->room - draft->length < size) {
        size_t room = draft->room + size > 4096 ? 2 * (draft->room + size) : 4096;
        uint8_t *at = realloc(draft->at, room);
        if (at == NULL) {
            draft->failed = true;
        } else {
            draft->at = at;
            draft->room = room;
        }
    }
    if (draft->failed) {
        return NULL;
    }
    draft->length += size;
    return draft->at + draft->length - size;
}

void draft_u16(struct draft *draft, uint16_t number)
{
    const uint8_t bytes[] = {(uint8_t)number, (uint8_t)(number >> 8)};
    draft_bytes(draft, wire_over(bytes, sizeof bytes));
}

void draft_u32(struct draft *draft, uint32_t number)
{
    draft_u16(draft, (uint16_t)number);
    draft_u16(draft, (uint16_t)(number >> 16));
}

void draft_bytes(struct draft *draft, struct wire bytes)
{
    uint8_t *to = extend(draft, bytes.left);
    if (to != NULL && bytes.left > 0) {
        memcpy(to, bytes.at, bytes.left);
    }
}

void draft_pad(struct draft *draft, size_t start)
{
    static const uint8_t zeroes[4];
    size_t length = draft->failed ? 0 : draft->length - start;
    draft_bytes(draft, wire_over(zeroes, -length & 3));
}

void draft_set_u32(struct draft *draft, size_t place, uint32_t number)
{
    if (draft->failed || place + 4 > draft->length) {
        return;
    }
    for (size_t i = 0; i < 4; i++) {
        draft->at[place + i] = (uint8_t)(number >> (8 * i));
    }
}
