#include "capture/copies.h"

#include <string.h>

void copies_clear(struct copies *copies)
{
    copies->used = 0;
}

bool copies_keep(struct copies *copies, struct packet *packet)
{
    size_t length = packet->bytes.left;
    if (length > sizeof copies->bytes - copies->used) {
        return false;
    }
    uint8_t *copy = copies->bytes + copies->used;
    if (length > 0) {
        memcpy(copy, packet->bytes.at, length);
    }
    packet->bytes = wire_over(copy, length);
    copies->used += length;
    return true;
}
