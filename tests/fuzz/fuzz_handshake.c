/* Handshake messages: the first byte chooses how a ServerKeyExchange is read. */
#include "handshake.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire bytes = wire_over(data, size);
    uint8_t choice = wire_u8(&bytes);
    uint16_t version = (choice & 0x10) != 0 ? 0x0303 : 0x0301;
    struct message message;
    enum framing framing;
    size_t left = bytes.left;

    while ((framing = message_frame(&message, &bytes)) == FRAMING_WHOLE) {
        struct server_key_exchange exchange;
        uint16_t scheme;
        require(message.body.left == message.length);
        require(left - bytes.left == (size_t)HANDSHAKE_HEADER + message.length);
        left = bytes.left;
        bool well_formed =
            handshake_server_key_exchange(&exchange, message.body, (enum parameters)(choice & 3),
                                          (choice & 4) != 0, (choice & 8) != 0, version);
        require(!well_formed || exchange.scheme == 0 || version == 0x0303);
        require(exchange.prime_bits <= 8 * message.length);
        (void)handshake_certificate_verify(&scheme, message.body);
    }
    require(bytes.left == left);
    require(framing == FRAMING_NONE || message.length == 0 || message.body.left < message.length);
    return 0;
}
