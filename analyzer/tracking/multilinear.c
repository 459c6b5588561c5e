#include "tracking/multilinear.h"

#include "tracking/siphash.h"

void multilinear_seed(struct multilinear_key *key)
{
    struct siphash_key seed;
    siphash_seed(&seed);
    for (uint64_t row = 0; row < 2; row++) {
        for (uint64_t i = 0; i <= MULTILINEAR_WORDS; i++) {
            uint64_t which[2] = {row, i};
            key->word[row][i] = siphash_words(&seed, which, 2);
        }
    }
}
