/* Records under keys: opened with the secrets that an endpoint logged. The one room between a
 * sealed record and what it holds; besides chain the one that knows libcrypto.
 *
 * A record that does not authenticate stays sealed, which is a fact and no error: the log may lack
 * its key, records before it may be missing from the capture, early data may have been refused. So
 * nothing is concluded from it: the numbers that it may have taken are tried with the next one, and
 * so are the keys that come next (after a Finished or a KeyUpdate of TLS 1.3). What opens is proof.
 *
 * Not opened: SSL 3.0, TLS 1.3's drafts, compression, RC4 and what else libcrypto calls legacy.
 */
#ifndef TRACKING_UNSEAL_H
#define TRACKING_UNSEAL_H

#include "record.h"
#include "speaker.h"
#include "tracking/keylog.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    UNSEAL_REACH = 64, /* numbers tried ahead of the expected one: as many records of 2^14 bytes
                          make a hole of a megabyte */
    UNSEAL_FAILURES = 4096, /* tries without success in one direction of a connection: then its
                               records stay sealed. One costs some 2 µs for an alert, 10 µs for the
                               longest record */
    UNSEAL_RANDOM = 32
};

/* What is made once: a key log and what libcrypto has. */
struct unsealer;

/* Opens records with what is, or will be, in `keylog`, which must outlive it. NULL when there is no
 * memory. */
struct unsealer *unsealer_new(const struct keylog *keylog);
void unsealer_free(struct unsealer *unsealer);

/* How many secrets were logged so far: while the number stays, asking for keys again is of no use.
 */
uint64_t unsealer_secrets(const struct unsealer *unsealer);

/* What the hellos settled on. */
struct unseal_hello {
    uint8_t random[SPEAKERS][UNSEAL_RANDOM];
    uint16_t version; /* 0x0301 to 0x0304 */
    uint16_t suite;
    bool encrypt_then_mac;     /* RFC 7366 */
    uint32_t passed[SPEAKERS]; /* sealed records that went by before the keys were known */
};

/* One connection's keys. */
struct unsealing;

/* The keys of a connection whose secrets were logged; NULL where they were not, or its suite is one
 * that we do not open. */
struct unsealing *unseal_begin(struct unsealer *unsealer, const struct unseal_hello *hello);

/* Wipes them. NULL is allowed. */
void unseal_end(struct unsealing *unsealing);

/* Bytes that it takes; NULL is allowed. */
size_t unseal_memory(const struct unsealing *unsealing);

struct unsealed {
    uint8_t type;     /* enum record_type: of what was sealed */
    bool early;       /* early data: under keys from before the ServerHello */
    bool application; /* TLS 1.3: under the keys from behind its side's Finished */
    struct wire body; /* lives until the next call */
};

/* Opens a whole record; false: it stays sealed. */
bool unseal_open(struct unsealing *unsealing, struct unsealed *unsealed, enum speaker from,
                 const struct record *record);

/* A record that nobody wanted to have opened; its body may not be whole. */
void unseal_pass(struct unsealing *unsealing, enum speaker from, const struct record *record);

/* Nobody knows how many records of `from` are missing. */
void unseal_lose(struct unsealing *unsealing, enum speaker from);

#endif
