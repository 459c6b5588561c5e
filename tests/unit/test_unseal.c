/* Records are sealed by the tests, with keys that libcrypto's own key derivation makes; those of
 * RFC 8448 are known answers. */
#include "tracking/unseal.h"

#include "build.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { TLS10 = 0x0301, TLS11 = 0x0302, TLS12 = 0x0303, TLS13 = 0x0304, ROOM = 20000 };

static struct keylog *keylog;
static struct unsealer *unsealer;

static int begin(void **state)
{
    (void)state;
    keylog = keylog_new();
    unsealer = unsealer_new(keylog);
    return keylog == NULL || unsealer == NULL ? -1 : 0;
}

static int end(void **state)
{
    (void)state;
    unsealer_free(unsealer);
    keylog_free(keylog);
    return 0;
}

static size_t from_hex(uint8_t *bytes, const char *hex)
{
    size_t length = 0;
    unsigned byte = 0;
    while (*hex != '\0' && sscanf(hex, "%2x", &byte) == 1) {
        bytes[length++] = (uint8_t)byte;
        hex += 2;
        hex += *hex == ' ';
    }
    return length;
}

static void log_secret(const char *label, const uint8_t *random, const uint8_t *secret,
                       size_t length)
{
    char line[512];
    int at = snprintf(line, sizeof line, "%s ", label);
    for (size_t i = 0; i < UNSEAL_RANDOM; i++) {
        at += snprintf(line + at, sizeof line - (size_t)at, "%02x", random[i]);
    }
    at += snprintf(line + at, sizeof line - (size_t)at, " ");
    for (size_t i = 0; i < length; i++) {
        at += snprintf(line + at, sizeof line - (size_t)at, "%02x", secret[i]);
    }
    at += snprintf(line + at, sizeof line - (size_t)at, "\n");
    keylog_read(keylog, wire_over(line, (size_t)at));
}

/* ---- sealing ---- */

struct sealer {
    struct unseal_hello hello;
    const char *cipher, *mac;
    size_t key_length, mac_length, iv_length, tag;
    bool cbc, sent_nonce;
    uint8_t mac_key[64], key[32], iv[16];
    uint64_t sequence;
    uint8_t record[ROOM];
};

static void derive(const char *kdf_name, OSSL_PARAM *parameters, uint8_t *out, size_t length)
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, kdf_name, NULL);
    EVP_KDF_CTX *derivation = EVP_KDF_CTX_new(kdf);
    assert_int_equal(EVP_KDF_derive(derivation, out, length, parameters), 1);
    EVP_KDF_CTX_free(derivation);
    EVP_KDF_free(kdf);
}

static char *text_of(const char *constant)
{
    static char copy[8][32];
    static size_t next;
    char *text = copy[next++ % 8];
    (void)snprintf(text, sizeof copy[0], "%s", constant);
    return text;
}

/* TLS 1.0 to 1.2: the side's part of the key block. */
static void derive_keys12(struct sealer *sealer, uint8_t master[48], enum speaker from,
                          const char *prf)
{
    uint8_t block[256];
    uint8_t seed[2 * UNSEAL_RANDOM];
    memcpy(seed, sealer->hello.random[SERVER], UNSEAL_RANDOM);
    memcpy(seed + UNSEAL_RANDOM, sealer->hello.random[CLIENT], UNSEAL_RANDOM);
    size_t mac = sealer->cbc ? sealer->mac_length : 0;
    size_t length = 2 * (mac + sealer->key_length + sealer->iv_length);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(
            OSSL_KDF_PARAM_DIGEST, text_of(sealer->hello.version < TLS12 ? "MD5-SHA1" : prf), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, master, 48),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, text_of("key expansion"), 13),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed, sizeof seed),
        OSSL_PARAM_construct_end(),
    };
    derive("TLS1-PRF", parameters, block, length);
    size_t side = from == SERVER ? 1 : 0;
    size_t at = 2 * mac;
    memcpy(sealer->mac_key, block + side * mac, mac);
    memcpy(sealer->key, block + at + side * sealer->key_length, sealer->key_length);
    at += 2 * sealer->key_length;
    memcpy(sealer->iv, block + at + side * sealer->iv_length, sealer->iv_length);
    sealer->sequence = 0;
}

static void expand13(uint8_t *out, size_t length, const uint8_t *secret, size_t secret_length,
                     const char *label)
{
    uint8_t copy[48];
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    memcpy(copy, secret, secret_length);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
                                         text_of(secret_length == 48 ? "SHA384" : "SHA256"), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, copy, secret_length),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PREFIX, text_of("tls13 "), 6),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_LABEL, text_of(label), strlen(label)),
        OSSL_PARAM_construct_end(),
    };
    derive("TLS13-KDF", parameters, out, length);
}

static void take_secret13(struct sealer *sealer, const uint8_t *secret, size_t length)
{
    expand13(sealer->key, sealer->key_length, secret, length, "key");
    expand13(sealer->iv, 12, secret, length, "iv");
    sealer->sequence = 0;
}

static size_t header12(uint8_t header[13], const struct sealer *sealer, uint8_t type, size_t length)
{
    for (size_t i = 0; i < 8; i++) {
        header[i] = (uint8_t)(sealer->sequence >> (56 - 8 * i));
    }
    header[8] = type;
    header[9] = (uint8_t)(sealer->hello.version >> 8);
    header[10] = (uint8_t)sealer->hello.version;
    header[11] = (uint8_t)(length >> 8);
    header[12] = (uint8_t)length;
    return 13;
}

static size_t seal_aead(struct sealer *sealer, uint8_t type, const uint8_t *content, size_t length)
{
    uint8_t header[13];
    uint8_t nonce[12];
    bool tls13 = sealer->hello.version == TLS13;
    int written = 0;
    uint8_t *at = sealer->record;
    size_t header_length = header12(header, sealer, type, length);
    if (tls13) {
        size_t sealed = length + sealer->tag;
        const uint8_t outer[] = {23, 3, 3, (uint8_t)(sealed >> 8), (uint8_t)sealed};
        memcpy(header, outer, sizeof outer);
        header_length = sizeof outer;
    }
    memcpy(nonce, sealer->iv, sizeof nonce);
    for (size_t i = 0; i < 8; i++) {
        uint8_t byte = (uint8_t)(sealer->sequence >> (56 - 8 * i));
        nonce[4 + i] = sealer->sent_nonce ? (uint8_t)(byte ^ 0x5a) : nonce[4 + i] ^ byte;
    }
    if (sealer->sent_nonce) {
        memcpy(at, nonce + 4, 8);
        at += 8;
    }
    EVP_CIPHER *kind = EVP_CIPHER_fetch(NULL, sealer->cipher, NULL);
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    bool ccm = strstr(sealer->cipher, "CCM") != NULL;
    assert_int_equal(EVP_EncryptInit_ex2(cipher, kind, NULL, NULL, NULL), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_IVLEN, 12, NULL), 1);
    if (ccm) {
        assert_int_equal(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, (int)sealer->tag, NULL),
                         1);
    }
    assert_int_equal(EVP_EncryptInit_ex2(cipher, NULL, sealer->key, nonce, NULL), 1);
    if (ccm) {
        assert_int_equal(EVP_EncryptUpdate(cipher, NULL, &written, NULL, (int)length), 1);
    }
    assert_int_equal(EVP_EncryptUpdate(cipher, NULL, &written, header, (int)header_length), 1);
    assert_int_equal(EVP_EncryptUpdate(cipher, at, &written, content, (int)length), 1);
    assert_int_equal(EVP_EncryptFinal_ex(cipher, at + length, &written), 1);
    at += length;
    assert_int_equal(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, (int)sealer->tag, at), 1);
    EVP_CIPHER_CTX_free(cipher);
    EVP_CIPHER_free(kind);
    return (size_t)(at - sealer->record) + sealer->tag;
}

static void put_mac(uint8_t *mac, const struct sealer *sealer, uint8_t type, const uint8_t *bytes,
                    size_t length)
{
    uint8_t all[ROOM + 13];
    unsigned size = 0;
    size_t at = header12(all, sealer, type, length);
    memcpy(all + at, bytes, length);
    assert_non_null(HMAC(EVP_get_digestbyname(sealer->mac), sealer->mac_key,
                         (int)sealer->mac_length, all, at + length, mac, &size));
    assert_int_equal(size, sealer->mac_length);
}

static size_t seal_cbc(struct sealer *sealer, uint8_t type, const uint8_t *content, size_t length)
{
    uint8_t plain[ROOM];
    size_t block = sealer->iv_length;
    bool sent = sealer->hello.version > TLS10;
    size_t at = length;
    int written = 0;
    memcpy(plain, content, length);
    if (!sealer->hello.encrypt_then_mac) {
        put_mac(plain + at, sealer, type, content, length);
        at += sealer->mac_length;
    }
    size_t padding = block - at % block + block; /* a block more than needed */
    memset(plain + at, (int)(padding - 1), padding);
    at += padding;
    uint8_t *out = sealer->record;
    if (sent) {
        memset(sealer->iv, (int)(0x30 + sealer->sequence), block);
        memcpy(out, sealer->iv, block);
        out += block;
    }
    EVP_CIPHER *kind = EVP_CIPHER_fetch(NULL, sealer->cipher, NULL);
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_EncryptInit_ex2(cipher, kind, sealer->key, sealer->iv, NULL), 1);
    assert_int_equal(EVP_CIPHER_CTX_set_padding(cipher, 0), 1);
    assert_int_equal(EVP_EncryptUpdate(cipher, out, &written, plain, (int)at), 1);
    assert_int_equal(written, at);
    EVP_CIPHER_CTX_free(cipher);
    EVP_CIPHER_free(kind);
    out += at;
    memcpy(sealer->iv, out - block, block);
    if (sealer->hello.encrypt_then_mac) {
        put_mac(out, sealer, type, sealer->record, (size_t)(out - sealer->record));
        out += sealer->mac_length;
    }
    return (size_t)(out - sealer->record);
}

/* The next record with this content. TLS 1.3: `padding` zeroes behind its type. */
static struct record seal(struct sealer *sealer, uint8_t type, const char *content, size_t padding)
{
    uint8_t inner[ROOM] = {0};
    size_t length = strlen(content);
    bool tls13 = sealer->hello.version == TLS13;
    memcpy(inner, content, length);
    if (tls13) {
        inner[length] = type;
        length += 1 + padding;
    }
    size_t sealed = sealer->cbc ? seal_cbc(sealer, type, inner, length)
                                : seal_aead(sealer, type, inner, length);
    sealer->sequence++;
    return (struct record){.type = tls13 ? 23 : type,
                           .version = tls13 ? TLS12 : sealer->hello.version,
                           .length = (uint16_t)sealed,
                           .body = wire_over(sealer->record, sealed)};
}

static bool opens(struct unsealing *unsealing, enum speaker from, const struct record *record,
                  uint8_t type, const char *content)
{
    struct unsealed unsealed;
    return unseal_open(unsealing, &unsealed, from, record) && unsealed.type == type &&
           unsealed.body.left == strlen(content) &&
           memcmp(unsealed.body.at, content, unsealed.body.left) == 0;
}

/* ---- TLS 1.0 to 1.2 ---- */

struct row {
    uint16_t version, suite;
    const char *cipher, *mac, *prf;
    size_t key, mac_length, iv, tag;
    bool cbc, sent_nonce, encrypt_then_mac;
};

static const struct row ROWS[] = {
    {TLS12, 0xc02f, "AES-128-GCM", NULL, "SHA256", 16, 0, 4, 16, false, true, false},
    {TLS12, 0xc030, "AES-256-GCM", NULL, "SHA384", 32, 0, 4, 16, false, true, false},
    {TLS12, 0xcca8, "ChaCha20-Poly1305", NULL, "SHA256", 32, 0, 12, 16, false, false, false},
    {TLS12, 0xc09e, "AES-128-CCM", NULL, "SHA256", 16, 0, 4, 16, false, true, false},
    {TLS12, 0xc0a3, "AES-256-CCM", NULL, "SHA256", 32, 0, 4, 8, false, true, false},
    {TLS12, 0xc060, "ARIA-128-GCM", NULL, "SHA256", 16, 0, 4, 16, false, true, false},
    {TLS12, 0xc013, "AES-128-CBC", "SHA1", "SHA256", 16, 20, 16, 0, true, false, false},
    {TLS12, 0xc014, "AES-256-CBC", "SHA1", "SHA256", 32, 20, 16, 0, true, false, true},
    {TLS12, 0xc027, "AES-128-CBC", "SHA256", "SHA256", 16, 32, 16, 0, true, false, false},
    {TLS12, 0xc028, "AES-256-CBC", "SHA384", "SHA384", 32, 48, 16, 0, true, false, true},
    {TLS12, 0x000a, "DES-EDE3-CBC", "SHA1", "SHA256", 24, 20, 8, 0, true, false, false},
    {TLS12, 0x0041, "CAMELLIA-128-CBC", "SHA1", "SHA256", 16, 20, 16, 0, true, false, false},
    {TLS11, 0x002f, "AES-128-CBC", "SHA1", "SHA256", 16, 20, 16, 0, true, false, false},
    {TLS11, 0x0035, "AES-256-CBC", "SHA1", "SHA256", 32, 20, 16, 0, true, false, true},
    {TLS10, 0x002f, "AES-128-CBC", "SHA1", "SHA256", 16, 20, 16, 0, true, false, false},
    {TLS10, 0x000a, "DES-EDE3-CBC", "SHA1", "SHA256", 24, 20, 8, 0, true, false, false},
    {TLS10, 0x0035, "AES-256-CBC", "SHA1", "SHA256", 32, 20, 16, 0, true, false, true},
};

enum { ROW_COUNT = sizeof ROWS / sizeof ROWS[0] };

/* A connection of that kind, whose master secret was logged, and what `from` seals with. */
static struct unsealing *connect_row(struct sealer *sealer, const struct row *row,
                                     enum speaker from)
{
    uint8_t master[48];
    memset(sealer, 0, sizeof *sealer);
    memset(sealer->hello.random[CLIENT], row->suite & 0xff, UNSEAL_RANDOM);
    memset(sealer->hello.random[SERVER], row->version & 0xff, UNSEAL_RANDOM);
    memset(master, 0x77, sizeof master);
    log_secret("CLIENT_RANDOM", sealer->hello.random[CLIENT], master, sizeof master);
    sealer->hello.version = row->version;
    sealer->hello.suite = row->suite;
    sealer->hello.encrypt_then_mac = row->encrypt_then_mac;
    sealer->cipher = row->cipher;
    sealer->mac = row->mac;
    sealer->key_length = row->key;
    sealer->mac_length = row->mac_length;
    sealer->iv_length = row->iv;
    sealer->tag = row->tag;
    sealer->cbc = row->cbc;
    sealer->sent_nonce = row->sent_nonce;
    derive_keys12(sealer, master, from, row->prf);
    struct unsealing *unsealing = unseal_begin(unsealer, &sealer->hello);
    assert_non_null(unsealing);
    return unsealing;
}

static void each_suite_opens_in_both_directions(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        for (int from = 0; from < SPEAKERS; from++) {
            struct sealer sealer;
            struct unsealing *unsealing = connect_row(&sealer, &ROWS[i], (enum speaker)from);
            static const char *const contents[] = {"x", "exactly fifteen", "sixteen of these",
                                                   "GET / HTTP/1.1\r\nHost: server.example\r\n"};
            for (size_t j = 0; j < 4; j++) {
                struct record record = seal(&sealer, (uint8_t)(20 + j), contents[j], 0);
                assert_true(
                    opens(unsealing, (enum speaker)from, &record, (uint8_t)(20 + j), contents[j]));
            }
            unseal_end(unsealing);
        }
    }
}

static void a_changed_byte_keeps_a_record_shut_and_the_next_opens(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        struct sealer sealer;
        struct unsealed unsealed;
        struct unsealing *unsealing = connect_row(&sealer, &ROWS[i], SERVER);
        struct record record = seal(&sealer, 23, "first", 0);
        sealer.record[record.length - 1] ^= 1;
        assert_false(unseal_open(unsealing, &unsealed, SERVER, &record));
        sealer.record[record.length - 1] ^= 1;
        record = seal(&sealer, 23, "second", 0);
        assert_true(opens(unsealing, SERVER, &record, 23, "second") ||
                    (ROWS[i].version == TLS10 && !ROWS[i].encrypt_then_mac));
        record = seal(&sealer, 23, "third", 0);
        assert_true(opens(unsealing, SERVER, &record, 23, "third"));
        unseal_end(unsealing);
    }
}

static void records_that_nobody_wants_still_count(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        struct sealer sealer;
        struct unsealing *unsealing = connect_row(&sealer, &ROWS[i], CLIENT);
        for (int j = 0; j < 300; j++) {
            struct record record = seal(&sealer, 23, "not read", 0);
            unseal_pass(unsealing, CLIENT, &record);
        }
        struct record record = seal(&sealer, 21, "\x01\x02", 0);
        assert_true(opens(unsealing, CLIENT, &record, 21, "\x01\x02"));
        record = seal(&sealer, 23, "only its head", 0);
        struct record head = record;
        head.body = wire_over(record.body.at, 1);
        unseal_pass(unsealing, CLIENT, &head);
        record = seal(&sealer, 21, "a", 0);
        bool opened = opens(unsealing, CLIENT, &record, 21, "a");
        assert_true(opened || ROWS[i].version == TLS10); /* whose IV was in what is missing */
        record = seal(&sealer, 21, "b", 0);
        assert_true(opens(unsealing, CLIENT, &record, 21, "b"));
        unseal_end(unsealing);
    }
}

static void behind_a_hole_the_number_is_found_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        struct sealer sealer;
        struct unsealing *unsealing = connect_row(&sealer, &ROWS[i], SERVER);
        struct record record;
        for (int j = 0; j < UNSEAL_REACH; j++) {
            record = seal(&sealer, 23, "lost", 0);
        }
        unseal_lose(unsealing, SERVER);
        record = seal(&sealer, 23, "found", 0);
        bool chained = ROWS[i].version == TLS10;
        assert_true(opens(unsealing, SERVER, &record, 23, "found") || chained);
        if (!chained) {
            record = seal(&sealer, 23, "again", 0);
            assert_true(opens(unsealing, SERVER, &record, 23, "again"));
        }
        unseal_end(unsealing);
    }
}

static void what_never_opens_is_given_up(void **state)
{
    (void)state;
    struct sealer sealer;
    struct unsealed unsealed;
    uint8_t junk[40] = {0};
    struct unsealing *unsealing = connect_row(&sealer, &ROWS[0], SERVER);
    struct record record = {23, TLS12, sizeof junk, wire_over(junk, sizeof junk)};
    for (int i = 0; i < UNSEAL_FAILURES; i++) {
        assert_false(unseal_open(unsealing, &unsealed, SERVER, &record));
    }
    record = seal(&sealer, 23, "too late", 0);
    assert_false(unseal_open(unsealing, &unsealed, SERVER, &record));
    unseal_end(unsealing);
}

static void records_cut_to_any_length_stay_shut(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        struct sealer sealer;
        struct unsealed unsealed;
        struct unsealing *unsealing = connect_row(&sealer, &ROWS[i], SERVER);
        struct record whole = seal(&sealer, 23, "a text of some length", 0);
        for (size_t length = 0; length < whole.length; length++) {
            struct record record = whole;
            record.length = (uint16_t)length;
            record.body = wire_over(sealer.record, length);
            assert_false(unseal_open(unsealing, &unsealed, SERVER, &record));
        }
        unseal_end(unsealing);
    }
}

static void without_a_secret_or_a_known_suite_there_are_no_keys(void **state)
{
    (void)state;
    struct sealer sealer;
    unseal_end(connect_row(&sealer, &ROWS[0], SERVER));
    struct unseal_hello hello = sealer.hello;
    hello.random[CLIENT][0] ^= 1;
    assert_null(unseal_begin(unsealer, &hello));
    static const struct {
        uint16_t version, suite;
    } unknown[] = {{TLS12, 0x0005},  {TLS12, 0x0001}, {TLS12, 0x0000}, {TLS12, 0xffff},
                   {0x0300, 0x002f}, {TLS13, 0x1301}, {TLS13, 0xc02f}, {TLS12, 0x1301},
                   {0x7f1c, 0x1301}, {TLS12, 0x5600}};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        hello = sealer.hello;
        hello.version = unknown[i].version;
        hello.suite = unknown[i].suite;
        assert_null(unseal_begin(unsealer, &hello));
    }
}

/* ---- TLS 1.3 ---- */

static struct unsealing *connect13(struct sealer *sealer, uint16_t suite, bool early)
{
    uint8_t secret[48];
    size_t length = suite == 0x1302 ? 48 : 32;
    memset(sealer, 0, sizeof *sealer);
    sealer->hello.version = TLS13;
    sealer->hello.suite = suite;
    memset(sealer->hello.random[CLIENT], 0x13, UNSEAL_RANDOM);
    sealer->hello.random[CLIENT][0] = (uint8_t)suite;
    sealer->hello.random[CLIENT][1] = early;
    sealer->cipher = suite == 0x1301   ? "AES-128-GCM"
                     : suite == 0x1302 ? "AES-256-GCM"
                     : suite == 0x1303 ? "ChaCha20-Poly1305"
                                       : "AES-128-CCM";
    sealer->key_length = suite == 0x1302 || suite == 0x1303 ? 32 : 16;
    sealer->tag = suite == 0x1305 ? 8 : 16;
    const char *const labels[] = {"CLIENT_EARLY_TRAFFIC_SECRET", "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                                  "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0",
                                  "SERVER_TRAFFIC_SECRET_0"};
    for (size_t i = early ? 0 : 1; i < 5; i++) {
        memset(secret, (int)(0x11 * (i + 1)), sizeof secret);
        log_secret(labels[i], sealer->hello.random[CLIENT], secret, length);
    }
    struct unsealing *unsealing = unseal_begin(unsealer, &sealer->hello);
    assert_non_null(unsealing);
    return unsealing;
}

/* The keys of a phase: as connect13() logged them, 0 the early ones. */
static void use13(struct sealer *sealer, int index)
{
    uint8_t secret[48];
    memset(secret, 0x11 * (index + 1), sizeof secret);
    take_secret13(sealer, secret, sealer->hello.suite == 0x1302 ? 48 : 32);
}

static void keys_change_where_they_do_in_tls13(void **state)
{
    (void)state;
    for (uint16_t suite = 0x1301; suite <= 0x1305; suite++) {
        struct sealer sealer;
        struct unsealing *unsealing = connect13(&sealer, suite, false);
        use13(&sealer, 2);
        struct record record = seal(&sealer, 22, "encrypted extensions", 0);
        assert_true(opens(unsealing, SERVER, &record, 22, "encrypted extensions"));
        record = seal(&sealer, 22, "finished", 100);
        assert_true(opens(unsealing, SERVER, &record, 22, "finished"));
        use13(&sealer, 4);
        record = seal(&sealer, 22, "ticket", 0);
        assert_true(opens(unsealing, SERVER, &record, 22, "ticket"));
        record = seal(&sealer, 23, "", 3);
        assert_true(opens(unsealing, SERVER, &record, 23, ""));
        use13(&sealer, 1);
        record = seal(&sealer, 21, "\x02\x2a", 16);
        assert_true(opens(unsealing, CLIENT, &record, 21, "\x02\x2a"));
        unseal_end(unsealing);
    }
}

static void a_key_update_is_followed(void **state)
{
    (void)state;
    struct sealer sealer;
    struct unsealed unsealed;
    uint8_t secret[48];
    struct unsealing *unsealing = connect13(&sealer, 0x1301, false);
    use13(&sealer, 4);
    memset(secret, 0x55, sizeof secret);
    struct record record = seal(&sealer, 23, "before", 0);
    assert_true(unseal_open(unsealing, &unsealed, SERVER, &record));
    assert_true(unsealed.application);
    for (int i = 0; i < 3; i++) {
        uint8_t next[32];
        expand13(next, sizeof next, secret, 32, "traffic upd");
        memcpy(secret, next, sizeof next);
        take_secret13(&sealer, secret, 32);
        record = seal(&sealer, 23, "behind", 0);
        assert_true(opens(unsealing, SERVER, &record, 23, "behind"));
    }
    unseal_end(unsealing);
}

static void early_data_comes_before_the_handshake_keys(void **state)
{
    (void)state;
    struct sealer sealer;
    struct unsealed unsealed;
    unseal_end(connect13(&sealer, 0x1301, true));
    sealer.hello.passed[CLIENT] = 2; /* before the ServerHello */
    struct unsealing *unsealing = unseal_begin(unsealer, &sealer.hello);
    use13(&sealer, 0);
    sealer.sequence = 2;
    struct record record = seal(&sealer, 23, "GET", 0);
    assert_true(unseal_open(unsealing, &unsealed, CLIENT, &record));
    assert_true(unsealed.early);
    record = seal(&sealer, 22, "end of early data", 0);
    assert_true(opens(unsealing, CLIENT, &record, 22, "end of early data"));
    use13(&sealer, 1);
    record = seal(&sealer, 22, "finished", 0);
    assert_true(unseal_open(unsealing, &unsealed, CLIENT, &record));
    assert_false(unsealed.early);
    unseal_end(unsealing);
}

static void early_data_without_its_secret_takes_no_numbers(void **state)
{
    (void)state;
    struct sealer sealer;
    struct unsealed unsealed;
    struct unsealing *unsealing = connect13(&sealer, 0x1301, false);
    use13(&sealer, 0);
    for (int i = 0; i < 20; i++) {
        struct record record = seal(&sealer, 23, "early", 0);
        assert_false(unseal_open(unsealing, &unsealed, CLIENT, &record));
    }
    use13(&sealer, 1);
    struct record record = seal(&sealer, 22, "finished", 0);
    assert_true(opens(unsealing, CLIENT, &record, 22, "finished"));
    unseal_end(unsealing);
}

static void behind_a_hole_the_next_keys_are_found(void **state)
{
    (void)state;
    struct sealer sealer;
    struct unsealing *unsealing = connect13(&sealer, 0x1303, false);
    unseal_lose(unsealing, SERVER);
    use13(&sealer, 4);
    sealer.sequence = 5;
    struct record record = seal(&sealer, 23, "data", 0);
    assert_true(opens(unsealing, SERVER, &record, 23, "data"));
    unseal_end(unsealing);
}

static void nothing_but_padding_is_no_record(void **state)
{
    (void)state;
    struct sealer sealer;
    struct unsealed unsealed;
    struct unsealing *unsealing = connect13(&sealer, 0x1301, false);
    use13(&sealer, 2);
    struct record record = seal(&sealer, 0, "", 10);
    assert_false(unseal_open(unsealing, &unsealed, SERVER, &record));
    record = seal(&sealer, 22, "next", 0);
    assert_true(opens(unsealing, SERVER, &record, 22, "next"));
    unseal_end(unsealing);
}

/* ---- RFC 8448, section 3 ---- */

static bool opens_hex(struct unsealing *unsealing, enum speaker from, uint8_t type,
                      const char *content, const char *hex)
{
    uint8_t body[256];
    uint8_t expected[256];
    struct unsealed unsealed;
    size_t length = from_hex(body, hex);
    size_t expected_length = from_hex(expected, content);
    struct record record = {23, TLS12, (uint16_t)length, wire_over(body, length)};
    return unseal_open(unsealing, &unsealed, from, &record) && unsealed.type == type &&
           unsealed.body.left == expected_length &&
           memcmp(unsealed.body.at, expected, expected_length) == 0;
}

static void the_handshake_of_rfc_8448_opens(void **state)
{
    (void)state;
    static const char *const secrets[][2] = {
        {"CLIENT_HANDSHAKE_TRAFFIC_SECRET",
         "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21"},
        {"CLIENT_TRAFFIC_SECRET_0",
         "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5"},
        {"SERVER_TRAFFIC_SECRET_0",
         "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643"},
    };
    static const char data[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                               "202122232425262728292a2b2c2d2e2f3031";
    struct unseal_hello hello = {.version = TLS13, .suite = 0x1301};
    (void)from_hex(hello.random[CLIENT],
                   "cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7");
    for (size_t i = 0; i < 3; i++) {
        uint8_t secret[48];
        size_t length = from_hex(secret, secrets[i][1]);
        log_secret(secrets[i][0], hello.random[CLIENT], secret, length);
    }
    struct unsealing *unsealing = unseal_begin(unsealer, &hello);
    assert_non_null(unsealing);
    assert_true(opens_hex(
        unsealing, CLIENT, 22,
        "14000020a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61",
        "75ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c7a4bfc44d87f38f80338ac98fc46deb384bd1cae"
        "acab6867d726c40546"));
    assert_true(opens_hex(
        unsealing, CLIENT, 23, data,
        "a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b62"
        "974e1f5a6292a2977014bd1e3deae63aeebb21694915e4"));
    assert_true(opens_hex(unsealing, CLIENT, 21, "0100", "c9872760655666b74d7ff1153efd6db6d0b0e3"));
    unseal_lose(unsealing, SERVER); /* its NewSessionTicket */
    assert_true(opens_hex(
        unsealing, SERVER, 23, data,
        "2e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e30efaf97d90e6dffc602dcb501a59a8fc"
        "c49c4bf2e5f0a21c0047c2abf332540dd032e167c2955d"));
    assert_true(opens_hex(unsealing, SERVER, 21, "0100", "b58fd67166ebf599d24720cfbe7efa7a8864a9"));
    unseal_end(unsealing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_suite_opens_in_both_directions),
        cmocka_unit_test(a_changed_byte_keeps_a_record_shut_and_the_next_opens),
        cmocka_unit_test(records_that_nobody_wants_still_count),
        cmocka_unit_test(behind_a_hole_the_number_is_found_again),
        cmocka_unit_test(what_never_opens_is_given_up),
        cmocka_unit_test(records_cut_to_any_length_stay_shut),
        cmocka_unit_test(without_a_secret_or_a_known_suite_there_are_no_keys),
        cmocka_unit_test(keys_change_where_they_do_in_tls13),
        cmocka_unit_test(a_key_update_is_followed),
        cmocka_unit_test(early_data_comes_before_the_handshake_keys),
        cmocka_unit_test(early_data_without_its_secret_takes_no_numbers),
        cmocka_unit_test(behind_a_hole_the_next_keys_are_found),
        cmocka_unit_test(nothing_but_padding_is_no_record),
        cmocka_unit_test(the_handshake_of_rfc_8448_opens),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
