/* Text from the wire, made printable once, as it becomes a fact. */
#ifndef TRACKING_PRINTABLE_H
#define TRACKING_PRINTABLE_H

#include "tracking/arena.h"
#include "wire.h"

enum {
    PRINTABLE_MAX = 1024 /* bytes of a text from the wire that are kept; a host name has 255 */
};

/* A copy of `bytes` as valid UTF-8 that is safe to show: control characters, invalid bytes, and
 * code points that change the direction of text or cannot be seen are written as \xNN or \u{NNNN},
 * and what is beyond `most` (at most PRINTABLE_MAX) bytes is left out and marked with "...". NULL
 * when there is no memory. */
const char *printable_copy(struct arena *arena, struct wire bytes, size_t most);

#endif
