#include "capture/netmon.h"

#include "build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { FRAMES = 3, TABLE_PLACE = 24, TABLE_LENGTH = 28, LENGTH = 20, ETHERNET = 1, RAW = 101 };

/* 2026-11-21, 20:41:00.123 */
static const int64_t START = INT64_C(1795293660123000000);

static void put_u16(struct build *file, unsigned number)
{
    build_u16(file, (number >> 8 | number << 8) & 0xffff);
}

static void put_u32(struct build *file, uint32_t number)
{
    put_u16(file, number & 0xffff);
    put_u16(file, number >> 16);
}

static void put_u64(struct build *file, uint64_t number)
{
    put_u32(file, (uint32_t)number);
    put_u32(file, (uint32_t)(number >> 32));
}

/* Writes `number` over what stands at `place`. */
static void set_u32(struct build *file, size_t place, uint32_t number)
{
    struct build bytes = {0};
    put_u32(&bytes, number);
    memcpy(file->bytes + place, bytes.bytes, 4);
    build_free(&bytes);
}

static void put_header(struct build *file, unsigned major, unsigned minor, unsigned media)
{
    static const unsigned start[] = {2026, 11, 6, 21, 20, 41, 0, 123};
    build_text(file, major == 1 ? "RTSS" : "GMBU");
    build_u8(file, minor);
    build_u8(file, major);
    put_u16(file, media);
    for (size_t i = 0; i < 8; i++) {
        put_u16(file, start[i]);
    }
    build_filler(file, 0, NETMON_HEADER - file->length);
}

/* A frame of LENGTH bytes of which 100 were sent; `minor` of version 2 has a media type. */
static void put_frame(struct build *file, unsigned major, unsigned minor, uint64_t passed,
                      unsigned media)
{
    if (major == 1) {
        put_u32(file, (uint32_t)passed);
        put_u16(file, 100);
        put_u16(file, LENGTH);
    } else {
        put_u64(file, passed);
        put_u32(file, 100);
        put_u32(file, LENGTH);
    }
    build_filler(file, (uint8_t)(passed & 0xff), LENGTH);
    if (major == 2 && minor >= 1) {
        put_u16(file, media);
    }
    if (major == 2 && minor >= 2) {
        put_u32(file, 0xffffffff);
    }
}

/* Ends the file with a table of `count` places. */
static void put_table(struct build *file, const size_t places[], size_t count)
{
    set_u32(file, TABLE_PLACE, (uint32_t)file->length);
    set_u32(file, TABLE_LENGTH, (uint32_t)count * 4);
    for (size_t i = 0; i < count; i++) {
        put_u32(file, (uint32_t)places[i]);
    }
}

/* A file of three frames, 1000 units apart; gives where they are. */
static void put_file(struct build *file, unsigned major, unsigned minor, size_t places[FRAMES])
{
    put_header(file, major, minor, ETHERNET);
    for (unsigned i = 0; i < FRAMES; i++) {
        places[i] = file->length;
        put_frame(file, major, minor, 1000U * i, ETHERNET);
    }
    put_table(file, places, FRAMES);
}

static void begin(struct netmon *netmon, const struct build *file)
{
    assert_int_equal(netmon_begin(netmon, build_wire(file)), NETMON_BEGINS);
}

static void frames_of_both_versions_come_where_they_lie(void **state)
{
    (void)state;
    for (unsigned minor = 0; minor < 4; minor++) {
        unsigned major = minor == 3 ? 1 : 2;
        struct build file = {0};
        struct netmon netmon;
        struct packet packet;
        size_t places[FRAMES];
        put_file(&file, major, minor, places);
        begin(&netmon, &file);
        for (unsigned i = 0; i < FRAMES; i++) {
            assert_int_equal(netmon_next(&netmon, &packet), NETMON_PACKET);
            assert_int_equal(packet.time, START + i * (major == 1 ? INT64_C(1000000000) : 1000000));
            assert_int_equal(packet.link, ETHERNET);
            assert_int_equal(packet.bytes.left, LENGTH);
            assert_int_equal(packet.length, 100);
            assert_ptr_equal(packet.bytes.at, file.bytes + places[i] + (major == 1 ? 8 : 16));
        }
        assert_int_equal(netmon_next(&netmon, &packet), NETMON_END);
        assert_int_equal(netmon_next(&netmon, &packet), NETMON_END);
        assert_int_equal(netmon.damaged, 0);
        build_free(&file);
    }
}

static void the_order_is_the_tables(void **state)
{
    (void)state;
    struct build file = {0};
    struct netmon netmon;
    struct packet packet;
    size_t places[FRAMES];
    put_file(&file, 2, 0, places);
    const size_t turned[] = {places[2], places[0]};
    put_table(&file, turned, 2);
    begin(&netmon, &file);
    assert_int_equal(netmon_next(&netmon, &packet), NETMON_PACKET);
    assert_int_equal(packet.time, START + 2000000);
    assert_int_equal(netmon_next(&netmon, &packet), NETMON_PACKET);
    assert_int_equal(packet.time, START);
    assert_int_equal(netmon_next(&netmon, &packet), NETMON_END);
    build_free(&file);
}

static void times_may_lie_before_the_start_and_never_overflow(void **state)
{
    (void)state;
    static const struct {
        uint64_t passed;
        int64_t time;
    } cases[] = {
        {UINT64_MAX, -1000},                       /* a microsecond before it */
        {UINT64_MAX / 10 - 9, -96 * INT64_C(100)}, /* only times ten it is negative */
        {INT64_MAX / 10, INT64_MAX / 2},
        {(uint64_t)INT64_MIN / 10 + 1, -(INT64_MAX / 2)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct build file = {0};
        struct netmon netmon;
        struct packet packet;
        const size_t place = NETMON_HEADER;
        put_header(&file, 2, 0, ETHERNET);
        put_frame(&file, 2, 0, cases[i].passed, 0);
        put_table(&file, &place, 1);
        begin(&netmon, &file);
        assert_int_equal(netmon_next(&netmon, &packet), NETMON_PACKET);
        assert_int_equal(packet.time, START + cases[i].time);
        build_free(&file);
    }
}

static void the_time_in_utc_is_preferred(void **state)
{
    (void)state;
    struct build file = {0};
    struct netmon netmon;
    struct packet packet;
    const size_t places[] = {NETMON_HEADER, NETMON_HEADER};
    put_header(&file, 2, 3, ETHERNET);
    put_frame(&file, 2, 3, 5, ETHERNET);
    put_u64(&file, UINT64_C(116444736000000000) + 12345);
    build_u8(&file, 0);
    put_table(&file, places, 2);
    begin(&netmon, &file);
    assert_int_equal(netmon_next(&netmon, &packet), NETMON_PACKET);
    assert_int_equal(packet.time, 1234500);
    set_u32(&file, NETMON_HEADER + 16 + LENGTH + 6, 0);
    set_u32(&file, NETMON_HEADER + 16 + LENGTH + 10, 0);
    assert_int_equal(netmon_next(&netmon, &packet), NETMON_PACKET);
    assert_int_equal(packet.time, START + 5000);
    build_free(&file);
}

static void what_is_no_date_is_1970(void **state)
{
    (void)state;
    for (size_t place = 8; place < 16; place += place == 10 ? 4 : 2) { /* year, month and day */
        struct build file = {0};
        struct netmon netmon;
        size_t places[FRAMES];
        put_file(&file, 2, 0, places);
        file.bytes[place] = file.bytes[place + 1] = 0xff;
        begin(&netmon, &file);
        assert_int_equal(netmon.start, 0);
        build_free(&file);
    }
}

/* What comes of one frame of this media type. */
static enum netmon_result take_media(unsigned media, struct packet *packet)
{
    struct build file = {0};
    struct netmon netmon;
    const size_t place = NETMON_HEADER;
    put_header(&file, 2, 1, 77);
    put_frame(&file, 2, 1, 0, media);
    file.bytes[place + 16 + 1] = 4; /* how long a header of 802.11 is */
    file.bytes[place + 16 + 2] = 0;
    put_table(&file, &place, 1);
    begin(&netmon, &file);
    enum netmon_result result = netmon_next(&netmon, packet);
    packet->bytes.at = NULL;
    build_free(&file);
    return result;
}

static void each_frame_has_a_media_type(void **state)
{
    (void)state;
    static const struct {
        unsigned media;
        int link;
    } cases[] = {
        {0, 1},
        {1, 1},
        {8, RAW},
        {9, RAW},
        {0xe000, 0},
        {0xe000 + 276, 276},
        {0xe080, 105},
        {0xe071, 113},
        {0xe081, NETMON_MEDIA + 0xe081},
        {4, NETMON_MEDIA + 4},
        {5, NETMON_MEDIA + 5},
        {10, NETMON_MEDIA + 10},
        {0xf000, NETMON_MEDIA + 0xf000},
    };
    struct packet packet;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(take_media(cases[i].media, &packet), NETMON_PACKET);
        assert_int_equal(packet.link, cases[i].link);
        assert_int_equal(packet.bytes.left, LENGTH);
    }
    assert_int_equal(take_media(0xffe0, &packet), NETMON_OTHER);
    assert_int_equal(take_media(0xfffb, &packet), NETMON_OTHER);
    assert_int_equal(take_media(0xfffc, &packet), NETMON_NOTE);
    assert_int_equal(take_media(0xfffe, &packet), NETMON_NOTE);
    assert_int_equal(take_media(0xffff, &packet), NETMON_OTHER);
}

static void a_header_before_802_11_is_passed_over(void **state)
{
    (void)state;
    struct packet packet;
    assert_int_equal(take_media(6, &packet), NETMON_PACKET);
    assert_int_equal(packet.link, 105);
    assert_int_equal(packet.bytes.left, LENGTH - 4);
    assert_int_equal(packet.length, 96);
}

static void places_where_no_whole_frame_is_are_counted_and_the_rest_is_read(void **state)
{
    (void)state;
    static const size_t wrong[] = {0xffffffff, 100000, NETMON_HEADER + 5};
    struct build file = {0};
    struct netmon netmon;
    struct packet packet;
    size_t places[FRAMES];
    put_file(&file, 2, 0, places);
    const size_t table[] = {wrong[0], places[0], wrong[1], places[1], wrong[2], places[2]};
    put_table(&file, table, 6);
    begin(&netmon, &file);
    for (unsigned i = 0; i < FRAMES; i++) {
        assert_int_equal(netmon_next(&netmon, &packet), NETMON_DAMAGED);
        assert_int_equal(netmon_next(&netmon, &packet), NETMON_PACKET);
        assert_int_equal(packet.time, START + i * INT64_C(1000000));
    }
    assert_int_equal(netmon_next(&netmon, &packet), NETMON_END);
    assert_int_equal(netmon.damaged, FRAMES);
    build_free(&file);
}

static void a_frame_longer_than_any_is_damaged(void **state)
{
    (void)state;
    for (uint32_t more = 0; more < 2; more++) {
        struct build file = {0};
        struct netmon netmon;
        struct packet packet;
        const size_t place = NETMON_HEADER;
        put_header(&file, 2, 0, ETHERNET);
        put_u64(&file, 0);
        put_u32(&file, CAPTURE_SNAP_LENGTH + more);
        put_u32(&file, CAPTURE_SNAP_LENGTH + more);
        build_filler(&file, 1, CAPTURE_SNAP_LENGTH + more);
        put_table(&file, &place, 1);
        begin(&netmon, &file);
        assert_int_equal(netmon_next(&netmon, &packet), more ? NETMON_DAMAGED : NETMON_PACKET);
        build_free(&file);
    }
}

static void a_file_that_was_cut_gives_the_frames_that_are_whole(void **state)
{
    (void)state;
    struct build file = {0};
    size_t places[FRAMES + 1];
    put_file(&file, 2, 1, places);
    places[FRAMES] = places[2] + (places[2] - places[1]);
    for (size_t length = 0; length < file.length; length++) {
        struct netmon netmon;
        struct packet packet;
        struct wire part = wire_over(file.bytes, length);
        if (length < NETMON_HEADER) {
            assert_int_equal(netmon_begin(&netmon, part), NETMON_SHORT);
            continue;
        }
        unsigned whole = 0;
        while (whole < FRAMES && places[whole + 1] <= length) {
            whole++;
        }
        assert_int_equal(netmon_begin(&netmon, part), NETMON_BEGINS);
        for (unsigned i = 0; i < whole; i++) {
            assert_int_equal(netmon_next(&netmon, &packet), NETMON_PACKET);
            assert_int_equal(packet.time, START + i * INT64_C(1000000));
        }
        bool between = length == places[whole] || whole == FRAMES;
        assert_int_equal(netmon_next(&netmon, &packet),
                         between ? NETMON_CUT : NETMON_CUT_IN_PACKET);
    }
    build_free(&file);
}

static void other_versions_are_told(void **state)
{
    (void)state;
    struct build file = {0};
    struct netmon netmon;
    put_header(&file, 3, 1, ETHERNET);
    assert_int_equal(netmon_begin(&netmon, build_wire(&file)), NETMON_VERSION);
    assert_int_equal(netmon.major, 3);
    assert_int_equal(netmon.minor, 1);
    build_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_of_both_versions_come_where_they_lie),
        cmocka_unit_test(the_order_is_the_tables),
        cmocka_unit_test(times_may_lie_before_the_start_and_never_overflow),
        cmocka_unit_test(the_time_in_utc_is_preferred),
        cmocka_unit_test(what_is_no_date_is_1970),
        cmocka_unit_test(each_frame_has_a_media_type),
        cmocka_unit_test(a_header_before_802_11_is_passed_over),
        cmocka_unit_test(places_where_no_whole_frame_is_are_counted_and_the_rest_is_read),
        cmocka_unit_test(a_frame_longer_than_any_is_damaged),
        cmocka_unit_test(a_file_that_was_cut_gives_the_frames_that_are_whole),
        cmocka_unit_test(other_versions_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
