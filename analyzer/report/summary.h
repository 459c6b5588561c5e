/* The tables of --summary: failures by cause, by server and by client. Owns its counters, three
 * tallies, and with them their bounds.
 */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include "report/page.h"
#include "report/report.h"

/* Servers and clients that are listed, unless all are asked for: who has more that fail begins with
 * the first ones. What does not fit is counted. */
enum { SUMMARY_ROWS = 20 };

struct summary;

/* NULL when there is no memory. */
struct summary *summary_new(void);
void summary_free(struct summary *summary); /* NULL is allowed */

/* Counts a connection that failed. */
void summary_note(struct summary *summary, const struct connection *connection);

/* Writes the tables, the most frequent rows first; `all` of them, or SUMMARY_ROWS
 * servers and clients. Nothing
 * where nothing failed. Nothing may be counted any more. */
void summary_write(struct summary *summary, const struct page *page, bool all);

#endif
