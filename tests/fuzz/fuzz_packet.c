/* Any bytes as a packet of any link type that we know: the first byte chooses it, the second how
 * many bytes the snap length cut. */
#include "packet.h"
#include "same_segment.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int links[] = {1, 113, 276, 12, 0, 108, 9, 50, 51, 104, 105, 127};
    struct wire input = wire_over(data, size);
    int link = links[wire_u8(&input) % (sizeof links / sizeof links[0])];
    size_t length = input.left + (size_t)wire_u8(&input) * 8;
    struct wire bytes = wire_take_most(&input, input.left);
    length = length > bytes.left ? length : bytes.left;

    struct segment segment;
    enum packet_kind kind = packet_dissect(&segment, link, bytes, length);
    struct segment same;
    if (packet_dissect_layers(&same, link, bytes, length) != kind ||
        !same_segment(&same, &segment)) {
        abort();
    }
    bool known =
        kind == PACKET_TCP || kind == PACKET_UDP || kind == PACKET_ICMP || kind == PACKET_FRAGMENT;
    if (known && segment.from.version != 4 && segment.from.version != 6) {
        abort();
    }
    if (segment.payload.failed || segment.payload_length < segment.payload.left ||
        segment.payload_length > length) {
        abort();
    }
    if (segment.payload.left > 0 &&
        (segment.payload.at < bytes.at ||
         segment.payload.at + segment.payload.left > bytes.at + bytes.left)) {
        abort();
    }
    return 0;
}
