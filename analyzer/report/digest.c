#include "report/digest.h"

#include "tracking/siphash.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WORDS = 64 /* hashed at once; a longer text's hash is carried into the next ones */ };

/* Keys that anybody may know: what is asked for is the same answer in every run. */
static const struct siphash_key keys[2] = {{{1, 2}}, {{3, 4}}};

/* SipHash over the text, its length before it, a block at a time. */
static uint64_t hash(const struct siphash_key *key, const char *text)
{
    size_t left = strlen(text);
    uint64_t carried = left;
    do {
        uint64_t words[WORDS] = {carried};
        size_t room = sizeof(words) - sizeof(words[0]);
        size_t taken = left < room ? left : room;
        for (size_t i = 0; i < taken; i++) { /* the same on machines of either byte order */
            words[1 + i / 8] |= (uint64_t)(unsigned char)text[i] << (i % 8 * 8);
        }
        carried = siphash_words(key, words, WORDS);
        text += taken;
        left -= taken;
    } while (left > 0);
    return carried;
}

struct digest digest_of(const char *text)
{
    return (struct digest){{hash(&keys[0], text), hash(&keys[1], text)}};
}

void digest_write(char text[DIGEST_TEXT], struct digest digest)
{
    (void)snprintf(text, DIGEST_TEXT, "%016" PRIx64 "%016" PRIx64, digest.word[0], digest.word[1]);
}
