/* Where text reports are laid out: a stream of lines, as wide as the terminal, in colours or not.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum {
    PAGE_WIDEST = 100,  /* columns: longer lines are hard to read, however wide the terminal */
    PAGE_NARROWEST = 60 /* below, lines are left to the terminal to break */
};

enum ink { INK_PLAIN, INK_BOLD, INK_DIM, INK_RED, INK_GREEN, INK_YELLOW };

struct page {
    FILE *out;
    size_t width; /* columns that a line may have */
    bool color;
};

/* A page for a terminal of `columns` columns; 0: not a terminal. */
struct page page_on(FILE *out, unsigned columns, bool color);

/* Writes `text` in a colour, when there are colours. */
void page_write(const struct page *page, enum ink ink, const char *text);

/* Writes `columns` spaces. */
void page_space(const struct page *page, size_t columns);

/* Writes `text`, whose first character stands in column `column`, breaking lines at spaces before
 * the page's width; the lines that follow are indented by `indent`. A word wider than the page
 * stays whole: commands and paths are there to be copied. Ends the line. */
void page_wrap(const struct page *page, const char *text, size_t column, size_t indent);

#endif
