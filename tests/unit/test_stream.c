#include "tracking/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 1 << 16 };

/* What a reader of the stream was given: bytes, with '?' for those that are missing. */
struct reading {
    struct stream stream;
    char text[ROOM];
    size_t length;
    uint32_t holes, cut;
    uint64_t last_frame;
};

static void take(struct reading *reading, const struct piece *piece)
{
    for (uint32_t i = 0; i < piece->hole && reading->length < ROOM - 1; i++) {
        reading->text[reading->length++] = '?';
    }
    assert_true(reading->length + piece->bytes.left < ROOM);
    if (piece->bytes.left > 0) {
        memcpy(reading->text + reading->length, piece->bytes.at, piece->bytes.left);
    }
    reading->length += piece->bytes.left;
    reading->text[reading->length] = '\0';
    reading->holes += piece->hole;
    reading->cut += piece->cut;
    reading->last_frame = piece->at.frame;
}

static void pull(struct reading *reading)
{
    struct piece piece;
    while (stream_pull(&reading->stream, &piece)) {
        take(reading, &piece);
    }
}

static enum stream_news push(struct reading *reading, const struct chunk *chunk)
{
    struct piece piece;
    enum stream_news news = stream_push(&reading->stream, &piece, chunk);
    if (piece.bytes.left > 0 || piece.cut > 0) {
        take(reading, &piece);
    }
    pull(reading);
    return news;
}

/* A segment that holds all of `text`, in a copy that goes away behind the call, as a packet does.
 */
static enum stream_news say(struct reading *reading, uint32_t sequence, const char *text)
{
    size_t length = strlen(text);
    char *copy = malloc(length + 1);
    memcpy(copy, text, length + 1);
    struct chunk chunk = {.bytes = wire_over(copy, length),
                          .at = {sequence, 0},
                          .sequence = sequence,
                          .length = (uint32_t)length};
    enum stream_news news = push(reading, &chunk);
    free(copy);
    return news;
}

static struct reading *begin(uint32_t sequence)
{
    struct reading *reading = calloc(1, sizeof *reading);
    stream_begin(&reading->stream, sequence, false);
    return reading;
}

static void end(struct reading *reading)
{
    stream_release(&reading->stream);
    free(reading);
}

static void bytes_in_order_are_given_where_they_lie(void **state)
{
    (void)state;
    struct stream stream = {0};
    struct piece piece;
    struct chunk chunk = {
        .bytes = wire_over("hello", 5), .at = {3, 4}, .sequence = 100, .length = 5};

    stream_begin(&stream, 100, false);
    assert_int_equal(stream_push(&stream, &piece, &chunk), STREAM_NEWS);
    assert_ptr_equal(piece.bytes.at, chunk.bytes.at);
    assert_int_equal(piece.at.frame, 3);
    assert_int_equal(piece.hole, 0);
    assert_false(stream_pull(&stream, &piece));
    stream_release(&stream);
}

static void what_comes_early_waits_for_what_is_before_it(void **state)
{
    (void)state;
    struct reading *reading = begin(100);

    assert_int_equal(say(reading, 110, "klmno"), STREAM_NEWS);
    assert_int_equal(say(reading, 105, "fghij"), STREAM_NEWS);
    assert_string_equal(reading->text, "");
    assert_int_equal(say(reading, 100, "abcde"), STREAM_NEWS);
    assert_string_equal(reading->text, "abcdefghijklmno");
    assert_int_equal(reading->stream.waiting_bytes, 0);
    assert_int_equal(reading->stream.waiting_pieces, 0);
    end(reading);
}

static void what_had_to_wait_was_in_order_with_the_packet_that_it_waited_for(void **state)
{
    (void)state;
    struct reading *reading = begin(0);
    struct chunk late = {.bytes = wire_over("cd", 2), .at = {5, 50}, .sequence = 2, .length = 2};
    struct chunk early = {.bytes = wire_over("ab", 2), .at = {7, 70}, .sequence = 0, .length = 2};

    (void)push(reading, &late);
    (void)push(reading, &early);
    assert_string_equal(reading->text, "abcd");
    assert_int_equal(reading->last_frame, 7);
    late = (struct chunk){.bytes = wire_over("gh", 2), .at = {8, 80}, .sequence = 6, .length = 2};
    (void)push(reading, &late);
    stream_give_up(&reading->stream);
    pull(reading);
    assert_int_equal(reading->last_frame, 8);
    end(reading);
}

static void sequence_numbers_wrap(void **state)
{
    (void)state;
    for (uint32_t before = 0; before <= 12; before++) {
        struct reading *reading = begin(0U - before);

        assert_int_equal(say(reading, 8U - before, "ijkl"), STREAM_NEWS);
        assert_int_equal(say(reading, 0U - before, "abcd"), STREAM_NEWS);
        assert_int_equal(say(reading, 2U - before, "cdef"), STREAM_NEWS);
        assert_int_equal(say(reading, 0U - before, "abcdef"), STREAM_OLD);
        assert_int_equal(say(reading, 4U - before, "efghijkl"), STREAM_NEWS);
        assert_string_equal(reading->text, "abcdefghijkl");
        end(reading);
    }
}

static void the_first_copy_of_a_byte_wins(void **state)
{
    (void)state;
    struct reading *reading = begin(0);

    assert_int_equal(say(reading, 4, "EF"), STREAM_NEWS);
    assert_int_equal(say(reading, 8, "IJ"), STREAM_NEWS);
    assert_int_equal(say(reading, 3, "xxxxxxxxx"), STREAM_NEWS); /* d, g, h, k, l are news */
    assert_int_equal(say(reading, 4, "yyyyyy"), STREAM_OLD);
    assert_int_equal(say(reading, 0, "ABCzzzzz"), STREAM_NEWS);
    assert_string_equal(reading->text, "ABCxEFxxIJxx");
    assert_int_equal(say(reading, 10, "zzM"), STREAM_NEWS);
    assert_string_equal(reading->text, "ABCxEFxxIJxxM");
    end(reading);
}

static void every_order_of_overlapping_pieces_gives_every_byte_once(void **state)
{
    (void)state;
    static const char whole[] = "abcdefghijklmnopqrstuvwxyz";
    uint32_t random = 1;

    for (int round = 0; round < 300; round++) {
        struct reading *reading = begin(UINT32_MAX - 10);
        for (int i = 0; i < 200; i++) {
            char text[16] = "";
            random = random * 1103515245 + 12345;
            uint32_t from = (random >> 16) % 26;
            uint32_t length = (random >> 8) % 7 + 1;
            length = length < 26 - from ? length : 26 - from;
            memcpy(text, whole + from, length);
            (void)say(reading, UINT32_MAX - 10 + from, text);
        }
        (void)say(reading, UINT32_MAX - 10, whole);
        assert_string_equal(reading->text, whole);
        assert_null(reading->stream.waiting);
        assert_int_equal(reading->stream.waiting_bytes, 0);
        end(reading);
    }
}

static void a_capture_that_begins_late_begins_with_what_it_has(void **state)
{
    (void)state;
    struct reading *reading = calloc(1, sizeof *reading);

    assert_int_equal(say(reading, 5000, "late"), STREAM_NEWS);
    assert_string_equal(reading->text, "late");
    assert_int_equal(say(reading, 4996, "old?"), STREAM_OLD);
    assert_string_equal(reading->text, "late");
    end(reading);
}

static void a_beginning_may_be_corrected_while_nothing_was_said(void **state)
{
    (void)state;
    struct stream stream = {0};

    stream_begin(&stream, 100, false);
    stream_begin(&stream, 200, false);
    assert_int_equal(stream.next, 100);
    assert_true(stream_is_fresh(&stream));
    stream_begin(&stream, 200, true);
    assert_int_equal(stream.next, 200);
    assert_true(stream_acknowledge(&stream, 200));
    assert_false(stream_is_fresh(&stream));
    stream_release(&stream);
}

static void keep_alives_and_strangers_are_no_news(void **state)
{
    (void)state;
    struct reading *reading = begin(100);

    (void)say(reading, 100, "abc");
    assert_int_equal(say(reading, 102, "c"), STREAM_OLD);
    assert_int_equal(say(reading, 102, ""), STREAM_OLD);
    assert_int_equal(say(reading, 103U + (uint32_t)STREAM_REACH + 1, "forged"), STREAM_OLD);
    assert_int_equal(say(reading, 103U - (uint32_t)STREAM_REACH - 1, "forged"), STREAM_OLD);
    assert_int_equal(reading->stream.waiting_pieces, 0);
    assert_int_equal(reading->stream.highest, 103);
    end(reading);
}

static void a_length_beyond_reach_is_not_believed(void **state)
{
    (void)state;
    struct stream stream = {0};
    struct piece piece;
    struct chunk chunk = {.bytes = wire_over("x", 1), .sequence = 1, .length = UINT32_MAX};

    stream_begin(&stream, 1, false);
    assert_int_equal(stream_push(&stream, &piece, &chunk), STREAM_OLD);
    assert_int_equal(stream.next, 1);
    stream_release(&stream);
}

static void a_hole_is_told_with_its_length_once_it_is_given_up(void **state)
{
    (void)state;
    struct reading *reading = begin(100);

    (void)say(reading, 100, "ab");
    (void)say(reading, 105, "fg");
    (void)say(reading, 110, "kl");
    stream_give_up(&reading->stream);
    pull(reading);
    assert_string_equal(reading->text, "ab???fg");
    stream_give_up(&reading->stream);
    stream_give_up(&reading->stream);
    pull(reading);
    assert_string_equal(reading->text, "ab???fg???kl");
    assert_int_equal(say(reading, 102, "cde"), STREAM_OLD);
    assert_false(reading->stream.overflowed);
    end(reading);
}

static void a_hole_that_the_peer_acknowledged_is_soon_stuck(void **state)
{
    (void)state;
    struct reading *reading = begin(0);

    for (uint32_t i = 0; i < STREAM_PATIENCE * 2; i++) {
        (void)say(reading, 100 + i, "x");
    }
    assert_false(stream_is_stuck(&reading->stream));
    assert_true(stream_acknowledge(&reading->stream, 100 + STREAM_PATIENCE * 2));
    for (uint32_t i = 0; i < STREAM_PATIENCE; i++) {
        assert_false(stream_is_stuck(&reading->stream));
        (void)say(reading, 100 + STREAM_PATIENCE * 2 + i, "x");
    }
    assert_true(stream_is_stuck(&reading->stream));
    stream_give_up(&reading->stream);
    assert_false(stream_is_stuck(&reading->stream));
    pull(reading);
    assert_int_equal(reading->holes, 100);
    assert_int_equal(reading->length, 100 + STREAM_PATIENCE * 3);
    end(reading);
}

static void what_waits_is_bounded_and_the_bound_confessed(void **state)
{
    (void)state;
    struct reading *reading = begin(0);

    for (uint32_t i = 0; i < STREAM_WAITING_PIECES; i++) {
        assert_false(stream_is_stuck(&reading->stream));
        (void)say(reading, 1000 + i * 2, "x");
    }
    assert_true(stream_is_stuck(&reading->stream));
    stream_give_up(&reading->stream);
    assert_true(reading->stream.overflowed);
    end(reading);

    reading = begin(0);
    uint8_t bytes[1 << 14] = {0};
    for (uint32_t i = 0; i < STREAM_WAITING_BYTES / sizeof bytes; i++) {
        struct chunk chunk = {.bytes = wire_over(bytes, sizeof bytes),
                              .sequence = 7 + i * (uint32_t)sizeof bytes,
                              .length = sizeof bytes};
        assert_false(stream_is_stuck(&reading->stream));
        (void)push(reading, &chunk);
    }
    assert_true(stream_is_stuck(&reading->stream));
    end(reading);
}

static void what_the_snap_length_cut_is_told_behind_the_piece(void **state)
{
    (void)state;
    struct reading *reading = begin(0);
    struct chunk chunk = {.bytes = wire_over("abc", 3), .sequence = 0, .length = 10};

    assert_int_equal(push(reading, &chunk), STREAM_NEWS);
    assert_int_equal(reading->cut, 7);
    chunk = (struct chunk){.bytes = wire_over(NULL, 0), .sequence = 10, .length = 5};
    assert_int_equal(push(reading, &chunk), STREAM_NEWS);
    assert_int_equal(reading->cut, 12);
    chunk = (struct chunk){.bytes = wire_over("uvw", 3), .sequence = 20, .length = 10};
    assert_int_equal(push(reading, &chunk), STREAM_NEWS); /* waits, cut */
    chunk = (struct chunk){.bytes = wire_over("p", 1), .sequence = 15, .length = 8};
    assert_int_equal(push(reading, &chunk), STREAM_NEWS);
    assert_string_equal(reading->text, "abcpuvw");
    assert_int_equal(reading->cut, 12 + 4 + 7);
    end(reading);
}

static void what_is_passed_over_is_neither_given_nor_missed(void **state)
{
    (void)state;
    struct reading *reading = begin(0);

    (void)say(reading, 0, "ab");
    stream_pass_over(&reading->stream, 6);
    assert_int_equal(say(reading, 2, "cdef"), STREAM_NEWS);
    assert_int_equal(say(reading, 2, "cdef"), STREAM_OLD);
    assert_int_equal(say(reading, 6, "ghij"), STREAM_NEWS);
    assert_string_equal(reading->text, "abij");
    assert_int_equal(reading->holes, 0);
    (void)say(reading, 14, "op");
    stream_pass_over(&reading->stream, 5); /* k to o */
    pull(reading);
    assert_string_equal(reading->text, "abijp");
    end(reading);
}

static void what_may_be_padding_counts_once_something_follows_on_it(void **state)
{
    (void)state;
    struct reading *reading = begin(0);
    struct chunk padding = {
        .bytes = wire_over("\0\0", 2), .sequence = 0, .length = 2, .doubtful = true};

    (void)push(reading, &padding);
    assert_int_equal(reading->length, 0);
    (void)say(reading, 0, "ab");
    assert_string_equal(reading->text, "ab");
    padding.sequence = 2;
    (void)push(reading, &padding);
    (void)say(reading, 4, "ef");
    assert_int_equal(reading->length, 6);
    assert_memory_equal(reading->text, "ab\0\0ef", 6);
    padding.sequence = 6;
    (void)push(reading, &padding);
    stream_give_up(&reading->stream);
    assert_null(reading->stream.waiting);
    assert_int_equal(reading->length, 6);
    assert_false(stream_lacks(&reading->stream, 6));
    end(reading);
}

static void what_lies_behind_a_hole_does_not_follow_on_padding(void **state)
{
    (void)state;
    struct reading *reading = begin(0);
    struct chunk padding = {
        .bytes = wire_over("\0\0", 2), .sequence = 0, .length = 2, .doubtful = true};

    (void)push(reading, &padding);
    (void)say(reading, 4, "ef");
    assert_int_equal(reading->length, 0);
    (void)say(reading, 0, "abcd");
    assert_string_equal(reading->text, "abcdef");
    padding.sequence = 6;
    (void)push(reading, &padding);
    (void)say(reading, 10, "kl");
    stream_give_up(&reading->stream);
    pull(reading);
    assert_string_equal(reading->text, "abcdef????kl");
    end(reading);
}

static void acknowledgements_only_go_forward(void **state)
{
    (void)state;
    struct reading *reading = begin(UINT32_MAX - 1);

    (void)say(reading, UINT32_MAX - 1, "abcdef");
    assert_int_equal(stream_unacknowledged(&reading->stream), 0); /* nothing is known */
    assert_true(stream_acknowledge(&reading->stream, UINT32_MAX));
    assert_int_equal(stream_unacknowledged(&reading->stream), 5);
    assert_true(stream_acknowledge(&reading->stream, 2));
    assert_false(stream_acknowledge(&reading->stream, UINT32_MAX));
    assert_false(stream_acknowledge(&reading->stream, 2));
    assert_false(stream_acknowledge(&reading->stream, 3 + STREAM_REACH));
    assert_int_equal(stream_unacknowledged(&reading->stream), 2);
    end(reading);
}

static void what_was_acknowledged_or_closed_beyond_what_was_seen_is_lacking(void **state)
{
    (void)state;
    struct reading *reading = begin(0);

    (void)say(reading, 0, "abcd");
    assert_false(stream_lacks(&reading->stream, 4));
    assert_true(stream_lacks(&reading->stream, 5));
    (void)stream_acknowledge(&reading->stream, 5); /* the FIN */
    assert_false(stream_lacks(&reading->stream, 4));
    (void)stream_acknowledge(&reading->stream, 9);
    assert_true(stream_lacks(&reading->stream, 4));
    end(reading);
    struct stream never = {0};
    assert_false(stream_lacks(&never, 77));
}

static void what_is_held_back_comes_first_when_it_is_asked_for(void **state)
{
    (void)state;
    struct reading reading = {.length = 0};
    char first[] = "abc";
    struct chunk chunk = {.bytes = wire_over(first, 3), .at = {7, 0}, .sequence = 100, .length = 3};
    stream_begin(&reading.stream, 100, false);
    assert_true(stream_hold(&reading.stream, &chunk));
    memset(first, 'x', sizeof first);
    assert_int_equal(reading.length, 0);
    assert_int_equal(stream_memory(&reading.stream) > 3, true);
    pull(&reading);
    assert_string_equal(reading.text, "abc");
    assert_int_equal(reading.last_frame, 7);
    assert_int_equal(say(&reading, 103, "def"), STREAM_NEWS);
    assert_int_equal(say(&reading, 100, "abc"), STREAM_OLD);
    assert_string_equal(reading.text, "abcdef");
    stream_release(&reading.stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_in_order_are_given_where_they_lie),
        cmocka_unit_test(what_is_held_back_comes_first_when_it_is_asked_for),
        cmocka_unit_test(what_comes_early_waits_for_what_is_before_it),
        cmocka_unit_test(what_had_to_wait_was_in_order_with_the_packet_that_it_waited_for),
        cmocka_unit_test(sequence_numbers_wrap),
        cmocka_unit_test(the_first_copy_of_a_byte_wins),
        cmocka_unit_test(every_order_of_overlapping_pieces_gives_every_byte_once),
        cmocka_unit_test(a_capture_that_begins_late_begins_with_what_it_has),
        cmocka_unit_test(a_beginning_may_be_corrected_while_nothing_was_said),
        cmocka_unit_test(keep_alives_and_strangers_are_no_news),
        cmocka_unit_test(a_length_beyond_reach_is_not_believed),
        cmocka_unit_test(a_hole_is_told_with_its_length_once_it_is_given_up),
        cmocka_unit_test(a_hole_that_the_peer_acknowledged_is_soon_stuck),
        cmocka_unit_test(what_waits_is_bounded_and_the_bound_confessed),
        cmocka_unit_test(what_the_snap_length_cut_is_told_behind_the_piece),
        cmocka_unit_test(what_is_passed_over_is_neither_given_nor_missed),
        cmocka_unit_test(what_may_be_padding_counts_once_something_follows_on_it),
        cmocka_unit_test(what_lies_behind_a_hole_does_not_follow_on_padding),
        cmocka_unit_test(acknowledgements_only_go_forward),
        cmocka_unit_test(what_was_acknowledged_or_closed_beyond_what_was_seen_is_lacking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
