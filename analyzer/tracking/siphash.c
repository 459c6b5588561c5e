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

static inline struct state keyed(const struct siphash_key *key)
{
    return (struct state){key->word[0] ^ 0x736f6d6570736575U, key->word[1] ^ 0x646f72616e646f6dU,
                          key->word[0] ^ 0x6c7967656e657261U, key->word[1] ^ 0x7465646279746573U};
}

static inline struct state ended(struct state v)
{
    return mixed(mixed(mixed(v)));
}

static inline uint64_t folded(struct state v)
{
    return v.a ^ v.b ^ v.c ^ v.d;
}

uint64_t siphash_words(const struct siphash_key *key, const uint64_t *words, size_t count)
{
    struct state v = keyed(key);
    for (size_t i = 0; i < count; i++) {
        v = with_word(v, words[i]);
    }
    v = with_word(v, (uint64_t)count * 8 << 56);
    v.c ^= 0xff;
    return folded(ended(v));
}

static inline uint64_t little(const uint8_t *bytes, size_t count)
{
    uint64_t word = 0;
    for (size_t i = 0; i < count; i++) {
        word |= (uint64_t)bytes[i] << 8 * i;
    }
    return word;
}

struct siphash_wide siphash_bytes(const struct siphash_key *key, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    size_t left = length;
    struct siphash_wide hash;
    struct state v = keyed(key);
    v.b ^= 0xee;
    for (; left >= 8; left -= 8) {
        v = with_word(v, little(at, 8));
        at += 8;
    }
    v = with_word(v, little(at, left) | (uint64_t)length << 56);
    v.c ^= 0xee;
    v = ended(v);
    hash.word[0] = folded(v);
    v.b ^= 0xdd;
    hash.word[1] = folded(ended(v));
    return hash;
}
