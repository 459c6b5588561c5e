/* IP datagrams that came in pieces (RFC 791, section 3.2; RFC 8200, section 4.5).
 *
 * The room owns the pieces' bytes and keeps them until the datagram is whole, its time is over, or
 * its place is needed. The policy on overlaps: a piece all of whose bytes were there already, and
 * the same, is a copy, as captures on mirror ports have them. One that overlaps only in part, or
 * says something else, condemns the datagram: what its receiver made of it, nobody can tell. (RFC
 * 5722 and RFC 8200 have the receiver drop it; Linux and Windows do so with IPv4, too.) What could
 * not be put together is counted.
 */
#ifndef TRACKING_FRAGMENTS_H
#define TRACKING_FRAGMENTS_H

#include "packet.h"
#include "tracking/facts.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    FRAGMENTS_DATAGRAMS = 256, /* at once: pieces come within milliseconds of each other, and only
                                  those of which one is missing stay longer */
    FRAGMENTS_BYTES = 4 << 20, /* of all of them: as much as Linux gives to it */
    FRAGMENTS_LENGTH = UINT16_MAX, /* bytes of a datagram: its length has 16 bits */
    FRAGMENTS_RANGES = 32,  /* islands of one datagram, between holes: in order or backwards it
                               is one */
    FRAGMENTS_DEPTH = 3,    /* within each other: those of a tunnel, and of a packet within it */
    FRAGMENTS_PATIENCE = 15 /* seconds: RFC 791's first setting of the timer, and well below the
                               time in which a connection is over and forgotten */
};

/* A datagram, or what there is of its beginning. */
struct datagram {
    struct segment head; /* of its pieces: addresses, fragment_protocol, ttl, ip_id */
    struct wire bytes;   /* behind the IP header: what was captured from its beginning on, without
                            holes; lives until the next call of this room */
    uint32_t length;     /* bytes that were sent behind the IP header, or at least that many */
    struct moment at;    /* of the piece that came last */
};

struct fragments;

/* NULL: no memory. */
struct fragments *fragments_new(void);
void fragments_free(struct fragments *fragments);

/* Takes the piece `segment` (PACKET_FRAGMENT). Where that makes its datagram whole, it becomes what
 * is in the datagram, of the kind that is returned; its bytes live until the next call of this
 * room. Else PACKET_OTHER: there is nothing to read yet. */
enum packet_kind fragments_take(struct fragments *fragments, struct segment *segment,
                                struct moment at);

/* Takes out a datagram that has waited too long at `now` (nanoseconds since 1970; INT64_MAX: each
 * has) and begins with a TCP header: a filter for ports lets nothing but first pieces through.
 * Gives its segment, of which at least the end is missing, and the moment of its last piece; false:
 * there is none. */
bool fragments_give_up(struct fragments *fragments, struct segment *segment, struct moment *at,
                       int64_t now);

/* ---- the same for datagrams, whatever is in them ---- */

/* Takes a piece. True where it made the datagram whole, which is given then. */
bool fragments_push(struct fragments *fragments, struct datagram *whole,
                    const struct segment *piece, struct moment at);

/* Takes out a datagram that has waited too long, and gives its beginning, which may be empty. */
bool fragments_pull(struct fragments *fragments, struct datagram *beginning, int64_t now);

/* Pieces of datagrams that were given up, were condemned, or contradict themselves. */
uint64_t fragments_lost(const struct fragments *fragments);

/* Bytes that are held now: never more than FRAGMENTS_BYTES. */
size_t fragments_held(const struct fragments *fragments);

#endif
