/* The ladder: a connection's steps from top to bottom, the client on the left and the server on the
 * right. */
#ifndef REPORT_LADDER_H
#define REPORT_LADDER_H

#include "report/page.h"
#include "tracking/facts.h"

/* Draws it. What goes without saying is left out unless `verbose`: TCP's own handshake before data,
 * how the connection was closed behind a fatal alert, and cleartext that another line explains. */
void ladder_write(const struct page *page, const struct facts *facts, bool verbose);

#endif
