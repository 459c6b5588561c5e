#include "report/diff/diff.h"
#include "report/json/json_fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <json-c/json.h>

static struct json_object *json(const char *text)
{
    struct json_object *object = json_tokener_parse(text);
    assert_non_null(object);
    return object;
}

/* ---- pairing ---- */

#define HELLO "\"client\":{\"legacy_version\":\"1.2\"}"
#define WORKED "\"handshake\":{\"status\":\"established\"," HELLO "}"
#define FAILED "\"handshake\":{\"status\":\"failed\"," HELLO "}"
#define NAMED(name) "\"tls\":{\"client\":{\"server_name\":\"" name "\"}}"
#define SERVER(address) "\"server\":{\"ip\":\"" address "\",\"port\":443}"

/* Pairs two captures of which the second has one kind of failure; returns which connection of the
 * first it is held against, -1 for none. */
static long paired(const char *working, const char *failing, size_t more)
{
    struct diff_pair pairs[DIFF_PAIRS];
    struct json_object *left = json(working), *right = json(failing);
    size_t omitted = 0;
    long index = -1;
    assert_int_equal(diff_pairs(pairs, &omitted, left, right), 1);
    assert_int_equal(omitted, 0);
    assert_int_equal(pairs[0].more, more);
    for (size_t i = 0; i < json_object_array_length(left); i++) {
        index = json_object_array_get_idx(left, i) == pairs[0].working ? (long)i : index;
    }
    json_object_put(left);
    json_object_put(right);
    return index;
}

static void a_failure_is_paired_by_name_before_address(void **state)
{
    (void)state;
    static const char working[] = "[{" WORKED "," NAMED("a.example") "," SERVER(
        "192.0.2.1") "},"
                     "{" WORKED "," NAMED("b.example") "," SERVER("192.0.2.2") "}]";
    assert_int_equal(
        paired(working, "[{" FAILED "," NAMED("b.example") "," SERVER("192.0.2.1") "}]", 0), 1);
    assert_int_equal(paired(working, "[{" FAILED "," SERVER("192.0.2.2") "}]", 0), 1);
    assert_int_equal(paired(working, "[{" FAILED "," SERVER("192.0.2.1") "}]", 0), 0);
}

static void a_completed_handshake_is_the_better_measure(void **state)
{
    (void)state;
    static const char failing[] = "[{" FAILED "," NAMED("a.example") "," SERVER("192.0.2.1") "}]";
    assert_int_equal(paired("[{" FAILED "," NAMED("a.example") "," SERVER(
                                "192.0.2.1") "},"
                                             "{" WORKED "," SERVER("192.0.2.7") "}]",
                            failing, 0),
                     1);
    assert_int_equal(paired("[{\"handshake\":{\"status\":\"failed\"}},{" FAILED "}]", failing, 0),
                     1);
    assert_int_equal(paired("[{\"handshake\":{\"status\":\"failed\"}}]", failing, 0), -1);
}

static void failures_of_one_kind_are_one_pair(void **state)
{
    (void)state;
    assert_int_equal(paired("[{" WORKED "}]",
                            "[{" WORKED "},{" FAILED
                            "," SERVER("192.0.2.1") "},"
                                                    "{" FAILED "," SERVER("192.0.2.1") "}]",
                            1),
                     0);
}

static void kinds_without_room_are_counted(void **state)
{
    (void)state;
    struct diff_pair pairs[DIFF_PAIRS];
    struct json_object *working = json("[{" WORKED "}]"), *failing = json_object_new_array();
    for (int i = 0; i < DIFF_PAIRS + 3; i++) {
        struct json_object *one = json("{" FAILED ",\"server\":{}}");
        json_object_object_add(json_at(one, "server"), "port", json_object_new_int(1000 + i));
        json_object_array_add(failing, one);
    }
    size_t omitted = 0;
    assert_int_equal(diff_pairs(pairs, &omitted, working, failing), DIFF_PAIRS);
    assert_int_equal(omitted, 3);
    json_object_put(working);
    json_object_put(failing);
}

/* ---- steps ---- */

/* Lays two ladders side by side, a letter a step: client's in capitals; "." is one without weight.
 * The marks: s(ame), d(iffers), a(lone), p(arted). */
static struct json_object *ladder(const char *letters)
{
    struct json_object *connection = json("{\"handshake\":{\"client\":{},\"steps\":[]}}");
    struct json_object *steps = json_at(connection, "handshake.steps");
    for (const char *letter = letters; *letter != '\0'; letter++) {
        char what[2] = {*letter, '\0'};
        struct json_object *step = json_object_new_object();
        bool weightless = *letter == '.', client = *letter >= 'A' && *letter <= 'Z';
        json_object_object_add(step, "from", json_object_new_string(client ? "client" : "server"));
        json_object_object_add(step, "what",
                               json_object_new_string(weightless ? "new_session_ticket" : what));
        json_object_object_add(step, "text", json_object_new_string(what));
        json_object_array_add(steps, step);
    }
    return connection;
}

static void expect_marks(const char *working, const char *failing, const char *marks)
{
    struct diff_pair pair = {ladder(working), ladder(failing), 0};
    struct json_object *rows = diff_steps(&pair);
    char is[32] = "";
    for (size_t i = 0; i < json_object_array_length(rows) && i < sizeof(is) - 1; i++) {
        is[i] = json_text_at(json_object_array_get_idx(rows, i), "mark")[0];
    }
    assert_string_equal(is, marks);
    json_object_put(rows);
    json_object_put(pair.working);
    json_object_put(pair.failing);
}

static void ladders_go_together_until_they_part(void **state)
{
    (void)state;
    expect_marks("AbcD", "AbcD", "ssss");
    expect_marks("AbcD", "Ab", "sspp");
    expect_marks("AbcDefG", "AXyzWvU", "spppp"); /* where they part, and DIFF_BEYOND */
    expect_marks("", "", "");
}

static void what_decides_nothing_parts_nobody(void **state)
{
    (void)state;
    expect_marks("Ab..C", "AbC", "ssaas");
    expect_marks("AbC", "A.bC.", "sassa");
    expect_marks("Ab.C", "AbD", "sspp");
}

static void a_step_with_other_words_differs_and_goes_on(void **state)
{
    (void)state;
    struct diff_pair pair = {ladder("Ab"), ladder("Ab"), 0};
    struct json_object *first =
        json_object_array_get_idx(json_at(pair.failing, "handshake.steps"), 0);
    json_object_object_add(first, "text", json_object_new_string("ClientHello TLS 1.1"));
    struct json_object *rows = diff_steps(&pair);
    assert_int_equal(json_object_array_length(rows), 2);
    assert_string_equal(json_text_at(json_object_array_get_idx(rows, 0), "mark"), "differs");
    assert_string_equal(json_text_at(json_object_array_get_idx(rows, 1), "mark"), "same");
    json_object_put(rows);
    json_object_put(pair.working);
    json_object_put(pair.failing);
}

/* ---- meaning ---- */

/* Whether what the differences mean has those words. */
static bool means(const char *working, const char *failing, const char *words)
{
    struct diff_pair pair = {json(working), json(failing), 0};
    struct json_object *offers = diff_offers(&pair);
    char text[4096];
    diff_meaning(text, sizeof(text), &pair, offers);
    json_object_put(offers);
    json_object_put(pair.working);
    json_object_put(pair.failing);
    return strstr(text, words) != NULL;
}

#define HELLOS(versions, suites)                                                                   \
    "{\"server\":{\"ip\":\"192.0.2.1\",\"port\":443},\"tls\":{\"client\":{"                        \
    "\"supported_ciphers\":[" suites "]}},\"handshake\":{\"client\":{\"versions\":[" versions      \
    "]},"
#define ESTABLISHED "\"status\":\"established\"}}"
#define TOO_OLD                                                                                    \
    "\"status\":\"failed\"},\"diagnosis\":{\"cause\":\"version.server_too_old\","                  \
    "\"confidence\":\"certain\",\"summary\":\"At most TLS 1.0.\"}}"

static void only_what_bears_on_the_cause_is_named(void **state)
{
    (void)state;
    static const char working[] = HELLOS("\"1.0\"", "\"a\"") ESTABLISHED;
    static const char failing[] = HELLOS("\"1.2\"", "\"b\"") TOO_OLD;
    assert_true(means(working, failing, "version.server_too_old (certain): At most TLS 1.0."));
    assert_true(means(working, failing,
                      "Of what differs, this bears on the failure: the client's versions."));
    assert_true(means(working, HELLOS("\"1.2\"", "\"a\"") TOO_OLD,
                      "All that differs bears on this failure: the client's versions."));
    assert_true(means(working, HELLOS("\"1.0\"", "\"b\"") TOO_OLD,
                      "Nothing that differs in the hellos is known to bear on this failure."));
    assert_true(means(working, HELLOS("\"1.0\"", "\"a\"") TOO_OLD,
                      "Both clients offer the same: what differs is the server's answer"));
}

static void a_random_value_is_no_difference(void **state)
{
    (void)state;
    assert_true(means(HELLOS("\"GREASE (0x0a0a)\",\"1.2\"", "\"a\"") ESTABLISHED,
                      HELLOS("\"GREASE (0xfafa)\",\"1.2\"", "\"a\"") TOO_OLD,
                      "Both clients offer the same"));
}

static void another_server_or_a_poor_measure_is_said(void **state)
{
    (void)state;
    static const char failing[] = HELLOS("\"1.2\"", "\"a\"") TOO_OLD;
    static const char other[] = "{" SERVER("192.0.2.9") "," WORKED "}";
    assert_true(means(other, failing, "with different servers, so that the server may be"));
    assert_false(means(failing, failing, "different servers"));
    assert_true(means(failing, failing, "it is a poor measure"));
    assert_false(means(other, failing, "poor measure"));
}

static void what_a_hole_hides_is_not_claimed(void **state)
{
    (void)state;
    static const char hole[] = "{\"handshake\":{\"client\":{},\"unseen\":[\"a gap\"],"
                               "\"status\":\"incomplete\"}}";
    assert_true(means(hole, hole, "offer the same as far as the captures show"));
    assert_true(means(hole, hole, "does not show why, or that, it failed"));
    assert_true(means("{" WORKED "}",
                      "{\"handshake\":{\"status\":\"failed\"},\"diagnosis\":{\"cause\":"
                      "\"certificate.expired\",\"confidence\":\"likely\",\"summary\":\"\"}}",
                      "The certificate of the working handshake is not in sight"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_is_paired_by_name_before_address),
        cmocka_unit_test(a_completed_handshake_is_the_better_measure),
        cmocka_unit_test(failures_of_one_kind_are_one_pair),
        cmocka_unit_test(kinds_without_room_are_counted),
        cmocka_unit_test(ladders_go_together_until_they_part),
        cmocka_unit_test(what_decides_nothing_parts_nobody),
        cmocka_unit_test(a_step_with_other_words_differs_and_goes_on),
        cmocka_unit_test(only_what_bears_on_the_cause_is_named),
        cmocka_unit_test(a_random_value_is_no_difference),
        cmocka_unit_test(another_server_or_a_poor_measure_is_said),
        cmocka_unit_test(what_a_hole_hides_is_not_claimed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
