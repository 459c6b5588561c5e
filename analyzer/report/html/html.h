/* Writing HTML: the one way by which text gets into a page, and what the rooms of the HTML report
 * share.
 *
 * Markup is ours and goes out as it is; every text, whoever chose it, goes through html_text().
 * What is written is well-formed XML as well, so that tests can hold it to that.
 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "report/report.h"

/* Writes `text` so that it is text and nothing else, in an element or in a quoted attribute.
 * Control characters, what changes the direction of text and what is no UTF-8 become U+FFFD. NULL
 * is an empty text. */
void html_text(FILE *out, const char *text);

/* Writes an element with a text in it. `tag` is its name and attributes, ours: "td class=\"name\"".
 */
void html_element(FILE *out, const char *tag, const char *text);

/* The same, with the text set apart from what is around it: a name in Hebrew or Arabic reads from
 * right to left and must not turn its neighbours around. */
void html_name(FILE *out, const char *tag, const char *text);

/* A part of a whole as a percentage, for widths: 0 to 100. */
double html_percent(uint64_t part, uint64_t whole);

/* Begins a page: its head with style and policy, and the masthead. */
void html_begin_page(FILE *out);

/* Ends it: the script, and what closes it. */
void html_end_page(FILE *out);

#endif
