/* The text report's own paragraph of one connection as a string, for reports that carry it along.
 *
 * Owns the text report that writes it and the memory that it is written to: as much as the longest
 * paragraph, which facts and verdict bound.
 */
#ifndef REPORT_PARAGRAPHS_H
#define REPORT_PARAGRAPHS_H

#include "report/report.h"

struct paragraphs;

/* NULL: no memory. */
struct paragraphs *paragraphs_new(void);

/* What the text report says of a connection that failed: evidence, ladder, remedies. Empty where it
 * says nothing, or where memory is short. The string is `paragraphs`', until the next call. */
const char *paragraphs_of(struct paragraphs *paragraphs, const struct connection *connection);

/* NULL is allowed. */
void paragraphs_free(struct paragraphs *paragraphs);

#endif
