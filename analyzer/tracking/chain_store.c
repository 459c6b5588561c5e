#include "tracking/chain_store.h"

#include "tracking/x509.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_ROOM = 64, /* slots of the first table */
    PROBES = 4       /* different certificates with one hash: more of them are read each time */
};

struct chain_store *chain_store_new(const char *authorities, char *error, size_t error_size)
{
    struct chain_store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        (void)snprintf(error, error_size, "out of memory");
        return NULL;
    }
    siphash_seed(&store->key);
    store->library = OSSL_LIB_CTX_new();
    store->sha256 = store->library == NULL ? NULL : EVP_MD_fetch(store->library, "SHA256", NULL);
    store->keyless = OSSL_LIB_CTX_new();
    store->hash = EVP_MD_CTX_new();
    store->room = FIRST_ROOM;
    store->slots = calloc(store->room, sizeof *store->slots);
    store->none = store->keyless == NULL ? NULL : OSSL_PROVIDER_load(store->keyless, "null");
    if (store->sha256 == NULL || store->hash == NULL || store->slots == NULL ||
        store->none == NULL) {
        (void)snprintf(error, error_size, "out of memory");
        chain_store_free(store);
        return NULL;
    }
    store->roots = roots_new(store->keyless, store->library, authorities, error, error_size);
    if (store->roots == NULL) {
        chain_store_free(store);
        return NULL;
    }
    return store;
}

void chain_store_free(struct chain_store *store)
{
    if (store == NULL) {
        return;
    }
    roots_free(store->roots);
    EVP_MD_CTX_free(store->hash);
    EVP_MD_free(store->sha256);
    OSSL_LIB_CTX_free(store->library);
    (void)(store->none != NULL && OSSL_PROVIDER_unload(store->none));
    OSSL_LIB_CTX_free(store->keyless);
    for (size_t i = 0; i < STORE_ARENAS; i++) {
        arena_release(&store->arenas[i]);
    }
    arena_release(&store->names_arena);
    free(store->names);
    free(store->staples);
    free(store->links);
    free(store->slots);
    free(store);
}

/* SHA-256 of `bytes`; false when libcrypto cannot. */
static bool digest(uint8_t sha256[32], struct chain_store *store, struct wire bytes)
{
    unsigned length = 0;
    return EVP_DigestInit_ex2(store->hash, store->sha256, NULL) == 1 &&
           (bytes.left == 0 || EVP_DigestUpdate(store->hash, bytes.at, bytes.left) == 1) &&
           EVP_DigestFinal_ex(store->hash, sha256, &length) == 1;
}

/* ---- certificates by digest ---- */

/* A hash of all bytes, in lanes that do not wait for each other: five times as quick as SipHash,
 * and enough where equal bytes are asked for anyway. Whoever finds out how to aim at it has PROBES
 * bound what that costs. */
static uint64_t hash_of(const struct chain_store *store, struct wire der)
{
    enum { LANES = 4 };
    uint64_t odd = store->key.word[1] | 1;
    uint64_t lane[LANES];
    uint64_t hash = der.left;
    for (size_t i = 0; i < LANES; i++) {
        lane[i] = store->key.word[0] + i;
    }
    while (der.left > 0) {
        uint64_t words[LANES] = {0};
        struct wire part = wire_take_most(&der, sizeof words);
        if (part.left == sizeof words) {
            memcpy(words, part.at, sizeof words);
        } else {
            memcpy(words, part.at, part.left);
        }
        for (size_t i = 0; i < LANES; i++) {
            lane[i] = (lane[i] ^ words[i]) * odd;
            lane[i] ^= lane[i] >> 32;
        }
    }
    for (size_t i = 0; i < LANES; i++) {
        hash = (hash ^ lane[i]) * odd;
        hash ^= hash >> 29;
    }
    return hash;
}

/* Whether `kept` was made of these bytes. Of what was malformed only the digest is there. */
static bool is_made_of(struct chain_store *store, const struct kept_certificate *kept,
                       struct wire der)
{
    uint8_t sha256[32];
    if (kept->certificate.length != der.left) {
        return false;
    }
    if (kept->der.left > 0) {
        return memcmp(kept->der.at, der.at, der.left) == 0;
    }
    return digest(sha256, store, der) &&
           memcmp(kept->certificate.sha256, sha256, sizeof sha256) == 0;
}

/* The certificate with these bytes; NULL: it is not remembered, nor need be where it is `crowded`.
 */
static struct kept_certificate *find(struct chain_store *store, uint64_t hash, struct wire der,
                                     bool *crowded)
{
    size_t at = (size_t)hash & (store->room - 1);
    size_t probes = 0;
    for (; store->slots[at] != NULL && probes < PROBES; at = (at + 1) & (store->room - 1)) {
        bool same_hash = store->slots[at]->hash == hash;
        if (same_hash && is_made_of(store, store->slots[at], der)) {
            return store->slots[at];
        }
        probes += same_hash;
    }
    *crowded = probes == PROBES;
    return NULL;
}

/* Places what is in no slot yet. */
static void place(struct chain_store *store, struct kept_certificate *kept)
{
    size_t at = (size_t)kept->hash & (store->room - 1);
    while (store->slots[at] != NULL) {
        at = (at + 1) & (store->room - 1);
    }
    store->slots[at] = kept;
}

/* Makes sure that half of the slots stay empty; false when there is no memory. */
static bool make_room(struct chain_store *store)
{
    if (store->count < store->room / 2) {
        return true;
    }
    struct kept_certificate **old = store->slots;
    size_t old_room = store->room;
    struct kept_certificate **slots = calloc(2 * old_room, sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    store->slots = slots;
    store->room = 2 * old_room;
    for (size_t i = 0; i < old_room; i++) {
        if (old[i] != NULL) {
            place(store, old[i]);
        }
    }
    free(old);
    return true;
}

/* Parses `der`; what is not exactly one certificate is NULL. */
static X509 *parse(OSSL_LIB_CTX *library, struct wire der)
{
    X509 *x509 = der.left == 0 || der.left > CHAIN_DER_MAX ? NULL : X509_new_ex(library, NULL);
    const unsigned char *at = der.at;
    if (x509 == NULL || d2i_X509(&x509, &at, (long)der.left) == NULL) {
        return NULL; /* d2i_X509() has freed it */
    }
    if ((size_t)(at - der.at) != der.left) {
        X509_free(x509);
        return NULL;
    }
    return x509;
}

X509 *chain_store_x509(const struct chain_store *store, const struct kept_certificate *kept)
{
    return parse(store->library, kept->der);
}

/* What is being read: parsed once, into whichever arena has room. */
struct reading {
    X509 *x509; /* without its key; NULL: malformed */
    struct wire der;
    uint64_t hash;
    uint8_t sha256[32];
    bool self_signed;
};

static bool is_self_signed(const struct chain_store *store, const struct reading *reading)
{
    if (reading->x509 == NULL || X509_NAME_cmp(X509_get_subject_name(reading->x509),
                                               X509_get_issuer_name(reading->x509)) != 0) {
        return false;
    }
    X509 *x509 = parse(store->library, reading->der);
    EVP_PKEY *key = x509 == NULL ? NULL : X509_get0_pubkey(x509);
    bool verified = key != NULL && X509_verify(x509, key) == 1;
    X509_free(x509);
    return verified;
}

/* Reads the certificate into `arena`; NULL when that has no room. */
static struct kept_certificate *read_into(struct arena *arena, const struct reading *reading)
{
    struct x509_reader reader = {arena, false};
    struct kept_certificate *kept = arena_take(arena, sizeof *kept);
    if (kept == NULL) {
        return NULL;
    }
    struct certificate *certificate = &kept->certificate;
    memcpy(certificate->sha256, reading->sha256, sizeof certificate->sha256);
    certificate->length = reading->der.left > UINT32_MAX ? UINT32_MAX : (uint32_t)reading->der.left;
    struct certificate malformed = *certificate;
    malformed.malformed = true;
    if (reading->x509 == NULL ||
        !x509_read(certificate, &kept->is_address, &reader, reading->x509)) {
        *certificate = malformed;
        return kept;
    }
    certificate->self_signed = reading->self_signed;
    const char *copy = arena_copy(arena, reading->der.at, reading->der.left);
    if (copy == NULL || reader.short_of_memory) {
        return NULL;
    }
    kept->der = wire_over(copy, reading->der.left);
    return kept;
}

/* Reads into the store, in the arena that is being filled or, where that is full, the next one. */
static struct kept_certificate *read_into_store(struct chain_store *store,
                                                const struct reading *reading)
{
    if (store->count >= CHAIN_REMEMBERED || reading->der.left > STORE_DER_MAX ||
        !make_room(store)) {
        return NULL;
    }
    struct kept_certificate *kept = read_into(&store->arenas[store->arena], reading);
    if (kept == NULL && store->arena + 1 < STORE_ARENAS) {
        store->arena++;
        kept = read_into(&store->arenas[store->arena], reading);
    }
    if (kept != NULL) {
        kept->hash = reading->hash;
        place(store, kept);
        store->count++;
        kept->certificate.number = store->count;
    }
    return kept;
}

const struct kept_certificate *chain_store_keep(struct chain_store *store, struct arena *arena,
                                                struct wire der)
{
    struct reading reading = {.der = der, .hash = hash_of(store, der)};
    bool crowded = false;
    struct kept_certificate *kept = find(store, reading.hash, der, &crowded);
    if (kept != NULL) {
        return kept;
    }
    if (!digest(reading.sha256, store, der)) {
        ERR_clear_error();
        return NULL;
    }
    reading.x509 = parse(store->keyless, der);
    reading.self_signed = is_self_signed(store, &reading);
    kept = crowded ? NULL : read_into_store(store, &reading);
    if (kept == NULL) {
        kept = read_into(arena, &reading);
    }
    X509_free(reading.x509);
    ERR_clear_error();
    return kept;
}

const struct kept_certificate *chain_store_kept(const struct certificate *certificate)
{
    return (const struct kept_certificate *)certificate;
}

/* ---- what was worked out ---- */

struct remembered_link *chain_store_link(struct chain_store *store, uint32_t subject,
                                         uint32_t issuer)
{
    if (subject == 0 || issuer == 0) {
        return NULL;
    }
    if (store->links == NULL) {
        store->links = calloc(STORE_LINKS, sizeof *store->links);
    }
    if (store->links == NULL) {
        return NULL;
    }
    uint64_t word = (uint64_t)subject << 32 | issuer;
    size_t at = (size_t)siphash_words(&store->key, &word, 1) % STORE_LINKS;
    struct remembered_link *set = &store->links[at - at % STORE_TOGETHER];
    for (size_t i = 0; i < STORE_TOGETHER; i++) {
        if (set[i].subject == 0 || (set[i].subject == subject && set[i].issuer == issuer)) {
            return &set[i];
        }
    }
    return &store->links[at];
}

struct remembered_staple *chain_store_staple(struct chain_store *store, struct siphash_wide hash,
                                             uint32_t subject)
{
    if (store->staples == NULL) {
        store->staples = calloc(STORE_STAPLES, sizeof *store->staples);
    }
    size_t at = (size_t)(hash.word[0] ^ subject) % STORE_STAPLES;
    return store->staples == NULL ? NULL : &store->staples[at];
}

struct remembered_name *chain_store_name(struct chain_store *store, struct wire der)
{
    enum { SLOTS = 2 * STORE_NAMES };
    if (der.left == 0 || der.left > STORE_NAME_MAX) {
        return NULL;
    }
    if (store->names == NULL) {
        store->names = calloc(SLOTS, sizeof *store->names);
    }
    if (store->names == NULL) {
        return NULL;
    }
    uint64_t hash = siphash_bytes(&store->key, der.at, der.left).word[0];
    size_t at = (size_t)hash % SLOTS;
    while (store->names[at].text != NULL &&
           (store->names[at].hash != hash || store->names[at].der.left != der.left ||
            memcmp(store->names[at].der.at, der.at, der.left) != 0)) {
        at = (at + 1) % SLOTS;
    }
    struct remembered_name *slot = &store->names[at];
    slot->hash = hash;
    return slot->text != NULL || store->name_count < STORE_NAMES ? slot : NULL;
}

void chain_store_keep_name(struct chain_store *store, struct remembered_name *slot,
                           const char *text, struct wire der)
{
    const char *copy = text == NULL ? NULL : arena_copy(&store->names_arena, der.at, der.left);
    if (copy != NULL) {
        slot->der = wire_over(copy, der.left);
        slot->text = text;
        store->name_count++;
    }
}

void chain_store_anchor(struct chain_store *store, const struct kept_certificate *kept,
                        enum anchor anchor)
{
    bool crowded = false;
    struct kept_certificate *own =
        kept->certificate.number == 0 ? NULL : find(store, kept->hash, kept->der, &crowded);
    if (own != NULL) {
        own->anchor = (uint8_t)anchor;
    }
}
