/* Wiring, and the exit status. */
#include "capture/capture.h"
#include "capture/privileges.h"
#include "check.h"
#include "compare.h"
#include "diagnosis/causes.h"
#include "live.h"
#include "options.h"
#include "policy.h"
#include "replay.h"
#include "report/report.h"
#include "terminal.h"

#include <stdio.h>

static enum exit_status explain(const char *id)
{
    const struct cause *cause = causes_find(id);
    if (cause == NULL) {
        (void)fprintf(stderr, "tlswhy: --explain %s: no such cause; --list-causes lists them\n",
                      id);
        return EXIT_WRONG_USAGE;
    }
    report_explain(stdout, cause, terminal_width());
    return EXIT_NOTHING_FAILED;
}

static enum exit_status list_interfaces(void)
{
    char error[CAPTURE_ERROR];
    if (!capture_list_interfaces(stdout, error)) {
        (void)fprintf(stderr, "tlswhy: %s\n", error);
        return EXIT_INPUT_FAILED;
    }
    return EXIT_NOTHING_FAILED;
}

/* What the command line says in languages of its own; false after a line on stderr. A filter that is
 * wrong for every link type is wrong usage, whatever the inputs are. */
static bool is_sound(const struct options *options)
{
    char error[CAPTURE_ERROR], words[POLICY_ERROR];
    struct policy policy;
    if (options->filter != NULL && !capture_filter_valid(options->filter, error)) {
        (void)fprintf(stderr, "tlswhy: %s\n", error);
        return false;
    }
    if (!policy_read(&policy, options, words)) {
        (void)fprintf(stderr, "tlswhy: %s\n", words);
        return false;
    }
    return true;
}

static enum exit_status run(const struct options *options)
{
    switch (options->action) {
    case ACTION_HELP:
        options_print_help();
        break;
    case ACTION_VERSION:
        options_print_version();
        break;
    case ACTION_LIST_CAUSES:
        report_list_causes(stdout);
        break;
    case ACTION_EXPLAIN:
        return explain(options->explain);
    case ACTION_LIST_INTERFACES:
        return list_interfaces();
    case ACTION_REPLAY:
        return is_sound(options) ? replay_run(options) : EXIT_WRONG_USAGE;
    case ACTION_LIVE:
        return is_sound(options) ? live_run(options) : EXIT_WRONG_USAGE;
    case ACTION_CHECK:
        return is_sound(options) ? check_run(options) : EXIT_WRONG_USAGE;
    case ACTION_DIFF:
        return is_sound(options) ? compare_run(options) : EXIT_WRONG_USAGE;
    }
    return EXIT_NOTHING_FAILED;
}

int main(int argc, char **argv)
{
    struct options options;
    if (privileges_are_borrowed()) {
        (void)fprintf(stderr,
                      "tlswhy: must not be installed setuid or setgid; to capture without "
                      "root: setcap cap_net_raw+ep %s\n",
                      argc > 0 ? argv[0] : "tlswhy");
        return EXIT_INPUT_FAILED;
    }
    int status = options_read(&options, argc, argv);
    if (status == 0) {
        status = (int)run(&options);
    }
    options_free(&options);
    return status;
}
