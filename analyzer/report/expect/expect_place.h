/* On which line of a file something stands: json-c keeps no places. The text is known to be valid
 * JSON; of one that is not, the answer is some line of it.
 */
#ifndef REPORT_EXPECT_PLACE_H
#define REPORT_EXPECT_PLACE_H

#include <stddef.h>

/* One expectation: the `index`-th object of the list that is the whole file, or that stands under
 * the key `capture`; and in it the field at `path`, or the object itself when that is NULL. */
struct expect_place {
    const char *capture; /* NULL: the file is one list */
    size_t index;
    const char *path;
};

/* Its line, from 1; the expectation's when the field is not found, 1 when that is not found. */
unsigned expect_line(const char *text, size_t length, const struct expect_place *place);

/* The line that the byte at `offset` is on. */
unsigned expect_line_at(const char *text, size_t length, size_t offset);

#endif
