/* Copies of packets that would not live until the next one: libpcap has one buffer for all.
 *
 * So many packets can be taken together, and what the engine needs of memory for one can come while
 * it works on another. Owned by whoever has it; nothing is allocated. */
#ifndef ANALYZER_CAPTURE_COPIES_H
#define ANALYZER_CAPTURE_COPIES_H

#include "capture/capture.h"

enum { COPIES_BYTES = 64 << 10 /* 32 full segments, and small enough for a cache */ };

struct copies {
    size_t used;
    uint8_t bytes[COPIES_BYTES];
};

/* Forgets all of them. */
void copies_clear(struct copies *copies);

/* Lets the packet's bytes be a copy; false where there is no room for it, and nothing changes. */
bool copies_keep(struct copies *copies, struct packet *packet);

#endif
