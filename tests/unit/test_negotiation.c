/* Versions, sets that must overlap, and what else is negotiated. */
#include "handshakes.h"

/* What a cause says of the handshake; server: what others showed, or NULL. */
static enum confidence asked(const char *id, const struct handshake *handshake,
                             const struct server *server)
{
    const struct cause *row = causes_find(id);
    assert_non_null(row);
    struct argument argument;
    memset(&argument, 0, sizeof argument);
    struct question question = {&handshake->facts, server};
    enum confidence confidence = row->fits(&question, &argument);
    if (confidence != NO) {
        assert_true(argument.summary[0] != '\0');
        assert_true(argument.count > 0);
    }
    return confidence;
}

static void expect_best(const char *id, const struct handshake *handshake,
                        const struct server *server, enum confidence confidence)
{
    struct verdict verdict;
    diagnose(&verdict, &handshake->facts, server);
    assert_int_equal(verdict.status, STATUS_FAILED);
    assert_non_null(verdict.cause);
    assert_string_equal(verdict.cause->id, id);
    assert_int_equal(verdict.confidence, confidence);
}

/* ---- versions ---- */

static void a_server_hello_below_the_clients_list_is_certain_however_the_client_ends(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    server_hello(&handshake, 0x0301, 0xc013);
    reset(&handshake, CLIENT);
    expect_best("version.server_too_old", &handshake, NULL, CERTAIN);
}

static void
a_client_without_a_list_that_just_closes_is_likely_to_have_meant_the_version(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello_up_to(&handshake, 0x0303);
    server_hello(&handshake, 0x0301, 0xc013);
    fin(&handshake, CLIENT);
    assert_int_equal(asked("version.server_too_old", &handshake, NULL), LIKELY);
    server_certificate(&handshake);
    handshake.chain.name_fits = false;
    assert_int_equal(asked("version.server_too_old", &handshake, NULL), POSSIBLE);
}

static void a_server_that_has_tls_1_2_is_not_told_to_enable_it(void **state)
{
    (void)state;
    static const uint16_t only_13[] = {0x0304};
    struct handshake handshake;
    struct verdict verdict;
    client_hello(&handshake);
    server_hello(&handshake, 0x0301, 0xc013);
    reset(&handshake, CLIENT);
    diagnose(&verdict, &handshake.facts, NULL);
    assert_ptr_equal(diagnose_remedies(&verdict), verdict.cause->remedies);
    handshake.offer.versions = (struct code_list){only_13, 1};
    diagnose(&verdict, &handshake.facts, NULL);
    assert_string_equal(verdict.cause->id, "version.server_too_old");
    assert_non_null(strstr(diagnose_remedies(&verdict)[0].text, "TLS 1.3 on the server"));
}

static void silence_is_explained_by_what_others_were_given(void **state)
{
    (void)state;
    struct handshake handshake;
    struct server server = {
        .selected = {0, 0, 3, 0, 0, 0}, .highest_selected = 0x0301, .lowest_selected = 0x0301};
    client_hello_up_to(&handshake, 0x0303);
    reset(&handshake, SERVER);
    expect_best("version.server_too_old", &handshake, &server, LIKELY);
    assert_int_equal(asked("version.server_too_old", &handshake, NULL), POSSIBLE);
    server.selected[2] = 1;
    assert_int_equal(asked("version.server_too_old", &handshake, &server), POSSIBLE);
    server.selected[4] = 5;
    assert_int_equal(asked("version.server_too_old", &handshake, &server), NO);
}

static void silence_on_an_offer_that_ends_at_tls_1_1_is_about_that(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello_up_to(&handshake, 0x0302);
    fin(&handshake, SERVER);
    expect_best("version.client_too_old", &handshake, NULL, LIKELY);
    client_hello_up_to(&handshake, 0x0303);
    fin(&handshake, SERVER);
    assert_int_equal(asked("version.client_too_old", &handshake, NULL), NO);
}

static void an_alert_of_the_server_is_explained_by_what_others_were_given(void **state)
{
    (void)state;
    static const uint8_t codes[] = {40, 70};
    for (size_t i = 0; i < sizeof codes; i++) {
        struct handshake handshake;
        struct server server = {
            .selected = {0, 0, 3, 0, 0, 0}, .highest_selected = 0x0301, .lowest_selected = 0x0301};
        client_hello_up_to(&handshake, 0x0303);
        handshake.offer.versions = CODES(0x0303, 0x0302);
        alert(&handshake, SERVER, 2, codes[i]);
        expect_best("version.server_too_old", &handshake, &server, LIKELY);
    }
}

static void an_alert_70_on_a_hello_without_a_list_means_an_old_client(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello_up_to(&handshake, 0x0302);
    alert(&handshake, SERVER, 2, 70);
    expect_best("version.client_too_old", &handshake, NULL, CERTAIN);
    client_hello_up_to(&handshake, 0x0303);
    alert(&handshake, SERVER, 2, 70);
    expect_best("version.client_too_old", &handshake, NULL, LIKELY);
}

static void an_alert_70_on_a_list_from_1_1_to_1_2_leaves_both_open(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello_up_to(&handshake, 0x0303);
    handshake.offer.versions = CODES(0x0303, 0x0302);
    alert(&handshake, SERVER, 2, 70);
    expect_best("version.mismatch", &handshake, NULL, LIKELY);
    assert_int_equal(asked("version.server_too_old", &handshake, NULL), POSSIBLE);
    assert_int_equal(asked("version.client_too_old", &handshake, NULL), POSSIBLE);
}

static void an_alert_70_on_a_list_up_to_the_newest_version_means_an_old_server(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    alert(&handshake, SERVER, 2, 70);
    expect_best("version.server_too_old", &handshake, NULL, LIKELY);
}

/* node-forge and GnuTLS say handshake_failure, in a record of their own version. */
static void the_version_of_an_alerts_record_is_the_servers_own(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    alert(&handshake, SERVER, 2, 40);
    handshake.alerts[0].record_version = 0x0302;
    expect_best("version.server_too_old", &handshake, NULL, LIKELY);
    handshake.alerts[0].record_version = 0x0301; /* mostly the ClientHello's */
    assert_int_equal(asked("version.server_too_old", &handshake, NULL), POSSIBLE);
    handshake.alerts[0].record_version = 0x0303;
    assert_int_equal(asked("version.server_too_old", &handshake, NULL), NO);
    handshake.offer.versions = CODES(0x0304);
    expect_best("version.server_too_old", &handshake, NULL, POSSIBLE);
    assert_int_equal(asked("certificate.unavailable", &handshake, NULL), POSSIBLE);
}

static void internal_error_on_tls_1_0_is_policy(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello_up_to(&handshake, 0x0301);
    handshake.offer.suites = CODES(0xc013, 0xc014, 0x002f, 0x0035, 0x00ff);
    alert(&handshake, SERVER, 2, 80);
    expect_best("version.client_too_old", &handshake, NULL, LIKELY);
}

static void a_client_may_say_70_of_what_is_no_tls(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    alert(&handshake, CLIENT, 2, 70);
    expect_best("version.mismatch", &handshake, NULL, LIKELY);
    handshake.facts.transport.side[SERVER].missing = true;
    assert_int_equal(asked("version.mismatch", &handshake, NULL), POSSIBLE);
}

static void an_alert_70_without_the_hello_does_not_tell_the_side(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    handshake.facts.client_hello[0].at.frame = 0;
    handshake.facts.transport.side[CLIENT].missing = true;
    alert(&handshake, SERVER, 2, 70);
    expect_best("version.mismatch", &handshake, NULL, LIKELY);
}

static void a_refused_fallback_says_so(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello_up_to(&handshake, 0x0302);
    handshake.offer.suites = CODES(0xc013, 0x5600);
    alert(&handshake, SERVER, 2, 86);
    expect_best("version.fallback_rejected", &handshake, NULL, CERTAIN);
}

static void a_sentinel_that_the_client_refuses_is_a_downgrade(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    server_hello(&handshake, 0x0303, 0xc02f);
    handshake.server_hello.sentinel = SENTINEL_TLS12;
    alert(&handshake, CLIENT, 2, 47);
    expect_best("version.fallback_rejected", &handshake, NULL, CERTAIN);
}

/* ---- sets ---- */

static void an_ordinary_offer_is_no_reason_for_a_missing_overlap(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    alert(&handshake, SERVER, 2, 40);
    assert_int_equal(asked("cipher.no_overlap", &handshake, NULL), POSSIBLE);
    assert_int_equal(asked("group.no_overlap", &handshake, NULL), NO);
    assert_int_equal(asked("signature.no_overlap", &handshake, NULL), NO);
}

/* rustls and BoringSSL without CBC: servers of some years ago have none of these. */
static void suites_of_today_alone_leave_suites_and_certificate_open(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    alert(&handshake, SERVER, 2, 40);
    expect_best("certificate.unavailable", &handshake, NULL, LIKELY);
    handshake.alerts[0].record_version = 0x0303;
    handshake.offer.suites.count -= 3;
    expect_best("cipher.no_overlap", &handshake, NULL, POSSIBLE);
    assert_int_equal(asked("certificate.unavailable", &handshake, NULL), POSSIBLE);
    struct server server = {.suites = {0xc013}, .suite_count = 1, .established = 3};
    expect_best("cipher.no_overlap", &handshake, &server, LIKELY);
}

static void expect_words(const struct handshake *handshake, const char *id,
                         enum confidence confidence, const char *words)
{
    struct argument argument = {0};
    struct question question = {&handshake->facts, NULL};
    assert_int_equal(causes_find(id)->fits(&question, &argument), confidence);
    assert_non_null(strstr(argument.summary, words));
}

static void words_are_as_sure_as_the_verdict(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    alert(&handshake, SERVER, 2, 40);
    expect_words(&handshake, "certificate.unavailable", LIKELY, "most likely it has no usable");
    handshake.offer.versions = CODES(0x0304);
    expect_words(&handshake, "certificate.unavailable", POSSIBLE, "perhaps it has no usable");
    handshake.offer.suites = CODES(0xc02f);
    expect_words(&handshake, "cipher.no_overlap", CERTAIN, "No cipher suite in common");
    handshake.offer.versions = CODES(0x0303);
    handshake.offer.suites = CODES(0x0005, 0x000a);
    expect_words(&handshake, "cipher.no_overlap", LIKELY, "Most likely no cipher suite in common");
}

static void the_most_unusual_set_is_the_likely_one(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    alert(&handshake, SERVER, 2, 40);
    handshake.offer.groups = CODES(0x0a0a, 29);
    expect_best("group.no_overlap", &handshake, NULL, LIKELY);
    handshake.offer.suites = CODES(0x0a0a, 0x1303);
    handshake.offer.versions = CODES(0x0304);
    expect_best("cipher.no_overlap", &handshake, NULL, LIKELY);
    handshake.offer.schemes = CODES(0x0201, 0x0203);
    handshake.offer.versions = CODES(0x0304, 0x0303);
    handshake.offer.suites = (struct code_list){modern_suites, 12};
    expect_best("signature.no_overlap", &handshake, NULL, LIKELY);
}

static void broken_suites_alone_have_nothing_in_common_with_a_server_of_today(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello_up_to(&handshake, 0x0303);
    handshake.offer.suites = CODES(0x0005, 0x000a, 0x00ff);
    alert(&handshake, SERVER, 2, 40);
    expect_best("cipher.no_overlap", &handshake, NULL, LIKELY);
}

static void suites_that_go_with_no_offered_version_are_a_certain_reason(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    handshake.offer.versions = CODES(0x0304);
    handshake.offer.suites = CODES(0xc02f, 0xc030);
    alert(&handshake, SERVER, 2, 40);
    assert_int_equal(asked("cipher.no_overlap", &handshake, NULL), CERTAIN);
}

static void what_the_server_took_from_others_cannot_be_missing(void **state)
{
    (void)state;
    struct handshake handshake;
    struct server server = {.suites = {0x1302}, .suite_count = 1, .groups = {29}, .group_count = 1};
    client_hello(&handshake);
    handshake.offer.groups = CODES(29);
    alert(&handshake, SERVER, 2, 40);
    assert_int_equal(asked("group.no_overlap", &handshake, &server), NO);
    handshake.offer.suites = CODES(0x1303);
    assert_int_equal(asked("cipher.no_overlap", &handshake, &server), LIKELY);
    server.suites[0] = 0x1303;
    assert_int_equal(asked("cipher.no_overlap", &handshake, &server), NO);
}

static void a_known_key_decides_about_signatures(void **state)
{
    (void)state;
    struct handshake handshake;
    struct certificate certificate = {.key = KEY_RSA, .key_name = "RSA 2048"};
    struct server server = {.certificate = {&certificate}, .certificate_count = 1};
    client_hello(&handshake);
    handshake.offer.schemes = CODES(0x0403, 0x0503);
    alert(&handshake, SERVER, 2, 40);
    expect_best("signature.no_overlap", &handshake, &server, LIKELY);
    certificate.key = KEY_EC;
    assert_int_equal(asked("signature.no_overlap", &handshake, &server), NO);
}

static void a_choice_that_was_not_offered_is_certain(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello_up_to(&handshake, 0x0303);
    server_hello(&handshake, 0x0303, 0xc02f);
    handshake.facts.server_key_exchange = next(&handshake);
    handshake.facts.group = 25;
    alert(&handshake, CLIENT, 2, 47);
    expect_best("group.no_overlap", &handshake, NULL, CERTAIN);
}

static void a_silent_reset_is_not_explained_by_a_narrow_offer_alone(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    handshake.offer.suites = CODES(0x1303);
    handshake.offer.versions = CODES(0x0304);
    reset(&handshake, SERVER);
    assert_int_equal(asked("cipher.no_overlap", &handshake, NULL), POSSIBLE);
}

/* ---- the rest ---- */

static void a_small_prime_that_the_client_refuses_is_the_reason(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello_up_to(&handshake, 0x0303);
    server_hello(&handshake, 0x0303, 0x009e);
    handshake.offer.suites = CODES(0x009e, 0xc02f, 0xc030, 0x009f);
    handshake.facts.server_key_exchange = next(&handshake);
    handshake.facts.dh_bits = 1024;
    alert(&handshake, CLIENT, 2, 40);
    expect_best("dh.too_small", &handshake, NULL, LIKELY);
    handshake.facts.dh_bits = 512;
    expect_best("dh.too_small", &handshake, NULL, CERTAIN);
    handshake.facts.dh_bits = 2048;
    assert_int_equal(asked("dh.too_small", &handshake, NULL), NO);
}

static void a_server_without_rfc_5746_is_refused_by_alert_40(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello_up_to(&handshake, 0x0303);
    server_hello(&handshake, 0x0303, 0xc02f);
    handshake.server_hello.renegotiation_info = false;
    alert(&handshake, CLIENT, 2, 40);
    expect_best("renegotiation.insecure", &handshake, NULL, CERTAIN);
    handshake.server_hello.renegotiation_info = true;
    assert_int_equal(asked("renegotiation.insecure", &handshake, NULL), NO);
}

static void a_binder_that_does_not_fit_is_a_rejected_psk(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    handshake.facts.client_hello[0].psk_identities = 1;
    alert(&handshake, SERVER, 2, 47);
    expect_best("psk.rejected", &handshake, NULL, LIKELY);
    handshake.facts.alert[0].code = 115;
    expect_best("psk.rejected", &handshake, NULL, CERTAIN);
}

static void a_name_that_worked_is_not_unknown(void **state)
{
    (void)state;
    struct handshake handshake;
    struct servers *servers = servers_new();
    assert_non_null(servers);
    finished_12(&handshake);
    servers_note(servers, &handshake.facts);
    client_hello(&handshake);
    alert(&handshake, SERVER, 2, 40);
    const struct server *server = servers_find(servers, &handshake.facts);
    assert_int_equal(asked("sni.unrecognized", &handshake, server), NO);
    handshake.facts.client_hello[0].server_name = "other.example.test";
    assert_int_equal(asked("sni.unrecognized", &handshake, server), LIKELY);
    servers_free(servers);
}

static void alerts_that_name_an_extension_are_believed(void **state)
{
    (void)state;
    static const struct {
        uint8_t code;
        const char *id;
    } rows[] = {{109, "extension.required"},
                {110, "extension.unsupported"},
                {112, "sni.unrecognized"},
                {120, "alpn.no_overlap"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct handshake handshake;
        client_hello(&handshake);
        alert(&handshake, SERVER, 2, rows[i].code);
        expect_best(rows[i].id, &handshake, NULL, CERTAIN);
    }
}

static void what_tls_1_3_cannot_do_without_is_missed_whatever_the_alert(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    handshake.offer.versions = CODES(0x0304);
    alert(&handshake, SERVER, 2, 40);
    assert_int_equal(asked("extension.required", &handshake, NULL), NO);
    handshake.offer.extensions = CODES(0, 10, 13, 43);
    expect_best("extension.required", &handshake, NULL, LIKELY);
    assert_int_equal(asked("certificate.unavailable", &handshake, NULL), NO);
    handshake.offer.versions = CODES(0x0304, 0x0303);
    assert_int_equal(asked("extension.required", &handshake, NULL), NO);

    client_hello(&handshake);
    handshake.offer.versions = CODES(0x0304);
    handshake.offer.extensions = CODES(0, 10, 43, 51);
    fin(&handshake, SERVER);
    expect_best("extension.required", &handshake, NULL, LIKELY);
}

static void a_server_that_knows_no_name_was_not_asked_for_one(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    handshake.facts.client_hello[0].server_name = NULL;
    alert(&handshake, SERVER, 2, 112);
    expect_best("sni.missing", &handshake, NULL, LIKELY);
}

static void a_missing_name_explains_40_at_a_server_with_many(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    handshake.facts.client_hello[0].server_name = NULL;
    alert(&handshake, SERVER, 2, 40);
    assert_int_equal(asked("sni.missing", &handshake, NULL), POSSIBLE);
    struct server server = {.with_name_established = 4};
    assert_int_equal(asked("sni.missing", &handshake, &server), LIKELY);
    server.without_name_established = 1;
    assert_int_equal(asked("sni.missing", &handshake, &server), NO);
    handshake.facts.address[SERVER] = (struct address){{203, 1, 113, 9}, 4};
    assert_int_equal(asked("sni.missing", &handshake, NULL), LIKELY);
}

static void a_hello_that_was_cut_says_nothing_of_its_offer(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    handshake.offer.suites = CODES(0x1303);
    handshake.facts.client_hello[0].incomplete = true;
    handshake.facts.transport.side[CLIENT].cut = true;
    alert(&handshake, SERVER, 2, 40);
    assert_int_equal(asked("cipher.no_overlap", &handshake, NULL), NO);
    assert_int_equal(asked("version.client_too_old", &handshake, NULL), NO);
    assert_int_equal(asked("sni.missing", &handshake, NULL), NO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_hello_below_the_clients_list_is_certain_however_the_client_ends),
        cmocka_unit_test(
            a_client_without_a_list_that_just_closes_is_likely_to_have_meant_the_version),
        cmocka_unit_test(a_server_that_has_tls_1_2_is_not_told_to_enable_it),
        cmocka_unit_test(silence_is_explained_by_what_others_were_given),
        cmocka_unit_test(silence_on_an_offer_that_ends_at_tls_1_1_is_about_that),
        cmocka_unit_test(an_alert_of_the_server_is_explained_by_what_others_were_given),
        cmocka_unit_test(an_alert_70_on_a_hello_without_a_list_means_an_old_client),
        cmocka_unit_test(an_alert_70_on_a_list_from_1_1_to_1_2_leaves_both_open),
        cmocka_unit_test(an_alert_70_on_a_list_up_to_the_newest_version_means_an_old_server),
        cmocka_unit_test(the_version_of_an_alerts_record_is_the_servers_own),
        cmocka_unit_test(internal_error_on_tls_1_0_is_policy),
        cmocka_unit_test(a_client_may_say_70_of_what_is_no_tls),
        cmocka_unit_test(an_alert_70_without_the_hello_does_not_tell_the_side),
        cmocka_unit_test(a_refused_fallback_says_so),
        cmocka_unit_test(a_sentinel_that_the_client_refuses_is_a_downgrade),
        cmocka_unit_test(an_ordinary_offer_is_no_reason_for_a_missing_overlap),
        cmocka_unit_test(suites_of_today_alone_leave_suites_and_certificate_open),
        cmocka_unit_test(words_are_as_sure_as_the_verdict),
        cmocka_unit_test(the_most_unusual_set_is_the_likely_one),
        cmocka_unit_test(broken_suites_alone_have_nothing_in_common_with_a_server_of_today),
        cmocka_unit_test(suites_that_go_with_no_offered_version_are_a_certain_reason),
        cmocka_unit_test(what_the_server_took_from_others_cannot_be_missing),
        cmocka_unit_test(a_known_key_decides_about_signatures),
        cmocka_unit_test(a_choice_that_was_not_offered_is_certain),
        cmocka_unit_test(a_silent_reset_is_not_explained_by_a_narrow_offer_alone),
        cmocka_unit_test(a_small_prime_that_the_client_refuses_is_the_reason),
        cmocka_unit_test(a_server_without_rfc_5746_is_refused_by_alert_40),
        cmocka_unit_test(a_binder_that_does_not_fit_is_a_rejected_psk),
        cmocka_unit_test(a_name_that_worked_is_not_unknown),
        cmocka_unit_test(alerts_that_name_an_extension_are_believed),
        cmocka_unit_test(what_tls_1_3_cannot_do_without_is_missed_whatever_the_alert),
        cmocka_unit_test(a_server_that_knows_no_name_was_not_asked_for_one),
        cmocka_unit_test(a_missing_name_explains_40_at_a_server_with_many),
        cmocka_unit_test(a_hello_that_was_cut_says_nothing_of_its_offer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
