#include "build_packet.h"

#include <stdlib.h>
#include <string.h>

void frame_u8(struct frame *frame, unsigned number)
{
    if (frame->length >= FRAME_ROOM) {
        abort();
    }
    frame->bytes[frame->length++] = (uint8_t)number;
}

void frame_u16(struct frame *frame, unsigned number)
{
    frame_u8(frame, number >> 8);
    frame_u8(frame, number & 0xff);
}

void frame_u32(struct frame *frame, uint32_t number)
{
    frame_u16(frame, number >> 16);
    frame_u16(frame, number & 0xffff);
}

void frame_zeros(struct frame *frame, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        frame_u8(frame, 0);
    }
}

void frame_text(struct frame *frame, const char *text)
{
    for (size_t i = 0; text[i] != '\0'; i++) {
        frame_u8(frame, (unsigned char)text[i]);
    }
}

struct wire frame_wire(const struct frame *frame)
{
    return wire_over(frame->bytes, frame->length);
}

struct wire frame_cut(const struct frame *frame, size_t captured)
{
    return wire_over(frame->bytes, captured < frame->length ? captured : frame->length);
}

/* Overwrites the two bytes at `place`. */
static void patch(struct frame *frame, size_t place, size_t number)
{
    frame->bytes[place] = (uint8_t)(number >> 8);
    frame->bytes[place + 1] = (uint8_t)number;
}

void frame_ethernet(struct frame *frame, unsigned type)
{
    frame_text(frame, "\x02\x01\x01\x01\x01\x01\x02\x02\x02\x02\x02\x02");
    frame_u16(frame, type);
}

void frame_vlan(struct frame *frame, unsigned vlan, unsigned type)
{
    frame_u16(frame, vlan);
    frame_u16(frame, type);
}

size_t frame_ipv4(struct frame *frame, unsigned protocol, unsigned place, size_t options)
{
    size_t start = frame->length;
    frame_u8(frame, 0x45 + (unsigned)options / 4);
    frame_u8(frame, 0);
    frame_u16(frame, 0);
    frame_u16(frame, 0x1234);
    frame_u16(frame, place);
    frame_u8(frame, 64);
    frame_u8(frame, protocol);
    frame_u16(frame, 0);
    frame_u32(frame, 0xc0000201);
    frame_u32(frame, 0xc6336402);
    for (size_t i = 0; i < options; i++) {
        frame_u8(frame, 1); /* no operation */
    }
    return start;
}

void frame_end_ipv4(struct frame *frame, size_t start)
{
    patch(frame, start + 2, frame->length - start);
}

size_t frame_ipv6(struct frame *frame, unsigned next)
{
    size_t start = frame->length;
    frame_u32(frame, 0x60000000);
    frame_u16(frame, 0);
    frame_u8(frame, next);
    frame_u8(frame, 63);
    for (unsigned last = 1; last <= 2; last++) {
        frame_u32(frame, 0x20010db8);
        frame_zeros(frame, 11);
        frame_u8(frame, last);
    }
    return start;
}

void frame_end_ipv6(struct frame *frame, size_t start)
{
    patch(frame, start + 4, frame->length - start - 40);
}

void frame_tcp(struct frame *frame, size_t options)
{
    frame_u16(frame, 51044);
    frame_u16(frame, 443);
    frame_u32(frame, 0x01020304);
    frame_u32(frame, 0x05060708);
    frame_u8(frame, (5 + (unsigned)options / 4) << 4);
    frame_u8(frame, 0x18);
    frame_u16(frame, 0x2000);
    frame_u32(frame, 0);
    for (size_t i = 0; i < options; i++) {
        frame_u8(frame, 1); /* no operation */
    }
}

size_t frame_udp(struct frame *frame, unsigned from, unsigned to)
{
    size_t start = frame->length;
    frame_u16(frame, from);
    frame_u16(frame, to);
    frame_u32(frame, 0);
    return start;
}

void frame_end_udp(struct frame *frame, size_t start)
{
    patch(frame, start + 4, frame->length - start);
}

void frame_hello(struct frame *frame, unsigned version)
{
    size_t start = version == 4 ? frame_ipv4(frame, 6, 0, 0) : frame_ipv6(frame, 6);
    frame_tcp(frame, 0);
    frame_text(frame, "hello");
    if (version == 4) {
        frame_end_ipv4(frame, start);
    } else {
        frame_end_ipv6(frame, start);
    }
}
