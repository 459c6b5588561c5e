/* A writer of packets for tests: headers from the outside in, then what they carry. Lengths that
 * depend on what follows are filled in by frame_end_...(), with the place that the header's
 * function gave back. Checksums stay zero: nothing reads them. */
#ifndef TESTS_UNIT_BUILD_PACKET_H
#define TESTS_UNIT_BUILD_PACKET_H

#include "wire.h"

enum { FRAME_ROOM = 4096 };

struct frame {
    uint8_t bytes[FRAME_ROOM];
    size_t length;
};

void frame_u8(struct frame *frame, unsigned number);
void frame_u16(struct frame *frame, unsigned number);
void frame_u32(struct frame *frame, uint32_t number);
void frame_zeros(struct frame *frame, size_t count);
void frame_text(struct frame *frame, const char *text);

/* All of the frame, and its first `captured` bytes. */
struct wire frame_wire(const struct frame *frame);
struct wire frame_cut(const struct frame *frame, size_t captured);

void frame_ethernet(struct frame *frame, unsigned type);
void frame_vlan(struct frame *frame, unsigned vlan, unsigned type);

/* IPv4 from 192.0.2.1 to 198.51.100.2 with time to live 64 and identification 0x1234, and `options`
 * bytes of options (a multiple of 4). `place` is the flags and the fragment offset. */
size_t frame_ipv4(struct frame *frame, unsigned protocol, unsigned place, size_t options);
void frame_end_ipv4(struct frame *frame, size_t start);

/* IPv6 from 2001:db8::1 to 2001:db8::2 with hop limit 63. */
size_t frame_ipv6(struct frame *frame, unsigned next);
void frame_end_ipv6(struct frame *frame, size_t start);

/* TCP from port 51044 to 443, sequence 0x01020304, acknowledgement 0x05060708, flags PSH and ACK,
 * window 0x2000, and `options` bytes of options (a multiple of 4). */
void frame_tcp(struct frame *frame, size_t options);

size_t frame_udp(struct frame *frame, unsigned from, unsigned to);
void frame_end_udp(struct frame *frame, size_t start);

/* IPv4 or IPv6, TCP and the text "hello": the innermost packet of most tests. */
void frame_hello(struct frame *frame, unsigned version);

#endif
