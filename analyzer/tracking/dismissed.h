/* Connections that are known not to lead to TLS: no more of each than a hash, so that what still
 * comes of them is passed over after one look.
 *
 * The table has room for DISMISSED_MOST; a new one takes the place of the one that has been silent
 * longest of the few that share its place. Whoever is forgotten so is looked at again, as if the
 * capture had begun in the middle of it. Hashes are keyed, and of 64 bits, so that nobody on the
 * wire can make a connection look like one of these. A SYN other than the one that opened the
 * connection ends it: its ports are used again.
 */
#ifndef TRACKING_DISMISSED_H
#define TRACKING_DISMISSED_H

#include "packet.h"

enum {
    DISMISSED_MOST = 128 << 10 /* plain connections at a time on a busy link; 2 MiB */
};

struct dismissed_table;

/* An empty table; NULL when there is no memory. */
struct dismissed_table *dismissed_new(void);
void dismissed_free(struct dismissed_table *table);

/* Dismisses a connection at `now` (nanoseconds since 1970); `opened` is the sequence number of its
 * SYN, NULL where that was not seen. */
void dismissed_add(struct dismissed_table *table, uint64_t hash, const uint32_t *opened,
                   int64_t now);

/* Whether this segment is of a dismissed connection. */
bool dismissed_knows(struct dismissed_table *table, uint64_t hash, const struct segment *segment,
                     int64_t now);

/* Brings the place of a hash from memory, without waiting for it. */
void dismissed_fetch(const struct dismissed_table *table, uint64_t hash);

/* Connections that were forgotten to make room, less than 30 s behind their last packet;
 * of no table, none. */
uint64_t dismissed_forgotten(const struct dismissed_table *table);

#endif
