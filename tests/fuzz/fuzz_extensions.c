/* A block of extensions as either hello has it; the first byte says which. Every view that comes of
 * it lies within the block, and every list ends. */
#include "extensions.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void require_within(struct wire view, struct wire block)
{
    require(wire_ok(&view));
    require(view.at == NULL || (view.at >= block.at && view.left <= block.left &&
                                (size_t)(view.at - block.at) <= block.left - view.left));
}

static void client(struct wire block)
{
    struct client_hello hello = {.legacy_version = 0x0303};
    struct wire name;
    uint16_t code;
    (void)extensions_client(&hello, block);
    const struct wire views[] = {
        hello.server_name,
        hello.versions,
        hello.groups,
        hello.key_shares,
        hello.schemes,
        hello.alpn,
        hello.certificate_schemes,
        hello.point_formats,
        hello.session_ticket,
        hello.psk_modes,
        hello.psk_identities,
        hello.cookie,
        hello.renegotiated_connection,
        hello.certificate_authorities,
    };
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        require_within(views[i], block);
    }
    while (hello_next_code(&code, &hello.versions)) {
    }
    while (hello_next_key_share(&code, &hello.key_shares)) {
    }
    while (hello_next_name(&name, &hello.alpn)) {
        require_within(name, block);
    }
}

static void server(struct wire block)
{
    struct server_hello hello = {.legacy_version = 0x0303};
    (void)extensions_server(&hello, block);
    require_within(hello.alpn, block);
    require_within(hello.renegotiated_connection, block);
    require_within(hello.cookie, block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire block = wire_over(data, size);
    if ((wire_u8(&block) & 1) == 0) {
        client(block);
    } else {
        server(block);
    }
    return 0;
}
