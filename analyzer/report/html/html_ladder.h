/* The ladder of a connection as a drawing (SVG): client on the left, server on the right, time
 * downwards. Texts in it are texts: they can be read aloud, found and copied. */
#ifndef REPORT_HTML_LADDER_H
#define REPORT_HTML_LADDER_H

#include "report/report.h"

/* What is drawn: a connection's steps, those of packets that `argument` cites marked. `number` is
 * the connection's on the page, so that "#c3f8" leads to packet 8 of connection 3. */
struct html_drawing {
    const struct facts *facts;
    const struct argument *argument; /* NULL: nothing is cited */
    uint64_t number;
    bool verbose; /* every step: see ladder_choose() */
};

void html_ladder(FILE *out, const struct html_drawing *drawing);

/* Whether a packet is in the drawing, so that a link may lead to it. */
bool html_ladder_shows(const struct html_drawing *drawing, uint64_t frame);

#endif
