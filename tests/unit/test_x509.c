#include "build_x509.h"

#include <openssl/dsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { TLS12 = 0x0303 };

static void what_a_certificate_says_is_read(void **state)
{
    (void)state;
    struct build_party root = build_authority("Root", NULL);
    struct build_party leaf = build_party(
        &(struct build_x509){.name = "www.example.org",
                             .organization = "A, B",
                             .names = "DNS:www.example.org,DNS:*.example.net,IP:192.0.2.1,"
                                      "IP:2001:db8::1,email:a@example.org",
                             .more = {{NID_ext_key_usage, "serverAuth"},
                                      {NID_key_usage, "digitalSignature"},
                                      {NID_info_access, "OCSP;URI:http://ocsp.example/,"
                                                        "caIssuers;URI:http://ca.example/"},
                                      {NID_tlsfeature, "status_request"}}},
        &root);
    struct build_world world = build_world(&root);
    const struct chain *chain = build_judge(&world, NULL, CHAIN_OF(leaf.x509));
    const struct certificate *said = chain->certificates[0];
    assert_int_equal(chain->count, 1);
    assert_false(said->malformed);
    assert_string_equal(said->subject, "CN=www.example.org,O=A\\, B");
    assert_string_equal(said->issuer, "CN=Root");
    assert_int_equal(said->subject_common_names.count, 1);
    assert_string_equal(said->subject_common_names.at[0], "www.example.org");
    assert_string_equal(said->issuer_common_names.at[0], "Root");
    assert_int_equal(said->names.count, 5);
    assert_int_equal(said->dns_count, 2);
    assert_int_equal(said->ip_count, 2);
    assert_string_equal(said->names.at[1], "*.example.net");
    assert_string_equal(said->names.at[2], "192.0.2.1");
    assert_string_equal(said->names.at[3], "2001:db8::1");
    assert_string_equal(said->names.at[4], "a@example.org");
    assert_memory_equal(said->serial, "ABCDEF00", 8);
    assert_string_equal(said->key_name, "EC secp256r1");
    assert_int_equal(said->key, KEY_EC);
    assert_int_equal(said->key_bits, 256);
    assert_string_equal(said->signature, "ecdsa-with-SHA256");
    assert_int_equal(said->signature_hash_bits, 256);
    assert_string_equal(said->ocsp_url, "http://ocsp.example/");
    assert_string_equal(said->issuer_url, "http://ca.example/");
    assert_int_equal(said->not_before, build_now - 86400);
    assert_int_equal(said->not_after, build_now + 86400);
    assert_int_equal(said->server_auth, USAGE_PRESENT);
    assert_int_equal(said->client_auth, USAGE_LACKS);
    assert_int_equal(said->digital_signature, USAGE_PRESENT);
    assert_int_equal(said->key_encipherment, USAGE_LACKS);
    assert_true(said->must_staple);
    assert_false(said->has_scts || said->is_authority || said->self_issued || said->self_signed);
    build_world_free(&world);
    build_party_free(&leaf);
    build_party_free(&root);
}

static void what_an_authority_says_is_read(void **state)
{
    (void)state;
    struct build_party root = build_authority("Root", NULL);
    struct build_world world = build_world(&root);
    const struct chain *chain = build_judge(&world, NULL, CHAIN_OF(root.x509));
    const struct certificate *said = chain->certificates[0];
    assert_true(said->is_authority && said->self_issued && said->self_signed);
    assert_int_equal(said->server_auth, USAGE_ABSENT);
    assert_int_equal(said->digital_signature, USAGE_ABSENT);
    assert_true(chain->anchored);
    build_world_free(&world);
    build_party_free(&root);
}

static void keys_and_signatures_have_names(void **state)
{
    (void)state;
    struct {
        EVP_PKEY *key;
        const EVP_MD *digest;
        const char *name, *signature;
        int kind, bits, hash;
    } rows[] = {
        {EVP_RSA_gen(1024), EVP_sha1(), "RSA 1024", "sha1WithRSAEncryption", KEY_RSA, 1024, 160},
        {EVP_RSA_gen(2048), EVP_md5(), "RSA 2048", "md5WithRSAEncryption", KEY_RSA, 2048, 128},
        {EVP_EC_gen("P-384"), EVP_sha384(), "EC secp384r1", "ecdsa-with-SHA384", KEY_EC, 384, 384},
        {EVP_EC_gen("brainpoolP256r1"), EVP_sha512(), "EC brainpoolP256r1", "ecdsa-with-SHA512",
         KEY_EC, 256, 512},
    };
    struct build_party root = build_authority("Root", NULL);
    struct build_world world = build_world(&root);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct build_party leaf =
            build_party_with_key(&(struct build_x509){.digest = rows[i].digest}, NULL, rows[i].key);
        const struct certificate *said =
            build_judge(&world, NULL, CHAIN_OF(leaf.x509))->certificates[0];
        assert_string_equal(said->key_name, rows[i].name);
        assert_string_equal(said->signature, rows[i].signature);
        assert_int_equal(said->key, rows[i].kind);
        assert_int_equal(said->key_bits, rows[i].bits);
        assert_int_equal(said->signature_hash_bits, rows[i].hash);
        assert_true(said->self_signed);
        build_party_free(&leaf);
    }
    build_world_free(&world);
    build_party_free(&root);
}

static void the_hash_of_a_pss_signature_is_in_its_parameters(void **state)
{
    (void)state;
    struct build_party root = build_authority("Root", NULL);
    struct build_world world = build_world(&root);
    struct build_party leaf =
        build_party_with_key(&(struct build_x509){0}, NULL, EVP_RSA_gen(2048));
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *parameters = NULL;
    assert_int_equal(EVP_DigestSignInit(context, &parameters, EVP_sha384(), NULL, leaf.key), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING), 1);
    assert_true(X509_sign_ctx(leaf.x509, context) > 0);
    const struct certificate *said =
        build_judge(&world, NULL, CHAIN_OF(leaf.x509))->certificates[0];
    assert_string_equal(said->key_name, "RSA 2048");
    assert_string_equal(said->signature, "rsassaPss");
    assert_int_equal(said->signature_hash_bits, 384);
    assert_true(said->self_signed);
    EVP_MD_CTX_free(context);
    build_world_free(&world);
    build_party_free(&leaf);
    build_party_free(&root);
}

static void a_dsa_key_has_the_size_of_its_prime(void **state)
{
    (void)state;
    struct build_party root = build_authority("Root", NULL);
    struct build_world world = build_world(&root);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL);
    EVP_PKEY *parameters = NULL;
    EVP_PKEY *key = NULL;
    assert_int_equal(EVP_PKEY_paramgen_init(context), 1);
    assert_int_equal(EVP_PKEY_CTX_set_dsa_paramgen_bits(context, 1024), 1);
    assert_int_equal(EVP_PKEY_CTX_set_dsa_paramgen_q_bits(context, 160), 1);
    assert_int_equal(EVP_PKEY_paramgen(context, &parameters), 1);
    EVP_PKEY_CTX_free(context);
    context = EVP_PKEY_CTX_new(parameters, NULL);
    assert_int_equal(EVP_PKEY_keygen_init(context), 1);
    assert_int_equal(EVP_PKEY_keygen(context, &key), 1);
    struct build_party leaf = build_party_with_key(&(struct build_x509){0}, NULL, key);
    const struct certificate *said =
        build_judge(&world, NULL, CHAIN_OF(leaf.x509))->certificates[0];
    assert_string_equal(said->key_name, "DSA 1024");
    assert_int_equal(said->key, KEY_DSA);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(parameters);
    build_world_free(&world);
    build_party_free(&leaf);
    build_party_free(&root);
}

static void an_edwards_key_has_a_name_and_no_hash(void **state)
{
    (void)state;
    struct build_party root = build_authority("Root", NULL);
    struct build_world world = build_world(&root);
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    struct build_party leaf = {X509_new(), key};
    X509_set_pubkey(leaf.x509, key);
    ASN1_TIME_set(X509_getm_notBefore(leaf.x509), (time_t)build_now);
    ASN1_TIME_set(X509_getm_notAfter(leaf.x509), (time_t)build_now);
    assert_true(X509_sign(leaf.x509, key, NULL) > 0);
    const struct certificate *said =
        build_judge(&world, NULL, CHAIN_OF(leaf.x509))->certificates[0];
    assert_string_equal(said->key_name, "Ed25519");
    assert_string_equal(said->signature, "ED25519");
    assert_int_equal(said->signature_hash_bits, 0);
    assert_string_equal(said->subject, ""); /* an empty name is allowed */
    assert_int_equal(said->subject_common_names.count, 0);
    assert_true(said->self_signed);
    build_world_free(&world);
    build_party_free(&leaf);
    build_party_free(&root);
}

static void times_before_1970_and_beyond_2038_are_read(void **state)
{
    (void)state;
    struct build_party root = build_authority("Root", NULL);
    struct build_party leaf = build_party(&(struct build_x509){0}, &root);
    struct build_world world = build_world(&root);
    assert_int_equal(ASN1_TIME_set_string_X509(X509_getm_notBefore(leaf.x509), "19500101000000Z"),
                     1);
    assert_int_equal(ASN1_TIME_set_string_X509(X509_getm_notAfter(leaf.x509), "99991231235959Z"),
                     1);
    assert_true(X509_sign(leaf.x509, root.key, EVP_sha256()) > 0);
    const struct certificate *said =
        build_judge(&world, NULL, CHAIN_OF(leaf.x509))->certificates[0];
    assert_true(said->not_before == -631152000);
    assert_true(said->not_after == 253402300799);
    build_world_free(&world);
    build_party_free(&leaf);
    build_party_free(&root);
}

static void names_are_made_printable(void **state)
{
    (void)state;
    struct build_party root = build_authority("Root", NULL);
    struct build_party leaf =
        build_party(&(struct build_x509){.name = "a\x1b[31mb\xe2\x80\xae"}, &root);
    struct build_world world = build_world(&root);
    const struct certificate *said =
        build_judge(&world, NULL, CHAIN_OF(leaf.x509))->certificates[0];
    assert_string_equal(said->subject_common_names.at[0], "a\\x1B[31mb\\u{202E}");
    for (const char *at = said->subject; *at != '\0'; at++) {
        assert_in_range(*at, ' ', '~');
    }
    build_world_free(&world);
    build_party_free(&leaf);
    build_party_free(&root);
}

static void a_certificate_is_parsed_once(void **state)
{
    (void)state;
    struct build_party root = build_authority("Root", NULL);
    struct build_party leaf = build_party(&(struct build_x509){0}, &root);
    struct build_world world = build_world(&root);
    const struct chain *first = build_judge(&world, NULL, CHAIN_OF(leaf.x509, root.x509));
    const struct chain *second = build_judge(&world, NULL, CHAIN_OF(root.x509, leaf.x509));
    assert_ptr_equal(first->certificates[0], second->certificates[1]);
    assert_ptr_equal(first->certificates[1], second->certificates[0]);
    build_world_free(&world);
    build_party_free(&leaf);
    build_party_free(&root);
}

static void a_store_grows_and_keeps_what_it_gave_out(void **state)
{
    (void)state;
    enum { MANY = 500 };
    struct build_party root = build_authority("Root", NULL);
    struct build_world world = build_world(&root);
    const struct certificate *kept[MANY];
    unsigned char *der = NULL;
    size_t length = (size_t)i2d_X509(root.x509, &der);
    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < MANY; i++) {
            struct build list = {0};
            der[length - 1] =
                (unsigned char)i; /* in the signature, so that it is another certificate */
            der[length - 2] = (unsigned char)(i >> 8);
            build_der(&list, der, length);
            const struct certificate *certificate = build_take(&world, &list)->certificates[0];
            assert_string_equal(certificate->subject, "CN=Root");
            assert_true(pass == 0 || certificate == kept[i]);
            kept[i] = certificate;
            arena_release(&world.arena);
            build_free(&list);
        }
    }
    OPENSSL_free(der);
    build_world_free(&world);
    build_party_free(&root);
}

static void a_certificate_cut_anywhere_is_malformed(void **state)
{
    (void)state;
    struct build_party root = build_authority("Root", NULL);
    struct build_world world = build_world(&root);
    unsigned char *der = NULL;
    size_t length = (size_t)i2d_X509(root.x509, &der);
    for (size_t cut = 1; cut < length; cut++) {
        struct build list = {0};
        build_der(&list, der, cut);
        struct chain *chain = build_take(&world, &list);
        chain_judge(world.store, chain, "a", build_now);
        assert_true(chain->malformed && chain->certificates[0]->malformed);
        assert_int_equal(chain->certificates[0]->length, cut);
        assert_null(chain->certificates[0]->subject);
        assert_false(chain->signatures_checked);
        build_free(&list);
    }
    OPENSSL_free(der);
    build_world_free(&world);
    build_party_free(&root);
}

static void a_certificate_with_any_byte_changed_does_no_harm(void **state)
{
    (void)state;
    static const unsigned char masks[] = {0x01, 0x80, 0xff};
    struct build_party root = build_authority("Root", NULL);
    struct build_world world = build_world(&root);
    unsigned char *der = NULL;
    size_t length = (size_t)i2d_X509(root.x509, &der);
    for (size_t i = 0; i < length * sizeof masks; i++) {
        struct build list = {0};
        der[i % length] ^= masks[i / length];
        build_der(&list, der, length);
        build_x509(&list, root.x509);
        struct chain *chain = build_take(&world, &list);
        chain_judge(world.store, chain, "a", build_now);
        assert_int_equal(chain->count, 2);
        der[i % length] ^= masks[i / length];
        arena_release(&world.arena);
        build_free(&list);
    }
    OPENSSL_free(der);
    build_world_free(&world);
    build_party_free(&root);
}

static void bytes_behind_a_certificate_make_it_malformed(void **state)
{
    (void)state;
    struct build_party root = build_authority("Root", NULL);
    struct build_world world = build_world(&root);
    struct build list = {0};
    unsigned char *der = NULL;
    int length = i2d_X509(root.x509, &der);
    build_open(&list, 3);
    build_bytes(&list, der, (size_t)length);
    build_u8(&list, 0);
    build_close(&list);
    assert_true(build_take(&world, &list)->certificates[0]->malformed);
    OPENSSL_free(der);
    build_free(&list);
    build_world_free(&world);
    build_party_free(&root);
}

static void garbage_is_malformed_however_large_or_deep(void **state)
{
    (void)state;
    enum { LARGE = 0xfffff0 };
    static unsigned char bytes[LARGE];
    static const struct {
        size_t length;
        unsigned char fill[2];
    } rows[] = {{1, {0, 0}},           {60000, {0x30, 0x80}}, {60000, {0xff, 0xff}},
                {60000, {0x30, 0x7f}}, {LARGE, {0x30, 0x80}}, {CHAIN_DER_MAX + 1, {0, 0}}};
    struct build_party root = build_authority("Root", NULL);
    struct build_world world = build_world(&root);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct build list = {0};
        for (size_t at = 0; at < rows[i].length; at++) {
            bytes[at] = rows[i].fill[at % 2];
        }
        build_der(&list, bytes, rows[i].length);
        struct chain *chain = build_take(&world, &list);
        chain_judge(world.store, chain, "a", build_now);
        assert_true(chain->malformed && chain->certificates[0]->malformed);
        assert_int_equal(chain->certificates[0]->length, rows[i].length);
        build_free(&list);
    }
    build_world_free(&world);
    build_party_free(&root);
}

/* A certificate with `count` names. */
static struct build_party make_many_names(const struct build_party *root, size_t count)
{
    struct build_party party = build_party(&(struct build_x509){0}, root);
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    for (size_t i = 0; i < count; i++) {
        GENERAL_NAME *name = GENERAL_NAME_new();
        ASN1_IA5STRING *text = ASN1_IA5STRING_new();
        char bytes[32];
        (void)snprintf(bytes, sizeof bytes, "n%zu\x1b.example", i);
        ASN1_STRING_set(text, bytes, -1);
        GENERAL_NAME_set0_value(name, GEN_DNS, text);
        (void)sk_GENERAL_NAME_push(names, name);
    }
    assert_int_equal(X509_add1_ext_i2d(party.x509, NID_subject_alt_name, names, 0, 0), 1);
    GENERAL_NAMES_free(names);
    assert_true(X509_sign(party.x509, root->key, EVP_sha256()) > 0);
    return party;
}

static void thousands_of_names_are_read_and_a_megabyte_is_malformed(void **state)
{
    (void)state;
    struct build_party root = build_authority("Root", NULL);
    struct build_world world = build_world(&root);
    struct build_party many = make_many_names(&root, 3000);
    struct build_party too_many = make_many_names(&root, 70000);
    const struct certificate *said =
        build_judge(&world, NULL, CHAIN_OF(many.x509))->certificates[0];
    assert_int_equal(said->names.count, 3000);
    assert_string_equal(said->names.at[2999], "n2999\\x1B.example");
    assert_true(build_judge(&world, NULL, CHAIN_OF(too_many.x509))->certificates[0]->malformed);
    build_world_free(&world);
    build_party_free(&many);
    build_party_free(&too_many);
    build_party_free(&root);
}

static void what_the_arena_has_no_room_for_is_confessed(void **state)
{
    (void)state;
    struct build_party root = build_authority("Root", NULL);
    struct build_world world = build_world(&root);
    struct build_party many = make_many_names(&root, 3000);
    struct chain *chain = NULL;
    while (arena_take(&world.arena, 4096) != NULL) {
        continue;
    }
    struct build body = {0};
    build_open(&body, 3);
    build_x509(&body, many.x509);
    build_close(&body);
    chain = chain_take(world.store, &world.arena, build_wire(&body), TLS12, (struct moment){7, 8});
    assert_true(chain == NULL || chain->truncated);
    build_free(&body);
    build_world_free(&world);
    build_party_free(&many);
    build_party_free(&root);
}

static void an_empty_message_is_an_empty_chain(void **state)
{
    (void)state;
    struct build_party root = build_authority("Root", NULL);
    struct build_world world = build_world(&root);
    struct chain *chain = build_judge(&world, "a", CHAIN_OF(NULL));
    assert_int_equal(chain->count, 0);
    assert_false(chain->malformed || chain->signatures_checked || chain->name_checked);
    build_world_free(&world);
    build_party_free(&root);
}

static void of_too_many_certificates_the_first_are_kept(void **state)
{
    (void)state;
    struct build_party root = build_authority("Root", NULL);
    struct build_world world = build_world(&root);
    struct build list = {0};
    for (size_t i = 0; i <= CHAIN_CERTIFICATES; i++) {
        build_x509(&list, root.x509);
    }
    const struct chain *chain = build_take(&world, &list);
    assert_int_equal(chain->count, CHAIN_CERTIFICATES);
    assert_true(chain->truncated);
    build_free(&list);
    build_world_free(&world);
    build_party_free(&root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_certificate_says_is_read),
        cmocka_unit_test(what_an_authority_says_is_read),
        cmocka_unit_test(keys_and_signatures_have_names),
        cmocka_unit_test(the_hash_of_a_pss_signature_is_in_its_parameters),
        cmocka_unit_test(a_dsa_key_has_the_size_of_its_prime),
        cmocka_unit_test(an_edwards_key_has_a_name_and_no_hash),
        cmocka_unit_test(times_before_1970_and_beyond_2038_are_read),
        cmocka_unit_test(names_are_made_printable),
        cmocka_unit_test(a_certificate_is_parsed_once),
        cmocka_unit_test(a_store_grows_and_keeps_what_it_gave_out),
        cmocka_unit_test(a_certificate_cut_anywhere_is_malformed),
        cmocka_unit_test(a_certificate_with_any_byte_changed_does_no_harm),
        cmocka_unit_test(bytes_behind_a_certificate_make_it_malformed),
        cmocka_unit_test(garbage_is_malformed_however_large_or_deep),
        cmocka_unit_test(thousands_of_names_are_read_and_a_megabyte_is_malformed),
        cmocka_unit_test(what_the_arena_has_no_room_for_is_confessed),
        cmocka_unit_test(an_empty_message_is_an_empty_chain),
        cmocka_unit_test(of_too_many_certificates_the_first_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
