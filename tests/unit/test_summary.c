#define _POSIX_C_SOURCE 200809L /* open_memstream() */

#include "report/phrase.h"
#include "report/summary.h"
#include "report/tally.h"
#include "scene.h"

enum { WIDE = 100, NARROW = 60 };

/* The tables of whatever was noted; the caller frees them. */
static char *tables(struct summary *summary, unsigned columns, bool all)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    struct page page = page_on(out, columns, false);
    summary_write(summary, &page, all);
    fclose(out);
    char *copy = strdup(text);
    free(text);
    return copy;
}

/* Notes that `count` connections of `client` to `server` failed of `cause`. */
static void note(struct summary *summary, uint8_t client, uint8_t server, const struct cause *cause,
                 size_t count)
{
    struct scene scene;
    scenario(&scene);
    scene.facts.address[CLIENT].bytes[3] = client;
    scene.facts.address[SERVER].bytes[3] = server;
    scene.verdict.cause = cause;
    for (size_t i = 0; i < count; i++) {
        summary_note(summary, &scene.connection);
    }
}

static void nothing_is_written_where_nothing_failed(void **state)
{
    (void)state;
    struct summary *summary = summary_new();
    char *text = tables(summary, WIDE, false);
    assert_string_equal(text, "");
    free(text);
    summary_free(summary);
}

static void failures_are_counted_by_cause_by_server_and_by_client(void **state)
{
    (void)state;
    struct summary *summary = summary_new();
    note(summary, 20, 1, &server_too_old, 2);
    note(summary, 21, 2, &internal_error, 3);
    note(summary, 20, 2, &server_too_old, 8);
    note(summary, 21, 3, NULL, 1);
    char *text = tables(summary, WIDE, false);
    assert_string_equal(text, "\nby cause\n"
                              "  10  version.server_too_old    the server is too old\n"
                              "   3  abort.internal_error      the peer gave up\n"
                              "   1  unknown                   the capture shows no known cause\n"
                              "\nby server\n"
                              "  11  10.77.0.2:443    version.server_too_old 8, "
                              "abort.internal_error 3\n"
                              "   2  10.77.0.1:443    version.server_too_old\n"
                              "   1  10.77.0.3:443    unknown\n"
                              "\nby client\n"
                              "  10  10.77.0.20    version.server_too_old\n"
                              "   4  10.77.0.21    abort.internal_error 3, unknown 1\n");
    free(text);
    summary_free(summary);
}

static void what_does_not_fit_a_line_is_counted_and_no_name_is_cut(void **state)
{
    (void)state;
    static const struct cause reset = {.id = "hello.reset", .title = "a reset"};
    struct summary *summary = summary_new();
    note(summary, 2, 1, &server_too_old, 3);
    note(summary, 2, 1, &internal_error, 2);
    note(summary, 2, 1, &reset, 1);
    char *text = tables(summary, NARROW, false);
    assert_non_null(
        strstr(text, "  6  10.77.0.1:443    version.server_too_old 3, 2 other causes\n"));
    free(text);
    summary_free(summary);
}

static void a_narrow_terminal_gets_narrow_rows(void **state)
{
    (void)state;
    static const struct cause wordy = {
        .id = "client_certificate.rejected",
        .title = "the sërver refused the client's certificate, why is not visible here"};
    struct summary *summary = summary_new();
    note(summary, 2, 1, &wordy, 1);
    char *text = tables(summary, NARROW, false);
    assert_non_null(strstr(text, "  1  client_certificate.rejected    the sërver refused the …\n"));
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        assert_true(phrase_columns(line) <= NARROW);
    }
    free(text);
    summary_free(summary);
}

static void many_servers_are_counted_together_unless_all_are_asked_for(void **state)
{
    (void)state;
    struct summary *summary = summary_new();
    for (uint8_t server = 1; server <= SUMMARY_ROWS + 2; server++) {
        note(summary, 2, server, &server_too_old, server);
    }
    char *text = tables(summary, WIDE, false);
    assert_non_null(strstr(text, "\n   3  10.77.0.3:443     version.server_too_old\n"
                                 "  and 3 more failures, of 2 other servers\n"));
    free(text);
    text = tables(summary, WIDE, true);
    assert_non_null(strstr(text, "\n   1  10.77.0.1:443     version.server_too_old\n"
                                 "\nby client\n"));
    free(text);
    summary_free(summary);
}

static void what_had_no_room_is_confessed_and_causes_stay_exact(void **state)
{
    (void)state;
    struct summary *summary = summary_new();
    struct scene scene;
    scenario(&scene);
    for (uint16_t port = 1; port <= TALLY_GROUPS + 5; port++) {
        scene.facts.port[SERVER] = port;
        summary_note(summary, &scene.connection);
    }
    char *text = tables(summary, WIDE, false);
    assert_non_null(strstr(text, "\n  1005  version.server_too_old"));
    assert_non_null(strstr(text, "\n  and 5 more failures that had no room in this table\n"));
    assert_non_null(strstr(text, "\n  1005  10.77.0.2    version.server_too_old\n"));
    free(text);
    summary_free(summary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_written_where_nothing_failed),
        cmocka_unit_test(failures_are_counted_by_cause_by_server_and_by_client),
        cmocka_unit_test(what_does_not_fit_a_line_is_counted_and_no_name_is_cut),
        cmocka_unit_test(a_narrow_terminal_gets_narrow_rows),
        cmocka_unit_test(many_servers_are_counted_together_unless_all_are_asked_for),
        cmocka_unit_test(what_had_no_room_is_confessed_and_causes_stay_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
