/* What Prometheus is told: the page of metrics, in its text format, version 0.0.4.
 *
 * Pure: figures in, text out. Labels hold nothing but words of our own tables, never a name from
 * the wire, so that nobody on it can make the page grow or forge a line of it.
 */
#ifndef ANALYZER_METRICS_PAGE_H
#define ANALYZER_METRICS_PAGE_H

#include "report/report.h"

enum { METRICS_PAGE = 32 << 10 /* bytes; some 100 lines of 60, and as many of explanation */ };

/* What is told of. Counts are since the program's start. */
struct metrics_figures {
    const struct totals *totals;
    uint64_t dropped_kernel;    /* packets: the ring was full */
    uint64_t dropped_interface; /* packets: the interface or its driver had no room */
    uint64_t connections;       /* in the table, */
    uint64_t connections_limit; /* and how many may be */
    uint64_t memory;            /* bytes of what grows with traffic, */
    uint64_t memory_limit;      /* and how many they may be */
    uint64_t unkept;            /* -w: packets that were not kept for lack of room, */
    uint64_t saved, unsaved;    /* and failed handshakes that were written, or could not be */
    int64_t started;            /* seconds since 1970 */
    int64_t latest;             /* of the latest packet, nanoseconds since 1970; 0: none yet */
    bool capturing;             /* an interface is open, and up as far as we know */
    bool saving;                /* -w was given */
};

/* Writes the page; false when it did not fit. */
bool metrics_page(char text[METRICS_PAGE], const struct metrics_figures *figures);

#endif
