/* The messages about certificates: the first byte chooses message and version. */
#include "certificate.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void chain(struct wire body, uint16_t version)
{
    struct certificate_message message;
    struct certificate_entry entry;
    bool well_formed = true;

    (void)certificate_message(&message, body, version);
    size_t left = message.list.left;
    while (certificate_next(&entry, &message, &well_formed)) {
        require(wire_ok(&entry.der) && entry.der.left < left);
        require(message.list.left < left);
        left = message.list.left;
    }
    require(!well_formed || wire_done(&message.list) || message.list.at == NULL);
}

static void request(struct wire body, uint16_t version)
{
    struct certificate_request request;
    struct wire name;
    bool well_formed = certificate_request(&request, body, version);

    while (certificate_next_authority(&name, &request.authorities)) {
        require(!well_formed || name.left > 0);
    }
    require(!well_formed || request.authorities.left == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t versions[] = {0x0302, 0x0303, 0x0304};
    struct wire body = wire_over(data, size);
    uint8_t choice = wire_u8(&body);
    uint16_t version = versions[choice / 3 % 3];
    struct wire response;

    switch (choice % 3) {
    case 0:
        chain(body, version);
        break;
    case 1:
        request(body, version);
        break;
    default:
        require(!certificate_status(&response, body) || response.left > 0);
        break;
    }
    return 0;
}
