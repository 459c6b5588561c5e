#define _POSIX_C_SOURCE 200809L /* open_memstream() */

#include "scene.h"

#include "report/place.h"

#include <json-c/json.h>
#include <unistd.h>

/* The run of what the report says of the scene's connection; the whole is `log`. */
static struct json_object *run_of(struct json_object **log, const struct scene *scene)
{
    char *text = told(scene, &report_sarif, 1);
    *log = json_tokener_parse(text);
    assert_non_null(*log);
    free(text);
    struct json_object *run = json_object_array_get_idx(json_object_object_get(*log, "runs"), 0);
    assert_non_null(run);
    return run;
}

/* Follows "a/0/b" down from `object`; fails where it ends. */
static struct json_object *at(struct json_object *object, const char *path)
{
    char part[64];
    for (const char *rest = path; *rest != '\0';) {
        size_t length = strcspn(rest, "/");
        snprintf(part, sizeof(part), "%.*s", (int)length, rest);
        object = json_object_is_type(object, json_type_array)
                     ? json_object_array_get_idx(object, strtoul(part, NULL, 10))
                     : json_object_object_get(object, part);
        if (object == NULL) {
            print_error("not there: %s of %s\n", part, path);
        }
        assert_non_null(object);
        rest += length + (rest[length] == '/');
    }
    return object;
}

static const char *text_at(struct json_object *object, const char *path)
{
    return json_object_get_string(at(object, path));
}

static void a_failure_is_an_error_at_its_first_piece_of_evidence(void **state)
{
    (void)state;
    struct scene scene;
    struct json_object *log = NULL;
    scenario(&scene);
    struct json_object *run = run_of(&log, &scene), *result = at(run, "results/0");
    assert_string_equal(text_at(result, "ruleId"), "version.server_too_old");
    assert_string_equal(text_at(result, "level"), "error");
    assert_string_equal(text_at(result, "message/text"),
                        "The server speaks at most TLS 1.0; the client accepts TLS 1.1 and 1.2. "
                        "(packet 6; 10.77.0.2:51044 to 10.77.0.1:443, www.contoso.test)");
    assert_int_equal(
        json_object_get_int(at(result, "locations/0/physicalLocation/region/startLine")), 6);
    assert_string_equal(text_at(result, "locations/0/physicalLocation/artifactLocation/uri"),
                        "a.pcap");
    assert_string_equal(text_at(result, "locations/0/physicalLocation/artifactLocation/uriBaseId"),
                        "%SRCROOT%");
    assert_string_equal(text_at(result, "relatedLocations/1/message/text"),
                        "the client refuses it");
    assert_string_equal(text_at(result, "properties/confidence"), "certain");
    json_object_put(log);
}

static void a_result_points_at_its_rule_and_a_rule_says_what_helps(void **state)
{
    (void)state;
    struct scene scene;
    struct json_object *log = NULL;
    scenario(&scene);
    scene.verdict.warnings = 1;
    scene.verdict.warning[0] = (struct warning){"cipher.weak", "CBC"};
    struct json_object *run = run_of(&log, &scene);
    assert_int_equal(json_object_get_int(at(run, "results/0/ruleIndex")), 0);
    assert_int_equal(json_object_get_int(at(run, "results/1/ruleIndex")), 1);
    assert_string_equal(text_at(run, "results/1/level"), "note");
    assert_string_equal(text_at(run, "tool/driver/rules/0/id"), "version.server_too_old");
    assert_non_null(strstr(text_at(run, "tool/driver/rules/0/help/text"), "nginx: ssl_protocols"));
    assert_non_null(
        strstr(text_at(run, "tool/driver/rules/0/help/markdown"), "- **nginx**: ssl\\_protocols"));
    assert_string_equal(text_at(run, "tool/driver/rules/1/id"), "cipher.weak");
    assert_string_equal(text_at(run, "tool/driver/rules/1/shortDescription/text"), "cipher weak");
    json_object_put(log);
}

static void a_handshake_that_worked_is_no_error(void **state)
{
    (void)state;
    struct scene scene;
    struct json_object *log = NULL;
    scenario(&scene);
    scene.verdict.status = STATUS_ESTABLISHED;
    struct json_object *run = run_of(&log, &scene);
    assert_string_equal(text_at(run, "results/0/level"), "warning");
    json_object_put(log);
    scene.verdict.cause = NULL;
    run = run_of(&log, &scene);
    assert_int_equal(json_object_array_length(at(run, "results")), 0);
    json_object_put(log);
}

/* The fingerprint `key` of the scene's result. */
static void fingerprint(char text[64], const struct scene *scene, const char *key)
{
    struct json_object *log = NULL;
    struct json_object *prints = at(run_of(&log, scene), "results/0/partialFingerprints");
    snprintf(text, 64, "%s", json_object_get_string(json_object_object_get(prints, key)));
    json_object_put(log);
}

static void a_fingerprint_knows_neither_the_folder_nor_the_clock(void **state)
{
    (void)state;
    struct scene scene;
    char first[64], second[64];
    scenario(&scene);
    fingerprint(first, &scene, "tlswhyResult/v1");
    scene.connection.input = "/elsewhere/a.pcap";
    scene.facts.first.time += 1000 * MILLISECOND;
    fingerprint(second, &scene, "tlswhyResult/v1");
    assert_string_equal(first, second);
    scene.facts.port[CLIENT]++;
    fingerprint(second, &scene, "tlswhyResult/v1");
    assert_string_not_equal(first, second);
}

static void a_failure_recorded_again_keeps_one_fingerprint(void **state)
{
    (void)state;
    struct scene scene;
    char first[64], second[64];
    scenario(&scene);
    fingerprint(first, &scene, "tlswhyFailure/v1");
    scene.facts.port[CLIENT]++;
    scene.facts.first.frame += 7;
    scene.connection.input = "b.pcap";
    fingerprint(second, &scene, "tlswhyFailure/v1");
    assert_string_equal(first, second);
    scene.facts.client_hello[0].server_name = "other.test";
    fingerprint(second, &scene, "tlswhyFailure/v1");
    assert_string_not_equal(first, second);
}

static void a_name_from_the_wire_is_neither_link_nor_placeholder(void **state)
{
    (void)state;
    struct scene scene;
    struct json_object *log = NULL;
    scenario(&scene);
    scene.facts.client_hello[0].server_name = "[click](javascript:x) {0} \"\n\xff\xe2\x80\xae";
    struct json_object *run = run_of(&log, &scene);
    const char *text = text_at(run, "results/0/message/text");
    assert_non_null(strstr(text, ", [click] (javascript:x) {{0}} \""));
    assert_null(strstr(text, "\n"));
    assert_null(strstr(text, "\xff"));
    assert_null(strstr(text, "\xe2\x80\xae"));
    json_object_put(log);
}

static void paths_are_written_as_references(void **state)
{
    (void)state;
    struct place place = {"/home/somebody/project/"};
    char path[PLACE_PATH], uri[PLACE_PATH];
    static const struct {
        const char *name, *uri;
        bool inside;
    } rows[] = {
        {"a.pcap", "a.pcap", true},
        {"./captures//./a b#%.pcap", "captures/a%20b%23%25.pcap", true},
        {"/home/somebody/project/captures/a.pcap", "captures/a.pcap", true},
        {"/home/somebody/projects/a.pcap", "file:///home/somebody/projects/a.pcap", false},
        {"../a.pcap", "../a.pcap", false},
        {"http:x", "http%3Ax", true},
        {"\xff", "%FF", true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        place_path(path, &place, rows[i].name);
        place_uri(uri, sizeof(uri), path);
        assert_string_equal(uri, rows[i].uri);
        assert_int_equal(place_is_inside(path), rows[i].inside);
    }
    assert_false(place_is_inside("-"));
    assert_false(place_is_inside(NULL));
}

static void standard_input_is_no_file(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.connection.input = "-";
    expect_no_part(&scene, &report_sarif, "physicalLocation");
    expect_part(&scene, &report_sarif, "\"logicalLocations\":[{\"name\":\"10.77.0.2:51044 to ");
}

static void an_interface_is_no_file(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.connection.input = "eth0";
    scene.connection.live = true;
    expect_no_part(&scene, &report_sarif, "physicalLocation");
    expect_no_part(&scene, &report_annotations, "file=");
}

static void a_difference_is_found_in_the_file_of_expectations(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    const struct finding missing = {.kind = FINDING_MISSING,
                                    .failure = true,
                                    .capture = "a.pcap",
                                    .expectations = "a.expect.json",
                                    .line = 3,
                                    .connection = "to 10.77.0.1:443"};
    const struct finding met = {.kind = FINDING_MET, .capture = "a.pcap"};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct report_options options = {.out = out};
    struct report *report = report_sarif.begin(&options);
    report_sarif.finding(report, &met);
    report_sarif.finding(report, &missing);
    report_sarif.end(report, &scene.totals);
    fclose(out);
    struct json_object *log = json_tokener_parse(text);
    struct json_object *run = at(log, "runs/0");
    assert_int_equal(json_object_array_length(at(run, "results")), 1);
    assert_string_equal(text_at(run, "results/0/ruleId"), "missing");
    assert_string_equal(text_at(run, "results/0/message/text"),
                        "to 10.77.0.1:443: expected, and not in the capture");
    assert_string_equal(text_at(run, "results/0/locations/0/physicalLocation/artifactLocation/uri"),
                        "a.expect.json");
    json_object_put(log);
    free(text);
}

static void what_was_not_seen_is_a_notification(void **state)
{
    (void)state;
    struct scene scene;
    struct json_object *log = NULL;
    scenario(&scene);
    scene.totals.cut_packets = 7;
    struct json_object *run = run_of(&log, &scene);
    assert_string_equal(text_at(run, "invocations/0/toolExecutionNotifications/0/message/text"),
                        "unseen: 7 packets cut by the snap length");
    json_object_put(log);
}

static void an_allowed_failure_is_suppressed(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    struct json_object *log = NULL, *result = at(run_of(&log, &scene), "results/0");
    assert_null(json_object_object_get(result, "suppressions"));
    json_object_put(log);
    scene.connection.fails = NULL;
    result = at(run_of(&log, &scene), "results/0");
    assert_string_equal(json_object_get_string(at(result, "suppressions/0/kind")), "external");
    json_object_put(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_is_an_error_at_its_first_piece_of_evidence),
        cmocka_unit_test(a_result_points_at_its_rule_and_a_rule_says_what_helps),
        cmocka_unit_test(a_handshake_that_worked_is_no_error),
        cmocka_unit_test(a_fingerprint_knows_neither_the_folder_nor_the_clock),
        cmocka_unit_test(a_failure_recorded_again_keeps_one_fingerprint),
        cmocka_unit_test(a_name_from_the_wire_is_neither_link_nor_placeholder),
        cmocka_unit_test(paths_are_written_as_references),
        cmocka_unit_test(an_allowed_failure_is_suppressed),
        cmocka_unit_test(standard_input_is_no_file),
        cmocka_unit_test(an_interface_is_no_file),
        cmocka_unit_test(a_difference_is_found_in_the_file_of_expectations),
        cmocka_unit_test(what_was_not_seen_is_a_notification),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
