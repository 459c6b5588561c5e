/* Quotes: what was said on the wire, short enough for a sentence. */
#ifndef DIAGNOSIS_QUOTE_H
#define DIAGNOSIS_QUOTE_H

enum { QUOTE_TEXT = 81 };

/* The first line of `text`, which has been made printable; what is longer than fits ends in "...".
 * "" for NULL. */
void quote_line(char line[QUOTE_TEXT], const char *text);

#endif
