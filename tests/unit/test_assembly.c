#include "build.h"
#include "tracking/assembly.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A message of `length` bytes that count up from its type. */
static void put_message(struct build *build, unsigned type, size_t length)
{
    build_open_message(build, type);
    build_filler(build, type, length);
    build_close(build);
}

static struct assembly_pass record(struct wire body, uint64_t frame)
{
    return (struct assembly_pass){body, {frame, 0}, {frame, 0}};
}

static void is_message(const struct message *message, unsigned type, size_t length)
{
    struct build expected = {0};
    build_filler(&expected, type, length);
    assert_int_equal(message->type, type);
    assert_int_equal(message->length, length);
    assert_int_equal(message->body.left, length);
    if (length > 0) {
        assert_memory_equal(message->body.at, expected.bytes, length);
    }
    build_free(&expected);
}

static void several_messages_share_a_record(void **state)
{
    (void)state;
    struct assembly assembly = {0};
    struct build build = {0};
    struct message message;
    struct moment began;

    put_message(&build, 2, 70);
    put_message(&build, 14, 0);
    put_message(&build, 11, 300);
    struct assembly_pass pass = record(build_wire(&build), 7);
    assert_int_equal(assembly_next(&assembly, &message, &began, &pass), FRAMING_WHOLE);
    is_message(&message, 2, 70);
    assert_int_equal(began.frame, 7);
    assert_int_equal(assembly_next(&assembly, &message, &began, &pass), FRAMING_WHOLE);
    is_message(&message, 14, 0);
    assert_int_equal(assembly_next(&assembly, &message, &began, &pass), FRAMING_WHOLE);
    is_message(&message, 11, 300);
    assert_int_equal(assembly_next(&assembly, &message, &began, &pass), FRAMING_PARTIAL);
    assert_null(assembly.held);
    assembly_release(&assembly);
    build_free(&build);
}

/* Three messages in records of `size` bytes, each in a packet of its own. */
static void comes_out_whole(size_t size)
{
    struct assembly assembly = {0};
    struct build build = {0};
    static const size_t lengths[] = {5, 0, 900};
    size_t seen = 0;

    for (unsigned i = 0; i < 3; i++) {
        put_message(&build, 11 + i, lengths[i]);
    }
    struct wire bytes = build_wire(&build);
    for (uint64_t frame = 1; bytes.left > 0; frame++) {
        struct message message;
        struct moment began = {0};
        struct assembly_pass pass = record(wire_take_most(&bytes, size), frame);
        while (assembly_next(&assembly, &message, &began, &pass) == FRAMING_WHOLE) {
            static const size_t starts[] = {0, 9, 13};
            is_message(&message, 11 + (unsigned)seen, lengths[seen]);
            assert_int_equal(began.frame, starts[seen] / size + 1);
            seen++;
        }
    }
    assert_int_equal(seen, 3);
    assembly_release(&assembly);
    build_free(&build);
}

static void a_message_may_be_split_over_any_records(void **state)
{
    (void)state;

    for (size_t size = 1; size < 1000; size += size < 20 ? 1 : 97) {
        comes_out_whole(size);
    }
}

static void an_oversized_message_is_passed_over_and_confessed(void **state)
{
    (void)state;
    struct assembly assembly = {0};
    struct build build = {0};
    struct message message;
    struct moment began;
    uint8_t filler[16384] = {0};
    size_t left = ASSEMBLY_MAX + 1;

    build_u8(&build, 11);
    build_u24(&build, ASSEMBLY_MAX + 1);
    struct assembly_pass pass = record(build_wire(&build), 1);
    assert_int_equal(assembly_next(&assembly, &message, &began, &pass), FRAMING_PARTIAL);
    assert_true(assembly.overflowed);
    while (left > sizeof filler) {
        pass = record(wire_over(filler, sizeof filler), 2);
        assert_int_equal(assembly_next(&assembly, &message, &began, &pass), FRAMING_PARTIAL);
        left -= sizeof filler;
    }
    assert_null(assembly.held);
    build_clear(&build);
    build_bytes(&build, filler, left);
    put_message(&build, 14, 3);
    pass = record(build_wire(&build), 3);
    assert_int_equal(assembly_next(&assembly, &message, &began, &pass), FRAMING_WHOLE);
    is_message(&message, 14, 3);
    assembly_release(&assembly);
    build_free(&build);
}

static void an_oversized_message_whose_header_is_split_is_passed_over_too(void **state)
{
    (void)state;
    struct assembly assembly = {0};
    struct message message;
    struct moment began;
    static const uint8_t header[] = {11, 0xff, 0xff, 0xff, 1, 2, 3};

    for (size_t i = 0; i < sizeof header; i++) {
        struct assembly_pass pass = record(wire_over(header + i, 1), i + 1);
        assert_int_equal(assembly_next(&assembly, &message, &began, &pass), FRAMING_PARTIAL);
    }
    assert_true(assembly.overflowed);
    assert_null(assembly.held);
    assert_int_equal(assembly.pass, 0xffffff - 3);
    assembly_release(&assembly);
}

static void what_is_no_message_drops_the_rest_of_the_record(void **state)
{
    (void)state;
    struct assembly assembly = {0};
    struct build build = {0};
    struct message message;
    struct moment began;

    build_text(&build, "\x63what is this?");
    struct assembly_pass pass = record(build_wire(&build), 1);
    assert_int_equal(assembly_next(&assembly, &message, &began, &pass), FRAMING_NONE);
    assert_int_equal(assembly_next(&assembly, &message, &began, &pass), FRAMING_PARTIAL);
    build_clear(&build);
    put_message(&build, 14, 0);
    pass = record(build_wire(&build), 2);
    assert_int_equal(assembly_next(&assembly, &message, &began, &pass), FRAMING_WHOLE);
    assembly_release(&assembly);
    build_free(&build);
}

static void what_there_is_of_a_message_can_be_had_at_the_end(void **state)
{
    (void)state;
    struct assembly assembly = {0};
    struct build build = {0};
    struct message message;
    struct moment began;

    assert_false(assembly_rest(&assembly, &message));
    put_message(&build, 1, 200);
    struct wire bytes = build_wire(&build);
    struct assembly_pass pass = record(wire_take_most(&bytes, 100), 5);
    assert_int_equal(assembly_next(&assembly, &message, &began, &pass), FRAMING_PARTIAL);
    assert_true(assembly_rest(&assembly, &message));
    assert_int_equal(message.type, 1);
    assert_int_equal(message.length, 200);
    assert_int_equal(message.body.left, 96);
    assert_int_equal(assembly.since.frame, 5);
    assembly_release(&assembly);
    build_free(&build);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_messages_share_a_record),
        cmocka_unit_test(a_message_may_be_split_over_any_records),
        cmocka_unit_test(an_oversized_message_is_passed_over_and_confessed),
        cmocka_unit_test(an_oversized_message_whose_header_is_split_is_passed_over_too),
        cmocka_unit_test(what_is_no_message_drops_the_rest_of_the_record),
        cmocka_unit_test(what_there_is_of_a_message_can_be_had_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
