#include "report/xml.h"

#include "report/phrase.h"

#include <stdbool.h>
#include <string.h>

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

/* U+FFFE and U+FFFF are Unicode, and not XML (section 2.2). */
static bool is_character(const char *text, size_t length)
{
    return length > 0 && !(length == 3 && memcmp(text, "\xef\xbf", 2) == 0 &&
                           ((unsigned char)text[2] == 0xbe || (unsigned char)text[2] == 0xbf));
}

static void write(FILE *out, const char *text, bool in_attribute)
{
    while (*text != '\0') {
        const char *instead = entity(*text, in_attribute);
        size_t length = phrase_character(text);
        if (instead != NULL) {
            fputs(instead, out);
            text++;
        } else if (is_character(text, length)) {
            fwrite(text, 1, length, out);
            text += length;
        } else {
            fputs(replacement, out);
            text += length > 0 ? length : 1;
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
