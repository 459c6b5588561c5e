/* What standard output is: a terminal of so many columns, with colours, or a file. */
#ifndef ANALYZER_TERMINAL_H
#define ANALYZER_TERMINAL_H

#include "options.h"

/* Columns of the terminal on standard output; 0 when it is none. */
unsigned terminal_width(void);

/* Whether to write colours: as asked or, left to itself, on a terminal that can and where NO_COLOR
 * is not set. */
bool terminal_wants_color(enum options_color asked);

#endif
