#include "tracking/flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MANY = 5000 };

static const int64_t second = 1000000000;
static const struct session_shared alone = {0};

static struct address ipv4(uint32_t number)
{
    return (struct address){.bytes = {(uint8_t)(number >> 24), (uint8_t)(number >> 16),
                                      (uint8_t)(number >> 8), (uint8_t)number},
                            .version = 4};
}

static struct flow *add(struct flow_table *table, uint32_t from, uint16_t from_port, uint32_t to,
                        uint16_t to_port)
{
    struct address a = ipv4(from);
    struct address b = ipv4(to);
    uint8_t end = 9;
    return flow_add(table, &end, &a, from_port, &b, to_port);
}

static struct flow *find(const struct flow_table *table, uint32_t from, uint16_t from_port,
                         uint32_t to, uint16_t to_port)
{
    struct address a = ipv4(from);
    struct address b = ipv4(to);
    uint8_t end = 9;
    return flow_find(table, &end, &a, from_port, &b, to_port);
}

static void both_directions_are_one_flow_with_two_ends(void **state)
{
    (void)state;
    struct flow_table *table = flow_table_new();
    struct address a = ipv4(2);
    struct address b = ipv4(1);
    uint8_t end = 9;
    uint8_t other = 9;

    struct flow *flow = flow_add(table, &end, &a, 51044, &b, 443);
    assert_non_null(flow);
    assert_ptr_equal(flow_find(table, &other, &b, 443, &a, 51044), flow);
    assert_int_equal(end ^ other, 1);
    assert_int_equal(flow->key.port[end], 51044);
    assert_int_equal(flow->key.port[other], 443);
    assert_ptr_equal(flow_find(table, &other, &a, 51044, &b, 443), flow);
    assert_int_equal(end, other);
    flow_table_free(table);
}

static void ends_with_one_address_are_told_apart_by_ports(void **state)
{
    (void)state;
    struct flow_table *table = flow_table_new();
    struct address loop = ipv4(0x7f000001);
    uint8_t end = 9;
    uint8_t other = 9;

    struct flow *flow = flow_add(table, &end, &loop, 50000, &loop, 443);
    assert_ptr_equal(flow_find(table, &other, &loop, 443, &loop, 50000), flow);
    assert_int_equal(end ^ other, 1);
    flow_table_free(table);
}

static void every_part_of_the_key_counts(void **state)
{
    (void)state;
    struct flow_table *table = flow_table_new();
    struct address four = ipv4(1);
    struct address six = four;
    struct address peer = ipv4(2);
    uint8_t end = 9;

    six.version = 6;
    assert_non_null(flow_add(table, &end, &four, 1, &peer, 443));
    assert_null(find(table, 1, 2, 2, 443));
    assert_null(find(table, 1, 1, 2, 444));
    assert_null(find(table, 3, 1, 2, 443));
    assert_null(find(table, 1, 1, 3, 443));
    assert_null(find(table, 1, 443, 2, 1));
    peer.version = 6;
    assert_null(flow_find(table, &end, &six, 1, &peer, 443));
    flow_table_free(table);
}

/* Who is there in round `round`: two out of three, others each time. */
static bool is_there(uint32_t number, uint32_t round)
{
    return (number * 2654435761U >> 7) % 3 != round % 3;
}

static void a_table_grows_and_finds_who_is_left_when_others_leave(void **state)
{
    (void)state;
    struct flow_table *table = flow_table_new();
    size_t there = 0;

    for (uint32_t round = 0; round < 6; round++) {
        for (uint32_t i = 0; i < MANY; i++) {
            struct flow *flow = find(table, i, 1000, 7, 443);
            if (is_there(i, round) && flow == NULL) {
                assert_non_null(add(table, i, 1000, 7, 443));
                there++;
            } else if (!is_there(i, round) && flow != NULL) {
                assert_null(flow_remove(table, flow));
                there--;
            }
        }
        assert_int_equal(flow_count(table), there);
        for (uint32_t i = 0; i < MANY; i++) {
            struct flow *flow = find(table, 7, 443, i, 1000);
            assert_int_equal(flow != NULL, is_there(i, round));
        }
    }
    flow_table_free(table);
}

static void an_emptied_table_holds_nothing_and_can_be_filled_again(void **state)
{
    (void)state;
    struct flow_table *table = flow_table_new();

    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < MANY; i++) {
            assert_non_null(add(table, i, 1000, 7, 443));
        }
        struct flow *oldest = flow_oldest(table, FLOW_OPENING);
        for (uint32_t i = 0; i < MANY; i++) {
            assert_non_null(oldest);
            assert_int_equal(oldest->key.address[oldest->key.port[0] == 1000 ? 0 : 1].bytes[3],
                             i & 0xff);
            assert_null(flow_remove(table, oldest));
            oldest = flow_oldest(table, FLOW_OPENING);
        }
        assert_null(oldest);
        assert_int_equal(flow_count(table), 0);
        assert_null(find(table, 1, 1000, 7, 443));
    }
    flow_table_free(table);
}

static void who_was_silent_longest_is_the_oldest_of_its_age(void **state)
{
    (void)state;
    struct flow_table *table = flow_table_new();
    struct flow *one = add(table, 1, 1, 9, 443);
    struct flow *two = add(table, 2, 1, 9, 443);
    struct flow *three = add(table, 3, 1, 9, 443);

    assert_ptr_equal(flow_oldest(table, FLOW_OPENING), one);
    flow_touch(table, one, FLOW_OPENING, 10 * second);
    assert_ptr_equal(flow_oldest(table, FLOW_OPENING), two);
    flow_touch(table, two, FLOW_ESTABLISHED, 20 * second);
    flow_touch(table, one, FLOW_ESTABLISHED, 30 * second);
    assert_ptr_equal(flow_oldest(table, FLOW_OPENING), three);
    assert_ptr_equal(flow_oldest(table, FLOW_ESTABLISHED), two);
    flow_touch(table, two, FLOW_ESTABLISHED, 40 * second);
    assert_ptr_equal(flow_oldest(table, FLOW_ESTABLISHED), one);
    assert_true(one->last == 30 * second);
    assert_null(flow_oldest(table, FLOW_CLOSED));
    flow_touch(table, three, FLOW_CLOSED, 50 * second);
    assert_null(flow_oldest(table, FLOW_OPENING));
    assert_ptr_equal(flow_oldest(table, FLOW_CLOSED), three);
    flow_remove(table, one);
    assert_ptr_equal(flow_oldest(table, FLOW_ESTABLISHED), two);
    flow_table_free(table);
}

static void who_speaks_twice_within_a_moment_keeps_its_place(void **state)
{
    (void)state;
    struct flow_table *table = flow_table_new();
    struct flow *one = add(table, 1, 1, 9, 443);
    struct flow *two = add(table, 2, 1, 9, 443);

    flow_touch(table, one, FLOW_OPENING, 10 * second);
    flow_touch(table, two, FLOW_OPENING, 10 * second + 1);
    flow_touch(table, one, FLOW_OPENING, 10 * second + 2);
    assert_ptr_equal(flow_oldest(table, FLOW_OPENING), one);
    assert_true(one->last == 10 * second + 2);
    flow_touch(table, one, FLOW_OPENING, 11 * second);
    assert_ptr_equal(flow_oldest(table, FLOW_OPENING), two);
    flow_table_free(table);
}

static void a_removed_flow_hands_over_its_session(void **state)
{
    (void)state;
    struct flow_table *table = flow_table_new();
    struct flow *flow = add(table, 1, 1, 9, 443);
    struct session *session = session_new(&alone);

    flow->session = session;
    assert_ptr_equal(flow_remove(table, flow), session);
    session_free(session);
    flow = add(table, 1, 1, 9, 443);
    flow->session = session_new(&alone); /* goes with the table */
    flow_table_free(table);
    flow_table_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_directions_are_one_flow_with_two_ends),
        cmocka_unit_test(ends_with_one_address_are_told_apart_by_ports),
        cmocka_unit_test(every_part_of_the_key_counts),
        cmocka_unit_test(a_table_grows_and_finds_who_is_left_when_others_leave),
        cmocka_unit_test(an_emptied_table_holds_nothing_and_can_be_filled_again),
        cmocka_unit_test(who_was_silent_longest_is_the_oldest_of_its_age),
        cmocka_unit_test(who_speaks_twice_within_a_moment_keeps_its_place),
        cmocka_unit_test(a_removed_flow_hands_over_its_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
