/* Memory written small, word by word: for what is to be kept for long and looked at seldom.
 *
 * Most words of a connection's state are zero, or repeat another: a packet's number and time stand
 * wherever something happened in it. So zero words take no more than a bit, and what repeats takes
 * a byte. Nothing is known of fields, and so nothing need be told of new ones.
 *
 * What is written may move: pointers into it are found by their value, written as distances, and
 * lead to the new place when they are read. (A number that looks like such a pointer would be taken
 * for one: it would have to be an address that the system chose at random.)
 */
#ifndef TRACKING_WORDS_H
#define TRACKING_WORDS_H

#include <stddef.h>
#include <stdint.h>

enum { WORDS_MOVING = 0xffff /* bytes of what moves, at most: a distance takes two */ };

struct words_span {
    void *at; /* aligned for them */
    size_t count;
};

/* Values that are known on both sides: of two whole words, and of what is near them, less is
 * written. */
struct words_hints {
    uint64_t moment;  /* the time of some packet of the same connection */
    uint64_t pointer; /* to anything in the heap */
};

/* Writes `count` spans of which those from `moving` on will lie elsewhere, one behind the other,
 * when they are read; they have WORDS_MOVING bytes at most. Returns bytes written; 0: they do not
 * fit `room`. */
size_t words_write(uint8_t *out, size_t room, const struct words_span *spans, size_t count,
                   size_t moving, const struct words_hints *hints);

/* Reads what was written, from `in` up to `end`, into spans of the same lengths, which hold zeroes.
 * `moved`: where the spans that move now begin. */
void words_read(const struct words_span *spans, size_t count, const void *moved, const uint8_t *in,
                const uint8_t *end, const struct words_hints *hints);

#endif
