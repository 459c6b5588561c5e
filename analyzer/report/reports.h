/* The reports of one run: each connection goes to all of them.
 *
 * Borrows the files that they write to; who opened one closes it, behind reports_end().
 */
#ifndef REPORT_REPORTS_H
#define REPORT_REPORTS_H

#include "report/report.h"

enum { REPORTS_MAX = 8 /* one of each format */ };

struct reports {
    struct open_report {
        const struct report_format *format;
        struct report *report;
        FILE *out;
        bool over_line;
    } open[REPORTS_MAX];
    size_t count;
    bool every;        /* somebody wants all connections, not only what failed */
    bool application;  /* somebody wants facts.application */
    bool fingerprints; /* somebody wants JA3, JA3S and JA4 */
};

/* Adds a report in `format`; false where there is no memory. */
bool reports_add(struct reports *reports, const struct report_format *format,
                 const struct report_options *options);

void reports_connection(struct reports *reports, const struct connection *connection);

/* With --check, in place of connections. */
void reports_finding(struct reports *reports, const struct finding *finding);

/* Writes what is left, and frees the reports. Whether their files took it is the files' to say. */
void reports_end(struct reports *reports, const struct totals *totals);

#endif
