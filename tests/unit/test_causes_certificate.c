/* What clients refuse of servers' certificates: alerts and closes held against faults. */
#include "handshakes.h"

#include "diagnosis/faults.h"

enum { LONG_AGO = 1600000000, FAR_AHEAD = 2100000000 };

struct scene {
    struct handshake handshake;
    struct certificate intermediate;
    const struct certificate *both[2];
    struct server server;
    struct verdict verdict;
};

/* TLS 1.2 up to the server's flight: its certificate, and the intermediate of a private authority
 * behind it. */
static struct facts *flight(struct scene *scene)
{
    memset(scene, 0, sizeof *scene);
    struct handshake *handshake = &scene->handshake;
    client_hello_up_to(handshake, 0x0303);
    server_hello(handshake, 0x0303, 0xc02f);
    server_certificate(handshake);
    handshake->certificate.subject = "CN=www.example.test";
    handshake->certificate.issuer = "CN=Example Intermediate";
    handshake->certificate.signature_hash_bits = 256;
    scene->intermediate = handshake->certificate;
    scene->intermediate.subject = "CN=Example Intermediate";
    scene->intermediate.issuer = "CN=Example CA";
    scene->intermediate.is_authority = true;
    scene->both[0] = &handshake->certificate;
    scene->both[1] = &scene->intermediate;
    handshake->chain.certificates = scene->both;
    handshake->chain.count = 2;
    handshake->chain.issuer_missing = true;
    handshake->facts.server_hello_done = handshake->chain.at;
    handshake->facts.stage = STAGE_CLIENT_FLIGHT;
    return &handshake->facts;
}

static void expect(struct scene *scene, const char *cause, enum confidence confidence)
{
    diagnose(&scene->verdict, &scene->handshake.facts, &scene->server);
    assert_int_equal(scene->verdict.status, STATUS_FAILED);
    assert_non_null(scene->verdict.cause);
    assert_string_equal(scene->verdict.cause->id, cause);
    assert_int_equal(scene->verdict.confidence, confidence);
    assert_true(scene->verdict.argument.summary[0] != '\0');
}

static bool is_alternative(const struct scene *scene, const char *cause)
{
    for (size_t i = 0; i < scene->verdict.alternatives; i++) {
        if (strcmp(scene->verdict.alternative[i].cause->id, cause) == 0) {
            return true;
        }
    }
    return false;
}

static void an_alert_that_names_the_fault_that_shows_is_proof(void **state)
{
    (void)state;
    struct scene scene;
    (void)flight(&scene);
    scene.handshake.certificate.not_after = LONG_AGO;
    alert(&scene.handshake, CLIENT, 2, 45);
    expect(&scene, "certificate.expired", CERTAIN);

    (void)flight(&scene);
    scene.handshake.certificate.server_auth = USAGE_LACKS;
    alert(&scene.handshake, CLIENT, 2, 43);
    expect(&scene, "certificate.wrong_usage", CERTAIN);

    (void)flight(&scene);
    scene.handshake.chain.signature_broken = true;
    alert(&scene.handshake, CLIENT, 2, 51);
    expect(&scene, "certificate.malformed", CERTAIN);

    (void)flight(&scene);
    scene.handshake.chain.ocsp = 5;
    scene.handshake.chain.ocsp_at = scene.handshake.chain.at;
    alert(&scene.handshake, CLIENT, 2, 113);
    expect(&scene, "certificate.status_invalid", CERTAIN);
}

static void a_general_alert_means_the_only_fault_that_shows(void **state)
{
    (void)state;
    static const uint8_t general[] = {42, 46, 40};
    for (size_t i = 0; i < sizeof general; i++) {
        struct scene scene;
        (void)flight(&scene);
        scene.handshake.certificate.not_after = LONG_AGO;
        alert(&scene.handshake, CLIENT, 2, general[i]);
        expect(&scene, "certificate.expired", LIKELY);

        (void)flight(&scene);
        scene.handshake.chain.name_fits = false;
        alert(&scene.handshake, CLIENT, 2, general[i]);
        expect(&scene, "certificate.name_mismatch", LIKELY);

        (void)flight(&scene);
        scene.handshake.certificate.key_bits = 1024;
        alert(&scene.handshake, CLIENT, 2, general[i]);
        expect(&scene, "certificate.weak", LIKELY);

        (void)flight(&scene);
        scene.handshake.certificate.not_before = FAR_AHEAD;
        alert(&scene.handshake, CLIENT, 2, general[i]);
        expect(&scene, "certificate.not_yet_valid", LIKELY);
    }
}

static void of_several_faults_the_most_fatal_comes_first(void **state)
{
    (void)state;
    struct scene scene;
    (void)flight(&scene);
    scene.handshake.certificate.not_after = LONG_AGO;
    scene.handshake.chain.name_fits = false;
    alert(&scene.handshake, CLIENT, 2, 42);
    expect(&scene, "certificate.expired", LIKELY);
    assert_true(is_alternative(&scene, "certificate.name_mismatch"));
}

static void a_clock_before_all_that_was_signed_is_not_believed(void **state)
{
    (void)state;
    struct scene scene;
    (void)flight(&scene);
    scene.handshake.certificate.not_before = FAR_AHEAD;
    scene.intermediate.not_before = FAR_AHEAD;
    alert(&scene.handshake, CLIENT, 2, 48);
    expect(&scene, "certificate.untrusted_root", LIKELY);
    scene.handshake.facts.alert[0].code = 42;
    diagnose(&scene.verdict, &scene.handshake.facts, NULL);
    assert_string_not_equal(scene.verdict.cause->id, "certificate.not_yet_valid");
}

static void where_a_chain_ends_tells_what_unknown_ca_means(void **state)
{
    (void)state;
    struct scene scene;
    (void)flight(&scene);
    alert(&scene.handshake, CLIENT, 2, 48);
    expect(&scene, "certificate.untrusted_root", LIKELY);

    (void)flight(&scene);
    scene.handshake.chain.count = 1;
    alert(&scene.handshake, CLIENT, 2, 48);
    expect(&scene, "certificate.incomplete_chain", LIKELY);

    (void)flight(&scene);
    scene.handshake.chain.count = 1;
    scene.handshake.certificate.issuer = "CN=Example Root CA";
    alert(&scene.handshake, CLIENT, 2, 48);
    expect(&scene, "certificate.untrusted_root", LIKELY);

    (void)flight(&scene);
    scene.handshake.chain.count = 1;
    scene.handshake.certificate.issuer = scene.handshake.certificate.subject;
    scene.handshake.certificate.self_issued = true;
    scene.handshake.certificate.self_signed = true;
    alert(&scene.handshake, CLIENT, 2, 48);
    expect(&scene, "certificate.self_signed", CERTAIN);

    (void)flight(&scene);
    scene.handshake.chain.anchored = true;
    scene.handshake.chain.issuer_missing = false;
    alert(&scene.handshake, CLIENT, 2, 48);
    expect(&scene, "certificate.untrusted_root", LIKELY);
}

static void without_a_fault_a_client_that_is_alone_in_refusing_keeps_its_reason(void **state)
{
    (void)state;
    struct scene scene;
    (void)flight(&scene);
    alert(&scene.handshake, CLIENT, 2, 46);
    expect(&scene, "certificate.untrusted_root", LIKELY);
    scene.server.established = 3;
    expect(&scene, "certificate.rejected", LIKELY);
    assert_true(is_alternative(&scene, "certificate.untrusted_root"));
}

static void an_alert_may_know_more_than_the_wire(void **state)
{
    (void)state;
    struct scene scene;
    (void)flight(&scene);
    alert(&scene.handshake, CLIENT, 2, 44);
    expect(&scene, "certificate.revoked", LIKELY);
}

static void a_close_at_the_certificate_counts_only_with_a_fault(void **state)
{
    (void)state;
    struct scene scene;
    (void)flight(&scene);
    scene.handshake.certificate.not_after = LONG_AGO;
    reset(&scene.handshake, CLIENT);
    expect(&scene, "certificate.expired", LIKELY);

    (void)flight(&scene);
    reset(&scene.handshake, CLIENT);
    expect(&scene, "abort.by_client", LIKELY);

    (void)flight(&scene);
    scene.handshake.certificate.not_after = LONG_AGO;
    fin(&scene.handshake, CLIENT); /* as who has lost interest */
    expect(&scene, "abort.by_client", LIKELY);
}

/* s2n hides what it refuses behind 10 to 30 seconds, then says close_notify. */
static void who_pauses_when_it_is_its_turn_and_leaves_refuses_the_certificate(void **state)
{
    (void)state;
    struct scene scene;
    struct facts *facts = flight(&scene);
    facts->server_hello_done = next(&scene.handshake);
    scene.handshake.certificate.self_issued = true;
    scene.handshake.certificate.self_signed = true;
    scene.handshake.frame += 1400;
    fin(&scene.handshake, CLIENT);
    expect(&scene, "certificate.self_signed", LIKELY);

    facts = flight(&scene);
    facts->server_hello_done = next(&scene.handshake);
    scene.handshake.certificate.not_after = LONG_AGO;
    scene.handshake.frame += 1400;
    alert(&scene.handshake, CLIENT, 1, 0);
    facts->transport.side[CLIENT].last_data = facts->alert[0].at;
    fin(&scene.handshake, CLIENT);
    expect(&scene, "certificate.expired", LIKELY);

    /* A server's flight that is not at its end leaves the client waiting. */
    facts = flight(&scene);
    facts->server_hello_done = (struct moment){0, 0};
    facts->stage = STAGE_SERVER_FLIGHT;
    scene.handshake.certificate.not_after = LONG_AGO;
    scene.handshake.frame += 1400;
    fin(&scene.handshake, CLIENT);
    expect(&scene, "abort.timeout", LIKELY);
}

/* As mosquitto and Perl's IO::Socket::SSL do, whose own check of the name fails within OpenSSL. */
static void an_internal_error_behind_the_sealed_flight_is_the_programs_own_check(void **state)
{
    (void)state;
    struct scene scene;
    memset(&scene, 0, sizeof scene);
    client_hello(&scene.handshake);
    server_hello(&scene.handshake, 0x0304, 0x1301);
    sealed(&scene.handshake, SERVER, RECORD_APPLICATION_DATA, 1000);
    scene.handshake.facts.finished[SERVER] = scene.handshake.facts.last_sealed[SERVER].at;
    alert(&scene.handshake, CLIENT, 2, 80);
    expect(&scene, "certificate.rejected", LIKELY);
}

/* GnuTLS says ChangeCipherSpec, looks at the certificate, and leaves the alert to the program. */
static void a_close_behind_the_clients_change_of_ciphers_refuses_the_sealed_flight(void **state)
{
    (void)state;
    for (int changed = 0; changed < 3; changed++) {
        struct scene scene;
        memset(&scene, 0, sizeof scene);
        client_hello(&scene.handshake);
        struct facts *facts = &scene.handshake.facts;
        if (changed == 2) { /* for early data, or a second ClientHello: says nothing */
            facts->change_cipher_spec[CLIENT] = next(&scene.handshake);
        }
        server_hello(&scene.handshake, 0x0304, 0x1301);
        sealed(&scene.handshake, SERVER, RECORD_APPLICATION_DATA, 1000);
        facts->finished[SERVER] = facts->last_sealed[SERVER].at;
        if (changed == 1) {
            facts->change_cipher_spec[CLIENT] = next(&scene.handshake);
        }
        fin(&scene.handshake, CLIENT);
        expect(&scene, changed == 1 ? "certificate.rejected" : "abort.by_client", LIKELY);
    }
}

/* It asked for an address, and no certificate of this chain has one: or it was the private root. */
static void a_client_without_a_name_may_have_missed_its_address(void **state)
{
    (void)state;
    struct scene scene;
    struct facts *facts = flight(&scene);
    alert(&scene.handshake, CLIENT, 2, 42);
    expect(&scene, "certificate.untrusted_root", LIKELY);
    facts->client_hello[0].server_name = NULL;
    expect(&scene, "certificate.rejected", LIKELY);
    scene.handshake.certificate.ip_count = 1;
    expect(&scene, "certificate.untrusted_root", LIKELY);
}

static void who_leaves_straight_after_the_handshake_refuses_a_bad_certificate(void **state)
{
    (void)state;
    struct scene scene;
    memset(&scene, 0, sizeof scene);
    finished_12(&scene.handshake);
    scene.handshake.chain.name_fits = false;
    fin(&scene.handshake, CLIENT);
    expect(&scene, "certificate.name_mismatch", LIKELY);
}

static void settings_of_http_2_are_no_use_of_the_connection(void **state)
{
    (void)state;
    struct scene scene;
    memset(&scene, 0, sizeof scene);
    finished_12(&scene.handshake);
    scene.handshake.chain.name_fits = false;
    struct facts *facts = &scene.handshake.facts;
    add_step(&scene.handshake, STEP_APPLICATION_DATA, SERVER, next(&scene.handshake));
    facts->application_records[SERVER] = 1;
    fin(&scene.handshake, CLIENT);
    diagnose(&scene.verdict, facts, NULL);
    assert_int_equal(scene.verdict.status, STATUS_ESTABLISHED);
    scene.handshake.server_hello.alpn = "h2";
    expect(&scene, "certificate.name_mismatch", LIKELY);
}

static void who_leaves_a_certificate_that_others_may_trust_is_only_doubted(void **state)
{
    (void)state;
    struct scene scene;
    memset(&scene, 0, sizeof scene);
    finished_12(&scene.handshake);
    scene.handshake.certificate.self_issued = true;
    scene.handshake.certificate.self_signed = true;
    fin(&scene.handshake, CLIENT);
    diagnose(&scene.verdict, &scene.handshake.facts, NULL);
    assert_int_equal(scene.verdict.status, STATUS_ESTABLISHED);
    assert_non_null(scene.verdict.cause);
    assert_string_equal(scene.verdict.cause->id, "certificate.self_signed");
    assert_int_equal(scene.verdict.confidence, POSSIBLE);
}

static void who_leaves_a_good_certificate_or_politely_has_succeeded(void **state)
{
    (void)state;
    struct scene scene;
    memset(&scene, 0, sizeof scene);
    finished_12(&scene.handshake);
    fin(&scene.handshake, CLIENT);
    diagnose(&scene.verdict, &scene.handshake.facts, NULL);
    assert_int_equal(scene.verdict.status, STATUS_ESTABLISHED);

    memset(&scene, 0, sizeof scene);
    finished_12(&scene.handshake);
    scene.handshake.certificate.self_issued = true;
    scene.handshake.certificate.self_signed = true;
    sealed(&scene.handshake, CLIENT, RECORD_ALERT, 26);
    fin(&scene.handshake, CLIENT);
    diagnose(&scene.verdict, &scene.handshake.facts, NULL);
    assert_int_equal(scene.verdict.status, STATUS_ESTABLISHED);
}

static void a_sealed_refusal_is_told_by_what_others_were_shown(void **state)
{
    (void)state;
    struct scene scene;
    memset(&scene, 0, sizeof scene);
    client_hello(&scene.handshake);
    server_hello(&scene.handshake, 0x0304, 0x1301);
    sealed(&scene.handshake, SERVER, RECORD_APPLICATION_DATA, 2000);
    scene.handshake.facts.finished[SERVER] = scene.handshake.facts.last_sealed[SERVER].at;
    scene.handshake.facts.stage = STAGE_SEALED_CLIENT_FLIGHT;
    sealed(&scene.handshake, CLIENT, RECORD_APPLICATION_DATA, 19);
    fin(&scene.handshake, CLIENT);
    expect(&scene, "certificate.rejected", LIKELY);

    struct certificate shown = {.key = KEY_RSA, .key_bits = 2048, .not_after = LONG_AGO};
    static const char *const names[] = {"www.example.test"};
    shown.names = (struct text_list){names, 1};
    scene.server.certificate[0] = &shown;
    strcpy(scene.server.certificate_name[0], "www.example.test");
    scene.server.certificate_count = 1;
    expect(&scene, "certificate.expired", LIKELY);
}

static void a_lost_packet_leaves_the_general_cause(void **state)
{
    (void)state;
    struct scene scene;
    struct facts *facts = flight(&scene);
    alert(&scene.handshake, CLIENT, 2, 48);
    facts->chain[SERVER] = NULL;
    facts->transport.side[SERVER].missing = true;
    expect(&scene, "certificate.rejected", LIKELY);

    facts = flight(&scene);
    alert(&scene.handshake, CLIENT, 2, 42);
    facts->client_hello[0].at.frame = 0;
    facts->client_hellos = 0;
    scene.handshake.chain.name_checked = false;
    expect(&scene, "certificate.rejected", LIKELY);
}

static void an_ordinary_hello_refused_means_a_server_without_certificate(void **state)
{
    (void)state;
    struct scene scene;
    memset(&scene, 0, sizeof scene);
    client_hello(&scene.handshake);
    alert(&scene.handshake, SERVER, 2, 40);
    expect(&scene, "certificate.unavailable", LIKELY);
}

static void dates_are_written_as_people_read_them(void **state)
{
    (void)state;
    char text[FAULTS_DATE];
    faults_write_date(text, 0);
    assert_string_equal(text, "1970-01-01 00:00 UTC");
    faults_write_date(text, 951782399);
    assert_string_equal(text, "2000-02-28 23:59 UTC");
    faults_write_date(text, 951868799);
    assert_string_equal(text, "2000-02-29 23:59 UTC");
    faults_write_date(text, -1);
    assert_string_equal(text, "1969-12-31 23:59 UTC");
    faults_write_date(text, INT64_C(253402300799));
    assert_string_equal(text, "9999-12-31 23:59 UTC");
    faults_write_date(text, INT64_MAX);
    assert_string_equal(text, "the end of time");
}

static void names_that_do_not_fit_are_counted(void **state)
{
    (void)state;
    static const char *const names[] = {
        "one.a-rather-long-name.example.test", "two.a-rather-long-name.example.test",
        "three.a-rather-long-name.example.test", "four.a-rather-long-name.example.test"};
    struct certificate certificate = {.names = {names, 4}};
    char text[FAULTS_TEXT];
    faults_write_names(text, &certificate);
    assert_string_equal(text, "one.a-rather-long-name.example.test, "
                              "two.a-rather-long-name.example.test and 2 more");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_alert_that_names_the_fault_that_shows_is_proof),
        cmocka_unit_test(a_general_alert_means_the_only_fault_that_shows),
        cmocka_unit_test(of_several_faults_the_most_fatal_comes_first),
        cmocka_unit_test(a_clock_before_all_that_was_signed_is_not_believed),
        cmocka_unit_test(where_a_chain_ends_tells_what_unknown_ca_means),
        cmocka_unit_test(without_a_fault_a_client_that_is_alone_in_refusing_keeps_its_reason),
        cmocka_unit_test(an_alert_may_know_more_than_the_wire),
        cmocka_unit_test(a_close_at_the_certificate_counts_only_with_a_fault),
        cmocka_unit_test(who_pauses_when_it_is_its_turn_and_leaves_refuses_the_certificate),
        cmocka_unit_test(a_client_without_a_name_may_have_missed_its_address),
        cmocka_unit_test(an_internal_error_behind_the_sealed_flight_is_the_programs_own_check),
        cmocka_unit_test(a_close_behind_the_clients_change_of_ciphers_refuses_the_sealed_flight),
        cmocka_unit_test(settings_of_http_2_are_no_use_of_the_connection),
        cmocka_unit_test(who_leaves_straight_after_the_handshake_refuses_a_bad_certificate),
        cmocka_unit_test(who_leaves_a_certificate_that_others_may_trust_is_only_doubted),
        cmocka_unit_test(who_leaves_a_good_certificate_or_politely_has_succeeded),
        cmocka_unit_test(a_sealed_refusal_is_told_by_what_others_were_shown),
        cmocka_unit_test(a_lost_packet_leaves_the_general_cause),
        cmocka_unit_test(an_ordinary_hello_refused_means_a_server_without_certificate),
        cmocka_unit_test(dates_are_written_as_people_read_them),
        cmocka_unit_test(names_that_do_not_fit_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
