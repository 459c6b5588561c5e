#include "report/page.h"

#include "report/phrase.h"

#include <string.h>

struct page page_on(FILE *out, unsigned columns, bool color)
{
    size_t width = columns == 0 || columns > PAGE_WIDEST ? PAGE_WIDEST : columns;
    return (struct page){out, width < PAGE_NARROWEST ? PAGE_NARROWEST : width, color};
}

void page_write(const struct page *page, enum ink ink, const char *text)
{
    static const char *const begin[] = {
        [INK_PLAIN] = "",         [INK_BOLD] = "\033[1m",   [INK_DIM] = "\033[2m",
        [INK_RED] = "\033[1;31m", [INK_GREEN] = "\033[32m", [INK_YELLOW] = "\033[33m",
    };
    if (page->color && ink != INK_PLAIN) {
        fprintf(page->out, "%s%s\033[0m", begin[ink], text);
    } else {
        fputs(text, page->out);
    }
}

void page_space(const struct page *page, size_t columns)
{
    fprintf(page->out, "%*s", (int)columns, "");
}

/* The bytes of the word at `text`. A version stays with its protocol, "TLS 1.2": in a sentence for
 * the eye, in a registry path so that it can be copied. */
static size_t word_length(const char *text)
{
    size_t length = strcspn(text, " ");
    while (length >= 3 && text[length] == ' ' && text[length + 1] >= '0' &&
           text[length + 1] <= '9' && strncmp(text + length - 3, "TLS", 3) == 0) {
        length += 1 + strcspn(text + length + 1, " ");
    }
    return length;
}

/* Its columns. */
static size_t word_columns(const char *text, size_t length)
{
    size_t columns = 0;
    for (size_t i = 0; i < length; i++) {
        columns += ((unsigned char)text[i] & 0xc0) != 0x80;
    }
    return columns;
}

void page_wrap(const struct page *page, const char *text, size_t column, size_t indent)
{
    bool fresh = true; /* nothing but indentation on this line yet */
    while (*text != '\0') {
        size_t spaces = strspn(text, " ");
        const char *word = text + spaces;
        size_t length = word_length(word);
        size_t columns = word_columns(word, length);
        if (length > 0 && !fresh && column + spaces + columns > page->width) {
            fputc('\n', page->out);
            page_space(page, indent);
            column = indent;
        } else if (length > 0) {
            page_space(page, spaces);
            column += spaces;
        }
        fprintf(page->out, "%.*s", (int)length, word);
        column += columns;
        fresh = false;
        text = word + length;
    }
    fputc('\n', page->out);
}
