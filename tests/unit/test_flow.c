#include "tracking/packed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

static struct flow *find(struct flow_table *table, uint32_t from, uint16_t from_port, uint32_t to,
                         uint16_t to_port)
{
    struct address a = ipv4(from);
    struct address b = ipv4(to);
    uint8_t end = 9;
    return flow_find(table, &end, &a, from_port, &b, to_port);
}

static void both_directions_are_one_flow_with_two_ends(void **state)
{
    (void)state;
    struct flow_table *table = flow_table_new(&alone, 0);
    struct address a = ipv4(2);
    struct address b = ipv4(1);
    uint8_t end = 9;
    uint8_t other = 9;

    struct flow *flow = flow_add(table, &end, &a, 51044, &b, 443);
    assert_non_null(flow);
    assert_ptr_equal(flow_find(table, &other, &b, 443, &a, 51044), flow);
    assert_int_equal(end ^ other, 1);
    assert_int_equal(flow->head.key.port[end], 51044);
    assert_int_equal(flow->head.key.port[other], 443);
    assert_ptr_equal(flow_find(table, &other, &a, 51044, &b, 443), flow);
    assert_int_equal(end, other);
    flow_table_free(table);
}

static void ends_with_one_address_are_told_apart_by_ports(void **state)
{
    (void)state;
    struct flow_table *table = flow_table_new(&alone, 0);
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
    struct flow_table *table = flow_table_new(&alone, 0);
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
    struct flow_table *table = flow_table_new(&alone, 0);
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
    struct flow_table *table = flow_table_new(&alone, 0);

    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < MANY; i++) {
            assert_non_null(add(table, i, 1000, 7, 443));
        }
        struct flow *oldest = flow_oldest(table, FLOW_OPENING);
        for (uint32_t i = 0; i < MANY; i++) {
            assert_non_null(oldest);
            assert_int_equal(
                oldest->head.key.address[oldest->head.key.port[0] == 1000 ? 0 : 1].bytes[3],
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
    struct flow_table *table = flow_table_new(&alone, 0);
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
    assert_true(one->head.last == 30 * second);
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
    struct flow_table *table = flow_table_new(&alone, 0);
    struct flow *one = add(table, 1, 1, 9, 443);
    struct flow *two = add(table, 2, 1, 9, 443);

    flow_touch(table, one, FLOW_OPENING, 10 * second);
    flow_touch(table, two, FLOW_OPENING, 10 * second + 1);
    flow_touch(table, one, FLOW_OPENING, 10 * second + 2);
    assert_ptr_equal(flow_oldest(table, FLOW_OPENING), one);
    assert_true(one->head.last == 10 * second + 2);
    flow_touch(table, one, FLOW_OPENING, 11 * second);
    assert_ptr_equal(flow_oldest(table, FLOW_OPENING), two);
    flow_table_free(table);
}

static void a_removed_flow_hands_over_its_session(void **state)
{
    (void)state;
    struct flow_table *table = flow_table_new(&alone, 0);
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

/* ---- packed ---- */

enum { AWAKE = 8 };

static const struct moment hello = {7, 1234567890};

/* A flow with a session that has something of everything. */
static void add_talker(struct flow_table *table, uint32_t number)
{
    struct flow *flow = add(table, number, 1000, 7, 443);
    assert_non_null(flow);
    flow->end[1].packets = number;
    flow->stream[0] = (struct stream){.next = number, .highest = number, .begun = true};
    flow->session = session_new(&alone);
    assert_non_null(flow->session);
    for (uint32_t i = 0; i < number % FACTS_STEPS; i++) {
        struct step *step = session_step(flow->session, STEP_MESSAGE, CLIENT, hello);
        assert_non_null(step);
        step->size = i;
    }
    flow->session->facts.preface_words = arena_copy(&flow->session->arena, "some words", 10);
    flow->session->side[CLIENT].reader.held = calloc(1, 100);
    flow->session->side[CLIENT].reader.held_room = 100;
    flow_touch(table, flow, FLOW_ESTABLISHED, number * second);
    flow_account(table, flow);
}

static void assert_talker(const struct flow *flow, uint32_t number)
{
    assert_non_null(flow);
    assert_int_equal(flow->end[1].packets, number);
    assert_int_equal(flow->stream[0].highest, number);
    assert_int_equal(flow->head.last, number * second);
    assert_int_equal(flow->head.age, FLOW_ESTABLISHED);
    const struct facts *facts = &flow->session->facts;
    assert_ptr_equal(flow->session->shared, &alone);
    assert_int_equal(facts->steps, number % FACTS_STEPS);
    for (uint32_t i = 0; i < facts->steps; i++) {
        assert_int_equal(facts->step[i].size, i);
        assert_int_equal(facts->step[i].at.frame, hello.frame);
        assert_int_equal(facts->step[i].at.time, hello.time);
    }
    assert_string_equal(facts->preface_words, "some words");
}

static void who_is_silent_is_packed_and_comes_back_as_it_was(void **state)
{
    (void)state;
    struct flow_table *table = flow_table_new(&alone, AWAKE);
    for (uint32_t i = 1; i <= MANY; i++) {
        add_talker(table, i);
    }
    assert_int_equal(flow_count(table), MANY);
    assert_true(flow_count_packed(table) >= MANY - AWAKE);
    for (uint32_t i = 1; i <= MANY; i++) {
        uint32_t number = (uint32_t)(i * UINT64_C(2654435761) % MANY) + 1;
        assert_talker(find(table, number, 1000, 7, 443), number);
        assert_true(flow_count_packed(table) >= MANY - AWAKE);
    }
    assert_int_equal(flow_lost(table), 0);
    flow_table_free(table);
}

static void the_order_of_age_stays_when_some_are_packed(void **state)
{
    (void)state;
    struct flow_table *table = flow_table_new(&alone, AWAKE);
    for (uint32_t i = 1; i <= 100; i++) {
        add_talker(table, i);
    }
    for (uint32_t i = 2; i <= 100; i += 2) { /* these speak again */
        struct flow *flow = find(table, i, 1000, 7, 443);
        flow->end[1].packets = i + 1000;
        flow_touch(table, flow, FLOW_ESTABLISHED, (i + 1000) * second);
    }
    for (uint32_t i = 1; i <= 100; i++) {
        uint32_t expected = i <= 50 ? 2 * i - 1 : 2 * (i - 50) + 1000;
        assert_int_equal(flow_oldest_time(table, FLOW_ESTABLISHED), expected * second);
        struct flow *flow = flow_oldest(table, FLOW_ESTABLISHED);
        assert_int_equal(flow->end[1].packets, expected);
        session_free(flow_remove(table, flow));
    }
    assert_null(flow_oldest(table, FLOW_ESTABLISHED));
    assert_int_equal(flow_oldest_time(table, FLOW_ESTABLISHED), INT64_MAX);
    assert_int_equal(flow_count(table), 0);
    assert_int_equal(flow_count_packed(table), 0);
    assert_int_equal(flow_memory(table), 0);
    flow_table_free(table);
}

static void who_is_packed_takes_a_fraction(void **state)
{
    (void)state;
    struct flow_table *table = flow_table_new(&alone, AWAKE);
    add_talker(table, 6);
    size_t one = flow_memory(table);
    assert_true(one > sizeof(struct flow) + sizeof(struct session));
    for (uint32_t i = 1; i <= MANY; i++) {
        add_talker(table, 6 + i * FACTS_STEPS); /* as many steps */
    }
    assert_true(flow_memory(table) / MANY < one / 4);
    flow_table_free(table);
}

/* What is too large for a packed one stays awake. */
static void who_has_too_much_to_be_packed_stays(void **state)
{
    (void)state;
    struct flow_table *table = flow_table_new(&alone, 1);
    for (uint32_t i = 1; i <= 20; i++) {
        add_talker(table, i);
        struct flow *flow = find(table, i, 1000, 7, 443);
        memset(arena_take(&flow->session->arena, PACKED_ARENA), 0x5a, PACKED_ARENA);
        flow_account(table, flow);
    }
    assert_int_equal(flow_count_packed(table), 0);
    for (uint32_t i = 1; i <= 20; i++) {
        assert_talker(find(table, i, 1000, 7, 443), i);
    }
    assert_int_equal(flow_count_packed(table), 0);
    flow_table_free(table);
}

static void who_does_not_fit_into_memory_any_more_is_given_back_whole(void **state)
{
    (void)state;
    struct packed_store store = {.count = 0};
    for (uint32_t i = 1; i <= 20; i++) {
        struct flow_table *table = flow_table_new(&alone, 0);
        add_talker(table, i);
        struct flow *flow = find(table, i, 1000, 7, 443);
        uint32_t number = packed_put(&store, flow, &alone);
        assert_true(packed_is(number));
        assert_true(packed_has_session(&store, number));
        assert_null(flow->session);
        assert_int_equal(packed_head(&store, number)->key.port[0] + 0, flow->head.key.port[0]);
        packed_drop(&store, number, &alone); /* or the sanitizers complain */
        flow_table_free(table);
    }
    assert_int_equal(store.count, 0);
    assert_int_equal(store.bytes, 0);
    packed_release(&store);
}

/* Whether the account is what it would be if all were added up again. */
static void the_account_is_right(struct flow_table *table, struct flow *flow)
{
    size_t said = flow_memory(table);
    flow_account(table, flow);
    assert_int_equal(flow_memory(table), said);
}

static void the_account_follows_what_an_end_changes(void **state)
{
    (void)state;
    struct flow_table *table = flow_table_new(&alone, 0);
    struct flow *flow = add(table, 1, 1025, 2, 443);
    uint8_t end = flow->client;
    flow->session = session_new(&alone);
    flow_account(table, flow);
    size_t before = flow_memory(table);

    struct flow_share share = flow_share(flow, end);
    for (uint64_t i = 1; i <= FACTS_STEPS; i++) {
        assert_non_null(
            session_step(flow->session, STEP_MESSAGE, CLIENT, (struct moment){i, second}));
    }
    flow_account_share(table, flow, end, share);
    assert_true(flow_memory(table) > before);
    the_account_is_right(table, flow);

    static const uint8_t bytes[100] = {22, 3, 1, 2, 0, 1};
    struct chunk early = {
        .bytes = wire_over(bytes, sizeof bytes), .length = sizeof bytes, .sequence = 500};
    struct piece piece;
    share = flow_share(flow, end);
    stream_begin(&flow->stream[end], 1, false);
    (void)stream_push(&flow->stream[end], &piece, &early); /* out of order: kept */
    flow_account_share(table, flow, end, share);
    the_account_is_right(table, flow);

    share = flow_share(flow, end);
    flow->client ^= 1; /* they were taken for each other */
    stream_release(&flow->stream[end ^ 1]);
    flow_account_share(table, flow, end, share);
    the_account_is_right(table, flow);
    flow_table_free(table);
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
        cmocka_unit_test(who_is_silent_is_packed_and_comes_back_as_it_was),
        cmocka_unit_test(the_order_of_age_stays_when_some_are_packed),
        cmocka_unit_test(the_account_follows_what_an_end_changes),
        cmocka_unit_test(who_is_packed_takes_a_fraction),
        cmocka_unit_test(who_has_too_much_to_be_packed_stays),
        cmocka_unit_test(who_does_not_fit_into_memory_any_more_is_given_back_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
