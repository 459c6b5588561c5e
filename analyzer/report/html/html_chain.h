/* A chain of certificates as a drawing: from the leaf towards its root, each with what is wrong
 * with it. */
#ifndef REPORT_HTML_CHAIN_H
#define REPORT_HTML_CHAIN_H

#include "report/report.h"

/* Whether there is something to draw for this side. */
bool html_chain_seen(const struct facts *facts, enum speaker side);

/* Draws the chain that `side` showed. The fault that the verdict is about stands out; the others are
 * what a peer might mind, and mostly does not. */
void html_chain(FILE *out, const struct connection *connection, enum speaker side);

#endif
