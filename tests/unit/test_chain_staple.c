#include "build_x509.h"
#include "hello.h"

#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { TLS13 = 0x0304 };

/* Adds a response about `about` to the chain of `family`, signed by `signer`; its last byte is
 * turned round where `hurt`. */
static const struct chain *staple(struct build_family *family, const struct build_party *about,
                                  const struct build_party *signer, int status, bool hurt)
{
    struct chain *chain =
        build_judge(&family->world, NULL, CHAIN_OF(family->leaf.x509, family->middle.x509));
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), about->x509, family->middle.x509);
    ASN1_TIME *this_update = ASN1_TIME_set(NULL, (time_t)build_now);
    ASN1_TIME *next_update = ASN1_TIME_set(NULL, (time_t)(build_now + 3600));
    assert_non_null(
        OCSP_basic_add1_status(basic, id, status, 0, this_update, this_update, next_update));
    assert_int_equal(OCSP_basic_sign(basic, signer->x509, signer->key, EVP_sha256(), NULL, 0), 1);
    OCSP_RESPONSE *response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    unsigned char *der = NULL;
    int length = i2d_OCSP_RESPONSE(response, &der);
    /* The signature stands before the responder's certificate, which ends the response. */
    X509 *last = signer->x509;
    int behind = i2d_X509(last, NULL) + 8; /* two headers of 4 bytes */
    der[length - behind - 1] ^= hurt ? 1 : 0;
    chain_staple(family->world.store, chain, wire_over(der, (size_t)length), (struct moment){9, 9});
    assert_int_equal(chain->ocsp_at.frame, 9);
    OPENSSL_free(der);
    OCSP_RESPONSE_free(response);
    OCSP_BASICRESP_free(basic);
    OCSP_CERTID_free(id);
    ASN1_TIME_free(this_update);
    ASN1_TIME_free(next_update);
    return chain;
}

static void a_stapled_response_is_read(void **state)
{
    (void)state;
    static const int statuses[] = {V_OCSP_CERTSTATUS_GOOD, V_OCSP_CERTSTATUS_REVOKED,
                                   V_OCSP_CERTSTATUS_UNKNOWN};
    struct build_family family = build_family();
    for (int i = 0; i < 3; i++) {
        const struct chain *chain =
            staple(&family, &family.leaf, &family.middle, statuses[i], false);
        assert_int_equal(chain->ocsp, i + 1);
        assert_true(chain->ocsp_this_update == build_now);
        assert_true(chain->ocsp_next_update == build_now + 3600);
    }
    build_family_free(&family);
}

static void a_response_by_a_delegate_counts_and_by_others_does_not(void **state)
{
    (void)state;
    struct build_family family = build_family();
    struct build_x509 made = {.name = "Responder", .more = {{NID_ext_key_usage, "OCSPSigning"}}};
    struct build_party delegate = build_party(&made, &family.middle);
    struct build_party no_delegate =
        build_party(&(struct build_x509){.name = "Responder"}, &family.middle);
    struct build_party stranger = build_party(&made, &family.stranger);
    assert_int_equal(staple(&family, &family.leaf, &delegate, V_OCSP_CERTSTATUS_GOOD, false)->ocsp,
                     1);
    assert_int_equal(
        staple(&family, &family.leaf, &no_delegate, V_OCSP_CERTSTATUS_GOOD, false)->ocsp, 5);
    assert_int_equal(staple(&family, &family.leaf, &stranger, V_OCSP_CERTSTATUS_GOOD, false)->ocsp,
                     5);
    build_party_free(&delegate);
    build_party_free(&no_delegate);
    build_party_free(&stranger);
    build_family_free(&family);
}

static void a_response_with_a_broken_signature_is_seen(void **state)
{
    (void)state;
    struct build_family family = build_family();
    assert_int_equal(
        staple(&family, &family.leaf, &family.middle, V_OCSP_CERTSTATUS_GOOD, true)->ocsp, 5);
    build_family_free(&family);
}

static void a_response_about_another_certificate_is_of_no_use(void **state)
{
    (void)state;
    struct build_family family = build_family();
    struct build_party other = build_party(&(struct build_x509){0}, &family.middle);
    assert_int_equal(staple(&family, &other, &family.middle, V_OCSP_CERTSTATUS_GOOD, false)->ocsp,
                     4);
    build_party_free(&other);
    build_family_free(&family);
}

static void an_error_status_and_garbage_are_of_no_use(void **state)
{
    (void)state;
    static const unsigned char garbage[70000] = {0x30, 0x80};
    static const unsigned char try_later[] = {0x30, 3, 0x0a, 1, OCSP_RESPONSE_STATUS_TRYLATER};
    struct build_family family = build_family();
    struct chain *chain =
        build_judge(&family.world, NULL, CHAIN_OF(family.leaf.x509, family.middle.x509));
    const struct wire responses[] = {wire_over(try_later, sizeof try_later), wire_over(NULL, 0),
                                     wire_over(garbage, 5), wire_over(garbage, sizeof garbage)};
    for (size_t i = 0; i < sizeof responses / sizeof responses[0]; i++) {
        chain->ocsp = 0;
        chain_staple(family.world.store, chain, responses[i], (struct moment){9, 9});
        assert_int_equal(chain->ocsp, 4);
    }
    build_family_free(&family);
}

static void a_response_in_a_tls13_entry_is_read(void **state)
{
    (void)state;
    struct build_family family = build_family();
    struct build body = {0};
    build_u8(&body, 0);
    build_open(&body, 3);
    build_x509(&body, family.leaf.x509);
    build_open(&body, 2);
    build_open_extension(&body, EXTENSION_STATUS_REQUEST);
    build_u8(&body, 1);
    build_open(&body, 3);
    build_text(&body, "no response");
    build_close(&body);
    build_close(&body);
    build_close(&body);
    build_close(&body);
    const struct chain *chain = chain_take(family.world.store, &family.world.arena,
                                           build_wire(&body), TLS13, (struct moment){3, 3});
    assert_int_equal(chain->count, 1);
    assert_int_equal(chain->ocsp, 4);
    assert_int_equal(chain->ocsp_at.frame, 3);
    build_free(&body);
    build_family_free(&family);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stapled_response_is_read),
        cmocka_unit_test(a_response_by_a_delegate_counts_and_by_others_does_not),
        cmocka_unit_test(a_response_with_a_broken_signature_is_seen),
        cmocka_unit_test(a_response_about_another_certificate_is_of_no_use),
        cmocka_unit_test(an_error_status_and_garbage_are_of_no_use),
        cmocka_unit_test(a_response_in_a_tls13_entry_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
