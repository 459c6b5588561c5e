#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "options.h"

enum { WORDS = 32, TOLD = 4096 };

/* Reads the words of `line`, which are separated by single spaces. What stands on stderr afterwards
 * is in `told`. */
struct typed {
    char line[512];
    char *argv[WORDS];
    int argc;
    struct options options;
    char told[TOLD];
};

static void split(struct typed *typed, const char *line)
{
    snprintf(typed->line, sizeof(typed->line), "tlswhy %s", line);
    typed->argc = 0;
    char *rest = NULL;
    for (char *word = strtok_r(typed->line, " ", &rest); word != NULL && typed->argc < WORDS - 1;
         word = strtok_r(NULL, " ", &rest)) {
        typed->argv[typed->argc++] = word;
    }
    typed->argv[typed->argc] = NULL;
}

static void capture_begin(int *saved, FILE **file, int descriptor)
{
    fflush(NULL);
    *file = tmpfile();
    assert_non_null(*file);
    *saved = dup(descriptor);
    assert_true(*saved >= 0);
    assert_true(dup2(fileno(*file), descriptor) >= 0);
}

static void capture_end(char *text, size_t size, int saved, FILE *file, int descriptor)
{
    fflush(NULL);
    assert_true(dup2(saved, descriptor) >= 0);
    close(saved);
    rewind(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

static int type(struct typed *typed, const char *line)
{
    int saved = -1;
    FILE *file = NULL;
    split(typed, line);
    capture_begin(&saved, &file, STDERR_FILENO);
    int status = options_read(&typed->options, typed->argc, typed->argv);
    capture_end(typed->told, sizeof(typed->told), saved, file, STDERR_FILENO);
    return status;
}

static void accepts(struct typed *typed, const char *line)
{
    assert_int_equal(type(typed, line), 0);
    assert_string_equal(typed->told, "");
}

static void refuses(const char *line, const char *told)
{
    struct typed typed;
    assert_int_equal(type(&typed, line), 2);
    assert_string_equal(typed.told, told);
    options_free(&typed.options);
}

static void captures_are_kept_in_the_order_in_which_they_are_given(void **state)
{
    (void)state;
    struct typed typed;
    accepts(&typed, "one.pcap -r two.pcap --json - -rthree.pcap -- -four.pcap");
    static const char *const names[] = {"one.pcap", "two.pcap", "-", "three.pcap", "-four.pcap"};
    assert_int_equal(typed.options.inputs.count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(typed.options.inputs.at[i], names[i]);
    }
    assert_int_equal(typed.options.format, FORMAT_JSON);
    options_free(&typed.options);
}

static void nothing_but_a_capture_means_replay_with_everything_as_usual(void **state)
{
    (void)state;
    struct typed typed;
    accepts(&typed, "a.pcap");
    assert_int_equal(typed.options.action, ACTION_REPLAY);
    assert_int_equal(typed.options.color, COLOR_AUTO);
    assert_false(typed.options.all || typed.options.summary);
    assert_false(typed.options.quiet);
    assert_int_equal(typed.options.verbose, 0);
    assert_int_equal(typed.options.stop_after, 0);
    assert_int_equal(typed.options.judged_at, 0);
    assert_null(typed.options.filter);
    assert_int_equal(typed.options.tls_ports[0], 443);
    options_free(&typed.options);
}

static void letters_can_be_joined_and_words_shortened(void **state)
{
    (void)state;
    struct typed typed;
    accepts(&typed, "-nqvv -c7 -f tcp --all --ca=roots.pem a.pcap");
    assert_true(typed.options.quiet);
    assert_true(typed.options.all);
    assert_int_equal(typed.options.verbose, 2);
    assert_int_equal(typed.options.stop_after, 7);
    assert_string_equal(typed.options.filter, "tcp");
    assert_string_equal(typed.options.authorities, "roots.pem");
    options_free(&typed.options);
}

static void tls_ports_are_added_to_the_usual_ones_once(void **state)
{
    (void)state;
    struct typed typed;
    accepts(&typed, "--tls-port 443,10443 --tls-port 65535 a.pcap");
    size_t count = typed.options.tls_port_count;
    assert_int_equal(typed.options.tls_ports[count - 2], 10443);
    assert_int_equal(typed.options.tls_ports[count - 1], 65535);
    options_free(&typed.options);
}

static void a_port_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const lines[] = {"--tls-port 0 a",
                                        "--tls-port 65536 a",
                                        "--tls-port 1,,2 a",
                                        "--tls-port 1, a",
                                        "--tls-port +1 a",
                                        "--tls-port x a",
                                        "--tls-port 00000000000000000000443 a"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        refuses(lines[i], "tlswhy: --tls-port: wants ports from 1 to 65535, with commas between; "
                          "try 'tlswhy --help'\n");
    }
}

static void more_ports_than_there_is_room_for_are_refused(void **state)
{
    (void)state;
    char line[512] = "a --tls-port 1";
    for (int port = 2; port <= OPTIONS_TLS_PORTS; port++) {
        char next[8];
        snprintf(next, sizeof(next), ",%d", port);
        strcat(line, next);
    }
    refuses(line, "tlswhy: --tls-port: too many ports; try 'tlswhy --help'\n");
}

static void certificates_are_judged_at_the_time_given(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int64_t seconds;
    } rows[] = {
        {"--at 2026-11-21T20:41:00Z a", 1795293660},
        {"--at 2000-02-29 a", 951782400},
        {"--at 1969-12-31T23:59:59Z a", -1},
        {"--at 9999-12-31 a", 253402214400},
        {"--at packet a", 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct typed typed;
        accepts(&typed, rows[i].line);
        assert_int_equal(typed.options.judged_at, rows[i].seconds);
        options_free(&typed.options);
    }
    struct typed typed;
    accepts(&typed, "--at now a");
    assert_true(typed.options.judged_at > 1700000000);
    options_free(&typed.options);
}

static void a_time_that_does_not_exist_is_refused(void **state)
{
    (void)state;
    static const char *const lines[] = {"--at 2025-02-29 a", "--at 2025-13-01 a",
                                        "--at 2025-1-1 a",   "--at 2025-01-01T24:00:00Z a",
                                        "--at yesterday a",  "--at 2025-01-01T00:00:00 a"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        refuses(lines[i], "tlswhy: --at: wants now, packet or a time in UTC as "
                          "2026-11-21T20:41:00Z; try 'tlswhy --help'\n");
    }
}

static void colours_are_auto_always_or_never(void **state)
{
    (void)state;
    struct typed typed;
    accepts(&typed, "--color=never a");
    assert_int_equal(typed.options.color, COLOR_NEVER);
    options_free(&typed.options);
    accepts(&typed, "--color always a");
    assert_int_equal(typed.options.color, COLOR_ALWAYS);
    options_free(&typed.options);
    refuses("--color red a", "tlswhy: --color: wants auto, always or never; try 'tlswhy --help'\n");
}

static void what_asks_about_the_program_needs_no_capture(void **state)
{
    (void)state;
    struct typed typed;
    accepts(&typed, "--help");
    assert_int_equal(typed.options.action, ACTION_HELP);
    options_free(&typed.options);
    accepts(&typed, "-h");
    assert_int_equal(typed.options.action, ACTION_HELP);
    options_free(&typed.options);
    accepts(&typed, "--version");
    assert_int_equal(typed.options.action, ACTION_VERSION);
    options_free(&typed.options);
    accepts(&typed, "--list-causes");
    assert_int_equal(typed.options.action, ACTION_LIST_CAUSES);
    options_free(&typed.options);
    accepts(&typed, "--explain hello.reset");
    assert_int_equal(typed.options.action, ACTION_EXPLAIN);
    assert_string_equal(typed.options.explain, "hello.reset");
    options_free(&typed.options);
}

static void without_a_capture_the_user_is_told_so(void **state)
{
    (void)state;
    refuses("", "tlswhy: no capture is given; try 'tlswhy --help'\n");
    refuses("--json", "tlswhy: no capture is given; try 'tlswhy --help'\n");
}

static void an_unknown_option_is_named(void **state)
{
    (void)state;
    refuses("--frobnicate a", "tlswhy: --frobnicate: no such option; try 'tlswhy --help'\n");
    refuses("--frobnicate=3 a", "tlswhy: --frobnicate: no such option; try 'tlswhy --help'\n");
    refuses("-x a", "tlswhy: -x: no such option; try 'tlswhy --help'\n");
    refuses("--json -nXq a", "tlswhy: -X: no such option; try 'tlswhy --help'\n");
    refuses("--json -\xc3\xa9 a", "tlswhy: -\xc3\xa9: no such option; try 'tlswhy --help'\n");
    refuses("a -:", "tlswhy: -:: no such option; try 'tlswhy --help'\n");
}

static void a_missing_or_superfluous_argument_is_named(void **state)
{
    (void)state;
    refuses("a -c", "tlswhy: -c: needs an argument; try 'tlswhy --help'\n");
    refuses("a --explain", "tlswhy: --explain: needs an argument; try 'tlswhy --help'\n");
    refuses("a --json=yes", "tlswhy: --json: takes no argument; try 'tlswhy --help'\n");
    refuses("a --quiet=yes", "tlswhy: --quiet: takes no argument; try 'tlswhy --help'\n");
}

static void a_count_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const lines[] = {"-c 0 a", "-c -1 a", "-c 1x a",
                                        "-c 99999999999999999999 a"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        refuses(lines[i],
                "tlswhy: -c: wants a number of connections, from 1; try 'tlswhy --help'\n");
    }
}

static void with_an_interface_the_bare_words_are_the_filter(void **state)
{
    (void)state;
    struct typed typed;
    accepts(&typed, "-i eth0 -i lo tcp port 443 -s 0 -B 4096 --metrics :9469");
    assert_int_equal(typed.options.action, ACTION_LIVE);
    assert_int_equal(typed.options.interfaces.count, 2);
    assert_string_equal(typed.options.interfaces.at[0], "eth0");
    assert_string_equal(typed.options.filter, "tcp port 443");
    assert_int_equal(typed.options.buffer_kib, 4096);
    assert_int_equal(typed.options.snap_length, 0);
    options_free(&typed.options);
    refuses("-i eth0 -f tcp udp",
            "tlswhy: udp: the filter is given by -f already; try 'tlswhy --help'\n");
}

static void what_is_only_for_an_interface_needs_one(void **state)
{
    (void)state;
    static const char *const lines[][2] = {
        {"-s 100 a", "-s"}, {"-B 9 a", "-B"},       {"--immediate-mode a", "--immediate-mode"},
        {"-p a", "-p"},     {"--wait a", "--wait"}, {"--metrics 1 a", "--metrics"},
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char told[96];
        snprintf(told, sizeof(told), "tlswhy: %s: is for an interface (-i); try 'tlswhy --help'\n",
                 lines[i][1]);
        refuses(lines[i][0], told);
    }
}

static void a_folder_is_checked_and_two_captures_are_compared(void **state)
{
    (void)state;
    struct typed typed;
    accepts(&typed, "--check dir --update --junit out.xml --fail-on a,b --fail-on c --allow d");
    assert_int_equal(typed.options.action, ACTION_CHECK);
    assert_string_equal(typed.options.inputs.at[0], "dir");
    assert_true(typed.options.update);
    assert_string_equal(typed.options.junit, "out.xml");
    assert_int_equal(typed.options.fail_on.count, 2);
    assert_string_equal(typed.options.fail_on.at[1], "c");
    assert_string_equal(typed.options.allow.at[0], "d");
    options_free(&typed.options);
    accepts(&typed, "--diff a b");
    assert_int_equal(typed.options.action, ACTION_DIFF);
    options_free(&typed.options);
    refuses("--diff a", "tlswhy: --diff: wants two captures, a working one and a failing one; try "
                        "'tlswhy --help'\n");
    refuses("--update a", "tlswhy: --update: is for --check; try 'tlswhy --help'\n");
    refuses("--check d -i lo", "tlswhy: -i: is not for --check and --diff; try 'tlswhy --help'\n");
}

static void sizes_have_units_and_rotation_needs_a_file(void **state)
{
    (void)state;
    struct typed typed;
    accepts(&typed, "--memory 64 -w o.pcap -C 10 -G 60 a");
    assert_int_equal(typed.options.memory, 64 << 20);
    assert_int_equal(typed.options.save_megabytes, 10);
    assert_int_equal(typed.options.save_seconds, 60);
    options_free(&typed.options);
    accepts(&typed, "--memory 2G a");
    assert_int_equal(typed.options.memory, 2LL << 30);
    options_free(&typed.options);
    refuses("--memory 1T a", "tlswhy: --memory: wants a size in MiB, or as 512M or 2G; try 'tlswhy "
                             "--help'\n");
    refuses("-C 10 a", "tlswhy: -C: is for files of -w; try 'tlswhy --help'\n");
}

static void a_format_is_text_json_or_zeek(void **state)
{
    (void)state;
    struct typed typed;
    accepts(&typed, "--format zeek a");
    assert_int_equal(typed.options.format, FORMAT_ZEEK);
    options_free(&typed.options);
    refuses("--format xml a", "tlswhy: --format: wants text, json or zeek; try 'tlswhy --help'\n");
}

static void json_has_no_summary(void **state)
{
    (void)state;
    refuses("--json --summary a", "tlswhy: --summary: is not for --json; try 'tlswhy --help'\n");
}

static void the_help_fits_a_screen(void **state)
{
    (void)state;
    char text[TOLD];
    int saved = -1;
    FILE *file = NULL;
    capture_begin(&saved, &file, STDOUT_FILENO);
    options_print_help();
    capture_end(text, sizeof(text), saved, file, STDOUT_FILENO);
    size_t lines = 0;
    for (char *line = text; *line != '\0'; lines++) {
        size_t length = strcspn(line, "\n");
        assert_true(length <= 100);
        line += length + (line[length] == '\n');
    }
    assert_true(lines <= 36);
}

static void the_version_is_one_line(void **state)
{
    (void)state;
    char text[TOLD];
    int saved = -1;
    FILE *file = NULL;
    capture_begin(&saved, &file, STDOUT_FILENO);
    options_print_version();
    capture_end(text, sizeof(text), saved, file, STDOUT_FILENO);
    assert_memory_equal(text, "tlswhy ", 7);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(captures_are_kept_in_the_order_in_which_they_are_given),
        cmocka_unit_test(nothing_but_a_capture_means_replay_with_everything_as_usual),
        cmocka_unit_test(letters_can_be_joined_and_words_shortened),
        cmocka_unit_test(tls_ports_are_added_to_the_usual_ones_once),
        cmocka_unit_test(a_port_that_is_none_is_refused),
        cmocka_unit_test(more_ports_than_there_is_room_for_are_refused),
        cmocka_unit_test(certificates_are_judged_at_the_time_given),
        cmocka_unit_test(a_time_that_does_not_exist_is_refused),
        cmocka_unit_test(colours_are_auto_always_or_never),
        cmocka_unit_test(what_asks_about_the_program_needs_no_capture),
        cmocka_unit_test(without_a_capture_the_user_is_told_so),
        cmocka_unit_test(an_unknown_option_is_named),
        cmocka_unit_test(a_missing_or_superfluous_argument_is_named),
        cmocka_unit_test(a_count_that_is_none_is_refused),
        cmocka_unit_test(with_an_interface_the_bare_words_are_the_filter),
        cmocka_unit_test(what_is_only_for_an_interface_needs_one),
        cmocka_unit_test(a_folder_is_checked_and_two_captures_are_compared),
        cmocka_unit_test(sizes_have_units_and_rotation_needs_a_file),
        cmocka_unit_test(a_format_is_text_json_or_zeek),
        cmocka_unit_test(json_has_no_summary),
        cmocka_unit_test(the_help_fits_a_screen),
        cmocka_unit_test(the_version_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
