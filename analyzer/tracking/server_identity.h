/* Whether a certificate's names fit the one that a client asked for (RFC 9525). Pure. */
#ifndef TRACKING_SERVER_IDENTITY_H
#define TRACKING_SERVER_IDENTITY_H

#include "tracking/facts.h"

/* Whether `pattern`, a DNS name of a certificate, fits the DNS name `wanted`. A wildcard stands for
 * the whole left-most label and for nothing else, before at least two labels, as clients have it.
 */
bool identity_dns_fits(const char *pattern, const char *wanted);

/* Whether one of `names` fits `wanted`, a DNS name or an IP address in text; `is_address` tells
 * which of the names are addresses. A common name never counts. */
bool identity_fits(struct text_list names, const bool *is_address, const char *wanted);

#endif
