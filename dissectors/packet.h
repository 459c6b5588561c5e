/* From the bytes of a captured packet to one TCP segment, or to what else it was.
 *
 * Pure: a segment borrows the packet's bytes and lives as long as they do. Packets that the snap
 * length cut are dissected as far as they go: `payload` then holds fewer bytes than were sent.
 */
#ifndef DISSECTORS_PACKET_H
#define DISSECTORS_PACKET_H

#include "wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An IP address in network order; version 4 uses the first 4 bytes, the rest is zero. */
struct address {
    uint8_t bytes[16];
    uint8_t version; /* 4 or 6 */
};

enum packet_kind {
    PACKET_TCP,  /* a TCP segment: every field of struct segment but icmp's */
    PACKET_UDP,  /* a UDP datagram: addresses, ports, payload */
    PACKET_ICMP, /* an ICMP error that quotes a TCP segment: addresses, ports and sequence are the
                    quoted segment's (so `from` is whom the error is for), icmp_* are set */
    PACKET_FRAGMENT, /* a piece of an IP datagram: addresses and fragment_* are set, `payload` is
                        the piece's bytes as they follow the IP header */
    PACKET_OTHER,    /* anything else: ARP, other protocols, ICMP about something else */
    PACKET_BROKEN /* contradicts itself (a length below its minimum ...) or is cut before its ports
                   */
};

enum segment_flag {
    SEGMENT_FIN = 0x01,
    SEGMENT_SYN = 0x02,
    SEGMENT_RST = 0x04,
    SEGMENT_PSH = 0x08,
    SEGMENT_ACK = 0x10,
    SEGMENT_URG = 0x20
};

struct segment {
    struct address from, to;
    uint16_t from_port, to_port;
    uint8_t flags;  /* enum segment_flag */
    uint8_t ttl;    /* or IPv6's hop limit; of the innermost IP header, for TCP, UDP and FRAGMENT */
    uint16_t ip_id; /* IPv4's identification; 0 for IPv6 */
    uint16_t window; /* as sent, not scaled */
    uint32_t sequence, acknowledgement;
    struct wire payload;     /* the bytes that were captured */
    uint32_t payload_length; /* bytes that were sent, by the IP header and never more than the
                                packet had; >= payload.left */
    bool perhaps_padding;    /* PACKET_TCP: the payload may be Ethernet's padding, for which some
                                stacks' IP header accounts: a bare ACK with up to 6 zeroes */
    uint8_t icmp_type, icmp_code; /* PACKET_ICMP; as ICMPv6's where from.version is 6 */
    uint32_t icmp_mtu;            /* next hop's MTU in bytes where the error names one, else 0 */
    uint32_t fragment_id;         /* PACKET_FRAGMENT: identification */
    uint32_t fragment_offset;     /* bytes from the datagram's beginning */
    bool fragment_more;
    uint8_t fragment_protocol; /* IP protocol number of the datagram */
};

/* True when link type `link` (a LINKTYPE_ or DLT_ number, as libpcap's pcap_datalink() gives it) is
 * one that packet_dissect() can read. */
bool packet_link_known(int link);

/* Dissects the packet `bytes`, of which everything up to `bytes.left` was captured and `length`
 * bytes were sent (length >= bytes.left). Fills `segment` as the kind says; the rest of it is zero.
 * Outer headers (VLAN, tunnels) are followed to the innermost IP packet, at most 16 of them. Bytes
 * behind the IP datagram's end (Ethernet padding) are no payload; where the IP total length is 0
 * (segmentation offload), the packet's own length counts. */
enum packet_kind packet_dissect(struct segment *segment, int link, struct wire bytes,
                                size_t length);

/* The same, layer by layer also where there is a shorter way: what tests hold that against. */
enum packet_kind packet_dissect_layers(struct segment *segment, int link, struct wire bytes,
                                       size_t length);

/* The same for an IP datagram that was put together: `bytes` follows its IP header, of which
 * `piece`, one of its fragments, tells the rest. */
enum packet_kind packet_dissect_datagram(struct segment *segment, const struct segment *piece,
                                         struct wire bytes, size_t length);

#endif
