/* The packets of one connection, copied and kept until its verdict, so that those of a failed
 * handshake can be written to a file.
 *
 * Bounded twice. Of one connection the first packets are kept, and the last: what a refusal is made
 * of stands at both ends, and what goes is the middle. And all connections share an account. When
 * it is full, those whose handshake was completed lose their packets first, since they are the
 * least likely to have failed; then new packets are not kept. What is not there is counted, by
 * connection and in the account.
 */
#ifndef TRACKING_KEPT_H
#define TRACKING_KEPT_H

#include "tracking/facts.h"
#include "wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    KEPT_PACKETS = 256, /* of one connection; a handshake takes 10 to 60 in all, and some hundred
                           where it stands behind a long dialogue or its segments are tiny */
    KEPT_BYTES = 256 << 10, /* captured bytes of these: the two longest certificate chains that
                               browsers take, of 64 KiB each, and as much again */
    KEPT_FIRST_PACKETS = KEPT_PACKETS / 2, /* the first ones, which stay */
    KEPT_FIRST_BYTES = KEPT_BYTES / 2
};

struct kept_packet {
    struct kept_packet *next;
    struct moment at;
    size_t length; /* bytes that were sent */
    uint32_t captured;
    int link; /* DLT_ number */
    uint8_t bytes[];
};

struct kept;

/* What all connections share. It must outlive them. */
struct kept_account {
    size_t limit;        /* bytes that may be held, with the lists' own */
    size_t used;         /* that are */
    uint64_t lost;       /* packets that were not kept, or given up, because of a bound */
    struct kept *oldest; /* whose handshake was completed, from the first that was */
    struct kept *newest;
};

/* Nothing kept yet, of a connection that had `lost` packets before; NULL when there is no memory,
 * or no room in the account. */
struct kept *kept_new(struct kept_account *account, uint64_t lost);

/* Copies a packet: `bytes` is what was captured of its `length`. NULL is allowed for `kept`, as in
 * the functions below. */
void kept_add(struct kept *kept, struct moment at, int link, struct wire bytes, size_t length);

/* The handshake was completed (`spare`), or has begun anew. */
void kept_set_spare(struct kept *kept, bool spare);

/* The connection did not fail: gives its packets back, and keeps no more of them. */
void kept_stop(struct kept *kept);

void kept_free(struct kept *kept);

/* The packets in the order of their capture; NULL: none. */
const struct kept_packet *kept_first(const struct kept *kept);

/* The packets of the connection that are not there: over a bound, or given back. */
uint64_t kept_lost(const struct kept *kept);

#endif
