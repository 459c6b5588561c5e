/* Text for people, written into buffers that may be too small for it. A phrase never runs over, is
 * always ended by NUL and, when it must be cut, is cut between two characters.
 *
 * Width is counted in code points: what we print has neither double-wide nor combining characters
 * but those of a name that somebody else chose.
 */
#ifndef REPORT_PHRASE_H
#define REPORT_PHRASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct phrase {
    char *text;
    size_t size;
    size_t length; /* bytes, without the NUL */
    bool cut;      /* something did not fit; nothing is added any more */
};

/* An empty phrase in `text`, which holds `size` bytes, at least 1. */
struct phrase phrase_in(char *text, size_t size);

/* Adds to it; printf's format. */
void phrase_add(struct phrase *phrase, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds a text as it is, and a number in decimal digits: for what is said of every connection, at a
 * tenth of printf's cost. */
void phrase_put(struct phrase *phrase, const char *text);
void phrase_number(struct phrase *phrase, uint64_t number);

/* Adds "14 suites" or "1 suite"; `many` is the plural. */
void phrase_count(struct phrase *phrase, size_t count, const char *one, const char *many);

/* Adds text that nobody has made printable yet, a file's name: what is no UTF-8, or a control
 * character, becomes U+FFFD. */
void phrase_add_printable(struct phrase *phrase, const char *text);

/* The bytes of the character that `text` begins with; 0 where that is a control character, one that
 * changes the direction of text, a code point that is no character, or no UTF-8 at all. */
size_t phrase_character(const char *text);

/* Whether `text` is valid UTF-8 without control characters. */
bool phrase_is_printable(const char *text);

/* The width of `text`, in columns. */
size_t phrase_columns(const char *text);

/* How many bytes of `text` are its first `columns` columns. */
size_t phrase_bytes(const char *text, size_t columns);

#endif
