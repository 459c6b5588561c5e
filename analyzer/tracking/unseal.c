#include "tracking/unseal.h"

#include "tracking/unseal_keys.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

enum {
    VERSION_TLS10 = 0x0301,
    VERSION_TLS13 = 0x0304,
    SEQUENCE = 8, /* bytes of a record's number */
    EXPLICIT = 8, /* bytes of a nonce that are sent (RFC 5288, section 3; RFC 6655, section 3) */
    HEADER = 13,  /* bytes authenticated ahead of the content, up to TLS 1.2 */
    KEY_BLOCK = 2 * (UNSEAL_MAC + UNSEAL_KEY + UNSEAL_IV)
};

/* Which key of TLS 1.3 a side has reached; up to TLS 1.2 there is one, the first. */
enum phase { PHASE_EARLY, PHASE_HANDSHAKE, PHASE_APPLICATION };

struct key {
    struct keylog_secret secret; /* TLS 1.3: what the key, and the next one, are made of */
    uint8_t key[UNSEAL_KEY];
    uint8_t iv[UNSEAL_IV]; /* TLS 1.0 with CBC: the last block that was seen */
    uint8_t mac[UNSEAL_MAC];
    uint64_t sequence; /* the number that the next record is expected to have */
    uint8_t phase;     /* enum phase */
    bool iv_missing;   /* TLS 1.0 with CBC: that block was not seen */
};

struct direction {
    struct key key;
    uint32_t shut;     /* records since the last one that opened: each may have taken a number */
    uint32_t failures; /* tries without success */
    bool lost;         /* nobody knows how many are missing */
};

struct unsealing {
    struct unsealer *unsealer; /* borrowed */
    struct keylog_secrets secrets;
    const struct bulk *bulk;
    enum hash prf, mac;
    uint16_t version;
    bool encrypt_then_mac;
    struct direction from[SPEAKERS];
};

/* ---- keys ---- */

/* TLS 1.3: key and IV of a secret (RFC 8446, section 7.3). */
static bool make_key13(const struct unsealing *unsealing, struct key *key)
{
    struct unsealer *unsealer = unsealing->unsealer;
    return key->secret.length == unseal_hash_length(unsealing->prf) &&
           unseal_expand(unsealer, key->key, unsealing->bulk->key, unsealing->prf, &key->secret,
                         "key") &&
           unseal_expand(unsealer, key->iv, UNSEAL_NONCE, unsealing->prf, &key->secret, "iv");
}

/* The secret of a phase, as it was logged; an empty one where it was not. */
static struct keylog_secret secret_of(const struct unsealing *unsealing, enum speaker from,
                                      enum phase phase)
{
    static const enum keylog_label labels[SPEAKERS][PHASE_APPLICATION + 1] = {
        {KEYLOG_CLIENT_EARLY, KEYLOG_CLIENT_HANDSHAKE, KEYLOG_CLIENT_APPLICATION},
        {KEYLOG_LABELS, KEYLOG_SERVER_HANDSHAKE, KEYLOG_SERVER_APPLICATION},
    };
    struct keylog_secret none = {0};
    enum keylog_label label = labels[from][phase];
    return label == KEYLOG_LABELS ? none : unsealing->secrets.of[label];
}

/* The key behind `key` (or the first one, where that is NULL): the next phase's whose secret was
 * logged, or an update (RFC 8446, section 7.2). */
static bool next_key13(const struct unsealing *unsealing, enum speaker from, struct key *next,
                       const struct key *key)
{
    *next = (struct key){0};
    if (key != NULL && key->phase == PHASE_APPLICATION) {
        next->phase = PHASE_APPLICATION;
        next->secret.length = key->secret.length;
        return unseal_expand(unsealing->unsealer, next->secret.bytes, key->secret.length,
                             unsealing->prf, &key->secret, "traffic upd") &&
               make_key13(unsealing, next);
    }
    int phase = key == NULL ? PHASE_EARLY : key->phase + 1;
    for (; phase <= PHASE_APPLICATION && next->secret.length == 0; phase++) {
        next->phase = (uint8_t)phase;
        next->secret = secret_of(unsealing, from, (enum phase)phase);
    }
    return next->secret.length > 0 && make_key13(unsealing, next);
}

/* TLS 1.0 to 1.2: both sides' keys from the master secret (RFC 5246, section 6.3). */
static bool make_keys12(struct unsealing *unsealing, const struct unseal_hello *hello)
{
    uint8_t block[KEY_BLOCK];
    const struct bulk *bulk = unsealing->bulk;
    size_t mac = bulk->mode == MODE_CBC ? unseal_hash_length(unsealing->mac) : 0;
    size_t iv = bulk->mode == MODE_CBC ? bulk->block : bulk->fixed;
    size_t length = 2 * (mac + bulk->key + iv);
    const struct keylog_secret *master = &unsealing->secrets.of[KEYLOG_MASTER];
    struct key *client = &unsealing->from[CLIENT].key;
    struct key *server = &unsealing->from[SERVER].key;
    bool made = master->length > 0 &&
                unseal_key_block(unsealing->unsealer, block, length, unsealing->prf, hello, master);
    if (made) {
        const uint8_t *at = block;
        memcpy(client->mac, at, mac);
        memcpy(server->mac, at + mac, mac);
        at += 2 * mac;
        memcpy(client->key, at, bulk->key);
        memcpy(server->key, at + bulk->key, bulk->key);
        at += 2 * bulk->key;
        memcpy(client->iv, at, iv);
        memcpy(server->iv, at + iv, iv);
    }
    OPENSSL_cleanse(block, sizeof block);
    return made;
}

/* Records that went by took numbers: up to TLS 1.2 all of them did, in TLS 1.3 nobody knows which
 * key they were sealed with. */
static bool make_keys(struct unsealing *unsealing, const struct unseal_hello *hello)
{
    bool tls13 = hello->version == VERSION_TLS13;
    for (int from = 0; from < SPEAKERS; from++) {
        unsealing->from[from].shut = tls13 ? hello->passed[from] : 0;
        unsealing->from[from].key.sequence = hello->passed[from];
        unsealing->from[from].key.iv_missing = hello->passed[from] > 0;
    }
    if (!tls13) {
        return make_keys12(unsealing, hello);
    }
    bool client = next_key13(unsealing, CLIENT, &unsealing->from[CLIENT].key, NULL);
    bool server = next_key13(unsealing, SERVER, &unsealing->from[SERVER].key, NULL);
    return client || server;
}

/* Whether cipher, MAC and PRF are ones that we know, and go with that version. */
static bool is_known(const struct unsealing *unsealing, const struct suite *suite)
{
    if (unsealing->bulk == NULL || unsealing->prf == HASHES) {
        return false;
    }
    bool tls13 = suite->key_exchange == SUITE_KX_TLS13;
    bool fits = tls13 == (unsealing->version == VERSION_TLS13);
    return fits && (unsealing->bulk->mode != MODE_CBC || unsealing->mac != HASHES);
}

struct unsealing *unseal_begin(struct unsealer *unsealer, const struct unseal_hello *hello)
{
    if (keylog_count(unsealer->keylog) == 0) {
        return NULL; /* asked for each sealed record of a handshake, since the log may grow */
    }
    const struct suite *suite = names_suite_row(hello->suite);
    struct keylog_secrets secrets;
    if (suite == NULL || hello->version < VERSION_TLS10 || hello->version > VERSION_TLS13 ||
        !keylog_find(unsealer->keylog, &secrets, hello->random[CLIENT])) {
        return NULL;
    }
    if (!unseal_ready(unsealer)) {
        keylog_wipe(&secrets);
        return NULL;
    }
    struct unsealing *unsealing = calloc(1, sizeof *unsealing);
    if (unsealing != NULL) {
        unsealing->unsealer = unsealer;
        unsealing->secrets = secrets;
        unsealing->bulk = unseal_bulk(suite);
        unsealing->prf = unseal_prf_hash(suite);
        unsealing->mac = unseal_mac_hash(suite);
        unsealing->version = hello->version;
        unsealing->encrypt_then_mac = hello->encrypt_then_mac;
        if (!is_known(unsealing, suite) || !make_keys(unsealing, hello)) {
            unseal_end(unsealing);
            unsealing = NULL;
        }
    }
    keylog_wipe(&secrets);
    return unsealing;
}

size_t unseal_memory(const struct unsealing *unsealing)
{
    return unsealing == NULL ? 0 : sizeof *unsealing;
}

void unseal_end(struct unsealing *unsealing)
{
    if (unsealing != NULL) {
        OPENSSL_cleanse(unsealing, sizeof *unsealing);
        free(unsealing);
    }
}

/* ---- one record with one key ---- */

/* A record, the key and number to try, and where what it holds goes. */
struct trial {
    struct unsealing *unsealing;
    const struct key *key;
    uint64_t sequence;
    const struct record *record;
    struct unsealed *unsealed;
};

static void put_number(uint8_t *bytes, uint64_t number, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(number >> 8 * (size - 1 - i));
    }
}

/* What is authenticated ahead of the content: TLS 1.3's record header, or up to TLS 1.2 number,
 * type, version and the content's length (RFC 5246, section 6.2.3). Returns its length. */
static size_t put_header(uint8_t header[HEADER], const struct trial *trial, size_t content)
{
    const struct record *record = trial->record;
    uint8_t *at = header;
    if (trial->unsealing->version < VERSION_TLS13) {
        put_number(at, trial->sequence, SEQUENCE);
        at += SEQUENCE;
    }
    put_number(at, record->type, 1);
    put_number(at + 1, record->version, 2);
    put_number(at + 3, content, 2);
    return (size_t)(at + 5 - header);
}

/* The nonce: part of it sent, or made of the IV and the record's number (RFC 8446, section 5.3; RFC
 * 7905, section 2). Takes what was sent from `body`. */
static void put_nonce(uint8_t nonce[UNSEAL_NONCE], const struct trial *trial, struct wire *body)
{
    const struct bulk *bulk = trial->unsealing->bulk;
    uint8_t number[SEQUENCE];
    memcpy(nonce, trial->key->iv, UNSEAL_NONCE);
    if (trial->unsealing->version < VERSION_TLS13 && bulk->fixed < UNSEAL_NONCE) {
        struct wire sent = wire_take(body, EXPLICIT);
        if (sent.left == EXPLICIT) {
            memcpy(nonce + bulk->fixed, sent.at, EXPLICIT);
        }
        return;
    }
    put_number(number, trial->sequence, SEQUENCE);
    for (size_t i = 0; i < SEQUENCE; i++) {
        nonce[UNSEAL_NONCE - SEQUENCE + i] ^= number[i];
    }
}

static EVP_CIPHER *fetch_cipher(const struct unsealing *unsealing)
{
    return EVP_CIPHER_fetch(unsealing->unsealer->library, unsealing->bulk->name, NULL);
}

/* Readies the cipher: for CCM tag and nonce have to be there before the key. */
static bool begin_aead(const struct trial *trial, const uint8_t *nonce, struct wire tag)
{
    EVP_CIPHER_CTX *cipher = trial->unsealing->unsealer->cipher;
    uint8_t copy[UNSEAL_IV];
    memcpy(copy, tag.at, tag.left);
    EVP_CIPHER *kind = fetch_cipher(trial->unsealing);
    bool ready = kind != NULL && EVP_CIPHER_CTX_reset(cipher) == 1 &&
                 EVP_DecryptInit_ex2(cipher, kind, NULL, NULL, NULL) == 1 &&
                 EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_IVLEN, UNSEAL_NONCE, NULL) == 1 &&
                 EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, (int)tag.left, copy) == 1 &&
                 EVP_DecryptInit_ex2(cipher, NULL, trial->key->key, nonce, NULL) == 1;
    EVP_CIPHER_free(kind);
    return ready;
}

/* Returns the content's length, or -1 where it does not authenticate. */
static int open_aead(const struct trial *trial)
{
    const struct bulk *bulk = trial->unsealing->bulk;
    EVP_CIPHER_CTX *cipher = trial->unsealing->unsealer->cipher;
    uint8_t *plain = trial->unsealing->unsealer->plain;
    struct wire body = trial->record->body;
    uint8_t nonce[UNSEAL_NONCE];
    uint8_t header[HEADER];
    put_nonce(nonce, trial, &body);
    if (!wire_ok(&body) || body.left <= bulk->tag || body.left > UNSEAL_PLAIN) {
        return -1;
    }
    struct wire content = wire_take(&body, body.left - bulk->tag);
    bool tls13 = trial->unsealing->version == VERSION_TLS13;
    size_t header_length = put_header(header, trial, tls13 ? trial->record->length : content.left);
    int length = (int)content.left;
    int written = 0;
    bool opened = begin_aead(trial, nonce, body);
    if (bulk->mode == MODE_CCM) {
        opened = opened && EVP_DecryptUpdate(cipher, NULL, &written, NULL, length) == 1;
    }
    opened = opened && EVP_DecryptUpdate(cipher, NULL, &written, header, (int)header_length) == 1 &&
             EVP_DecryptUpdate(cipher, plain, &written, content.at, length) == 1;
    if (bulk->mode != MODE_CCM) { /* which has verified already */
        opened = opened && EVP_DecryptFinal_ex(cipher, plain + length, &written) == 1;
    }
    return opened ? length : -1;
}

/* Whether `mac` is right for what stands before it. */
static bool mac_fits(const struct trial *trial, struct wire content, struct wire iv,
                     struct wire mac)
{
    const struct unsealing *unsealing = trial->unsealing;
    uint8_t header[HEADER];
    uint8_t made[UNSEAL_MAC];
    size_t length = put_header(header, trial, iv.left + content.left);
    const struct wire parts[3] = {wire_over(header, length), iv, content};
    return mac.left == unseal_hash_length(unsealing->mac) &&
           unseal_hmac(unsealing->unsealer, made, unsealing->mac,
                       wire_over(trial->key->mac, mac.left), parts) &&
           CRYPTO_memcmp(made, mac.at, mac.left) == 0;
}

/* Takes off the padding: its length is the last byte, and all its bytes are that (RFC 5246, section
 * 6.2.3.2). */
static bool strip_padding(struct wire *plain)
{
    uint8_t padding = plain->left == 0 ? 0 : wire_peek(plain, plain->left - 1);
    if (plain->left < (size_t)padding + 1) {
        return false;
    }
    struct wire kept = wire_take(plain, plain->left - padding - 1);
    bool even = true;
    while (plain->left > 0) {
        even = wire_u8(plain) == padding && even;
    }
    *plain = kept;
    return even;
}

static bool decrypt_cbc(const struct trial *trial, const uint8_t *iv, struct wire content)
{
    EVP_CIPHER_CTX *cipher = trial->unsealing->unsealer->cipher;
    uint8_t *plain = trial->unsealing->unsealer->plain;
    int written = 0;
    EVP_CIPHER *kind = fetch_cipher(trial->unsealing);
    bool decrypted = kind != NULL && EVP_CIPHER_CTX_reset(cipher) == 1 &&
                     EVP_DecryptInit_ex2(cipher, kind, trial->key->key, iv, NULL) == 1 &&
                     EVP_CIPHER_CTX_set_padding(cipher, 0) == 1 &&
                     EVP_DecryptUpdate(cipher, plain, &written, content.at, (int)content.left) == 1;
    EVP_CIPHER_free(kind);
    return decrypted && written == (int)content.left;
}

/* As open_aead(). The IV is sent from TLS 1.1 on (RFC 4346, section 6.2.3.2). */
static int open_cbc(const struct trial *trial)
{
    const struct unsealing *unsealing = trial->unsealing;
    size_t block = unsealing->bulk->block;
    size_t mac_length = unseal_hash_length(unsealing->mac);
    struct wire body = trial->record->body;
    struct wire iv = wire_take(&body, unsealing->version > VERSION_TLS10 ? block : 0);
    struct wire mac = wire_over(NULL, 0);
    if (unsealing->encrypt_then_mac) {
        struct wire sealed = wire_take(&body, body.left < mac_length ? 0 : body.left - mac_length);
        mac = body;
        body = sealed;
    }
    bool chained = unsealing->version == VERSION_TLS10;
    if (!wire_ok(&iv) || !wire_ok(&body) || body.left == 0 || body.left % block != 0 ||
        body.left > UNSEAL_PLAIN || (chained && trial->key->iv_missing) ||
        (unsealing->encrypt_then_mac && !mac_fits(trial, body, iv, mac)) ||
        !decrypt_cbc(trial, chained ? trial->key->iv : iv.at, body)) {
        return -1;
    }
    struct wire plain = wire_over(unsealing->unsealer->plain, body.left);
    if (!strip_padding(&plain)) {
        return -1;
    }
    if (unsealing->encrypt_then_mac) {
        return (int)plain.left;
    }
    if (plain.left < mac_length) {
        return -1;
    }
    struct wire content = wire_take(&plain, plain.left - mac_length);
    return mac_fits(trial, content, wire_over(NULL, 0), plain) ? (int)content.left : -1;
}

/* TLS 1.3: zeroes behind the content are padding, and the last byte before them is its type (RFC
 * 8446, section 5.4). */
static bool take_inner_type(struct unsealed *unsealed)
{
    size_t length = unsealed->body.left;
    while (length > 0 && wire_peek(&unsealed->body, length - 1) == 0) {
        length--;
    }
    if (length == 0) {
        return false;
    }
    unsealed->type = wire_peek(&unsealed->body, length - 1);
    unsealed->body = wire_take(&unsealed->body, length - 1);
    return true;
}

static bool try_key(const struct trial *trial)
{
    struct unsealing *unsealing = trial->unsealing;
    int length = unsealing->bulk->mode == MODE_CBC ? open_cbc(trial) : open_aead(trial);
    if (length < 0) {
        ERR_clear_error();
        return false;
    }
    *trial->unsealed = (struct unsealed){
        .type = trial->record->type,
        .body = wire_over(unsealing->unsealer->plain, (size_t)length),
    };
    if (unsealing->version < VERSION_TLS13) {
        return true;
    }
    trial->unsealed->early = trial->key->phase == PHASE_EARLY;
    trial->unsealed->application = trial->key->phase == PHASE_APPLICATION;
    return take_inner_type(trial->unsealed);
}

/* ---- a direction ---- */

/* Tries `key` with the numbers that the record can have; it is then the direction's, and expects
 * the number behind. */
static bool try_numbers(struct trial *trial, struct direction *direction, const struct key *key)
{
    uint32_t ahead =
        direction->lost || direction->shut > UNSEAL_REACH ? UNSEAL_REACH : direction->shut;
    trial->key = key;
    for (uint32_t i = 0; i <= ahead && direction->failures < UNSEAL_FAILURES; i++) {
        trial->sequence = key->sequence + i;
        if (try_key(trial)) {
            struct key taken = *key;
            taken.sequence = trial->sequence + 1;
            direction->key = taken;
            direction->shut = 0;
            direction->lost = false;
            OPENSSL_cleanse(&taken, sizeof taken);
            return true;
        }
        direction->failures++;
    }
    return false;
}

/* TLS 1.0 with CBC: the next record's IV is this one's last block. */
static void keep_last_block(const struct unsealing *unsealing, struct direction *direction,
                            const struct record *record)
{
    size_t block = unsealing->bulk->block;
    size_t behind = unsealing->encrypt_then_mac ? unseal_hash_length(unsealing->mac) : 0;
    if (unsealing->bulk->mode != MODE_CBC || unsealing->version != VERSION_TLS10) {
        return;
    }
    struct wire body = record->body.left < record->length ? wire_over(NULL, 0) : record->body;
    wire_skip(&body, body.left < block + behind ? body.left : body.left - block - behind);
    struct wire last = wire_take(&body, block);
    direction->key.iv_missing = last.left != block;
    if (last.left == block) {
        memcpy(direction->key.iv, last.at, block);
    }
}

bool unseal_open(struct unsealing *unsealing, struct unsealed *unsealed, enum speaker from,
                 const struct record *record)
{
    struct direction *direction = &unsealing->from[from];
    struct trial trial = {.unsealing = unsealing, .record = record, .unsealed = unsealed};
    struct key next;
    bool opened = try_numbers(&trial, direction, &direction->key);
    if (!opened && unsealing->version == VERSION_TLS13) {
        opened = direction->failures < UNSEAL_FAILURES &&
                 next_key13(unsealing, from, &next, &direction->key) &&
                 try_numbers(&trial, direction, &next);
        OPENSSL_cleanse(&next, sizeof next);
    }
    direction->shut += !opened;
    keep_last_block(unsealing, direction, record);
    return opened;
}

void unseal_pass(struct unsealing *unsealing, enum speaker from, const struct record *record)
{
    unsealing->from[from].key.sequence++;
    keep_last_block(unsealing, &unsealing->from[from], record);
}

void unseal_lose(struct unsealing *unsealing, enum speaker from)
{
    unsealing->from[from].lost = true;
    unsealing->from[from].key.iv_missing = true;
}
