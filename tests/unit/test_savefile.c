#include "capture/savefile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t BYTES[] = {1, 2, 3, 4, 5};

/* 5 bytes of 9 at second 1,000,000,000 and 7 nanoseconds. */
static const struct packet PACKET = {
    .number = 1, .time = 1000000000000000007, .link = 1, .bytes = {BYTES, 5, false}, .length = 9};

static uint32_t number(const struct draft *draft, size_t place)
{
    assert_true(place + 4 <= draft->length);
    const uint8_t *at = draft->at + place;
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void the_name_decides_what_is_written(void **state)
{
    (void)state;
    assert_ptr_equal(savefile_by_name("failed.pcapng"), &savefile_pcapng);
    assert_ptr_equal(savefile_by_name(".pcapng"), &savefile_pcapng);
    assert_ptr_equal(savefile_by_name("failed.pcap"), &savefile_pcap);
    assert_ptr_equal(savefile_by_name("failed.pcapng.old"), &savefile_pcap);
    assert_ptr_equal(savefile_by_name("pcapng"), &savefile_pcap);
    assert_ptr_equal(savefile_by_name("-"), &savefile_pcap);
}

static void pcap_has_a_header_with_the_link_type_and_nanoseconds(void **state)
{
    (void)state;
    static const uint8_t expected[] = {
        0x4d, 0x3c, 0xb2, 0xa1, 2,    0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0,
        0,    0x00, 0xca, 0x9a, 0x3b, 7, 0, 0, 0, 5, 0, 0, 0, 9, 0, 0, 0, 1, 2, 3, 4,   5};
    struct draft draft = {0};
    savefile_pcap.begin(&draft, 12); /* raw IP, as libpcap calls it */
    savefile_pcap.declare(&draft, 12);
    savefile_pcap.packet(&draft, 0, &PACKET, "there is no room for this");
    assert_int_equal(draft.length, sizeof expected);
    assert_memory_equal(draft.at, expected, sizeof expected);
    draft_release(&draft);
}

static void pcapng_blocks_have_their_length_at_both_ends(void **state)
{
    (void)state;
    struct draft draft = {0};
    savefile_pcapng.begin(&draft, 0);
    assert_int_equal(number(&draft, 0), 0x0a0d0d0a);
    assert_int_equal(number(&draft, 8), 0x1a2b3c4d);
    assert_memory_equal(draft.at + 28, "tlswhy ", 7);
    savefile_pcapng.declare(&draft, 14);
    savefile_pcapng.packet(&draft, 3, &PACKET, "why");
    savefile_pcapng.packet(&draft, 3, &PACKET, NULL);

    static const uint32_t types[] = {0x0a0d0d0a, 1, 6, 6};
    size_t place = 0;
    for (size_t i = 0; i < 4; i++) {
        uint32_t length = number(&draft, place + 4);
        assert_int_equal(number(&draft, place), types[i]);
        assert_int_equal(length % 4, 0);
        assert_int_equal(number(&draft, place + length - 4), length);
        place += length;
    }
    assert_int_equal(place, draft.length);
    draft_release(&draft);
}

static void a_packet_of_pcapng_carries_its_comment(void **state)
{
    (void)state;
    static const uint8_t expected[] = {
        6,    0, 0,   0,   56,  0,   0,   0, 3, 0, 0, 0, 0xb3, 0xb6, 0xe0, 0x0d, 0x07, 0x00, 0x64,
        0xa7, 5, 0,   0,   0,   9,   0,   0, 0, 1, 2, 3, 4,    5,    0,    0,    0,    1,    0,
        5,    0, 'w', 'h', 'y', '?', '!', 0, 0, 0, 0, 0, 0,    0,    56,   0,    0,    0};
    struct draft draft = {0};
    savefile_pcapng.packet(&draft, 3, &PACKET, "why?!");
    assert_int_equal(draft.length, sizeof expected);
    assert_memory_equal(draft.at, expected, sizeof expected);
    draft_release(&draft);
}

static void a_comment_beyond_its_bound_is_cut_between_characters(void **state)
{
    (void)state;
    static char comment[SAVEFILE_COMMENT + 8];
    for (size_t i = 0; i + 1 < sizeof comment; i++) {
        comment[i] = "\xe2\x80\xa6"[i % 3];
    }
    struct draft draft = {0};
    savefile_pcapng.packet(&draft, 0, &PACKET, comment);
    size_t length = number(&draft, 36) >> 16;
    assert_int_equal(length, SAVEFILE_COMMENT - SAVEFILE_COMMENT % 3);
    draft_release(&draft);
}

static void a_time_before_1970_is_1970(void **state)
{
    (void)state;
    struct packet packet = PACKET;
    packet.time = -5;
    struct draft draft = {0};
    savefile_pcap.packet(&draft, 0, &packet, NULL);
    assert_int_equal(number(&draft, 0), 0);
    assert_int_equal(number(&draft, 4), 0);
    draft_release(&draft);
}

static void what_has_failed_stays_failed_until_it_is_cleared(void **state)
{
    (void)state;
    struct draft draft = {.failed = true};
    savefile_pcapng.begin(&draft, 0);
    savefile_pcapng.declare(&draft, 1);
    savefile_pcapng.packet(&draft, 0, &PACKET, "why");
    savefile_pcap.packet(&draft, 0, &PACKET, NULL);
    assert_true(draft.failed);
    assert_int_equal(draft.length, 0);
    draft_clear(&draft);
    draft_u16(&draft, 1);
    assert_int_equal(draft.length, 2);
    draft_release(&draft);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_name_decides_what_is_written),
        cmocka_unit_test(pcap_has_a_header_with_the_link_type_and_nanoseconds),
        cmocka_unit_test(pcapng_blocks_have_their_length_at_both_ends),
        cmocka_unit_test(a_packet_of_pcapng_carries_its_comment),
        cmocka_unit_test(a_comment_beyond_its_bound_is_cut_between_characters),
        cmocka_unit_test(a_time_before_1970_is_1970),
        cmocka_unit_test(what_has_failed_stays_failed_until_it_is_cleared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
