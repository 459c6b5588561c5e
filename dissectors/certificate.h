/* The messages about certificates: Certificate, CertificateRequest and CertificateStatus. What is
 * inside an X.509 certificate is not looked at here. */
#ifndef DISSECTORS_CERTIFICATE_H
#define DISSECTORS_CERTIFICATE_H

#include "wire.h"

struct certificate_message {
    struct wire context; /* TLS 1.3: certificate_request_context */
    struct wire list;    /* entries: see certificate_next() */
    bool tls13;          /* entries carry extensions (RFC 8446, section 4.4.2) */
};

struct certificate_entry {
    struct wire der;
    struct wire ocsp_response; /* TLS 1.3: the entry's stapled response; .at is NULL when none */
};

/* Dissects a Certificate's body; `version` is the connection's. Returns well-formed or not. */
bool certificate_message(struct certificate_message *message, struct wire body, uint16_t version);

/* Takes the next certificate of the list; false at its end, or where it breaks off, which
 * *well_formed then tells (it is only ever set to false). */
bool certificate_next(struct certificate_entry *entry, struct certificate_message *message,
                      bool *well_formed);

struct certificate_request {
    struct wire types;       /* up to TLS 1.2: ClientCertificateTypes, a byte each */
    struct wire schemes;     /* TLS 1.2 and later: codes */
    struct wire authorities; /* see certificate_next_authority() */
};

/* Dissects a CertificateRequest (RFC 5246, section 7.4.4; RFC 8446, section 4.3.2). */
bool certificate_request(struct certificate_request *request, struct wire body, uint16_t version);

/* Takes the next DER-encoded DistinguishedName; false at the end. */
bool certificate_next_authority(struct wire *name, struct wire *authorities);

/* The OCSP response of a CertificateStatus (RFC 6066, section 8); false when there is none. */
bool certificate_status(struct wire *response, struct wire body);

#endif
