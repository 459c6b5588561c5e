/* XML 1.0: text that stays text. Whatever the strings hold, what is written is well-formed: marks
 * are written as entities, and what XML forbids, or what is no UTF-8, becomes U+FFFD; so do
 * characters that cannot be seen or turn the direction of text.
 */
#ifndef REPORT_XML_H
#define REPORT_XML_H

#include <stdio.h>

/* Writes character data; line feeds and tabs stay. */
void xml_text(FILE *out, const char *text);

/* Writes ` name="value"`. Line feeds and tabs are written so that a parser does not make spaces of
 * them. `name` is our own. */
void xml_attribute(FILE *out, const char *name, const char *value);

#endif
