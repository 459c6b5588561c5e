/* -w: the packets of the failed handshakes, in files that rotate as tcpdump's do.
 *
 * Connections are written one after another, each whole and in one file: its packets are put
 * together as a draft, and the file grows by all of it or by nothing. Where that fails, as on a
 * full disk, the connection is lost and counted, and the next one is tried again; saver_news() says
 * so once, and again when it works. The saver owns its file. It opens files, after the first, only
 * in the folder of the first, and never renames or removes one, so that it works without
 * privileges.
 *
 * A name that ends in .pcapng makes pcapng files, with comments and any number of link types;
 * another makes pcap files, which hold one: connections of others are counted and not written.
 * "-" is standard output.
 */
#ifndef CAPTURE_SAVER_H
#define CAPTURE_SAVER_H

#include "capture/capture.h"

#include <stdbool.h>
#include <stdint.h>

struct saver;

struct saver_options {
    const char *path;
    uint64_t bytes;   /* -C: a connection does not go to a file that is longer, but to NAME1,
                         NAME2 and so on; 0: no such limit */
    uint32_t seconds; /* -G: after as many begins another file, whose name strftime() makes of the
                         path and the time; 0: never */
};

struct saver_counts {
    uint64_t connections, packets; /* written */
    uint64_t lost;                 /* connections that could not be written */
    uint64_t other_link;           /* connections of a link type that the file cannot hold */
    uint64_t empty;                /* connections that came without a packet */
};

/* Opens the first file; `now`: seconds since 1970. NULL, with one line in `error`, when that is not
 * possible. What a file of this name had is gone. */
struct saver *saver_open(const struct saver_options *options, int64_t now,
                         char error[CAPTURE_ERROR]);

/* Begins a connection, adds its packets, each with a comment (NULL: none) in UTF-8, and writes them
 * all. */
void saver_begin(struct saver *saver, int64_t now);
void saver_add(struct saver *saver, const struct packet *packet, const char *comment);
void saver_end(struct saver *saver);

/* After SIGHUP: makes the file anew if its name no longer leads to it. */
void saver_reopen(struct saver *saver);

/* Something that the operator should hear, as one printable line in `text`; false: nothing new. */
bool saver_news(struct saver *saver, char text[CAPTURE_ERROR]);

const struct saver_counts *saver_counts(const struct saver *saver);

/* Ends the file. False when something could not be written in all that time, told in `error`. NULL
 * is allowed. */
bool saver_close(struct saver *saver, char error[CAPTURE_ERROR]);

/* Whether two names lead to the same file, which writing to one would destroy for the other. */
bool saver_same_file(const char *one, const char *other);

#endif
