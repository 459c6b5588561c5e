#include "packet_layer.h"

#include <string.h>

/* A header within a header, as deep as anybody nests them: two VLAN tags, three MPLS stacks, GRE,
 * VXLAN and the inner packet are 12. More is an attempt to keep us busy. */
enum { LAYER_LIMIT = 16 };

struct link_layer {
    int link;
    enum layer layer;
};

/* By DLT_ number; where a LINKTYPE_ number differs (raw IP), by both. Ethernet stands first: it is
 * asked for with each packet. */
static const struct link_layer links[] = {
    {1, LAYER_ETHERNET},     /* EN10MB */
    {113, LAYER_SLL},        /* LINUX_SLL */
    {276, LAYER_SLL2},       /* LINUX_SLL2 */
    {12, LAYER_RAW},         /* RAW */
    {14, LAYER_RAW},         /* RAW on OpenBSD */
    {101, LAYER_RAW},        /* LINKTYPE_RAW */
    {228, LAYER_RAW},        /* IPV4 */
    {229, LAYER_RAW},        /* IPV6 */
    {0, LAYER_LOOPBACK},     /* NULL */
    {108, LAYER_LOOPBACK},   /* LOOP */
    {9, LAYER_PPP},          /* PPP */
    {50, LAYER_PPP_SERIAL},  /* PPP_SERIAL */
    {51, LAYER_PPPOE},       /* PPP_ETHER: begins with the PPPoE header */
    {104, LAYER_CISCO_HDLC}, /* C_HDLC */
    {105, LAYER_WIFI},       /* IEEE802_11 */
    {127, LAYER_RADIOTAP},   /* IEEE802_11_RADIO */
};

static enum layer (*const layers[LAYER_COUNT])(struct dissection *) = {
    [LAYER_ETHERNET] = layer_ethernet,
    [LAYER_VLAN] = layer_vlan,
    [LAYER_LLC] = layer_llc,
    [LAYER_SLL] = layer_sll,
    [LAYER_SLL2] = layer_sll2,
    [LAYER_LOOPBACK] = layer_loopback,
    [LAYER_RAW] = layer_by_nibble,
    [LAYER_PPP] = layer_ppp,
    [LAYER_PPP_SERIAL] = layer_ppp_serial,
    [LAYER_CISCO_HDLC] = layer_cisco_hdlc,
    [LAYER_PPPOE] = layer_pppoe,
    [LAYER_MPLS] = layer_mpls,
    [LAYER_RADIOTAP] = layer_radiotap,
    [LAYER_WIFI] = layer_wifi,
    [LAYER_IPV4] = layer_ipv4,
    [LAYER_IPV6] = layer_ipv6,
    [LAYER_TCP] = layer_tcp,
    [LAYER_UDP] = layer_udp,
    [LAYER_ICMP] = layer_icmp,
    [LAYER_ICMPV6] = layer_icmpv6,
    [LAYER_GRE] = layer_gre,
    [LAYER_VXLAN] = layer_vxlan,
    [LAYER_GENEVE] = layer_geneve,
    [LAYER_GTP] = layer_gtp,
    [LAYER_TEREDO] = layer_teredo,
};

/* The layer that a link type begins with; LAYER_END when we do not know it. */
static enum layer first_layer(int link)
{
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        if (links[i].link == link) {
            return links[i].layer;
        }
    }
    return LAYER_END;
}

bool packet_link_known(int link)
{
    return first_layer(link) != LAYER_END;
}

/* Bytes: a frame without its checksum has at least 60 (IEEE 802.3), less 14 of Ethernet, 20 of IP
 * and 20 of TCP. */
enum { PADDING_MOST = 6 };

/* Whether what is taken for payload may fill up a frame of Ethernet's least length: what stands
 * around it since, a VLAN's tag or a tunnel, does not tell. */
static bool may_be_padding(const struct segment *segment)
{
    struct wire payload = segment->payload;
    bool zero = payload.left > 0 && payload.left == segment->payload_length;
    if (payload.left > PADDING_MOST ||
        (segment->flags | SEGMENT_SYN) != (SEGMENT_SYN | SEGMENT_ACK)) {
        return false;
    }
    while (zero && payload.left > 0) {
        zero = wire_u8(&payload) == 0;
    }
    return zero;
}

/* Goes from layer to layer until one knows what the packet is. */
static enum packet_kind walk(struct dissection *dissection, enum layer layer)
{
    for (int i = 0; i < LAYER_LIMIT && layer != LAYER_END && wire_ok(&dissection->bytes); i++) {
        layer = layers[layer](dissection);
    }
    if (!wire_ok(&dissection->bytes)) {
        dissection->kind = PACKET_BROKEN;
    } else if (layer != LAYER_END) {
        dissection->kind = PACKET_OTHER;
    }
    if (dissection->kind == PACKET_OTHER || dissection->kind == PACKET_BROKEN) {
        *dissection->segment = (struct segment){0};
    }
    return dissection->kind;
}

/* ---- the way that nearly all packets go ---- */

enum {
    ORDINARY_ETHERNET = 14, /* bytes */
    ORDINARY_IP = 20,
    ORDINARY_LEAST = ORDINARY_ETHERNET + ORDINARY_IP + 20
};

/* Dissects a packet of Ethernet, IPv4 without options and TCP, of which all headers are there and
 * agree; false, and nothing is said, where it is anything else. The layers would say the same, in
 * three times as long. */
static bool is_ordinary(struct segment *segment, struct wire bytes, size_t length)
{
    if (bytes.left < ORDINARY_LEAST || length < bytes.left) {
        return false;
    }
    struct wire head = wire_take(&bytes, ORDINARY_LEAST);
    size_t total = wire_peek_u16(&head, 16);
    size_t headers = ORDINARY_IP + (size_t)(wire_peek(&head, 46) >> 4) * 4;
    bool ordinary = wire_peek_u16(&head, 12) == 0x0800 && wire_peek(&head, 14) == 0x45 &&
                    (wire_peek_u16(&head, 20) & 0x3fff) == 0 && wire_peek(&head, 23) == 6;
    size_t options = headers - ORDINARY_IP - 20;
    if (!ordinary || headers < ORDINARY_IP + 20 || total < headers ||
        total > length - ORDINARY_ETHERNET || bytes.left < options) {
        return false;
    }
    wire_skip(&bytes, options);
    struct wire addresses = head;
    wire_skip(&addresses, 26);
    *segment = (struct segment){
        .from.version = 4,
        .to.version = 4,
        .from_port = wire_peek_u16(&head, 34),
        .to_port = wire_peek_u16(&head, 36),
        .flags = wire_peek(&head, 47) & 0x3f,
        .ttl = wire_peek(&head, 22),
        .ip_id = wire_peek_u16(&head, 18),
        .window = wire_peek_u16(&head, 48),
        .sequence = wire_peek_u32(&head, 38),
        .acknowledgement = wire_peek_u32(&head, 42),
        .payload = wire_take_most(&bytes, total - headers),
        .payload_length = (uint32_t)(total - headers),
    };
    memcpy(segment->from.bytes, addresses.at, 4);
    memcpy(segment->to.bytes, addresses.at + 4, 4);
    return true;
}

/* ---- any way ---- */

enum packet_kind packet_dissect(struct segment *segment, int link, struct wire bytes, size_t length)
{
    if (link == links[0].link && is_ordinary(segment, bytes, length)) {
        segment->perhaps_padding = may_be_padding(segment);
        return PACKET_TCP;
    }
    return packet_dissect_layers(segment, link, bytes, length);
}

enum packet_kind packet_dissect_layers(struct segment *segment, int link, struct wire bytes,
                                       size_t length)
{
    struct dissection dissection = {
        .segment = segment,
        .bytes = bytes,
        .missing = length > bytes.left ? length - bytes.left : 0,
        .kind = PACKET_OTHER,
    };
    enum packet_kind kind = walk(&dissection, first_layer(link));
    segment->perhaps_padding = kind == PACKET_TCP && may_be_padding(segment);
    return kind;
}

enum packet_kind packet_dissect_datagram(struct segment *segment, const struct segment *piece,
                                         struct wire bytes, size_t length)
{
    struct dissection dissection = {
        .segment = segment,
        .bytes = bytes,
        .missing = length > bytes.left ? length - bytes.left : 0,
        .kind = PACKET_OTHER,
    };
    uint8_t protocol = piece->fragment_protocol;
    *segment = (struct segment){
        .from = piece->from, .to = piece->to, .ttl = piece->ttl, .ip_id = piece->ip_id};
    enum packet_kind kind = walk(&dissection, layer_datagram(&dissection, protocol));
    segment->perhaps_padding = kind == PACKET_TCP && may_be_padding(segment);
    return kind;
}
