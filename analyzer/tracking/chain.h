/* X.509: what certificates say, and what a chain of them amounts to. One of two rooms that know
 * libcrypto.
 *
 * Certificates are parsed once and remembered by their digest, since servers repeat them: the store
 * owns them, and a pointer to one stays good until chain_store_free(). The store is bounded; what
 * goes beyond it is parsed into the connection's arena. Parsing never fails: what cannot be parsed
 * is a certificate with `malformed` set.
 */
#ifndef TRACKING_CHAIN_H
#define TRACKING_CHAIN_H

#include "certificate.h"
#include "tracking/arena.h"
#include "tracking/facts.h"

enum {
    CHAIN_CERTIFICATES = 16,  /* kept of one chain; real ones have up to 5 */
    CHAIN_REMEMBERED = 16384, /* certificates in the store */
    /* Bytes of one certificate; larger ones are not parsed, and said to be malformed. Ten thousand
     * names make 340 KB. */
    CHAIN_DER_MAX = 512 << 10
};

struct chain_store;

/* A store that trusts the roots in the PEM file `authorities`, or where that is NULL the system's.
 * NULL when there is no memory or the file cannot be read: `error` then has a line that names it.
 */
struct chain_store *chain_store_new(const char *authorities, char *error, size_t error_size);
void chain_store_free(struct chain_store *store);

/* The chain of a Certificate message (or NULL when memory is short), in `arena`; only parsed, not
 * judged. */
struct chain *chain_take(struct chain_store *store, struct arena *arena, struct wire body,
                         uint16_t version, struct moment at);

/* The chain of the one certificate that an SSLv2 SERVER-HELLO carries; as chain_take(). */
struct chain *chain_take_one(struct chain_store *store, struct arena *arena, struct wire der,
                             struct moment at);

/* Adds a stapled OCSP response (RFC 6960) to the chain: status, times, and whether its signature
 * verifies. */
void chain_staple(struct chain_store *store, struct chain *chain, struct wire response,
                  struct moment at);

/* Works out the fields behind `signatures_checked`: order, signatures, anchor, and the name by RFC
 * 9525 when `server_name` is not NULL (a DNS name or an IP address); the chain must be one that
 * chain_take() made with this store. Only subjectAltNames count. Where not a single root is known
 * nothing is said of roots: anchored, issuer_missing and root_sent_untrusted stay false. Validity
 * is not judged: facts have the times, and what `at` (seconds since 1970) is to them is diagnosis'
 * business. What was found out about a pair of certificates is remembered. */
void chain_judge(struct chain_store *store, struct chain *chain, const char *server_name,
                 int64_t at);

/* How many roots are known: 0 where the system has no trust store. */
size_t chain_roots(struct chain_store *store);

/* A DER-encoded DistinguishedName as one line of printable text, in the store or else in `arena`;
 * NULL when there is no memory. Servers send the same names to each client. */
const char *chain_name(struct chain_store *store, struct arena *arena, struct wire der);

#endif
