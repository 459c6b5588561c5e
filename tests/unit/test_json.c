#define _POSIX_C_SOURCE 200809L /* open_memstream() */

#include "scene.h"

static void scenario_5_is_one_line_of_json(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    char *text = told(&scene, &report_json, 2);
    static const char begin[] =
        "{\"@timestamp\":\"2026-11-21T20:41:00.123456Z\",\"event\":{\"kind\":\"event\","
        "\"category\":[\"network\"],\"outcome\":\"failure\",\"reason\":\"The server speaks at most "
        "TLS 1.0; the client accepts TLS 1.1 and 1.2.\",\"duration\":13000000},";
    assert_memory_equal(text, begin, sizeof(begin) - 1);
    char *newline = strchr(text, '\n');
    assert_non_null(newline);
    assert_memory_equal(newline + 1, begin, sizeof(begin) - 1);
    assert_ptr_equal(strrchr(text, '\n'), text + strlen(text) - 1);
    free(text);
}

static void json_tells_what_the_hellos_said(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    expect_part(&scene, &report_json,
                "\"tls\":{\"version\":\"1.0\",\"version_protocol\":\"tls\",\"cipher\":"
                "\"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA\",\"established\":false,\"resumed\":false,"
                "\"client\":{\"server_name\":\"www.contoso.test\",\"ja3\":");
    expect_part(&scene, &report_json,
                "\"handshake\":{\"status\":\"failed\",\"hello_retry\":false,\"early_data\":false,"
                "\"client\":{\"legacy_version\":\"1.2\",\"versions\":[\"1.2\",\"1.1\"],"
                "\"groups\":[\"x25519\",\"secp256r1\",\"secp384r1\"],\"signature_algorithms\":"
                "[\"ecdsa_secp256r1_sha256\",\"rsa_pss_rsae_sha256\",\"rsa_pkcs1_sha256\"],"
                "\"length\":180},\"server\":{\"legacy_version\":\"1.0\"},\"steps\":[");
}

static void json_lists_every_step(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    expect_part(&scene, &report_json,
                "{\"frame\":6,\"time\":0.012000,\"from\":\"server\",\"what\":\"server_hello\","
                "\"text\":\"ServerHello TLS 1.0, ECDHE_RSA_WITH_AES_128_CBC_SHA\"},"
                "{\"frame\":8,\"time\":0.013000,\"from\":\"client\",\"what\":\"alert\","
                "\"level\":\"fatal\",\"code\":70,\"name\":\"protocol_version\",\"sealed\":false,"
                "\"length\":2,\"text\":\"Alert fatal protocol_version (70)\"},");
}

static void json_carries_the_diagnosis(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.verdict.warnings = 1;
    scene.verdict.warning[0] = (struct warning){"cipher.weak", "CBC"};
    expect_part(&scene, &report_json,
                "\"diagnosis\":{\"cause\":\"version.server_too_old\",\"confidence\":\"certain\","
                "\"summary\":\"The server speaks at most TLS 1.0; the client accepts TLS 1.1 and "
                "1.2.\",\"evidence\":[{\"frame\":6,\"text\":\"selects TLS 1.0\"},"
                "{\"frame\":8,\"text\":\"the client refuses it\"},{\"text\":\"3 other");
    expect_part(&scene, &report_json,
                "\"reproduce\":\"openssl s_client -connect 10.77.0.1:443 -servername "
                "www.contoso.test -tls1_2\"},\"warnings\":[{\"code\":\"cipher.weak\","
                "\"text\":\"CBC\"}]}\n");
}

static void json_leaves_out_what_is_not_known(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.facts = (struct facts){.address = {{{10, 77, 0, 2}, 4}, {{10, 77, 0, 1}, 4}},
                                 .port = {51044, 443},
                                 .first = AT(1, 0),
                                 .last = AT(1, 0)};
    scene.verdict = (struct verdict){.status = STATUS_NOT_TLS};
    scene.connection.input = NULL;
    expect_no_part(&scene, &report_json, "null");
    expect_no_part(&scene, &report_json, "\"\"");
    expect_no_part(&scene, &report_json, "[]");
    expect_no_part(&scene, &report_json, "{}");
    expect_no_part(&scene, &report_json, "\"tls\"");
    expect_no_part(&scene, &report_json, "established");
    expect_part(&scene, &report_json, "\"handshake\":{\"status\":\"not_tls\"}}\n");
}

static void json_stays_json_whatever_a_name_holds(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.facts.client_hello[0].server_name = "a\"b\\c\n\xff/ä";
    expect_part(&scene, &report_json, "\"server_name\":\"a\\\"b\\\\c\xef\xbf\xbd\xef\xbf\xbd/ä\"");
}

static void json_shows_the_certificate(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    static const char *const names[] = {"www.contoso.test"};
    static const char *const issuers[] = {"Contoso CA"};
    const struct certificate leaf = {.sha256 = {0xab, 0x01},
                                     .subject = "CN=www.contoso.test",
                                     .issuer = "CN=Contoso CA",
                                     .subject_common_names = LIST(names),
                                     .issuer_common_names = LIST(issuers),
                                     .names = LIST(names),
                                     .serial = "0A",
                                     .key_name = "RSA 2048",
                                     .key_bits = 2048,
                                     .signature = "sha256WithRSAEncryption",
                                     .not_before = 0,
                                     .not_after = 253402300799};
    const struct certificate *const chained[] = {&leaf};
    const struct chain chain = {.certificates = chained, .count = 1};
    scene.facts.chain[SERVER] = &chain;
    expect_part(&scene, &report_json,
                "\"server\":{\"ja3s\":\"fedcba9876543210fedcba9876543210\",\"hash\":{\"sha256\":"
                "\"ab01000000000000000000000000000000000000000000000000000000000000\"},\"x509\":{"
                "\"subject\":{\"common_name\":[\"www.contoso.test\"],\"distinguished_name\":"
                "\"CN=www.contoso.test\"},\"issuer\":{\"common_name\":[\"Contoso CA\"],"
                "\"distinguished_name\":\"CN=Contoso CA\"},\"serial_number\":\"0A\","
                "\"not_before\":\"1970-01-01T00:00:00Z\",\"not_after\":\"9999-12-31T23:59:59Z\","
                "\"alternative_names\":[\"www.contoso.test\"]");
}

static void json_says_neither_where_established_cannot_be_told(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.verdict = (struct verdict){.status = STATUS_INCOMPLETE};
    scene.facts.began_late = true;
    scene.facts.client_hellos = 0;
    scene.facts.server_hello = NULL;
    expect_no_part(&scene, &report_json, "\"established\"");
    expect_part(&scene, &report_json,
                "\"unseen\":[\"the capture begins after the connection was opened\"]");
}

static void json_tells_established_by_the_wire(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    expect_part(&scene, &report_json, "\"established\":false");
    scene.facts.established = (struct moment){8, 0};
    expect_part(&scene, &report_json, "\"established\":true");
}

static void json_tells_resumption_where_the_wire_shows_it(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.facts.resumption_known = false;
    expect_no_part(&scene, &report_json, "\"resumed\"");
    scene.facts.resumption_known = true;
    expect_part(&scene, &report_json, "\"resumed\":false");
}

static void json_names_starttls_and_the_proxy(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    const struct preface preface = {
        .protocol = PREFACE_SMTP, .tunnel = PREFACE_SOCKS5, .state = PREFACE_REFUSED};
    scene.facts.preface = &preface;
    char part[96];
    snprintf(part, sizeof(part), "\"starttls\":\"%s\",\"proxy\":\"%s\"", preface_name(PREFACE_SMTP),
             preface_name(PREFACE_SOCKS5));
    expect_part(&scene, &report_json, part);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scenario_5_is_one_line_of_json),
        cmocka_unit_test(json_tells_what_the_hellos_said),
        cmocka_unit_test(json_lists_every_step),
        cmocka_unit_test(json_carries_the_diagnosis),
        cmocka_unit_test(json_leaves_out_what_is_not_known),
        cmocka_unit_test(json_stays_json_whatever_a_name_holds),
        cmocka_unit_test(json_shows_the_certificate),
        cmocka_unit_test(json_says_neither_where_established_cannot_be_told),
        cmocka_unit_test(json_tells_established_by_the_wire),
        cmocka_unit_test(json_tells_resumption_where_the_wire_shows_it),
        cmocka_unit_test(json_names_starttls_and_the_proxy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
