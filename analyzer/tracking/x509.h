/* What one X.509 certificate says (RFC 5280), read through libcrypto into text and numbers. Part of
 * chain's room: nobody else includes it.
 *
 * Everything is taken from the arena of the reader, made printable; libcrypto's error queue is left
 * to the caller.
 */
#ifndef TRACKING_X509_H
#define TRACKING_X509_H

#include "tracking/arena.h"
#include "tracking/facts.h"

#include <openssl/x509.h>

struct x509_reader {
    struct arena *arena;
    bool short_of_memory; /* something is missing in what was read: sticky */
};

/* What `x509` says, in `certificate`, whose sha256, length and self_signed are left as they are;
 * `is_address` tells of each of certificate->names whether it is an IP address. Needs nothing of
 * libcrypto's providers. Returns false where it has no validity that can be read: it is then
 * malformed. */
bool x509_read(struct certificate *certificate, const bool **is_address, struct x509_reader *reader,
               const X509 *x509);

/* A name as one line, as RFC 2253 has it; what cannot be shown so is "". */
const char *x509_name(struct x509_reader *reader, const X509_NAME *name);

/* Seconds since 1970; false where it is no time. */
bool x509_time(int64_t *seconds, const ASN1_TIME *time);

#endif
