#include "packet_layer.h"

/* IEEE 802 numbers: from 0x0600 on the field is a type, up to 1500 a length. */
enum {
    ETHERTYPE_LENGTH_MAXIMUM = 1500,
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_TRANSPARENT_BRIDGING = 0x6558,
    ETHERTYPE_VLAN = 0x8100,
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_PPP = 0x880b,
    ETHERTYPE_MPLS = 0x8847,
    ETHERTYPE_MPLS_MULTICAST = 0x8848,
    ETHERTYPE_PPPOE_SESSION = 0x8864,
    ETHERTYPE_VLAN_SERVICE = 0x88a8,
    ETHERTYPE_VLAN_OLD = 0x9100
};

/* MPLS labels on one packet; networks use up to about six. */
enum { LABEL_LIMIT = 16 };

enum layer layer_by_ethertype(struct dissection *dissection, uint32_t type)
{
    switch (type) {
    case ETHERTYPE_IPV4:
        return LAYER_IPV4;
    case ETHERTYPE_IPV6:
        return LAYER_IPV6;
    case ETHERTYPE_VLAN:
    case ETHERTYPE_VLAN_SERVICE:
    case ETHERTYPE_VLAN_OLD:
        return LAYER_VLAN;
    case ETHERTYPE_MPLS:
    case ETHERTYPE_MPLS_MULTICAST:
        return LAYER_MPLS;
    case ETHERTYPE_PPPOE_SESSION:
        return LAYER_PPPOE;
    case ETHERTYPE_TRANSPARENT_BRIDGING:
        return LAYER_ETHERNET;
    case ETHERTYPE_PPP:
        return LAYER_PPP;
    default:
        break;
    }
    if (type > ETHERTYPE_LENGTH_MAXIMUM) {
        return layer_end(dissection, PACKET_OTHER);
    }
    layer_trim(dissection, type);
    return LAYER_LLC;
}

enum layer layer_by_nibble(struct dissection *dissection)
{
    switch (wire_peek(&dissection->bytes, 0) >> 4) {
    case 4:
        return LAYER_IPV4;
    case 6:
        return LAYER_IPV6;
    default:
        return layer_end(dissection, PACKET_OTHER);
    }
}

/* Destination, source, type. */
enum layer layer_ethernet(struct dissection *dissection)
{
    struct wire header = wire_take(&dissection->bytes, 14);
    if (!wire_ok(&header)) {
        return layer_end(dissection, PACKET_BROKEN);
    }
    return layer_by_ethertype(dissection, wire_peek_u16(&header, 12));
}

/* IEEE 802.1Q: priority and VLAN identifier, then the type of what is tagged. */
enum layer layer_vlan(struct dissection *dissection)
{
    wire_skip(&dissection->bytes, 2);
    return layer_by_ethertype(dissection, wire_u16(&dissection->bytes));
}

/* IEEE 802.2, and SNAP over it (RFC 1042). The organisation 0x0000f8 is 802.1H's bridge tunnel. */
enum layer layer_llc(struct dissection *dissection)
{
    switch (wire_u24(&dissection->bytes)) {
    case 0xaaaa03: {
        uint32_t organisation = wire_u24(&dissection->bytes);
        uint16_t type = wire_u16(&dissection->bytes);
        if ((organisation != 0 && organisation != 0xf8) || type <= ETHERTYPE_LENGTH_MAXIMUM) {
            return layer_end(dissection, PACKET_OTHER);
        }
        return layer_by_ethertype(dissection, type);
    }
    case 0x060603:
        return LAYER_IPV4;
    default:
        return layer_end(dissection, PACKET_OTHER);
    }
}

/* What follows a Linux cooked header: an EtherType, or a number below 0x0600 that Linux made up, of
 * which 4 is 802.2. */
static enum layer cooked(struct dissection *dissection, uint32_t protocol)
{
    if (protocol > ETHERTYPE_LENGTH_MAXIMUM) {
        return layer_by_ethertype(dissection, protocol);
    }
    return protocol == 4 ? LAYER_LLC : layer_end(dissection, PACKET_OTHER);
}

/* LINKTYPE_LINUX_SLL: packet type, device type, address length, 8 bytes of address, protocol. */
enum layer layer_sll(struct dissection *dissection)
{
    wire_skip(&dissection->bytes, 14);
    return cooked(dissection, wire_u16(&dissection->bytes));
}

/* LINKTYPE_LINUX_SLL2: protocol, reserved, interface, device type, packet type, address. */
enum layer layer_sll2(struct dissection *dissection)
{
    uint16_t protocol = wire_u16(&dissection->bytes);
    wire_skip(&dissection->bytes, 18);
    return cooked(dissection, protocol);
}

/* LINKTYPE_NULL and LINKTYPE_LOOP: the address family in the byte order of the capturing machine,
 * or in network order. A family is a small number, which tells the two apart. */
enum layer layer_loopback(struct dissection *dissection)
{
    uint32_t family = wire_u32(&dissection->bytes);
    if (family > UINT16_MAX) {
        family = family >> 24 | (family >> 8 & 0xff00);
    }
    switch (family) {
    case 2:
        return LAYER_IPV4;
    case 10: /* Linux */
    case 23: /* Windows */
    case 24: /* NetBSD, OpenBSD */
    case 28: /* FreeBSD */
    case 30: /* macOS */
        return LAYER_IPV6;
    default:
        return layer_end(dissection, PACKET_OTHER);
    }
}

/* RFC 1661, section 2, with the address and control bytes of RFC 1662 or without. An odd first byte
 * is a protocol number whose leading zero was compressed away. */
enum layer layer_ppp(struct dissection *dissection)
{
    struct wire *bytes = &dissection->bytes;
    if (wire_peek(bytes, 0) == 0xff && wire_peek(bytes, 1) == 0x03) {
        wire_skip(bytes, 2);
    }
    uint32_t protocol = wire_u8(bytes);
    if ((protocol & 1) == 0) {
        protocol = protocol << 8 | wire_u8(bytes);
    }
    switch (protocol) {
    case 0x0021:
        return LAYER_IPV4;
    case 0x0057:
        return LAYER_IPV6;
    case 0x0281:
    case 0x0283:
        return LAYER_MPLS;
    default:
        return layer_end(dissection, PACKET_OTHER);
    }
}

/* LINKTYPE_PPP_HDLC: PPP, or Cisco's HDLC when the address is its unicast or multicast. */
enum layer layer_ppp_serial(struct dissection *dissection)
{
    uint8_t address = wire_peek(&dissection->bytes, 0);
    return address == 0x0f || address == 0x8f ? LAYER_CISCO_HDLC : LAYER_PPP;
}

/* RFC 1547, section 4.3.1: address, control, EtherType. */
enum layer layer_cisco_hdlc(struct dissection *dissection)
{
    wire_skip(&dissection->bytes, 2);
    uint16_t type = wire_u16(&dissection->bytes);
    if (type <= ETHERTYPE_LENGTH_MAXIMUM) {
        return layer_end(dissection, PACKET_OTHER);
    }
    return layer_by_ethertype(dissection, type);
}

/* RFC 2516, section 4: version and type 1, code 0 in a session, session, length. */
enum layer layer_pppoe(struct dissection *dissection)
{
    uint16_t kind = wire_u16(&dissection->bytes);
    wire_skip(&dissection->bytes, 2);
    uint16_t length = wire_u16(&dissection->bytes);
    if (kind != 0x1100) {
        return layer_end(dissection, PACKET_OTHER);
    }
    layer_trim(dissection, length);
    return LAYER_PPP;
}

/* RFC 3032, section 2.1: labels down to the bottom of the stack. They do not name what they carry;
 * its first nibble does: IP's version, or 0 for a pseudowire's control word (RFC 4448,
 * section 4.6), behind which is an Ethernet frame. */
enum layer layer_mpls(struct dissection *dissection)
{
    bool bottom = false;
    for (int i = 0; i < LABEL_LIMIT && !bottom; i++) {
        bottom = (wire_u32(&dissection->bytes) & 0x100) != 0;
    }
    if (!bottom) {
        return layer_end(dissection, PACKET_OTHER);
    }
    if (dissection->bytes.left > 0 && wire_peek(&dissection->bytes, 0) >> 4 == 0) {
        wire_skip(&dissection->bytes, 4);
        return LAYER_ETHERNET;
    }
    return layer_by_nibble(dissection);
}

/* A header of its own length (in little-endian order), of which nothing matters here. */
enum layer layer_radiotap(struct dissection *dissection)
{
    wire_skip(&dissection->bytes, 2);
    size_t length = wire_u8(&dissection->bytes);
    length |= (size_t)wire_u8(&dissection->bytes) << 8;
    if (length < 4) {
        return layer_end(dissection, PACKET_BROKEN);
    }
    wire_skip(&dissection->bytes, length - 4);
    return LAYER_WIFI;
}

/* IEEE 802.11, section 9.2 and 9.3.2: data frames that are not encrypted. Of an A-MSDU the first
 * part is read. The check sequence that may follow is behind the IP datagram's end. */
enum layer layer_wifi(struct dissection *dissection)
{
    struct wire *bytes = &dissection->bytes;
    uint8_t control = wire_u8(bytes);
    uint8_t flags = wire_u8(bytes);
    bool data = (control & 0x0f) == 0x08 && (control & 0x40) == 0;
    bool encrypted = (flags & 0x40) != 0;
    bool qos = (control & 0x80) != 0;
    if (!data || encrypted) {
        return layer_end(dissection, PACKET_OTHER);
    }
    wire_skip(bytes, 22);
    if ((flags & 0x03) == 0x03) { /* from one distribution system to another: a fourth address */
        wire_skip(bytes, 6);
    }
    bool aggregate = false;
    if (qos) {
        aggregate = (wire_u16(bytes) & 0x8000) != 0;
        wire_skip(bytes, (flags & 0x80) != 0 ? 4 : 0); /* HT control */
    }
    if (aggregate) {
        wire_skip(bytes, 12);
        return layer_by_ethertype(dissection, wire_u16(bytes));
    }
    return LAYER_LLC;
}
