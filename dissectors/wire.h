/* The cursor over network bytes, and the only file that moves a pointer into them.
 *
 * A wire borrows a span of bytes that somebody else owns. Reading past its end sets `failed` and
 * yields zeroes, and failure stays: a dissector reads its fields in the order of the RFC and asks
 * once, at the end, with wire_done(). A length-prefixed read gives another wire, which fails on its
 * own; whoever opens one closes it with wire_done(), or says with wire_ok() that more may follow.
 */
#ifndef DISSECTORS_WIRE_H
#define DISSECTORS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire {
    const uint8_t *at;
    size_t left;
    bool failed;
};

/* Opens `length` bytes at `bytes`; `bytes` may be NULL only when length is 0. */
static inline struct wire wire_over(const void *bytes, size_t length)
{
    return (struct wire){bytes, length, false};
}

/* True while no read has failed. */
static inline bool wire_ok(const struct wire *wire)
{
    return !wire->failed;
}

/* True when no read has failed and nothing is left: the structure was exactly as long as it said.
 */
static inline bool wire_done(const struct wire *wire)
{
    return !wire->failed && wire->left == 0;
}

/* Takes the next `length` bytes as a wire of their own; a failed, empty one when there are fewer.
 */
static inline struct wire wire_take(struct wire *wire, size_t length)
{
    if (wire->failed || wire->left < length) {
        wire->failed = true;
        wire->left = 0;
        return (struct wire){NULL, 0, true};
    }
    struct wire taken = {wire->at, length, false};
    if (length > 0) {
        wire->at += length;
        wire->left -= length;
    }
    return taken;
}

/* Passes over `length` bytes. */
static inline void wire_skip(struct wire *wire, size_t length)
{
    (void)wire_take(wire, length);
}

/* Like wire_take(), but what is missing at the end is no failure: a structure that the snap length
 * may have cut is used as far as it goes. */
static inline struct wire wire_take_most(struct wire *wire, size_t length)
{
    return wire_take(wire, length < wire->left ? length : wire->left);
}

/* An unsigned big-endian number of 1 to 4 bytes; 0 when there are fewer bytes. */
static inline uint32_t wire_number(struct wire *wire, size_t bytes)
{
    struct wire field = wire_take(wire, bytes);
    uint32_t number = 0;
    for (size_t i = 0; i < field.left; i++) {
        number = number << 8 | field.at[i];
    }
    return number;
}

static inline uint8_t wire_u8(struct wire *wire)
{
    return (uint8_t)wire_number(wire, 1);
}

static inline uint16_t wire_u16(struct wire *wire)
{
    return (uint16_t)wire_number(wire, 2);
}

static inline uint32_t wire_u24(struct wire *wire)
{
    return wire_number(wire, 3);
}

static inline uint32_t wire_u32(struct wire *wire)
{
    return wire_number(wire, 4);
}

/* A vector with a length prefix of 1, 2 or 3 bytes (RFC 8446, section 3.4). */
static inline struct wire wire_vector(struct wire *wire, size_t prefix)
{
    size_t length = wire_number(wire, prefix);
    return wire_take(wire, length);
}

/* The byte `offset` bytes ahead, without moving; 0 when there is none. */
static inline uint8_t wire_peek(const struct wire *wire, size_t offset)
{
    return offset < wire->left ? wire->at[offset] : 0;
}

#endif
