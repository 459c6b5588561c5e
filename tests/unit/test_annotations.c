#define _POSIX_C_SOURCE 200809L /* open_memstream() */

#include "scene.h"

static void a_failure_is_an_error_command(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    expect(&scene, &report_annotations,
           "::error file=a.pcap,title=version.server_too_old::The server speaks at most TLS 1.0; "
           "the client accepts TLS 1.1 and 1.2.%0A10.77.0.2:51044 to 10.77.0.1:443, from packet 1 "
           "of a.pcap\n");
}

static void what_worked_is_no_annotation(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.verdict.status = STATUS_ESTABLISHED;
    scene.connection.fails = NULL;
    expect(&scene, &report_annotations, "");
}

static void what_the_operator_allows_is_none_and_what_he_forbids_is_one(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.connection.fails = NULL;
    expect(&scene, &report_annotations, "");
    scene.verdict.status = STATUS_ESTABLISHED;
    scene.connection.fails = "below-tls1.2";
    expect_part(&scene, &report_annotations, "::error file=a.pcap,title=below-tls1.2::");
}

static void values_stay_values(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.connection.input = "50%,a:b.pcap";
    snprintf(scene.verdict.argument.summary, sizeof(scene.verdict.argument.summary),
             "100%%\r\n::error::x");
    char *text = told(&scene, &report_annotations, 1);
    assert_non_null(strstr(text, "::error file=50%25%2Ca%3Ab.pcap,title="));
    assert_non_null(strstr(text, "::100%25%0D%0A::error::x%0A10.77"));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    free(text);
}

static void a_capture_outside_of_the_folder_is_no_file_of_the_repository(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    static const char *const inputs[] = {"-", "/elsewhere/a.pcap", "../a.pcap"};
    for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
        scene.connection.input = inputs[i];
        expect_no_part(&scene, &report_annotations, "file=");
        expect_part(&scene, &report_annotations, "::error title=version.server_too_old::");
    }
}

static void behind_ten_errors_the_others_are_counted(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    char *text = told(&scene, &report_annotations, 13);
    size_t errors = 0;
    for (const char *at = text; (at = strstr(at, "::error ")) != NULL; at++) {
        errors++;
    }
    assert_int_equal(errors, 10);
    assert_non_null(strstr(text, "::notice title=tlswhy::3 more failed; the report has them all"));
    free(text);
}

static void a_finding_is_shown_where_it_was_expected(void **state)
{
    (void)state;
    const struct difference difference = {"tls.version", "\"1.3\"", "\"1.2\""};
    const struct finding differs = {.kind = FINDING_DIFFERS,
                                    .failure = true,
                                    .capture = "a.pcap",
                                    .expectations = "a.expect.json",
                                    .line = 3,
                                    .connection = "x",
                                    .difference = &difference,
                                    .differences = 1};
    const struct finding met = {.kind = FINDING_MET, .capture = "a.pcap"};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct report_options options = {.out = out};
    struct totals totals = {0};
    struct report *report = report_annotations.begin(&options);
    report_annotations.finding(report, &met);
    report_annotations.finding(report, &differs);
    report_annotations.end(report, &totals);
    fclose(out);
    assert_string_equal(text, "::error file=a.expect.json,line=3,title=not as expected::x%0A"
                              "tls.version: expected \"1.3\", found \"1.2\"\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_is_an_error_command),
        cmocka_unit_test(what_worked_is_no_annotation),
        cmocka_unit_test(what_the_operator_allows_is_none_and_what_he_forbids_is_one),
        cmocka_unit_test(values_stay_values),
        cmocka_unit_test(a_capture_outside_of_the_folder_is_no_file_of_the_repository),
        cmocka_unit_test(behind_ten_errors_the_others_are_counted),
        cmocka_unit_test(a_finding_is_shown_where_it_was_expected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
