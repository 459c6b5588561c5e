#include "tracking/siphash.h"

#include <openssl/evp.h>
#include <openssl/params.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The key 00 01 ... 0f and messages 00 01 02 ... of whole words, as in the designers' paper; the
 * values are those of an implementation in another language, which gives the paper's for
 * SipHash-2-4. */
static void the_hash_is_siphash_1_3(void **state)
{
    (void)state;
    const struct siphash_key key = {{0x0706050403020100U, 0x0f0e0d0c0b0a0908U}};
    const uint64_t words[] = {0x0706050403020100U, 0x0f0e0d0c0b0a0908U};

    assert_int_equal(siphash_words(&key, words, 0), 0xabac0158050fc4dcU);
    assert_int_equal(siphash_words(&key, words, 1), 0x369095118d299a8eU);
    assert_int_equal(siphash_words(&key, words, 2), 0xcc4fdd1a7d908b66U);
}

/* libcrypto has SipHash with any number of rounds. */
static void the_wide_hash_of_bytes_is_libcryptos(void **state)
{
    (void)state;
    const struct siphash_key key = {{0x0706050403020100U, 0x0f0e0d0c0b0a0908U}};
    uint8_t key_bytes[16];
    uint8_t bytes[300];
    unsigned compress = 1, finalize = 3;
    size_t size = 16;
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_size_t("size", &size),
                               OSSL_PARAM_construct_uint("c-rounds", &compress),
                               OSSL_PARAM_construct_uint("d-rounds", &finalize),
                               OSSL_PARAM_construct_end()};
    assert_non_null(context);
    for (size_t i = 0; i < sizeof key_bytes; i++) {
        key_bytes[i] = (uint8_t)i;
    }
    for (size_t length = 0; length < sizeof bytes; length++) {
        uint8_t expected[16];
        uint8_t got[16];
        size_t written = 0;
        bytes[length] = (uint8_t)(length * 7);
        assert_int_equal(EVP_MAC_init(context, key_bytes, sizeof key_bytes, parameters), 1);
        assert_int_equal(EVP_MAC_update(context, bytes, length), 1);
        assert_int_equal(EVP_MAC_final(context, expected, &written, sizeof expected), 1);
        struct siphash_wide hash = siphash_bytes(&key, bytes, length);
        for (size_t i = 0; i < sizeof got; i++) {
            got[i] = (uint8_t)(hash.word[i / 8] >> i % 8 * 8);
        }
        assert_int_equal(written, sizeof expected);
        assert_memory_equal(got, expected, sizeof expected);
    }
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(mac);
}

static void another_key_gives_another_hash(void **state)
{
    (void)state;
    struct siphash_key one;
    struct siphash_key other;
    const uint64_t word = 1;

    siphash_seed(&one);
    siphash_seed(&other);
    assert_memory_not_equal(&one, &other, sizeof one);
    assert_int_not_equal(siphash_words(&one, &word, 1), siphash_words(&other, &word, 1));
}

static void every_word_counts(void **state)
{
    (void)state;
    const struct siphash_key key = {{1, 2}};
    uint64_t words[5] = {0};
    const uint64_t before = siphash_words(&key, words, 5);

    for (size_t i = 0; i < 5; i++) {
        words[i] = 1;
        assert_int_not_equal(siphash_words(&key, words, 5), before);
        words[i] = 0;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_is_siphash_1_3),
        cmocka_unit_test(the_wide_hash_of_bytes_is_libcryptos),
        cmocka_unit_test(another_key_gives_another_hash),
        cmocka_unit_test(every_word_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
