/* One interface: libpcap's ring in memory that the kernel fills, and whether the interface is still
 * there.
 *
 * Owned by interfaces.c. The ring is read without blocking; who waits, polls `descriptor`. After
 * interface_open() no socket and no file is opened any more, so that a sandbox may forbid both:
 * what is called then is poll, getsockopt, setsockopt, getsockname, bind, pread, and ioctl with
 * SIOCGIFNAME, SIOCGIFINDEX, SIOCGIFFLAGS and SIOCGIFHWADDR, all on descriptors that are open.
 */
#ifndef ANALYZER_CAPTURE_INTERFACE_H
#define ANALYZER_CAPTURE_INTERFACE_H

#include "capture/source.h"

enum {
    INTERFACE_NAME = 128, /* bytes of a name: IFNAMSIZ is 16, libpcap's other devices' are longer */
    INTERFACE_DROP_FILES = 2 /* where the system counts what the network card dropped */
};

/* In this order: how much is amiss. */
enum interface_state { INTERFACE_UP, INTERFACE_DOWN, INTERFACE_GONE };

struct interface {
    struct source source;
    char name[INTERFACE_NAME];
    unsigned index; /* the system's number for it; 0 when it has none, as "any" */
    unsigned short hardware;
    bool promiscuous;
    int descriptor;      /* readable when the ring holds packets */
    int read_timeout_ms; /* after which the kernel hands over a block that is not full */

    bool holds; /* a packet was read that is not given yet */
    struct packet packet;
    int64_t empty_at; /* the real time when the ring was last found empty, in nanoseconds */

    enum interface_state state;
    bool replaced; /* another interface has taken its name, and its place here */
    bool news;     /* `state` or `replaced` changed and was not told yet */

    bool stopping;      /* nothing new is let in; what is in the ring is still given */
    bool ended;         /* and all of it was */
    int64_t settles_at; /* monotonic time in milliseconds at which the ring can be trusted to have
                           shown all, once it is stopped */

    uint64_t captured, received, dropped, dropped_by_card; /* in tcpdump's sense */
    struct pcap_stat last;                                 /* libpcap's, which wrap at 32 bits */
    int drop_files[INTERFACE_DROP_FILES];                  /* -1 where there is none */
    uint64_t dropped_before;                               /* what they said at the start */
};

/* Opens `name` as `options`, which leave no default open, ask, with a ring whose blocks wait
 * `read_timeout_ms` at most. False with a reason when it cannot; interface_close() is due in any
 * case. */
bool interface_open(struct interface *interface, const char *name,
                    const struct capture_options *options, int read_timeout_ms,
                    char reason[SOURCE_REASON]);

/* Reads a packet to hold, if none is held and there is one. False, with a reason, only for what no
 * state of the interface explains. */
bool interface_read(struct interface *interface, char reason[SOURCE_REASON]);

/* Looks whether the interface is up, and sets `state` and `news`. One that was deleted and made
 * again is bound to anew when `rejoin` is set: that takes no privilege and no new socket. */
void interface_look(struct interface *interface, bool rejoin);

/* Brings the counters up to date; due at least once in 2^32 packets. The card's are apart: some
 * cards take long to ask. */
void interface_count(struct interface *interface);
void interface_count_card(struct interface *interface);

/* Lets nothing more in. `now`, as in the next function, is monotonic time in milliseconds. */
void interface_stop(struct interface *interface, int64_t now);

/* After the ring was found empty: whether nothing more can come out of it. */
bool interface_is_drained(struct interface *interface, int64_t now);

/* A zeroed one is allowed. */
void interface_close(struct interface *interface);

#endif
