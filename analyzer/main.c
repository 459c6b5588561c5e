/* Wiring, and the exit status. */
#include "capture/capture.h"
#include "capture/privileges.h"
#include "diagnosis/causes.h"
#include "live.h"
#include "options.h"
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

/* A filter that is wrong for every link type is wrong usage, whatever the inputs are. */
static enum exit_status watch(const struct options *options)
{
    char error[CAPTURE_ERROR];
    if (options->filter != NULL && !capture_filter_valid(options->filter, error)) {
        (void)fprintf(stderr, "tlswhy: %s\n", error);
        return EXIT_WRONG_USAGE;
    }
    return options->action == ACTION_LIVE ? live_run(options) : replay_run(options);
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
    case ACTION_LIVE:
        return watch(options);
    case ACTION_CHECK:
    case ACTION_DIFF:
        (void)fprintf(stderr, "tlswhy: not there yet\n");
        return EXIT_WRONG_USAGE;
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
