#include "pending.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void who_began_first_comes_first_whenever_it_was_added(void **state)
{
    (void)state;
    struct pending pending = {0};
    int item[4];

    assert_true(pending_add(&pending, 30, &item[3]));
    assert_true(pending_add(&pending, 10, &item[1]));
    assert_ptr_equal(pending_take(&pending), &item[1]);
    assert_true(pending_add(&pending, UINT64_MAX, &item[0]));
    assert_true(pending_add(&pending, 20, &item[2]));
    assert_ptr_equal(pending_take(&pending), &item[2]);
    assert_ptr_equal(pending_take(&pending), &item[3]);
    assert_ptr_equal(pending_take(&pending), &item[0]);
    assert_null(pending_take(&pending));
    pending_release(&pending);
}

static void no_more_than_the_bound_may_wait(void **state)
{
    (void)state;
    struct pending pending = {0};
    int item;

    for (size_t i = 0; i < PENDING_MAX; i++) {
        assert_true(pending_add(&pending, i, &item));
    }
    assert_false(pending_add(&pending, 1, &item));
    assert_non_null(pending_take(&pending));
    assert_true(pending_add(&pending, 1, &item));
    while (pending_take(&pending) != NULL) {
    }
    pending_release(&pending);
    assert_null(pending_take(&pending));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_began_first_comes_first_whenever_it_was_added),
        cmocka_unit_test(no_more_than_the_bound_may_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
