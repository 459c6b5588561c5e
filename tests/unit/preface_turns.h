/* Whole dialogues, each read three ways: as it stands, byte by byte, and with what a side says in
 * one go put into one piece. All must tell the same.
 */
#ifndef TESTS_PREFACE_TURNS_H
#define TESTS_PREFACE_TURNS_H

#include "preface.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct turn {
    enum speaker from;
    const char *said;
    size_t length;
};

/* Binary texts hold NULs, so the compiler counts. */
#define C(text)                                                                                    \
    {                                                                                              \
        CLIENT, text, sizeof(text) - 1                                                             \
    }
#define S(text)                                                                                    \
    {                                                                                              \
        SERVER, text, sizeof(text) - 1                                                             \
    }

#define HELLO "\x16\x03\x01\x02\x00\x01" /* the beginning of a ClientHello */

enum { MERGED = 8192 };

struct expectation {
    enum preface_protocol protocol;
    enum preface_state state;
    enum preface_protocol tunnel;
    unsigned status;
    const char *words;
    const char *asked;
    bool tls; /* TLS was met at a unit's end of the client */
};

enum manner { AS_IT_STANDS, BYTE_BY_BYTE, MERGED_PIECES, MANNERS };

/* Reads as the session does: at each unit's end the next bytes are looked at first. */
static bool read_piece(struct preface *preface, enum speaker from, const void *said, size_t length)
{
    struct wire bytes = wire_over(said, length);
    while (bytes.left > 0) {
        if (from == CLIENT && preface_at_unit_end(preface, from) && wire_peek(&bytes, 0) == 0x16 &&
            (length == 1 || wire_peek(&bytes, 1) == 3)) {
            return true;
        }
        size_t left = bytes.left;
        bool end = preface_read(preface, from, &bytes);
        assert_true(bytes.left < left);
        assert_int_equal(end, preface_at_unit_end(preface, from));
    }
    return false;
}

static bool read_turns(struct preface *preface, const struct turn *turns, size_t count,
                       enum manner manner)
{
    static char merged[MERGED];
    memset(preface, 0, sizeof(*preface));
    for (size_t i = 0; i < count; i++) {
        enum speaker from = turns[i].from;
        bool tls = false;
        if (manner == BYTE_BY_BYTE) {
            for (size_t at = 0; at < turns[i].length && !tls; at++) {
                tls = read_piece(preface, from, &turns[i].said[at], 1);
            }
        } else if (manner == MERGED_PIECES) {
            size_t length = 0;
            for (; i < count && turns[i].from == from; i++) {
                assert_true(length + turns[i].length <= sizeof(merged));
                memcpy(&merged[length], turns[i].said, turns[i].length);
                length += turns[i].length;
            }
            i--;
            tls = read_piece(preface, from, merged, length);
        } else {
            tls = read_piece(preface, from, turns[i].said, turns[i].length);
        }
        if (tls) {
            return true;
        }
    }
    return false;
}

static void expect(const struct turn *turns, size_t count, struct expectation expected)
{
    for (enum manner manner = AS_IT_STANDS; manner < MANNERS; manner++) {
        struct preface preface;
        bool tls = read_turns(&preface, turns, count, manner);
        assert_int_equal(preface.protocol, expected.protocol);
        assert_int_equal(preface.state, expected.state);
        assert_int_equal(preface.tunnel, expected.tunnel);
        assert_int_equal(preface.status, expected.status);
        if (expected.words != NULL) {
            assert_string_equal(preface.words, expected.words);
        }
        if (expected.asked != NULL) {
            assert_string_equal(preface.asked, expected.asked);
        }
        assert_int_equal(tls, expected.tls);
    }
}

#define EXPECT(turns, ...)                                                                         \
    expect(turns, sizeof(turns) / sizeof((turns)[0]), (struct expectation){__VA_ARGS__})

#endif
