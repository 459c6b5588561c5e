/* Pieces of a few datagrams in any order: each byte's value follows from its place, so that what is
 * put together can be held against what was sent, unless it was lied about.
 *
 * Input: steps of four bytes: flags and identification, the offset in units of 8 bytes (2), and the
 * length (1). */
#include "tracking/fragments.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MORE = 4, CUT = 8, LIE = 16, VERSION6 = 32, WAIT = 64, LONG = 128 };

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static uint8_t byte_at(uint32_t place)
{
    return (uint8_t)(place * 0x9e3779b1U >> 25); /* below 128: a lie is not */
}

/* All that is given was said by one or the other. */
static void check(const struct datagram *datagram)
{
    require(datagram->bytes.left <= datagram->length);
    require(datagram->length <= FRAGMENTS_LENGTH);
    for (size_t i = 0; i < datagram->bytes.left; i++) {
        require((datagram->bytes.at[i] & 0x7f) == byte_at((uint32_t)i));
    }
}

static void push(struct fragments *fragments, unsigned what, uint32_t offset, uint32_t length,
                 struct moment at)
{
    uint8_t bytes[256 * 8];
    struct datagram whole;
    for (uint32_t i = 0; i < length; i++) {
        bytes[i] = (uint8_t)(byte_at(offset + i) | ((what & LIE) != 0 ? 0x80 : 0));
    }
    struct segment piece = {.fragment_id = what & 3,
                            .fragment_offset = offset,
                            .fragment_more = (what & MORE) != 0,
                            .fragment_protocol = 6,
                            .from = {.version = (what & VERSION6) != 0 ? 6 : 4},
                            .to = {.version = (what & VERSION6) != 0 ? 6 : 4},
                            .payload_length = length,
                            .payload = wire_over(bytes, (what & CUT) != 0 ? length / 2 : length)};
    if (fragments_push(fragments, &whole, &piece, at)) {
        check(&whole);
    }
    require(fragments_held(fragments) <= FRAGMENTS_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fragments *fragments = fragments_new();
    struct wire input = wire_over(data, size);
    struct moment at = {1, 1};
    struct datagram left;
    require(fragments != NULL);
    while (input.left >= 4) {
        unsigned what = wire_u8(&input);
        uint32_t offset = wire_u16(&input) * 8U;
        uint32_t length = wire_u8(&input);
        at.frame++;
        at.time += (what & WAIT) != 0 ? 10000000000 : 1;
        push(fragments, what, offset, (what & LONG) != 0 ? length * 8 : length, at);
        while (fragments_pull(fragments, &left, at.time)) {
            check(&left);
        }
    }
    while (fragments_pull(fragments, &left, INT64_MAX)) {
        check(&left);
    }
    require(fragments_held(fragments) == 0);
    require(fragments_lost(fragments) <= size / 4);
    fragments_free(fragments);
    return 0;
}
