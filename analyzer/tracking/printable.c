#include "tracking/printable.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { ESCAPED = 10 /* bytes of the longest escape, "\u{10FFFF}" */ };

/* The code point at the beginning of `bytes` and its length in *used; -1 where it is no valid UTF-8
 * (RFC 3629). */
static int32_t code_point(struct wire bytes, size_t *used)
{
    uint8_t first = wire_peek(&bytes, 0);
    size_t length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    *used = 1;
    if (first < 0x80) {
        return first;
    }
    if (first < 0xc2 || first > 0xf4 || bytes.left < length) {
        return -1;
    }
    int32_t point = first & (0x7f >> length);
    for (size_t i = 1; i < length; i++) {
        uint8_t next = wire_peek(&bytes, i);
        if ((next & 0xc0) != 0x80) {
            return -1;
        }
        point = point << 6 | (next & 0x3f);
    }
    bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
    if (overlong || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
        return -1;
    }
    *used = length;
    return point;
}

/* Whether a reader sees what it is: no control character, no mark of direction, nothing invisible,
 * no private use. */
static bool is_visible(int32_t point)
{
    return !(point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0xad || point == 0x61c ||
             point == 0x180e || (point >= 0x200b && point <= 0x200f) ||
             (point >= 0x2028 && point <= 0x202e) || (point >= 0x2060 && point <= 0x206f) ||
             point == 0xfeff || (point >= 0xfff0 && point <= 0xfffb) ||
             (point & 0xfffe) == 0xfffe || (point >= 0xe000 && point <= 0xf8ff) ||
             point >= 0xe0000);
}

/* Whether nothing needs an escape: most names are of visible ASCII alone. */
static bool is_plain(struct wire bytes)
{
    bool plain = true;
    while (plain && bytes.left > 0) {
        uint8_t byte = wire_u8(&bytes);
        plain = byte >= 0x20 && byte < 0x7f;
    }
    return plain;
}

static const char *escaped_copy(struct arena *arena, struct wire bytes, size_t most)
{
    char text[PRINTABLE_MAX * ESCAPED + sizeof "..."];
    size_t length = 0;
    struct wire rest = wire_take_most(&bytes, most < PRINTABLE_MAX ? most : PRINTABLE_MAX);
    bool more = bytes.left > 0;
    while (rest.left > 0) {
        size_t used = 1;
        int32_t point = code_point(rest, &used);
        struct wire taken = wire_take(&rest, used);
        if (point >= 0 && is_visible(point)) {
            memcpy(text + length, taken.at, taken.left);
            length += taken.left;
        } else {
            unsigned value = point < 0 ? wire_peek(&taken, 0) : (unsigned)point;
            char escape[ESCAPED + 2];
            (void)snprintf(escape, sizeof escape, point < 0x80 ? "\\x%02X" : "\\u{%04X}", value);
            size_t size = strlen(escape);
            memcpy(text + length, escape, size);
            length += size;
        }
    }
    if (more) {
        memcpy(text + length, "...", 3);
        length += 3;
    }
    return arena_copy(arena, text, length);
}

const char *printable_copy(struct arena *arena, struct wire bytes, size_t most)
{
    bool whole = bytes.left <= most && bytes.left <= PRINTABLE_MAX;
    return whole && is_plain(bytes) ? arena_copy(arena, bytes.at, bytes.left)
                                    : escaped_copy(arena, bytes, most);
}
