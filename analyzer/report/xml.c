#include "report/xml.h"

#include "report/phrase.h"

#include <stdbool.h>

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

/* What stands for a mark; NULL: the character itself. ">" too, so that no "]]>" comes about (XML
 * 1.0, section 2.4). */
static const char *entity(char mark, bool in_attribute)
{
    switch (mark) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return in_attribute ? "&quot;" : NULL;
    case '\n':
        return in_attribute ? "&#10;" : "\n";
    case '\t':
        return in_attribute ? "&#9;" : "\t";
    default:
        return NULL;
    }
}

static void write(FILE *out, const char *text, bool in_attribute)
{
    while (*text != '\0') {
        const char *instead = entity(*text, in_attribute);
        size_t length = phrase_character(text);
        if (instead != NULL) {
            fputs(instead, out);
            text++;
        } else if (length > 0) {
            fwrite(text, 1, length, out);
            text += length;
        } else {
            fputs(replacement, out);
            text++;
        }
    }
}

void xml_text(FILE *out, const char *text)
{
    write(out, text, false);
}

void xml_attribute(FILE *out, const char *name, const char *value)
{
    fprintf(out, " %s=\"", name);
    write(out, value, true);
    fputc('"', out);
}
