#include "tracking/fingerprint.h"

#include "names.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* Contexts that have their algorithm. */
struct fingerprinter {
    EVP_MD_CTX *md5, *sha1;
};

/* NULL when there is no memory, or libcrypto was built or configured without the algorithm. */
static EVP_MD_CTX *context_of(const EVP_MD *algorithm)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context != NULL && EVP_DigestInit_ex(context, algorithm, NULL) != 1) {
        EVP_MD_CTX_free(context);
        context = NULL;
    }
    return context;
}

struct fingerprinter *fingerprinter_new(void)
{
    struct fingerprinter *fingerprinter = calloc(1, sizeof *fingerprinter);
    if (fingerprinter != NULL) {
        fingerprinter->md5 = context_of(EVP_md5());
        fingerprinter->sha1 = context_of(EVP_sha1());
    }
    return fingerprinter;
}

void fingerprinter_free(struct fingerprinter *fingerprinter)
{
    if (fingerprinter != NULL) {
        EVP_MD_CTX_free(fingerprinter->md5);
        EVP_MD_CTX_free(fingerprinter->sha1);
        free(fingerprinter);
    }
}

/* A hash of text that is written piece by piece: the text of a hostile hello has 300 KB, that of an
 * ordinary one fits into `pending`. */
struct text_hash {
    EVP_MD_CTX *context;
    bool borrowed;
    char pending[512];
    size_t used;
    bool failed; /* no memory, or libcrypto was built or configured without the algorithm */
};

static void hash_begin(struct text_hash *hash, const EVP_MD *algorithm)
{
    hash->context = context_of(algorithm);
    hash->borrowed = false;
    hash->used = 0;
    hash->failed = hash->context == NULL;
}

/* With a context that has its algorithm, and was used before. */
static void hash_begin_with(struct text_hash *hash, EVP_MD_CTX *context)
{
    hash->context = context;
    hash->borrowed = true;
    hash->used = 0;
    hash->failed = EVP_DigestInit_ex(context, NULL, NULL) != 1;
}

static void hash_flush(struct text_hash *hash)
{
    if (!hash->failed && EVP_DigestUpdate(hash->context, hash->pending, hash->used) != 1) {
        hash->failed = true;
    }
    hash->used = 0;
}

static void hash_text(struct text_hash *hash, const char *text, size_t length)
{
    if (length > sizeof hash->pending - hash->used) {
        hash_flush(hash);
    }
    memcpy(hash->pending + hash->used, text, length);
    hash->used += length;
}

static void hash_mark(struct text_hash *hash, char mark)
{
    hash_text(hash, &mark, 1);
}

static void hash_decimal(struct text_hash *hash, uint16_t number)
{
    char digits[5];
    size_t first = sizeof digits;
    do {
        digits[--first] = (char)('0' + number % 10);
        number = (uint16_t)(number / 10);
    } while (number > 0);
    hash_text(hash, digits + first, sizeof digits - first);
}

static const char hex_digits[] = "0123456789abcdef";

static void hash_hex(struct text_hash *hash, uint16_t code)
{
    const char digits[4] = {hex_digits[code >> 12], hex_digits[code >> 8 & 15],
                            hex_digits[code >> 4 & 15], hex_digits[code & 15]};
    hash_text(hash, digits, sizeof digits);
}

/* Ends the hash; its first `bytes` bytes are written as hex digits to `text`, without a NUL. */
static bool hash_end(char *text, struct text_hash *hash, size_t bytes)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    hash_flush(hash);
    bool whole = !hash->failed && EVP_DigestFinal_ex(hash->context, digest, &length) == 1;
    if (!hash->borrowed) {
        EVP_MD_CTX_free(hash->context);
    }
    if (!whole || length < bytes) {
        return false;
    }
    for (size_t i = 0; i < bytes; i++) {
        text[2 * i] = hex_digits[digest[i] >> 4];
        text[2 * i + 1] = hex_digits[digest[i] & 15];
    }
    return true;
}

enum { MD5_BYTES = 16 };

/* ---- JA3 ---- */

/* Numbers of `width` bytes, with '-' between them and without GREASE. */
static void ja3_list(struct text_hash *hash, struct wire list, size_t width)
{
    bool first = true;
    while (list.left >= width) {
        uint16_t code = (uint16_t)wire_number(&list, width);
        if (width == 2 && names_is_grease(code)) {
            continue;
        }
        if (!first) {
            hash_mark(hash, '-');
        }
        first = false;
        hash_decimal(hash, code);
    }
}

static void ja3_extensions(struct text_hash *hash, struct wire extensions)
{
    struct extension extension;
    bool first = true;
    while (hello_next_extension(&extension, &extensions)) {
        if (names_is_grease(extension.type)) {
            continue;
        }
        if (!first) {
            hash_mark(hash, '-');
        }
        first = false;
        hash_decimal(hash, extension.type);
    }
}

static const char *ja3_end(struct arena *arena, struct text_hash *hash)
{
    char text[2 * MD5_BYTES];
    return hash_end(text, hash, MD5_BYTES) ? arena_copy(arena, text, sizeof text) : NULL;
}

static const char *ja3(struct arena *arena, const struct client_hello *hello)
{
    struct text_hash hash;
    hash_begin(&hash, EVP_md5());
    hash_decimal(&hash, hello->legacy_version);
    hash_mark(&hash, ',');
    ja3_list(&hash, hello->suites, 2);
    hash_mark(&hash, ',');
    ja3_extensions(&hash, hello->extensions);
    hash_mark(&hash, ',');
    ja3_list(&hash, hello->groups, 2);
    hash_mark(&hash, ',');
    ja3_list(&hash, hello->point_formats, 1);
    return ja3_end(arena, &hash);
}

const char *fingerprint_server(struct arena *arena, const struct server_hello *hello,
                               struct fingerprinter *fingerprinter)
{
    if (hello->legacy_version < 0x0300) {
        return NULL; /* SSLv2's SERVER-HELLO lists suites instead of selecting one */
    }
    struct text_hash hash;
    if (fingerprinter != NULL && fingerprinter->md5 != NULL) {
        hash_begin_with(&hash, fingerprinter->md5);
    } else {
        hash_begin(&hash, EVP_md5());
    }
    hash_decimal(&hash, hello->legacy_version);
    hash_mark(&hash, ',');
    hash_decimal(&hash, hello->suite);
    hash_mark(&hash, ',');
    ja3_extensions(&hash, hello->extensions);
    return ja3_end(arena, &hash);
}

/* ---- JA4 ---- */

enum {
    JA4_HASH_BYTES = 6, /* of SHA-256, kept in each of two parts */
    JA4_HASH = 2 * JA4_HASH_BYTES,
    JA4_HEAD = 10,
    JA4_SUITES = JA4_HEAD + 1, /* where the parts begin */
    JA4_EXTENSIONS = JA4_SUITES + JA4_HASH + 1,
    JA4_LENGTH = JA4_EXTENSIONS + JA4_HASH,
    JA4_COUNT_MAX = 99,
    JA4_CODES_MAX = 0x7fff /* a vector of 2-byte codes whose length has 16 bits */
};

struct ja4_codes {
    uint16_t at[JA4_CODES_MAX];
    size_t count;
};

static int by_code(const void *left, const void *right)
{
    const uint16_t *a = left;
    const uint16_t *b = right;
    return (*a > *b) - (*a < *b);
}

static void ja4_sorted(struct text_hash *hash, struct ja4_codes *codes)
{
    qsort(codes->at, codes->count, sizeof codes->at[0], by_code);
    for (size_t i = 0; i < codes->count; i++) {
        if (i > 0) {
            hash_mark(hash, ',');
        }
        hash_hex(hash, codes->at[i]);
    }
}

static void ja4_schemes(struct text_hash *hash, struct wire schemes)
{
    uint16_t scheme;
    char mark = '_';
    while (hello_next_code(&scheme, &schemes)) {
        if (!names_is_grease(scheme)) {
            hash_mark(hash, mark);
            hash_hex(hash, scheme);
            mark = ',';
        }
    }
}

/* Sorts `codes`, hashes them and the `schemes` behind them; nothing at all is written as zeroes. */
static bool ja4_part(char *text, struct ja4_codes *codes, struct wire schemes)
{
    if (codes->count == 0) {
        memset(text, '0', JA4_HASH);
        return true;
    }
    struct text_hash hash;
    hash_begin(&hash, EVP_sha256());
    ja4_sorted(&hash, codes);
    ja4_schemes(&hash, schemes);
    return hash_end(text, &hash, JA4_HASH_BYTES);
}

static void ja4_count(char *text, size_t count)
{
    if (count > JA4_COUNT_MAX) {
        count = JA4_COUNT_MAX;
    }
    text[0] = (char)('0' + count / 10);
    text[1] = (char)('0' + count % 10);
}

/* The highest version offered that is not GREASE. Drafts of TLS 1.3 have numbers above 0x0304, and
 * no name here. */
static const char *ja4_version(const struct client_hello *hello)
{
    uint16_t highest = 0;
    uint16_t version;
    struct wire versions = hello->versions;
    while (hello_next_code(&version, &versions)) {
        if (version > highest && !names_is_grease(version)) {
            highest = version;
        }
    }
    switch (highest > 0 ? highest : hello->legacy_version) {
    case 0x0304:
        return "13";
    case 0x0303:
        return "12";
    case 0x0302:
        return "11";
    case 0x0301:
        return "10";
    case 0x0300:
        return "s3";
    case 0x0002:
        return "s2";
    default:
        return "00";
    }
}

static bool is_alphanumeric(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z');
}

/* The first and last character of the first protocol; where either is neither letter nor digit, the
 * first and last digit of its bytes in hex. */
static void ja4_alpn(char *text, struct wire alpn)
{
    struct wire name;
    memset(text, '0', 2);
    if (!hello_next_name(&name, &alpn) || name.left == 0) {
        return;
    }
    uint8_t first = wire_peek(&name, 0);
    uint8_t last = wire_peek(&name, name.left - 1);
    if (is_alphanumeric(first) && is_alphanumeric(last)) {
        text[0] = (char)first;
        text[1] = (char)last;
    } else {
        text[0] = hex_digits[first >> 4];
        text[1] = hex_digits[last & 15];
    }
}

/* The suites that are not GREASE. */
static void ja4_take_suites(struct ja4_codes *codes, struct wire suites)
{
    uint16_t suite;
    codes->count = 0;
    while (codes->count < JA4_CODES_MAX && hello_next_code(&suite, &suites)) {
        if (!names_is_grease(suite)) {
            codes->at[codes->count++] = suite;
        }
    }
}

/* The extensions that are hashed: server_name and ALPN have a place of their own, but count. */
static size_t ja4_take_extensions(struct ja4_codes *codes, bool *server_name,
                                  struct wire extensions)
{
    struct extension extension;
    size_t count = 0;
    codes->count = 0;
    *server_name = false;
    while (codes->count < JA4_CODES_MAX && hello_next_extension(&extension, &extensions)) {
        if (names_is_grease(extension.type)) {
            continue;
        }
        count++;
        if (extension.type == EXTENSION_SERVER_NAME) {
            *server_name = true;
        } else if (extension.type != EXTENSION_ALPN) {
            codes->at[codes->count++] = extension.type;
        }
    }
    return count;
}

static const char *ja4(struct arena *arena, const struct client_hello *hello)
{
    struct ja4_codes codes; /* 64 KB of the stack; only what is used is ever touched */
    bool server_name = false;
    char text[JA4_LENGTH];

    memset(text, '_', sizeof text);
    text[0] = 't'; /* over TCP */
    memcpy(text + 1, ja4_version(hello), 2);
    ja4_take_suites(&codes, hello->suites);
    ja4_count(text + 4, codes.count);
    bool whole = ja4_part(text + JA4_SUITES, &codes, wire_over(NULL, 0));
    ja4_count(text + 6, ja4_take_extensions(&codes, &server_name, hello->extensions));
    text[3] = server_name ? 'd' : 'i';
    ja4_alpn(text + 8, hello->alpn);
    whole = ja4_part(text + JA4_EXTENSIONS, &codes, hello->schemes) && whole;
    return whole ? arena_copy(arena, text, sizeof text) : NULL;
}

/* Whether the hello reaches to where its lists say that they end. */
static bool is_whole(const struct client_hello *hello)
{
    struct wire extensions = hello->extensions;
    struct extension extension;
    while (hello_next_extension(&extension, &extensions)) {
        continue;
    }
    return hello->compressions.at != NULL && wire_done(&extensions);
}

void fingerprint_offer(struct offer *offer, struct arena *arena, const struct client_hello *hello)
{
    if (hello->sslv2 || !is_whole(hello)) {
        return; /* neither fingerprint is defined for the SSLv2 CLIENT-HELLO */
    }
    offer->ja3 = ja3(arena, hello);
    offer->ja4 = ja4(arena, hello);
}

/* ---- Community ID ---- */

static bool sha1_of(unsigned char digest[EVP_MAX_MD_SIZE], struct fingerprinter *fingerprinter,
                    const unsigned char *bytes, size_t length)
{
    unsigned digest_length = 0;
    EVP_MD_CTX *context = fingerprinter == NULL ? NULL : fingerprinter->sha1;
    if (context == NULL) {
        return EVP_Digest(bytes, length, digest, &digest_length, EVP_sha1(), NULL) == 1;
    }
    return EVP_DigestInit_ex(context, NULL, NULL) == 1 &&
           EVP_DigestUpdate(context, bytes, length) == 1 &&
           EVP_DigestFinal_ex(context, digest, &digest_length) == 1;
}

void fingerprint_community(char text[FINGERPRINT_COMMUNITY], const struct facts *facts,
                           struct fingerprinter *fingerprinter)
{
    enum { SHA1_BYTES = 20, TCP = 6 };
    const struct address *address = facts->address;
    size_t length = address[CLIENT].version == 4 ? 4 : 16;
    int order = memcmp(address[CLIENT].bytes, address[SERVER].bytes, length);
    bool forward = order < 0 || (order == 0 && facts->port[CLIENT] < facts->port[SERVER]);
    enum speaker low = forward ? CLIENT : SERVER;
    enum speaker high = speaker_peer(low);

    /* seed (2 bytes), the lower address, the higher, protocol, padding, their ports */
    unsigned char tuple[2 + 16 + 16 + 2 + 4] = {0};
    size_t at = 2;
    memcpy(tuple + at, address[low].bytes, length);
    at += length;
    memcpy(tuple + at, address[high].bytes, length);
    at += length;
    tuple[at] = TCP;
    at += 2;
    tuple[at++] = (unsigned char)(facts->port[low] >> 8);
    tuple[at++] = (unsigned char)(facts->port[low] & 0xff);
    tuple[at++] = (unsigned char)(facts->port[high] >> 8);
    tuple[at++] = (unsigned char)(facts->port[high] & 0xff);

    unsigned char digest[EVP_MAX_MD_SIZE];
    text[0] = '\0';
    if (sha1_of(digest, fingerprinter, tuple, at)) {
        memcpy(text, "1:", 2);
        (void)EVP_EncodeBlock((unsigned char *)text + 2, digest, SHA1_BYTES);
    }
}
