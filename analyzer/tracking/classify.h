/* What an application is called, by nDPI: the one room that knows it.
 *
 * It names what spoke on a connection where TLS was expected, and the application behind a name
 * that was asked for. No fact of a handshake comes from here. Loading nDPI takes some 20 ms and
 * some megabytes: a classifier is made when one is first needed. Names are lower case, as ECS has
 * network.application, and stay good until classify_free().
 */
#ifndef TRACKING_CLASSIFY_H
#define TRACKING_CLASSIFY_H

#include "wire.h"

struct classifier;

enum {
    CLASSIFY_BYTES = 1400, /* looked at of each side: a segment; the rest is left out */
    CLASSIFY_NAME =
        255 /* bytes of a server name (RFC 1035, section 2.3.4); a longer one has no application */
};

/* NULL when there is no memory. */
struct classifier *classify_new(void);
void classify_free(struct classifier *classifier);

/* What was spoken on a TCP connection whose sides began with these bytes (either may be empty),
 * such as "http" or "ssh"; NULL where nDPI does not know it, or takes it for TLS. */
const char *classify_cleartext(struct classifier *classifier, struct wire client,
                               struct wire server);

/* The application behind a server name, such as "facebook"; NULL where there is none. */
const char *classify_name(struct classifier *classifier, const char *server_name);

#endif
