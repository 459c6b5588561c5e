#define _DEFAULT_SOURCE /* libpcap's header: u_char and its like */

#include "capture/saved_steps.h"

#include <stdio.h>

bool saved_fail(char reason[SOURCE_REASON], const char *words)
{
    snprintf(reason, SOURCE_REASON, "%s", words);
    return false;
}

/* ---- steps ---- */

static enum step step_classic(struct saved *saved, struct packet *packet, size_t *wanted)
{
    enum classic_result result =
        classic_next(&saved->classic, packet, wanted, &saved->blocks.unread);
    if (result == CLASSIC_PACKET) {
        packet->number = ++saved->number;
        return source_passes(&saved->source, packet) ? STEP_PACKET : STEP_NOTHING;
    }
    return result == CLASSIC_MORE ? STEP_MORE : STEP_END;
}

static enum step step_pcapng(struct saved *saved, struct packet *packet, size_t *wanted)
{
    struct pcapng *pcapng = &saved->pcapng;
    switch (pcapng_next(pcapng, packet, wanted, &saved->blocks.unread)) {
    case PCAPNG_PACKET:
        packet->number = ++saved->number;
        return links_pass(&saved->links, packet, pcapng->little) ? STEP_PACKET : STEP_NOTHING;
    case PCAPNG_INTERFACE:
        links_meet(&saved->links, packet->link, pcapng->little);
        return STEP_NOTHING;
    case PCAPNG_OTHER:
        return STEP_NOTHING;
    case PCAPNG_MORE:
        return STEP_MORE;
    case PCAPNG_DAMAGED:
        break;
    }
    return STEP_END;
}

static enum step step_netmon(struct saved *saved, struct packet *packet)
{
    saved->netmon_ended = netmon_next(&saved->netmon, packet);
    switch (saved->netmon_ended) {
    case NETMON_PACKET:
        packet->number = ++saved->number;
        return links_pass(&saved->links, packet, true) ? STEP_PACKET : STEP_NOTHING;
    case NETMON_OTHER:
    case NETMON_DAMAGED:
        saved->number++;
        return STEP_NOTHING;
    case NETMON_NOTE:
        return STEP_NOTHING;
    case NETMON_END:
    case NETMON_CUT:
    case NETMON_CUT_IN_PACKET:
        break;
    }
    return STEP_END;
}

/* Takes packets that lie whole in the block, of which `count` pass. A loop for each reader: this is
 * done with every packet. */
static inline enum step take_all(struct saved *saved, enum reader reader, struct packet packets[],
                                 size_t most, size_t *count, size_t *wanted)
{
    enum step step = STEP_PACKET;
    while (*count < most && step <= STEP_NOTHING) {
        struct packet *packet = &packets[*count];
        step = reader == READER_CLASSIC  ? step_classic(saved, packet, wanted)
               : reader == READER_PCAPNG ? step_pcapng(saved, packet, wanted)
                                         : step_netmon(saved, packet);
        *count += step == STEP_PACKET;
        if (step == STEP_PACKET && packet->length < packet->bytes.left) {
            packet->length = packet->bytes.left;
        }
    }
    return step;
}

enum step saved_take_whole(struct saved *saved, struct packet packets[], size_t most, size_t *count,
                           size_t *wanted)
{
    if (saved->reader == READER_CLASSIC) {
        return take_all(saved, READER_CLASSIC, packets, most, count, wanted);
    }
    if (saved->reader == READER_PCAPNG) {
        return take_all(saved, READER_PCAPNG, packets, most, count, wanted);
    }
    return take_all(saved, READER_NETMON, packets, most, count, wanted);
}

/* ---- opening ---- */

bool saved_open_pcapng(struct saved *saved, char reason[SOURCE_REASON])
{
    struct packet packet;
    size_t wanted = 0;
    saved->reader = READER_PCAPNG;
    enum step step = STEP_NOTHING;
    enum blocks_result filled = BLOCKS_FILLED;
    while (step != STEP_END && filled == BLOCKS_FILLED && links_source(&saved->links) == NULL) {
        step = step_pcapng(saved, &packet, &wanted);
        if (step == STEP_MORE) {
            filled = blocks_fill(&saved->blocks, wanted);
        }
    }
    if (links_source(&saved->links) != NULL) {
        return true;
    }
    if (links_reason(&saved->links)[0] != '\0') {
        return saved_fail(reason, links_reason(&saved->links));
    }
    if (filled == BLOCKS_NO_MEMORY || saved->pcapng.described) {
        return saved_fail(reason, "out of memory");
    }
    if (expand_error(saved->expand) != NULL) {
        return saved_fail(reason, expand_error(saved->expand));
    }
    if (step == STEP_END) {
        return saved_fail(reason, saved->pcapng.words);
    }
    return saved_fail(reason, saved->blocks.unread.left > 0
                                  ? "cut short in its file header"
                                  : "the capture file has no Interface Description Blocks");
}

/* Reads the whole file into the block. */
static bool load(struct saved *saved, char reason[SOURCE_REASON])
{
    uint64_t read = 0, whole = 0;
    expand_position(saved->expand, &read, &whole);
    size_t wanted = 1 << 20;
    enum blocks_result filled = BLOCKS_FILLED;
    if (whole > wanted) {
        wanted = (size_t)whole + 1; /* one more than there is, where that is not compressed */
    }
    if (wanted <= NETMON_MOST) {
        filled = blocks_fill(&saved->blocks, wanted);
    }
    while (filled == BLOCKS_FILLED && wanted <= NETMON_MOST) {
        wanted *= 2;
        filled = blocks_fill(&saved->blocks, wanted);
    }
    if (filled == BLOCKS_NO_MEMORY) {
        return saved_fail(reason, "out of memory");
    }
    if (filled == BLOCKS_FILLED || saved->blocks.unread.left > NETMON_MOST) {
        snprintf(reason, SOURCE_REASON,
                 "NetMon capture of more than %d MiB: split it with editcap -c",
                 NETMON_MOST / (1 << 20));
        return false;
    }
    return true;
}

/* Looks ahead for the first frame that we read. */
static bool meet_media(struct saved *saved, char reason[SOURCE_REASON])
{
    struct netmon ahead = saved->netmon;
    struct packet packet;
    enum netmon_result result = NETMON_OTHER;
    while (result < NETMON_END && links_source(&saved->links) == NULL) {
        result = netmon_next(&ahead, &packet);
        if (result == NETMON_PACKET) {
            links_meet(&saved->links, packet.link, true);
        }
    }
    bool none = links_source(&saved->links) == NULL;
    return !none || links_reason(&saved->links)[0] == '\0' ||
           saved_fail(reason, links_reason(&saved->links));
}

bool saved_open_netmon(struct saved *saved, char reason[SOURCE_REASON])
{
    saved->reader = READER_NETMON;
    if (!load(saved, reason)) {
        return false;
    }
    switch (netmon_begin(&saved->netmon, saved->blocks.unread)) {
    case NETMON_SHORT:
        return saved_fail(reason, expand_error(saved->expand) != NULL
                                      ? expand_error(saved->expand)
                                      : "cut short in its file header");
    case NETMON_VERSION:
        snprintf(reason, SOURCE_REASON, "NetMon capture of version %u.%u is not supported",
                 saved->netmon.major, saved->netmon.minor);
        return false;
    case NETMON_BEGINS:
        break;
    }
    return meet_media(saved, reason);
}
