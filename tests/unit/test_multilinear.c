#include "tracking/multilinear.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static uint64_t hash_of(const struct multilinear_key *key, const uint32_t *words, size_t count)
{
    struct multilinear sums = multilinear_begin(key);
    for (size_t i = 0; i < count; i++) {
        multilinear_add(&sums, key, i, words[i]);
    }
    return multilinear_end(sums);
}

static void every_word_counts_at_its_place(void **state)
{
    (void)state;
    struct multilinear_key key;
    uint32_t words[MULTILINEAR_WORDS] = {0};
    uint64_t seen[2 * MULTILINEAR_WORDS + 1];
    size_t count = 0;

    multilinear_seed(&key);
    seen[count++] = hash_of(&key, words, MULTILINEAR_WORDS);
    for (size_t i = 0; i < MULTILINEAR_WORDS; i++) {
        words[i] = 1;
        seen[count++] = hash_of(&key, words, MULTILINEAR_WORDS);
        words[i] = 0x80000000U;
        seen[count++] = hash_of(&key, words, MULTILINEAR_WORDS);
        words[i] = 0;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t other = 0; other < i; other++) {
            assert_int_not_equal(seen[i], seen[other]);
        }
    }
}

static void another_key_gives_another_hash(void **state)
{
    (void)state;
    struct multilinear_key one;
    struct multilinear_key other;
    const uint32_t word = 1;

    multilinear_seed(&one);
    multilinear_seed(&other);
    assert_memory_not_equal(&one, &other, sizeof one);
    assert_int_not_equal(hash_of(&one, &word, 1), hash_of(&other, &word, 1));
}

/* A scan goes through ports or addresses in a row. Thrown at random into 4096 places, 4096 balls
 * leave 37 % of them empty, and none is hit by 32. */
static void rows_are_spread_over_the_places(void **state)
{
    (void)state;
    enum { PLACES = 4096 };
    for (int round = 0; round < 50; round++) {
        struct multilinear_key key;
        uint16_t hits[PLACES] = {0};
        size_t empty = 0;
        multilinear_seed(&key);
        for (uint32_t i = 0; i < PLACES; i++) {
            const uint32_t words[3] = {443U << 16 | 50000U, 0x0a000001, i << (round % 3 * 8)};
            hits[hash_of(&key, words, 3) % PLACES]++;
        }
        for (size_t i = 0; i < PLACES; i++) {
            assert_in_range(hits[i], 0, 31);
            empty += hits[i] == 0;
        }
        assert_in_range(empty, 0, PLACES / 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_counts_at_its_place),
        cmocka_unit_test(another_key_gives_another_hash),
        cmocka_unit_test(rows_are_spread_over_the_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
