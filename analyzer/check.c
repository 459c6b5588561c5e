#include "check.h"

#include "capture/confine.h"
#include "capture/inputs.h"
#include "outputs.h"
#include "report/expect/expect.h"

#include <stdio.h>
#include <stdlib.h>

static void complain(const char *what)
{
    (void)fprintf(stderr, "tlswhy: %s\n", what);
}

/* Reads the captures one by one; returns how many could not be checked. */
static size_t check_all(struct engine *engine, const struct options *options,
                        const struct inputs *inputs, struct json_collection *collection,
                        struct expect *expect)
{
    char error[EXPECT_ERROR];
    size_t unread = inputs->refused;
    struct progress progress;
    progress_begin(&progress, options, inputs);
    for (size_t i = 0; i < inputs->count && !engine_is_done(engine); i++) {
        struct engine_capture what = {
            .name = inputs->paths[i], .input = (uint32_t)i, .inputs = inputs->count};
        json_collection_clear(collection);
        bool good = replay_input(engine, options, &what, &progress);
        if (good && !expect_capture(expect, what.name, collection, error)) {
            complain(error);
            good = false;
        }
        unread += !good;
    }
    progress_end(&progress);
    if (!expect_end(expect, error)) {
        complain(error);
        unread++;
    }
    json_collection_clear(collection);
    return unread;
}

/* With everything open that is needed. */
static enum exit_status check_with(const struct options *options, struct outputs *outputs,
                                   struct json_collection *collection)
{
    char error[OUTPUTS_ERROR];
    struct reports collecting = {.count = 0};
    struct totals totals = {0};
    struct expect expect = {
        .reports = &outputs->reports, .update = options->update, .strict = options->strict};
    struct report_options how = {.collection = collection};
    bool ready = reports_add(&collecting, &report_collection, &how);
    struct engine *engine = ready ? engine_new(options, &collecting, error, sizeof error) : NULL;
    struct inputs inputs;
    size_t unread = 1;
    inputs_expand(&inputs, options->inputs.at, options->inputs.count);
    if (engine == NULL) {
        complain(ready ? error : "out of memory");
    } else if (confine(options, &inputs)) {
        unread = check_all(engine, options, &inputs, collection, &expect);
        totals = *engine_totals(engine);
    }
    inputs_free(&inputs);
    reports_end(&collecting, &totals);
    outputs_close(outputs, &totals);
    engine_free(engine);
    return unread > 0 || outputs->failed ? EXIT_INPUT_FAILED
           : expect.unmet > 0            ? EXIT_HANDSHAKE_FAILED
                                         : EXIT_NOTHING_FAILED;
}

enum exit_status check_run(const struct options *options)
{
    struct outputs outputs;
    char error[OUTPUTS_ERROR];
    if (!outputs_open(&outputs, options, progress_kind(options) == PROGRESS_BOTTOM_LINE, error)) {
        complain(error);
        return EXIT_INPUT_FAILED;
    }
    struct json_collection *collection = calloc(1, sizeof *collection);
    if (collection == NULL) {
        complain("out of memory");
        return EXIT_INPUT_FAILED;
    }
    enum exit_status status = check_with(options, &outputs, collection);
    free(collection);
    return status;
}
