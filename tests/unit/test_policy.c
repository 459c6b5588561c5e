#define _POSIX_C_SOURCE 200809L /* open_memstream() */

#include "scene.h"

#include "policy.h"

static bool read_policy(struct policy *policy, const char *fail_on, const char *allow,
                        char error[POLICY_ERROR])
{
    const char *failing[] = {fail_on}, *allowed[] = {allow};
    struct options options = {.fail_on = {failing, fail_on != NULL},
                              .allow = {allowed, allow != NULL}};
    return policy_read(policy, &options, error);
}

static struct policy policy_of(const char *fail_on, const char *allow)
{
    struct policy policy;
    char error[POLICY_ERROR] = "";
    if (!read_policy(&policy, fail_on, allow, error)) {
        fail_msg("%s", error);
    }
    return policy;
}

static bool fails(const struct scene *scene, const char *fail_on, const char *allow)
{
    struct policy policy = policy_of(fail_on, allow);
    return policy_reason(&policy, &scene->facts, &scene->verdict) != NULL;
}

static void establish(struct scene *scene, uint16_t version)
{
    scenario(scene);
    scene->server_hello.version = version;
    scene->verdict = (struct verdict){.status = STATUS_ESTABLISHED};
}

static void expect_error(const char *fail_on, const char *allow, const char *expected)
{
    struct policy policy;
    char error[POLICY_ERROR] = "";
    assert_false(read_policy(&policy, fail_on, allow, error));
    assert_string_equal(error, expected);
}

static void without_a_word_what_failed_counts_and_nothing_else(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    assert_true(fails(&scene, NULL, NULL));
    establish(&scene, 0x0301);
    assert_false(fails(&scene, NULL, NULL));
    scene.verdict.status = STATUS_INCOMPLETE;
    assert_false(fails(&scene, NULL, NULL));
}

static void a_cause_or_its_family_names_a_failure(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    assert_true(fails(&scene, "version.server_too_old", NULL));
    assert_true(fails(&scene, "certificate,version", NULL));
    assert_false(fails(&scene, "version.client_too_old", NULL));
    assert_false(fails(&scene, "certificate", NULL));
    assert_false(fails(&scene, NULL, "version"));
    assert_false(fails(&scene, NULL, "hello.reset,version.server_too_old"));
    assert_true(fails(&scene, NULL, "hello.reset"));
}

static void a_cause_of_an_established_handshake_does_not_count(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.verdict.status = STATUS_ESTABLISHED;
    assert_false(fails(&scene, "version", NULL));
    assert_false(fails(&scene, "version.server_too_old", NULL));
    assert_true(fails(&scene, "established", NULL));
}

static void a_warning_counts_when_it_is_named(void **state)
{
    (void)state;
    struct scene scene;
    establish(&scene, 0x0303);
    scene.verdict.warnings = 2;
    scene.verdict.warning[0].code = "cipher.weak";
    scene.verdict.warning[1].code = "sni.missing";
    assert_true(fails(&scene, "cipher.weak", NULL));
    assert_true(fails(&scene, "warning", NULL));
    assert_false(fails(&scene, "dh.weak", NULL));
    assert_false(fails(&scene, "cipher", NULL)); /* a family means its causes */
    assert_true(fails(&scene, "warning", "sni.missing"));
    assert_false(fails(&scene, "warning", "sni.missing,cipher.weak"));
    assert_false(fails(&scene, "failed", NULL));
}

static void a_floor_is_about_the_version_that_the_server_chose(void **state)
{
    (void)state;
    struct scene scene;
    establish(&scene, 0x0302);
    assert_true(fails(&scene, "below-tls1.2", NULL));
    assert_true(fails(&scene, "below-tls1.3", NULL));
    assert_false(fails(&scene, "below-tls1.1", NULL));
    establish(&scene, 0x0303);
    assert_false(fails(&scene, "below-tls1.2", NULL));
    scene.facts.server_hello = NULL;
    assert_false(fails(&scene, "below-tls1.3", NULL));
}

static void what_is_allowed_leaves_the_other_reasons(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    assert_true(fails(&scene, "failed,below-tls1.2", "version.server_too_old"));
    assert_false(fails(&scene, "failed", "version.server_too_old"));
}

static void connections_that_worked_are_judged_only_where_they_can_count(void **state)
{
    (void)state;
    static const struct {
        const char *fail_on;
        bool all;
    } rows[] = {
        {NULL, false},          {"failed", false},      {"version", false},
        {"hello.reset", false}, {"warning", true},      {"cipher.weak", true},
        {"incomplete", true},   {"below-tls1.2", true}, {"certificate.expired", true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct policy policy = policy_of(rows[i].fail_on, NULL);
        assert_int_equal(policy_wants_all(&policy), rows[i].all);
    }
}

static void an_unknown_name_is_refused_with_the_nearest_one(void **state)
{
    (void)state;
    expect_error("version.server_to_old", NULL,
                 "--fail-on: version.server_to_old: no such cause, family, warning or status; did "
                 "you mean version.server_too_old?");
    expect_error("failed,chiper.weak", NULL,
                 "--fail-on: chiper.weak: no such cause, family, warning or status; did you mean "
                 "cipher.weak?");
    expect_error(NULL, "below-tls1.4",
                 "--allow: below-tls1.4: no such cause, family, warning or "
                 "status; did you mean below-tls1.1?");
    expect_error(NULL, "everything.else",
                 "--allow: everything.else: no such cause, family, warning "
                 "or status");
    expect_error("failed,", NULL, "--fail-on: a name is empty");
    expect_error("", NULL, "--fail-on: a name is empty");
}

static void a_name_longer_than_any_is_refused(void **state)
{
    (void)state;
    struct policy policy;
    char error[POLICY_ERROR] = "", word[4096];
    memset(word, 'x', sizeof(word));
    word[sizeof(word) - 1] = '\0';
    assert_false(read_policy(&policy, word, NULL, error));
    assert_non_null(strstr(error, "x...: no such cause"));
}

static void lists_add_up(void **state)
{
    (void)state;
    struct policy policy;
    char error[POLICY_ERROR];
    const char *words[] = {"hello", "version,certificate"};
    struct options options = {.fail_on = {words, 2}};
    struct scene scene;
    scenario(&scene);
    assert_true(policy_read(&policy, &options, error));
    assert_int_equal(policy.fail_on.count, 3);
    assert_true(NULL != policy_reason(&policy, &scene.facts, &scene.verdict));
}

static void a_list_that_never_ends_is_refused(void **state)
{
    (void)state;
    struct policy policy;
    char error[POLICY_ERROR] = "", list[7 * (POLICY_WORDS + 1) + 1] = "";
    for (size_t i = 0; i < POLICY_WORDS; i++) {
        memcpy(list + 7 * i, "failed,", 8);
    }
    list[7 * POLICY_WORDS - 1] = '\0';
    assert_true(read_policy(&policy, list, NULL, error));
    memcpy(list + 7 * POLICY_WORDS - 1, ",failed", 8);
    assert_false(read_policy(&policy, list, NULL, error));
    assert_string_equal(error, "--fail-on: more than 128 names");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_word_what_failed_counts_and_nothing_else),
        cmocka_unit_test(a_cause_or_its_family_names_a_failure),
        cmocka_unit_test(a_cause_of_an_established_handshake_does_not_count),
        cmocka_unit_test(a_warning_counts_when_it_is_named),
        cmocka_unit_test(a_floor_is_about_the_version_that_the_server_chose),
        cmocka_unit_test(what_is_allowed_leaves_the_other_reasons),
        cmocka_unit_test(connections_that_worked_are_judged_only_where_they_can_count),
        cmocka_unit_test(an_unknown_name_is_refused_with_the_nearest_one),
        cmocka_unit_test(a_name_longer_than_any_is_refused),
        cmocka_unit_test(lists_add_up),
        cmocka_unit_test(a_list_that_never_ends_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
