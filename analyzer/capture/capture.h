/* Where packets come from: a saved capture, a pipe, or interfaces. With the rooms behind it
 * (source, saved, interface, interfaces) the only one that knows libpcap.
 *
 * A capture gives its packets one after another, or many at a time; a packet borrows the capture's
 * buffer and lives until the next call. Every text that this room hands out is one line, names the
 * input and is printable, so that whoever prints it adds only "tlswhy: " and a newline.
 */
#ifndef ANALYZER_CAPTURE_CAPTURE_H
#define ANALYZER_CAPTURE_CAPTURE_H

#include "wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Room for an error: the longest path (PATH_MAX is 4096) and the reason behind it. */
enum { CAPTURE_ERROR = 4096 + 512 };

struct capture;

enum {
    /* Bytes of a packet that are kept: the most that libpcap knows, for offloading makes segments
     * far larger than the MTU. */
    CAPTURE_SNAP_LENGTH = 262144,
    /* Each interface's ring in KiB: a quarter of a second of a full link of 1 Gbit/s, and 128
     * blocks, of which at a low rate one is used up each read timeout. */
    CAPTURE_BUFFER_KIB = 32 * 1024,
    CAPTURE_BUFFER_KIB_MAX = 2 * 1024 * 1024 - 1 /* libpcap takes the bytes as an int */
};

struct capture_options {
    const char *filter; /* a BPF expression; NULL or "" lets every packet through */

    /* The rest is for interfaces. */
    size_t snap_length; /* bytes kept of each packet; 0: CAPTURE_SNAP_LENGTH */
    size_t buffer_kib;  /* of each interface's ring; 0: CAPTURE_BUFFER_KIB */
    bool promiscuous;
    bool immediate; /* packets come one by one, not in blocks: sooner, and the ring holds fewer */
    bool wait;      /* for an interface that went down or disappeared, instead of ending */
};

/* One packet as it was captured. It was cut by the snap length when bytes.left < length. */
struct packet {
    uint64_t number;   /* from 1 in this input, as Wireshark counts; a filter leaves gaps */
    int64_t time;      /* nanoseconds since 1970; never overflows, whatever the file says */
    int link;          /* DLT_ number, one that packet_link_known(); interfaces' may differ */
    struct wire bytes; /* what was captured */
    size_t length;     /* bytes that were sent; >= bytes.left */
};

enum capture_result {
    CAPTURE_FAILED = -1, /* capture_error() says why; the packets before it stay good */
    CAPTURE_END = 0,     /* no more packets; look at capture_warning() */
    CAPTURE_PACKET = 1,
    CAPTURE_QUIET = 2 /* interfaces only: nothing waits, and none came within the read timeout, or
                         a signal did, or the other descriptor can be read; time for other things */
};

/* Opens the saved capture `path`, or standard input where `path` is "-": pcap, pcapng or NetMon,
 * plain or compressed with gzip or zstd. `options` may be NULL. Gives NULL and fills `error` when
 * there is no such file, it is no capture, or there is no link type in it that we know and for which
 * the filter compiles. Where there are others, too, their packets are left out, and
 * capture_warning() tells how many. */
struct capture *capture_open(const char *path, const struct capture_options *options,
                             char error[CAPTURE_ERROR]);

/* Opens `count` interfaces (at least one) as one input, whose packets come in the order of their
 * times. "any" is one. The filter is compiled for each one's link type and set in the kernel. Gives
 * NULL and fills `error` when one of them cannot be opened. After this no file and no socket is
 * opened: privileges may go. `options` may be NULL. */
struct capture *capture_open_interfaces(const char *const names[], size_t count,
                                        const struct capture_options *options,
                                        char error[CAPTURE_ERROR]);

/* Fills `packet` with the next one that passes the filter. After END or FAILED it gives the same
 * answer again. */
enum capture_result capture_next(struct capture *capture, struct packet *packet);

/* As capture_next(), for up to `most` packets (at least one) that live together until the next
 * call. With PACKET, `count` of them came, at least one: as many as can be had without waiting, and
 * without a copy. */
enum capture_result capture_next_batch(struct capture *capture, struct packet packets[],
                                       size_t most, size_t *count);

/* Ends it in a way that loses nothing: nothing more is let in, and capture_next() goes on giving
 * what is in the rings, then END. That takes about three read timeouts. A saved capture ends at
 * once. Not for signal handlers. */
void capture_stop(struct capture *capture);

/* Interfaces: lets capture_next() also wake up, with QUIET, whenever `descriptor` can be read; the
 * caller must read it then. While packets never pause it does not look. 0 for none. */
void capture_also_wait_for(struct capture *capture, int descriptor);

/* Interfaces: the next line of what happened to them (one went down, or is up again), or NULL.
 * Lives until the next call. To be asked after QUIET. */
const char *capture_news(struct capture *capture);

/* tcpdump's counters, summed over all interfaces. On "any" the kernel counts loopback's packets
 * twice as received. */
struct capture_counts {
    uint64_t captured;             /* given by capture_next(); what a filter passed over in a saved
                                      capture counts */
    uint64_t received;             /* by the filter: what was captured, dropped, or still waits */
    uint64_t dropped;              /* by the kernel: the ring was full */
    uint64_t dropped_by_interface; /* by network cards, since the start, where the system tells */
};

/* Whether packets can come: one of the interfaces is up, as of the last look. */
bool capture_is_up(const struct capture *capture);

/* Cheap: a system call for each interface. The cards are asked once a second, and at the end. */
void capture_count(struct capture *capture, struct capture_counts *counts);

/* How far a saved capture was read: bytes of the file, compressed as they are, and how many it has;
 * 0 where that is not known: a pipe. The reading is some 100 KiB ahead of the packets. */
void capture_progress(const struct capture *capture, uint64_t *read, uint64_t *whole);

/* Prints the interfaces that there are, one a line: number, name, description, state, addresses. */
bool capture_list_interfaces(FILE *out, char error[CAPTURE_ERROR]);

/* TLS secrets that the capture itself holds (the Decryption Secrets Blocks of a pcapng), found
 * since the last call: lines as endpoints log them, of which the last may not be whole yet. The
 * text lives until the next packet. False when there are none. They are found before the packets
 * behind them.
 */
bool capture_next_secrets(struct capture *capture, struct wire *text);

/* Why capture_next() failed; "" when it did not. */
const char *capture_error(const struct capture *capture);

/* After END: NULL, or that the input was cut short in its last packet, which is lost, or that packets
 * were left out. That is no failure, but it is a hole: nothing may be concluded from what did not
 * follow. */
const char *capture_warning(const struct capture *capture);

/* "-" or the path, as it was given; of interfaces the first one's name. */
const char *capture_path(const struct capture *capture);

/* The DLT_ number of a saved capture's packets, or of the first interface; of several the first. */
int capture_link(const struct capture *capture);

/* The most bytes of a packet that the capturer kept, as a pcap file's header has it, or of the first
 * interface that is listened to; of other files the most that we take. */
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
    CAPTURE_FORMAT_PCAP,
    CAPTURE_FORMAT_PCAPNG,
    CAPTURE_FORMAT_NETMON /* Microsoft Network Monitor, also by its successor, Message Analyzer */
};

/* The format by its magic number, the first 4 bytes of `bytes`; NONE when there are fewer. */
enum capture_format capture_format(struct wire bytes);

#endif
