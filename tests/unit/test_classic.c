#include "capture/classic.h"

#include "build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { MICROSECONDS = 1000, ETHERNET = 1 };

static void put_u32(struct build *file, bool little, uint32_t number)
{
    if (little) {
        number = number >> 24 | (number >> 8 & 0xff00) | (number << 8 & 0xff0000) | number << 24;
    }
    build_u32(file, number);
}

static void put_u16(struct build *file, bool little, unsigned number)
{
    build_u16(file, little ? (number >> 8 | number << 8) & 0xffff : number);
}

static void put_packet_header(struct build *file, bool little, uint32_t seconds, uint32_t part,
                              uint32_t captured)
{
    put_u32(file, little, seconds);
    put_u32(file, little, part);
    put_u32(file, little, captured);
    put_u32(file, little, 1514);
}

/* Whether a file of this magic number and version is ours, and how it is read then. */
static bool begins(struct classic *classic, bool little, uint32_t magic, unsigned major,
                   unsigned minor)
{
    struct build file = {0};
    put_u32(&file, little, magic);
    put_u16(&file, little, major);
    put_u16(&file, little, minor);
    bool ours = classic_begins(classic, build_wire(&file));
    build_free(&file);
    return ours;
}

static void files_of_our_time_are_taken_in_both_byte_orders_and_precisions(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct classic classic;
        bool little = i % 2 != 0, nano = i >= 2;
        assert_true(begins(&classic, little, nano ? 0xa1b23c4d : 0xa1b2c3d4, 2, 4));
        assert_int_equal(classic.little, little);
        assert_int_equal(classic.unit, nano ? 1 : MICROSECONDS);
    }
}

static void the_formats_history_is_left_to_libpcap(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct classic classic;
        bool little = i != 0;
        assert_false(begins(&classic, little, 0xa1b2c3d4, 2, 3));   /* lengths may be swapped */
        assert_false(begins(&classic, little, 0xa1b2c3d4, 2, 5));   /* not written yet */
        assert_false(begins(&classic, little, 0xa1b2c3d4, 543, 0)); /* DG/UX */
        assert_false(begins(&classic, little, 0xa1b2c3d4, 4, 2));
        assert_false(begins(&classic, little, 0xa1b2cd34, 2, 4)); /* Kuznetzov */
        assert_false(begins(&classic, little, 0xa12b3c4d, 2, 4)); /* Navtel */
        assert_false(begins(&classic, little, 0x0a0d0d0a, 2, 4));
    }
    struct classic classic;
    assert_false(classic_begins(&classic, wire_over("\xa1\xb2\xc3\xd4\0\2\0", 7)));
}

static void a_packet_is_given_where_it_lies(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct classic classic = {
            .link = ETHERNET, .snap_length = 100, .unit = MICROSECONDS, .little = i != 0};
        struct build file = {0};
        struct packet packet;
        size_t wanted = 0;
        put_packet_header(&file, classic.little, 1000, 123456, 60);
        build_filler(&file, 1, 60 + 5);
        struct wire unread = build_wire(&file);
        assert_int_equal(classic_next(&classic, &packet, &wanted, &unread), CLASSIC_PACKET);
        assert_int_equal(packet.time, INT64_C(1000123456000));
        assert_int_equal(packet.link, ETHERNET);
        assert_int_equal(packet.length, 1514);
        assert_int_equal(packet.bytes.left, 60);
        assert_ptr_equal(packet.bytes.at, file.bytes + CLASSIC_PACKET_HEADER);
        assert_int_equal(unread.left, 5);
        build_free(&file);
    }
}

static void a_packet_that_is_not_whole_is_left_and_says_what_it_needs(void **state)
{
    (void)state;
    const struct classic classic = {.link = ETHERNET, .snap_length = 100, .unit = MICROSECONDS};
    struct build file = {0};
    put_packet_header(&file, false, 1000, 0, 60);
    build_filler(&file, 1, 60);
    for (size_t length = 0; length < file.length; length++) {
        struct packet packet;
        size_t wanted = 0;
        struct wire unread = wire_over(file.bytes, length);
        assert_int_equal(classic_next(&classic, &packet, &wanted, &unread), CLASSIC_MORE);
        assert_int_equal(wanted,
                         length < CLASSIC_PACKET_HEADER ? CLASSIC_PACKET_HEADER : file.length);
        assert_int_equal(unread.left, length);
        assert_true(wire_ok(&unread));
    }
    build_free(&file);
}

static void a_packet_is_cut_to_the_snap_length_and_passed_over_whole(void **state)
{
    (void)state;
    const struct classic classic = {.link = ETHERNET, .snap_length = 10, .unit = MICROSECONDS};
    struct build file = {0};
    struct packet packet;
    size_t wanted = 0;
    put_packet_header(&file, false, 1000, 0, 60);
    build_filler(&file, 1, 60);
    struct wire unread = build_wire(&file);
    assert_int_equal(classic_next(&classic, &packet, &wanted, &unread), CLASSIC_PACKET);
    assert_int_equal(packet.bytes.left, 10);
    assert_int_equal(unread.left, 0);
    build_free(&file);
}

static void a_packet_longer_than_any_is_damage(void **state)
{
    (void)state;
    const struct classic classic = {.link = ETHERNET, .snap_length = 10, .unit = MICROSECONDS};
    struct build file = {0};
    struct packet packet;
    size_t wanted = 0;
    put_packet_header(&file, false, 1000, 0, CAPTURE_SNAP_LENGTH);
    put_packet_header(&file, false, 1000, 0, CAPTURE_SNAP_LENGTH + 1);
    struct wire unread = build_wire(&file);
    assert_int_equal(classic_next(&classic, &packet, &wanted, &unread), CLASSIC_MORE);
    wire_skip(&unread, CLASSIC_PACKET_HEADER);
    assert_int_equal(classic_next(&classic, &packet, &wanted, &unread), CLASSIC_DAMAGED);
    assert_int_equal(wanted, CAPTURE_SNAP_LENGTH + 1);
    build_free(&file);
}

static void times_are_unsigned_and_never_overflow(void **state)
{
    (void)state;
    const struct classic classic = {.link = ETHERNET, .snap_length = 10, .unit = MICROSECONDS};
    struct build file = {0};
    struct packet packet;
    size_t wanted = 0;
    put_packet_header(&file, false, UINT32_MAX, UINT32_MAX, 0);
    struct wire unread = build_wire(&file);
    assert_int_equal(classic_next(&classic, &packet, &wanted, &unread), CLASSIC_PACKET);
    assert_int_equal(packet.time, UINT32_MAX * INT64_C(1000000000) + UINT32_MAX);
    build_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_of_our_time_are_taken_in_both_byte_orders_and_precisions),
        cmocka_unit_test(the_formats_history_is_left_to_libpcap),
        cmocka_unit_test(a_packet_is_given_where_it_lies),
        cmocka_unit_test(a_packet_that_is_not_whole_is_left_and_says_what_it_needs),
        cmocka_unit_test(a_packet_is_cut_to_the_snap_length_and_passed_over_whole),
        cmocka_unit_test(a_packet_longer_than_any_is_damage),
        cmocka_unit_test(times_are_unsigned_and_never_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
