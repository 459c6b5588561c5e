/* Large zeroed tables that begin where a line of the processor's cache does, so that what is made
 * to fit one line touches no second. The system gives each page when it is first touched.
 */
#ifndef TRACKING_LINES_H
#define TRACKING_LINES_H

#include <stddef.h>

enum { LINE = 64 /* bytes, on all processors that we know of */ };

struct lines {
    void *memory; /* owned */
    void *first;  /* the table, within it; NULL: no memory */
};

/* `bytes` zeroed bytes. */
struct lines lines_new(size_t bytes);
void lines_free(struct lines *lines);

#endif
