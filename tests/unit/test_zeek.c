#define _POSIX_C_SOURCE 200809L /* open_memstream() */

#include "scene.h"

#include "report/zeek_history.h"

static void a_connection_is_a_line_of_ssl_log(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    expect_part(&scene, &report_zeek,
                "\t10.77.0.2\t51044\t10.77.0.1\t443\tTLSv10\tTLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"
                "\t-\twww.contoso.test\tF\tprotocol_version\t-\tF\tCsL\t-\t-\t-\tfailed"
                "\tversion.server_too_old\tcertain\tThe server speaks at most TLS 1.0; the client "
                "accepts TLS 1.1 and 1.2.\n");
}

static void the_head_names_separators_fields_and_types(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    expect_part(&scene, &report_zeek,
                "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n"
                "#path\tssl\n#open\t2026-11-21-20-41-00\n#fields\tts\tuid\tid.orig_h\t");
    expect_part(&scene, &report_zeek, "#types\ttime\tstring\taddr\tport\taddr\tport\tstring");
    expect_part(&scene, &report_zeek, "\n1795293660.123456\tC");
    expect_part(&scene, &report_zeek, "\n#close\t2026-11-21-20-41-00\n");
}

static void a_log_without_connections_has_a_head(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    char *text = told(&scene, &report_zeek, 0);
    assert_non_null(strstr(text, "#fields\tts"));
    assert_non_null(strstr(text, "#close"));
    free(text);
}

static void the_uid_is_the_connections_own(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    char *first = told(&scene, &report_zeek, 1), *second = told(&scene, &report_zeek, 1);
    assert_string_equal(first, second);
    free(second);
    scene.facts.first.frame++;
    second = told(&scene, &report_zeek, 1);
    assert_string_not_equal(first, second);
    free(first);
    free(second);
}

static void what_zeek_would_read_as_something_else_is_escaped(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    static const struct {
        const char *name, *field;
    } rows[] = {
        {"a\tb\nc", "\ta\\x09b\\x0ac\t"},
        {"-", "\t\\x2d\t"},
        {"(empty)", "\t\\x28empty)\t"},
        {"", "\t(empty)\t"},
        {"\\x41", "\t\\\\x41\t"},
        {"\xff\x7f\x1b", "\t\\xff\\x7f\\x1b\t"},
        {"ä", "\tä\t"},
        {"\xe2\x80\xae", "\t\\xe2\\x80\\xae\t"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        scene.facts.client_hello[0].server_name = rows[i].name;
        expect_part(&scene, &report_zeek, rows[i].field);
    }
}

static void certificates_are_digests(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    const struct certificate leaf = {.sha256 = {0xab}}, issuer = {.sha256 = {0xcd}};
    const struct certificate *const chained[] = {&leaf, &issuer};
    const struct chain server = {
        .certificates = chained, .count = 2, .name_checked = true, .name_fits = false};
    const struct chain client = {.count = 0};
    scene.facts.chain[SERVER] = &server;
    scene.facts.chain[CLIENT] = &client;
    expect_part(&scene, &report_zeek, "00,cd00");
    expect_part(&scene, &report_zeek, "\t(empty)\tF\tfailed\t");
}

/* The history of these steps. */
static void expect_history(const struct step *steps, uint8_t count, uint64_t established,
                           const char *history)
{
    struct step copy[FACTS_STEPS];
    memcpy(copy, steps, count * sizeof(steps[0]));
    struct facts facts = {.steps = count, .step = copy, .established = {established, 0}};
    char text[ZEEK_HISTORY];
    zeek_history(text, &facts);
    assert_string_equal(text, history);
}

static void a_history_has_zeeks_letters(void **state)
{
    (void)state;
    static const struct step full[] = {
        {.at = {1, 0}, .what = STEP_SYN, .from = CLIENT},
        {.at = {4, 0}, .what = STEP_CLIENT_HELLO, .from = CLIENT},
        {.at = {5, 0}, .what = STEP_SERVER_HELLO, .from = SERVER},
        {.at = {5, 0}, .what = STEP_MESSAGE, .from = SERVER, .a = 11},
        {.at = {5, 0}, .what = STEP_MESSAGE, .from = SERVER, .a = 22},
        {.at = {5, 0}, .what = STEP_MESSAGE, .from = SERVER, .a = 12},
        {.at = {5, 0}, .what = STEP_MESSAGE, .from = SERVER, .a = 13},
        {.at = {5, 0}, .what = STEP_MESSAGE, .from = SERVER, .a = 14},
        {.at = {6, 0}, .what = STEP_MESSAGE, .from = CLIENT, .a = 11},
        {.at = {6, 0}, .what = STEP_MESSAGE, .from = CLIENT, .a = 16},
        {.at = {6, 0}, .what = STEP_MESSAGE, .from = CLIENT, .a = 15},
        {.at = {6, 0}, .what = STEP_CHANGE_CIPHER_SPEC, .from = CLIENT},
        {.at = {6, 0}, .what = STEP_SEALED, .from = CLIENT, .a = 22},
        {.at = {7, 0}, .what = STEP_MESSAGE, .from = SERVER, .a = 4},
        {.at = {7, 0}, .what = STEP_CHANGE_CIPHER_SPEC, .from = SERVER},
        {.at = {9, 0}, .what = STEP_ALERT, .from = SERVER, .a = 1, .b = 0},
    };
    expect_history(full, sizeof(full) / sizeof(full[0]), 7, "CsxukrnXGYIti");
}

static void a_history_has_no_letter_for_what_is_sealed(void **state)
{
    (void)state;
    static const struct step sealed[] = {
        {.at = {1, 0}, .what = STEP_CLIENT_HELLO, .from = CLIENT},
        {.at = {2, 0}, .what = STEP_HELLO_RETRY, .from = SERVER},
        {.at = {3, 0}, .what = STEP_CLIENT_HELLO, .from = CLIENT},
        {.at = {4, 0}, .what = STEP_SERVER_HELLO, .from = SERVER},
        {.at = {4, 0}, .what = STEP_MESSAGE, .from = SERVER, .a = 20, .sealed = true},
        {.at = {5, 0}, .what = STEP_ALERT, .from = CLIENT, .b = 255, .sealed = true},
    };
    expect_history(sealed, sizeof(sealed) / sizeof(sealed[0]), 0, "CjCs");
}

static void a_history_ends_behind_a_hundred_letters(void **state)
{
    (void)state;
    struct step endless = {
        .at = {1, 0}, .what = STEP_MESSAGE, .from = SERVER, .a = 99, .repeats = 65535};
    struct facts facts = {.steps = 1, .step = &endless};
    char text[ZEEK_HISTORY];
    zeek_history(text, &facts);
    assert_int_equal(strlen(text), 100);
    assert_int_equal(strspn(text, "z"), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_is_a_line_of_ssl_log),
        cmocka_unit_test(the_head_names_separators_fields_and_types),
        cmocka_unit_test(a_log_without_connections_has_a_head),
        cmocka_unit_test(the_uid_is_the_connections_own),
        cmocka_unit_test(what_zeek_would_read_as_something_else_is_escaped),
        cmocka_unit_test(certificates_are_digests),
        cmocka_unit_test(a_history_has_zeeks_letters),
        cmocka_unit_test(a_history_has_no_letter_for_what_is_sealed),
        cmocka_unit_test(a_history_ends_behind_a_hundred_letters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
