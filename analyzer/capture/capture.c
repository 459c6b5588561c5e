#define _DEFAULT_SOURCE /* libpcap's header: u_char and its like */

#include "capture/capture.h"

#include "capture/interfaces.h"
#include "capture/saved.h"

#include <stdlib.h>
#include <string.h>

/* One of the two. */
struct capture {
    struct saved *saved;
    struct interfaces *interfaces;
    enum capture_result result; /* PACKET until it ended or failed */
    char *name;
    char text[CAPTURE_ERROR]; /* the error, or the warning, or the news */
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
    size_t length = printable(text, CAPTURE_ERROR - SOURCE_REASON - 2, name);
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
        return CAPTURE_FORMAT_PCAP;
    case 0x0a0d0d0a:
        return CAPTURE_FORMAT_PCAPNG;
    case 0x474d4255: /* GMBU */
    case 0x52545353: /* RTSS */
        return CAPTURE_FORMAT_NETMON;
    default:
        return CAPTURE_FORMAT_NONE;
    }
}

static struct capture *new_capture(const char *name)
{
    size_t size = strlen(name) + 1;
    struct capture *capture = calloc(1, sizeof *capture);
    if (capture == NULL) {
        return NULL;
    }
    capture->result = CAPTURE_PACKET;
    capture->name = malloc(size);
    if (capture->name == NULL) {
        free(capture);
        return NULL;
    }
    memcpy(capture->name, name, size);
    return capture;
}

struct capture *capture_open(const char *path, const struct capture_options *options,
                             char error[CAPTURE_ERROR])
{
    char reason[SOURCE_REASON] = "out of memory";
    error[0] = '\0';
    struct capture *capture = new_capture(path);
    if (capture != NULL) {
        capture->saved = saved_open(path, options != NULL ? options->filter : NULL, reason);
    }
    if (capture == NULL || capture->saved == NULL) {
        capture_complain(error, path, reason);
        capture_close(capture);
        return NULL;
    }
    return capture;
}

struct capture *capture_open_interfaces(const char *const names[], size_t count,
                                        const struct capture_options *options,
                                        char error[CAPTURE_ERROR])
{
    struct capture_options asked = {0};
    if (options != NULL) {
        asked = *options;
    }
    if (asked.snap_length == 0 || asked.snap_length > CAPTURE_SNAP_LENGTH) {
        asked.snap_length = CAPTURE_SNAP_LENGTH;
    }
    asked.buffer_kib = asked.buffer_kib == 0                       ? CAPTURE_BUFFER_KIB
                       : asked.buffer_kib > CAPTURE_BUFFER_KIB_MAX ? CAPTURE_BUFFER_KIB_MAX
                                                                   : asked.buffer_kib;
    error[0] = '\0';
    struct capture *capture = new_capture(names[0]);
    if (capture == NULL) {
        capture_complain(error, names[0], "out of memory");
        return NULL;
    }
    capture->interfaces = interfaces_open(names, count, &asked, error);
    if (capture->interfaces == NULL) {
        capture_close(capture);
        return NULL;
    }
    return capture;
}

/* ---- packets ---- */

static enum capture_result next_saved(struct capture *capture, struct packet packets[], size_t most,
                                      size_t *count)
{
    char reason[SOURCE_REASON];
    enum capture_result result = saved_next(capture->saved, packets, most, count, reason);
    if (reason[0] != '\0') {
        capture_complain(capture->text, capture->name, reason);
    }
    return result;
}

enum capture_result capture_next_batch(struct capture *capture, struct packet packets[],
                                       size_t most, size_t *count)
{
    *count = 0;
    if (capture->result != CAPTURE_PACKET) {
        return capture->result;
    }
    enum capture_result result = CAPTURE_PACKET;
    if (capture->saved != NULL) {
        result = next_saved(capture, packets, most, count);
    } else {
        result = interfaces_next(capture->interfaces, packets, capture->text);
        *count = result == CAPTURE_PACKET;
    }
    if (result == CAPTURE_END || result == CAPTURE_FAILED) {
        capture->result = result;
    }
    return result;
}

enum capture_result capture_next(struct capture *capture, struct packet *packet)
{
    size_t count = 0;
    return capture_next_batch(capture, packet, 1, &count);
}

void capture_stop(struct capture *capture)
{
    if (capture->interfaces != NULL) {
        interfaces_stop(capture->interfaces);
    } else if (capture->result == CAPTURE_PACKET) {
        capture->result = CAPTURE_END;
    }
}

void capture_also_wait_for(struct capture *capture, int descriptor)
{
    if (capture->interfaces != NULL) {
        interfaces_also_wait_for(capture->interfaces, descriptor);
    }
}

const char *capture_news(struct capture *capture)
{
    bool any = capture->interfaces != NULL && capture->result == CAPTURE_PACKET &&
               interfaces_news(capture->interfaces, capture->text);
    return any ? capture->text : NULL;
}

bool capture_is_up(const struct capture *capture)
{
    return capture->interfaces == NULL || interfaces_are_up(capture->interfaces);
}

void capture_count(struct capture *capture, struct capture_counts *counts)
{
    if (capture->interfaces != NULL) {
        interfaces_count(capture->interfaces, counts);
    } else {
        uint64_t number = saved_count(capture->saved);
        *counts = (struct capture_counts){.captured = number, .received = number};
    }
}

void capture_progress(const struct capture *capture, uint64_t *read, uint64_t *whole)
{
    *read = *whole = 0;
    if (capture->saved != NULL) {
        saved_progress(capture->saved, read, whole);
    }
}

bool capture_next_secrets(struct capture *capture, struct wire *text)
{
    return capture->saved != NULL && saved_secrets(capture->saved, text);
}

/* ---- what is known of it ---- */

const char *capture_error(const struct capture *capture)
{
    return capture->result == CAPTURE_FAILED ? capture->text : "";
}

const char *capture_warning(const struct capture *capture)
{
    bool warned = capture->saved != NULL && capture->result == CAPTURE_END;
    return warned && capture->text[0] != '\0' ? capture->text : NULL;
}

const char *capture_path(const struct capture *capture)
{
    return capture->name;
}

static const struct source *source_of(const struct capture *capture)
{
    return capture->saved != NULL ? saved_source(capture->saved)
                                  : interfaces_source(capture->interfaces);
}

int capture_link(const struct capture *capture)
{
    return source_of(capture)->link;
}

size_t capture_snap_length(const struct capture *capture)
{
    pcap_t *pcap = source_of(capture)->pcap;
    int length = pcap != NULL ? pcap_snapshot(pcap) : 0;
    return length > 0 ? (size_t)length : 0;
}

void capture_close(struct capture *capture)
{
    if (capture == NULL) {
        return;
    }
    saved_close(capture->saved);
    interfaces_close(capture->interfaces);
    free(capture->name);
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
            char reason[SOURCE_REASON];
            snprintf(reason, sizeof reason, "'%.200s': %.250s", filter, pcap_geterr(pcap));
            capture_complain(error, "filter", reason);
        }
        pcap_close(pcap);
    }
    return valid;
}
