/* The bytes of an input, expanded as they are read: gzip and zstd, told by their magic number and
 * not by the file's name, or plain. An expansion is never held in memory.
 *
 * Owns the file and the decoder until expand_close(). Concatenated members are one stream; what
 * follows the last member and is none is ignored, as gzip does. Memory: two buffers, and what the
 * decoder needs (gzip 40 KiB; zstd at most 128 MiB, its own default bound, as the file asks).
 */
#ifndef ANALYZER_CAPTURE_EXPAND_H
#define ANALYZER_CAPTURE_EXPAND_H

#include "wire.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

enum {
    EXPAND_ERROR = 256, /* room for an error */
    EXPAND_PEEK = 24    /* how far expand_peek() sees: a pcap file's header */
};

struct expand;

/* Opens `path`, or standard input for "-". Gives NULL and fills `error` when it cannot. */
struct expand *expand_open(const char *path, char error[EXPAND_ERROR]);

/* The first bytes, expanded, without taking them: EXPAND_PEEK, or fewer when there are no more or
 * they cannot be read, which expand_error() tells. Only before anything else is read. */
struct wire expand_peek(struct expand *expand);

/* Reads up to `room` of the next expanded bytes, as read() does: 0 at the end, and -1 on an error,
 * which expand_error() tells. */
ssize_t expand_read(struct expand *expand, void *bytes, size_t room);

/* The expanded bytes as a stream, for whoever reads FILEs; NULL when memory is short. Its taker
 * closes it with fclose(), before expand_close(). It reads what was peeked at by itself, and not
 * ahead of it: behind a header of EXPAND_PEEK bytes, expand_read() can go on instead. */
FILE *expand_stream(struct expand *expand);

/* The TLS secrets that a pcapng held since the last call, as text that lives until more is read;
 * false when there were none. They are found before the packets behind them are read. */
bool expand_secrets(struct expand *expand, struct wire *text);

/* How many bytes of the file were read, compressed as they are, and how many it has; 0 where that
 * is not known: a pipe. */
void expand_position(const struct expand *expand, uint64_t *read, uint64_t *whole);

/* Why reading failed, or NULL: an error of the system, or damaged compressed data. */
const char *expand_error(const struct expand *expand);

/* True when the file ended within compressed data. */
bool expand_cut(const struct expand *expand);

/* NULL is allowed. */
void expand_close(struct expand *expand);

#endif
