/* What chain remembers: certificates by their digest, what became of pairs of them, and the roots
 * that are trusted. Part of chain's room: nobody else includes it. Nothing is ever forgotten, since
 * facts point to it, so that every table has a bound, behind which things are worked out again each
 * time.
 */
#ifndef TRACKING_CHAIN_STORE_H
#define TRACKING_CHAIN_STORE_H

#include "tracking/arena.h"
#include "tracking/chain.h"
#include "tracking/chain_roots.h"
#include "tracking/facts.h"
#include "tracking/siphash.h"
#include "wire.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

enum {
    STORE_ARENAS = 16, /* of ARENA_MAX bytes each: room for CHAIN_REMEMBERED certificates of 2 KB */
    STORE_DER_MAX = 16 << 10, /* bytes of a certificate that is remembered; real ones have 1 to 10
                                 KB, and a few that are larger may not fill the store */
    STORE_LINKS = 32768, /* pairs of certificates whose link is remembered; a chain has 2 or 3 */
    STORE_TOGETHER = 4,  /* of these that share a place: of two that take each other's in turn each
                            is worked out for every connection, at the cost of twenty others */
    STORE_STAPLES = 4096 /* OCSP responses that are remembered: servers repeat theirs for days */
};

/* Names of authorities that are remembered: clients are asked for certificates of some hundred at
 * most. Longer ones are not. */
enum {
    STORE_NAMES = 2048,
    STORE_NAME_MAX = 512 /* bytes of DER; real ones have some 100 */
};

/* What `issuer` is to `subject`. */
enum link {
    LINK_UNKNOWN,   /* by name, but whether the signature verifies cannot be told: an algorithm that
                       libcrypto lacks */
    LINK_STRANGERS, /* it is not the issuer, by name or by key identifier */
    LINK_SIGNS,
    LINK_BROKEN /* it is by name, and its key does not verify the signature */
};

enum anchor { ANCHOR_NOT_ASKED, ANCHOR_NONE, ANCHOR_ROOT, ANCHOR_BROKEN };

/* A certificate with what is needed to judge it. Facts point to the first member. */
struct kept_certificate {
    struct certificate certificate;
    struct wire der;        /* empty where it is malformed */
    const bool *is_address; /* of each of certificate.names */
    uint64_t hash;          /* of its bytes, keyed: by which the store finds it */
    uint8_t anchor;         /* enum anchor: what the roots are to it */
};

struct remembered_link {
    uint32_t subject, issuer; /* numbers */
    uint8_t link;             /* enum link */
};

struct remembered_staple {
    struct siphash_wide hash; /* of all its bytes: of those that are met no two share one */
    uint32_t subject;         /* number of the certificate for which it came; 0: nothing is here */
    uint32_t issuer; /* number of that one's issuer, by which it was judged; 0: it was not sent */
    uint8_t ocsp;
    int64_t this_update, next_update;
};

struct remembered_name {
    uint64_t hash; /* of its bytes, keyed */
    struct wire der;
    const char *text; /* NULL: nothing is here */
};

struct chain_store {
    OSSL_LIB_CTX *
        library; /* of our own: the system's configuration of OpenSSL changes nothing that we see */
    OSSL_LIB_CTX *keyless; /* without any algorithm: what is parsed with it has no key, and is
                              parsed six times faster, since libcrypto looks for no decoder */
    OSSL_PROVIDER *none;   /* that keeps it so */
    EVP_MD *sha256;
    EVP_MD_CTX *hash;
    struct roots *roots;
    struct siphash_key key;
    struct arena arenas[STORE_ARENAS];
    size_t arena;                    /* that is being filled */
    struct kept_certificate **slots; /* open addressing; at most half of them are taken */
    size_t room;                     /* a power of 2 */
    uint32_t count;
    struct remembered_link
        *links; /* by pair, the last one that came there; made when first needed */
    struct remembered_staple *staples; /* by hash and certificate, as above */
    struct remembered_name *names;     /* open addressing; at most half of them are taken */
    size_t name_count;
    struct arena names_arena;
};

/* The certificate `der`, from the store or else read into `arena`; NULL when there is no memory. */
const struct kept_certificate *chain_store_keep(struct chain_store *store, struct arena *arena,
                                                struct wire der);

/* The one that `certificate`, of a chain that chain_take() made, is part of. */
const struct kept_certificate *chain_store_kept(const struct certificate *certificate);

/* Parses the certificate again, for libcrypto; NULL where it is malformed. The caller frees it. */
X509 *chain_store_x509(const struct chain_store *store, const struct kept_certificate *kept);

/* The slot of a pair, or of a response; NULL when there is no memory, or when one of the pair is
 * not in the store. */
struct remembered_link *chain_store_link(struct chain_store *store, uint32_t subject,
                                         uint32_t issuer);
struct remembered_staple *chain_store_staple(struct chain_store *store, struct siphash_wide hash,
                                             uint32_t subject);

/* The slot of a name, or the empty one where it belongs; NULL when it is too long, the table is
 * full, or there is no memory. chain_store_keep_name() fills it, unless there is no room. */
struct remembered_name *chain_store_name(struct chain_store *store, struct wire der);
void chain_store_keep_name(struct chain_store *store, struct remembered_name *slot,
                           const char *text, struct wire der);

/* Remembers what the roots are to `kept`. */
void chain_store_anchor(struct chain_store *store, const struct kept_certificate *kept,
                        enum anchor anchor);

#endif
