/* Holds a capture as we read it against what libpcap reads: the same packets, the same end, the
 * same words. Where libpcap gives up on a pcapng that we go on with, because its interfaces or
 * sections differ, only what stands before that is compared. */
#ifndef TESTS_FUZZ_SAME_PACKETS_H
#define TESTS_FUZZ_SAME_PACKETS_H

#include "capture/capture.h"
#include "packet.h"

#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One file, read in both ways. */
struct both {
    const char *path;
    pcap_t *pcap;
    struct bpf_program filter;
    bool filtered;
    bool classic; /* a pcap of today */
    bool netmon;  /* which libpcap does not know: nothing is compared */
    bool pcapng;
    bool sections; /* a pcapng that may have several: libpcap wants one byte order */
    bool fine;     /* a pcapng that may count in less than 2^-34 seconds: too fine for libpcap */
    struct capture *capture;
    uint64_t number; /* libpcap's packets so far */
    char error[CAPTURE_ERROR];
    char difference[CAPTURE_ERROR + 512]; /* "" while there is none */
};

static inline void same_complain(struct both *both, const char *what, const char *ours,
                                 const char *theirs)
{
    (void)snprintf(both->difference, sizeof both->difference,
                   "behind packet %" PRIu64 ": %s: we %.1000s, libpcap %.1000s", both->number, what,
                   ours, theirs);
}

static inline void same_number(struct both *both, const char *what, int64_t ours, int64_t theirs)
{
    if (ours != theirs && both->difference[0] == '\0') {
        char texts[2][32];
        (void)snprintf(texts[0], sizeof texts[0], "%" PRId64, ours);
        (void)snprintf(texts[1], sizeof texts[1], "%" PRId64, theirs);
        same_complain(both, what, texts[0], texts[1]);
    }
}

static inline int64_t same_within(int64_t number, int64_t least, int64_t most)
{
    return number < least ? least : number > most ? most : number;
}

/* What libpcap's time is for us. It takes the seconds of a pcap file, and the part of a second, for
 * signed numbers where the file's byte order is the machine's, and for unsigned ones, as which they
 * are meant, where it is not. */
static inline int64_t same_time(const struct both *both, const struct timeval *time, int64_t unit)
{
    const int64_t last = INT64_MAX / 1000000000 - 5;
    int64_t seconds = time->tv_sec, part = time->tv_usec;
    if (both->classic) {
        seconds = (int64_t)(uint32_t)seconds;
        part = (int64_t)(uint32_t)(part / unit) * unit;
    }
    return same_within(seconds, -last, last) * 1000000000 + same_within(part, 0, UINT32_MAX);
}

/* Compares one packet. */
static inline void same_packet(struct both *both, const struct packet *packet,
                               const struct pcap_pkthdr *header, const u_char *bytes, int64_t unit)
{
    same_number(both, "number", (int64_t)packet->number, (int64_t)both->number);
    if (!both->fine) {
        same_number(both, "time", packet->time, same_time(both, &header->ts, unit));
    }
    same_number(both, "link", packet->link, pcap_datalink(both->pcap));
    same_number(both, "captured", (int64_t)packet->bytes.left, header->caplen);
    same_number(both, "length", (int64_t)packet->length,
                header->len > header->caplen ? header->len : header->caplen);
    if (both->difference[0] == '\0' && header->caplen > 0 &&
        memcmp(packet->bytes.at, bytes, header->caplen) != 0) {
        same_complain(both, "bytes", "differ", "too");
    }
}

/* The next packet that passes, as pcap_next_ex() answers. */
static inline int same_next(struct both *both, struct pcap_pkthdr **header, const u_char **bytes)
{
    int got = pcap_next_ex(both->pcap, header, bytes);
    while (got == 1) {
        both->number++;
        if (!both->filtered || pcap_offline_filter(&both->filter, *header, *bytes) != 0) {
            return 1;
        }
        got = pcap_next_ex(both->pcap, header, bytes);
    }
    return got;
}

/* Compares the end: what is said of libpcap's words. */
static inline void same_end(struct both *both, enum capture_result result, int got)
{
    char text[CAPTURE_ERROR] = "";
    const char *words = pcap_geterr(both->pcap);
    const char *ours =
        result == CAPTURE_FAILED ? capture_error(both->capture) : capture_warning(both->capture);
    bool truncated = got == PCAP_ERROR && strstr(words, "truncated") != NULL;
    if (truncated) {
        (void)snprintf(
            text, sizeof text, "%s: cut short %s, after packet %" PRIu64 "; what is whole was read",
            both->path,
            strstr(words, "header bytes") != NULL ? "in a packet's header" : "in a packet",
            both->number);
    } else if (got == PCAP_ERROR) {
        (void)snprintf(text, sizeof text, "%s: %.300s, after packet %" PRIu64, both->path, words,
                       both->number);
    }
    same_number(both, "result", result,
                got == PCAP_ERROR && !truncated ? CAPTURE_FAILED : CAPTURE_END);
    ours = ours != NULL ? ours : "";
    if (both->difference[0] == '\0' && strcmp(ours, text) != 0) {
        same_complain(both, "end", ours, text);
    }
}

/* Whether libpcap ends here for a reason that is none for us. */
static inline bool same_gives_up(const struct both *both, int got)
{
    const char *words = pcap_geterr(both->pcap);
    return got == PCAP_ERROR && both->pcapng &&
           (both->sections || strncmp(words, "an interface has a ", 19) == 0);
}

/* Reads both to the first difference, or to the end, `together` packets at most at a time. */
static inline void same_all(struct both *both, size_t together, int64_t unit)
{
    struct packet packets[64];
    size_t count = 0, at = 0;
    enum capture_result result = CAPTURE_PACKET;
    int got = 1;
    while (both->difference[0] == '\0' && got == 1) {
        struct pcap_pkthdr *header = NULL;
        const u_char *bytes = NULL;
        if (at == count) {
            at = 0;
            result = capture_next_batch(both->capture, packets, together, &count);
        }
        got = same_next(both, &header, &bytes);
        if (same_gives_up(both, got)) {
            return;
        }
        same_number(both, "packet", result == CAPTURE_PACKET, got == 1);
        if (both->difference[0] == '\0' && got == 1) {
            same_packet(both, &packets[at++], header, bytes, unit);
        }
    }
    if (both->difference[0] == '\0') {
        same_end(both, result, got);
    }
}

/* What a pcapng may have somewhere. */
static inline void same_look(struct both *both, FILE *file)
{
    enum { ROOM = 1 << 20 /* no file with several sections is larger, of those compared */ };
    uint8_t *bytes = malloc(ROOM);
    size_t length =
        bytes != NULL && fseek(file, 0, SEEK_SET) == 0 ? fread(bytes, 1, ROOM, file) : 0;
    for (size_t i = 4; i + 5 <= length; i++) {
        bool resolution =
            memcmp(bytes + i, "\0\x9\0\1", 4) == 0 || memcmp(bytes + i, "\x9\0\1\0", 4) == 0;
        both->fine = both->fine || (resolution && bytes[i + 4] > (0x80 | 34));
        both->sections = both->sections || memcmp(bytes + i, "\n\r\r\n", 4) == 0;
    }
    free(bytes);
}

/* Whether the file begins as a pcap of today does, and what its part of a second counts in. */
static inline bool same_format(struct both *both, int64_t *unit)
{
    uint8_t begin[8];
    FILE *file = fopen(both->path, "rb");
    bool read = file != NULL && fread(begin, 1, sizeof begin, file) == sizeof begin;
    both->netmon = read && (memcmp(begin, "GMBU", 4) == 0 || memcmp(begin, "RTSS", 4) == 0);
    both->pcapng = read && memcmp(begin, "\n\r\r\n", 4) == 0;
    if (both->pcapng) {
        same_look(both, file);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    static const char *const begins[] = {
        "\xd4\xc3\xb2\xa1\2\0\4", "\xa1\xb2\xc3\xd4\0\2\0\4", /* microseconds, */
        "\x4d\x3c\xb2\xa1\2\0\4", "\xa1\xb2\x3c\x4d\0\2\0\4"  /* nanoseconds */
    };
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
        if (read && memcmp(begin, begins[i], sizeof begin) == 0) {
            both->classic = true;
            *unit = i < 2 ? 1000 : 1;
        }
    }
    return read;
}

static inline void same_compare(struct both *both, const char *filter, size_t together)
{
    char words[PCAP_ERRBUF_SIZE];
    struct capture_options options = {.filter = filter};
    int64_t unit = 1;
    both->pcap =
        same_format(both, &unit)
            ? pcap_open_offline_with_tstamp_precision(both->path, PCAP_TSTAMP_PRECISION_NANO, words)
            : NULL;
    bool opened = both->pcap != NULL && packet_link_known(pcap_datalink(both->pcap));
    if (opened && filter != NULL) {
        opened = both->filtered =
            pcap_compile(both->pcap, &both->filter, filter, 1, PCAP_NETMASK_UNKNOWN) == 0;
    }
    both->capture = capture_open(both->path, &options, both->error);
    if (both->netmon) {
        return;
    }
    bool goes_on = both->pcapng && (both->sections || (both->pcap != NULL && !opened));
    if ((both->capture != NULL) != opened && goes_on) {
        return; /* we look for an interface that we read; libpcap looks at the first one alone */
    }
    if ((both->capture != NULL) != opened) {
        same_complain(both, "opened", both->error, both->pcap != NULL ? "did" : words);
    } else if (opened) {
        same_all(both, together, unit);
    }
}

/* Reads the file at `path` in both ways, `together` packets at most at a time (64). Gives whether
 * they agree; else `both->difference` says in what not. */
static inline bool same_packets(struct both *both, const char *path, const char *filter,
                                size_t together)
{
    *both = (struct both){.path = path};
    same_compare(both, filter, together);
    capture_close(both->capture);
    if (both->filtered) {
        pcap_freecode(&both->filter);
    }
    if (both->pcap != NULL) {
        pcap_close(both->pcap);
    }
    return both->difference[0] == '\0';
}

#endif
