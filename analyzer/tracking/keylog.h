/* The secrets of TLS connections that an endpoint logged (SSLKEYLOGFILE, RFC 9850), looked up by
 * the ClientHello's random.
 *
 * They come from a file that may grow while it is read, and as text from elsewhere: the decryption
 * secrets of a pcapng file. Lines that are of no use to us are passed over; those that are broken
 * are counted. What is kept is bounded, the newest connections pushing out the oldest, and wiped
 * before its memory is given back. A secret is never printed.
 */
#ifndef TRACKING_KEYLOG_H
#define TRACKING_KEYLOG_H

#include "wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    KEYLOG_RANDOM = 32,     /* bytes of a ClientHello's random */
    KEYLOG_SECRET_MAX = 48, /* bytes: a master secret (RFC 5246, section 8.1), or as long as the
                               hash of a suite of TLS 1.3 */
    KEYLOG_LINE_MAX = 256,  /* characters: the longest label, a random and a secret have 193 */
    KEYLOG_CONNECTIONS = 1 << 17, /* kept: a busy browser's of some weeks, in 45 MB */
    KEYLOG_FILE_MAX = 256 << 20   /* bytes read of a file at a time: as many connections' lines, and
                                     an end of what has none */
};

/* Whose secret, and for what. */
enum keylog_label {
    KEYLOG_MASTER, /* up to TLS 1.2: both sides' */
    KEYLOG_CLIENT_EARLY,
    KEYLOG_CLIENT_HANDSHAKE,
    KEYLOG_SERVER_HANDSHAKE,
    KEYLOG_CLIENT_APPLICATION,
    KEYLOG_SERVER_APPLICATION,
    KEYLOG_LABELS
};

struct keylog_secret {
    uint8_t length; /* 0: not logged */
    uint8_t bytes[KEYLOG_SECRET_MAX];
};

/* What was logged of one connection. Whoever has a copy wipes it with keylog_wipe(). */
struct keylog_secrets {
    struct keylog_secret of[KEYLOG_LABELS];
};

struct keylog;

/* Empty; NULL when there is no memory. */
struct keylog *keylog_new(void);
void keylog_free(struct keylog *keylog);

/* Reads the file `path` to its end, and keeps it open for keylog_refresh(). False where it cannot
 * be read: `error` then has a line that names it. */
bool keylog_open(struct keylog *keylog, const char *path, char *error, size_t error_size);

/* Reads what was appended to the file since; one that has become shorter is read from its start.
 * Returns true when there was something. */
bool keylog_refresh(struct keylog *keylog);

/* Reads text that is no file's, in pieces: a line may go on from one to the next, and ends where
 * keylog_end() says so. */
void keylog_read(struct keylog *keylog, struct wire text);
void keylog_end(struct keylog *keylog);

/* Copies what is known of the connection with this random; false where that is nothing. */
bool keylog_find(const struct keylog *keylog, struct keylog_secrets *secrets,
                 const uint8_t random[KEYLOG_RANDOM]);

void keylog_wipe(struct keylog_secrets *secrets);

/* Connections of which something is kept. */
size_t keylog_count(const struct keylog *keylog);

/* Secrets that were taken so far: while the number stays nothing new can be found. */
uint64_t keylog_secrets_taken(const struct keylog *keylog);

/* Lines that should have told a secret and could not be read. */
uint64_t keylog_malformed(const struct keylog *keylog);

#endif
