/* What a web server says inside TLS about the client's certificate, where a key log shows it: nginx
 * and IIS finish every handshake, and refuse by HTTP. */
#ifndef DIAGNOSIS_ANSWER_H
#define DIAGNOSIS_ANSWER_H

#include "tracking/facts.h"

struct answer {
    const char *words; /* that it is known by */
    uint8_t alert;     /* the alert that says the same (RFC 8446, section 6.2) */
    const char *said;  /* for people */
};

/* The server's answer that refuses the client for its certificate; NULL: none was seen. */
const struct answer *answer_that_refuses(const struct facts *facts);

#endif
