#include "diagnosis/answer.h"

#include <string.h>

enum {
    BAD_CERTIFICATE = 42,
    CERTIFICATE_REVOKED = 44,
    CERTIFICATE_EXPIRED = 45,
    UNKNOWN_CA = 48,
    CERTIFICATE_REQUIRED = 116
};

/* The servers' own sentences, which no page would say by chance; IIS' numbers stand before a dash
 * in its titles. */
static const struct answer ANSWERS[] = {
    {"No required SSL certificate was sent", CERTIFICATE_REQUIRED,
     "HTTP 400 \"No required SSL certificate was sent\""},
    {"The SSL certificate error", BAD_CERTIFICATE, "HTTP 400 \"The SSL certificate error\""},
    {"Cannot perform Post-Handshake Authentication", CERTIFICATE_REQUIRED,
     "HTTP 403 \"Cannot perform Post-Handshake Authentication\""},
    {"403.7 - ", CERTIFICATE_REQUIRED, "HTTP 403.7, a client certificate is required"},
    {"403.13 - ", CERTIFICATE_REVOKED, "HTTP 403.13, the client's certificate is revoked"},
    {"403.16 - ", UNKNOWN_CA, "HTTP 403.16, the client's certificate is untrusted or invalid"},
    {"403.17 - ", CERTIFICATE_EXPIRED,
     "HTTP 403.17, the client's certificate has expired or is not yet valid"},
};

const struct answer *answer_that_refuses(const struct facts *facts)
{
    const char *text = facts->application_text[SERVER];
    for (size_t i = 0; text != NULL && i < sizeof ANSWERS / sizeof ANSWERS[0]; i++) {
        if (strstr(text, ANSWERS[i].words) != NULL) {
            return &ANSWERS[i];
        }
    }
    return NULL;
}
