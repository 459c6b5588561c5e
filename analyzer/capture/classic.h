/* The packets of a plain pcap file, taken from where they lie (draft-ietf-opsawg-pcap, section 5).
 *
 * Knows version 2.4, what everybody has written since 1998, in both byte orders, with micro- and
 * nanoseconds. The rest of the format's history is libpcap's, and so are the file header and what
 * it means: this begins behind it. Owns nothing; says of damage what libpcap says.
 */
#ifndef ANALYZER_CAPTURE_CLASSIC_H
#define ANALYZER_CAPTURE_CLASSIC_H

#include "capture/capture.h"

enum {
    CLASSIC_FILE_HEADER = 24, /* bytes */
    CLASSIC_PACKET_HEADER = 16
};

struct classic {
    int link;             /* as libpcap calls it */
    uint32_t snap_length; /* packets that are longer are cut to it */
    uint32_t unit;        /* nanoseconds */
    bool little;          /* the byte order */
};

/* Whether a file that begins with these bytes is one. The caller sets link and snap length. */
bool classic_begins(struct classic *classic, struct wire header);

enum classic_result {
    CLASSIC_PACKET,
    CLASSIC_MORE,   /* the packet is not whole: `*wanted` bytes would be */
    CLASSIC_DAMAGED /* a packet of `*wanted` bytes: longer than any is */
};

/* Takes the next packet, but for its number. Its length is what the file says, also where that is
 * less than what was captured. Never wants more than CLASSIC_PACKET_HEADER and
 * CAPTURE_SNAP_LENGTH. */
enum classic_result classic_next(const struct classic *classic, struct packet *packet,
                                 size_t *wanted, struct wire *unread);

#endif
