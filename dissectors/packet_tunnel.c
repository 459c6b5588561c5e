#include "packet_layer.h"

enum {
    GRE_CHECKSUM = 0x8000,
    GRE_ROUTING = 0x4000,
    GRE_KEY = 0x2000,
    GRE_SEQUENCE = 0x1000,
    GRE_ACKNOWLEDGEMENT = 0x0080,
    GRE_VERSION = 0x0007
};

/* Mirrored frames behind a switch's header of its own, within GRE. */
enum { ETHERTYPE_ERSPAN = 0x88be, ETHERTYPE_ERSPAN_3 = 0x22eb };

/* A GTP-U packet has one or two extension headers; the length of each is its own to say. */
enum { GTP_EXTENSION_LIMIT = 8 };

/* Enters a tunnel that a UDP datagram turned out to be. */
static enum layer enter(struct dissection *dissection, enum layer layer)
{
    dissection->kind = PACKET_OTHER;
    return layer;
}

/* RFC 2637, section 4.1: PPTP. A packet without a sequence number only acknowledges. */
static enum layer gre_point_to_point(struct dissection *dissection, uint32_t flags)
{
    wire_skip(&dissection->bytes, 4);
    if ((flags & GRE_SEQUENCE) == 0) {
        return layer_end(dissection, PACKET_OTHER);
    }
    wire_skip(&dissection->bytes, (flags & GRE_ACKNOWLEDGEMENT) != 0 ? 8 : 4);
    return LAYER_PPP;
}

/* Type I has no header, II has 8 bytes, III has 12 and says in its last bit whether 8 more follow
 * (draft-foschiano-erspan-03, section 4). */
static enum layer erspan(struct dissection *dissection, uint32_t type, bool numbered)
{
    if (type == ETHERTYPE_ERSPAN) {
        wire_skip(&dissection->bytes, numbered ? 8 : 0);
        return LAYER_ETHERNET;
    }
    wire_skip(&dissection->bytes, 8);
    bool more = (wire_u32(&dissection->bytes) & 1) != 0;
    wire_skip(&dissection->bytes, more ? 8 : 0);
    return LAYER_ETHERNET;
}

/* RFC 2784, section 2.1 and RFC 2890, section 2. */
enum layer layer_gre(struct dissection *dissection)
{
    uint32_t flags = wire_u16(&dissection->bytes);
    uint32_t type = wire_u16(&dissection->bytes);
    if ((flags & GRE_VERSION) == 1) {
        return gre_point_to_point(dissection, flags);
    }
    if ((flags & (GRE_VERSION | GRE_ROUTING)) != 0) {
        return layer_end(dissection, PACKET_OTHER);
    }
    bool numbered = (flags & GRE_SEQUENCE) != 0;
    wire_skip(&dissection->bytes, (flags & GRE_CHECKSUM) != 0 ? 4 : 0);
    wire_skip(&dissection->bytes, (flags & GRE_KEY) != 0 ? 4 : 0);
    wire_skip(&dissection->bytes, numbered ? 4 : 0);
    if (type == ETHERTYPE_ERSPAN || type == ETHERTYPE_ERSPAN_3) {
        return erspan(dissection, type, numbered);
    }
    if (type <= 1500) {
        return layer_end(dissection, PACKET_OTHER);
    }
    return layer_by_ethertype(dissection, type);
}

/* RFC 7348, section 5: flags of which only "valid identifier" is set, reserved, identifier. */
enum layer layer_vxlan(struct dissection *dissection)
{
    if (dissection->bytes.left < 8 || wire_peek(&dissection->bytes, 0) != 0x08) {
        return LAYER_END;
    }
    wire_skip(&dissection->bytes, 8);
    return enter(dissection, LAYER_ETHERNET);
}

/* RFC 8926, section 3.4: version 0, options' length in words, flags, type, identifier. */
enum layer layer_geneve(struct dissection *dissection)
{
    uint8_t first = wire_peek(&dissection->bytes, 0);
    uint8_t flags = wire_peek(&dissection->bytes, 1);
    size_t options = (size_t)(first & 0x3f) * 4;
    if (dissection->bytes.left < 8 + options || first >> 6 != 0 || (flags & 0x3f) != 0) {
        return LAYER_END;
    }
    wire_skip(&dissection->bytes, 2);
    uint16_t type = wire_u16(&dissection->bytes);
    wire_skip(&dissection->bytes, 4 + options);
    if (type <= 1500) {
        return layer_end(dissection, PACKET_OTHER);
    }
    dissection->kind = PACKET_OTHER;
    return layer_by_ethertype(dissection, type);
}

/* 3GPP TS 29.281, section 5: version 1, a G-PDU (255), which is an IP packet. Any of the last three
 * flags brings four more bytes, of which the last names the first extension header. */
enum layer layer_gtp(struct dissection *dissection)
{
    struct wire *bytes = &dissection->bytes;
    uint8_t flags = wire_peek(bytes, 0);
    if (bytes->left < 8 || (flags & 0xf0) != 0x30 || wire_peek(bytes, 1) != 0xff) {
        return LAYER_END;
    }
    wire_skip(bytes, 8);
    uint8_t next = 0;
    if ((flags & 0x07) != 0) {
        wire_skip(bytes, 3);
        next = wire_u8(bytes);
        next = (flags & 0x04) != 0 ? next : 0;
    }
    for (int i = 0; i < GTP_EXTENSION_LIMIT && next != 0 && wire_ok(bytes); i++) {
        size_t length = (size_t)wire_u8(bytes) * 4;
        if (length == 0) {
            return layer_end(dissection, PACKET_BROKEN);
        }
        wire_skip(bytes, length - 2);
        next = wire_u8(bytes);
    }
    return next != 0 ? layer_end(dissection, PACKET_OTHER) : enter(dissection, LAYER_RAW);
}

/* RFC 4380, section 5.1.1: an authentication and an origin indication, either or both, then IPv6.
 */
enum layer layer_teredo(struct dissection *dissection)
{
    struct wire bytes = dissection->bytes;
    if (wire_peek(&bytes, 0) == 0 && wire_peek(&bytes, 1) == 1) {
        wire_skip(&bytes, 2);
        size_t client = wire_u8(&bytes);
        size_t authentication = wire_u8(&bytes);
        wire_skip(&bytes, client + authentication + 9);
    }
    if (wire_peek(&bytes, 0) == 0 && wire_peek(&bytes, 1) == 0) {
        wire_skip(&bytes, 8);
    }
    if (!wire_ok(&bytes) || wire_peek(&bytes, 0) >> 4 != 6 || bytes.left < 40) {
        return LAYER_END;
    }
    dissection->bytes = bytes;
    return enter(dissection, LAYER_IPV6);
}
