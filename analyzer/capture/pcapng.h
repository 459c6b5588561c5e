/* The packets of a pcapng file, taken from where they lie (draft-ietf-opsawg-pcapng).
 *
 * Sections of both byte orders, interfaces of any link types and snap lengths, times of every
 * resolution; enhanced, simple and the old packet blocks. All other blocks are passed over: secrets
 * are found on their way here (secrets.h). Says of damage what libpcap says, which reads files of
 * one byte order, link type and snap length alone. Owns the table of interfaces until
 * pcapng_release().
 */
#ifndef ANALYZER_CAPTURE_PCAPNG_H
#define ANALYZER_CAPTURE_PCAPNG_H

#include "capture/capture.h"

enum {
    PCAPNG_BLOCK_HEADER = 8,        /* bytes */
    PCAPNG_BLOCK_MOST = 16 << 20,   /* bytes: libpcap's bound */
    PCAPNG_INTERFACES_MOST = 65536, /* of a section: the old packet block counts no further, and
                                       each takes 40 bytes of memory and 20 of the file */
    PCAPNG_WORDS = 160
};

struct pcapng_interface {
    int link;             /* LINKTYPE_ number, as the file has it */
    uint32_t snap_length; /* packets that are longer are damage */
    uint64_t resolution;  /* ticks of a second */
    bool binary;          /* that is a power of 2, not of 10 */
    int64_t offset;       /* seconds, of all times */
    uint32_t unit;        /* nanoseconds of a tick, for up to */
    uint64_t unit_most;   /* so many ticks; longer times, and other units, are divided */
};

/* Zeroed before the first block. */
struct pcapng {
    bool begun;     /* the first section */
    bool described; /* an interface, in any section */
    bool little;    /* the section's byte order */
    struct pcapng_interface *interfaces;
    size_t count, room;
    char words[PCAPNG_WORDS]; /* what is damaged */
};

enum pcapng_result {
    PCAPNG_PACKET,
    PCAPNG_INTERFACE, /* was described: packets of its link type may follow */
    PCAPNG_OTHER,     /* a block of another kind */
    PCAPNG_MORE,      /* the block is not whole: `*wanted` bytes would be, or tell how many are */
    PCAPNG_DAMAGED    /* `words` say how; or memory is short */
};

/* Takes the next block. Fills `packet` but for its number, with the file's LINKTYPE_ number, which
 * is not always libpcap's DLT_ number; of an interface its link type alone. The length is what the
 * file says, also where that is less than what was captured. What is MORE or DAMAGED stays unread,
 * and is so again. Never wants more than PCAPNG_BLOCK_MOST. */
enum pcapng_result pcapng_next(struct pcapng *pcapng, struct packet *packet, size_t *wanted,
                               struct wire *unread);

/* A zeroed one is allowed. */
void pcapng_release(struct pcapng *pcapng);

#endif
