/* One direction of a TCP connection, in order.
 *
 * The contract: stream_begin() once where the SYN was seen; then for each segment stream_push(),
 * and behind it stream_pull() until it says no more. Each gives a piece: bytes that follow on those
 * of the piece before, unless it tells of a hole of known length between the two. Every byte is
 * given at most once; of bytes that were sent twice the copy that was captured first wins. Bytes
 * that arrive in order are given where they lie; out of order they are copied and kept until what
 * is before them has come, or until stream_give_up() says that it never will. Sequence numbers
 * wrap: all comparisons are of differences.
 */
#ifndef TRACKING_STREAM_H
#define TRACKING_STREAM_H

#include "tracking/facts.h"
#include "wire.h"

enum {
    STREAM_WAITING_PIECES =
        512, /* kept of one direction: a window of 64 KiB in segments of 128 bytes */
    STREAM_WAITING_BYTES = 256 << 10, /* the same in bytes; more is not a reordering but a hole */
    STREAM_PATIENCE =
        24, /* segments that may pass while a hole stands that the peer has acknowledged:
               the bytes were received, so that the capture lacks them */
    STREAM_REACH = 1 << 24 /* bytes ahead of what is expected that still belong to this connection:
                              beyond it, the sequence number is another connection's, or forged */
};

struct stream_waiting;

struct stream {
    uint32_t next;         /* sequence number of the byte that is to be given next */
    uint32_t highest;      /* behind the last byte that was seen */
    uint32_t acknowledged; /* by the peer: highest acknowledgement number */
    uint32_t waiting_bytes;
    uint32_t hole;                  /* given up, and not told of yet */
    struct stream_waiting *waiting; /* out of order, sorted, without overlaps; owned */
    struct stream_waiting *given;   /* the one that the last piece lies in; owned */
    struct moment latest;           /* of the last piece */
    uint16_t waiting_pieces;
    uint16_t patience; /* segments since the hole was acknowledged */
    bool begun;        /* `next` means something */
    bool spoken;       /* a byte was seen */
    bool has_acknowledged;
    bool overflowed; /* a bound of ours was hit */
};

/* A segment's payload. */
struct chunk {
    struct wire bytes; /* what was captured of it */
    struct moment at;
    uint32_t sequence;
    uint32_t length; /* bytes that were sent */
    bool doubtful;   /* may be no payload at all: it counts only once something follows on it, and
                        what else has the same   sequence number is right */
};

struct piece {
    struct wire bytes;
    struct moment at; /* the packet that brought them */
    uint32_t hole;    /* bytes missing in front of them: given up */
    uint32_t cut;     /* bytes missing behind them: cut off by the snap length */
};

enum stream_news {
    STREAM_OLD, /* nothing that was not there before */
    STREAM_NEWS /* something new, in order or not */
};

/* The next byte's sequence number is known: SYN's plus 1. Only the first call counts, unless
 * `again` says that it was wrong, which it may while the stream is fresh: no byte of it was seen,
 * or acknowledged. */
void stream_begin(struct stream *stream, uint32_t sequence, bool again);
bool stream_is_fresh(const struct stream *stream);

/* Takes a segment's payload. `in_order` is what of it can be read
 * at once, where it lies (without bytes where nothing can); what else is in order now is to be had
 * from stream_pull(). */
enum stream_news stream_push(struct stream *stream, struct piece *in_order,
                             const struct chunk *chunk);

/* Takes the first payload of a stream that has begun, which follows on its SYN, but keeps a copy
 * until stream_pull() asks for it; false: no memory. */
bool stream_hold(struct stream *stream, const struct chunk *chunk);

/* The next piece that has come in order since; false: none. A piece lives until the next call. */
bool stream_pull(struct stream *stream, struct piece *piece);

/* The peer acknowledged everything before `acknowledgement`. Returns true when that is news. */
bool stream_acknowledge(struct stream *stream, uint32_t acknowledgement);

/* Whether the hole in front of what waits has stood too long. */
bool stream_is_stuck(const struct stream *stream);

/* Gives the hole up: what waits behind it can be pulled. */
void stream_give_up(struct stream *stream);

/* The next `length` bytes are of no interest, whether they come or not. */
void stream_pass_over(struct stream *stream, uint32_t length);

/* Bytes seen that the peer never acknowledged; and whether it acknowledged, or `end` (the sequence
 * number of its FIN or RST) lies behind, bytes that are not in the capture. */
uint32_t stream_unacknowledged(const struct stream *stream);
bool stream_lacks(const struct stream *stream, uint32_t end);

/* Whether there must be more before `sequence` than was seen. */
bool stream_ends_before(const struct stream *stream, uint32_t sequence);

/* Whether the peer acknowledged one number more than there were bytes: a FIN's. */
bool stream_end_acknowledged(const struct stream *stream);

/* Bytes that are kept of it. */
size_t stream_memory(const struct stream *stream);

/* Whether the peer has acknowledged the FIN at `end`, behind the last byte. */
bool stream_acknowledges_end(const struct stream *stream, uint32_t end);

void stream_release(struct stream *stream);

#endif
