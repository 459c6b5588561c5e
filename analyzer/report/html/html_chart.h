/* The summary of a run as charts: how the handshakes went, and what failed by cause and by server.
 */
#ifndef REPORT_HTML_CHART_H
#define REPORT_HTML_CHART_H

#include "report/report.h"
#include "report/tally.h"

/* A cause, and how often it was found. */
struct html_cause {
    const struct cause *cause; /* NULL: none was found */
    uint64_t count;
    uint64_t told; /* of these, in detail */
};

/* How the handshakes went: a bar, and its numbers. */
void html_outcome(FILE *out, const struct totals *totals);

/* Failures by cause. `causes` come sorted. */
void html_chart_causes(FILE *out, const struct html_cause *causes, size_t count);

/* Failures by server, from the groups of `tally`, which is asked and not changed any more. */
void html_chart_servers(FILE *out, struct tally *tally);

#endif
