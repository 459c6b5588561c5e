/* Records: what was told of some bytes still holds when more of them are there. */
#include "hello.h"
#include "record.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* NONE stays NONE, and WHOLE stays WHOLE. */
static void require_steady(enum framing before, enum framing after)
{
    require(before == FRAMING_PARTIAL || after == before);
}

static void follow_records(struct wire bytes)
{
    struct record record;
    struct alert alert;
    size_t left = bytes.left;
    enum framing framing;

    while ((framing = record_frame(&record, &bytes)) == FRAMING_WHOLE) {
        require(record.body.left == record.length);
        require(left - bytes.left == (size_t)RECORD_HEADER + record.length);
        left = bytes.left;
        (void)record_alert(&alert, record.body);
        (void)record_change_cipher_spec(record.body);
    }
    require(bytes.left == left);
    require(framing == FRAMING_NONE || record.body.left <= record.length);
}

static void grow(const uint8_t *data, size_t size, bool server)
{
    enum { ENOUGH = 64 };
    enum framing tls = FRAMING_PARTIAL;
    enum framing sslv2 = FRAMING_PARTIAL;

    for (size_t length = 0; length <= size && length <= ENOUGH; length++) {
        struct wire bytes = wire_over(data, length);
        struct wire message;
        enum framing now = record_begins_tls(bytes, server);
        require_steady(tls, now);
        tls = now;
        now = record_frame_sslv2(&message, &bytes, server);
        require_steady(sslv2, now);
        sslv2 = now;
        require(now == FRAMING_WHOLE || bytes.left == length);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire bytes = wire_over(data, size);
    struct wire message;
    struct wire suites;
    struct wire certificate;
    struct client_hello client;
    struct server_hello server;

    follow_records(bytes);
    grow(data, size, false);
    grow(data, size, true);
    if (record_frame_sslv2(&message, &bytes, false) == FRAMING_WHOLE) {
        require(hello_client_sslv2(&client, message));
    }
    bytes = wire_over(data, size);
    if (record_frame_sslv2(&message, &bytes, true) == FRAMING_WHOLE) {
        require(hello_server_sslv2(&server, &suites, &certificate, message));
    }
    return 0;
}
