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

/* Four words that stay in registers. */
struct state {
    uint64_t a, b, c, d;
};

static inline struct state mixed(struct state v)
{
    v.a += v.b;
    v.b = rotated(v.b, 13) ^ v.a;
    v.a = rotated(v.a, 32);
    v.c += v.d;
    v.d = rotated(v.d, 16) ^ v.c;
    v.a += v.d;
    v.d = rotated(v.d, 21) ^ v.a;
    v.c += v.b;
    v.b = rotated(v.b, 17) ^ v.c;
    v.c = rotated(v.c, 32);
    return v;
}

static inline struct state with_word(struct state v, uint64_t word)
{
    v.d ^= word;
    v = mixed(v);
    v.a ^= word;
    return v;
}

uint64_t siphash_words(const struct siphash_key *key, const uint64_t *words, size_t count)
{
    struct state v = {key->word[0] ^ 0x736f6d6570736575U, key->word[1] ^ 0x646f72616e646f6dU,
                      key->word[0] ^ 0x6c7967656e657261U, key->word[1] ^ 0x7465646279746573U};
    for (size_t i = 0; i < count; i++) {
        v = with_word(v, words[i]);
    }
    v = with_word(v, (uint64_t)count * 8 << 56);
    v.c ^= 0xff;
    v = mixed(mixed(mixed(v)));
    return v.a ^ v.b ^ v.c ^ v.d;
}
