/* getrandom() is Linux' and the BSDs', not C's. */
#define _DEFAULT_SOURCE

#include "tracking/siphash.h"

#include <sys/random.h>
#include <time.h>

void siphash_seed(struct siphash_key *key)
{
    if (getrandom(key, sizeof *key, 0) != (ssize_t)sizeof *key) {
        key->word[0] = (uint64_t)time(NULL);
        key->word[1] = (uint64_t)(uintptr_t)key;
    }
}

static inline uint64_t rotated(uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

static inline void mix(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotated(v[1], 13) ^ v[0];
    v[0] = rotated(v[0], 32);
    v[2] += v[3];
    v[3] = rotated(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotated(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotated(v[1], 17) ^ v[2];
    v[2] = rotated(v[2], 32);
}

uint64_t siphash_words(const struct siphash_key *key, const uint64_t *words, size_t count)
{
    uint64_t v[4] = {key->word[0] ^ 0x736f6d6570736575U, key->word[1] ^ 0x646f72616e646f6dU,
                     key->word[0] ^ 0x6c7967656e657261U, key->word[1] ^ 0x7465646279746573U};
    for (size_t i = 0; i < count; i++) {
        v[3] ^= words[i];
        mix(v);
        v[0] ^= words[i];
    }
    uint64_t length = (uint64_t)count * 8 << 56;
    v[3] ^= length;
    mix(v);
    v[0] ^= length;
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++) {
        mix(v);
    }
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
