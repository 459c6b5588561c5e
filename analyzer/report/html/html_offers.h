/* What the two sides of a handshake offered and selected, side by side, with what they have in
 * common marked. */
#ifndef REPORT_HTML_OFFERS_H
#define REPORT_HTML_OFFERS_H

#include "report/report.h"

/* Writes the table; nothing where no ClientHello is known. What the server would have accepted is
 * not on the wire: its column has what it selected and what it asked for. */
void html_offers(FILE *out, const struct facts *facts);

#endif
