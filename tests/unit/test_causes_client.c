/* What servers refuse of clients' certificates, in clear and by sizes. */
#include "handshakes.h"

enum { LONG_AGO = 1600000000 };

static const char *const known[] = {"CN=Example Clients CA"};

struct scene {
    struct handshake handshake;
    struct certificate certificate;
    const struct certificate *certificates[1];
    struct chain chain;
    struct verdict verdict;
};

/* TLS 1.2: the server asks for a certificate by known authorities, and the client gives one of
 * them. */
static struct facts *mutual(struct scene *scene)
{
    memset(scene, 0, sizeof *scene);
    struct handshake *handshake = &scene->handshake;
    client_hello_up_to(handshake, 0x0303);
    server_hello(handshake, 0x0303, 0xc02f);
    server_certificate(handshake);
    struct facts *facts = &handshake->facts;
    facts->certificate_request = next(handshake);
    facts->authorities = (struct text_list){known, 1};
    facts->server_hello_done = facts->certificate_request;
    scene->certificate = (struct certificate){.subject = "CN=client",
                                              .issuer = "CN=Example Clients CA",
                                              .key = KEY_RSA,
                                              .key_bits = 2048,
                                              .signature_hash_bits = 256,
                                              .client_auth = USAGE_PRESENT,
                                              .not_before = 1690000000,
                                              .not_after = 1790000000};
    scene->certificates[0] = &scene->certificate;
    scene->chain =
        (struct chain){.at = next(handshake), .certificates = scene->certificates, .count = 1};
    facts->chain[CLIENT] = &scene->chain;
    facts->client_key_exchange = next(handshake);
    facts->certificate_verify = next(handshake);
    facts->transport.side[CLIENT].last_data = facts->certificate_verify;
    facts->stage = STAGE_SERVER_CHANGE;
    return facts;
}

static void expect(struct scene *scene, const char *cause, enum confidence confidence)
{
    diagnose(&scene->verdict, &scene->handshake.facts, NULL);
    assert_int_equal(scene->verdict.status, STATUS_FAILED);
    assert_non_null(scene->verdict.cause);
    assert_string_equal(scene->verdict.cause->id, cause);
    assert_int_equal(scene->verdict.confidence, confidence);
    assert_true(scene->verdict.argument.summary[0] != '\0');
}

static void an_empty_certificate_and_an_alert_prove_that_it_is_missing(void **state)
{
    (void)state;
    static const uint8_t codes[] = {40, 42, 50, 116};
    for (size_t i = 0; i < sizeof codes; i++) {
        struct scene scene;
        (void)mutual(&scene);
        scene.chain.count = 0;
        alert(&scene.handshake, SERVER, 2, codes[i]);
        expect(&scene, "client_certificate.missing", CERTAIN);
    }
}

static void an_empty_certificate_and_a_close_mean_that_it_is_missing(void **state)
{
    (void)state;
    struct scene scene;
    (void)mutual(&scene);
    scene.chain.count = 0;
    fin(&scene.handshake, SERVER);
    expect(&scene, "client_certificate.missing", LIKELY);
}

static void faults_of_the_client_are_held_against_the_alert(void **state)
{
    (void)state;
    struct scene scene;
    (void)mutual(&scene);
    scene.certificate.not_after = LONG_AGO;
    alert(&scene.handshake, SERVER, 2, 45);
    expect(&scene, "client_certificate.expired", CERTAIN);

    (void)mutual(&scene);
    scene.certificate.client_auth = USAGE_LACKS;
    alert(&scene.handshake, SERVER, 2, 42);
    expect(&scene, "client_certificate.wrong_usage", LIKELY);

    (void)mutual(&scene);
    alert(&scene.handshake, SERVER, 2, 44);
    expect(&scene, "client_certificate.revoked", LIKELY);
}

static void an_issuer_that_the_server_does_not_name_is_untrusted(void **state)
{
    (void)state;
    struct scene scene;
    (void)mutual(&scene);
    scene.certificate.issuer = "CN=Somebody Else";
    alert(&scene.handshake, SERVER, 2, 46);
    expect(&scene, "client_certificate.untrusted", LIKELY);
    assert_non_null(strstr(scene.verdict.argument.summary, "not among"));
}

static void without_a_list_nothing_is_said_of_the_issuer(void **state)
{
    (void)state;
    struct scene scene;
    struct facts *facts = mutual(&scene);
    facts->authorities.count = 0;
    alert(&scene.handshake, SERVER, 2, 46);
    expect(&scene, "client_certificate.rejected", LIKELY);
}

static void a_wrong_signature_before_the_keys_are_used_is_proof(void **state)
{
    (void)state;
    struct scene scene;
    struct facts *facts = mutual(&scene);
    alert(&scene.handshake, SERVER, 2, 51);
    expect(&scene, "client_certificate.unproven", CERTAIN);
    facts->change_cipher_spec[CLIENT] = facts->certificate_verify;
    expect(&scene, "client_certificate.unproven", LIKELY);
}

static void sizes_tell_an_empty_certificate_from_a_refused_one(void **state)
{
    (void)state;
    struct scene scene;
    memset(&scene, 0, sizeof scene);
    finished_13(&scene.handshake, 25);
    sealed(&scene.handshake, SERVER, RECORD_APPLICATION_DATA, 19);
    fin(&scene.handshake, SERVER);
    expect(&scene, "client_certificate.missing", LIKELY);

    memset(&scene, 0, sizeof scene);
    finished_13(&scene.handshake, 1700);
    sealed(&scene.handshake, SERVER, RECORD_APPLICATION_DATA, 19);
    fin(&scene.handshake, SERVER);
    expect(&scene, "client_certificate.rejected", LIKELY);
}

static void java_pads_its_empty_certificate_and_its_alert(void **state)
{
    (void)state;
    struct scene scene;
    memset(&scene, 0, sizeof scene);
    finished_13(&scene.handshake, 41);
    sealed(&scene.handshake, SERVER, RECORD_APPLICATION_DATA, 35);
    fin(&scene.handshake, SERVER);
    expect(&scene, "client_certificate.missing", LIKELY);
}

static void an_alert_alone_tells_the_general_cause(void **state)
{
    (void)state;
    struct scene scene;
    struct facts *facts = mutual(&scene);
    facts->chain[CLIENT] = NULL;
    facts->certificate_verify.frame = 0;
    facts->client_key_exchange.frame = 0;
    facts->certificate_request.frame = 0;
    facts->transport.side[CLIENT].missing = true;
    alert(&scene.handshake, SERVER, 2, 48);
    expect(&scene, "client_certificate.rejected", LIKELY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_certificate_and_an_alert_prove_that_it_is_missing),
        cmocka_unit_test(an_empty_certificate_and_a_close_mean_that_it_is_missing),
        cmocka_unit_test(faults_of_the_client_are_held_against_the_alert),
        cmocka_unit_test(an_issuer_that_the_server_does_not_name_is_untrusted),
        cmocka_unit_test(without_a_list_nothing_is_said_of_the_issuer),
        cmocka_unit_test(a_wrong_signature_before_the_keys_are_used_is_proof),
        cmocka_unit_test(sizes_tell_an_empty_certificate_from_a_refused_one),
        cmocka_unit_test(java_pads_its_empty_certificate_and_its_alert),
        cmocka_unit_test(an_alert_alone_tells_the_general_cause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
