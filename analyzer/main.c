/* Wiring, and the exit status. */
#include "capture/inputs.h"
#include "diagnosis/causes.h"
#include "engine.h"
#include "options.h"
#include "terminal.h"

#include <stdio.h>

/* What scripts depend on. */
enum exit_status {
    EXIT_NOTHING_FAILED = 0,
    EXIT_HANDSHAKE_FAILED = 1,
    EXIT_WRONG_USAGE = 2,
    EXIT_INPUT_FAILED = 3
};

static void complain(const char *what)
{
    (void)fprintf(stderr, "tlswhy: %s\n", what);
}

/* Reads one capture; false where it, or something in it, could not be read. What was good of it
 * counts. */
static bool replay(struct engine *engine, const struct options *options,
                   const struct inputs *inputs, size_t i)
{
    char error[CAPTURE_ERROR];
    struct capture_options how = {.filter = options->filter};
    struct capture *capture = capture_open(inputs->paths[i], &how, error);
    if (capture == NULL) {
        complain(error);
        return false;
    }
    enum capture_result result =
        engine_replay(engine, capture, inputs->paths[i], (uint32_t)i, inputs->count);
    if (result == CAPTURE_FAILED) {
        complain(capture_error(capture));
    } else if (capture_warning(capture) != NULL) {
        complain(capture_warning(capture));
    }
    capture_close(capture);
    return result != CAPTURE_FAILED;
}

static int replay_all(const struct options *options, const struct inputs *inputs)
{
    char error[CAPTURE_ERROR];
    struct report_options report = {.out = stdout,
                                    .all = options->all,
                                    .summary = options->summary,
                                    .quiet = options->quiet,
                                    .verbose = options->verbose > 0,
                                    .color = terminal_wants_color(options->color),
                                    .width = terminal_width()};
    struct engine *engine = engine_new(options, options->json ? &report_json : &report_text,
                                       &report, error, sizeof error);
    if (engine == NULL) {
        complain(error);
        return EXIT_INPUT_FAILED;
    }
    size_t unread = inputs->refused;
    for (size_t i = 0; i < inputs->count && !engine_is_done(engine); i++) {
        unread += !replay(engine, options, inputs, i);
    }
    bool failed = engine_end(engine)->failed > 0;
    engine_free(engine);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        complain("standard output: cannot be written");
        return EXIT_INPUT_FAILED;
    }
    return unread > 0 ? EXIT_INPUT_FAILED : failed ? EXIT_HANDSHAKE_FAILED : EXIT_NOTHING_FAILED;
}

static int explain(const char *id)
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

static int run(const struct options *options)
{
    struct inputs inputs;
    char error[CAPTURE_ERROR];
    int status = EXIT_NOTHING_FAILED;
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
        status = explain(options->explain);
        break;
    case ACTION_REPLAY:
        if (options->filter != NULL && !capture_filter_valid(options->filter, error)) {
            complain(error);
            return EXIT_WRONG_USAGE;
        }
        inputs_expand(&inputs, options->inputs, options->input_count);
        status = replay_all(options, &inputs);
        inputs_free(&inputs);
        break;
    }
    return status;
}

int main(int argc, char **argv)
{
    struct options options;
    int status = options_read(&options, argc, argv);
    if (status == 0) {
        status = run(&options);
    }
    options_free(&options);
    return status;
}
