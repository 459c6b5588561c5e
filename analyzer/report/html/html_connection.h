/* One connection on the page: its line in the table, and all that is known of it below, folded. */
#ifndef REPORT_HTML_CONNECTION_H
#define REPORT_HTML_CONNECTION_H

#include "report/report.h"

struct html_place {
    uint64_t number; /* of the connection on the page, from 1 */
    bool open;       /* not folded */
    bool verbose;    /* every step in the ladder */
};

/* The columns of the table, with its opening tags; the connections follow as its bodies. */
void html_begin_table(FILE *out);
void html_end_table(FILE *out);

void html_connection(FILE *out, const struct connection *connection,
                     const struct html_place *place);

#endif
