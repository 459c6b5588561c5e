/* The block of a text report that says what to do, a platform a line. */
#ifndef REPORT_REMEDIES_H
#define REPORT_REMEDIES_H

#include "diagnosis/causes.h"
#include "report/page.h"

enum { REMEDIES = 32 /* rows of one cause that are written; more nobody would read */ };

/* Writes "  Fix   nginx    ssl_protocols TLSv1.2;" and the rows behind it. `remedies` ends with a
 * row without platform; NULL: nothing is written. */
void remedies_write(const struct page *page, const struct remedy *remedies);

/* How a platform is written for people, "IIS"; its own word where it has no other. */
const char *remedies_platform(const char *platform);

#endif
