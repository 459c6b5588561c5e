#define _DEFAULT_SOURCE /* libpcap's header: u_char and its like */

#include "capture/saved.h"

#include "capture/saved_steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the end ---- */

/* How the packets ended. */
enum ending { WHOLE, CUT_IN_HEADER, CUT_IN_PACKET, CUT_BEFORE_TABLE, DAMAGED };

/* Ends with a warning: `where` the input was cut short. */
static enum capture_result cut_short(const struct saved *saved, const char *where,
                                     char reason[SOURCE_REASON])
{
    snprintf(reason, SOURCE_REASON, "cut short %s, after packet %llu; what is whole was read",
             where, (unsigned long long)saved->number);
    return CAPTURE_END;
}

/* Ends; `words` are those of what is DAMAGED. An input that cannot be read seems cut to whoever
 * reads it. */
static enum capture_result end(const struct saved *saved, enum ending ending, const char *words,
                               char reason[SOURCE_REASON])
{
    if (expand_error(saved->expand) != NULL) {
        ending = DAMAGED;
        words = expand_error(saved->expand);
    }
    switch (ending) {
    case CUT_IN_HEADER:
        return cut_short(saved, "in a packet's header", reason);
    case CUT_IN_PACKET:
        return cut_short(saved, "in a packet", reason);
    case CUT_BEFORE_TABLE:
        return cut_short(saved,
                         expand_cut(saved->expand) ? "in its compressed data"
                                                   : "before its table of frames",
                         reason);
    case WHOLE:
        return expand_cut(saved->expand) ? cut_short(saved, "in its compressed data", reason)
                                         : CAPTURE_END;
    case DAMAGED:
        break;
    }
    snprintf(reason, SOURCE_REASON, "%.300s, after packet %llu", words,
             (unsigned long long)saved->number);
    return CAPTURE_FAILED;
}

/* ---- packets from libpcap ---- */

/* Tells an input that was cut short, of which libpcap only says so in words, from a damaged one. */
static enum capture_result end_libpcap(const struct saved *saved, int got,
                                       char reason[SOURCE_REASON])
{
    const char *words = pcap_geterr(saved->source.pcap);
    bool truncated = strstr(words, "truncated") != NULL;
    enum ending ending = got != PCAP_ERROR                       ? WHOLE
                         : !truncated                            ? DAMAGED
                         : strstr(words, "header bytes") != NULL ? CUT_IN_HEADER
                                                                 : CUT_IN_PACKET;
    return end(saved, ending, words, reason);
}

static enum capture_result next_from_libpcap(struct saved *saved, struct packet *packet,
                                             char reason[SOURCE_REASON])
{
    struct pcap_pkthdr *header = NULL;
    const u_char *bytes = NULL;
    int got = pcap_next_ex(saved->source.pcap, &header, &bytes);
    while (got == 1) {
        saved->number++;
        if (!saved->source.filtered ||
            pcap_offline_filter(&saved->source.filter, header, bytes) != 0) {
            source_fill(&saved->source, packet, header, bytes);
            packet->number = saved->number;
            return CAPTURE_PACKET;
        }
        got = pcap_next_ex(saved->source.pcap, &header, &bytes);
    }
    return end_libpcap(saved, got, reason);
}

/* Takes packets together where that does not mean to wait for them. The last one stays where it is:
 * nothing comes behind it. */
static enum capture_result next_copied(struct saved *saved, struct packet packets[], size_t most,
                                       size_t *count, char reason[SOURCE_REASON])
{
    uint64_t read = 0, whole = 0;
    expand_position(saved->expand, &read, &whole);
    bool more = saved->result == CAPTURE_PACKET;
    copies_clear(&saved->copies);
    while (more) {
        struct packet *packet = &packets[*count];
        saved->result = next_from_libpcap(saved, packet, saved->reason);
        *count += saved->result == CAPTURE_PACKET;
        more = saved->result == CAPTURE_PACKET && whole > 0 && *count < most &&
               copies_keep(&saved->copies, packet);
    }
    if (*count > 0) {
        return CAPTURE_PACKET;
    }
    memcpy(reason, saved->reason, SOURCE_REASON);
    return saved->result;
}

/* ---- packets in place ---- */

static enum capture_result end_classic(const struct saved *saved, enum step step, size_t wanted,
                                       char reason[SOURCE_REASON])
{
    char words[128];
    size_t unread = saved->blocks.unread.left;
    if (step == STEP_END) {
        bool snapped = wanted > saved->classic.snap_length;
        snprintf(words, sizeof words, "invalid packet capture length %zu, bigger than %s of %u",
                 wanted, snapped ? "snaplen" : "maximum",
                 snapped ? saved->classic.snap_length : CAPTURE_SNAP_LENGTH);
        return end(saved, DAMAGED, words, reason);
    }
    return end(saved,
               unread == 0                      ? WHOLE
               : unread < CLASSIC_PACKET_HEADER ? CUT_IN_HEADER
                                                : CUT_IN_PACKET,
               NULL, reason);
}

static enum capture_result end_pcapng(const struct saved *saved, enum step step,
                                      char reason[SOURCE_REASON])
{
    enum ending ending = step == STEP_END                 ? DAMAGED
                         : saved->blocks.unread.left == 0 ? WHOLE
                                                          : CUT_IN_PACKET;
    enum capture_result result = end(saved, ending, saved->pcapng.words, reason);
    links_tell(&saved->links, reason);
    return result;
}

static enum capture_result end_netmon(const struct saved *saved, char reason[SOURCE_REASON])
{
    enum ending ending = saved->netmon_ended == NETMON_CUT             ? CUT_BEFORE_TABLE
                         : saved->netmon_ended == NETMON_CUT_IN_PACKET ? CUT_IN_PACKET
                                                                       : WHOLE;
    enum capture_result result = end(saved, ending, NULL, reason);
    if (result == CAPTURE_END && saved->netmon.damaged > 0) {
        size_t length = strlen(reason);
        snprintf(reason + length, SOURCE_REASON - length,
                 "%s%llu damaged entries in its table of frames; what is whole was read",
                 length > 0 ? "; " : "", (unsigned long long)saved->netmon.damaged);
    }
    links_tell(&saved->links, reason);
    return result;
}

static enum capture_result next_in_place(struct saved *saved, struct packet packets[], size_t most,
                                         size_t *count, char reason[SOURCE_REASON])
{
    size_t wanted = 0;
    enum blocks_result filled = BLOCKS_FILLED;
    enum step step = saved_take_whole(saved, packets, most, count, &wanted);
    while (*count == 0 && step == STEP_MORE && filled == BLOCKS_FILLED) {
        filled = blocks_fill(&saved->blocks, wanted);
        if (filled == BLOCKS_FILLED) {
            step = saved_take_whole(saved, packets, most, count, &wanted);
        }
    }
    if (*count > 0) {
        return CAPTURE_PACKET;
    }
    if (filled == BLOCKS_NO_MEMORY) {
        return end(saved, DAMAGED, "out of memory", reason);
    }
    return saved->reader == READER_CLASSIC  ? end_classic(saved, step, wanted, reason)
           : saved->reader == READER_PCAPNG ? end_pcapng(saved, step, reason)
                                            : end_netmon(saved, reason);
}

enum capture_result saved_next(struct saved *saved, struct packet packets[], size_t most,
                               size_t *count, char reason[SOURCE_REASON])
{
    reason[0] = '\0';
    *count = 0;
    return saved->reader == READER_LIBPCAP ? next_copied(saved, packets, most, count, reason)
                                           : next_in_place(saved, packets, most, count, reason);
}

/* ---- opening ---- */

/* Says why what begins so is no capture. */
static bool refuse(struct expand *expand, struct wire begins, char reason[SOURCE_REASON])
{
    if (expand_error(expand) != NULL) {
        snprintf(reason, SOURCE_REASON, "%s", expand_error(expand));
    } else if (expand_cut(expand)) {
        snprintf(reason, SOURCE_REASON, "cut short in its compressed header");
    } else if (begins.left == 0) {
        snprintf(reason, SOURCE_REASON, "empty, not a capture");
    } else if (begins.left < 4) {
        snprintf(reason, SOURCE_REASON, "not a capture: only %zu bytes long", begins.left);
    } else {
        snprintf(reason, SOURCE_REASON, "not a capture: begins with %02x %02x %02x %02x",
                 wire_peek(&begins, 0), wire_peek(&begins, 1), wire_peek(&begins, 2),
                 wire_peek(&begins, 3));
    }
    return false;
}

/* Hands the expanded stream to libpcap. */
static bool open_stream(struct saved *saved, char reason[SOURCE_REASON])
{
    char words[PCAP_ERRBUF_SIZE] = "";
    FILE *stream = expand_stream(saved->expand);
    if (stream == NULL) {
        snprintf(reason, SOURCE_REASON, "out of memory");
        return false;
    }
    saved->source.pcap =
        pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, words);
    if (saved->source.pcap != NULL) {
        return true;
    }
    (void)fclose(stream);
    if (expand_error(saved->expand) != NULL) {
        snprintf(reason, SOURCE_REASON, "%s", expand_error(saved->expand));
    } else if (strstr(words, "truncated") != NULL) {
        snprintf(reason, SOURCE_REASON, "cut short in its file header");
    } else {
        snprintf(reason, SOURCE_REASON, "%s", words);
    }
    return false;
}

/* Reads on behind the header that libpcap has read, where the packets can be had in place. */
static bool open_blocks(struct saved *saved, char reason[SOURCE_REASON])
{
    int snap_length = pcap_snapshot(saved->source.pcap);
    bool classic = classic_begins(&saved->classic, expand_peek(saved->expand));
    saved->reader = classic ? READER_CLASSIC : READER_LIBPCAP;
    saved->classic.link = saved->source.link;
    saved->classic.snap_length = snap_length > 0 ? (uint32_t)snap_length : 0;
    return !classic || blocks_begin(&saved->blocks, saved->expand) ||
           saved_fail(reason, "out of memory");
}

static bool open_pcap(struct saved *saved, const char *filter, char reason[SOURCE_REASON])
{
    return open_stream(saved, reason) && source_take_link(&saved->source, reason) &&
           source_compile(&saved->source, filter, PCAP_NETMASK_UNKNOWN, reason) &&
           open_blocks(saved, reason);
}

/* The steps of saved_open(), up to the one that fails. */
static bool open_path(struct saved *saved, const char *path, const char *filter,
                      char reason[SOURCE_REASON])
{
    char words[EXPAND_ERROR];
    saved->expand = expand_open(path, words);
    if (saved->expand == NULL) {
        return saved_fail(reason, words);
    }
    struct wire begins = expand_peek(saved->expand);
    enum capture_format format = capture_format(begins);
    if (format == CAPTURE_FORMAT_NONE) {
        return refuse(saved->expand, begins, reason);
    }
    if (format == CAPTURE_FORMAT_PCAP) {
        return open_pcap(saved, filter, reason);
    }
    if (!links_begin(&saved->links, filter) || !blocks_begin(&saved->blocks, saved->expand)) {
        return saved_fail(reason, "out of memory");
    }
    return format == CAPTURE_FORMAT_NETMON ? saved_open_netmon(saved, reason)
                                           : saved_open_pcapng(saved, reason);
}

struct saved *saved_open(const char *path, const char *filter, char reason[SOURCE_REASON])
{
    struct saved *saved = calloc(1, sizeof *saved);
    if (saved == NULL) {
        snprintf(reason, SOURCE_REASON, "out of memory");
        return NULL;
    }
    saved->result = CAPTURE_PACKET;
    if (!open_path(saved, path, filter, reason)) {
        saved_close(saved);
        return NULL;
    }
    return saved;
}

bool saved_secrets(struct saved *saved, struct wire *text)
{
    return expand_secrets(saved->expand, text);
}

uint64_t saved_count(const struct saved *saved)
{
    return saved->number;
}

void saved_progress(const struct saved *saved, uint64_t *read, uint64_t *whole)
{
    expand_position(saved->expand, read, whole);
}

const struct source *saved_source(const struct saved *saved)
{
    const struct source *first = links_source(&saved->links);
    return first != NULL ? first : &saved->source;
}

void saved_close(struct saved *saved)
{
    if (saved == NULL) {
        return;
    }
    blocks_release(&saved->blocks);
    pcapng_release(&saved->pcapng);
    links_release(&saved->links);
    source_close(&saved->source); /* the stream, too, which must go before the decoder */
    expand_close(saved->expand);
    free(saved);
}
