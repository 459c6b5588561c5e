#include "tracking/words.h"

#include <stdbool.h>
#include <string.h>

/* What is written: for 64 words a byte whose bits say which eights of them hold anything; for each
 * of these eights a byte whose bits say which words do; and then the words, each as a code and what
 * it asks for. */
enum {
    CODE_KNOWN = 0x00,  /* + which of the last words that were long */
    CODE_PLAIN = 0x80,  /* + how many bytes follow, less 1: the lower ones; the others are zero, */
    CODE_MOMENT = 0x88, /* or those of the hints */
    CODE_POINTER = 0x90,
    CODE_SPARSE = 0x98, /* a byte whose bits say which bytes follow; the others are zero */
    CODE_INSIDE = 0x99, /* two bytes: the distance from where what moves begins */
    KNOWN = 128,
    SLOTS = 256,         /* by which a known word is found */
    LONG_FROM = 1 << 16, /* from here on a word is worth being known */
    EIGHT = 8,
    WORD = sizeof(uint64_t),
    LONGEST = 1 + EIGHT * (1 + EIGHT * (2 + WORD)) /* bytes of 64 words */
};

/* The words that were long, in the order of their coming. */
struct known {
    uint64_t word[KNOWN];
    size_t count;
};

static void begin(struct known *known, const struct words_hints *hints)
{
    known->word[0] = hints->moment;
    known->word[1] = hints->pointer;
    known->count = 2;
}

static inline void add(struct known *known, uint64_t word)
{
    known->word[known->count] = word;
    if (known->count < KNOWN - 1) { /* the last place changes hands */
        known->count++;
    }
}

/* The lowest byte stands first. */
static uint64_t in_order(uint64_t word)
{
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(word) : word;
}

/* Memory that has other types: word by word it may only be copied. */
static inline uint64_t word_at(const unsigned char *memory, size_t index)
{
    uint64_t word;
    memcpy(&word, memory + index * sizeof word, sizeof word);
    return word;
}

/* ---- writing ---- */

struct writer {
    uint8_t *at;
    uint8_t *end;
    const struct words_span *moving;
    size_t movings;
    struct known known;
    uint8_t slot[SLOTS]; /* where in `known` a word with that hash may be, and 1 */
};

static inline size_t slot_of(uint64_t word)
{
    return (size_t)(word * UINT64_C(0x9e3779b97f4a7c15) >> 56);
}

/* How many bytes there are up to the highest that is not zero, where one is. */
static inline unsigned bytes_of(uint64_t word)
{
    return WORD - (unsigned)__builtin_clzll(word) / 8;
}

/* Writes the code, and the lower bytes behind it. */
static inline void put(struct writer *writer, unsigned code, uint64_t word, size_t bytes)
{
    word = in_order(word);
    *writer->at = (uint8_t)code;
    memcpy(writer->at + 1, &word, sizeof word); /* what is too much is written over */
    writer->at += 1 + bytes;
}

/* Bits for the bytes that are not zero, the lowest for the lowest. */
static unsigned used_bytes(uint64_t word)
{
    word |= word >> 4;
    word |= word >> 2;
    word |= word >> 1;
    return (unsigned)((word & UINT64_C(0x0101010101010101)) * UINT64_C(0x0102040810204080) >> 56);
}

static const uint8_t bits_of[16] = {0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4};

static void write_sparse(struct writer *writer, uint64_t word, unsigned mask)
{
    *writer->at++ = CODE_SPARSE;
    *writer->at++ = (uint8_t)mask;
    for (; mask != 0; mask &= mask - 1) {
        *writer->at++ = (uint8_t)(word >> 8 * (unsigned)__builtin_ctz(mask));
    }
}

/* What is like a hint, but for its lower bytes, is written as these. */
static bool write_near(struct writer *writer, uint64_t word, unsigned code, uint64_t hint)
{
    unsigned bytes = word == hint ? 1 : bytes_of(word ^ hint);
    if (bytes > 5) {
        return false;
    }
    put(writer, code + bytes - 1, word ^ hint, bytes);
    return true;
}

/* Whether the word is a pointer into what moves, or just behind it. */
static bool write_inside(struct writer *writer, uint64_t word)
{
    size_t before = 0;
    for (size_t i = 0; i < writer->movings; i++) {
        size_t bytes = writer->moving[i].count * WORD;
        uint64_t inside = word - (uintptr_t)writer->moving[i].at;
        if (inside <= bytes) {
            put(writer, CODE_INSIDE, before + inside, 2);
            return true;
        }
        before += bytes;
    }
    return false;
}

/* Returns whether the word is worth being known from now on. */
static bool write_long(struct writer *writer, uint64_t word)
{
    unsigned bytes = bytes_of(word);
    if (bytes == WORD) {
        if (write_near(writer, word, CODE_MOMENT, writer->known.word[0])) {
            return true;
        }
    } else if (bytes > 4) { /* an address, most likely */
        if (write_inside(writer, word)) {
            return false;
        }
        if (write_near(writer, word, CODE_POINTER, writer->known.word[1])) {
            return true;
        }
    }
    unsigned mask = used_bytes(word);
    if (bits_of[mask & 15] + bits_of[mask >> 4] + 1U < bytes) {
        write_sparse(writer, word, mask);
    } else {
        put(writer, CODE_PLAIN + bytes - 1, word, bytes);
    }
    return true;
}

static inline void write_word(struct writer *writer, uint64_t word)
{
    if (word < LONG_FROM) {
        size_t more = word > UINT8_MAX;
        put(writer, CODE_PLAIN + (unsigned)more, word, 1 + more);
        return;
    }
    size_t slot = slot_of(word);
    size_t found = writer->slot[slot];
    if (found != 0 && writer->known.word[found - 1] == word) {
        *writer->at++ = (uint8_t)(CODE_KNOWN + found - 1);
    } else if (write_long(writer, word)) {
        writer->slot[slot] = (uint8_t)(writer->known.count + 1);
        add(&writer->known, word);
    }
}

static inline unsigned bit(uint64_t word, unsigned index)
{
    return (unsigned)(word != 0) << index;
}

/* Bits for those of eight words that are not zero. Most eights are, as a whole. */
static inline unsigned used_words(const unsigned char *at)
{
    const uint64_t word[EIGHT] = {word_at(at, 0), word_at(at, 1), word_at(at, 2), word_at(at, 3),
                                  word_at(at, 4), word_at(at, 5), word_at(at, 6), word_at(at, 7)};
    if ((word[0] | word[1] | word[2] | word[3] | word[4] | word[5] | word[6] | word[7]) == 0) {
        return 0;
    }
    return bit(word[0], 0) | bit(word[1], 1) | bit(word[2], 2) | bit(word[3], 3) | bit(word[4], 4) |
           bit(word[5], 5) | bit(word[6], 6) | bit(word[7], 7);
}

/* The same of fewer than eight. */
static unsigned used_rest(const unsigned char *memory, size_t count)
{
    unsigned map = 0;
    for (unsigned i = 0; i < count; i++) {
        map |= bit(word_at(memory, i), i);
    }
    return map;
}

/* Up to eight words, if any of them is used; returns whether. */
static inline bool write_eight(struct writer *writer, const unsigned char *memory, size_t count)
{
    unsigned map = count == EIGHT ? used_words(memory) : used_rest(memory, count);
    if (map == 0) {
        return false;
    }
    *writer->at++ = (uint8_t)map;
    for (; map != 0; map &= map - 1) {
        write_word(writer, word_at(memory, (size_t)__builtin_ctz(map)));
    }
    return true;
}

static bool write_span(struct writer *writer, const struct words_span *span)
{
    const unsigned char *memory = span->at;
    for (size_t i = 0; i < span->count; i += EIGHT * EIGHT) {
        if ((size_t)(writer->end - writer->at) < LONGEST) {
            return false;
        }
        uint8_t *place = writer->at++;
        unsigned map = 0;
        size_t end = span->count - i < EIGHT * EIGHT ? span->count : i + EIGHT * EIGHT;
        for (size_t k = i; k < end; k += EIGHT) {
            size_t count = end - k < EIGHT ? end - k : EIGHT;
            map |= (unsigned)write_eight(writer, memory + k * WORD, count) << (k - i) / EIGHT;
        }
        *place = (uint8_t)map;
    }
    return true;
}

size_t words_write(uint8_t *out, size_t room, const struct words_span *spans, size_t count,
                   size_t moving, const struct words_hints *hints)
{
    struct writer writer;
    writer.at = out;
    writer.end = out + room;
    writer.moving = spans + moving;
    writer.movings = count - moving;
    memset(writer.slot, 0, sizeof writer.slot);
    begin(&writer.known, hints);
    writer.slot[slot_of(hints->moment)] = 1;
    writer.slot[slot_of(hints->pointer)] = 2;
    for (size_t i = 0; i < count; i++) {
        if (!write_span(&writer, &spans[i])) {
            return 0;
        }
    }
    return (size_t)(writer.at - out);
}

/* ---- reading ---- */

struct text {
    const uint8_t *at;
    const uint8_t *end;
    uint64_t base; /* where what moves begins */
    struct known known;
};

static inline uint64_t take(struct text *text, size_t bytes)
{
    uint64_t word = 0;
    if ((size_t)(text->end - text->at) >= sizeof word) {
        memcpy(&word, text->at, sizeof word);
    } else {
        memcpy(&word, text->at, bytes);
    }
    text->at += bytes;
    return in_order(word) & UINT64_MAX >> 8 * (sizeof word - bytes);
}

static uint64_t take_sparse(struct text *text)
{
    uint64_t word = 0;
    for (unsigned mask = *text->at++; mask != 0; mask &= mask - 1) {
        word |= (uint64_t)*text->at++ << 8 * (unsigned)__builtin_ctz(mask);
    }
    return word;
}

static inline uint64_t take_word(struct text *text)
{
    unsigned code = *text->at++;
    if (code < CODE_PLAIN) {
        return text->known.word[code - CODE_KNOWN];
    }
    if (code == CODE_INSIDE) {
        return text->base + take(text, 2);
    }
    uint64_t word = code == CODE_SPARSE ? take_sparse(text) : take(text, code % EIGHT + 1);
    if (code >= CODE_MOMENT && code < CODE_SPARSE) {
        word ^= text->known.word[code >= CODE_POINTER];
    }
    if (word >= LONG_FROM) {
        add(&text->known, word);
    }
    return word;
}

static void read_eight(struct text *text, unsigned char *memory)
{
    for (unsigned map = *text->at++; map != 0; map &= map - 1) {
        uint64_t word = take_word(text);
        memcpy(memory + __builtin_ctz(map) * WORD, &word, sizeof word);
    }
}

static void read_span(struct text *text, const struct words_span *span)
{
    unsigned char *memory = span->at;
    for (size_t i = 0; i < span->count; i += EIGHT * EIGHT) {
        for (unsigned map = *text->at++; map != 0; map &= map - 1) {
            read_eight(text, memory + (i + (size_t)__builtin_ctz(map) * EIGHT) * WORD);
        }
    }
}

void words_read(const struct words_span *spans, size_t count, const void *moved, const uint8_t *in,
                const uint8_t *end, const struct words_hints *hints)
{
    struct text text;
    text.at = in;
    text.end = end;
    text.base = (uintptr_t)moved;
    begin(&text.known, hints);
    for (size_t i = 0; i < count; i++) {
        read_span(&text, &spans[i]);
    }
}
