#include "build.h"
#include "handshake.h"
#include "tracking/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { LONGEST = 16384 };

static const struct moment NOW = {9, 0};

/* A ClientHello's record, the first of a connection. */
static void put_hello(struct build *build)
{
    build_open_record(build, RECORD_HANDSHAKE, 0x0301);
    build_open_message(build, HANDSHAKE_CLIENT_HELLO);
    build_client_hello(build, &(struct build_client_hello){.server_name = "www.example.org"});
    build_close(build);
    build_close(build);
}

static void put_data(struct build *build, size_t length)
{
    build_open_record(build, RECORD_APPLICATION_DATA, 0x0303);
    build_filler(build, 1, length);
    build_close(build);
}

static enum reading next(struct reader *reader, struct record *record, struct wire *piece)
{
    struct moment began;
    return reader_next(reader, record, &began, piece, false, NOW);
}

/* Gives bytes in pieces of `size`; returns how many records came out, the length of the last in
 * *length. */
static size_t read_in_pieces(struct reader *reader, struct wire bytes, size_t size,
                             uint16_t *length)
{
    size_t records = 0;
    while (bytes.left > 0) {
        struct wire piece = wire_take_most(&bytes, size);
        struct record record;
        enum reading reading = next(reader, &record, &piece);
        while (reading != READING_NOTHING) {
            assert_int_equal(reading, READING_RECORD);
            if (!reader->heads_only) {
                assert_int_equal(record.body.left, record.length);
            }
            *length = record.length;
            records++;
            reading = next(reader, &record, &piece);
        }
        assert_int_equal(piece.left, 0);
    }
    return records;
}

static void records_come_out_whole_however_they_are_cut(void **state)
{
    (void)state;
    struct build build = {0};

    put_hello(&build);
    put_data(&build, 0);
    put_data(&build, 300);
    build_alert_record(&build, 0x0303, 1, 0);
    for (size_t size = 1; size <= build.length; size += size < 30 ? 1 : 41) {
        struct reader reader = {0};
        uint16_t length = 0;
        assert_int_equal(read_in_pieces(&reader, build_wire(&build), size, &length), 4);
        assert_int_equal(length, 2);
        reader_release(&reader);
    }
    build_free(&build);
}

static void a_whole_record_is_given_where_it_lies(void **state)
{
    (void)state;
    struct reader reader = {0};
    struct build build = {0};
    struct record record;

    put_hello(&build);
    struct wire piece = build_wire(&build);
    assert_int_equal(next(&reader, &record, &piece), READING_RECORD);
    assert_ptr_equal(record.body.at, build.bytes + RECORD_HEADER);
    assert_null(reader.held);
    build_free(&build);
    reader_release(&reader);
}

static void the_packet_that_began_a_record_is_known(void **state)
{
    (void)state;
    struct reader reader = {0};
    struct build build = {0};
    struct record record;
    struct moment began = {0};

    put_hello(&build);
    struct wire bytes = build_wire(&build);
    struct wire piece = wire_take_most(&bytes, 3);
    assert_int_equal(reader_next(&reader, &record, &began, &piece, false, (struct moment){4, 0}),
                     READING_NOTHING);
    assert_int_equal(reader_next(&reader, &record, &began, &bytes, false, (struct moment){6, 0}),
                     READING_RECORD);
    assert_int_equal(began.frame, 4);
    build_free(&build);
    reader_release(&reader);
}

static void of_application_data_the_head_is_enough_when_nobody_wants_more(void **state)
{
    (void)state;
    struct build build = {0};

    put_hello(&build);
    put_data(&build, LONGEST);
    put_data(&build, LONGEST);
    build_alert_record(&build, 0x0303, 1, 0);
    for (size_t size = 1; size <= 8192; size *= 2) {
        struct reader reader = {.heads_only = true};
        uint16_t length = 0;
        assert_int_equal(read_in_pieces(&reader, build_wire(&build), size, &length), 4);
        assert_int_equal(length, 2);
        assert_true(reader.held_room <= 2048);
        reader_release(&reader);
    }
    build_free(&build);
}

static void what_is_passed_over_becomes_the_caller_s(void **state)
{
    (void)state;
    struct reader reader = {.heads_only = true, .mode = READER_RECORDS};
    struct build build = {0};
    struct record record;

    put_data(&build, 1000);
    struct wire piece = wire_over(build.bytes, 105);
    assert_int_equal(next(&reader, &record, &piece), READING_RECORD);
    assert_int_equal(record.length, 1000);
    assert_int_equal(next(&reader, &record, &piece), READING_NOTHING);
    assert_int_equal(reader_unwanted(&reader), 900);
    assert_int_equal(reader_unwanted(&reader), 0);
    piece = build_wire(&build);
    assert_int_equal(next(&reader, &record, &piece), READING_RECORD);
    build_free(&build);
    reader_release(&reader);
}

static void what_is_no_tls_is_cleartext_until_a_unit_ends(void **state)
{
    (void)state;
    struct reader reader = {0};
    struct build build = {0};
    struct record record;

    build_text(&build, "EHLO me\r\nSTARTTLS\r\n");
    put_hello(&build);
    struct wire piece = build_wire(&build);
    assert_int_equal(next(&reader, &record, &piece), READING_CLEARTEXT);
    assert_int_equal(record.body.left, build.length);
    reader_took(&reader, &piece, 9, true);
    assert_int_equal(next(&reader, &record, &piece), READING_CLEARTEXT);
    reader_took(&reader, &piece, 4, false);
    assert_int_equal(reader.mode, READER_CLEARTEXT);
    assert_int_equal(next(&reader, &record, &piece), READING_CLEARTEXT);
    reader_took(&reader, &piece, 6, true);
    assert_int_equal(next(&reader, &record, &piece), READING_RECORD);
    assert_int_equal(record.type, RECORD_HANDSHAKE);
    build_free(&build);
    reader_release(&reader);
}

static void a_record_with_a_hole_is_given_as_far_as_it_goes(void **state)
{
    (void)state;
    struct reader reader = {0};
    struct build build = {0};
    struct record record;

    put_hello(&build);
    size_t hello = build.length;
    build_alert_record(&build, 0x0303, 2, 40);
    struct wire piece = wire_over(build.bytes, 50);
    assert_int_equal(next(&reader, &record, &piece), READING_NOTHING);
    assert_true(reader_hole(&reader, &record, 10));
    assert_int_equal(record.length, hello - RECORD_HEADER);
    assert_int_equal(record.body.left, 45);
    assert_true(reader.doubtful);
    piece = wire_over(build.bytes + 60, build.length - 60);
    assert_int_equal(next(&reader, &record, &piece), READING_RECORD); /* the rest was passed over */
    assert_int_equal(record.type, RECORD_ALERT);
    build_free(&build);
    reader_release(&reader);
}

static void a_capture_that_begins_late_may_begin_with_any_record_in_any_piece(void **state)
{
    (void)state;
    struct build build = {0};

    put_data(&build, 300);
    build_alert_record(&build, 0x0303, 1, 0);
    for (size_t size = 1; size <= build.length; size += size < 9 ? 1 : 50) {
        struct reader reader = {.doubtful = true};
        uint16_t length = 0;
        assert_int_equal(read_in_pieces(&reader, build_wire(&build), size, &length), 2);
        reader_release(&reader);
    }
    build_free(&build);
}

static void behind_a_hole_a_packet_must_begin_with_records(void **state)
{
    (void)state;
    struct reader reader = {0};
    struct build build = {0};
    struct record record;

    put_hello(&build);
    struct wire piece = wire_over(build.bytes, 50);
    assert_int_equal(next(&reader, &record, &piece), READING_NOTHING);
    assert_true(reader_hole(&reader, &record, 100000));
    assert_int_equal(reader.mode, READER_LOST);
    build_clear(&build);
    build_filler(&build, 30, 200);
    put_data(&build, 20);
    piece = build_wire(&build);
    assert_int_equal(next(&reader, &record, &piece), READING_NOTHING);
    assert_int_equal(reader.mode, READER_LOST);
    piece = wire_over(build.bytes + 200, build.length - 200);
    assert_int_equal(next(&reader, &record, &piece), READING_RECORD);
    assert_int_equal(record.length, 20);
    build_free(&build);
    reader_release(&reader);
}

static void a_hole_in_what_is_passed_over_is_none(void **state)
{
    (void)state;
    struct reader reader = {.heads_only = true, .mode = READER_RECORDS};
    struct build build = {0};
    struct record record;

    put_data(&build, 1000);
    struct wire piece = wire_over(build.bytes, 5);
    assert_int_equal(next(&reader, &record, &piece), READING_RECORD);
    assert_false(reader_hole(&reader, &record, 1000));
    assert_false(reader.doubtful);
    piece = build_wire(&build);
    assert_int_equal(next(&reader, &record, &piece), READING_RECORD);
    build_free(&build);
    reader_release(&reader);
}

static void what_breaks_off_between_records_is_lost_and_shown(void **state)
{
    (void)state;
    struct reader reader = {0};
    struct build build = {0};
    struct record record;

    put_hello(&build);
    build_text(&build, "HTTP/1.1 400 Bad Request\r\n");
    struct wire piece = build_wire(&build);
    assert_int_equal(next(&reader, &record, &piece), READING_RECORD);
    assert_int_equal(next(&reader, &record, &piece), READING_BROKEN);
    assert_memory_equal(record.body.at, "HTTP/1.1", 8);
    assert_int_equal(next(&reader, &record, &piece), READING_NOTHING);
    build_free(&build);
    reader_release(&reader);
}

static void the_end_gives_what_there_is_of_a_record(void **state)
{
    (void)state;
    struct reader reader = {0};
    struct build build = {0};
    struct record record;

    assert_false(reader_end(&reader, &record));
    reader = (struct reader){0};
    put_hello(&build);
    struct wire piece = wire_over(build.bytes, 40);
    assert_int_equal(next(&reader, &record, &piece), READING_NOTHING);
    assert_true(reader_end(&reader, &record));
    assert_int_equal(record.body.left, 35);
    assert_int_equal(next(&reader, &record, &piece), READING_NOTHING);
    build_free(&build);
    reader_release(&reader);
}

static void a_deaf_reader_hears_nothing(void **state)
{
    (void)state;
    struct reader reader = {0};
    struct build build = {0};
    struct record record;

    reader_release(&reader);
    put_hello(&build);
    struct wire piece = build_wire(&build);
    assert_int_equal(next(&reader, &record, &piece), READING_NOTHING);
    assert_int_equal(piece.left, 0);
    assert_false(reader_hole(&reader, &record, 5));
    build_free(&build);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_out_whole_however_they_are_cut),
        cmocka_unit_test(a_whole_record_is_given_where_it_lies),
        cmocka_unit_test(the_packet_that_began_a_record_is_known),
        cmocka_unit_test(of_application_data_the_head_is_enough_when_nobody_wants_more),
        cmocka_unit_test(what_is_passed_over_becomes_the_caller_s),
        cmocka_unit_test(what_is_no_tls_is_cleartext_until_a_unit_ends),
        cmocka_unit_test(a_record_with_a_hole_is_given_as_far_as_it_goes),
        cmocka_unit_test(a_capture_that_begins_late_may_begin_with_any_record_in_any_piece),
        cmocka_unit_test(behind_a_hole_a_packet_must_begin_with_records),
        cmocka_unit_test(a_hole_in_what_is_passed_over_is_none),
        cmocka_unit_test(what_breaks_off_between_records_is_lost_and_shown),
        cmocka_unit_test(the_end_gives_what_there_is_of_a_record),
        cmocka_unit_test(a_deaf_reader_hears_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
