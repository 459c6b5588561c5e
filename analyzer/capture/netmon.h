/* The packets of a Network Monitor file, versions 1 and 2 (also written by Message Analyzer),
 * taken from where they lie.
 *
 * Reads over the whole file's bytes: their order is that of a table of places, which stands at the
 * file's end. Where the table is not there, because the file was cut, frames are taken one behind
 * the other, as they are mostly written. Microsoft describes version 2 in the help of Network
 * Monitor 3.4, "Capture File Format"; version 1 differs in the frame's header. Owns nothing.
 */
#ifndef ANALYZER_CAPTURE_NETMON_H
#define ANALYZER_CAPTURE_NETMON_H

#include "capture/capture.h"

enum {
    NETMON_HEADER = 128, /* bytes */
    /* Of a file, which is held in memory: what a few MB of gzip may claim to hold has to end
     * somewhere, and larger ones can be split. */
    NETMON_MOST = 512 << 20
};

struct netmon {
    struct wire file;
    struct wire table; /* what is unread of it */
    bool in_table;     /* else frames are taken from `next` on, up to `end` */
    size_t next, end;
    unsigned major, minor;
    unsigned media;   /* of all frames, before version 2.1 */
    int64_t start;    /* nanoseconds since 1970 */
    uint64_t damaged; /* places in the table where no whole frame is */
};

enum netmon_begin {
    NETMON_BEGINS,
    NETMON_SHORT,  /* the header is not whole */
    NETMON_VERSION /* of another version: `major` and `minor` are set */
};

/* Opens the whole file, or what is there of it. */
enum netmon_begin netmon_begin(struct netmon *netmon, struct wire file);

enum netmon_result {
    NETMON_PACKET,
    NETMON_OTHER,   /* a frame that is no packet, but counts: an event, a filter */
    NETMON_NOTE,    /* one that Network Monitor's successors do not count either */
    NETMON_DAMAGED, /* as `damaged` counts */
    NETMON_END,     /* of the table */
    NETMON_CUT,     /* before the table, behind a whole frame */
    NETMON_CUT_IN_PACKET
};

/* A media type that is not one of pcap's link types. */
enum { NETMON_MEDIA = 1 << 16 };

/* Takes the next frame. Fills `packet` but for its number; its link type is a LINKTYPE_ number, or
 * a media type and NETMON_MEDIA. */
enum netmon_result netmon_next(struct netmon *netmon, struct packet *packet);

#endif
