/* Where a capture stands, as reports name it that others keep: relative to the folder in which
 * tlswhy was run, so that the same capture has the same name on every machine. Texts are the
 * caller's.
 */
#ifndef REPORT_PLACE_H
#define REPORT_PLACE_H

#include <stdbool.h>
#include <stddef.h>

enum {
    PLACE_PATH = 4096 /* bytes of a path with its NUL: Linux' PATH_MAX; what is longer is cut */
};

struct place {
    char folder[PLACE_PATH]; /* the current one, with a slash at its end; empty: not known */
};

/* The current folder; asked once, at the beginning, while it may still be asked. */
void place_find(struct place *place);

/* `name` as it was given, without what says nothing ("./", "//") and without the current folder
 * before it. Paths outside of that stay absolute. */
void place_path(char path[PLACE_PATH], const struct place *place, const char *name);

/* Whether the capture is a file under the current folder: no other has a path that means anything
 * elsewhere. `path`: as place_path() wrote it; NULL: no file. */
bool place_is_inside(const char *path);

/* The path as a reference to a URI (RFC 3986): relative, or "file:///...". Bytes that are no
 * unreserved character are percent-encoded. Cut between two of them where there is no room. */
void place_uri(char *uri, size_t size, const char *path);

#endif
