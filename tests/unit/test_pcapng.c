#include "capture/pcapng.h"

#include "build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { SECTION = 0x0a0d0d0a, INTERFACE = 1, OLD_PACKET = 2, SIMPLE = 3, PACKET = 6, NAMES = 4 };

/* A file as it is written, in the byte order of its section. */
struct file {
    struct build build;
    bool little;
    size_t start; /* of the block that is written */
};

static void put_u16(struct file *file, unsigned number)
{
    build_u16(&file->build, file->little ? (number >> 8 | number << 8) & 0xffff : number);
}

static void put_u32(struct file *file, uint32_t number)
{
    put_u16(file, file->little ? number & 0xffff : number >> 16);
    put_u16(file, file->little ? number >> 16 : number & 0xffff);
}

static void begin_block(struct file *file, uint32_t type)
{
    file->start = file->build.length;
    put_u32(file, type);
    put_u32(file, 0);
}

static void end_block(struct file *file)
{
    struct file length = {.little = file->little};
    build_filler(&file->build, 0, -(file->build.length - file->start) % 4);
    put_u32(&length, (uint32_t)(file->build.length - file->start) + 4);
    memcpy(file->build.bytes + file->start + 4, length.build.bytes, 4);
    build_bytes(&file->build, length.build.bytes, 4);
    build_free(&length.build);
}

static void put_section(struct file *file, bool little, unsigned major)
{
    file->little = little;
    begin_block(file, SECTION);
    put_u32(file, 0x1a2b3c4d);
    put_u16(file, major);
    put_u16(file, 0);
    build_filler(&file->build, 0xff, 8);
    end_block(file);
}

static void put_interface(struct file *file, unsigned link, uint32_t snap_length)
{
    begin_block(file, INTERFACE);
    put_u16(file, link);
    put_u16(file, 0);
    put_u32(file, snap_length);
    end_block(file);
}

/* One that counts in `resolution`, and whose times lie `offset` seconds before all others. */
static void put_clock(struct file *file, uint8_t resolution, uint64_t offset)
{
    begin_block(file, INTERFACE);
    put_u16(file, 1);
    put_u16(file, 0);
    put_u32(file, 0);
    put_u16(file, 2); /* if_name, passed over */
    put_u16(file, 5);
    build_text(&file->build, "eth0:");
    build_filler(&file->build, 0, 3);
    put_u16(file, 9);
    put_u16(file, 1);
    build_u8(&file->build, resolution);
    build_filler(&file->build, 0, 3);
    put_u16(file, 14);
    put_u16(file, 8);
    put_u32(file, file->little ? (uint32_t)offset : (uint32_t)(offset >> 32));
    put_u32(file, file->little ? (uint32_t)(offset >> 32) : (uint32_t)offset);
    end_block(file);
}

static void put_packet(struct file *file, uint32_t interface, uint64_t time, uint32_t captured)
{
    begin_block(file, PACKET);
    put_u32(file, interface);
    put_u32(file, (uint32_t)(time >> 32));
    put_u32(file, (uint32_t)time);
    put_u32(file, captured);
    put_u32(file, 1514);
    build_filler(&file->build, 7, captured);
    end_block(file);
}

/* Takes blocks up to the next packet, or to what else ends. */
static enum pcapng_result next(struct pcapng *pcapng, struct packet *packet, struct wire *unread)
{
    size_t wanted = 0;
    enum pcapng_result result = PCAPNG_OTHER;
    while (result == PCAPNG_OTHER || result == PCAPNG_INTERFACE) {
        result = pcapng_next(pcapng, packet, &wanted, unread);
    }
    return result;
}

/* Expects the file to end in damage, in these words. */
static void is_damaged(struct file *file, const char *words)
{
    struct pcapng pcapng = {0};
    struct packet packet;
    struct wire unread = build_wire(&file->build);
    enum pcapng_result result = PCAPNG_PACKET;
    while (result == PCAPNG_PACKET) {
        result = next(&pcapng, &packet, &unread);
    }
    assert_int_equal(result, PCAPNG_DAMAGED);
    assert_string_equal(pcapng.words, words);
    size_t left = unread.left;
    assert_int_equal(next(&pcapng, &packet, &unread), PCAPNG_DAMAGED);
    assert_string_equal(pcapng.words, words);
    assert_int_equal(unread.left, left);
    pcapng_release(&pcapng);
    build_free(&file->build);
}

static void a_packet_is_given_where_it_lies(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct file file = {0};
        struct pcapng pcapng = {0};
        struct packet packet;
        put_section(&file, i != 0, 1);
        put_interface(&file, 1, 100);
        put_packet(&file, 0, 1000123456, 61);
        struct wire unread = build_wire(&file.build);
        assert_int_equal(next(&pcapng, &packet, &unread), PCAPNG_PACKET);
        assert_int_equal(packet.time, INT64_C(1000123456000));
        assert_int_equal(packet.link, 1);
        assert_int_equal(packet.length, 1514);
        assert_int_equal(packet.bytes.left, 61);
        assert_ptr_equal(packet.bytes.at, file.build.bytes + file.build.length - 4 - 64);
        assert_int_equal(unread.left, 0);
        pcapng_release(&pcapng);
        build_free(&file.build);
    }
}

static void a_block_that_is_not_whole_is_left_and_says_what_it_needs(void **state)
{
    (void)state;
    struct file file = {0};
    struct pcapng pcapng = {0};
    struct packet packet;
    size_t wanted = 0;
    put_section(&file, true, 1);
    for (size_t length = 0; length < file.build.length; length++) {
        struct wire unread = wire_over(file.build.bytes, length);
        assert_int_equal(pcapng_next(&pcapng, &packet, &wanted, &unread), PCAPNG_MORE);
        assert_int_equal(wanted, length < 4 ? PCAPNG_BLOCK_HEADER : length < 12 ? 12 : 28);
        assert_int_equal(unread.left, length);
    }
    put_interface(&file, 1, 100);
    struct wire unread = build_wire(&file.build);
    assert_int_equal(pcapng_next(&pcapng, &packet, &wanted, &unread), PCAPNG_OTHER);
    for (size_t length = 0; length < 20; length++) {
        struct wire part = wire_over(unread.at, length);
        assert_int_equal(pcapng_next(&pcapng, &packet, &wanted, &part), PCAPNG_MORE);
        assert_int_equal(wanted, length < PCAPNG_BLOCK_HEADER ? PCAPNG_BLOCK_HEADER : 20);
        assert_int_equal(part.left, length);
    }
    assert_int_equal(pcapng_next(&pcapng, &packet, &wanted, &unread), PCAPNG_INTERFACE);
    assert_int_equal(packet.link, 1);
    pcapng_release(&pcapng);
    build_free(&file.build);
}

static void each_interface_has_its_link_type_and_snap_length(void **state)
{
    (void)state;
    struct file file = {0};
    struct pcapng pcapng = {0};
    struct packet packet;
    put_section(&file, true, 1);
    put_interface(&file, 1, 100);
    put_interface(&file, 101, 0);
    put_interface(&file, 0, 60);
    put_packet(&file, 1, 0, 5000);
    put_packet(&file, 2, 0, 60);
    put_packet(&file, 0, 0, 100);
    struct wire unread = build_wire(&file.build);
    static const int links[] = {101, 0, 1};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(next(&pcapng, &packet, &unread), PCAPNG_PACKET);
        assert_int_equal(packet.link, links[i]);
    }
    pcapng_release(&pcapng);
    put_packet(&file, 2, 0, 61);
    is_damaged(&file, "invalid packet capture length 61, bigger than snaplen of 60");
}

static void sections_count_interfaces_anew_and_may_change_the_byte_order(void **state)
{
    (void)state;
    struct file file = {0};
    struct pcapng pcapng = {0};
    struct packet packet;
    for (unsigned i = 0; i < 4; i++) {
        put_section(&file, i == 1 || i == 2, 1);
        put_interface(&file, 100 + i, 0);
        put_packet(&file, 0, i, 10 + i);
    }
    struct wire unread = build_wire(&file.build);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(next(&pcapng, &packet, &unread), PCAPNG_PACKET);
        assert_int_equal(packet.link, 100 + i);
        assert_int_equal(packet.time, i * 1000);
        assert_int_equal(packet.bytes.left, 10 + i);
        assert_int_equal(pcapng.little, i == 1 || i == 2);
    }
    pcapng_release(&pcapng);
    put_section(&file, true, 1);
    put_packet(&file, 0, 0, 10);
    is_damaged(&file, "a packet arrived on interface 0, but there's no Interface Description Block "
                      "for that interface");
}

static void times_have_the_unit_and_the_offset_of_their_interface(void **state)
{
    (void)state;
    static const struct {
        uint8_t resolution;
        uint64_t offset, ticks;
        int64_t time;
    } cases[] = {
        {9, 0, 1234567890123456789, 1234567890123456789},
        {6, 0, 1234567890123456, 1234567890123456000},
        {3, 0, 1234567890123, 1234567890123000000},
        {0, 0, 1234567890, 1234567890000000000},
        {12, 0, 1234567890123456, 1234567890123},
        {19, 0, UINT64_MAX, 1844674407},
        {6, 3600, 1500000, 3601500000000},
        {9, (uint64_t)-1, 1500000000, 500000000},
        {0x80 | 20, 0, 3 << 19, 1500000000},
        {0x80 | 32, 0, 3ULL << 31, 1500000000},
        {0x80 | 34, 0, (1ULL << 34) - 1, 999999999},
        {0x80 | 63, 0, 3ULL << 61, 750000000},
        {0x80 | 0, 0, 7, 7000000000},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        struct file file = {0};
        struct pcapng pcapng = {0};
        struct packet packet;
        put_section(&file, i % 2 != 0, 1);
        put_clock(&file, cases[i / 2].resolution, cases[i / 2].offset);
        put_packet(&file, 0, cases[i / 2].ticks, 10);
        struct wire unread = build_wire(&file.build);
        assert_int_equal(next(&pcapng, &packet, &unread), PCAPNG_PACKET);
        assert_int_equal(packet.time, cases[i / 2].time);
        pcapng_release(&pcapng);
        build_free(&file.build);
    }
}

static void times_that_cannot_be_are_clamped(void **state)
{
    (void)state;
    static const uint64_t offsets[] = {0, INT64_MAX, (uint64_t)INT64_MIN};
    for (size_t i = 0; i < 3; i++) {
        struct file file = {0};
        struct pcapng pcapng = {0};
        struct packet packet;
        put_section(&file, true, 1);
        put_clock(&file, 0, offsets[i]);
        put_packet(&file, 0, i == 0 ? (uint64_t)INT64_MAX : 0, 10);
        struct wire unread = build_wire(&file.build);
        assert_int_equal(next(&pcapng, &packet, &unread), PCAPNG_PACKET);
        const int64_t last = (INT64_MAX / 1000000000 - 5) * 1000000000;
        assert_int_equal(packet.time, i == 2 ? -last : last);
        pcapng_release(&pcapng);
        build_free(&file.build);
    }
}

static void simple_and_old_packets_are_taken_and_other_blocks_passed_over(void **state)
{
    (void)state;
    struct file file = {0};
    struct pcapng pcapng = {0};
    struct packet packet;
    put_section(&file, false, 1);
    put_interface(&file, 1, 64);
    begin_block(&file, NAMES);
    build_filler(&file.build, 3, 40);
    end_block(&file);
    begin_block(&file, SIMPLE);
    put_u32(&file, 1000);
    build_filler(&file.build, 7, 64);
    end_block(&file);
    put_interface(&file, 101, 64);
    begin_block(&file, OLD_PACKET);
    put_u16(&file, 1);
    put_u16(&file, 9);
    put_u32(&file, 0);
    put_u32(&file, 5);
    put_u32(&file, 30);
    put_u32(&file, 40);
    build_filler(&file.build, 7, 30);
    end_block(&file);
    struct wire unread = build_wire(&file.build);
    assert_int_equal(next(&pcapng, &packet, &unread), PCAPNG_PACKET);
    assert_int_equal(packet.bytes.left, 64);
    assert_int_equal(packet.length, 1000);
    assert_int_equal(packet.time, 0);
    assert_int_equal(next(&pcapng, &packet, &unread), PCAPNG_PACKET);
    assert_int_equal(packet.link, 101);
    assert_int_equal(packet.time, 5000);
    assert_int_equal(packet.bytes.left, 30);
    assert_int_equal(packet.length, 40);
    assert_int_equal(next(&pcapng, &packet, &unread), PCAPNG_MORE);
    assert_int_equal(unread.left, 0);
    pcapng_release(&pcapng);
    build_free(&file.build);
}

static void more_interfaces_than_are_allowed_are_damage(void **state)
{
    (void)state;
    struct file file = {0};
    struct pcapng pcapng = {0};
    struct packet packet;
    put_section(&file, true, 1);
    for (unsigned i = 0; i <= PCAPNG_INTERFACES_MOST; i++) {
        put_interface(&file, 1, 64);
    }
    struct wire unread = build_wire(&file.build);
    assert_int_equal(next(&pcapng, &packet, &unread), PCAPNG_DAMAGED);
    assert_int_equal(pcapng.count, PCAPNG_INTERFACES_MOST);
    pcapng_release(&pcapng);
    is_damaged(&file, "more than 65536 interfaces in the file");
}

static void damage_has_libpcaps_words(void **state)
{
    (void)state;
    struct file file = {0};
    put_section(&file, true, 1);
    put_packet(&file, 0, 0, 10);
    is_damaged(&file,
               "the capture file has a packet block before any Interface Description Blocks");
    file = (struct file){0};
    put_section(&file, true, 2);
    is_damaged(&file, "unsupported pcapng savefile version 2.0");
    file = (struct file){0};
    put_section(&file, true, 1);
    put_section(&file, false, 2);
    is_damaged(&file, "unknown pcapng savefile major version number 2");
    file = (struct file){0};
    put_section(&file, true, 1);
    put_interface(&file, 1, 0);
    put_u32(&file, PACKET);
    put_u32(&file, PCAPNG_BLOCK_MOST + 4);
    is_damaged(&file, "pcapng block size 16777220 > maximum 16777216");
    file = (struct file){0};
    put_section(&file, true, 1);
    put_clock(&file, 20, 0);
    is_damaged(&file,
               "Interface Description Block if_tsresol option resolution 10^-20 is too high");
    file = (struct file){0};
    put_section(&file, true, 1);
    put_interface(&file, 1, 0);
    file.build.bytes[file.build.length - 1] = 1;
    is_damaged(&file, "block total length in header and trailer don't match");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_is_given_where_it_lies),
        cmocka_unit_test(a_block_that_is_not_whole_is_left_and_says_what_it_needs),
        cmocka_unit_test(each_interface_has_its_link_type_and_snap_length),
        cmocka_unit_test(sections_count_interfaces_anew_and_may_change_the_byte_order),
        cmocka_unit_test(times_have_the_unit_and_the_offset_of_their_interface),
        cmocka_unit_test(times_that_cannot_be_are_clamped),
        cmocka_unit_test(simple_and_old_packets_are_taken_and_other_blocks_passed_over),
        cmocka_unit_test(more_interfaces_than_are_allowed_are_damage),
        cmocka_unit_test(damage_has_libpcaps_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
