/* What clients offer, remembered: many handshakes share an offer, so that it is kept once, with its
 * fingerprints, which cost more than the rest of a ClientHello.
 *
 * The store owns the offers, and a pointer to one stays good until offer_store_free(). It is
 * bounded, since nothing is ever forgotten: facts point to it. An offer that finds no room, or is
 * uncommonly long, goes to its connection's arena.
 */
#ifndef TRACKING_OFFER_STORE_H
#define TRACKING_OFFER_STORE_H

#include "hello.h"
#include "tracking/arena.h"
#include "tracking/facts.h"

enum {
    OFFER_STORE_MOST = 2048,   /* offers; a site has some hundred kinds of clients. Those that
                                  shuffle their extensions would fill any table */
    OFFER_STORE_LONGEST = 1536 /* bytes of lists in a hello; ordinary ones have 200 to 400 */
};

struct offer_store;

/* An empty store; `fingerprints` says whether somebody wants them. NULL when there is no memory. */
struct offer_store *offer_store_new(bool fingerprints);
void offer_store_free(struct offer_store *store);

/* The offer in a ClientHello, from the store or else in `arena`; NULL when there is no memory.
 * Without a store (NULL) it always goes to the arena, with its fingerprints. */
const struct offer *offer_store_keep(struct offer_store *store, struct arena *arena,
                                     const struct client_hello *hello);

/* Whether somebody wants fingerprints. */
bool offer_store_fingerprints(const struct offer_store *store);

/* For those of other messages, the store's; NULL: there is none. */
struct fingerprinter *offer_store_fingerprinter(const struct offer_store *store);

#endif
