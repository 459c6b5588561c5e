/* The block of a text report that says what to do, a platform a line. */
#ifndef REPORT_REMEDIES_H
#define REPORT_REMEDIES_H

#include "diagnosis/causes.h"
#include "report/page.h"

/* Writes "  Fix   nginx    ssl_protocols TLSv1.2;" and the rows behind it. `remedies` ends with a
 * row without platform; NULL: nothing is written. */
void remedies_write(const struct page *page, const struct remedy *remedies);

#endif
