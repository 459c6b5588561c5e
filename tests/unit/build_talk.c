#include "build_talk.h"

static const uint32_t PCAP_NANOSECONDS = 0xa1b23c4d;
enum { ETHERNET = 1, SNAP_LENGTH = 262144, SECOND = 1000000000 };

void talk_begin(struct talk *talk)
{
    *talk = (struct talk){.now = 1700000000ULL * SECOND,
                          .sequence = {0x1000, 0xfffffff0},
                          .port = {50000, 443},
                          .host = {2, 1},
                          .window = 501,
                          .ttl = 64};
    build_u32(&talk->capture, PCAP_NANOSECONDS);
    build_u16(&talk->capture, 2);
    build_u16(&talk->capture, 4);
    build_u32(&talk->capture, 0);
    build_u32(&talk->capture, 0);
    build_u32(&talk->capture, SNAP_LENGTH);
    build_u32(&talk->capture, ETHERNET);
}

void talk_free(struct talk *talk)
{
    build_free(&talk->capture);
}

static void put_address(struct build *build, uint8_t host)
{
    build_u8(build, 192);
    build_u8(build, 0);
    build_u8(build, 2);
    build_u8(build, host);
}

void talk_segment(struct talk *talk, enum speaker from, unsigned flags, struct wire payload)
{
    struct build *build = &talk->capture;
    enum speaker to = speaker_peer(from);
    const unsigned headers = 20 + 20;
    const uint32_t length = 14 + headers + (uint32_t)payload.left;

    talk->now += 1000000;
    talk->packets++;
    build_u32(build, (uint32_t)(talk->now / SECOND));
    build_u32(build, (uint32_t)(talk->now % SECOND));
    build_u32(build, length);
    build_u32(build, length);
    build_filler(build, 1, 12);
    build_u16(build, 0x0800);

    build_u16(build, 0x4500);
    build_u16(build, headers + (unsigned)payload.left);
    build_u16(build, talk->packets & 0xffff);
    build_u16(build, 0x4000);
    build_u8(build, talk->ttl);
    build_u8(build, 6);
    build_u16(build, 0);
    put_address(build, talk->host[from]);
    put_address(build, talk->host[to]);

    build_u16(build, talk->port[from]);
    build_u16(build, talk->port[to]);
    build_u32(build, talk->sequence[from]);
    build_u32(build, (flags & SEGMENT_ACK) != 0 ? talk->sequence[to] : 0);
    build_u8(build, 0x50);
    build_u8(build, flags);
    build_u16(build, talk->window);
    build_u32(build, 0);
    build_wire_bytes(build, payload);
    talk->sequence[from] += (uint32_t)payload.left + ((flags & (SEGMENT_SYN | SEGMENT_FIN)) != 0);
}

void talk_open(struct talk *talk)
{
    const struct wire nothing = wire_over(NULL, 0);
    talk_segment(talk, CLIENT, SEGMENT_SYN, nothing);
    talk_segment(talk, SERVER, SEGMENT_SYN | SEGMENT_ACK, nothing);
    talk_segment(talk, CLIENT, SEGMENT_ACK, nothing);
}

void talk_say(struct talk *talk, enum speaker from, struct wire payload)
{
    talk_segment(talk, from, SEGMENT_PSH | SEGMENT_ACK, payload);
    talk_segment(talk, speaker_peer(from), SEGMENT_ACK, wire_over(NULL, 0));
}

void talk_lose(struct talk *talk, enum speaker from, uint32_t length)
{
    talk->sequence[from] += length;
}

void talk_close(struct talk *talk, enum speaker first)
{
    const struct wire nothing = wire_over(NULL, 0);
    talk_segment(talk, first, SEGMENT_FIN | SEGMENT_ACK, nothing);
    talk_segment(talk, speaker_peer(first), SEGMENT_FIN | SEGMENT_ACK, nothing);
    talk_segment(talk, first, SEGMENT_ACK, nothing);
}
