/* Any bytes as a capture file: read by us and by libpcap, they give the same packets and the same
 * end. The last byte chooses how many packets are taken together, and whether there is a filter. */
#define _GNU_SOURCE

#include "same_packets.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* libpcap does not expand what is compressed: gzip, zstd, and zstd's frames to be skipped. */
static bool is_compressed(struct wire bytes)
{
    uint32_t number = wire_u32(&bytes);
    return number >> 16 == 0x1f8b || number == 0x28b52ffd || (number & 0xf0ffffff) == 0x502a4d18;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (is_compressed(wire_over(bytes, size))) {
        return 0;
    }
    char path[64];
    struct both both;
    uint8_t how = size > 0 ? bytes[size - 1] : 0;
    int file = memfd_create("capture", 0);
    if (file >= 0 && write(file, bytes, size) == (ssize_t)size) {
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", file);
        if (!same_packets(&both, path, (how & 1) != 0 ? "tcp and greater 60" : NULL,
                          1U + how % 64U)) {
            (void)fprintf(stderr, "%s\n", both.difference);
            abort();
        }
    }
    if (file >= 0) {
        (void)close(file);
    }
    return 0;
}
