#include "capture/savefile.h"

#include <string.h>

enum {
    SNAP_LENGTH = 262144, /* the longest packet that libpcap gives, of link types that we know */
    SECOND = 1000000000
};

/* What files call a link type: libpcap's DLT_ numbers differ in raw IP alone, of those we know. */
static uint16_t link_type(int link)
{
    return link == 12 || link == 14 ? 101 : (uint16_t)link;
}

static uint64_t sane_time(int64_t time)
{
    return time < 0 ? 0 : (uint64_t)time;
}

/* ---- pcap ---- */

static void pcap_begin(struct draft *draft, int link)
{
    draft_u32(draft, 0xa1b23c4d); /* nanoseconds */
    draft_u16(draft, 2);
    draft_u16(draft, 4);
    draft_u32(draft, 0);
    draft_u32(draft, 0);
    draft_u32(draft, SNAP_LENGTH);
    draft_u32(draft, link_type(link));
}

static void pcap_declare(struct draft *draft, int link)
{
    (void)draft;
    (void)link;
}

static void pcap_packet(struct draft *draft, uint32_t interface, const struct packet *packet,
                        const char *comment)
{
    (void)interface;
    (void)comment;
    uint64_t time = sane_time(packet->time);
    draft_u32(draft, (uint32_t)(time / SECOND)); /* unsigned: until 2106 */
    draft_u32(draft, (uint32_t)(time % SECOND));
    draft_u32(draft, (uint32_t)packet->bytes.left);
    draft_u32(draft, (uint32_t)packet->length);
    draft_bytes(draft, packet->bytes);
}

const struct savefile_format savefile_pcap = {
    .links = 1, .late = true, .begin = pcap_begin, .declare = pcap_declare, .packet = pcap_packet};

/* ---- pcapng ---- */

enum block_type { SECTION_HEADER = 0x0a0d0d0a, INTERFACE_DESCRIPTION = 1, ENHANCED_PACKET = 6 };

enum option_code {
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    OPTION_APPLICATION = 4,    /* of a section header */
    OPTION_TIME_RESOLUTION = 9 /* of an interface description */
};

static size_t open_block(struct draft *draft, enum block_type type)
{
    size_t start = draft->length;
    draft_u32(draft, type);
    draft_u32(draft, 0);
    return start;
}

/* The length stands at both ends, so that files can be read backwards. */
static void close_block(struct draft *draft, size_t start)
{
    uint32_t length = draft->failed ? 0 : (uint32_t)(draft->length - start + 4);
    draft_set_u32(draft, start + 4, length);
    draft_u32(draft, length);
}

static void option(struct draft *draft, enum option_code code, const void *value, size_t size)
{
    draft_u16(draft, (uint16_t)code);
    draft_u16(draft, (uint16_t)size);
    size_t start = draft->length;
    draft_bytes(draft, wire_over(value, size));
    draft_pad(draft, start);
}

static void pcapng_begin(struct draft *draft, int link)
{
    static const char application[] = "tlswhy " TLSWHY_VERSION;
    (void)link;
    size_t start = open_block(draft, SECTION_HEADER);
    draft_u32(draft, 0x1a2b3c4d); /* the byte order */
    draft_u16(draft, 1);
    draft_u16(draft, 0);
    draft_u32(draft, UINT32_MAX); /* the section's length is not told: 64 bits of -1 */
    draft_u32(draft, UINT32_MAX);
    option(draft, OPTION_APPLICATION, application, sizeof application - 1);
    option(draft, OPTION_END, NULL, 0);
    close_block(draft, start);
}

static void pcapng_declare(struct draft *draft, int link)
{
    static const uint8_t nanoseconds = 9; /* as a negative power of 10 */
    size_t start = open_block(draft, INTERFACE_DESCRIPTION);
    draft_u16(draft, link_type(link));
    draft_u16(draft, 0);
    draft_u32(draft, SNAP_LENGTH);
    option(draft, OPTION_TIME_RESOLUTION, &nanoseconds, 1);
    option(draft, OPTION_END, NULL, 0);
    close_block(draft, start);
}

/* Where the text may be cut without breaking a character of UTF-8. */
static size_t comment_length(const char *comment)
{
    size_t length = strlen(comment);
    if (length > SAVEFILE_COMMENT) {
        length = SAVEFILE_COMMENT;
        while (length > 0 && ((unsigned char)comment[length] & 0xc0) == 0x80) {
            length--;
        }
    }
    return length;
}

static void pcapng_packet(struct draft *draft, uint32_t interface, const struct packet *packet,
                          const char *comment)
{
    uint64_t time = sane_time(packet->time);
    size_t start = open_block(draft, ENHANCED_PACKET);
    draft_u32(draft, interface);
    draft_u32(draft, (uint32_t)(time >> 32));
    draft_u32(draft, (uint32_t)time);
    draft_u32(draft, (uint32_t)packet->bytes.left);
    draft_u32(draft, (uint32_t)packet->length);
    size_t bytes = draft->length;
    draft_bytes(draft, packet->bytes);
    draft_pad(draft, bytes);
    if (comment != NULL) {
        option(draft, OPTION_COMMENT, comment, comment_length(comment));
        option(draft, OPTION_END, NULL, 0);
    }
    close_block(draft, start);
}

const struct savefile_format savefile_pcapng = {.comments = true,
                                                .links = SAVEFILE_LINKS,
                                                .begin = pcapng_begin,
                                                .declare = pcapng_declare,
                                                .packet = pcapng_packet};

const struct savefile_format *savefile_by_name(const char *path)
{
    static const char suffix[] = ".pcapng";
    size_t length = strlen(path);
    size_t end = sizeof suffix - 1;
    bool pcapng = length >= end && strcmp(path + length - end, suffix) == 0;
    return pcapng ? &savefile_pcapng : &savefile_pcap;
}
