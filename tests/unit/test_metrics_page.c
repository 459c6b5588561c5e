#include "metrics_page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SAMPLES = 256, LINE = 256 };

static const char NAME[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

/* What a strict reader of the format makes of a page: every sample as it stands before its number.
 */
struct reading {
    char series[SAMPLES][LINE];
    double value[SAMPLES];
    size_t count;
    char metric[LINE]; /* whose HELP and TYPE came last */
    char done[SAMPLES][LINE];
    size_t metrics;
    bool typed, counter;
};

static void read_help(struct reading *reading, const char *line)
{
    size_t length = strspn(line, NAME);
    assert_true(length > 0 && line[length] == ' ' && line[length + 1] != '\0');
    assert_null(strchr(line, '\\'));
    (void)snprintf(reading->metric, LINE, "%.*s", (int)length, line);
    reading->typed = false;
    for (size_t i = 0; i < reading->metrics; i++) {
        assert_string_not_equal(reading->done[i], reading->metric);
    }
    assert_true(reading->metrics < SAMPLES);
    strcpy(reading->done[reading->metrics++], reading->metric);
}

static void read_type(struct reading *reading, const char *line)
{
    size_t length = strlen(reading->metric);
    assert_memory_equal(line, reading->metric, length);
    reading->counter = strcmp(line + length, " counter") == 0;
    assert_true(reading->counter || strcmp(line + length, " gauge") == 0);
    assert_false(reading->typed);
    reading->typed = true;
    bool total = length > 6 && strcmp(reading->metric + length - 6, "_total") == 0;
    assert_int_equal(total, reading->counter);
}

static void read_sample(struct reading *reading, const char *line)
{
    size_t name = strspn(line, NAME);
    assert_true(reading->typed && name == strlen(reading->metric));
    assert_memory_equal(line, reading->metric, name);
    const char *rest = line + name;
    if (*rest == '{') {
        size_t label = strspn(rest + 1, NAME);
        assert_true(label > 0 && strncmp(rest + 1 + label, "=\"", 2) == 0);
        rest += label + 3;
        rest += strspn(rest, "abcdefghijklmnopqrstuvwxyz_.0123456789");
        assert_memory_equal(rest, "\"}", 2);
        rest += 2;
    }
    assert_int_equal(*rest, ' ');
    char *end = NULL;
    assert_true(reading->count < SAMPLES);
    reading->value[reading->count] = strtod(rest + 1, &end);
    assert_true(end > rest + 1 && *end == '\0');
    char *series = reading->series[reading->count++];
    (void)snprintf(series, LINE, "%.*s", (int)(rest - line), line);
    for (size_t i = 0; i + 1 < reading->count; i++) {
        assert_string_not_equal(reading->series[i], series);
    }
}

static void read_page(struct reading *reading, const char *page)
{
    memset(reading, 0, sizeof *reading);
    while (*page != '\0') {
        char line[LINE];
        size_t length = strcspn(page, "\n");
        assert_true(length > 0 && length < sizeof line && page[length] == '\n');
        (void)snprintf(line, sizeof line, "%.*s", (int)length, page);
        page += length + 1;
        if (strncmp(line, "# HELP ", 7) == 0) {
            read_help(reading, line + 7);
        } else if (strncmp(line, "# TYPE ", 7) == 0) {
            read_type(reading, line + 7);
        } else {
            read_sample(reading, line);
        }
    }
}

static double value_of(const struct reading *reading, const char *series)
{
    for (size_t i = 0; i < reading->count; i++) {
        if (strcmp(reading->series[i], series) == 0) {
            return reading->value[i];
        }
    }
    fail_msg("no %s", series);
    return 0;
}

static size_t row_of(const char *id)
{
    size_t row = 0;
    while (causes_row(row) != NULL && strcmp(causes_row(row)->id, id) != 0) {
        row++;
    }
    return row;
}

static void a_strict_reader_finds_every_figure(void **state)
{
    (void)state;
    static char page[METRICS_PAGE];
    static struct reading reading;
    struct totals totals = {.packets = 1234567890123,
                            .bytes = 2,
                            .established = 3,
                            .failed = 10,
                            .incomplete = 5,
                            .not_tls = 6,
                            .cut_packets = 7,
                            .broken_packets = 8,
                            .fragments = 9,
                            .evicted = 11,
                            .forgotten = 21,
                            .streams_overflowed = 12};
    totals.failed_of[row_of("hello.reset")] = 4;
    totals.failed_of[row_of("certificate.expired")] = 5;
    struct metrics_figures figures = {.totals = &totals,
                                      .dropped_kernel = 13,
                                      .dropped_interface = 14,
                                      .connections = 15,
                                      .connections_limit = 16,
                                      .memory = 17,
                                      .memory_limit = 18,
                                      .unkept = 19,
                                      .saved = 20,
                                      .unsaved = 21,
                                      .started = 1763812800,
                                      .latest = 1763812801002000000,
                                      .capturing = true,
                                      .saving = true};
    assert_true(metrics_page(page, &figures));
    read_page(&reading, page);
    static const struct {
        const char *series;
        double value;
    } expected[] = {
        {"tlswhy_build_info{version=\"" TLSWHY_VERSION "\"}", 1},
        {"process_start_time_seconds", 1763812800},
        {"tlswhy_capturing", 1},
        {"tlswhy_packets_total", 1234567890123.0},
        {"tlswhy_bytes_total", 2},
        {"tlswhy_packets_dropped_total{by=\"kernel\"}", 13},
        {"tlswhy_packets_dropped_total{by=\"interface\"}", 14},
        {"tlswhy_packets_cut_total", 7},
        {"tlswhy_packets_broken_total", 8},
        {"tlswhy_fragments_total", 9},
        {"tlswhy_latest_packet_time_seconds", 1763812801.002},
        {"tlswhy_connections", 15},
        {"tlswhy_connections_limit", 16},
        {"tlswhy_connections_evicted_total", 11},
        {"tlswhy_connections_forgotten_total", 21},
        {"tlswhy_streams_overflowed_total", 12},
        {"tlswhy_memory_bytes", 17},
        {"tlswhy_memory_limit_bytes", 18},
        {"tlswhy_handshakes_total{status=\"established\"}", 3},
        {"tlswhy_handshakes_total{status=\"failed\"}", 10},
        {"tlswhy_handshakes_total{status=\"incomplete\"}", 5},
        {"tlswhy_handshakes_total{status=\"not_tls\"}", 6},
        {"tlswhy_failures_total{cause=\"hello.reset\"}", 4},
        {"tlswhy_failures_total{cause=\"certificate.expired\"}", 5},
        {"tlswhy_failures_total{cause=\"sni.missing\"}", 0},
        {"tlswhy_failures_total{cause=\"unknown\"}", 1},
        {"tlswhy_saved_handshakes_total", 20},
        {"tlswhy_unsaved_handshakes_total", 21},
        {"tlswhy_unkept_packets_total", 19},
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_true(value_of(&reading, expected[i].series) == expected[i].value);
    }
    assert_int_equal(reading.count, sizeof expected / sizeof expected[0] + row_of("") - 3);
}

static void every_cause_has_a_place_among_the_totals(void **state)
{
    (void)state;
    assert_true(row_of("") > 50 && row_of("") <= TOTALS_CAUSES);
}

static void what_there_is_not_is_left_out(void **state)
{
    (void)state;
    static char page[METRICS_PAGE];
    static struct reading reading;
    struct totals totals = {0};
    struct metrics_figures figures = {.totals = &totals};
    assert_true(metrics_page(page, &figures));
    read_page(&reading, page);
    assert_null(strstr(page, "saved"));
    assert_null(strstr(page, "latest_packet"));
    assert_true(value_of(&reading, "tlswhy_capturing") == 0);
}

static void the_largest_figures_fit(void **state)
{
    (void)state;
    static char page[METRICS_PAGE];
    static struct reading reading;
    struct totals totals;
    struct metrics_figures figures;
    memset(&totals, 0xff, sizeof totals);
    memset(&figures, 0x7f, sizeof figures);
    figures.totals = &totals;
    figures.capturing = true;
    figures.saving = true;
    assert_true(metrics_page(page, &figures));
    read_page(&reading, page);
    assert_true(strlen(page) < METRICS_PAGE / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_strict_reader_finds_every_figure),
        cmocka_unit_test(every_cause_has_a_place_among_the_totals),
        cmocka_unit_test(what_there_is_not_is_left_out),
        cmocka_unit_test(the_largest_figures_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
