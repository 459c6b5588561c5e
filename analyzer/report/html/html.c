#include "report/html/html.h"

#include "report/phrase.h"

#include <string.h>

static const char *entity_of(char letter)
{
    switch (letter) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void html_text(FILE *out, const char *text)
{
    while (text != NULL && *text != '\0') {
        size_t length = phrase_character(text);
        const char *entity = entity_of(*text);
        if (length == 0) {
            fputs("\xef\xbf\xbd", out);
        } else if (entity != NULL) {
            fputs(entity, out);
        } else {
            fwrite(text, 1, length, out);
        }
        text += length > 0 ? length : 1;
    }
}

void html_element(FILE *out, const char *tag, const char *text)
{
    fprintf(out, "<%s>", tag);
    html_text(out, text);
    fprintf(out, "</%.*s>", (int)strcspn(tag, " "), tag);
}

void html_name(FILE *out, const char *tag, const char *text)
{
    fprintf(out, "<%s>", tag);
    html_element(out, "bdi", text);
    fprintf(out, "</%.*s>", (int)strcspn(tag, " "), tag);
}

double html_percent(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0 : 100 * (double)part / (double)whole;
}
