/* Texts that repeat from one connection to the next, kept as they were written: many clients share
 * an offer, and a server shows the same certificate to all. They are known by the numbers that the
 * tables of offers and certificates gave them.
 *
 * It is bounded, and what finds no room is written anew each time, as is all without a table
 * (NULL).
 */
#ifndef REPORT_JSON_REPEATS_H
#define REPORT_JSON_REPEATS_H

#include "report/json/json_write.h"

enum json_repeat {
    REPEAT_FINGERPRINTS, /* of an offer, and its suites */
    REPEAT_OFFER,        /* what else is told of it */
    REPEAT_CERTIFICATE
};
enum { JSON_REPEAT_KINDS = REPEAT_CERTIFICATE + 1 };

enum {
    JSON_REPEATS_BYTES = 16 << 20, /* of texts: an offer's two have 3 KB, and a certificate's 700
                                      bytes; a site has some hundreds of each */
    JSON_REPEATS_NUMBERS = 16384   /* of one kind: as many certificates as are remembered */
};

struct json_repeats;

struct json_repeats *json_repeats_new(void); /* NULL when there is no memory */
void json_repeats_free(struct json_repeats *repeats);

/* Writes what is kept under `number`; false: nothing is. 0 is nobody's number. */
bool json_repeats_write(const struct json_repeats *repeats, struct json_writer *writer,
                        enum json_repeat kind, uint32_t number);

/* Keeps what was written behind the first `begin` bytes. */
void json_repeats_keep(struct json_repeats *repeats, const struct json_writer *writer, size_t begin,
                       enum json_repeat kind, uint32_t number);

#endif
