/* What standard output and standard error are: terminals of so many columns, with colours, or
 * files.
 */
#ifndef ANALYZER_TERMINAL_H
#define ANALYZER_TERMINAL_H

#include "options.h"

/* Columns of the terminal on standard output; 0 when it is none. */
unsigned terminal_width(void);

/* Whether to write colours: as asked or, left to itself, on a terminal that can and where NO_COLOR
 * is not set. */
bool terminal_wants_color(enum options_color asked);

/* Whether standard output goes to another program, which may draw on the terminal itself. */
bool terminal_is_piped(void);

/* The line at the bottom of the terminal on standard error: whether there can be one; and writes it
 * over the one before, cut to the terminal's width. An empty one takes it away. */
bool terminal_has_bottom_line(void);
void terminal_write_bottom_line(const char *text);

#endif
