/* SSLv2 records, one behind the other; the first byte says which side sends them. */
#include "hello.h"
#include "record.h"

#include "views.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void client(struct wire message)
{
    struct client_hello hello;
    uint16_t code;
    (void)hello_client_sslv2(&hello, message);
    require_within(hello.suites, message);
    require_within(hello.random, message);
    require_within(hello.session_id, message);
    while (hello_next_code(&code, &hello.suites)) {
    }
}

static void server(struct wire message)
{
    struct server_hello hello;
    struct wire suites;
    struct wire certificate;
    (void)hello_server_sslv2(&hello, &suites, &certificate, message);
    require_within(suites, message);
    require_within(certificate, message);
    require_within(hello.random, message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire bytes = wire_over(data, size);
    bool from_server = (wire_u8(&bytes) & 1) != 0;
    struct wire message;
    size_t left = bytes.left;
    while (record_frame_sslv2(&message, &bytes, from_server) == FRAMING_WHOLE) {
        require(bytes.left < left && message.left <= left - bytes.left);
        left = bytes.left;
        client(message);
        server(message);
    }
    require(bytes.left == left);
    return 0;
}
