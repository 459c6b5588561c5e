/* A block of extensions as either hello has it; the first byte says which. Every view that comes of
 * it lies within the block, and every list ends. */
#include "extensions.h"

#include "views.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void client(struct wire block)
{
    struct client_hello hello = {.legacy_version = 0x0303};
    struct wire name;
    uint16_t code;
    (void)extensions_client(&hello, block);
    require_extensions_within(&hello, block);
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
