#include "batch.h"

#include <string.h>

bool batch_add(struct batch *batch, const struct packet *packet)
{
    size_t length = packet->bytes.left;
    if (batch->count == BATCH_PACKETS || length > sizeof batch->bytes - batch->used) {
        return false;
    }
    uint8_t *copy = batch->bytes + batch->used;
    if (length > 0) {
        memcpy(copy, packet->bytes.at, length);
    }
    batch->packet[batch->count] = *packet;
    batch->packet[batch->count].bytes = wire_over(copy, length);
    batch->used += length;
    batch->count++;
    return true;
}
