#include "capture/classic.h"

bool classic_begins(struct classic *classic, struct wire header)
{
    uint32_t magic = wire_u32(&header);
    classic->little = magic == 0xd4c3b2a1 || magic == 0x4d3cb2a1;
    classic->unit = magic == 0xa1b23c4d || magic == 0x4d3cb2a1 ? 1 : 1000;
    uint32_t version = classic->little ? wire_u32_little(&header) : wire_u32(&header);
    uint32_t expected = classic->little ? 4U << 16 | 2 : 2U << 16 | 4; /* two numbers of 16 bits */
    bool known = classic->little || magic == 0xa1b2c3d4 || magic == 0xa1b23c4d;
    return known && wire_ok(&header) && version == expected;
}

/* A packet's header: section 5. */
struct header {
    uint32_t seconds, part;
    uint32_t captured, length;
};

static struct header read_header(struct wire *bytes, bool little)
{
    struct header header;
    if (little) {
        header.seconds = wire_u32_little(bytes);
        header.part = wire_u32_little(bytes);
        header.captured = wire_u32_little(bytes);
        header.length = wire_u32_little(bytes);
    } else {
        header.seconds = wire_u32(bytes);
        header.part = wire_u32(bytes);
        header.captured = wire_u32(bytes);
        header.length = wire_u32(bytes);
    }
    return header;
}

/* A part of a second has 32 bits, also of microseconds; what would be more than that of
 * nanoseconds is clamped, as of other captures. */
static int64_t nanoseconds(const struct classic *classic, const struct header *header)
{
    int64_t part = (int64_t)header->part * classic->unit;
    return header->seconds * INT64_C(1000000000) + (part > UINT32_MAX ? UINT32_MAX : part);
}

enum classic_result classic_next(const struct classic *classic, struct packet *packet,
                                 size_t *wanted, struct wire *unread)
{
    struct wire rest = *unread;
    struct wire bytes = wire_take(&rest, CLASSIC_PACKET_HEADER);
    if (!wire_ok(&bytes)) {
        *wanted = CLASSIC_PACKET_HEADER;
        return CLASSIC_MORE;
    }
    struct header header = read_header(&bytes, classic->little);
    if (header.captured > CAPTURE_SNAP_LENGTH) {
        *wanted = header.captured;
        return CLASSIC_DAMAGED;
    }
    bytes = wire_take(&rest, header.captured);
    if (!wire_ok(&bytes)) {
        *wanted = CLASSIC_PACKET_HEADER + (size_t)header.captured;
        return CLASSIC_MORE;
    }
    *unread = rest;
    packet->time = nanoseconds(classic, &header);
    packet->link = classic->link;
    packet->bytes = wire_take_most(&bytes, classic->snap_length);
    packet->length = header.length;
    return CLASSIC_PACKET;
}
