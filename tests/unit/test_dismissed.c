#include "tracking/dismissed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const int64_t second = 1000000000;

static const struct segment data = {.flags = SEGMENT_ACK, .sequence = 500, .payload_length = 9};

static struct segment syn(uint32_t sequence)
{
    return (struct segment){.flags = SEGMENT_SYN, .sequence = sequence};
}

static void what_still_comes_is_known(void **state)
{
    (void)state;
    struct dismissed_table *table = dismissed_new();
    const uint32_t opened = 100;
    struct segment again = syn(100);
    assert_false(dismissed_knows(table, 77, &data, 1 * second));
    dismissed_add(table, 77, &opened, 1 * second);
    assert_true(dismissed_knows(table, 77, &data, 2 * second));
    assert_true(dismissed_knows(table, 77, &again, 2 * second)); /* a late copy */
    assert_false(dismissed_knows(table, 78 + 256, &data, 2 * second));
    dismissed_free(table);
}

static void a_new_syn_begins_anew(void **state)
{
    (void)state;
    struct dismissed_table *table = dismissed_new();
    const uint32_t opened = 100;
    struct segment other = syn(101);
    dismissed_add(table, 77, &opened, 1 * second);
    assert_false(dismissed_knows(table, 77, &other, 2 * second));
    assert_false(dismissed_knows(table, 77, &data, 2 * second));
    dismissed_add(table, 77, NULL, 1 * second);
    struct segment any = syn(0);
    assert_false(dismissed_knows(table, 77, &any, 2 * second));
    dismissed_free(table);
}

static void silence_ends_it(void **state)
{
    (void)state;
    struct dismissed_table *table = dismissed_new();
    dismissed_add(table, 77, NULL, 1 * second);
    assert_true(dismissed_knows(table, 77, &data, 7000 * second));
    assert_true(dismissed_knows(table, 77, &data, 14000 * second)); /* of which it had spoken */
    assert_false(dismissed_knows(table, 77, &data, 22000 * second));
    dismissed_free(table);
}

static void a_full_place_forgets_the_longest_silent_and_counts_it(void **state)
{
    (void)state;
    struct dismissed_table *table = dismissed_new();
    for (uint64_t i = 1; i <= 4; i++) {
        dismissed_add(table, i << 40, NULL, (int64_t)i * 10 * second);
    }
    assert_true(dismissed_knows(table, 1ULL << 40, &data, 50 * second));
    dismissed_add(table, 5ULL << 40, NULL, 200 * second);
    assert_int_equal(dismissed_forgotten(table), 0); /* over for long */
    assert_false(dismissed_knows(table, 2ULL << 40, &data, 200 * second));
    assert_true(dismissed_knows(table, 1ULL << 40, &data, 200 * second));
    for (uint64_t i = 6; i <= 9; i++) {
        dismissed_add(table, i << 40, NULL, 200 * second);
    }
    assert_int_equal(dismissed_forgotten(table), 2);
    dismissed_free(table);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_still_comes_is_known),
        cmocka_unit_test(a_new_syn_begins_anew),
        cmocka_unit_test(silence_ends_it),
        cmocka_unit_test(a_full_place_forgets_the_longest_silent_and_counts_it),
    };
    return cmocka_run_group_tests_name("dismissed", tests, NULL, NULL);
}
