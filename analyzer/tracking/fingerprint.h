/* Fingerprints: hashes by which others name a client's offer, a server's answer and a connection.
 * JA3 and JA3S (Salesforce, BSD licence), JA4 (FoxIO, BSD licence; none of its siblings), Community
 * ID version 1 (Corelight). Hashes by libcrypto.
 */
#ifndef TRACKING_FINGERPRINT_H
#define TRACKING_FINGERPRINT_H

#include "hello.h"
#include "tracking/arena.h"
#include "tracking/facts.h"

enum { FINGERPRINT_COMMUNITY = 40 /* bytes of a Community ID with its NUL */ };

/* Sets offer->ja3 and offer->ja4 from a ClientHello over TCP and what was taken from it into
 * `offer`; both stay NULL where memory is short, where the hello came in SSLv2's form, or where it
 * breaks off: but a cut between two extensions cannot be seen from here, so that one of which the
 * capture holds only the beginning is better not given at all. */
void fingerprint_offer(struct offer *offer, struct arena *arena, const struct client_hello *hello);

/* What every connection needs, kept at hand: to ask libcrypto for a hash by its name costs more
 * than the hash itself. NULL when there is no memory, and where one may be given, NULL will do. */
struct fingerprinter;
struct fingerprinter *fingerprinter_new(void);
void fingerprinter_free(struct fingerprinter *fingerprinter);

/* JA3S of a ServerHello; NULL when there is no memory. */
const char *fingerprint_server(struct arena *arena, const struct server_hello *hello,
                               struct fingerprinter *fingerprinter);

/* The Community ID of the connection, with seed 0: "1:" and base64. */
void fingerprint_community(char text[FINGERPRINT_COMMUNITY], const struct facts *facts,
                           struct fingerprinter *fingerprinter);

#endif
