/* A set of TCP ports: a bit for each. Empty when zeroed. */
#ifndef TRACKING_PORTS_H
#define TRACKING_PORTS_H

#include <stdbool.h>
#include <stdint.h>

struct ports {
    uint8_t bits[(UINT16_MAX + 1) / 8];
};

static inline void ports_add(struct ports *ports, uint16_t port)
{
    ports->bits[port / 8] |= (uint8_t)(1U << port % 8);
}

static inline bool ports_has(const struct ports *ports, uint16_t port)
{
    return (ports->bits[port / 8] >> port % 8 & 1) != 0;
}

#endif
