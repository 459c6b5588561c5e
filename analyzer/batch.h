/* Packets that are taken together, so that what the engine needs of memory for one can come while
 * it works on another. A batch copies the packets: a capture's bytes live only until the next one.
 */
#ifndef ANALYZER_BATCH_H
#define ANALYZER_BATCH_H

#include "capture/capture.h"

enum {
    BATCH_PACKETS = 32,    /* memory answers within the time of some ten packets */
    BATCH_BYTES = 64 << 10 /* of copies: 32 full segments, and small enough for a cache */
};

struct batch {
    struct packet packet[BATCH_PACKETS];
    size_t count;
    size_t used;
    uint8_t bytes[BATCH_BYTES];
};

/* Adds a copy of the packet; false where it does not fit: what is in the batch must go first. A
 * packet that is larger than any batch is never copied. */
bool batch_add(struct batch *batch, const struct packet *packet);

#endif
