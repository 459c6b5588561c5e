/* What fuzz targets hold views against, and the views of a ClientHello. */
#ifndef FUZZ_VIEWS_H
#define FUZZ_VIEWS_H

#include "hello.h"

#include <stdlib.h>

static inline void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* A view lies within the bytes that it was read from, or is empty. */
static inline void require_within(struct wire view, struct wire whole)
{
    require(wire_ok(&view));
    if (view.at == NULL) {
        require(view.left == 0);
        return;
    }
    require(view.at >= whole.at && view.left <= whole.left);
    require((size_t)(view.at - whole.at) <= whole.left - view.left);
}

/* Every view that an extension of a ClientHello gives. */
static inline void require_extensions_within(const struct client_hello *hello, struct wire whole)
{
    const struct wire views[] = {
        hello->server_name,
        hello->versions,
        hello->groups,
        hello->key_shares,
        hello->schemes,
        hello->alpn,
        hello->certificate_schemes,
        hello->point_formats,
        hello->session_ticket,
        hello->psk_modes,
        hello->psk_identities,
        hello->cookie,
        hello->renegotiated_connection,
        hello->certificate_authorities,
    };
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        require_within(views[i], whole);
    }
}

#endif
