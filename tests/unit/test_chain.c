#define _POSIX_C_SOURCE 200809L /* setenv, unlink */

#include "build_x509.h"
#include "tracking/chain_store.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void a_chain_to_a_root_that_was_not_sent_is_anchored(void **state)
{
    (void)state;
    struct build_family family = build_family();
    for (int again = 0; again < 2; again++) { /* the second time from memory */
        const struct chain *chain = build_judge(&family.world, "example.org",
                                                CHAIN_OF(family.leaf.x509, family.middle.x509));
        assert_true(chain->signatures_checked && chain->in_order && chain->anchored);
        assert_false(chain->signature_broken || chain->issuer_missing ||
                     chain->root_sent_untrusted);
        assert_true(chain->name_checked && chain->name_fits);
    }
    build_family_free(&family);
}

static void a_chain_out_of_order_is_anchored_all_the_same(void **state)
{
    (void)state;
    struct build_family family = build_family();
    const struct chain *chain = build_judge(
        &family.world, NULL,
        CHAIN_OF(family.leaf.x509, family.stranger.x509, family.root.x509, family.middle.x509));
    assert_true(chain->anchored);
    assert_false(chain->in_order || chain->signature_broken || chain->name_checked);
    build_family_free(&family);
}

static void a_missing_intermediate_is_seen(void **state)
{
    (void)state;
    struct build_family family = build_family();
    const struct chain *chain =
        build_judge(&family.world, NULL, CHAIN_OF(family.leaf.x509, family.root.x509));
    assert_true(chain->issuer_missing);
    assert_false(chain->anchored || chain->in_order || chain->signature_broken ||
                 chain->root_sent_untrusted);
    build_family_free(&family);
}

static void a_root_that_is_not_trusted_is_seen(void **state)
{
    (void)state;
    struct build_family family = build_family();
    struct build_party leaf = build_party(&(struct build_x509){0}, &family.stranger);
    const struct chain *chain =
        build_judge(&family.world, NULL, CHAIN_OF(leaf.x509, family.stranger.x509));
    assert_true(chain->root_sent_untrusted && chain->in_order);
    assert_false(chain->anchored || chain->issuer_missing || chain->signature_broken);
    build_party_free(&leaf);
    build_family_free(&family);
}

static void a_root_that_bears_a_trusted_name_is_not_trusted(void **state)
{
    (void)state;
    struct build_family family = build_family();
    struct build_party other = build_authority("Root", NULL);
    struct build_party leaf = build_party(&(struct build_x509){0}, &other);
    const struct chain *chain = build_judge(&family.world, NULL, CHAIN_OF(leaf.x509, other.x509));
    assert_true(chain->root_sent_untrusted && chain->in_order);
    assert_false(chain->anchored);
    build_party_free(&leaf);
    build_party_free(&other);
    build_family_free(&family);
}

static void a_self_signed_certificate_is_its_own_untrusted_root(void **state)
{
    (void)state;
    struct build_family family = build_family();
    struct build_party leaf = build_party(&(struct build_x509){0}, NULL);
    const struct chain *chain = build_judge(&family.world, NULL, CHAIN_OF(leaf.x509));
    assert_true(chain->certificates[0]->self_signed && chain->root_sent_untrusted &&
                chain->in_order);
    assert_false(chain->anchored || chain->issuer_missing || chain->signature_broken);
    build_party_free(&leaf);
    build_family_free(&family);
}

static void a_broken_signature_is_seen(void **state)
{
    (void)state;
    struct build_family family = build_family();
    unsigned char *der = NULL;
    size_t length = (size_t)i2d_X509(family.leaf.x509, &der);
    struct build list = {0};
    der[length - 1] ^= 1;
    build_der(&list, der, length);
    build_x509(&list, family.middle.x509);
    struct chain *chain = build_take(&family.world, &list);
    chain_judge(family.world.store, chain, NULL, build_now);
    assert_true(chain->signature_broken);
    assert_false(chain->anchored || chain->in_order || chain->issuer_missing || chain->malformed);
    OPENSSL_free(der);
    build_free(&list);
    build_family_free(&family);
}

static void of_two_authorities_with_one_name_the_right_one_counts(void **state)
{
    (void)state;
    struct build_family family = build_family();
    struct build_party other = build_authority("Middle", &family.root);
    const struct chain *chain = build_judge(
        &family.world, NULL, CHAIN_OF(family.leaf.x509, other.x509, family.middle.x509));
    assert_true(chain->anchored);
    assert_false(chain->signature_broken || chain->in_order);
    chain = build_judge(&family.world, NULL, CHAIN_OF(family.leaf.x509, other.x509));
    assert_true(chain->issuer_missing); /* its key identifier says that it is another one */
    assert_false(chain->signature_broken || chain->anchored);
    build_party_free(&other);
    build_family_free(&family);
}

static void an_authority_that_two_have_signed_is_followed_to_both(void **state)
{
    (void)state;
    struct build_family family = build_family();
    struct build_x509 made = {.name = "Middle", .authority = true};
    EVP_PKEY_up_ref(family.middle.key);
    struct build_party crossed = build_party_with_key(&made, &family.stranger, family.middle.key);
    const struct chain *chain = build_judge(
        &family.world, NULL,
        CHAIN_OF(family.leaf.x509, crossed.x509, family.stranger.x509, family.middle.x509));
    assert_true(chain->anchored);
    assert_false(chain->root_sent_untrusted || chain->signature_broken);
    build_party_free(&crossed);
    build_family_free(&family);
}

static void many_authorities_of_one_name_cost_a_bounded_number_of_signatures(void **state)
{
    (void)state;
    struct build_party root = build_authority("Root", NULL);
    struct build_world world = build_world(&root);
    struct build list = {0};
    for (size_t i = 0; i < CHAIN_CERTIFICATES; i++) {
        struct build_party same =
            build_party_with_key(&(struct build_x509){.name = "Same"}, NULL, NULL);
        build_x509(&list, same.x509);
        build_party_free(&same);
    }
    struct chain *chain = build_take(&world, &list);
    chain_judge(world.store, chain, NULL, build_now);
    assert_true(chain->signatures_checked);
    build_free(&list);
    build_world_free(&world);
    build_party_free(&root);
}

/* ---- names ---- */

static void names_fit_as_rfc_9525_has_it(void **state)
{
    (void)state;
    static const struct {
        const char *names, *wanted;
        bool fits;
    } rows[] = {
        {"DNS:example.org", "example.org", true},
        {"DNS:example.org", "EXAMPLE.org.", true},
        {"DNS:example.org", "www.example.org", false},
        {"DNS:a.example,DNS:b.example", "b.example", true},
        {"DNS:*.example.org", "www.example.org", true},
        {"DNS:*.example.org", "example.org", false},
        {"DNS:*.example.org", "a.b.example.org", false},
        {"DNS:*.example.org", ".example.org", false},
        {"DNS:w*.example.org", "www.example.org", false},
        {"DNS:www.*.org", "www.example.org", false},
        {"DNS:*.org", "example.org", false},
        {"DNS:*", "example", false},
        {"DNS:xn--bcher-kva.example", "XN--BCHER-KVA.example", true},
        {"IP:192.0.2.1", "192.0.2.1", true},
        {"IP:192.0.2.1", "192.0.2.2", false},
        {"IP:2001:db8::1", "2001:0DB8:0::1", true},
        {"DNS:192.0.2.1", "192.0.2.1", false},
        {"DNS:*.0.2.1", "192.0.2.1", false},
        {"DNS:example.org", "", false},
        {"URI:https://example.org", "example.org", false},
        {NULL, "leaf", false}, /* a common name does not count */
    };
    struct build_party root = build_authority("Root", NULL);
    struct build_world world = build_world(&root);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct build_party leaf = build_party(&(struct build_x509){.names = rows[i].names}, &root);
        const struct chain *chain = build_judge(&world, rows[i].wanted, CHAIN_OF(leaf.x509));
        assert_true(chain->name_checked);
        assert_int_equal(chain->name_fits, rows[i].fits);
        build_party_free(&leaf);
    }
    build_world_free(&world);
    build_party_free(&root);
}

static void a_name_with_a_nul_in_it_is_another_name(void **state)
{
    (void)state;
    static const char bytes[] = "example.org\0.attacker.example";
    struct build_party root = build_authority("Root", NULL);
    struct build_party leaf = build_party(&(struct build_x509){0}, &root);
    struct build_world world = build_world(&root);
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();
    ASN1_STRING_set(text, bytes, sizeof bytes - 1);
    GENERAL_NAME_set0_value(name, GEN_DNS, text);
    (void)sk_GENERAL_NAME_push(names, name);
    assert_int_equal(X509_add1_ext_i2d(leaf.x509, NID_subject_alt_name, names, 0, 0), 1);
    GENERAL_NAMES_free(names);
    assert_true(X509_sign(leaf.x509, root.key, EVP_sha256()) > 0);
    const struct chain *chain = build_judge(&world, "example.org", CHAIN_OF(leaf.x509));
    assert_false(chain->name_fits);
    assert_string_equal(chain->certificates[0]->names.at[0], "example.org\\x00.attacker.example");
    build_world_free(&world);
    build_party_free(&leaf);
    build_party_free(&root);
}

static void an_authoritys_name_is_one_printable_line(void **state)
{
    (void)state;
    struct build_party root = build_authority("Root", NULL);
    struct build_world world = build_world(&root);
    X509_NAME *name = X509_NAME_new();
    build_x509_name(name, &(struct build_x509){.name = "Ro\not", .organization = "\xc3\x9c"});
    unsigned char *der = NULL;
    size_t length = (size_t)i2d_X509_NAME(name, &der);
    const char *text = chain_name(world.store, &world.arena, wire_over(der, length));
    assert_string_equal(text, "CN=Ro\\0Aot,O=\xc3\x9c");
    for (size_t cut = 0; cut < length; cut++) {
        assert_string_equal(chain_name(world.store, &world.arena, wire_over(der, cut)), "");
    }
    assert_ptr_equal(chain_name(world.store, &world.arena, wire_over(der, length)), text);
    assert_int_equal(ERR_peek_error(), 0);
    OPENSSL_free(der);
    X509_NAME_free(name);
    build_world_free(&world);
    build_party_free(&root);
}

static void names_are_remembered_up_to_a_bound_and_read_behind_it(void **state)
{
    (void)state;
    enum { NAMES = 3000 }; /* more than are remembered */
    struct build_party root = build_authority("Root", NULL);
    struct build_world world = build_world(&root);
    const char *first = NULL;
    for (unsigned i = 0; i < 2 * NAMES; i++) {
        char said[32];
        X509_NAME *name = X509_NAME_new();
        (void)snprintf(said, sizeof said, "Authority %u", i % NAMES);
        build_x509_name(name, &(struct build_x509){.name = said});
        unsigned char *der = NULL;
        size_t length = (size_t)i2d_X509_NAME(name, &der);
        const char *text = chain_name(world.store, &world.arena, wire_over(der, length));
        assert_non_null(strstr(text, said));
        first = first == NULL ? text : first;
        if (i == NAMES) {
            assert_ptr_equal(text, first);
        }
        OPENSSL_free(der);
        X509_NAME_free(name);
    }
    build_world_free(&world);
    build_party_free(&root);
}

/* With this key the hash multiplies by 1, and its first lane goes from 0 over `word` to 0 again. */
static void make_collide(uint8_t junk[64], uint64_t word)
{
    uint64_t mixed = word ^ word >> 32;
    memset(junk, 0, 64);
    memcpy(junk, &word, sizeof word);
    memcpy(junk + 32, &mixed, sizeof mixed);
}

static void of_many_that_collide_a_few_are_remembered_and_all_are_read(void **state)
{
    (void)state;
    struct build_party root = build_authority("Root", NULL);
    struct build_world world = build_world(&root);
    size_t remembered = 0;
    world.store->key = (struct siphash_key){{0, 0}};
    for (uint64_t word = 1; word <= 20; word++) {
        uint8_t junk[64];
        make_collide(junk, word);
        struct wire der = wire_over(junk, sizeof junk);
        const struct kept_certificate *kept = chain_store_keep(world.store, &world.arena, der);
        const struct kept_certificate *again = chain_store_keep(world.store, &world.arena, der);
        assert_non_null(kept);
        assert_true(kept->certificate.malformed && again->certificate.malformed);
        assert_memory_equal(kept->certificate.sha256, again->certificate.sha256, 32);
        assert_true(kept->certificate.number == 0 || kept == again);
        remembered += kept->certificate.number != 0;
    }
    assert_int_equal(remembered, 4);
    build_world_free(&world);
    build_party_free(&root);
}

/* ---- the roots ---- */

static void what_is_wrong_with_an_authorities_file_is_said(void **state)
{
    (void)state;
    char path[32];
    char error[256] = "";
    assert_null(chain_store_new("/nonexistent/roots.pem", error, sizeof error));
    assert_non_null(strstr(error, "/nonexistent/roots.pem: "));
    build_file(path, "no certificate\n", NULL);
    assert_null(chain_store_new(path, error, sizeof error));
    assert_non_null(strstr(error, path));
    (void)unlink(path);
    build_file(path, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", NULL);
    assert_null(chain_store_new(path, error, sizeof error));
    assert_non_null(strstr(error, "certificate 1 cannot be parsed"));
    (void)unlink(path);
    assert_int_equal(ERR_peek_error(), 0);
}

static void the_systems_roots_may_be_missing(void **state)
{
    (void)state;
    char error[256] = "";
    struct build_party leaf = build_party(&(struct build_x509){0}, NULL);
    assert_int_equal(setenv("SSL_CERT_FILE", "/nonexistent/roots.pem", 1), 0);
    struct build_world world = {.store = chain_store_new(NULL, error, sizeof error)};
    assert_non_null(world.store);
    assert_int_equal(chain_roots(world.store), 0);
    const struct chain *chain = build_judge(&world, NULL, CHAIN_OF(leaf.x509));
    assert_true(chain->signatures_checked && chain->certificates[0]->self_signed);
    assert_false(chain->anchored || chain->root_sent_untrusted || chain->issuer_missing);
    build_world_free(&world);
    build_party_free(&leaf);
    (void)unsetenv("SSL_CERT_FILE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_to_a_root_that_was_not_sent_is_anchored),
        cmocka_unit_test(a_chain_out_of_order_is_anchored_all_the_same),
        cmocka_unit_test(a_missing_intermediate_is_seen),
        cmocka_unit_test(a_root_that_is_not_trusted_is_seen),
        cmocka_unit_test(a_root_that_bears_a_trusted_name_is_not_trusted),
        cmocka_unit_test(a_self_signed_certificate_is_its_own_untrusted_root),
        cmocka_unit_test(a_broken_signature_is_seen),
        cmocka_unit_test(of_two_authorities_with_one_name_the_right_one_counts),
        cmocka_unit_test(an_authority_that_two_have_signed_is_followed_to_both),
        cmocka_unit_test(many_authorities_of_one_name_cost_a_bounded_number_of_signatures),
        cmocka_unit_test(names_fit_as_rfc_9525_has_it),
        cmocka_unit_test(a_name_with_a_nul_in_it_is_another_name),
        cmocka_unit_test(an_authoritys_name_is_one_printable_line),
        cmocka_unit_test(names_are_remembered_up_to_a_bound_and_read_behind_it),
        cmocka_unit_test(of_many_that_collide_a_few_are_remembered_and_all_are_read),
        cmocka_unit_test(what_is_wrong_with_an_authorities_file_is_said),
        cmocka_unit_test(the_systems_roots_may_be_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
