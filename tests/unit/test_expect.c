#define _POSIX_C_SOURCE 200809L /* open_memstream(), mkstemp() */

#include "report/expect/expect_compare.h"
#include "report/expect/expect_file.h"
#include "report/expect/expect_match.h"
#include "report/expect/expect_place.h"
#include "report/expect/expect_update.h"
#include "report/json/json_collection.h"
#include "report/json/json_write.h"
#include "scene.h"

#include <json-c/json.h>
#include <unistd.h>

/* The scene's connection, with two warnings. */
static struct json_object *found(void)
{
    struct scene scene;
    scenario(&scene);
    scene.verdict.warnings = 2;
    scene.verdict.warning[0] = (struct warning){"version.old", "TLS 1.0"};
    scene.verdict.warning[1] = (struct warning){"cipher.weak", "CBC"};
    struct json_writer writer = {0};
    struct json_object *object = json_collection_object(&writer, &scene.connection);
    json_write_release(&writer);
    assert_non_null(object);
    return object;
}

static struct json_object *json(const char *text)
{
    struct json_object *object = json_tokener_parse(text);
    assert_non_null(object);
    return object;
}

/* ---- comparing ---- */

/* Compares with the scene: `field` is the first difference, NULL for none. */
static struct expect_score compared(const char *expectation, const char *field)
{
    struct json_object *expected = json(expectation), *connection = found();
    struct expect_differences differences = {.count = 0};
    struct expect_score score = expect_compare(&differences, expected, connection);
    assert_int_equal(differences.count, score.differing);
    if (field != NULL) {
        assert_true(differences.count > 0);
        assert_string_equal(differences.at[0].field, field);
    } else {
        assert_int_equal(differences.count, 0);
    }
    expect_differences_release(&differences);
    json_object_put(expected);
    json_object_put(connection);
    return score;
}

static void any_part_of_a_connection_meets_it(void **state)
{
    (void)state;
    compared("{}", NULL);
    compared("{\"handshake\":{\"status\":\"failed\"},\"server\":{\"port\":443}}", NULL);
    compared("{\"server\":{\"port\":443.0},\"tls\":{\"resumed\":false,\"curve\":null}}", NULL);
    compared("{\"tls\":{\"version\":\"1.2\"}}", "tls.version");
    compared("{\"tls\":{\"curve\":\"x25519\"}}", "tls.curve");
    compared("{\"tls\":{\"server\":{\"x509\":{\"serial_number\":\"1\"}}}}",
             "tls.server.x509.serial_number");
}

static void absence_is_met_only_where_nothing_is(void **state)
{
    (void)state;
    compared("{\"diagnosis\":null}", "diagnosis");
    compared("{\"warnings\":[]}", "warnings");
    compared("{\"tls\":{\"client\":{\"x509\":null,\"server_name\":null}}}",
             "tls.client.server_name");
}

static void what_is_no_number_meets_no_number(void **state)
{
    (void)state;
    compared("{\"server\":{\"port\":NaN}}", "server.port");
    compared("{\"server\":{\"port\":1e999}}", "server.port");
}

static void a_list_of_objects_is_met_in_its_order_with_others_between(void **state)
{
    (void)state;
    compared("{\"handshake\":{\"steps\":[{\"what\":\"client_hello\"},{\"what\":\"alert\"}]}}",
             NULL);
    compared("{\"handshake\":{\"steps\":[{\"what\":\"alert\"},{\"what\":\"client_hello\"}]}}",
             "handshake.steps");
    compared("{\"warnings\":[{\"code\":\"cipher.weak\"},{\"code\":\"cipher.weak\"}]}", "warnings");
    compared("{\"warnings\":[{\"code\":\"cipher.weak\",\"text\":null}]}", "warnings");
}

static void a_list_of_texts_is_met_as_a_whole(void **state)
{
    (void)state;
    compared("{\"handshake\":{\"client\":{\"versions\":[\"1.2\",\"1.1\"]}}}", NULL);
    compared("{\"handshake\":{\"client\":{\"versions\":[\"1.1\",\"1.2\"]}}}",
             "handshake.client.versions");
    compared("{\"handshake\":{\"client\":{\"versions\":[\"1.2\"]}}}", "handshake.client.versions");
}

static void a_score_tells_strangers_from_a_changed_connection(void **state)
{
    (void)state;
    struct expect_score score =
        compared("{\"client\":{\"ip\":\"10.77.0.9\"},\"tls\":{\"version\":\"1.0\",\"client\":"
                 "{\"server_name\":\"b.example\"}},\"handshake\":{\"status\":\"established\"}}",
                 "handshake.status");
    assert_int_equal(score.fields, 4);
    assert_int_equal(score.differing, 3);
    assert_int_equal(score.strangers, 2);
}

/* ---- matching ---- */

static void an_expectation_gives_way_so_that_all_are_met(void **state)
{
    (void)state;
    /* The first would take the first connection, and so would the second of it. */
    struct json_object *expectations = json("[{},{\"a\":1},{\"b\":1}]");
    struct json_object *connections = json("[{\"a\":1,\"b\":1},{\"a\":1},{\"c\":1}]");
    struct expect_match match;
    assert_true(expect_match(&match, expectations, connections));
    static const long wanted[] = {2, 1, 0};
    for (size_t i = 0; i < 3; i++) {
        assert_true(match.met[i]);
        assert_int_equal(match.connection[i], wanted[i]);
        assert_int_equal(match.expectation[wanted[i]], i);
    }
    expect_match_release(&match);
    json_object_put(expectations);
    json_object_put(connections);
}

static void what_is_not_met_is_held_against_who_comes_closest(void **state)
{
    (void)state;
    struct json_object *expectations =
        json("[{\"server\":{\"ip\":\"192.0.2.2\"},\"tls\":{\"version\":\"1.3\"}},"
             "{\"server\":{\"ip\":\"192.0.2.9\"}}]");
    struct json_object *connections =
        json("[{\"server\":{\"ip\":\"192.0.2.1\"},\"tls\":{\"version\":\"1.3\"}},"
             "{\"server\":{\"ip\":\"192.0.2.2\"},\"tls\":{\"version\":\"1.2\"}}]");
    struct expect_match match;
    assert_true(expect_match(&match, expectations, connections));
    assert_int_equal(match.connection[0], 1); /* by its address, not by its version */
    assert_false(match.met[0]);
    assert_int_equal(match.connection[1], EXPECT_NOBODY);
    assert_int_equal(match.expectation[0], EXPECT_NOBODY);
    expect_match_release(&match);
    json_object_put(expectations);
    json_object_put(connections);
}

/* ---- mending ---- */

static void a_mended_expectation_is_met_and_has_the_fields_it_had(void **state)
{
    (void)state;
    struct json_object *connection = found();
    struct json_object *expected =
        json("{\"tls\":{\"curve\":\"x448\",\"version\":\"1.3\"},\"diagnosis\":null,\"warnings\":[],"
             "\"server\":{\"port\":443}}");
    struct json_object *mended = expect_mended(expected, connection);
    struct json_object *wanted =
        json("{\"tls\":{\"version\":\"1.0\"},\"diagnosis\":{\"cause\":\"version.server_too_old\","
             "\"confidence\":\"certain\"},\"warnings\":[{\"code\":\"version.old\"},"
             "{\"code\":\"cipher.weak\"}],\"server\":{\"port\":443}}");
    assert_int_equal(expect_compare(NULL, mended, connection).differing, 0);
    assert_true(json_object_equal(mended, wanted));
    json_object_put(wanted);
    json_object_put(mended);
    json_object_put(expected);
    json_object_put(connection);
}

static void a_new_expectation_is_met_and_names_nothing_volatile(void **state)
{
    (void)state;
    struct json_object *connection = found(), *new_one = expect_new_one(connection);
    struct expect_score score = expect_compare(NULL, new_one, connection);
    assert_int_equal(score.differing, 0);
    assert_int_equal(score.fields, 10);
    const char *text = json_object_to_json_string(new_one);
    assert_null(strstr(text, "51044"));
    assert_null(strstr(text, "ja3"));
    assert_null(strstr(text, "timestamp"));
    json_object_put(new_one);
    json_object_put(connection);
}

/* ---- files ---- */

/* A file with that text is read; `words` are in the complaint, NULL: there is none. */
static void read_back(const char *text, bool folder, const char *words)
{
    struct expect_file file = {.folder = folder, .path = "test_expect.XXXXXX"};
    char error[EXPECT_ERROR] = "", path[EXPECT_PATH];
    int descriptor = mkstemp(file.path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, strlen(text)), strlen(text));
    close(descriptor);
    memcpy(path, file.path, sizeof(path));
    enum expect_result result = expect_file_read(&file, error);
    unlink(path);
    if (words == NULL) {
        assert_string_equal(error, "");
        assert_int_equal(result, EXPECT_READ);
    } else {
        assert_int_equal(result, EXPECT_BROKEN);
        assert_memory_equal(error, path, strlen(path));
        assert_string_equal(error + strlen(path), words);
    }
    assert_int_equal(file.there, words == NULL);
    expect_file_release(&file);
}

static void a_file_is_taken_only_as_what_it_should_be(void **state)
{
    (void)state;
    read_back("[]", false, NULL);
    read_back("{\"a.pcap\":[{\"@timestamp\":null}]}", true, NULL);
    read_back("[]", true, ":1: wants an object: a list of expectations for each capture's name");
    read_back("[null]", false, ":1: wants a list of objects, one a connection");
    read_back("[\n{\"tls\":\n{\"verson\":null}}]", false,
              ":3: tls.verson: a connection has no such field");
    read_back("{\"a.pcap\":[{}],\n\"b.pcap\":[{},\n{\"warnings\":\n[1]}]}", true,
              ":3: warnings: is a list of objects");
}

static void a_name_with_a_dot_is_no_way_to_a_field(void **state)
{
    (void)state;
    /* It would never be found, and null for it always be met. */
    read_back("[\n{\"diagnosis.cause\":null}]", false,
              ":2: diagnosis.cause: no field's name has a dot; write an object in an object");
    read_back("[{\"tls\":{\"client.server_name\":null}}]", false,
              ":1: tls.client.server_name: no field's name has a dot; write an object in an "
              "object");
}

static void a_missing_file_is_no_broken_one(void **state)
{
    (void)state;
    struct expect_file file = {.path = "test_expect.none/expect.json"};
    char error[EXPECT_ERROR] = "";
    assert_int_equal(expect_file_read(&file, error), EXPECT_NONE);
    assert_string_equal(error, "");
    expect_file_release(&file);
}

static void what_is_written_is_read_as_the_same(void **state)
{
    (void)state;
    struct expect_file file = {.folder = true, .path = "test_expect.written"};
    struct json_object *root =
        json("{\"a \\\"b\\\\.pcap\":[{\"tls\":{\"client\":{\"server_name\":\"b\\u00fc/\\n\"}}},{}],"
             "\"c.pcap\":[]}");
    char error[EXPECT_ERROR] = "";
    assert_true(expect_file_write(file.path, root, error));
    enum expect_result result = expect_file_read(&file, error);
    unlink("test_expect.written");
    assert_int_equal(result, EXPECT_READ);
    assert_true(json_object_equal(file.root, root));
    assert_int_equal(expect_file_line(&file, "c.pcap", 0), 1); /* it has none */
    json_object_put(root);
    expect_file_release(&file);
}

static void brackets_in_texts_move_no_line(void **state)
{
    (void)state;
    static const char text[] = "{\"a[{\": [\n{\"]}\":\"\\\"[{\"},\n{\"tls\":{\n\"cipher\":1}}]}";
    struct expect_place place = {"a[{", 1, NULL};
    assert_int_equal(expect_line(text, strlen(text), &place), 3);
    place.path = "tls.cipher";
    assert_int_equal(expect_line(text, strlen(text), &place), 4);
    place.path = "cipher"; /* not there: the expectation's own */
    assert_int_equal(expect_line(text, strlen(text), &place), 3);
    place.capture = "b";
    assert_int_equal(expect_line(text, strlen(text), &place), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_part_of_a_connection_meets_it),
        cmocka_unit_test(absence_is_met_only_where_nothing_is),
        cmocka_unit_test(what_is_no_number_meets_no_number),
        cmocka_unit_test(a_list_of_objects_is_met_in_its_order_with_others_between),
        cmocka_unit_test(a_list_of_texts_is_met_as_a_whole),
        cmocka_unit_test(a_score_tells_strangers_from_a_changed_connection),
        cmocka_unit_test(an_expectation_gives_way_so_that_all_are_met),
        cmocka_unit_test(what_is_not_met_is_held_against_who_comes_closest),
        cmocka_unit_test(a_mended_expectation_is_met_and_has_the_fields_it_had),
        cmocka_unit_test(a_new_expectation_is_met_and_names_nothing_volatile),
        cmocka_unit_test(a_file_is_taken_only_as_what_it_should_be),
        cmocka_unit_test(a_name_with_a_dot_is_no_way_to_a_field),
        cmocka_unit_test(a_missing_file_is_no_broken_one),
        cmocka_unit_test(what_is_written_is_read_as_the_same),
        cmocka_unit_test(brackets_in_texts_move_no_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
