#include "tracking/unseal_keys.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct bulk bulks[] = {
    {SUITE_BULK_AES_GCM, 128, MODE_GCM, 16, 0, 4, 16, "AES-128-GCM"},
    {SUITE_BULK_AES_GCM, 256, MODE_GCM, 32, 0, 4, 16, "AES-256-GCM"},
    {SUITE_BULK_CHACHA20_POLY1305, 256, MODE_CHACHA20, 32, 0, 12, 16, "ChaCha20-Poly1305"},
    {SUITE_BULK_AES_CCM, 128, MODE_CCM, 16, 0, 4, 16, "AES-128-CCM"},
    {SUITE_BULK_AES_CCM, 256, MODE_CCM, 32, 0, 4, 16, "AES-256-CCM"},
    {SUITE_BULK_AES_CCM_8, 128, MODE_CCM, 16, 0, 4, 8, "AES-128-CCM"},
    {SUITE_BULK_AES_CCM_8, 256, MODE_CCM, 32, 0, 4, 8, "AES-256-CCM"},
    {SUITE_BULK_AES_CBC, 128, MODE_CBC, 16, 16, 0, 0, "AES-128-CBC"},
    {SUITE_BULK_AES_CBC, 256, MODE_CBC, 32, 16, 0, 0, "AES-256-CBC"},
    {SUITE_BULK_3DES, 168, MODE_CBC, 24, 8, 0, 0, "DES-EDE3-CBC"},
    {SUITE_BULK_CAMELLIA_CBC, 128, MODE_CBC, 16, 16, 0, 0, "CAMELLIA-128-CBC"},
    {SUITE_BULK_CAMELLIA_CBC, 256, MODE_CBC, 32, 16, 0, 0, "CAMELLIA-256-CBC"},
    {SUITE_BULK_ARIA_GCM, 128, MODE_GCM, 16, 0, 4, 16, "ARIA-128-GCM"},
    {SUITE_BULK_ARIA_GCM, 256, MODE_GCM, 32, 0, 4, 16, "ARIA-256-GCM"},
};

static const struct digest {
    const char *name;
    size_t length;
} digests[HASHES] = {{"MD5", 16}, {"SHA1", 20}, {"SHA256", 32}, {"SHA384", 48}};

const struct bulk *unseal_bulk(const struct suite *suite)
{
    for (size_t i = 0; suite != NULL && i < sizeof bulks / sizeof bulks[0]; i++) {
        if (bulks[i].suite_bulk == suite->bulk && bulks[i].key_bits == suite->key_bits) {
            return &bulks[i];
        }
    }
    return NULL;
}

enum hash unseal_prf_hash(const struct suite *suite)
{
    return suite->hash == SUITE_HASH_SHA256   ? HASH_SHA256
           : suite->hash == SUITE_HASH_SHA384 ? HASH_SHA384
                                              : HASHES;
}

enum hash unseal_mac_hash(const struct suite *suite)
{
    switch ((enum suite_mac)suite->mac) {
    case SUITE_MAC_MD5:
        return HASH_MD5;
    case SUITE_MAC_SHA1:
        return HASH_SHA1;
    case SUITE_MAC_SHA256:
        return HASH_SHA256;
    case SUITE_MAC_SHA384:
        return HASH_SHA384;
    default:
        return HASHES;
    }
}

size_t unseal_hash_length(enum hash hash)
{
    return hash < HASHES ? digests[hash].length : 0;
}

bool unseal_hmac(struct unsealer *unsealer, uint8_t *mac, enum hash hash, struct wire key,
                 const struct wire parts[3])
{
    char name[8]; /* libcrypto does not promise to leave it alone */
    size_t length = 0;
    (void)snprintf(name, sizeof name, "%s", digests[hash].name);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC_CTX *hmac = EVP_MAC_CTX_new(unsealer->hmac);
    bool made = hmac != NULL && EVP_MAC_init(hmac, key.at, key.left, parameters) == 1;
    for (size_t i = 0; i < 3 && made; i++) {
        made = parts[i].left == 0 || EVP_MAC_update(hmac, parts[i].at, parts[i].left) == 1;
    }
    made = made && EVP_MAC_final(hmac, mac, &length, digests[hash].length) == 1;
    EVP_MAC_CTX_free(hmac);
    ERR_clear_error();
    return made;
}

/* P_hash (RFC 5246, section 5), added to what is in `block` by exclusive or. */
static bool add_p_hash(struct unsealer *unsealer, uint8_t *block, size_t length, enum hash hash,
                       struct wire secret, struct wire seed)
{
    uint8_t a[UNSEAL_MAC];
    uint8_t part[UNSEAL_MAC];
    const struct wire nothing = wire_over(NULL, 0);
    size_t size = unseal_hash_length(hash);
    const struct wire first[3] = {seed, nothing, nothing};
    const struct wire next[3] = {wire_over(a, size), nothing, nothing};
    const struct wire output[3] = {wire_over(a, size), seed, nothing};
    bool made = unseal_hmac(unsealer, a, hash, secret, first);
    for (size_t at = 0; at < length && made; at += size) {
        made = unseal_hmac(unsealer, part, hash, secret, output) &&
               unseal_hmac(unsealer, a, hash, secret, next);
        for (size_t i = 0; i < size && at + i < length; i++) {
            block[at + i] ^= part[i];
        }
    }
    OPENSSL_cleanse(a, sizeof a);
    OPENSSL_cleanse(part, sizeof part);
    return made;
}

bool unseal_key_block(struct unsealer *unsealer, uint8_t *block, size_t length, enum hash hash,
                      const struct unseal_hello *hello, const struct keylog_secret *master)
{
    static const char label[] = "key expansion";
    uint8_t seed[sizeof label - 1 + 2 * UNSEAL_RANDOM];
    memcpy(seed, label, sizeof label - 1);
    memcpy(seed + sizeof label - 1, hello->random[SERVER], UNSEAL_RANDOM);
    memcpy(seed + sizeof label - 1 + UNSEAL_RANDOM, hello->random[CLIENT], UNSEAL_RANDOM);
    struct wire seeds = wire_over(seed, sizeof seed);
    struct wire secret = wire_over(master->bytes, master->length);
    memset(block, 0, length);
    if (hello->version >= 0x0303) {
        return add_p_hash(unsealer, block, length, hash, secret, seeds);
    }
    /* RFC 2246, section 5: a half of the secret each for MD5 and SHA-1. */
    struct wire half = wire_take(&secret, secret.left / 2);
    return add_p_hash(unsealer, block, length, HASH_MD5, half, seeds) &&
           add_p_hash(unsealer, block, length, HASH_SHA1, secret, seeds);
}

bool unseal_expand(struct unsealer *unsealer, uint8_t *out, size_t length, enum hash hash,
                   const struct keylog_secret *secret, const char *label)
{
    static const char prefix[] = "tls13 ";
    uint8_t info[32];
    uint8_t block[UNSEAL_MAC];
    size_t name = strlen(label);
    size_t size = 0;
    info[size++] = 0;
    info[size++] = (uint8_t)length;
    info[size++] = (uint8_t)(sizeof prefix - 1 + name);
    memcpy(info + size, prefix, sizeof prefix - 1);
    size += sizeof prefix - 1;
    memcpy(info + size, label, name);
    size += name;
    info[size++] = 0; /* the context's length */
    info[size++] = 1; /* the first block of HKDF-Expand (RFC 5869, section 2.3), and the only one */
    const struct wire parts[3] = {wire_over(info, size), wire_over(NULL, 0), wire_over(NULL, 0)};
    bool made = length <= unseal_hash_length(hash) &&
                unseal_hmac(unsealer, block, hash, wire_over(secret->bytes, secret->length), parts);
    if (made) {
        memcpy(out, block, length);
    }
    OPENSSL_cleanse(block, sizeof block);
    return made;
}

/* ---- what is made once ---- */

struct unsealer *unsealer_new(const struct keylog *keylog)
{
    struct unsealer *unsealer = calloc(1, sizeof *unsealer);
    if (unsealer != NULL) {
        unsealer->keylog = keylog;
    }
    return unsealer;
}

uint64_t unsealer_secrets(const struct unsealer *unsealer)
{
    return keylog_secrets_taken(unsealer->keylog);
}

bool unseal_ready(struct unsealer *unsealer)
{
    if (unsealer->library == NULL) {
        unsealer->library = OSSL_LIB_CTX_new();
        unsealer->hmac = EVP_MAC_fetch(unsealer->library, "HMAC", NULL);
        unsealer->cipher = EVP_CIPHER_CTX_new();
    }
    return unsealer->library != NULL && unsealer->hmac != NULL && unsealer->cipher != NULL;
}

void unsealer_free(struct unsealer *unsealer)
{
    if (unsealer == NULL) {
        return;
    }
    EVP_CIPHER_CTX_free(unsealer->cipher);
    EVP_MAC_free(unsealer->hmac);
    OSSL_LIB_CTX_free(unsealer->library);
    OPENSSL_cleanse(unsealer, sizeof *unsealer);
    free(unsealer);
}
