#include "tracking/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { WORDS = 300, ROOM = 4096 };

static const struct words_hints HINTS = {UINT64_C(0x186cb8f0c0a1b2c3), UINT64_C(0x7f1122334455)};

/* The same numbers in each run. */
static uint64_t next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 13 ^ *state << 31;
}

/* Writes a span and reads it again; returns bytes that it took. */
static size_t there_and_back(const uint64_t *words, size_t count)
{
    static uint64_t copy[4 * WORDS];
    static uint8_t text[4 * ROOM];
    uint64_t source[4 * WORDS];
    memcpy(source, words, count * sizeof *words);
    memset(copy, 0, sizeof copy);
    struct words_span span = {source, count};
    size_t length = words_write(text, sizeof text, &span, 1, 1, &HINTS);
    assert_int_not_equal(length, 0);
    span.at = copy;
    words_read(&span, 1, NULL, text, text + length, &HINTS);
    assert_memory_equal(copy, words, count * sizeof *words);
    return length;
}

static void zeroes_take_next_to_nothing(void **state)
{
    (void)state;
    uint64_t words[WORDS] = {0};
    assert_int_equal(there_and_back(words, WORDS), (WORDS + 63) / 64);
    assert_int_equal(there_and_back(words, 1), 1);
}

static void every_kind_of_word_comes_back(void **state)
{
    (void)state;
    uint64_t words[] = {1,
                        UINT8_MAX,
                        UINT8_MAX + 1,
                        UINT16_MAX,
                        UINT16_MAX + 1,
                        UINT32_MAX,
                        UINT64_MAX,
                        UINT64_C(0x0100000000000000),
                        UINT64_C(0x0100000000000200),
                        UINT64_C(0x8000000000000001),
                        HINTS.moment,
                        HINTS.moment + 1,
                        HINTS.moment ^ UINT64_C(0xffffffffff),
                        HINTS.moment ^ UINT64_C(0x1ffffffffff),
                        HINTS.pointer,
                        HINTS.pointer + 4096,
                        HINTS.pointer ^ UINT64_C(0xffffffffffff),
                        0,
                        UINT32_MAX,
                        UINT64_MAX};
    (void)there_and_back(words, sizeof words / sizeof words[0]);
}

static void spans_of_any_length_and_content_come_back(void **state)
{
    (void)state;
    uint64_t seed = 7;
    uint64_t words[WORDS];
    for (size_t count = 1; count <= WORDS; count++) {
        for (size_t i = 0; i < count; i++) {
            uint64_t kind = next(&seed) % 8;
            uint64_t word = next(&seed);
            words[i] = kind < 3             ? 0
                       : kind == 3          ? word >> word % 64
                       : kind == 4 && i > 0 ? words[word % i]
                       : kind == 5          ? HINTS.moment + word % 1000000
                       : kind == 6          ? HINTS.pointer ^ (word & 0xffffff)
                                            : word & UINT64_C(0xff000000ff0000ff);
        }
        (void)there_and_back(words, count);
    }
}

/* More different words than are remembered. */
static void long_words_that_never_repeat_come_back(void **state)
{
    (void)state;
    uint64_t seed = 1;
    uint64_t words[WORDS];
    for (size_t i = 0; i < WORDS; i++) {
        words[i] = i % 5 == 4 ? words[i - 1 - next(&seed) % 4] : next(&seed) | UINT64_C(1) << 60;
    }
    (void)there_and_back(words, WORDS);
}

static void what_repeats_takes_a_byte(void **state)
{
    (void)state;
    uint64_t words[64];
    for (size_t i = 0; i < 64; i++) {
        words[i] = UINT64_C(0x0123456789abcdef);
    }
    assert_int_equal(there_and_back(words, 64), 1 + 8 + 64 + sizeof(uint64_t));
}

static void pointers_into_what_moves_lead_to_its_new_place(void **state)
{
    (void)state;
    uint64_t owner[4], chunks[7], owner_copy[4] = {0}, moved[5] = {0};
    uint64_t *first = chunks;
    uint64_t *second = chunks + 4; /* not next to it */
    uint8_t text[ROOM];
    owner[0] = (uintptr_t)&first[1];
    owner[1] = (uintptr_t)&second[0];
    owner[2] = (uintptr_t)&second[2]; /* just behind it */
    owner[3] = (uintptr_t)owner;      /* stays */
    first[0] = 5;
    first[1] = (uintptr_t)second + 3;
    first[2] = 0;
    second[0] = (uintptr_t)first;
    second[1] = 6;
    struct words_span spans[] = {{owner, 4}, {first, 3}, {second, 2}};
    size_t length = words_write(text, sizeof text, spans, 3, 1, &HINTS);
    assert_int_not_equal(length, 0);

    struct words_span places[] = {{owner_copy, 4}, {moved, 3}, {moved + 3, 2}};
    words_read(places, 3, moved, text, text + length, &HINTS);
    assert_int_equal(owner_copy[0], (uintptr_t)&moved[1]);
    assert_int_equal(owner_copy[1], (uintptr_t)&moved[3]);
    assert_int_equal(owner_copy[2], (uintptr_t)&moved[5]);
    assert_int_equal(owner_copy[3], (uintptr_t)owner);
    assert_int_equal(moved[0], 5);
    assert_int_equal(moved[1], (uintptr_t)&moved[3] + 3);
    assert_int_equal(moved[3], (uintptr_t)&moved[0]);
    assert_int_equal(moved[4], 6);
}

static void nothing_is_written_beyond_the_room(void **state)
{
    (void)state;
    uint64_t seed = 3;
    uint64_t words[WORDS];
    for (size_t i = 0; i < WORDS; i++) {
        words[i] = next(&seed) | UINT64_C(1) << 60;
    }
    struct words_span span = {words, WORDS};
    for (size_t room = 0; room < ROOM; room++) {
        uint8_t text[ROOM + 1];
        memset(text, 0x5a, sizeof text);
        size_t length = words_write(text, room, &span, 1, 1, &HINTS);
        assert_true(length <= room);
        for (size_t i = room; i < sizeof text; i++) {
            assert_int_equal(text[i], 0x5a);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeroes_take_next_to_nothing),
        cmocka_unit_test(every_kind_of_word_comes_back),
        cmocka_unit_test(spans_of_any_length_and_content_come_back),
        cmocka_unit_test(long_words_that_never_repeat_come_back),
        cmocka_unit_test(what_repeats_takes_a_byte),
        cmocka_unit_test(pointers_into_what_moves_lead_to_its_new_place),
        cmocka_unit_test(nothing_is_written_beyond_the_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
