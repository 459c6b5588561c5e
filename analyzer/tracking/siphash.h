/* SipHash-1-3 (Aumasson and Bernstein, 2012): a hash that nobody can aim at
 * without its key, for tables whose keys come from the wire. */
#ifndef TRACKING_SIPHASH_H
#define TRACKING_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
    uint64_t word[2];
};

/* Fills the key from the system's random source. */
void siphash_seed(struct siphash_key *key);

/* The hash of `count` words. */
uint64_t siphash_words(const struct siphash_key *key, const uint64_t *words, size_t count);

/* The hash of 128 bits of `length` bytes. */
struct siphash_wide {
    uint64_t word[2];
};

struct siphash_wide siphash_bytes(const struct siphash_key *key, const void *bytes, size_t length);

#endif
