#include "../fuzz/same_segment.h"
#include "build_packet.h"
#include "packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ETHERNET = 1, RAW = 12, ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_IPV6 = 0x86dd };

/* Dissects a copy of exactly its size, so that a read behind the end is caught. */
static enum packet_kind dissect(struct segment *segment, int link, const struct frame *frame,
                                size_t captured)
{
    uint8_t *copy = malloc(captured > 0 ? captured : 1);
    assert_non_null(copy);
    memcpy(copy, frame->bytes, captured);
    enum packet_kind kind = packet_dissect(segment, link, wire_over(copy, captured), frame->length);
    if (segment->payload.left > 0) { /* let it outlive the copy */
        size_t place = (size_t)(segment->payload.at - copy);
        segment->payload = wire_over(frame->bytes + place, segment->payload.left);
    }
    free(copy);
    return kind;
}

static void is_hello(int link, const struct frame *frame, unsigned version)
{
    struct segment segment;
    assert_int_equal(dissect(&segment, link, frame, frame->length), PACKET_TCP);
    assert_int_equal(segment.from.version, version);
    assert_int_equal(segment.to.version, version);
    static const uint8_t from_4[16] = {192, 0, 2, 1};
    static const uint8_t from_6[16] = {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    static const uint8_t to_4[16] = {198, 51, 100, 2};
    static const uint8_t to_6[16] = {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};
    assert_memory_equal(segment.from.bytes, version == 4 ? from_4 : from_6, 16);
    assert_memory_equal(segment.to.bytes, version == 4 ? to_4 : to_6, 16);
    assert_int_equal(segment.from_port, 51044);
    assert_int_equal(segment.to_port, 443);
    assert_int_equal(segment.sequence, 0x01020304);
    assert_int_equal(segment.acknowledgement, 0x05060708);
    assert_int_equal(segment.flags, SEGMENT_PSH | SEGMENT_ACK);
    assert_int_equal(segment.window, 0x2000);
    assert_int_equal(segment.ttl, version == 4 ? 64 : 63);
    assert_int_equal(segment.ip_id, version == 4 ? 0x1234 : 0);
    assert_int_equal(segment.payload_length, 5);
    assert_int_equal(segment.payload.left, 5);
    assert_memory_equal(segment.payload.at, "hello", 5);
}

static void is_kind(enum packet_kind kind, int link, const struct frame *frame)
{
    static const struct segment nothing;
    struct segment segment;
    assert_int_equal(dissect(&segment, link, frame, frame->length), kind);
    if (kind == PACKET_OTHER || kind == PACKET_BROKEN) {
        assert_int_equal(segment.from.version, nothing.from.version);
        assert_int_equal(segment.from_port, 0);
        assert_int_equal(segment.payload.left, 0);
    }
}

static void ethernet_carries_both_versions_of_ip(void **state)
{
    (void)state;
    struct frame four = {0};
    frame_ethernet(&four, ETHERTYPE_IPV4);
    frame_hello(&four, 4);
    is_hello(ETHERNET, &four, 4);
    struct frame six = {0};
    frame_ethernet(&six, ETHERTYPE_IPV6);
    frame_hello(&six, 6);
    is_hello(ETHERNET, &six, 6);
}

static void padding_behind_the_datagram_is_no_payload(void **state)
{
    (void)state;
    for (unsigned version = 4; version <= 6; version += 2) {
        struct frame frame = {0};
        frame_ethernet(&frame, version == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
        frame_hello(&frame, version);
        frame_zeros(&frame, 20);
        is_hello(ETHERNET, &frame, version);
    }
}

static void what_fills_up_a_frame_may_be_padding_behind_a_tag_too(void **state)
{
    (void)state;
    for (int tagged = 0; tagged < 2; tagged++) {
        for (uint8_t octet = 0; octet < 2; octet++) {
            struct frame frame = {0};
            struct segment segment;
            frame_ethernet(&frame, tagged ? 0x8100 : ETHERTYPE_IPV4);
            if (tagged) {
                frame_vlan(&frame, 7, ETHERTYPE_IPV4);
            }
            size_t start = frame_ipv4(&frame, 6, 0, 0);
            frame_tcp(&frame, 0);
            frame.bytes[frame.length - 7] = SEGMENT_ACK;
            frame_zeros(&frame, 5);
            frame_u8(&frame, octet);
            frame_end_ipv4(&frame, start);
            assert_int_equal(dissect(&segment, ETHERNET, &frame, frame.length), PACKET_TCP);
            assert_int_equal(segment.flags, SEGMENT_ACK);
            assert_int_equal(segment.payload_length, 6);
            assert_int_equal(segment.perhaps_padding, octet == 0);
        }
    }
}

static void vlan_tags_are_followed_up_to_the_bound(void **state)
{
    (void)state;
    for (unsigned tags = 1; tags <= 16; tags++) {
        struct frame frame = {0};
        static const unsigned types[] = {0x8100, 0x88a8, 0x9100};
        frame_ethernet(&frame, types[0]);
        for (unsigned i = 1; i < tags; i++) {
            frame_vlan(&frame, i, types[i % 3]);
        }
        frame_vlan(&frame, tags, ETHERTYPE_IPV4);
        frame_hello(&frame, 4);
        if (tags <= 13) {
            is_hello(ETHERNET, &frame, 4);
        } else {
            is_kind(PACKET_OTHER, ETHERNET, &frame);
        }
    }
}

static void every_link_type_leads_to_the_same_segment(void **state)
{
    (void)state;
    static const struct {
        int link;
        unsigned version;
        size_t length;
        const char *header;
    } links[] = {
        {113, 4, 16, "\0\0\0\1\0\6\2\2\2\2\2\2\0\0\x08\0"},
        {113, 6, 16, "\0\4\0\1\0\6\2\2\2\2\2\2\0\0\x86\xdd"},
        {113, 4, 20, "\0\0\0\1\0\6\2\2\2\2\2\2\0\0\x81\0\0\1\x08\0"},
        {113, 4, 24, "\0\0\0\1\0\6\2\2\2\2\2\2\0\0\0\4\xaa\xaa\3\0\0\0\x08\0"},
        {276, 4, 20, "\x08\0\0\0\0\0\0\2\0\1\0\6\2\2\2\2\2\2\0\0"},
        {276, 6, 20, "\x86\xdd\0\0\0\0\0\2\0\1\0\6\2\2\2\2\2\2\0\0"},
        {12, 4, 0, ""},
        {12, 6, 0, ""},
        {14, 4, 0, ""},
        {101, 6, 0, ""},
        {228, 4, 0, ""},
        {229, 6, 0, ""},
        {0, 4, 4, "\2\0\0\0"},
        {0, 4, 4, "\0\0\0\2"},
        {0, 6, 4, "\x1e\0\0\0"},
        {0, 6, 4, "\0\0\0\x1c"},
        {108, 4, 4, "\0\0\0\2"},
        {108, 6, 4, "\0\0\0\x18"},
        {9, 4, 4, "\xff\3\0\x21"},
        {9, 4, 3, "\xff\3\x21"},
        {9, 4, 2, "\0\x21"},
        {9, 6, 1, "\x57"},
        {50, 4, 4, "\xff\3\0\x21"},
        {50, 6, 4, "\x0f\0\x86\xdd"},
        {104, 4, 4, "\x8f\0\x08\0"},
        {51, 4, 8, "\x11\0\0\1\0\x2f\0\x21"},
        {127, 4, 40,
         "\0\0\x08\0\0\0\0\0\x08\1\0\0\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\0\0"
         "\xaa\xaa\3\0\0\0\x08\0"},
        {105, 6, 34,
         "\x88\2\0\0\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\0\0\0\0"
         "\xaa\xaa\3\0\0\0\x86\xdd"},
        {105, 4, 39,
         "\x88\x83\0\0\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\0\0\2\2\2\2\2\2\0\0\0\0\0\0"
         "\6\6\3"},
    };
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        struct frame frame = {0};
        for (size_t j = 0; j < links[i].length; j++) {
            frame_u8(&frame, (unsigned char)links[i].header[j]);
        }
        frame_hello(&frame, links[i].version);
        assert_true(packet_link_known(links[i].link));
        is_hello(links[i].link, &frame, links[i].version);
    }
    assert_false(packet_link_known(147));
    assert_false(packet_link_known(-1));
}

static void an_unknown_link_type_is_other(void **state)
{
    (void)state;
    struct frame frame = {0};
    frame_hello(&frame, 4);
    is_kind(PACKET_OTHER, 147, &frame);
}

static void an_ethernet_length_leads_to_llc_and_drops_padding(void **state)
{
    (void)state;
    struct frame frame = {0};
    frame_ethernet(&frame, 8 + 45);
    frame_u32(&frame, 0xaaaa0300);
    frame_u16(&frame, 0);
    frame_u16(&frame, ETHERTYPE_IPV4);
    size_t start = frame.length;
    frame_hello(&frame, 4);
    frame.bytes[start + 2] = 0; /* a total length of 0: only 802.3 knows where it ends */
    frame.bytes[start + 3] = 0;
    frame_zeros(&frame, 9);
    is_hello(ETHERNET, &frame, 4);
}

static void pppoe_and_mpls_and_pseudowires_are_followed(void **state)
{
    (void)state;
    struct frame pppoe = {0};
    frame_ethernet(&pppoe, 0x8864);
    frame_u16(&pppoe, 0x1100);
    frame_u16(&pppoe, 7);
    frame_u16(&pppoe, 47);
    frame_u16(&pppoe, 0x0021);
    frame_hello(&pppoe, 4);
    frame_zeros(&pppoe, 3);
    is_hello(ETHERNET, &pppoe, 4);

    struct frame mpls = {0};
    frame_ethernet(&mpls, 0x8847);
    frame_u32(&mpls, 0x00010040);
    frame_u32(&mpls, 0x00011140);
    frame_hello(&mpls, 6);
    is_hello(ETHERNET, &mpls, 6);

    struct frame wire = {0};
    frame_ethernet(&wire, 0x8848);
    frame_u32(&wire, 0x00011140);
    frame_u32(&wire, 0); /* the control word */
    frame_ethernet(&wire, ETHERTYPE_IPV4);
    frame_hello(&wire, 4);
    is_hello(ETHERNET, &wire, 4);
}

static void ip_in_ip_is_followed_to_the_innermost(void **state)
{
    (void)state;
    for (unsigned outer = 4; outer <= 6; outer += 2) {
        for (unsigned inner = 4; inner <= 6; inner += 2) {
            struct frame frame = {0};
            unsigned protocol = inner == 4 ? 4 : 41;
            size_t start =
                outer == 4 ? frame_ipv4(&frame, protocol, 0, 0) : frame_ipv6(&frame, protocol);
            frame_hello(&frame, inner);
            if (outer == 4) {
                frame_end_ipv4(&frame, start);
            } else {
                frame_end_ipv6(&frame, start);
            }
            is_hello(RAW, &frame, inner);
        }
    }
}

static void gre_is_followed_with_each_of_its_flags(void **state)
{
    (void)state;
    for (unsigned flags = 0; flags < 8; flags++) {
        struct frame frame = {0};
        size_t start = frame_ipv4(&frame, 47, 0, 0);
        frame_u16(&frame, (flags & 4) << 13 | (flags & 3) << 12);
        frame_u16(&frame, 0x6558);
        frame_zeros(&frame, 4 * ((flags >> 2) + (flags >> 1 & 1) + (flags & 1)));
        frame_ethernet(&frame, ETHERTYPE_IPV6);
        frame_hello(&frame, 6);
        frame_end_ipv4(&frame, start);
        is_hello(RAW, &frame, 6);
    }
}

static void pptp_carries_ppp_when_it_has_a_sequence_number(void **state)
{
    (void)state;
    struct frame frame = {0};
    size_t start = frame_ipv4(&frame, 47, 0, 0);
    frame_u16(&frame, 0x3081);
    frame_u16(&frame, 0x880b);
    frame_zeros(&frame, 12);
    frame_u32(&frame, 0xff030021);
    frame_hello(&frame, 4);
    frame_end_ipv4(&frame, start);
    is_hello(RAW, &frame, 4);
    frame.bytes[start + 20] = 0x20;
    is_kind(PACKET_OTHER, RAW, &frame);
}

static void mirrored_frames_are_unpacked(void **state)
{
    (void)state;
    static const struct {
        unsigned flags, type;
        size_t header;
        unsigned last;
    } kinds[] = {{0, 0x88be, 0, 0},
                 {0x1000, 0x88be, 12, 0},
                 {0x1000, 0x22eb, 16, 0},
                 {0x1000, 0x22eb, 16, 1}};
    for (size_t i = 0; i < 4; i++) {
        struct frame frame = {0};
        size_t start = frame_ipv4(&frame, 47, 0, 0);
        frame_u16(&frame, kinds[i].flags);
        frame_u16(&frame, kinds[i].type);
        frame_zeros(&frame, kinds[i].header);
        if (kinds[i].last == 1) {
            frame.bytes[frame.length - 1] = 1;
            frame_zeros(&frame, 8);
        }
        frame_ethernet(&frame, ETHERTYPE_IPV4);
        frame_hello(&frame, 4);
        frame_end_ipv4(&frame, start);
        is_hello(RAW, &frame, 4);
    }
}

/* IPv4 and UDP to `port`, with `header` before the frame or packet inside. */
static void tunnel(struct frame *frame, unsigned port, const char *header, size_t length,
                   bool ethernet, unsigned version)
{
    size_t start = frame_ipv4(frame, 17, 0, 0);
    size_t udp = frame_udp(frame, 40000, port);
    for (size_t i = 0; i < length; i++) {
        frame_u8(frame, (unsigned char)header[i]);
    }
    if (ethernet) {
        frame_ethernet(frame, version == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
    }
    frame_hello(frame, version);
    frame_end_udp(frame, udp);
    frame_end_ipv4(frame, start);
}

static void tunnels_over_udp_are_followed(void **state)
{
    (void)state;
    static const struct {
        unsigned port;
        bool ethernet;
        unsigned version;
        size_t length;
        const char *header;
    } tunnels[] = {
        {4789, true, 4, 8, "\x08\0\0\0\0\0\7\0"},
        {8472, true, 6, 8, "\x08\0\0\0\0\0\1\0"},
        {6081, true, 4, 8, "\0\0\x65\x58\0\0\1\0"},
        {6081, false, 6, 12, "\1\0\x86\xdd\0\0\1\0\0\0\0\0"},
        {2152, false, 4, 8, "\x30\xff\0\x2d\0\0\0\1"},
        {2152, false, 4, 12, "\x32\xff\0\x31\0\0\0\1\0\1\0\0"},
        {2152, false, 6, 16, "\x34\xff\0\x31\0\0\0\1\0\0\0\x85\1\x10\0\0"},
        {3544, false, 6, 0, ""},
        {3544, false, 6, 21, "\0\1\0\0\1\1\1\1\1\1\1\1\0\0\0\1\1\1\1\1\1"},
    };
    for (size_t i = 0; i < sizeof tunnels / sizeof tunnels[0]; i++) {
        struct frame frame = {0};
        tunnel(&frame, tunnels[i].port, tunnels[i].header, tunnels[i].length, tunnels[i].ethernet,
               tunnels[i].version);
        is_hello(RAW, &frame, tunnels[i].version);
    }
}

static void a_datagram_on_a_tunnels_port_that_is_none_stays_a_datagram(void **state)
{
    (void)state;
    static const unsigned ports[] = {4789, 8472, 6081, 2152, 3544};
    for (size_t i = 0; i < 5; i++) {
        struct frame frame = {0};
        size_t start = frame_ipv4(&frame, 17, 0, 0);
        size_t udp = frame_udp(&frame, 53, ports[i]);
        frame_text(&frame, "\xc3not a tunnel");
        frame_end_udp(&frame, udp);
        frame_end_ipv4(&frame, start);
        struct segment segment;
        assert_int_equal(dissect(&segment, RAW, &frame, frame.length), PACKET_UDP);
        assert_int_equal(segment.from_port, 53);
        assert_int_equal(segment.to_port, ports[i]);
        assert_int_equal(segment.payload_length, 13);
        assert_memory_equal(segment.payload.at, "\xc3not a tunnel", 13);
    }
}

static void ipv4_and_tcp_options_are_passed_over(void **state)
{
    (void)state;
    for (size_t options = 0; options <= 40; options += 4) {
        struct frame frame = {0};
        size_t start = frame_ipv4(&frame, 6, 0x4000, options);
        frame_tcp(&frame, 40 - options);
        frame_text(&frame, "hello");
        frame_end_ipv4(&frame, start);
        is_hello(RAW, &frame, 4);
    }
}

static void ipv6_extension_headers_are_passed_over(void **state)
{
    (void)state;
    static const unsigned chain[] = {0, 60, 43, 44, 51, 60, 135, 6};
    struct frame frame = {0};
    size_t start = frame_ipv6(&frame, chain[0]);
    for (size_t i = 0; chain[i] != 6; i++) {
        frame_u8(&frame, chain[i + 1]);
        if (chain[i] == 51) { /* its length is in words less 2 */
            frame_u8(&frame, 4);
            frame_zeros(&frame, 22);
        } else if (chain[i] == 44) { /* in one piece */
            frame_zeros(&frame, 7);
        } else {
            frame_u8(&frame, 1);
            frame_zeros(&frame, 14);
        }
    }
    frame_tcp(&frame, 12);
    frame_text(&frame, "hello");
    frame_end_ipv6(&frame, start);
    is_hello(RAW, &frame, 6);
}

static void an_endless_chain_of_extension_headers_is_given_up(void **state)
{
    (void)state;
    struct frame frame = {0};
    size_t start = frame_ipv6(&frame, 60);
    for (int i = 0; i < 100; i++) {
        frame_u8(&frame, 60);
        frame_zeros(&frame, 7);
    }
    frame_end_ipv6(&frame, start);
    is_kind(PACKET_OTHER, RAW, &frame);
}

static void fragments_say_where_they_belong(void **state)
{
    (void)state;
    struct segment segment;
    struct frame first = {0};
    size_t start = frame_ipv4(&first, 6, 0x2000, 4);
    frame_text(&first, "a piece!");
    frame_end_ipv4(&first, start);
    assert_int_equal(dissect(&segment, RAW, &first, first.length), PACKET_FRAGMENT);
    assert_int_equal(segment.fragment_id, 0x1234);
    assert_int_equal(segment.fragment_offset, 0);
    assert_true(segment.fragment_more);
    assert_int_equal(segment.fragment_protocol, 6);
    assert_int_equal(segment.from_port, 0);
    assert_int_equal(segment.payload_length, 8);
    assert_memory_equal(segment.payload.at, "a piece!", 8);

    struct frame last = {0};
    start = frame_ipv6(&last, 44);
    frame_u16(&last, 0x1100);
    frame_u16(&last, 1400);
    frame_u32(&last, 0xdeadbeef);
    frame_text(&last, "the rest");
    frame_end_ipv6(&last, start);
    assert_int_equal(dissect(&segment, RAW, &last, last.length), PACKET_FRAGMENT);
    assert_int_equal(segment.from.version, 6);
    assert_int_equal(segment.fragment_id, 0xdeadbeef);
    assert_int_equal(segment.fragment_offset, 1400);
    assert_false(segment.fragment_more);
    assert_int_equal(segment.fragment_protocol, 17);
    assert_memory_equal(segment.payload.at, "the rest", 8);
}

static void a_datagram_put_together_is_dissected_as_if_it_had_come_whole(void **state)
{
    (void)state;
    for (unsigned version = 4; version <= 6; version += 2) {
        struct segment piece = {.fragment_protocol = version == 4 ? 6 : 60,
                                .from = {.version = (uint8_t)version},
                                .to = {.version = (uint8_t)version},
                                .ttl = 61,
                                .ip_id = 9};
        struct frame frame = {0};
        if (version == 6) { /* destination options stand behind the fragment header */
            frame_u16(&frame, 0x0600);
            frame_zeros(&frame, 6);
        }
        frame_tcp(&frame, 12);
        frame_text(&frame, "hello");
        struct segment segment;
        assert_int_equal(
            packet_dissect_datagram(&segment, &piece, frame_wire(&frame), frame.length + 2),
            PACKET_TCP);
        assert_int_equal(segment.from.version, version);
        assert_int_equal(segment.from_port, 51044);
        assert_int_equal(segment.ttl, 61);
        assert_int_equal(segment.ip_id, 9);
        assert_int_equal(segment.payload.left, 5);
        assert_int_equal(segment.payload_length, 7);
        assert_int_equal(segment.fragment_id, 0);
    }
}

static void a_total_length_of_zero_means_the_whole_packet(void **state)
{
    (void)state;
    struct frame four = {0};
    (void)frame_ipv4(&four, 6, 0, 0);
    frame_tcp(&four, 0);
    frame_text(&four, "hello");
    is_hello(RAW, &four, 4);
    struct frame six = {0};
    (void)frame_ipv6(&six, 6);
    frame_tcp(&six, 0);
    frame_text(&six, "hello");
    is_hello(RAW, &six, 6);
}

static void a_total_length_beyond_the_packet_is_not_believed(void **state)
{
    (void)state;
    struct frame frame = {0};
    frame_hello(&frame, 4);
    frame.bytes[2] = 0x10;
    is_hello(RAW, &frame, 4);
}

static void a_cut_packet_is_used_as_far_as_it_goes(void **state)
{
    (void)state;
    struct frame frame = {0};
    frame_ethernet(&frame, ETHERTYPE_IPV4);
    size_t start = frame_ipv4(&frame, 6, 0, 0);
    frame_tcp(&frame, 12);
    frame_text(&frame, "hello");
    frame_end_ipv4(&frame, start);
    frame_zeros(&frame, 3);
    for (size_t captured = 0; captured <= frame.length; captured++) {
        struct segment segment;
        enum packet_kind kind = dissect(&segment, ETHERNET, &frame, captured);
        if (captured < 14 + 20 + 16) {
            assert_int_equal(kind, PACKET_BROKEN);
            continue;
        }
        size_t payload = captured > 66 ? captured - 66 : 0;
        assert_int_equal(kind, PACKET_TCP);
        assert_int_equal(segment.sequence, 0x01020304);
        assert_int_equal(segment.flags, 0x18);
        assert_int_equal(segment.payload_length, 5);
        assert_int_equal(segment.payload.left, payload < 5 ? payload : 5);
    }
}

static void lengths_below_their_minimum_are_broken(void **state)
{
    (void)state;
    static const struct {
        size_t place;
        unsigned value;
    } spoils[] = {
        {0, 0x44},  /* an IPv4 header of 16 bytes */
        {0, 0x35},  /* version 3 (the link said IPv4) */
        {0, 0x4f},  /* options longer than the datagram */
        {3, 19},    /* a total length within the header */
        {3, 30},    /* a total length within the TCP header */
        {32, 0x40}, /* a TCP header of 16 bytes */
        {32, 0xf0}, /* a TCP header longer than the datagram */
    };
    for (size_t i = 0; i < sizeof spoils / sizeof spoils[0]; i++) {
        struct frame frame = {0};
        frame_ethernet(&frame, ETHERTYPE_IPV4);
        frame_hello(&frame, 4);
        frame.bytes[14 + spoils[i].place] = (uint8_t)spoils[i].value;
        is_kind(PACKET_BROKEN, ETHERNET, &frame);
    }
    struct frame udp = {0};
    size_t start = frame_ipv4(&udp, 17, 0, 0);
    size_t datagram = frame_udp(&udp, 1, 2);
    frame_end_ipv4(&udp, start);
    udp.bytes[datagram + 5] = 7;
    is_kind(PACKET_BROKEN, RAW, &udp);
}

static void what_is_not_ip_is_other(void **state)
{
    (void)state;
    struct frame arp = {0};
    frame_ethernet(&arp, 0x0806);
    frame_zeros(&arp, 46);
    is_kind(PACKET_OTHER, ETHERNET, &arp);
    struct frame ospf = {0};
    size_t start = frame_ipv4(&ospf, 89, 0, 0);
    frame_zeros(&ospf, 44);
    frame_end_ipv4(&ospf, start);
    is_kind(PACKET_OTHER, RAW, &ospf);
}

/* An ICMP error that quotes the IP header and `quoted` bytes behind it. */
static void icmp(struct frame *frame, unsigned version, unsigned type, unsigned code, uint32_t rest,
                 unsigned protocol, size_t quoted)
{
    size_t start = version == 4 ? frame_ipv4(frame, 1, 0, 0) : frame_ipv6(frame, 58);
    frame_u8(frame, type);
    frame_u8(frame, code);
    frame_u16(frame, 0);
    frame_u32(frame, rest);
    size_t inner =
        version == 4 ? frame_ipv4(frame, protocol, 0x4000, 0) : frame_ipv6(frame, protocol);
    frame->bytes[inner + (version == 4 ? 2 : 4)] = 5; /* what was sent was longer than the quote */
    size_t end = frame->length + quoted;
    frame_tcp(frame, 0);
    frame->length = end;
    if (version == 4) {
        frame_end_ipv4(frame, start);
    } else {
        frame_end_ipv6(frame, start);
    }
}

static void icmp_errors_give_the_segment_they_quote(void **state)
{
    (void)state;
    static const struct {
        unsigned version, type, code;
        uint32_t rest, mtu;
    } errors[] = {{4, 3, 4, 1400, 1400}, {4, 3, 1, 1400, 0},    {4, 11, 0, 0, 0},
                  {6, 1, 4, 0, 0},       {6, 2, 0, 1280, 1280}, {6, 3, 0, 0, 0}};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        struct frame frame = {0};
        icmp(&frame, errors[i].version, errors[i].type, errors[i].code, errors[i].rest, 6, 8);
        struct segment segment;
        assert_int_equal(dissect(&segment, RAW, &frame, frame.length), PACKET_ICMP);
        assert_int_equal(segment.from.version, errors[i].version);
        assert_int_equal(segment.from_port, 51044);
        assert_int_equal(segment.to_port, 443);
        assert_int_equal(segment.sequence, 0x01020304);
        assert_int_equal(segment.icmp_type, errors[i].type);
        assert_int_equal(segment.icmp_code, errors[i].code);
        assert_int_equal(segment.icmp_mtu, errors[i].mtu);
        assert_int_equal(segment.payload.left, 0);
    }
}

static void icmp_about_something_else_is_other(void **state)
{
    (void)state;
    struct frame echo = {0};
    icmp(&echo, 4, 8, 0, 0, 6, 20);
    is_kind(PACKET_OTHER, RAW, &echo);
    struct frame datagram = {0};
    icmp(&datagram, 4, 3, 3, 0, 17, 8);
    is_kind(PACKET_OTHER, RAW, &datagram);
    struct frame nested = {0};
    icmp(&nested, 4, 3, 3, 0, 4, 20);
    is_kind(PACKET_OTHER, RAW, &nested);
}

static void an_icmp_error_that_quotes_too_little_is_broken(void **state)
{
    (void)state;
    struct frame frame = {0};
    icmp(&frame, 4, 3, 3, 0, 6, 7);
    is_kind(PACKET_BROKEN, RAW, &frame);
}

static void the_short_way_agrees(const struct frame *frame, size_t captured, size_t length)
{
    struct segment one;
    struct segment other;
    struct wire bytes = frame_cut(frame, captured);
    enum packet_kind kind = packet_dissect(&one, ETHERNET, bytes, length);
    assert_int_equal(kind, packet_dissect_layers(&other, ETHERNET, bytes, length));
    assert_true(same_segment(&one, &other));
}

static void the_short_way_says_what_the_layers_say(void **state)
{
    (void)state;
    for (size_t options = 0; options <= 8; options += 4) {
        struct frame frame = {0};
        frame_ethernet(&frame, ETHERTYPE_IPV4);
        size_t start = frame_ipv4(&frame, 6, 0, 0);
        frame_tcp(&frame, options);
        frame_zeros(&frame, 6);
        frame_end_ipv4(&frame, start);
        for (size_t captured = 0; captured <= frame.length; captured++) {
            the_short_way_agrees(&frame, captured, frame.length);
            the_short_way_agrees(&frame, captured, captured);
        }
        for (size_t at = 0; at < frame.length; at++) {
            uint8_t was = frame.bytes[at];
            for (unsigned value = 0; value < 256; value++) {
                frame.bytes[at] = (uint8_t)value;
                the_short_way_agrees(&frame, frame.length, frame.length);
                the_short_way_agrees(&frame, frame.length - 3, frame.length);
            }
            frame.bytes[at] = was;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ethernet_carries_both_versions_of_ip),
        cmocka_unit_test(padding_behind_the_datagram_is_no_payload),
        cmocka_unit_test(what_fills_up_a_frame_may_be_padding_behind_a_tag_too),
        cmocka_unit_test(vlan_tags_are_followed_up_to_the_bound),
        cmocka_unit_test(every_link_type_leads_to_the_same_segment),
        cmocka_unit_test(the_short_way_says_what_the_layers_say),
        cmocka_unit_test(an_unknown_link_type_is_other),
        cmocka_unit_test(an_ethernet_length_leads_to_llc_and_drops_padding),
        cmocka_unit_test(pppoe_and_mpls_and_pseudowires_are_followed),
        cmocka_unit_test(ip_in_ip_is_followed_to_the_innermost),
        cmocka_unit_test(gre_is_followed_with_each_of_its_flags),
        cmocka_unit_test(pptp_carries_ppp_when_it_has_a_sequence_number),
        cmocka_unit_test(mirrored_frames_are_unpacked),
        cmocka_unit_test(tunnels_over_udp_are_followed),
        cmocka_unit_test(a_datagram_on_a_tunnels_port_that_is_none_stays_a_datagram),
        cmocka_unit_test(ipv4_and_tcp_options_are_passed_over),
        cmocka_unit_test(ipv6_extension_headers_are_passed_over),
        cmocka_unit_test(an_endless_chain_of_extension_headers_is_given_up),
        cmocka_unit_test(fragments_say_where_they_belong),
        cmocka_unit_test(a_datagram_put_together_is_dissected_as_if_it_had_come_whole),
        cmocka_unit_test(a_total_length_of_zero_means_the_whole_packet),
        cmocka_unit_test(a_total_length_beyond_the_packet_is_not_believed),
        cmocka_unit_test(a_cut_packet_is_used_as_far_as_it_goes),
        cmocka_unit_test(lengths_below_their_minimum_are_broken),
        cmocka_unit_test(what_is_not_ip_is_other),
        cmocka_unit_test(icmp_errors_give_the_segment_they_quote),
        cmocka_unit_test(icmp_about_something_else_is_other),
        cmocka_unit_test(an_icmp_error_that_quotes_too_little_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
