/* Where packets come from: a saved capture, a pipe, later an interface. The only room that knows
 * libpcap.
 *
 * A capture gives its packets one after another; a packet borrows the capture's buffer and lives
 * until the next call. Every text that this room hands out is one line, names the input and is
 * printable, so that whoever prints it adds only "tlswhy: " and a newline.
 */
#ifndef ANALYZER_CAPTURE_CAPTURE_H
#define ANALYZER_CAPTURE_CAPTURE_H

#include "wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for an error: the longest path (PATH_MAX is 4096) and the reason behind it. */
enum { CAPTURE_ERROR = 4096 + 512 };

struct capture;

struct capture_options {
    const char *filter; /* a BPF expression; NULL or "" lets every packet through */
};

/* One packet as it was captured. It was cut by the snap length when bytes.left < length. */
struct packet {
    uint64_t number;   /* from 1 in this input, as Wireshark counts; a filter leaves gaps */
    int64_t time;      /* nanoseconds since 1970; never overflows, whatever the file says */
    int link;          /* DLT_ number, one that packet_link_known() */
    struct wire bytes; /* what was captured */
    size_t length;     /* bytes that were sent; >= bytes.left */
};

enum capture_result {
    CAPTURE_FAILED = -1, /* capture_error() says why; the packets before it stay good */
    CAPTURE_END = 0,     /* no more packets; look at capture_warning() */
    CAPTURE_PACKET = 1,
    CAPTURE_QUIET = 2 /* live only: no packet within the read timeout, time to let flows age */
};

/* Opens the saved capture `path`, or standard input where `path` is "-": pcap and pcapng as libpcap
 * reads them, plain or compressed with gzip or zstd. `options` may be NULL. Gives NULL and fills
 * `error` when there is no such file, it is no capture, its link type is not known, or the filter
 * does not compile for its link type. */
struct capture *capture_open(const char *path, const struct capture_options *options,
                             char error[CAPTURE_ERROR]);

/* Fills `packet` with the next one that passes the filter. After END or FAILED it gives the same
 * answer again. */
enum capture_result capture_next(struct capture *capture, struct packet *packet);

/* TLS secrets that the capture itself holds (the Decryption Secrets Blocks of a pcapng), found
 * since the last call: lines as endpoints log them, of which the last may not be whole yet. The
 * text lives until the next packet. False when there are none. They are found before the packets
 * behind them.
 */
bool capture_next_secrets(struct capture *capture, struct wire *text);

/* Why capture_next() failed; "" when it did not. */
const char *capture_error(const struct capture *capture);

/* After END: NULL, or that the input was cut short in its last packet, which is lost. That is no
 * failure, but it is a hole: nothing may be concluded from what did not follow. */
const char *capture_warning(const struct capture *capture);

/* "-" or the path, as it was given. */
const char *capture_path(const struct capture *capture);

/* The DLT_ number of all of its packets. */
int capture_link(const struct capture *capture);

/* The most bytes of a packet that the capturer kept, as the file header has it. */
size_t capture_snap_length(const struct capture *capture);

/* NULL is allowed. */
void capture_close(struct capture *capture);

/* True when `filter` compiles for at least one link type that we read: what is false here is the
 * operator's mistake, whatever the inputs are. `error` then has libpcap's words. */
bool capture_filter_valid(const char *filter, char error[CAPTURE_ERROR]);

/* Writes "PATH: reason" as one printable line, "standard input" for "-"; what is too long is cut.
 */
void capture_complain(char text[CAPTURE_ERROR], const char *path, const char *reason);

/* What the first bytes of an input, expanded, say that it is. */
enum capture_format {
    CAPTURE_FORMAT_NONE,  /* no capture */
    CAPTURE_FORMAT_PCAP,  /* pcap or pcapng: libpcap reads it */
    CAPTURE_FORMAT_NETMON /* Microsoft Network Monitor: a capture, but not one we read yet */
};

/* The format by its magic number, the first 4 bytes of `bytes`; NONE when there are fewer. */
enum capture_format capture_format(struct wire bytes);

#endif
