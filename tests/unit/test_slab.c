#include "tracking/slab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { PIECES = 1000, SIZE = 24 };

static void pieces_have_numbers_and_do_not_overlap(void **state)
{
    (void)state;
    struct slab slab = {.size = SIZE};
    for (uint32_t i = 1; i <= PIECES; i++) {
        uint32_t number = slab_take(&slab);
        assert_int_equal(number, i);
        memset(slab_at(&slab, number), (int)(i % 251), SIZE);
    }
    for (uint32_t i = 1; i <= PIECES; i++) {
        unsigned char expected[SIZE];
        memset(expected, (int)(i % 251), SIZE);
        assert_memory_equal(slab_at(&slab, i), expected, SIZE);
    }
    slab_release(&slab);
}

static void what_was_given_back_is_taken_next_and_zeroed(void **state)
{
    (void)state;
    static const unsigned char zeroes[SIZE];
    struct slab slab = {.size = SIZE};
    uint32_t first = slab_take(&slab);
    uint32_t second = slab_take(&slab);
    memset(slab_at(&slab, first), 0xff, SIZE);
    slab_give(&slab, first);
    assert_int_equal(slab_take(&slab), first);
    assert_memory_equal(slab_at(&slab, first), zeroes, SIZE);
    assert_int_not_equal(first, second);
    slab_release(&slab);
}

static void a_released_slab_can_be_used_again(void **state)
{
    (void)state;
    struct slab slab = {.size = SIZE};
    (void)slab_take(&slab);
    slab_release(&slab);
    assert_int_equal(slab_take(&slab), 1);
    slab_release(&slab);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_have_numbers_and_do_not_overlap),
        cmocka_unit_test(what_was_given_back_is_taken_next_and_zeroed),
        cmocka_unit_test(a_released_slab_can_be_used_again),
    };
    return cmocka_run_group_tests_name("slab", tests, NULL, NULL);
}
