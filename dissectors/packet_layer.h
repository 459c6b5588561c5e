/* Inside the packet room: one header of a packet, and the table that packet.c walks.
 *
 * A layer reads its header from the front of `bytes` and returns the layer that follows, or
 * LAYER_END once `kind` says what the packet is. A read that fails ends the walk: the packet is
 * broken, whatever the layer returned. Nobody outside of packet*.c includes this.
 */
#ifndef DISSECTORS_PACKET_LAYER_H
#define DISSECTORS_PACKET_LAYER_H

#include "packet.h"

enum layer {
    LAYER_END,
    LAYER_ETHERNET,
    LAYER_VLAN,
    LAYER_LLC,
    LAYER_SLL,
    LAYER_SLL2,
    LAYER_LOOPBACK,
    LAYER_RAW,
    LAYER_PPP,
    LAYER_PPP_SERIAL,
    LAYER_CISCO_HDLC,
    LAYER_PPPOE,
    LAYER_MPLS,
    LAYER_RADIOTAP,
    LAYER_WIFI,
    LAYER_IPV4,
    LAYER_IPV6,
    LAYER_TCP,
    LAYER_UDP,
    LAYER_ICMP,
    LAYER_ICMPV6,
    LAYER_GRE,
    LAYER_VXLAN,
    LAYER_GENEVE,
    LAYER_GTP,
    LAYER_TEREDO,
    LAYER_COUNT
};

struct dissection {
    struct segment *segment;
    struct wire bytes;     /* captured and not yet read, up to the end of the innermost datagram */
    size_t missing;        /* bytes that were sent behind `bytes` but not captured */
    enum packet_kind kind; /* the answer so far; PACKET_OTHER until a layer knows better */
    bool quoted;           /* inside an ICMP error: `bytes` is what it quotes */
    uint8_t icmp_type, icmp_code;
    uint32_t icmp_mtu;
};

/* Ends the walk with an answer. */
static inline enum layer layer_end(struct dissection *dissection, enum packet_kind kind)
{
    dissection->kind = kind;
    return LAYER_END;
}

/* Bytes that were sent from here on. */
static inline size_t layer_sent(const struct dissection *dissection)
{
    return dissection->bytes.left + dissection->missing;
}

/* Says that what follows was sent with `length` bytes: what lies behind is padding. A header that
 * promises more than the packet had is not believed: such bytes were never sent. */
static inline void layer_trim(struct dissection *dissection, size_t length)
{
    size_t captured = dissection->bytes.left;
    if (length <= captured) {
        dissection->bytes = wire_take(&dissection->bytes, length);
        dissection->missing = 0;
    } else if (length < layer_sent(dissection)) {
        dissection->missing = length - captured;
    }
}

/* packet_link.c: what follows an EtherType, or an 802.3 length (at most 1500). */
enum layer layer_by_ethertype(struct dissection *dissection, uint32_t type);
/* packet_link.c: IPv4 or IPv6 by the version in the first nibble. */
enum layer layer_by_nibble(struct dissection *dissection);

enum layer layer_ethernet(struct dissection *dissection);
enum layer layer_vlan(struct dissection *dissection);
enum layer layer_llc(struct dissection *dissection);
enum layer layer_sll(struct dissection *dissection);
enum layer layer_sll2(struct dissection *dissection);
enum layer layer_loopback(struct dissection *dissection);
enum layer layer_ppp(struct dissection *dissection);
enum layer layer_ppp_serial(struct dissection *dissection);
enum layer layer_cisco_hdlc(struct dissection *dissection);
enum layer layer_pppoe(struct dissection *dissection);
enum layer layer_mpls(struct dissection *dissection);
enum layer layer_radiotap(struct dissection *dissection);
enum layer layer_wifi(struct dissection *dissection);

/* packet_ip.c: what follows the IP header of a datagram that was put together; the addresses are
 * the segment's already. */
enum layer layer_datagram(struct dissection *dissection, uint8_t protocol);
enum layer layer_ipv4(struct dissection *dissection);
enum layer layer_ipv6(struct dissection *dissection);
enum layer layer_tcp(struct dissection *dissection);
enum layer layer_udp(struct dissection *dissection);
enum layer layer_icmp(struct dissection *dissection);
enum layer layer_icmpv6(struct dissection *dissection);

/* packet_tunnel.c */
enum layer layer_gre(struct dissection *dissection);
enum layer layer_vxlan(struct dissection *dissection);
enum layer layer_geneve(struct dissection *dissection);
enum layer layer_gtp(struct dissection *dissection);
enum layer layer_teredo(struct dissection *dissection);

#endif
