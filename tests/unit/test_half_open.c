#include "tracking/half_open.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const int64_t second = 1000000000;

static struct moment after(uint64_t frame)
{
    return (struct moment){frame, (int64_t)frame * second};
}

static struct segment segment(unsigned flags, uint16_t from_port, uint32_t sequence,
                              uint32_t acknowledgement)
{
    return (struct segment){.from = {{from_port == 80 ? 9 : 1}, 4},
                            .to = {{from_port == 80 ? 1 : 9}, 4},
                            .from_port = from_port,
                            .to_port = from_port == 80 ? 1025 : 80,
                            .flags = (uint8_t)flags,
                            .ttl = 57,
                            .ip_id = 4711,
                            .sequence = sequence,
                            .acknowledgement = acknowledgement};
}

static void a_syn_and_its_answer_are_told_again_to_the_third_packet(void **state)
{
    (void)state;
    struct half_open_table *table = half_open_new();
    struct half_open known;
    struct segment syn = segment(SEGMENT_SYN, 1025, 100, 0);
    struct segment answer = segment(SEGMENT_SYN | SEGMENT_ACK, 80, 700, 101);
    struct segment third = segment(SEGMENT_ACK, 1025, 101, 701);

    assert_true(half_open_note(table, 77, 0, &syn, after(1), 300 * second));
    assert_true(half_open_note(table, 77, 1, &answer, after(2), 300 * second));
    assert_false(half_open_note(table, 77, 0, &third, after(3), 300 * second));
    assert_true(half_open_take(table, &known, 77, 0, &third, after(3), 300 * second));
    assert_int_equal(known.at[0].frame, 1);
    assert_int_equal(known.at[1].frame, 2);
    assert_int_equal(known.end[1], 1);
    assert_int_equal(known.segment[0].sequence, 100);
    assert_int_equal(known.segment[0].ttl, 57);
    assert_int_equal(known.segment[0].from_port, 1025);
    assert_int_equal(known.segment[1].sequence, 700);
    assert_int_equal(known.segment[1].acknowledgement, 101);
    assert_int_equal(known.segment[1].from_port, 80);
    assert_int_equal(known.segment[1].from.bytes[0], 9);
    assert_false(half_open_take(table, &known, 77, 0, &third, after(3), 300 * second));
    half_open_free(table);
}

static void what_is_not_the_opening_is_not_remembered(void **state)
{
    (void)state;
    struct half_open_table *table = half_open_new();
    struct segment syn = segment(SEGMENT_SYN, 1025, 100, 0);
    struct segment again = segment(SEGMENT_SYN, 1025, 100, 0);
    struct segment other = segment(SEGMENT_SYN | SEGMENT_ACK, 80, 700, 999);
    struct segment data = segment(SEGMENT_SYN, 1026, 5, 0);
    data.payload_length = 3;

    assert_false(half_open_note(table, 78, 0, &data, after(1), 300 * second));
    assert_false(half_open_note(table, 77, 1, &other, after(1), 300 * second));
    assert_true(half_open_note(table, 77, 0, &syn, after(1), 300 * second));
    assert_false(half_open_note(table, 77, 0, &again, after(2), 300 * second));
    assert_false(half_open_note(table, 77, 1, &other, after(3), 300 * second));
    half_open_free(table);
}

static void what_is_too_old_is_forgotten_untold(void **state)
{
    (void)state;
    struct half_open_table *table = half_open_new();
    struct half_open known;
    struct segment syn = segment(SEGMENT_SYN, 1025, 100, 0);
    assert_true(half_open_note(table, 77, 0, &syn, after(1), 300 * second));
    assert_false(half_open_take(table, &known, 77, 0, &syn, after(400), 300 * second));
    assert_true(half_open_note(table, 77, 0, &syn, after(400), 300 * second));
    half_open_free(table);
}

static void a_full_place_forgets_the_oldest(void **state)
{
    (void)state;
    struct half_open_table *table = half_open_new();
    struct half_open known;
    struct segment syn = segment(SEGMENT_SYN, 1025, 100, 0);
    for (uint64_t i = 1; i <= 3; i++) {
        assert_true(half_open_note(table, i << 40, 0, &syn, after(i), 300 * second));
    }
    assert_int_equal(half_open_forgotten(table), 1);
    assert_false(half_open_take(table, &known, 1ULL << 40, 0, &syn, after(6), 300 * second));
    for (uint64_t i = 2; i <= 3; i++) {
        assert_true(half_open_take(table, &known, i << 40, 0, &syn, after(6), 300 * second));
        assert_int_equal(known.at[0].frame, i);
    }
    half_open_free(table);
}

static void who_is_not_waited_for_any_more_is_not_counted_as_forgotten(void **state)
{
    (void)state;
    struct half_open_table *table = half_open_new();
    struct segment syn = segment(SEGMENT_SYN, 1025, 100, 0);
    for (uint64_t i = 1; i <= 2; i++) {
        assert_true(half_open_note(table, i << 40, 0, &syn, after(i), 300 * second));
    }
    assert_true(half_open_note(table, 3ULL << 40, 0, &syn, after(302), 300 * second));
    assert_int_equal(half_open_forgotten(table), 0);
    assert_true(half_open_note(table, 4ULL << 40, 0, &syn, after(302), 300 * second));
    assert_int_equal(half_open_forgotten(table), 1);
    half_open_free(table);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_syn_and_its_answer_are_told_again_to_the_third_packet),
        cmocka_unit_test(what_is_not_the_opening_is_not_remembered),
        cmocka_unit_test(what_is_too_old_is_forgotten_untold),
        cmocka_unit_test(a_full_place_forgets_the_oldest),
        cmocka_unit_test(who_is_not_waited_for_any_more_is_not_counted_as_forgotten),
    };
    return cmocka_run_group_tests_name("half_open", tests, NULL, NULL);
}
