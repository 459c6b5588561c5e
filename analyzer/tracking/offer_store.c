#include "tracking/offer_store.h"

#include "tracking/fingerprint.h"
#include "tracking/hellos.h"
#include "tracking/siphash.h"

#include <stdlib.h>
#include <string.h>

enum {
    SLOTS = 2 * OFFER_STORE_MOST, /* a power of 2, at most half of them taken */
    RESERVE = 64 << 10 /* bytes that the arena must still have: more than an offer takes */
};

/* The bytes by which two offers are the same: all that an offer is made of, and nothing else. */
struct offer_key {
    size_t length; /* bytes that are used, rounded up to words */
    bool whole;    /* everything found room */
    uint64_t words[OFFER_STORE_LONGEST / sizeof(uint64_t)];
};

struct kept_offer {
    const struct offer *offer;
    uint64_t hash;
    size_t length;
    const void *key;
};

struct offer_store {
    bool fingerprints;
    uint32_t count;
    struct fingerprinter *fingerprinter; /* owned; NULL: nobody wants fingerprints */
    struct siphash_key seed;
    struct arena arena;
    struct kept_offer slot[SLOTS];
};

struct offer_store *offer_store_new(bool fingerprints)
{
    struct offer_store *store = calloc(1, sizeof *store);
    if (store != NULL) {
        store->fingerprints = fingerprints;
        store->fingerprinter = fingerprints ? fingerprinter_new() : NULL;
        siphash_seed(&store->seed);
    }
    return store;
}

void offer_store_free(struct offer_store *store)
{
    if (store != NULL) {
        fingerprinter_free(store->fingerprinter);
        arena_release(&store->arena);
        free(store);
    }
}

bool offer_store_fingerprints(const struct offer_store *store)
{
    return store == NULL || store->fingerprints;
}

struct fingerprinter *offer_store_fingerprinter(const struct offer_store *store)
{
    return store == NULL ? NULL : store->fingerprinter;
}

/* ---- keys ---- */

static uint8_t *room_for(struct offer_key *key, size_t size)
{
    key->whole = key->whole && size <= sizeof key->words - key->length;
    uint8_t *room = (uint8_t *)key->words + key->length;
    key->length += key->whole ? size : 0;
    return key->whole ? room : NULL;
}

static void add_number(struct offer_key *key, size_t number)
{
    uint8_t *room = room_for(key, 2);
    if (room != NULL) {
        room[0] = (uint8_t)(number >> 8);
        room[1] = (uint8_t)number;
    }
}

static void add_bytes(struct offer_key *key, struct wire bytes)
{
    add_number(key, bytes.left);
    uint8_t *room = room_for(key, bytes.left);
    if (room != NULL && bytes.left > 0) {
        memcpy(room, bytes.at, bytes.left);
    }
}

/* Types without bodies, and whether the block ends where they do. */
static void add_extensions(struct offer_key *key, struct wire extensions)
{
    struct extension extension;
    size_t count = 0;
    while (key->whole && hello_next_extension(&extension, &extensions)) {
        add_number(key, extension.type);
        count++;
    }
    add_number(key, count);
    add_number(key, wire_done(&extensions));
}

static void add_groups(struct offer_key *key, struct wire key_shares)
{
    uint16_t group = 0;
    size_t count = 0;
    while (key->whole && hello_next_key_share(&group, &key_shares)) {
        add_number(key, group);
        count++;
    }
    add_number(key, count);
}

static void make_key(struct offer_key *key, const struct client_hello *hello)
{
    key->length = 0;
    key->whole = true;
    add_number(key, (size_t)hello->sslv2 | (size_t)(hello->extensions.at != NULL) << 1 |
                        (size_t)(hello->compressions.at != NULL) << 2);
    add_number(key, hello->legacy_version);
    add_bytes(key, hello->suites);
    add_bytes(key, hello->compressions);
    add_bytes(key, hello->versions);
    add_bytes(key, hello->groups);
    add_bytes(key, hello->schemes);
    add_bytes(key, hello->certificate_schemes);
    add_bytes(key, hello->point_formats);
    add_bytes(key, hello->alpn);
    add_extensions(key, hello->extensions);
    add_groups(key, hello->key_shares);
    size_t odd = key->length % sizeof key->words[0];
    uint8_t *rest = odd == 0 ? NULL : room_for(key, sizeof key->words[0] - odd);
    if (rest != NULL) {
        memset(rest, 0, sizeof key->words[0] - odd);
    }
}

/* ---- the table ---- */

static struct kept_offer *slot_of(struct offer_store *store, const struct offer_key *key,
                                  uint64_t hash)
{
    size_t at = (size_t)hash % SLOTS;
    while (store->slot[at].offer != NULL &&
           (store->slot[at].hash != hash || store->slot[at].length != key->length ||
            memcmp(store->slot[at].key, key->words, key->length) != 0)) {
        at = (at + 1) % SLOTS;
    }
    return &store->slot[at];
}

/* Remembers the offer; NULL when there is no room. */
static const struct offer *remember(struct offer_store *store, struct kept_offer *slot,
                                    const struct offer_key *key, uint64_t hash,
                                    const struct client_hello *hello)
{
    if (store->count == OFFER_STORE_MOST || store->arena.taken + RESERVE > ARENA_MAX) {
        return NULL;
    }
    const char *copy = arena_copy(&store->arena, key->words, key->length);
    struct offer *offer =
        copy == NULL ? NULL : hellos_offer(&store->arena, hello, store->fingerprints);
    if (offer == NULL) {
        return NULL;
    }
    *slot = (struct kept_offer){offer, hash, key->length, copy};
    store->count++;
    offer->number = store->count;
    return offer;
}

const struct offer *offer_store_keep(struct offer_store *store, struct arena *arena,
                                     const struct client_hello *hello)
{
    struct offer_key key;
    if (store == NULL) {
        return hellos_offer(arena, hello, true);
    }
    make_key(&key, hello);
    const struct offer *offer = NULL;
    if (key.whole) {
        uint64_t hash = siphash_words(&store->seed, key.words, key.length / sizeof key.words[0]);
        struct kept_offer *slot = slot_of(store, &key, hash);
        offer = slot->offer != NULL ? slot->offer : remember(store, slot, &key, hash, hello);
    }
    return offer != NULL ? offer : hellos_offer(arena, hello, store->fingerprints);
}
