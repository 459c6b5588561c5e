/* A hash of few words of 32 bits that takes little more than a multiplication for each: multilinear
 * hashing over its key (Carter and Wegman, 1979; Lemire and Kaser, 2014), which gives any two
 * different inputs the same 64 bits with a probability of 2^-64. That holds against whoever chooses
 * inputs without learning anything of hashes, and a listener never answers.
 */
#ifndef TRACKING_MULTILINEAR_H
#define TRACKING_MULTILINEAR_H

#include <stddef.h>
#include <stdint.h>

enum { MULTILINEAR_WORDS = 9 /* two IPv6 addresses and their ports */ };

struct multilinear_key {
    uint64_t word[2][MULTILINEAR_WORDS + 1];
};

/* Fills the key from the system's random source. */
void multilinear_seed(struct multilinear_key *key);

/* A hash on the way: what two forms of it have summed up. */
struct multilinear {
    uint64_t high, low;
};

static inline struct multilinear multilinear_begin(const struct multilinear_key *key)
{
    return (struct multilinear){key->word[0][0], key->word[1][0]};
}

/* Takes the next word, the one at `place` (below MULTILINEAR_WORDS, from 0). */
static inline void multilinear_add(struct multilinear *sums, const struct multilinear_key *key,
                                   size_t place, uint32_t word)
{
    sums->high += key->word[0][place + 1] * word;
    sums->low += key->word[1][place + 1] * word;
}

/* The hash; inputs of different length are told apart only by what they hold. The sums over
 * neighbours in a row are a row themselves, so that they are mixed, without losing any. */
static inline uint64_t multilinear_end(struct multilinear sums)
{
    uint64_t hash = (sums.high & 0xffffffff00000000U) | sums.low >> 32;
    hash ^= hash >> 29;
    hash *= 0x9e3779b97f4a7c15U; /* odd: the golden ratio's */
    return hash ^ hash >> 32;
}

#endif
