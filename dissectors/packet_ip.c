#include "packet_layer.h"

#include <string.h>

/* IANA's protocol numbers. */
enum {
    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_ICMP = 1,
    PROTOCOL_IPV4 = 4,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_IPV6 = 41,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_GRE = 47,
    PROTOCOL_AUTHENTICATION = 51,
    PROTOCOL_ICMPV6 = 58,
    PROTOCOL_DESTINATION = 60,
    PROTOCOL_MOBILITY = 135,
    PROTOCOL_MPLS = 137,
    PROTOCOL_HIP = 139,
    PROTOCOL_SHIM6 = 140
};

/* RFC 8200, section 4.1: each extension header once, the destination options twice. A few more are
 * forgiven. */
enum { EXTENSION_LIMIT = 12 };

/* UDP ports of tunnels. 8472 is VXLAN's from before it had a number: Linux's default. */
enum {
    PORT_GTP = 2152,
    PORT_TEREDO = 3544,
    PORT_VXLAN = 4789,
    PORT_GENEVE = 6081,
    PORT_VXLAN_LINUX = 8472
};

/* The address of 4 or 16 bytes that stands `offset` bytes from the beginning of a header. */
static inline void address(struct address *address, struct wire header, size_t offset,
                           uint8_t version)
{
    wire_skip(&header, offset);
    struct wire bytes = wire_take(&header, version == 4 ? 4 : 16);
    if (wire_ok(&bytes)) {
        memcpy(address->bytes, bytes.at, version == 4 ? 4 : 16);
        address->version = version;
    }
}

/* Hands over everything that is left as the payload. */
static void payload(struct dissection *dissection)
{
    size_t sent = layer_sent(dissection);
    dissection->segment->payload = dissection->bytes;
    dissection->segment->payload_length = sent < UINT32_MAX ? (uint32_t)sent : UINT32_MAX;
}

/* What follows IP. An ICMP error's quote is followed to a TCP header and no further: the error is
 * for the outermost sender, who is not the one inside a tunnel. */
static enum layer transport(struct dissection *dissection, uint8_t protocol)
{
    if (protocol == PROTOCOL_TCP) {
        return LAYER_TCP;
    }
    if (dissection->quoted) {
        return layer_end(dissection, PACKET_OTHER);
    }
    bool ipv4 = dissection->segment->from.version == 4;
    switch (protocol) {
    case PROTOCOL_UDP:
        return LAYER_UDP;
    case PROTOCOL_ICMP:
        return ipv4 ? LAYER_ICMP : layer_end(dissection, PACKET_OTHER);
    case PROTOCOL_ICMPV6:
        return ipv4 ? layer_end(dissection, PACKET_OTHER) : LAYER_ICMPV6;
    case PROTOCOL_IPV4:
        return LAYER_IPV4;
    case PROTOCOL_IPV6:
        return LAYER_IPV6;
    case PROTOCOL_GRE:
        return LAYER_GRE;
    case PROTOCOL_MPLS:
        return LAYER_MPLS;
    default:
        return layer_end(dissection, PACKET_OTHER);
    }
}

/* A piece of a datagram. In a quote only the first piece shows ports, and its header is enough. */
static enum layer fragment(struct dissection *dissection, uint8_t protocol, uint32_t id,
                           uint32_t offset, bool more)
{
    if (dissection->quoted) {
        return offset == 0 ? transport(dissection, protocol) : layer_end(dissection, PACKET_OTHER);
    }
    struct segment *segment = dissection->segment;
    segment->fragment_id = id;
    segment->fragment_offset = offset;
    segment->fragment_more = more;
    segment->fragment_protocol = protocol;
    payload(dissection);
    return layer_end(dissection, PACKET_FRAGMENT);
}

/* RFC 4302, section 2: next header, length in words less 2, and what authenticates. */
static uint8_t authentication(struct dissection *dissection)
{
    uint8_t next = wire_u8(&dissection->bytes);
    size_t words = wire_u8(&dissection->bytes);
    wire_skip(&dissection->bytes, words * 4 + 6);
    return next;
}

/* RFC 791, section 3.1. The total length of a quote is not believed: routers are known to have
 * changed it before they quoted. */
enum layer layer_ipv4(struct dissection *dissection)
{
    struct wire header = wire_take(&dissection->bytes, 20);
    struct segment *segment = dissection->segment;
    *segment = (struct segment){0};
    if (!wire_ok(&header)) {
        return layer_end(dissection, PACKET_BROKEN);
    }
    uint8_t first = wire_peek(&header, 0);
    size_t total = wire_peek_u16(&header, 2);
    size_t length = (size_t)(first & 0x0f) * 4;
    bool whole = total == 0 || dissection->quoted;
    if (first >> 4 != 4 || length < 20 || (!whole && total < length)) {
        return layer_end(dissection, PACKET_BROKEN);
    }
    segment->ip_id = wire_peek_u16(&header, 4);
    uint16_t place = wire_peek_u16(&header, 6);
    segment->ttl = wire_peek(&header, 8);
    uint8_t protocol = wire_peek(&header, 9);
    address(&segment->from, header, 12, 4);
    address(&segment->to, header, 16, 4);
    if (!whole) {
        layer_trim(dissection, total - 20);
    }
    wire_skip(&dissection->bytes, length - 20);
    if ((place & 0x3fff) != 0) {
        return fragment(dissection, protocol, segment->ip_id, (place & 0x1fffU) * 8,
                        (place & 0x2000) != 0);
    }
    if (protocol == PROTOCOL_AUTHENTICATION) {
        protocol = authentication(dissection);
    }
    return transport(dissection, protocol);
}

/* RFC 8200, section 4: extension headers, each with its own length in units of 8 bytes. A fragment
 * header of a datagram that is in one piece (RFC 6946) is passed over. */
static enum layer extensions(struct dissection *dissection, uint8_t next)
{
    struct wire *bytes = &dissection->bytes;
    for (int i = 0; i < EXTENSION_LIMIT && wire_ok(bytes); i++) {
        switch (next) {
        case PROTOCOL_HOP_BY_HOP:
        case PROTOCOL_ROUTING:
        case PROTOCOL_DESTINATION:
        case PROTOCOL_MOBILITY:
        case PROTOCOL_HIP:
        case PROTOCOL_SHIM6: {
            next = wire_u8(bytes);
            size_t units = wire_u8(bytes);
            wire_skip(bytes, units * 8 + 6);
            break;
        }
        case PROTOCOL_AUTHENTICATION:
            next = authentication(dissection);
            break;
        case PROTOCOL_FRAGMENT: {
            next = wire_u8(bytes);
            wire_skip(bytes, 1);
            uint16_t place = wire_u16(bytes);
            uint32_t id = wire_u32(bytes);
            if ((place & 0xfff9) != 0) {
                return fragment(dissection, next, id, place & 0xfff8U, (place & 1) != 0);
            }
            break;
        }
        default:
            return transport(dissection, next);
        }
    }
    return layer_end(dissection, PACKET_OTHER);
}

enum layer layer_datagram(struct dissection *dissection, uint8_t protocol)
{
    if (dissection->segment->from.version == 6) {
        return extensions(dissection, protocol);
    }
    if (protocol == PROTOCOL_AUTHENTICATION) {
        protocol = authentication(dissection);
    }
    return transport(dissection, protocol);
}

/* RFC 8200, section 3. A payload length of 0 is a jumbogram's or segmentation offload's. */
enum layer layer_ipv6(struct dissection *dissection)
{
    struct wire header = wire_take(&dissection->bytes, 40);
    struct segment *segment = dissection->segment;
    *segment = (struct segment){0};
    if (!wire_ok(&header) || wire_peek(&header, 0) >> 4 != 6) {
        return layer_end(dissection, PACKET_BROKEN);
    }
    size_t length = wire_peek_u16(&header, 4);
    uint8_t next = wire_peek(&header, 6);
    segment->ttl = wire_peek(&header, 7);
    address(&segment->from, header, 8, 6);
    address(&segment->to, header, 24, 6);
    if (length != 0 && !dissection->quoted) {
        layer_trim(dissection, length);
    }
    return extensions(dissection, next);
}

/* The ports and the sequence number, which is as much as every ICMP error must quote of TCP
 * (RFC 792: 8 bytes). */
static enum layer quoted_tcp(struct dissection *dissection)
{
    struct segment *segment = dissection->segment;
    segment->ttl = 0;
    segment->ip_id = 0;
    segment->icmp_type = dissection->icmp_type;
    segment->icmp_code = dissection->icmp_code;
    segment->icmp_mtu = dissection->icmp_mtu;
    return layer_end(dissection, PACKET_ICMP);
}

/* RFC 9293, section 3.1. Whatever the snap length left of the checksum and the options is passed
 * over; how many bytes of payload were sent is known without them. */
enum layer layer_tcp(struct dissection *dissection)
{
    struct segment *segment = dissection->segment;
    struct wire *bytes = &dissection->bytes;
    size_t sent = layer_sent(dissection);
    struct wire head = wire_take(bytes, 8);
    segment->from_port = wire_peek_u16(&head, 0);
    segment->to_port = wire_peek_u16(&head, 2);
    segment->sequence = wire_peek_u32(&head, 4);
    if (dissection->quoted) {
        return quoted_tcp(dissection);
    }
    head = wire_take(bytes, 8);
    segment->acknowledgement = wire_peek_u32(&head, 0);
    size_t length = (size_t)(wire_peek(&head, 4) >> 4) * 4;
    segment->flags = wire_peek(&head, 5) & 0x3f;
    segment->window = wire_peek_u16(&head, 6);
    if (!wire_ok(bytes) || length < 20 || length > sent) {
        return layer_end(dissection, PACKET_BROKEN);
    }
    struct wire rest = wire_take_most(bytes, length - 16);
    dissection->missing -= length - 16 - rest.left;
    payload(dissection);
    return layer_end(dissection, PACKET_TCP);
}

/* RFC 768. A length of 0 is a jumbogram's (RFC 2675, section 4) or segmentation offload's. Tunnels
 * are looked for by port; a datagram that is none after all stays a datagram. */
enum layer layer_udp(struct dissection *dissection)
{
    struct segment *segment = dissection->segment;
    segment->from_port = wire_u16(&dissection->bytes);
    segment->to_port = wire_u16(&dissection->bytes);
    size_t length = wire_u16(&dissection->bytes);
    wire_take_most(&dissection->bytes, 2);
    if (length != 0 && length < 8) {
        return layer_end(dissection, PACKET_BROKEN);
    }
    if (length != 0) {
        layer_trim(dissection, length - 8);
    }
    payload(dissection);
    dissection->kind = PACKET_UDP;
    switch (segment->to_port) {
    case PORT_VXLAN:
    case PORT_VXLAN_LINUX:
        return LAYER_VXLAN;
    case PORT_GENEVE:
        return LAYER_GENEVE;
    case PORT_GTP:
        return LAYER_GTP;
    case PORT_TEREDO:
        return LAYER_TEREDO;
    default:
        return segment->from_port == PORT_TEREDO ? LAYER_TEREDO : LAYER_END;
    }
}

/* Goes on in what the error quotes. */
static enum layer quote(struct dissection *dissection, enum layer layer)
{
    dissection->quoted = true;
    return layer;
}

/* RFC 792; RFC 1191, section 4 for the next hop's MTU. Destination unreachable and time exceeded.
 */
enum layer layer_icmp(struct dissection *dissection)
{
    dissection->icmp_type = wire_u8(&dissection->bytes);
    dissection->icmp_code = wire_u8(&dissection->bytes);
    wire_skip(&dissection->bytes, 4);
    uint16_t mtu = wire_u16(&dissection->bytes);
    if (dissection->icmp_type != 3 && dissection->icmp_type != 11) {
        return layer_end(dissection, PACKET_OTHER);
    }
    dissection->icmp_mtu = dissection->icmp_type == 3 && dissection->icmp_code == 4 ? mtu : 0;
    return quote(dissection, LAYER_IPV4);
}

/* RFC 4443, section 3.1 to 3.3. Destination unreachable, packet too big and time exceeded. */
enum layer layer_icmpv6(struct dissection *dissection)
{
    dissection->icmp_type = wire_u8(&dissection->bytes);
    dissection->icmp_code = wire_u8(&dissection->bytes);
    wire_skip(&dissection->bytes, 2);
    uint32_t mtu = wire_u32(&dissection->bytes);
    if (dissection->icmp_type < 1 || dissection->icmp_type > 3) {
        return layer_end(dissection, PACKET_OTHER);
    }
    dissection->icmp_mtu = dissection->icmp_type == 2 ? mtu : 0;
    return quote(dissection, LAYER_IPV6);
}
