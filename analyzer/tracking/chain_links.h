/* Whose signature stands under which certificate. Part of chain's room: nobody else includes it. */
#ifndef TRACKING_CHAIN_LINKS_H
#define TRACKING_CHAIN_LINKS_H

#include "tracking/chain_store.h"

enum {
    LINKS_WORKED_OUT =
        48 /* signatures verified for one chain; one costs 10 µs to 5 ms, a chain needs 5 */
};

/* One chain while it is judged: its certificates, parsed when they are needed. */
struct links {
    struct chain_store *store;
    const struct kept_certificate *kept[CHAIN_CERTIFICATES];
    X509 *x509[CHAIN_CERTIFICATES];
    size_t count;
    unsigned worked_out;
};

void links_open(struct links *links, struct chain_store *store, const struct chain *chain);
void links_close(struct links *links);

/* The parsed certificate `index`; NULL where it is malformed. It stays the links'. */
X509 *links_x509(struct links *links, size_t index);

/* What the certificate `issuer` is to the certificate `subject`; remembered. */
enum link links_between(struct links *links, size_t subject, size_t issuer);

/* What the roots are to the certificate `subject`; remembered. */
enum anchor links_anchor(struct links *links, size_t subject);

/* Whether the name in `issuer` field of `subject` is the subject of `issuer` and its key signed it.
 */
enum link links_verify(X509 *subject, X509 *issuer);

#endif
