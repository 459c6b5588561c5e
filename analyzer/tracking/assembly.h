/* Handshake messages put together from records: a message may be split over several, and several
 * may share one. */
#ifndef TRACKING_ASSEMBLY_H
#define TRACKING_ASSEMBLY_H

#include "handshake.h"
#include "tracking/facts.h"

enum {
    ASSEMBLY_MAX =
        512 << 10 /* bytes of one message: two vectors of 2^16 in a ClientHello, certificate lists
                     in practice below 32 KiB, but certificates with ten thousand names exist; a
                     longer one is passed over, and said to be missing */
};

struct assembly {
    uint8_t *held; /* the beginning of a message that is not whole yet; owned */
    uint32_t held_length, held_room;
    uint32_t pass;       /* bytes of an oversized message still to be passed over */
    struct moment since; /* the packet with its first byte */
    bool overflowed;     /* a message was too long for us */
};

/* Hands in the body of the next record; assembly_next() then gives the messages in it, one by one.
 * `body` must stay until then. */
struct assembly_pass {
    struct wire body;
    struct moment began, at;
};

/* The next message that is whole: FRAMING_WHOLE, with the packet that brought its first byte in
 * *began. FRAMING_PARTIAL: the body is used up. FRAMING_NONE: there is no message where one should
 * begin; the rest of the body is dropped. A message lives until the next call. */
enum framing assembly_next(struct assembly *assembly, struct message *message, struct moment *began,
                           struct assembly_pass *pass);

/* What there is of a message that will not become whole; false when nothing is held. */
bool assembly_rest(struct assembly *assembly, struct message *message);

void assembly_release(struct assembly *assembly);

#endif
