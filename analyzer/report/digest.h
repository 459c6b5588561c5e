/* Digests of short texts, for names that must be the same in every run: no secret is in them, and
 * who knows how they are made can make others. */
#ifndef REPORT_DIGEST_H
#define REPORT_DIGEST_H

#include <stdint.h>

enum { DIGEST_TEXT = 33 /* bytes of a digest in hex, with its NUL */ };

struct digest {
    uint64_t word[2];
};

/* The digest of a text: 128 bits, so that no two connections of any capture share one by chance. */
struct digest digest_of(const char *text);

/* 32 hex digits. */
void digest_write(char text[DIGEST_TEXT], struct digest digest);

#endif
