/* Whether two ways of dissecting a packet say the same: for the unit test and the fuzz target. */
#ifndef TESTS_FUZZ_SAME_SEGMENT_H
#define TESTS_FUZZ_SAME_SEGMENT_H

#include "packet.h"

#include <string.h>

static inline bool same_segment(const struct segment *one, const struct segment *other)
{
    return memcmp(&one->from, &other->from, sizeof one->from) == 0 &&
           memcmp(&one->to, &other->to, sizeof one->to) == 0 &&
           one->from_port == other->from_port && one->to_port == other->to_port &&
           one->flags == other->flags && one->ttl == other->ttl && one->ip_id == other->ip_id &&
           one->window == other->window && one->sequence == other->sequence &&
           one->acknowledgement == other->acknowledgement && one->payload.at == other->payload.at &&
           one->payload.left == other->payload.left &&
           one->payload_length == other->payload_length &&
           one->perhaps_padding == other->perhaps_padding && one->icmp_type == other->icmp_type &&
           one->fragment_id == other->fragment_id && one->fragment_offset == other->fragment_offset;
}

#endif
