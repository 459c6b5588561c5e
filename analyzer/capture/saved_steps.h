/* The readers that take a saved capture's packets from where they lie, and what they share with
 * saved.c, to which alone this belongs: saved.c opens, asks for packets and tells how they ended.
 */
#ifndef ANALYZER_CAPTURE_SAVED_STEPS_H
#define ANALYZER_CAPTURE_SAVED_STEPS_H

#include "capture/blocks.h"
#include "capture/classic.h"
#include "capture/copies.h"
#include "capture/links.h"
#include "capture/netmon.h"
#include "capture/pcapng.h"

/* Who takes the packets. */
enum reader { READER_LIBPCAP, READER_CLASSIC, READER_PCAPNG, READER_NETMON };

struct saved {
    enum reader reader;
    struct expand *expand; /* what libpcap reads, */
    struct blocks blocks;  /* or, in place, at most the header of it, and this the rest */
    struct source
        source;         /* LIBPCAP, CLASSIC: its filter is applied here: libpcap would not count */
    struct links links; /* the others': what they have instead */
    struct classic classic;
    struct pcapng pcapng;
    struct netmon netmon;
    enum netmon_result netmon_ended;
    uint64_t number;
    enum capture_result result; /* PACKET until libpcap has no more, which is told behind those */
    char reason[SOURCE_REASON]; /* that were taken with it */
    struct copies copies;
};

/* One step towards a packet. */
enum step {
    STEP_PACKET,
    STEP_NOTHING, /* one that does not pass, or none */
    STEP_MORE,    /* `*wanted` bytes must be there */
    STEP_END      /* of the file, or of what is whole */
};

/* Takes packets that lie whole in the block, of which `count` pass. */
enum step saved_take_whole(struct saved *saved, struct packet packets[], size_t most, size_t *count,
                           size_t *wanted);

/* Reads a pcapng up to the first interface that we read. False, with the reason, where there is
 * none. */
bool saved_open_pcapng(struct saved *saved, char reason[SOURCE_REASON]);

/* Reads a whole NetMon file into the block, and ahead for the first frame that we read. */
bool saved_open_netmon(struct saved *saved, char reason[SOURCE_REASON]);

/* Fills the reason, and gives false. */
bool saved_fail(char reason[SOURCE_REASON], const char *words);

#endif
