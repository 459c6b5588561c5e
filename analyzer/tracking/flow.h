/* TCP connections under watch: a table that is looked up by key, and lists by age.
 *
 * A flow has two ends, 0 and 1, in the order of its key; `client` says which of them is the client.
 * Flows are in one of four ages, each a list from the longest silent to the last that spoke: those
 * still opening or in their handshake, the established ones, those whose end was seen and whose
 * verdict is due (live only), and the closed ones that wait for stragglers. The table is bounded;
 * flow_oldest() names whom to give up first. The keyed hash is seeded at random, so that nobody on
 * the wire can choose who collides.
 *
 * Only so many flows are awake. Those that nobody speaks on are packed (packed.h), and are flows
 * again when they are asked for: that is nobody's business but the table's, which is why no flow
 * may be held on to while others are added, or asked for.
 */
#ifndef TRACKING_FLOW_H
#define TRACKING_FLOW_H

#include "packet.h"
#include "tracking/session.h"
#include "tracking/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct flow_key {
    struct address address[2]; /* in an order of the table's own */
    uint16_t port[2];
};

/* How a connection was opened. */
struct opening {
    struct moment first;        /* its first packet */
    struct moment syn, syn_ack; /* the first of each */
    uint16_t syn_count;
};

/* What is counted of an end's packets, until the facts are told of it. */
struct flow_end {
    struct moment last; /* its last packet */
    uint32_t packets;
    uint16_t last_ip_id;           /* of the last one other than RST */
    uint16_t tail_retransmissions; /* since the peer last acknowledged something new */
    uint8_t ttl_lowest,
        ttl_highest; /* since there is a session: before, of the last one; 0: none */
};

enum flow_age { FLOW_OPENING, FLOW_ESTABLISHED, FLOW_ENDING, FLOW_CLOSED, FLOW_AGES };

/* What is known of a flow whether it is awake or packed. */
struct flow_head {
    struct flow_key key;
    uint8_t age;           /* enum flow_age */
    bool stirred;          /* it spoke since the table last looked whom to pack */
    uint32_t older, newer; /* numbers, of the same age; 0: none */
    int64_t last;          /* nanoseconds since 1970 of the last packet */
};

/* A segment without payload touches four lines of 64 bytes and nothing else: the head's, its peer's
 * stream, that of the counters and the one behind it; one with payload its own stream, too. */
struct flow {
    struct flow_head head;
    struct session *session; /* owned; NULL: of no interest (any more) */
    struct stream stream[2]; /* what each end sends */
    struct flow_end end[2];
    struct moment acknowledged[2]; /* the peer's packet that last acknowledged something new */
    uint32_t number;               /* in the table's slab */
    uint32_t tag;                  /* of its slot */
    uint32_t older, newer;         /* numbers, of those that are awake */
    uint32_t linked;               /* when it came to its place among those of its age: a tick */
    uint32_t held;                 /* bytes, as the table's account has it */
    uint8_t client;                /* which end */
    bool ignored;                  /* nothing that could still come is of interest */
    bool has_initial[2];           /* a SYN was seen from that end */
    bool has_end[2];
    uint8_t plain; /* what preface_plain() said of a side's first payload, which waits in its stream
                      since; 0: nothing is held back */
    uint32_t initial_sequence[2]; /* of the SYNs */
    uint32_t unkept;              /* packets that came before `kept`, for which there was no room */
    struct kept *kept;            /* its packets, while they may be wanted; owned, may be NULL */
    struct opening opening;
    uint32_t
        end_sequence[2]; /* behind the last byte that each end says it sent: by its FIN or RST */
    uint32_t end_acknowledgement[2]; /* what that FIN or RST acknowledges; 0: nothing */
};

enum {
    FLOW_CLOSED_MAX = 4096, /* closed flows that wait for stragglers: what a busy balancer closes in
                               the second that a retransmission takes */
    FLOW_TABLE_FIRST = 1024, /* slots; a power of 2 */
    FLOW_AWAKE = 8192, /* flows: with their sessions 20 MB, what a processor's caches hold, and more
                          than a busy server has handshakes in flight */
    FLOW_MAX = 2 << 20, /* flows: what a busy load balancer has open; at some 450 bytes
                           each, packed; one that is awake takes some 2.5 KB */
    FLOW_KEPT_RECORDS =
        8, /* of application data from both sides: whoever has sent so many does not
              refuse the handshake any more. Behind a TLS 1.3 handshake the first
              few are tickets, and perhaps an alert about the client's certificate */
};

struct flow_table;

/* An empty table, of which `awake` flows are not packed; 0: FLOW_AWAKE. `shared` is what their
 * sessions share, and must outlive it. NULL when there is no memory. */
struct flow_table *flow_table_new(const struct session_shared *shared, size_t awake);

/* Gives back the table; flows still in it are given back, too. */
void flow_table_free(struct flow_table *table);

size_t flow_count(const struct flow_table *table);
size_t flow_count_of_age(const struct flow_table *table, enum flow_age age);

/* How many of them are packed. */
size_t flow_count_packed(const struct flow_table *table);

/* Packed flows that were lost since there was no memory to make flows of them again; and how many
 * sessions with them. */
uint64_t flow_lost(const struct flow_table *table);
uint64_t flow_lost_sessions(const struct flow_table *table);

/* The flow between two ends; *end says which end is `from`. flow_find() returns NULL when there is
 * none; flow_add() makes one, which must not be there yet, or returns NULL when there is no memory.
 */
struct flow *flow_find(struct flow_table *table, uint8_t *end, const struct address *from,
                       uint16_t from_port, const struct address *to, uint16_t to_port);
struct flow *flow_add(struct flow_table *table, uint8_t *end, const struct address *from,
                      uint16_t from_port, const struct address *to, uint16_t to_port);

/* Where a segment's flow is to be looked for, and which end sent it. */
struct flow_place {
    uint64_t hash;
    uint8_t end;
};

/* Brings a flow that will soon be asked for from memory, without waiting for it: first its slot,
 * then the flow (false: there is none), then its session. flow_find_expected() is flow_find() of a
 * segment whose place is known. */
struct flow_place flow_expect(const struct flow_table *table, const struct segment *segment);
struct flow *flow_find_expected(struct flow_table *table, const struct segment *segment,
                                struct flow_place place);
bool flow_fetch(const struct flow_table *table, struct flow_place place);
void flow_fetch_session(const struct flow_table *table, struct flow_place place);

/* The flow spoke at `time`, and is of age `age` now. One that spoke shortly before keeps its place
 * among those of its age, since nobody asks to the fraction of a second who was silent longest. */
void flow_touch(struct flow_table *table, struct flow *flow, enum flow_age age, int64_t time);

/* The flow of that age that has been silent longest; NULL: none. And since when it has, which asks
 * for no flow; INT64_MAX: there is none. */
struct flow *flow_oldest(struct flow_table *table, enum flow_age age);
int64_t flow_oldest_time(const struct flow_table *table, enum flow_age age);

/* Keeps a copy of a packet of the flow, until its session is concluded; `account` is what all flows
 * share; with a limit of 0 nothing is kept. */
void flow_keep(struct flow *flow, struct kept_account *account, struct moment at, int link,
               struct wire bytes, size_t length);

/* Behind each segment: a connection whose handshake was completed need not keep its packets where
 * there is no room, and soon not at all. */
void flow_settle(struct flow *flow);

/* What of the bytes that a flow owns `end` changes by speaking. */
struct flow_share {
    size_t bytes;
    uint8_t client;
    bool has_session, stopped; /* the session's */
};

struct flow_share flow_share(const struct flow *flow, uint8_t end);

/* Behind whatever `end` said, with the share from before: flow_account() by what has changed, which
 * needs no more of the flow than the segment has touched. */
void flow_account_share(struct flow_table *table, struct flow *flow, uint8_t end,
                        struct flow_share before);

/* Behind whatever changes what a flow owns: brings the table's account up to date. flow_memory() is
 * the bytes that all flows and all they own take, but for the packets they keep. */
void flow_account(struct flow_table *table, struct flow *flow);
size_t flow_memory(const struct flow_table *table);

/* Takes the flow out of the table and gives it back, but for its session, which is the caller's now
 * (NULL when there was none). */
struct session *flow_remove(struct flow_table *table, struct flow *flow);

/* Gives back what the flow owns besides its session: for packed.c, which knows flows outside of a
 * table. */
void flow_release(struct flow *flow);

#endif
