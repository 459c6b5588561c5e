#define _POSIX_C_SOURCE 200809L /* isatty() */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "progress.h"

#define SECOND INT64_C(1000000000)

static void expect(const struct progress_state *state, bool bar, const char *text)
{
    char got[PROGRESS_TEXT];
    progress_text(got, state, bar);
    assert_string_equal(got, text);
}

static void a_file_has_a_bar_and_a_time_that_is_left(void **state)
{
    (void)state;
    const struct progress_state half = {.read = 700000000,
                                        .whole = 1400000000,
                                        .packets = 2345678,
                                        .input = 1,
                                        .inputs = 1,
                                        .elapsed = 5 * SECOND};
    expect(&half, true,
           " 50% [#####.....] 6 s left, 700 MB of 1.4 GB, 140 MB/s, 2,345,678 packets");
    expect(&half, false, "50%, 6 s left, 700 MB of 1.4 GB, 140 MB/s, 2,345,678 packets");
}

static void a_pipe_has_bytes_and_packets_and_no_percent(void **state)
{
    (void)state;
    const struct progress_state pipe = {
        .read = 12345678, .packets = 1, .inputs = 1, .elapsed = 2 * SECOND};
    expect(&pipe, true, "12 MB, 6.2 MB/s, 1 packet");
}

static void the_first_moment_says_nothing_of_speed(void **state)
{
    (void)state;
    const struct progress_state first = {.whole = 5000, .inputs = 1, .elapsed = SECOND / 2};
    expect(&first, false, "0%, 0 kB of 5 kB, 0 packets");
}

static void a_file_that_grew_is_read_to_100_percent(void **state)
{
    (void)state;
    const struct progress_state grown = {
        .read = 6000, .whole = 5000, .packets = 12, .inputs = 1, .elapsed = SECOND};
    expect(&grown, true, "100% [##########] 6 kB of 5 kB, 6 kB/s, 12 packets");
}

static void several_files_are_counted_together(void **state)
{
    (void)state;
    const struct progress_state several = {.read = 1000000,
                                           .whole = UINT64_C(4000000000000),
                                           .packets = 999,
                                           .input = 3,
                                           .inputs = 12,
                                           .elapsed = 10 * SECOND};
    expect(&several, false,
           "0%, 11111 h 6 min left, 1.0 MB of 4.0 TB, 100 kB/s, 999 packets, file 3 of 12");
}

static void the_greatest_figures_fit(void **state)
{
    (void)state;
    char text[PROGRESS_TEXT];
    const struct progress_state greatest = {.read = UINT64_MAX - 1,
                                            .whole = UINT64_MAX,
                                            .packets = UINT64_MAX,
                                            .input = SIZE_MAX,
                                            .inputs = SIZE_MAX,
                                            .elapsed = SECOND};
    progress_text(text, &greatest, true);
    assert_true(strlen(text) < PROGRESS_TEXT - 1);
    assert_non_null(strstr(text, " packets, file "));
}

static void nobody_who_did_not_ask_gets_lines_in_a_log(void **state)
{
    (void)state;
    struct options options = {.action = ACTION_REPLAY};
    if (isatty(STDERR_FILENO)) {
        skip();
    }
    assert_int_equal(progress_kind(&options), PROGRESS_NONE);
    options.progress = true;
    assert_int_equal(progress_kind(&options), PROGRESS_LINES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_has_a_bar_and_a_time_that_is_left),
        cmocka_unit_test(a_pipe_has_bytes_and_packets_and_no_percent),
        cmocka_unit_test(the_first_moment_says_nothing_of_speed),
        cmocka_unit_test(a_file_that_grew_is_read_to_100_percent),
        cmocka_unit_test(several_files_are_counted_together),
        cmocka_unit_test(the_greatest_figures_fit),
        cmocka_unit_test(nobody_who_did_not_ask_gets_lines_in_a_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
