/* A writer of captures for tests: two ends of TCP connections over Ethernet and IPv4 that talk to
 * each other.
 *
 * Sequence numbers and acknowledgements follow from what was sent; a test that wants a wrong one
 * changes the fields before the packet. Time goes on by a millisecond with each packet.
 */
#ifndef TESTS_UNIT_BUILD_TALK_H
#define TESTS_UNIT_BUILD_TALK_H

#include "build.h"
#include "packet.h"
#include "speaker.h"

struct talk {
    struct build capture;        /* a pcap file */
    uint64_t now;                /* nanoseconds since 1970 */
    uint32_t packets;            /* written so far */
    uint32_t sequence[SPEAKERS]; /* of the next byte that each sends */
    uint16_t port[SPEAKERS];
    uint8_t host[SPEAKERS]; /* the last byte of 192.0.2.0/24 */
    uint16_t window;
    uint8_t ttl;
};

/* An empty capture; the client is 192.0.2.2:50000, the server 192.0.2.1:443. */
void talk_begin(struct talk *talk);
void talk_free(struct talk *talk);

/* A segment with `flags` (enum segment_flag) and `payload`; SYN and FIN take a number of their own.
 */
void talk_segment(struct talk *talk, enum speaker from, unsigned flags, struct wire payload);

/* SYN, SYN and ACK, ACK. */
void talk_open(struct talk *talk);

/* One segment with all of it, and the other side's acknowledgement. */
void talk_say(struct talk *talk, enum speaker from, struct wire payload);

/* Moves the next byte's number on as if something had been sent. */
void talk_lose(struct talk *talk, enum speaker from, uint32_t length);

/* FIN from one, FIN from the other, the last acknowledgement. */
void talk_close(struct talk *talk, enum speaker first);

#endif
