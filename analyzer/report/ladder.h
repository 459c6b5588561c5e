/* The ladder: a connection's steps from top to bottom, the client on the left and the server on the
 * right. */
#ifndef REPORT_LADDER_H
#define REPORT_LADDER_H

#include "report/page.h"
#include "tracking/facts.h"

/* Draws it, but for what ladder_choose() hides. */
void ladder_write(const struct page *page, const struct facts *facts, bool verbose);

/* Which steps need not be drawn. What goes without saying is left out unless `verbose`: TCP's own
 * handshake before data, how the connection was closed behind a fatal alert, and cleartext that
 * another line explains. */
void ladder_choose(bool hidden[FACTS_STEPS], const struct facts *facts, bool verbose);

/* "+0.013": milliseconds, rounded, since the connection's first packet. */
enum { LADDER_TIME = 32 };
void ladder_time(char text[LADDER_TIME], const struct facts *facts, const struct step *step);

#endif
