#define _POSIX_C_SOURCE 200809L /* open_memstream() */

#include "scene.h"

#include "report/roll.h"

static void a_failure_names_its_cause_and_says_what_the_text_report_says(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    expect_part(&scene, &report_junit,
                "name=\"10.77.0.2 to www.contoso.test (10.77.0.1:443)\" time=\"0.013000\">"
                "<failure type=\"version.server_too_old\" message=\"The server speaks at most "
                "TLS 1.0; the client accepts TLS 1.1 and 1.2.\">");
    expect_part(&scene, &report_junit, "ClientHello TLS 1.1-1.2, 14 suites");
    expect_part(&scene, &report_junit, "ssl_protocols TLSv1.2 TLSv1.3;");
}

static void a_suite_counts_its_cases_before_they_come(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    char *text = told(&scene, &report_junit, 3);
    assert_non_null(strstr(text, "<testsuite name=\"a.pcap\" package=\"a.pcap\" id=\"0\" "
                                 "tests=\"3\" failures=\"3\" errors=\"0\" skipped=\"0\" "
                                 "timestamp=\"2026-11-21T20:41:00\" hostname=\"localhost\" "
                                 "time=\"0.039000\">"));
    assert_non_null(strstr(text, "<property name=\"tlswhy.failed\" value=\"3\"/>"));
    free(text);
}

static void cases_of_the_same_name_are_numbered(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    char *text = told(&scene, &report_junit, 3);
    assert_non_null(strstr(text, "(10.77.0.1:443)\""));
    assert_non_null(strstr(text, "(10.77.0.1:443) (2)\""));
    assert_non_null(strstr(text, "(10.77.0.1:443) (3)\""));
    free(text);
}

static void a_full_roll_says_so(void **state)
{
    (void)state;
    static struct roll roll;
    uint64_t refused = 0;
    for (unsigned i = 0; i < 2 * ROLL_NAMES; i++) {
        char name[16];
        snprintf(name, sizeof(name), "%u", i);
        refused += roll_call(&roll, name) == 0;
    }
    assert_true(refused >= ROLL_NAMES);
    assert_true(roll_call(&roll, "0") == 2);
    roll_clear(&roll);
    assert_true(roll_call(&roll, "0") == 1);
}

static void what_did_not_end_is_skipped_with_the_reason(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.verdict = (struct verdict){.status = STATUS_INCOMPLETE};
    scene.connection.fails = NULL;
    scene.facts.ended_open = true;
    expect_part(&scene, &report_junit,
                "><skipped message=\"incomplete: the capture ends with the connection open\">"
                "</skipped></testcase>");
    expect_part(&scene, &report_junit, "tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"1\"");
}

static void a_handshake_that_worked_is_a_case_without_a_word(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.verdict.status = STATUS_ESTABLISHED;
    scene.connection.fails = NULL;
    expect_part(&scene, &report_junit, "time=\"0.013000\"/>");
    expect_no_part(&scene, &report_junit, "<failure");
    expect_no_part(&scene, &report_junit, "<skipped");
}

static void captures_are_suites(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct report_options options = {.out = out};
    struct report *report = report_junit.begin(&options);
    report_junit.connection(report, &scene.connection);
    scene.connection.input = "./folder//b.pcapng";
    report_junit.connection(report, &scene.connection);
    report_junit.end(report, &scene.totals);
    fclose(out);
    assert_non_null(strstr(text, "name=\"a.pcap\" package=\"a.pcap\" id=\"0\" tests=\"1\""));
    assert_non_null(strstr(text, "name=\"folder/b.pcapng\" package=\"folder/b.pcapng\" id=\"1\" "
                                 "tests=\"1\""));
    assert_non_null(strstr(text, "classname=\"folder.b\" name=\"10.77.0.2 to www"));
    assert_non_null(strstr(text, "<system-out>12 handshakes: 9 established, 2 failed, 1 "
                                 "incomplete"));
    free(text);
}

static void what_xml_forbids_does_not_get_through(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.facts.client_hello[0].server_name =
        "]]><a b='\"&\x01\x7f\xff\xe2\x80\xae\xef\xbf\xbf\xed\xa0\x80"
        "ä";
    expect_part(&scene, &report_junit,
                "name=\"10.77.0.2 to ]]&gt;&lt;a b='&quot;&amp;\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                "\xef\xbf\xbd\xef\xbf\xbd");
    expect_part(&scene, &report_junit, "ä (10.77.0.1:443)\"");
    expect_no_part(&scene, &report_junit, "]]>");
    expect_no_part(&scene, &report_junit, "\xe2\x80\xae");
    expect_no_part(&scene, &report_junit, "<a b");
    expect_no_part(&scene, &report_junit, "\xef\xbf\xbf");
}

static void a_finding_is_a_case(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    const struct difference difference = {"tls.version", "\"1.3\"", NULL};
    const struct finding differs = {.kind = FINDING_DIFFERS,
                                    .failure = true,
                                    .capture = "a.pcap",
                                    .expectations = "a.expect.json",
                                    .line = 3,
                                    .connection = "10.77.0.2:1 → 10.77.0.1:443",
                                    .difference = &difference,
                                    .differences = 1};
    const struct finding met = {.kind = FINDING_MET, .capture = "a.pcap"};
    const struct finding unnamed = {.kind = FINDING_UNNAMED, .capture = "b.pcap"};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct report_options options = {.out = out};
    struct report *report = report_junit.begin(&options);
    report_junit.finding(report, &differs);
    report_junit.finding(report, &met);
    report_junit.finding(report, &unnamed);
    report_junit.end(report, &scene.totals);
    fclose(out);
    assert_non_null(strstr(text, "tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\""));
    assert_non_null(strstr(text, "tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"1\""));
    assert_non_null(strstr(text, "<failure type=\"differs\" message=\"not as expected\">\n"
                                 "tls.version: expected \"1.3\", found nothing\n"
                                 "a.expect.json, line 3\n</failure>"));
    free(text);
}

static void an_allowed_failure_is_skipped_and_a_forbidden_success_fails(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.connection.fails = NULL;
    expect_part(&scene, &report_junit,
                "><skipped message=\"allowed: version.server_too_old: The server speaks");
    expect_part(&scene, &report_junit, "failures=\"0\"");
    scene.verdict.status = STATUS_ESTABLISHED;
    scene.connection.fails = "below-tls1.2";
    expect_part(&scene, &report_junit, "<failure type=\"below-tls1.2\"");
    expect_part(&scene, &report_junit, "failures=\"1\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_names_its_cause_and_says_what_the_text_report_says),
        cmocka_unit_test(a_suite_counts_its_cases_before_they_come),
        cmocka_unit_test(cases_of_the_same_name_are_numbered),
        cmocka_unit_test(a_full_roll_says_so),
        cmocka_unit_test(what_did_not_end_is_skipped_with_the_reason),
        cmocka_unit_test(a_handshake_that_worked_is_a_case_without_a_word),
        cmocka_unit_test(captures_are_suites),
        cmocka_unit_test(what_xml_forbids_does_not_get_through),
        cmocka_unit_test(an_allowed_failure_is_skipped_and_a_forbidden_success_fails),
        cmocka_unit_test(a_finding_is_a_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
