/* Faults: what is wrong with a chain of certificates, by its bytes, the packet's clock and the
 * roots that we trust.
 *
 * They are what a peer may have refused, and no more: the peer's clock, roots and revocation lists
 * are not ours. The faults in which other roots of trust matter are kept apart (FAULTS_OF_TRUST).
 */
#ifndef DIAGNOSIS_FAULTS_H
#define DIAGNOSIS_FAULTS_H

#include "tracking/facts.h"

/* The most fatal first: of two, the upper one is likelier to have been refused. */
enum fault {
    FAULT_MALFORMED, /* cannot be parsed */
    FAULT_SIGNATURE, /* the issuer's key does not verify it */
    FAULT_EXPIRED,   /* the first certificate, or one behind it */
    FAULT_REVOKED,   /* by the stapled response */
    FAULT_NAME,      /* not for the name that was asked for */
    FAULT_USAGE,     /* not for a server's, or client's, authentication */
    FAULT_WEAK,      /* a short key, or a signature with SHA-1 or MD5 */
    FAULT_STATUS,    /* the stapled response is bad, or missing where the certificate demands one */
    FAULT_NOT_YET,   /* below the others, since capture clocks are often wrong in this direction */
    FAULT_SELF_SIGNED,
    FAULT_INCOMPLETE, /* an intermediate certificate was not sent */
    FAULT_UNTRUSTED,  /* ends in a root, sent or not, that we (or the peer's list) do not know */
    FAULTS
};

#define FAULT_BIT(fault) (1U << (unsigned)(fault))
#define FAULTS_OF_TRUST                                                                            \
    (FAULT_BIT(FAULT_SELF_SIGNED) | FAULT_BIT(FAULT_INCOMPLETE) | FAULT_BIT(FAULT_UNTRUSTED))

struct faults {
    unsigned set;                                  /* bits */
    const struct certificate *certificate[FAULTS]; /* that has the fault; NULL where it is none's */
    bool name_by_common_name; /* FAULT_NAME, but its common name fits: some clients accept that */
    bool clock_doubtful;      /* the whole chain lies in the future of the packet's clock */
};

/* Of the server's chain; nothing where none was seen. */
void faults_of_server(struct faults *faults, const struct facts *facts);

/* Of the first certificate alone, as another connection showed it; `name` is the one that the
 * client asks for, or NULL, and `at` when, in seconds since 1970. */
void faults_of_leaf(struct faults *faults, const struct certificate *leaf, const char *name,
                    int64_t at);

/* Of the client's chain. Trust is what the server's list of authorities says; without a list, only
 * that it is self-signed. */
void faults_of_client(struct faults *faults, const struct facts *facts);

/* Whether one of the chain's certificates is, or was issued by, one of the authorities. */
bool faults_authority_named(const struct chain *chain, struct text_list authorities);

/* The last certificate of the chain that is reached from the first by the names of issuers; NULL
 * where there is none. */
const struct certificate *faults_top(const struct chain *chain);

enum { FAULTS_TEXT = 120, FAULTS_DATE = 48 };

/* A short name of a certificate: its common name, else its first alternative name, else its
 * subject.
 */
void faults_write_name(char text[FAULTS_TEXT], const struct certificate *certificate);

/* The same of its issuer. */
void faults_write_issuer(char text[FAULTS_TEXT], const struct certificate *certificate);

/* The names that it is for: "a.example, b.example and 3 more". */
void faults_write_names(char text[FAULTS_TEXT], const struct certificate *certificate);

/* "2021-01-31 23:59 UTC". */
void faults_write_date(char text[FAULTS_DATE], int64_t seconds);

#endif
