/* Plays scripts: many visits at once, in the order of time, into one capture.
 *
 * A visit is one performance of a script: by whom, to whom, when. Visits must be handed in by the
 * time at which they begin. Everything is deterministic: what looks random is a hash of the visit's
 * number.
 */
#ifndef BENCH_PLAY_H
#define BENCH_PLAY_H

#include "script.h"

#include <pcap/pcap.h>

#define PLAY_BEGINS 1760000000000000000LL /* nanoseconds since 1970: where captures begin */

struct visit {
    const struct script *script;
    uint64_t number;
    uint32_t client, server; /* IPv4 addresses */
    uint16_t client_port;
    uint16_t server_port; /* 0: the script's */
    uint32_t serial;      /* that is added to the certificate's; 0: it stays */
    uint32_t loops;       /* how often the script's loop is played */
    uint32_t jitter;      /* nanoseconds that may be added to each wait */
    int64_t time;         /* of the first packet, then of the next one */
    size_t next;          /* packet */
    uint32_t looped;
};

struct play {
    pcap_dumper_t *out;
    struct visit *visits; /* a heap: the one whose next packet is due first is in front */
    size_t count, room;
    uint64_t packets, bytes;
    size_t most; /* visits under way at once */
};

/* A number that depends on nothing but the two. */
uint64_t play_chance(uint64_t seed, uint64_t number);

/* Writes what is due before the visit begins, and takes it up. False: no memory. */
bool play_visit(struct play *play, const struct visit *visit);

/* Writes what is left of all visits. */
void play_end(struct play *play);

#endif
