#define _DEFAULT_SOURCE /* libpcap's header: u_char and its like */

#include "capture/saved.h"

#include "capture/expand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct saved {
    struct source source;  /* its filter is applied here: libpcap would not count the rest */
    struct expand *expand; /* what libpcap reads */
    uint64_t number;
};

/* Looks at how the input begins; false, with the reason, when libpcap need not be asked. */
static bool recognised(struct expand *expand, char reason[SOURCE_REASON])
{
    struct wire begins = expand_peek(expand);
    enum capture_format format = capture_format(begins);
    reason[0] = '\0';
    if (format == CAPTURE_FORMAT_PCAP) {
        return true;
    }
    if (format == CAPTURE_FORMAT_NETMON) {
        snprintf(reason, SOURCE_REASON, "NetMon capture: not supported yet, convert with editcap");
    } else if (expand_error(expand) != NULL) {
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

/* The steps of saved_open(), up to the one that fails. */
static bool open_path(struct saved *saved, const char *path, const char *filter,
                      char reason[SOURCE_REASON])
{
    char words[EXPAND_ERROR];
    saved->expand = expand_open(path, words);
    if (saved->expand == NULL) {
        snprintf(reason, SOURCE_REASON, "%s", words);
        return false;
    }
    return recognised(saved->expand, reason) && open_stream(saved, reason) &&
           source_take_link(&saved->source, reason) &&
           source_compile(&saved->source, filter, PCAP_NETMASK_UNKNOWN, reason);
}

struct saved *saved_open(const char *path, const char *filter, char reason[SOURCE_REASON])
{
    struct saved *saved = calloc(1, sizeof *saved);
    if (saved == NULL) {
        snprintf(reason, SOURCE_REASON, "out of memory");
        return NULL;
    }
    if (!open_path(saved, path, filter, reason)) {
        saved_close(saved);
        return NULL;
    }
    return saved;
}

/* Ends with a warning: `where` the input was cut short. */
static enum capture_result cut_short(const struct saved *saved, const char *where,
                                     char reason[SOURCE_REASON])
{
    snprintf(reason, SOURCE_REASON, "cut short %s, after packet %llu; what is whole was read",
             where, (unsigned long long)saved->number);
    return CAPTURE_END;
}

/* Tells an input that was cut short, of which libpcap only says so in words, from a damaged one. */
static enum capture_result end(const struct saved *saved, int got, char reason[SOURCE_REASON])
{
    const char *damage = expand_error(saved->expand);
    const char *words = pcap_geterr(saved->source.pcap);
    if (damage != NULL) {
        words = damage;
    } else if (got == PCAP_ERROR && strstr(words, "truncated") != NULL) {
        return cut_short(
            saved, strstr(words, "header bytes") != NULL ? "in a packet's header" : "in a packet",
            reason);
    } else if (got != PCAP_ERROR) {
        return expand_cut(saved->expand) ? cut_short(saved, "in its compressed data", reason)
                                         : CAPTURE_END;
    }
    snprintf(reason, SOURCE_REASON, "%.300s, after packet %llu", words,
             (unsigned long long)saved->number);
    return CAPTURE_FAILED;
}

enum capture_result saved_next(struct saved *saved, struct packet *packet,
                               char reason[SOURCE_REASON])
{
    struct pcap_pkthdr *header = NULL;
    const u_char *bytes = NULL;
    reason[0] = '\0';
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
    return end(saved, got, reason);
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
    return &saved->source;
}

void saved_close(struct saved *saved)
{
    if (saved == NULL) {
        return;
    }
    source_close(&saved->source); /* the stream, too, which must go before the decoder */
    expand_close(saved->expand);
    free(saved);
}
