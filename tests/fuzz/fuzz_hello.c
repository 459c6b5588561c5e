/* Hellos: the first byte chooses which. Every view lies within the message, and every list ends. */
#include "hello.h"

#include "views.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk_extensions(struct wire extensions)
{
    struct extension extension;
    size_t left = extensions.left;

    while (hello_next_extension(&extension, &extensions)) {
        require(extensions.left < left);
        left = extensions.left;
    }
}

static void walk_lists(struct client_hello *hello)
{
    struct wire name;
    uint16_t code;

    while (hello_next_code(&code, &hello->versions)) {
    }
    while (hello_next_key_share(&code, &hello->key_shares)) {
    }
    while (hello_next_name(&name, &hello->alpn)) {
    }
}

static void client(struct wire message, bool sslv2)
{
    struct client_hello hello;
    bool well_formed = sslv2 ? hello_client_sslv2(&hello, message) : hello_client(&hello, message);
    const struct wire views[] = {
        hello.random, hello.session_id, hello.suites, hello.compressions, hello.extensions,
    };

    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        require_within(views[i], message);
    }
    require_extensions_within(&hello, message);
    require(!well_formed || hello.suites.left > 0);
    require(hello.extensions.at != NULL || !hello.malformed_extension);
    walk_extensions(hello.extensions);
    walk_lists(&hello);
}

static void server(struct wire message, bool draft)
{
    struct server_hello hello;

    (void)(draft ? hello_retry_request_draft(&hello, message) : hello_server(&hello, message));
    require_within(hello.random, message);
    require_within(hello.session_id, message);
    require_within(hello.extensions, message);
    require_within(hello.alpn, message);
    require_within(hello.renegotiated_connection, message);
    require_within(hello.cookie, message);
    walk_extensions(hello.extensions);
}

static void server_sslv2(struct wire message)
{
    struct server_hello hello;
    struct wire suites;
    struct wire certificate;

    (void)hello_server_sslv2(&hello, &suites, &certificate, message);
    require_within(hello.random, message);
    require_within(suites, message);
    require_within(certificate, message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire message = wire_over(data, size);

    switch (wire_u8(&message) % 5) {
    case 0:
        client(message, false);
        break;
    case 1:
        server(message, false);
        break;
    case 2:
        client(message, true);
        break;
    case 3:
        server_sslv2(message);
        break;
    default:
        server(message, true);
        break;
    }
    return 0;
}
