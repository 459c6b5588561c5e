/* Any bytes as a Network Monitor file: read to its end, which comes, and every packet lies within
 * the file. The same bytes, cut, never give a packet that the whole file has not at that place,
 * where frames are taken one behind the other. */
#include "capture/netmon.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Reads the file; gives how many packets it has. */
static uint64_t read_file(struct wire file)
{
    struct netmon netmon;
    struct packet packet;
    uint64_t count = 0, steps = 0;
    if (netmon_begin(&netmon, file) != NETMON_BEGINS) {
        return 0;
    }
    enum netmon_result result = NETMON_OTHER;
    while (result < NETMON_END) {
        result = netmon_next(&netmon, &packet);
        require(++steps <= file.left / 4 + 1);
        if (result == NETMON_PACKET) {
            volatile uint8_t sum = 0;
            size_t at = (size_t)(packet.bytes.at - file.at);
            require(packet.bytes.left <= CAPTURE_SNAP_LENGTH);
            require(at >= NETMON_HEADER || netmon.in_table);
            require(at <= file.left && packet.bytes.left <= file.left - at);
            sum = (uint8_t)(sum + wire_peek(&packet.bytes, packet.bytes.left / 2));
            count++;
        }
    }
    require(netmon_next(&netmon, &packet) == result);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct netmon netmon;
    struct wire file = wire_over(bytes, size);
    uint64_t whole = read_file(file);
    if (netmon_begin(&netmon, file) == NETMON_BEGINS && !netmon.in_table) {
        require(read_file(wire_over(bytes, size - (size - NETMON_HEADER) / 2)) <= whole);
    }
    return 0;
}
