#define _DEFAULT_SOURCE /* libpcap's header: u_char and its like */

#include "capture/capture.h"

#include "capture/expand.h"
#include "packet.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for a reason, which stands behind the path in an error. */
enum { REASON = 480 };

/* Nothing passes through here but pointers to packets, so what libpcap allows is the bound: packets
 * of at most 256 KiB (128 MiB for USB, which we do not read) and pcapng blocks of at most 16 MiB.
 */
struct capture {
    pcap_t *pcap;
    struct expand *expand; /* what pcap reads; NULL when it is an interface */
    bool filtered;
    struct bpf_program filter; /* applied here and not by libpcap, which would not count the rest */
    int link;
    uint64_t number;            /* packets so far, whether the filter let them through or not */
    enum capture_result result; /* PACKET until it ended or failed */
    bool cut_short;
    char *path;
    char text[CAPTURE_ERROR]; /* the error or the warning */
};

/* Copies as much of `from` as fits, with control characters, also UTF-8's of U+0080 to U+009F, made
 * visible. Gives the length. */
static size_t printable(char *to, size_t room, const char *from)
{
    size_t length = 0;
    bool lead = false; /* the byte before was the first of U+0080 to U+00BF */
    for (size_t i = 0; from[i] != '\0' && length + 1 < room; i++) {
        unsigned char byte = (unsigned char)from[i];
        bool control = byte < 0x20 || byte == 0x7f || (lead && byte < 0xa0);
        to[length++] = control ? '?' : (char)byte;
        lead = byte == 0xc2;
    }
    to[length] = '\0';
    return length;
}

void capture_complain(char text[CAPTURE_ERROR], const char *path, const char *reason)
{
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    size_t length = printable(text, CAPTURE_ERROR - REASON - 2, name);
    text[length++] = ':';
    text[length++] = ' ';
    (void)printable(text + length, CAPTURE_ERROR - length, reason);
}

/* Magic numbers as they stand in the file: pcap in both byte orders, with micro- and nanoseconds,
 * in Kuznetzov's and Navtel's variants; pcapng; Network Monitor 1 and 2. */
enum capture_format capture_format(struct wire bytes)
{
    switch (wire_u32(&bytes)) {
    case 0xa1b2c3d4:
    case 0xd4c3b2a1:
    case 0xa1b23c4d:
    case 0x4d3cb2a1:
    case 0xa1b2cd34:
    case 0x34cdb2a1:
    case 0xa12b3c4d:
    case 0x4d3c2ba1:
    case 0x0a0d0d0a:
        return CAPTURE_FORMAT_PCAP;
    case 0x474d4255: /* GMBU */
    case 0x52545353: /* RTSS */
        return CAPTURE_FORMAT_NETMON;
    default:
        return CAPTURE_FORMAT_NONE;
    }
}

/* Looks at how the input begins; false, with the reason, when libpcap need not be asked. */
static bool recognised(struct expand *expand, char reason[REASON])
{
    struct wire begins = expand_peek(expand);
    enum capture_format format = capture_format(begins);
    reason[0] = '\0';
    if (format == CAPTURE_FORMAT_PCAP) {
        return true;
    }
    if (format == CAPTURE_FORMAT_NETMON) {
        snprintf(reason, REASON, "NetMon capture: not supported yet, convert with editcap");
    } else if (expand_error(expand) != NULL) {
        snprintf(reason, REASON, "%s", expand_error(expand));
    } else if (expand_cut(expand)) {
        snprintf(reason, REASON, "cut short in its compressed header");
    } else if (begins.left == 0) {
        snprintf(reason, REASON, "empty, not a capture");
    } else if (begins.left < 4) {
        snprintf(reason, REASON, "not a capture: only %zu bytes long", begins.left);
    } else {
        snprintf(reason, REASON, "not a capture: begins with %02x %02x %02x %02x",
                 wire_peek(&begins, 0), wire_peek(&begins, 1), wire_peek(&begins, 2),
                 wire_peek(&begins, 3));
    }
    return false;
}

/* Hands the expanded stream to libpcap. */
static bool open_stream(struct capture *capture, char reason[REASON])
{
    char words[PCAP_ERRBUF_SIZE] = "";
    FILE *stream = expand_stream(capture->expand);
    if (stream == NULL) {
        snprintf(reason, REASON, "out of memory");
        return false;
    }
    capture->pcap =
        pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, words);
    if (capture->pcap != NULL) {
        return true;
    }
    (void)fclose(stream);
    if (expand_error(capture->expand) != NULL) {
        snprintf(reason, REASON, "%s", expand_error(capture->expand));
    } else if (strstr(words, "truncated") != NULL) {
        snprintf(reason, REASON, "cut short in its file header");
    } else {
        snprintf(reason, REASON, "%s", words);
    }
    return false;
}

static bool known_link(struct capture *capture, char reason[REASON])
{
    capture->link = pcap_datalink(capture->pcap);
    if (packet_link_known(capture->link)) {
        return true;
    }
    const char *name = pcap_datalink_val_to_name(capture->link);
    snprintf(reason, REASON, "link type %d (%s) is not supported", capture->link,
             name != NULL ? name : "which libpcap does not know");
    return false;
}

static bool compile(struct capture *capture, const char *filter, char reason[REASON])
{
    if (filter == NULL || filter[0] == '\0') {
        return true;
    }
    if (pcap_compile(capture->pcap, &capture->filter, filter, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        snprintf(reason, REASON, "filter '%.200s': %.250s", filter, pcap_geterr(capture->pcap));
        return false;
    }
    capture->filtered = true;
    return true;
}

/* The steps of capture_open(), up to the one that fails. */
static bool open_saved(struct capture *capture, const char *filter, char reason[REASON])
{
    char words[EXPAND_ERROR];
    capture->expand = expand_open(capture->path, words);
    if (capture->expand == NULL) {
        snprintf(reason, REASON, "%s", words);
        return false;
    }
    return recognised(capture->expand, reason) && open_stream(capture, reason) &&
           known_link(capture, reason) && compile(capture, filter, reason);
}

struct capture *capture_open(const char *path, const struct capture_options *options,
                             char error[CAPTURE_ERROR])
{
    char reason[REASON] = "out of memory";
    error[0] = '\0';
    struct capture *capture = calloc(1, sizeof *capture);
    size_t size = strlen(path) + 1;
    if (capture != NULL) {
        capture->result = CAPTURE_PACKET;
        capture->path = malloc(size);
    }
    if (capture != NULL && capture->path != NULL) {
        memcpy(capture->path, path, size);
        if (open_saved(capture, options != NULL ? options->filter : NULL, reason)) {
            return capture;
        }
    }
    capture_complain(error, path, reason);
    capture_close(capture);
    return NULL;
}

/* Seconds and what libpcap, asked for that precision, gives as nanoseconds. A pcapng file may claim
 * any moment of 64 bits, and a pcap file any part of a second of 32: both are clamped. */
static int64_t nanoseconds(const struct timeval *time)
{
    const int64_t second = 1000000000;
    const int64_t last = INT64_MAX / second - 5;
    int64_t seconds = time->tv_sec;
    int64_t part = time->tv_usec;
    seconds = seconds > last ? last : seconds;
    seconds = seconds < -last ? -last : seconds;
    part = part < 0 ? 0 : part;
    part = part > UINT32_MAX ? UINT32_MAX : part;
    return seconds * second + part;
}

/* Ends with a warning: `where` the input was cut short. */
static enum capture_result cut_short(struct capture *capture, const char *where)
{
    char reason[REASON];
    snprintf(reason, sizeof reason, "cut short %s, after packet %llu; what is whole was read",
             where, (unsigned long long)capture->number);
    capture_complain(capture->text, capture->path, reason);
    capture->cut_short = true;
    return CAPTURE_END;
}

/* Tells an input that was cut short, of which libpcap only says so in words, from a damaged one. */
static enum capture_result end(struct capture *capture, int got)
{
    const char *damage = capture->expand != NULL ? expand_error(capture->expand) : NULL;
    const char *words = pcap_geterr(capture->pcap);
    if (damage != NULL) {
        words = damage;
    } else if (got == PCAP_ERROR && strstr(words, "truncated") != NULL) {
        return cut_short(capture, strstr(words, "header bytes") != NULL ? "in a packet's header"
                                                                        : "in a packet");
    } else if (got != PCAP_ERROR) {
        bool cut = capture->expand != NULL && expand_cut(capture->expand);
        return cut ? cut_short(capture, "in its compressed data") : CAPTURE_END;
    }
    char reason[REASON];
    snprintf(reason, sizeof reason, "%.300s, after packet %llu", words,
             (unsigned long long)capture->number);
    capture_complain(capture->text, capture->path, reason);
    return CAPTURE_FAILED;
}

enum capture_result capture_next(struct capture *capture, struct packet *packet)
{
    while (capture->result == CAPTURE_PACKET) {
        struct pcap_pkthdr *header = NULL;
        const u_char *bytes = NULL;
        int got = pcap_next_ex(capture->pcap, &header, &bytes);
        if (got == 0) {
            return CAPTURE_QUIET;
        }
        if (got != 1) {
            capture->result = end(capture, got);
            break;
        }
        capture->number++;
        if (capture->filtered && pcap_offline_filter(&capture->filter, header, bytes) == 0) {
            continue;
        }
        packet->number = capture->number;
        packet->time = nanoseconds(&header->ts);
        packet->link = capture->link;
        packet->bytes = wire_over(bytes, header->caplen);
        packet->length = header->len > header->caplen ? header->len : header->caplen;
        return CAPTURE_PACKET;
    }
    return capture->result;
}

bool capture_next_secrets(struct capture *capture, struct wire *text)
{
    return capture->expand != NULL && expand_secrets(capture->expand, text);
}

const char *capture_error(const struct capture *capture)
{
    return capture->result == CAPTURE_FAILED ? capture->text : "";
}

const char *capture_warning(const struct capture *capture)
{
    return capture->cut_short ? capture->text : NULL;
}

const char *capture_path(const struct capture *capture)
{
    return capture->path;
}

int capture_link(const struct capture *capture)
{
    return capture->link;
}

size_t capture_snap_length(const struct capture *capture)
{
    int length = pcap_snapshot(capture->pcap);
    return length > 0 ? (size_t)length : 0;
}

void capture_close(struct capture *capture)
{
    if (capture == NULL) {
        return;
    }
    if (capture->filtered) {
        pcap_freecode(&capture->filter);
    }
    if (capture->pcap != NULL) {
        pcap_close(capture->pcap); /* closes the stream, too */
    }
    expand_close(capture->expand);
    free(capture->path);
    free(capture);
}

bool capture_filter_valid(const char *filter, char error[CAPTURE_ERROR])
{
    static const int links[] = {DLT_EN10MB, DLT_RAW, DLT_LINUX_SLL, DLT_IEEE802_11, DLT_PPP};
    bool valid = false;
    error[0] = '\0';
    for (size_t i = 0; i < sizeof links / sizeof links[0] && !valid; i++) {
        struct bpf_program program;
        pcap_t *pcap = pcap_open_dead(links[i], 65535);
        if (pcap == NULL) {
            continue;
        }
        valid = pcap_compile(pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) == 0;
        if (valid) {
            pcap_freecode(&program);
            error[0] = '\0';
        } else if (error[0] == '\0') {
            char reason[REASON];
            snprintf(reason, sizeof reason, "'%.200s': %.250s", filter, pcap_geterr(pcap));
            capture_complain(error, "filter", reason);
        }
        pcap_close(pcap);
    }
    return valid;
}
