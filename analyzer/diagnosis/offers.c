/* Offers: sets of a ClientHello weighed, and written out. */
#include "diagnosis/offers.h"

#include "names.h"

#include <stdio.h>
#include <string.h>

enum { SSL3 = 0x0300, TLS10 = 0x0301, TLS12 = 0x0303, TLS13 = 0x0304 };

bool offers_version(const struct offer *offer, uint16_t version)
{
    if (offer->versions.count == 0) {
        return version <= facts_offer_highest(offer);
    }
    return facts_lists(offer->versions, version) || (version == TLS13 && offer->tls13_draft);
}

static bool allows_tls12_or_less(const struct offer *offer)
{
    uint16_t lowest = facts_offer_lowest(offer);
    return lowest == 0 || lowest < TLS13;
}

static const struct suite *usable_row(const struct offer *offer, uint16_t code)
{
    const struct suite *row = names_suite_row(code);
    if (row == NULL || row->scsv || row->grease) {
        return NULL;
    }
    uint16_t highest = facts_offer_highest(offer);
    if (row->key_exchange == SUITE_KX_TLS13) {
        return highest >= TLS13 ? row : NULL;
    }
    bool needs_tls12 =
        row->mac == SUITE_MAC_AEAD || row->mac == SUITE_MAC_SHA256 || row->mac == SUITE_MAC_SHA384;
    return allows_tls12_or_less(offer) && (!needs_tls12 || highest >= TLS12) ? row : NULL;
}

bool offers_suite_usable(const struct offer *offer, uint16_t suite)
{
    return usable_row(offer, suite) != NULL;
}

/* ---- suites ---- */

/* What the suites up to TLS 1.2 have in common. */
struct suites_seen {
    size_t count, sound, aead, curves, finite, rsa_exchange;
    size_t rsa, ecdsa, secret, nobody; /* by what authenticates the server */
    size_t common;                     /* AES or ChaCha20, which every server has */
    size_t tls13, tls13_common;
    bool one_cipher; /* all of the same cipher and key length */
    uint8_t bulk;
    uint16_t key_bits;
};

static void count_authentication(struct suites_seen *seen, const struct suite *row)
{
    switch ((enum suite_authentication)row->authentication) {
    case SUITE_AUTH_RSA:
        seen->rsa++;
        break;
    case SUITE_AUTH_ECDSA:
        seen->ecdsa++;
        break;
    case SUITE_AUTH_NONE:
        seen->nobody++;
        break;
    case SUITE_AUTH_PSK:
    case SUITE_AUTH_SRP:
    case SUITE_AUTH_KRB5:
    case SUITE_AUTH_PASSWORD:
        seen->secret++;
        break;
    default: /* DSS, GOST, SM2 and their like: no ordinary server has such a certificate */
        break;
    }
}

static void count_suite(struct suites_seen *seen, const struct suite *row)
{
    seen->one_cipher = seen->count == 0 || (seen->one_cipher && seen->bulk == row->bulk &&
                                            seen->key_bits == row->key_bits);
    seen->bulk = row->bulk;
    seen->key_bits = row->key_bits;
    seen->count++;
    count_authentication(seen, row);
    seen->sound += (names_suite_weakness(row) & SUITE_WEAK_BROKEN) == 0;
    seen->aead += row->mac == SUITE_MAC_AEAD;
    seen->curves += row->key_exchange == SUITE_KX_ECDHE || row->key_exchange == SUITE_KX_ECDH;
    seen->finite += row->key_exchange == SUITE_KX_DHE;
    seen->rsa_exchange += row->key_exchange == SUITE_KX_RSA;
    seen->common += row->bulk == SUITE_BULK_AES_CBC || row->bulk == SUITE_BULK_AES_GCM ||
                    row->bulk == SUITE_BULK_CHACHA20_POLY1305;
}

static struct suites_seen see_suites(const struct offer *offer)
{
    struct suites_seen seen;
    memset(&seen, 0, sizeof seen);
    for (size_t i = 0; i < offer->suites.count; i++) {
        const struct suite *row = usable_row(offer, offer->suites.at[i]);
        if (row == NULL) {
            continue;
        }
        if (row->key_exchange == SUITE_KX_TLS13) {
            seen.tls13++;
            seen.tls13_common += row->bulk == SUITE_BULK_AES_GCM;
        } else {
            count_suite(&seen, row);
        }
    }
    return seen;
}

static struct peculiarity peculiar_tls13(const struct suites_seen *seen)
{
    if (seen->tls13 == 1) {
        return (struct peculiarity){seen->tls13_common == 1 ? 5 : 7,
                                    "only one TLS 1.3 cipher suite"};
    }
    if (seen->tls13_common == 0) {
        return (struct peculiarity){5, "no AES-GCM suite of TLS 1.3"};
    }
    return (struct peculiarity){0, NULL};
}

/* Suites up to TLS 1.2, the most unusual first. `highest`: of the versions. */
static struct peculiarity peculiar_tls12(const struct suites_seen *seen, uint16_t highest)
{
    const struct {
        bool is;
        struct peculiarity then;
    } rules[] = {
        {seen->sound == 0,
         {9, "only broken cipher suites (RC4, 3DES, DES, export, NULL or anonymous)"}},
        {seen->secret == seen->count,
         {8, "only suites authenticated by a shared secret (PSK, SRP)"}},
        {seen->rsa + seen->ecdsa == 0, {8, "no suite that an RSA or ECDSA certificate can serve"}},
        {seen->common == 0,
         {8, "only suites of uncommon ciphers (neither AES-GCM, AES-CBC nor ChaCha20)"}},
        {seen->count == 1, {7, "only one cipher suite"}},
        {seen->rsa == 0,
         {OFFERS_ONLY_ECDSA,
          "only ECDSA suites, so that a server with an RSA certificate has none"}},
        {seen->curves == 0 && seen->finite == 0,
         {5, "only RSA key exchange, without forward secrecy"}},
        {seen->curves == 0, {5, "no ECDHE suite"}},
        {seen->one_cipher, {5, "suites of one cipher only"}},
        {seen->aead == 0 && highest >= TLS12,
         {4, "only CBC suites, which many servers have turned off"}},
        {seen->count <= 3, {4, "very few cipher suites"}},
        {seen->aead == seen->count && seen->curves == seen->count,
         {2, "only ECDHE suites with AES-GCM or ChaCha20, which older servers do not have"}},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].is) {
            return rules[i].then;
        }
    }
    return (struct peculiarity){0, NULL};
}

struct peculiarity offers_suites(const struct offer *offer)
{
    struct suites_seen seen = see_suites(offer);
    if (seen.count == 0 && seen.tls13 == 0) {
        return (struct peculiarity){PECULIAR_EMPTY,
                                    "no cipher suite that goes with the versions it offers"};
    }
    if (seen.count == 0) {
        return peculiar_tls13(&seen);
    }
    struct peculiarity found = peculiar_tls12(&seen, facts_offer_highest(offer));
    if (seen.tls13 > 0 && found.weight > PECULIAR_SLIGHTLY) {
        found.weight -= 3; /* a server with TLS 1.3 never asks for these */
    }
    return found;
}

/* ---- groups ---- */

static bool needs_group(const struct offer *offer)
{
    struct suites_seen seen = see_suites(offer);
    return seen.tls13 > 0 || seen.count == seen.curves;
}

struct peculiarity offers_groups(const struct offer *offer)
{
    size_t count = 0;
    size_t curves = 0;
    for (size_t i = 0; i < offer->groups.count; i++) {
        const struct group *row = names_group_row(offer->groups.at[i]);
        if (row != NULL && row->kind == GROUP_GREASE) {
            continue;
        }
        count++;
        curves += row != NULL && row->kind == GROUP_ECDH;
    }
    if (offer->groups.count == 0 || !needs_group(offer)) {
        return (struct peculiarity){0, NULL};
    }
    bool x25519 = facts_lists(offer->groups, 0x001d);
    bool p256 = facts_lists(offer->groups, 0x0017);
    if (count == 0) {
        return (struct peculiarity){PECULIAR_EMPTY, "no key-exchange group"};
    }
    if (curves == 0) {
        return (struct peculiarity){9, "no elliptic curve among its groups"};
    }
    if (!x25519 && !p256) {
        return (struct peculiarity){8, "neither x25519 nor secp256r1"};
    }
    if (count == 1) {
        return (struct peculiarity){6, "only one key-exchange group"};
    }
    return (struct peculiarity){0, NULL};
}

/* ---- signature schemes ---- */

struct schemes_seen {
    size_t count, rsa, pss, ecdsa, sound;
};

static struct schemes_seen see_schemes(const struct offer *offer)
{
    struct schemes_seen seen;
    memset(&seen, 0, sizeof seen);
    bool only_tls13 = !allows_tls12_or_less(offer);
    for (size_t i = 0; i < offer->schemes.count; i++) {
        const struct scheme *row = names_scheme_row(offer->schemes.at[i]);
        if (row != NULL && (row->key == SCHEME_KEY_GREASE || (only_tls13 && !row->tls13))) {
            continue;
        }
        seen.count++;
        if (row == NULL) {
            continue;
        }
        seen.rsa += row->key == SCHEME_KEY_RSA;
        seen.pss += row->key == SCHEME_KEY_RSA_PSS;
        seen.ecdsa += row->key == SCHEME_KEY_ECDSA;
        seen.sound += row->hash != SCHEME_HASH_MD5 && row->hash != SCHEME_HASH_SHA1;
    }
    return seen;
}

struct peculiarity offers_schemes(const struct offer *offer)
{
    if (facts_offer_highest(offer) < TLS12 || !facts_lists(offer->extensions, 13)) {
        return (struct peculiarity){0, NULL};
    }
    struct schemes_seen seen = see_schemes(offer);
    const struct {
        bool is;
        struct peculiarity then;
    } rules[] = {
        {seen.count == 0,
         {PECULIAR_EMPTY, "no signature algorithm that goes with the versions it offers"}},
        {seen.sound == 0, {8, "only signature algorithms with SHA-1 or MD5"}},
        {seen.rsa + seen.ecdsa == 0,
         {8, "no signature algorithm for an ordinary RSA or ECDSA key"}},
        {seen.count == 1, {7, "only one signature algorithm"}},
        {seen.rsa == 0, {7, "no signature algorithm for an RSA key"}},
        {seen.ecdsa == 0, {4, "no signature algorithm for an ECDSA key"}},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].is) {
            return rules[i].then;
        }
    }
    return (struct peculiarity){0, NULL};
}

bool offers_less_than_needed(const struct offer *offer)
{
    enum { GROUPS = 10, SCHEMES = 13, PRE_SHARED_KEY = 41, KEY_SHARE = 51 };
    struct code_list extensions = offer->extensions;
    bool without_key = !facts_lists(extensions, PRE_SHARED_KEY);
    return !allows_tls12_or_less(offer) && !offer->tls13_draft && without_key &&
           !(facts_lists(extensions, GROUPS) && facts_lists(extensions, SCHEMES) &&
             facts_lists(extensions, KEY_SHARE));
}

bool offers_ordinary(const struct offer *offer)
{
    return !offers_less_than_needed(offer) && offers_suites(offer).weight < PECULIAR &&
           offers_groups(offer).weight < PECULIAR && offers_schemes(offer).weight < PECULIAR;
}

/* ---- words ---- */

/* Room that is kept for " and 65535 more". */
enum { MORE = 20 };

struct list_text {
    char *text;
    size_t length;
    size_t left_out;
};

static void list_begin(struct list_text *list, char text[OFFERS_TEXT])
{
    *list = (struct list_text){text, 0, 0};
    text[0] = '\0';
}

static void list_add(struct list_text *list, const char *name)
{
    size_t length = strlen(name);
    if (list->left_out > 0 || list->length + length + 2 + MORE >= OFFERS_TEXT) {
        list->left_out++;
        return;
    }
    int written = snprintf(list->text + list->length, OFFERS_TEXT - list->length, "%s%s",
                           list->length > 0 ? ", " : "", name);
    list->length += written > 0 ? (size_t)written : 0;
}

static void list_end(struct list_text *list)
{
    if (list->left_out > 0) {
        snprintf(list->text + list->length, OFFERS_TEXT - list->length, "%s%zu more",
                 list->length > 0 ? " and " : "", list->left_out);
    } else if (list->length == 0) {
        snprintf(list->text, OFFERS_TEXT, "none");
    }
}

static void write_codes(char text[OFFERS_TEXT], struct code_list codes,
                        size_t (*name)(char out[NAMES_TEXT_MAX], uint16_t code))
{
    struct list_text list;
    list_begin(&list, text);
    for (size_t i = 0; i < codes.count; i++) {
        char out[NAMES_TEXT_MAX];
        if (!names_is_grease(codes.at[i])) {
            name(out, codes.at[i]);
            list_add(&list, out);
        }
    }
    list_end(&list);
}

void offers_write_suites(char text[OFFERS_TEXT], struct code_list suites)
{
    struct list_text list;
    list_begin(&list, text);
    for (size_t i = 0; i < suites.count; i++) {
        const struct suite *row = names_suite_row(suites.at[i]);
        char out[NAMES_TEXT_MAX];
        if (row == NULL || (!row->scsv && !row->grease)) {
            names_suite_text(out, suites.at[i]);
            list_add(&list, out);
        }
    }
    list_end(&list);
}

void offers_write_groups(char text[OFFERS_TEXT], struct code_list groups)
{
    write_codes(text, groups, names_group_text);
}

void offers_write_schemes(char text[OFFERS_TEXT], struct code_list schemes)
{
    write_codes(text, schemes, names_scheme_text);
}

void offers_write_alpn(char text[OFFERS_TEXT], struct text_list names)
{
    struct list_text list;
    list_begin(&list, text);
    for (size_t i = 0; i < names.count; i++) {
        list_add(&list, names.at[i]);
    }
    list_end(&list);
}

void offers_write_versions(char text[OFFERS_TEXT], const struct offer *offer)
{
    char name[NAMES_TEXT_MAX];
    size_t total = 0;
    size_t written = 0;
    for (uint16_t version = SSL3; version <= TLS13; version++) {
        total += offer->versions.count > 0 && offers_version(offer, version);
    }
    if (total == 0) {
        names_version_text(name, facts_offer_highest(offer));
        snprintf(text, OFFERS_TEXT, "%s at most", name);
        return;
    }
    size_t length = 0;
    for (uint16_t version = SSL3; version <= TLS13; version++) {
        if (!offers_version(offer, version)) {
            continue;
        }
        written++;
        names_version_text(name, version);
        const char *before = written == 1 ? "" : written == total ? " and " : ", ";
        int added = snprintf(text + length, OFFERS_TEXT - length, "%s%s", before, name);
        length += added > 0 ? (size_t)added : 0;
    }
}
