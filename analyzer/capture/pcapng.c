#include "capture/pcapng.h"

#include "packet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Section numbers are those of draft-ietf-opsawg-pcapng-02. */
enum {
    BLOCK_SECTION = 0x0a0d0d0a, /* the same in both byte orders */
    BLOCK_INTERFACE = 1,
    BLOCK_OLD_PACKET = 2,
    BLOCK_SIMPLE_PACKET = 3,
    BLOCK_PACKET = 6,
    ORDER_BIG = 0x1a2b3c4d,
    ORDER_LITTLE = 0x4d3c2b1a,
    ORDER_ENDS = 12,        /* bytes of a section header up to behind its byte order */
    BLOCK_LEAST = 12,       /* bytes: type, length, and the length again */
    SECTION_LEAST = 28,     /* bytes of a whole section header block, */
    SECTION_MOST = 1 << 20, /* and those of the first one: libpcap's bound */
    SECTION_FIELDS = 16,    /* bytes before options */
    INTERFACE_FIELDS = 8,
    PACKET_FIELDS = 20,
    OPTION_END = 0,
    OPTION_RESOLUTION = 9,
    OPTION_OFFSET = 14
};

static const int64_t SECOND = 1000000000;

static uint32_t u32(const struct pcapng *pcapng, struct wire *bytes)
{
    return pcapng->little ? wire_u32_little(bytes) : wire_u32(bytes);
}

static uint16_t u16(const struct pcapng *pcapng, struct wire *bytes)
{
    uint16_t big = wire_u16(bytes);
    return pcapng->little ? (uint16_t)(big << 8 | big >> 8) : big;
}

/* Keeps the words, with the number where they have a '#'. */
static enum pcapng_result damaged(struct pcapng *pcapng, const char *words, uint32_t number)
{
    size_t room = sizeof pcapng->words;
    const char *place = strchr(words, '#');
    if (place == NULL) {
        (void)snprintf(pcapng->words, room, "%s", words);
    } else {
        (void)snprintf(pcapng->words, room, "%.*s%" PRIu32 "%s", (int)(place - words), words,
                       number, place + 1);
    }
    return PCAPNG_DAMAGED;
}

static enum pcapng_result too_short(struct pcapng *pcapng, uint32_t type)
{
    return damaged(pcapng, "block of type # in pcapng dump file is too short", type);
}

/* ---- sections: section 4.1 ---- */

/* The byte order of the section that begins with `block`; the present one where it is none. */
static bool order_of(const struct pcapng *pcapng, struct wire block)
{
    wire_skip(&block, PCAPNG_BLOCK_HEADER);
    uint32_t order = wire_u32(&block);
    return order == ORDER_LITTLE || (order != ORDER_BIG && pcapng->little);
}

/* Begins a section: interfaces are counted anew. */
static enum pcapng_result take_section(struct pcapng *pcapng, struct wire body)
{
    bool first = !pcapng->begun;
    if (body.left < SECTION_FIELDS) {
        return too_short(pcapng, BLOCK_SECTION);
    }
    bool known = u32(pcapng, &body) == ORDER_BIG;
    unsigned major = u16(pcapng, &body);
    unsigned minor = u16(pcapng, &body);
    if (!known) {
        return damaged(pcapng,
                       first ? "unknown file format"
                             : "the file has a section with a bad byte order magic field",
                       0);
    }
    if (first && (major != 1 || (minor != 0 && minor != 2))) {
        (void)snprintf(pcapng->words, sizeof pcapng->words,
                       "unsupported pcapng savefile version %u.%u", major, minor);
        return PCAPNG_DAMAGED;
    }
    if (major != 1) {
        return damaged(pcapng, "unknown pcapng savefile major version number #", major);
    }
    pcapng->begun = true;
    pcapng->count = 0;
    return PCAPNG_OTHER;
}

/* ---- interfaces: section 4.2 ---- */

/* Reads if_tsresol: the negative power of 10, or of 2. */
static bool read_resolution(struct pcapng_interface *interface, struct wire value)
{
    unsigned number = wire_u8(&value);
    unsigned power = number & 0x7f;
    interface->binary = (number & 0x80) != 0;
    interface->resolution = 1;
    if (power > (interface->binary ? 63U : 19U)) {
        return false; /* not a number of 64 bits */
    }
    for (unsigned i = 0; i < power; i++) {
        interface->resolution *= interface->binary ? 2 : 10;
    }
    return true;
}

/* Reads an option whose length is `length`. */
static enum pcapng_result read_option(struct pcapng *pcapng, struct pcapng_interface *interface,
                                      unsigned code, unsigned length, struct wire value)
{
    if (code == OPTION_END && length != 0) {
        return damaged(pcapng,
                       "Interface Description Block has opt_endofopt option with length # != 0",
                       length);
    }
    if (code == OPTION_RESOLUTION && length != 1) {
        return damaged(
            pcapng, "Interface Description Block has if_tsresol option with length # != 1", length);
    }
    if (code == OPTION_OFFSET && length != 8) {
        return damaged(pcapng,
                       "Interface Description Block has if_tsoffset option with length # != 8",
                       length);
    }
    if (code == OPTION_RESOLUTION && !read_resolution(interface, value)) {
        return damaged(
            pcapng,
            interface->binary
                ? "Interface Description Block if_tsresol option resolution 2^-# is too high"
                : "Interface Description Block if_tsresol option resolution 10^-# is too high",
            wire_peek(&value, 0) & 0x7f);
    }
    if (code == OPTION_OFFSET) {
        uint64_t first = u32(pcapng, &value);
        uint64_t second = u32(pcapng, &value);
        interface->offset = (int64_t)(pcapng->little ? second << 32 | first : first << 32 | second);
    }
    return PCAPNG_OTHER;
}

/* Reads the options up to their end: section 3.5. */
static enum pcapng_result read_options(struct pcapng *pcapng, struct pcapng_interface *interface,
                                       struct wire options)
{
    bool seen[OPTION_OFFSET + 1] = {false};
    unsigned code = OPTION_END + 1;
    enum pcapng_result result = PCAPNG_OTHER;
    while (options.left > 0 && code != OPTION_END && result != PCAPNG_DAMAGED) {
        code = u16(pcapng, &options);
        unsigned length = u16(pcapng, &options);
        struct wire value = wire_take(&options, (length + 3U) / 4U * 4U);
        if (!wire_ok(&options)) {
            return too_short(pcapng, BLOCK_INTERFACE);
        }
        result = read_option(pcapng, interface, code, length, value);
        bool once = code == OPTION_RESOLUTION || code == OPTION_OFFSET;
        if (result != PCAPNG_DAMAGED && once && seen[code]) {
            return damaged(pcapng,
                           code == OPTION_OFFSET
                               ? "Interface Description Block has more than one if_tsoffset option"
                               : "Interface Description Block has more than one if_tsresol option",
                           0);
        }
        if (once) {
            seen[code] = true;
        }
    }
    return result;
}

static bool make_room(struct pcapng *pcapng)
{
    if (pcapng->count < pcapng->room) {
        return true;
    }
    size_t room = pcapng->room > 0 ? pcapng->room * 2 : 4;
    struct pcapng_interface *grown = realloc(pcapng->interfaces, room * sizeof *pcapng->interfaces);
    if (grown == NULL) {
        return false;
    }
    pcapng->interfaces = grown;
    pcapng->room = room;
    return true;
}

/* What a packet of it may have at most where the file says nothing, or nonsense. */
static uint32_t longest(int link, uint32_t snap_length)
{
    uint32_t most = packet_link_known(link) ? CAPTURE_SNAP_LENGTH : PCAPNG_BLOCK_MOST;
    return snap_length == 0 || snap_length > INT32_MAX ? most : snap_length;
}

static enum pcapng_result take_interface(struct pcapng *pcapng, struct packet *packet,
                                         struct wire body)
{
    struct pcapng_interface interface = {.resolution = 1000000};
    struct wire fields = wire_take(&body, INTERFACE_FIELDS);
    if (!wire_ok(&fields)) {
        return too_short(pcapng, BLOCK_INTERFACE);
    }
    interface.link = u16(pcapng, &fields);
    wire_skip(&fields, 2); /* reserved */
    interface.snap_length = longest(interface.link, u32(pcapng, &fields));
    if (read_options(pcapng, &interface, body) == PCAPNG_DAMAGED) {
        return PCAPNG_DAMAGED;
    }
    if (pcapng->count == PCAPNG_INTERFACES_MOST) {
        return damaged(pcapng, "more than # interfaces in the file", PCAPNG_INTERFACES_MOST);
    }
    if (!make_room(pcapng)) {
        return damaged(pcapng, "out of memory", 0);
    }
    if (!interface.binary && interface.resolution <= (uint64_t)SECOND && interface.offset == 0) {
        interface.unit = (uint32_t)((uint64_t)SECOND / interface.resolution);
        interface.unit_most = (uint64_t)(INT64_MAX - 10 * SECOND) / interface.unit;
    }
    pcapng->interfaces[pcapng->count++] = interface;
    pcapng->described = true;
    packet->link = interface.link;
    return PCAPNG_INTERFACE;
}

/* ---- packets: sections 4.3, 4.4 and appendix A ---- */

/* What is less than a second, in nanoseconds. */
static int64_t fraction(const struct pcapng_interface *interface, uint64_t part)
{
    enum { BITS = 34 }; /* as many as can be multiplied by 10^9; the others are less than that */
    uint64_t resolution = interface->resolution;
    if (!interface->binary) {
        return (int64_t)(resolution <= (uint64_t)SECOND ? part * ((uint64_t)SECOND / resolution)
                                                        : part / (resolution / (uint64_t)SECOND));
    }
    while (resolution >> BITS > 1) {
        resolution >>= 1;
        part >>= 1;
    }
    return (int64_t)(part * (uint64_t)SECOND / resolution);
}

/* The time of so many ticks; any moment of 64 bits may be claimed, and is clamped, as of other
 * captures. */
static int64_t nanoseconds(const struct pcapng_interface *interface, uint64_t ticks)
{
    if (ticks < interface->unit_most) {
        return (int64_t)(ticks * interface->unit);
    }
    const int64_t last = INT64_MAX / SECOND - 5;
    int64_t seconds = (int64_t)(ticks / interface->resolution + (uint64_t)interface->offset);
    seconds = seconds > last ? last : seconds < -last ? -last : seconds;
    return seconds * SECOND + fraction(interface, ticks % interface->resolution);
}

/* The interface of a packet; NULL, with the words, where there is none. */
static const struct pcapng_interface *find_interface(struct pcapng *pcapng, uint32_t number)
{
    if (number < pcapng->count) {
        return &pcapng->interfaces[number];
    }
    (void)damaged(pcapng,
                  pcapng->described
                      ? "a packet arrived on interface #, but there's no Interface Description "
                        "Block for that interface"
                      : "the capture file has a packet block before any Interface Description "
                        "Blocks",
                  number);
    return NULL;
}

/* Takes so much of the block as the packet's bytes. */
static enum pcapng_result take_bytes(struct pcapng *pcapng, struct packet *packet, uint32_t type,
                                     const struct pcapng_interface *interface, uint32_t captured,
                                     struct wire body)
{
    if (captured > interface->snap_length) {
        (void)snprintf(pcapng->words, sizeof pcapng->words,
                       "invalid packet capture length %" PRIu32 ", bigger than snaplen of %" PRIu32,
                       captured, interface->snap_length);
        return PCAPNG_DAMAGED;
    }
    packet->link = interface->link;
    packet->bytes = wire_take(&body, captured);
    return wire_ok(&body) ? PCAPNG_PACKET : too_short(pcapng, type);
}

/* Of both kinds that have a time. */
static enum pcapng_result take_packet(struct pcapng *pcapng, struct packet *packet, uint32_t type,
                                      struct wire body)
{
    struct wire fields = wire_take(&body, PACKET_FIELDS);
    if (!wire_ok(&fields)) {
        return too_short(pcapng, type);
    }
    uint32_t number = 0;
    if (type == BLOCK_OLD_PACKET) {
        number = u16(pcapng, &fields);
        wire_skip(&fields, 2); /* packets that were dropped before it */
    } else {
        number = u32(pcapng, &fields);
    }
    uint64_t high = u32(pcapng, &fields);
    uint64_t low = u32(pcapng, &fields);
    uint32_t captured = u32(pcapng, &fields);
    packet->length = u32(pcapng, &fields);
    const struct pcapng_interface *interface = find_interface(pcapng, number);
    if (interface == NULL) {
        return PCAPNG_DAMAGED;
    }
    packet->time = nanoseconds(interface, high << 32 | low);
    return take_bytes(pcapng, packet, type, interface, captured, body);
}

/* Of the first interface, without a time; as much of it is there as the snap length lets. */
static enum pcapng_result take_simple(struct pcapng *pcapng, struct packet *packet,
                                      struct wire body)
{
    uint32_t length = u32(pcapng, &body);
    if (!wire_ok(&body)) {
        return too_short(pcapng, BLOCK_SIMPLE_PACKET);
    }
    const struct pcapng_interface *interface = find_interface(pcapng, 0);
    if (interface == NULL) {
        return PCAPNG_DAMAGED;
    }
    packet->length = length;
    packet->time = nanoseconds(interface, 0);
    return take_bytes(pcapng, packet, BLOCK_SIMPLE_PACKET, interface,
                      length < interface->snap_length ? length : interface->snap_length, body);
}

/* ---- blocks: section 3.1 ---- */

/* Judges a block's length before more of it is read. */
static bool length_is_sound(struct pcapng *pcapng, uint32_t length)
{
    if (!pcapng->begun && (length < SECTION_LEAST || length > SECTION_MOST)) {
        (void)snprintf(pcapng->words, sizeof pcapng->words,
                       "Section Header Block in pcapng dump file has invalid length %d < _%" PRIu32
                       "_ < %d",
                       SECTION_LEAST, length, SECTION_MOST);
    } else if (length < BLOCK_LEAST) {
        (void)damaged(pcapng, "block in pcapng dump file has a length of # < 12", length);
    } else if (pcapng->begun && length % 4 != 0) {
        (void)damaged(pcapng,
                      "block in pcapng dump file has a length of # that is not a multiple of 4",
                      length);
    } else if (length > PCAPNG_BLOCK_MOST) {
        (void)damaged(pcapng, "pcapng block size # > maximum 16777216", length);
    } else {
        return true;
    }
    return false;
}

static enum pcapng_result take_body(struct pcapng *pcapng, struct packet *packet, uint32_t type,
                                    struct wire body)
{
    switch (type) {
    case BLOCK_PACKET:
    case BLOCK_OLD_PACKET:
        return take_packet(pcapng, packet, type, body);
    case BLOCK_SIMPLE_PACKET:
        return take_simple(pcapng, packet, body);
    case BLOCK_INTERFACE:
        return take_interface(pcapng, packet, body);
    case BLOCK_SECTION:
        return take_section(pcapng, body);
    default:
        return PCAPNG_OTHER;
    }
}

enum pcapng_result pcapng_next(struct pcapng *pcapng, struct packet *packet, size_t *wanted,
                               struct wire *unread)
{
    struct wire rest = *unread;
    bool section = wire_peek_u32(&rest, 0) == BLOCK_SECTION;
    *wanted = section ? ORDER_ENDS : PCAPNG_BLOCK_HEADER;
    if (rest.left < *wanted) {
        return PCAPNG_MORE;
    }
    if (section) {
        pcapng->little = order_of(pcapng, rest);
    }
    uint32_t type = u32(pcapng, &rest);
    uint32_t length = u32(pcapng, &rest);
    if (!length_is_sound(pcapng, length)) {
        return PCAPNG_DAMAGED;
    }
    if (unread->left < length) {
        *wanted = length;
        return PCAPNG_MORE;
    }
    struct wire body = wire_take(&rest, length - BLOCK_LEAST);
    bool first = !pcapng->begun; /* of which libpcap does not ask for the length again */
    if (u32(pcapng, &rest) != length && !first) {
        return damaged(pcapng, "block total length in header and trailer don't match", 0);
    }
    enum pcapng_result result = take_body(pcapng, packet, type, body);
    if (result != PCAPNG_DAMAGED) {
        *unread = rest;
    }
    return result;
}

void pcapng_release(struct pcapng *pcapng)
{
    free(pcapng->interfaces);
    *pcapng = (struct pcapng){0};
}
