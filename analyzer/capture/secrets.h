/* The TLS secrets inside a pcapng file: its Decryption Secrets Blocks, which readers of packets pass over.
 *
 * A watcher is shown all bytes of an input on their way to its reader, and keeps the text of those
 * blocks, lines as endpoints log them, until it is taken; then it is wiped. It judges nothing else:
 * what is no pcapng, or breaks its framing, makes it deaf, and the reader complains.
 */
#ifndef ANALYZER_CAPTURE_SECRETS_H
#define ANALYZER_CAPTURE_SECRETS_H

#include "wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SECRETS_HEADER = 16,    /* bytes: a block's type and length, its secrets' type and length */
    SECRETS_KEPT = 16 << 20 /* bytes of text that wait to be taken: no block that libpcap reads is
                               longer; what goes beyond is lost */
};

struct secrets {
    uint8_t header[SECRETS_HEADER];
    size_t header_length; /* what is there of it */
    uint32_t text_left;   /* bytes of the block that are text, */
    uint32_t skip;        /* and that are of no interest behind it */
    char *text;           /* found so far; owned */
    size_t length, room;
    bool begun;  /* a section header came first: this is a pcapng */
    bool little; /* the section's byte order */
    bool deaf;
    bool given; /* the text was taken, and goes with the next bytes */
};

/* Shows the next bytes. */
void secrets_watch(struct secrets *secrets, struct wire bytes);

/* What was found since the last call; false when that is nothing. It lives until the next bytes. */
bool secrets_take(struct secrets *secrets, struct wire *text);

void secrets_release(struct secrets *secrets);

#endif
