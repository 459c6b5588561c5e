/* From the views of hello messages to facts that outlive the packet. */
#ifndef TRACKING_HELLOS_H
#define TRACKING_HELLOS_H

#include "hello.h"
#include "tracking/arena.h"
#include "tracking/facts.h"
#include "tracking/offer_store.h"

enum {
    HELLOS_CODES = 512, /* codes kept of one list: the registries know some 350 suites; a longer
                           list is an attacker's */
    HELLOS_NAMES = 32,  /* ALPN names kept */
    HELLOS_SERVER_NAME =
        255 /* bytes of a server name: DNS has no longer ones (RFC 1035, section 2.3.4) */
};

/* Keeps what a ClientHello says; false when there is no memory. `hello` was read well or not:
 * `malformed` and `incomplete` are the caller's to set. */
bool hellos_client(struct client_hello_facts *facts, struct arena *arena,
                   struct offer_store *offers, const struct client_hello *hello);

/* What a ClientHello offers, with JA3 and JA4 where they are wanted; NULL when there is no memory.
 */
struct offer *hellos_offer(struct arena *arena, const struct client_hello *hello,
                           bool fingerprints);

/* Keeps what a ServerHello or HelloRetryRequest says, as the answer to a client hello with that
 * session id, with JA3S where it is wanted; NULL when there is no memory. */
struct server_hello_facts *hellos_server(struct arena *arena, struct offer_store *offers,
                                         const struct server_hello *hello);

/* The codes of a 16-bit list, kept; `most` of them. */
struct code_list hellos_codes(struct arena *arena, struct wire list);

#endif
