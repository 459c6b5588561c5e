/* The roots that are trusted. Part of chain's room: nobody else includes it.
 *
 * They are read when the store is made, before privileges are given up. The system's are parsed
 * only when a chain is first judged, which takes some milliseconds.
 */
#ifndef TRACKING_CHAIN_ROOTS_H
#define TRACKING_CHAIN_ROOTS_H

#include <openssl/x509.h>
#include <stddef.h>

enum {
    ROOTS_BYTES_MAX = 16 << 20, /* bytes of a PEM file; the web's roots have 220 KB */
    ROOTS_OF_ONE_NAME = 8       /* that are tried; an authority has one or two with the same name */
};

struct roots;

/* As chain_store_new(); without `authorities`, a system that has none is no error. `keyless` parses
 * certificates without their keys, and `library` whole. */
struct roots *roots_new(OSSL_LIB_CTX *keyless, OSSL_LIB_CTX *library, const char *authorities,
                        char *error, size_t error_size);
void roots_free(struct roots *roots);

/* How many there are. */
size_t roots_count(struct roots *roots);

/* Those whose subject is `name`; NULL when there are none. The caller frees them with
 * OSSL_STACK_OF_X509_free(). */
STACK_OF(X509) * roots_named(struct roots *roots, const X509_NAME *name);

#endif
