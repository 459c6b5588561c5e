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
#include <string.h>

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

/* Unsigned big-endian numbers; 0 when there are fewer bytes. Written out: compilers make one load
 * of each, which they do not of a loop. */
static inline uint8_t wire_u8(struct wire *wire)
{
    struct wire field = wire_take(wire, 1);
    return field.failed ? 0 : field.at[0];
}

static inline uint16_t wire_u16(struct wire *wire)
{
    struct wire field = wire_take(wire, 2);
    return field.failed ? 0 : (uint16_t)(field.at[0] << 8 | field.at[1]);
}

static inline uint32_t wire_u24(struct wire *wire)
{
    struct wire field = wire_take(wire, 3);
    return field.failed
               ? 0
               : (uint32_t)field.at[0] << 16 | (uint32_t)field.at[1] << 8 | (uint32_t)field.at[2];
}

static inline uint32_t wire_u32(struct wire *wire)
{
    struct wire field = wire_take(wire, 4);
    return field.failed ? 0
                        : (uint32_t)field.at[0] << 24 | (uint32_t)field.at[1] << 16 |
                              (uint32_t)field.at[2] << 8 | (uint32_t)field.at[3];
}

/* As wire_u32(), of a file that a little-endian machine wrote. */
static inline uint32_t wire_u32_little(struct wire *wire)
{
    struct wire field = wire_take(wire, 4);
    return field.failed ? 0
                        : (uint32_t)field.at[3] << 24 | (uint32_t)field.at[2] << 16 |
                              (uint32_t)field.at[1] << 8 | (uint32_t)field.at[0];
}

/* An unsigned big-endian number of `bytes` bytes, at most 4; none are 0. */
static inline uint32_t wire_number(struct wire *wire, size_t bytes)
{
    switch (bytes) {
    case 0:
        return 0;
    case 1:
        return wire_u8(wire);
    case 2:
        return wire_u16(wire);
    case 3:
        return wire_u24(wire);
    default:
        return wire_u32(wire);
    }
}

/* A vector with a length prefix of 1, 2 or 3 bytes (RFC 8446, section 3.4). */
static inline struct wire wire_vector(struct wire *wire, size_t prefix)
{
    size_t length = wire_number(wire, prefix);
    return wire_take(wire, length);
}

/* How many bytes stand before the next `octet`; all that are left where there is none. */
static inline size_t wire_find(const struct wire *wire, uint8_t octet)
{
    const uint8_t *found = wire->left > 0 ? memchr(wire->at, octet, wire->left) : NULL;
    return found == NULL ? wire->left : (size_t)(found - wire->at);
}

/* The byte `offset` bytes ahead, without moving; 0 when there is none. */
static inline uint8_t wire_peek(const struct wire *wire, size_t offset)
{
    return offset < wire->left ? wire->at[offset] : 0;
}

/* The same for big-endian numbers of 2 and 4 bytes: fields of a header that was taken as a whole.
 */
static inline uint16_t wire_peek_u16(const struct wire *wire, size_t offset)
{
    return (uint16_t)(wire_peek(wire, offset) << 8 | wire_peek(wire, offset + 1));
}

static inline uint32_t wire_peek_u32(const struct wire *wire, size_t offset)
{
    return (uint32_t)wire_peek_u16(wire, offset) << 16 | wire_peek_u16(wire, offset + 2);
}

#endif
