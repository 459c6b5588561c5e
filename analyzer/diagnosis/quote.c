/* Quotes: a line's end, and a place to cut. */
#include "diagnosis/quote.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Carriage return and line feed, as text from the wire is made printable. */
static const char *const LINE_ENDS[] = {"\\x0D", "\\x0A"};

static size_t line_length(const char *text)
{
    size_t length = strlen(text);
    for (size_t i = 0; i < sizeof LINE_ENDS / sizeof LINE_ENDS[0]; i++) {
        const char *end = strstr(text, LINE_ENDS[i]);
        if (end != NULL && (size_t)(end - text) < length) {
            length = (size_t)(end - text);
        }
    }
    return length;
}

void quote_line(char line[QUOTE_TEXT], const char *text)
{
    static const char MORE[] = "...";
    line[0] = '\0';
    if (text == NULL) {
        return;
    }
    size_t length = line_length(text);
    bool cut = length >= QUOTE_TEXT;
    if (cut) {
        length = QUOTE_TEXT - sizeof MORE;
        /* Not within a character of UTF-8. */
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80) {
            length--;
        }
    }
    memcpy(line, text, length);
    memcpy(line + length, cut ? MORE : "", cut ? sizeof MORE : 1);
}
