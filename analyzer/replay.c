#include "replay.h"

#include "capture/confine.h"
#include "capture/inputs.h"
#include "outputs.h"

#include <stdio.h>

static void complain(const char *what)
{
    (void)fprintf(stderr, "tlswhy: %s\n", what);
}

/* The secrets in the capture stand before the packets that they open. */
static void take_secrets(struct engine *engine, struct capture *capture)
{
    struct wire text;
    if (capture_next_secrets(capture, &text)) {
        engine_take_secrets(engine, text);
    }
}

enum capture_result replay_capture(struct engine *engine, struct capture *capture,
                                   const struct engine_capture *what, struct progress *progress)
{
    struct packet packets[ENGINE_TOGETHER];
    size_t count = 0;
    enum capture_result result = CAPTURE_FAILED;
    if (engine_begin_capture(engine, what)) {
        result = capture_next_batch(capture, packets, ENGINE_TOGETHER, &count);
    }
    while (result == CAPTURE_PACKET && !engine_is_done(engine)) {
        take_secrets(engine, capture);
        engine_take_all(engine, packets, count);
        progress_note(progress, capture, packets[count - 1].number);
        result = capture_next_batch(capture, packets, ENGINE_TOGETHER, &count);
    }
    engine_end_capture(engine);
    return result;
}

bool replay_input(struct engine *engine, const struct options *options,
                  const struct engine_capture *what, struct progress *progress)
{
    char error[CAPTURE_ERROR];
    struct capture_options how = {.filter = options->filter};
    struct capture *capture = capture_open(what->name, &how, error);
    if (capture == NULL) {
        progress_end_input(progress, NULL);
        complain(error);
        return false;
    }
    bool expects = options->action == ACTION_CHECK; /* files beside it are still to be read */
    if (what->input + 1U == what->inputs && !expects) {
        confine_end_reading();
    }
    enum capture_result result = replay_capture(engine, capture, what, progress);
    progress_end_input(progress, capture);
    if (result == CAPTURE_FAILED) {
        complain(capture_error(capture));
    } else if (capture_warning(capture) != NULL) {
        complain(capture_warning(capture));
    }
    capture_close(capture);
    return result != CAPTURE_FAILED;
}

/* Opening the file of -w empties it. */
static bool would_destroy_input(const struct options *options, const struct inputs *inputs)
{
    for (size_t i = 0; options->save != NULL && i < inputs->count; i++) {
        if (saver_same_file(options->save, inputs->paths[i])) {
            (void)fprintf(stderr, "tlswhy: -w: is also an input: %s\n", inputs->paths[i]);
            return true;
        }
    }
    return false;
}

static void tell_news(struct outputs *outputs)
{
    char text[CAPTURE_ERROR];
    while (outputs_news(outputs, text)) {
        complain(text);
    }
}

static size_t read_all(struct engine *engine, struct outputs *outputs,
                       const struct options *options, const struct inputs *inputs)
{
    struct progress progress;
    size_t unread = inputs->refused;
    progress_begin(&progress, options, inputs);
    for (size_t i = 0; i < inputs->count && !engine_is_done(engine); i++) {
        struct engine_capture what = {
            .name = inputs->paths[i], .input = (uint32_t)i, .inputs = inputs->count};
        unread += !replay_input(engine, options, &what, &progress);
        tell_news(outputs);
    }
    progress_end(&progress);
    return unread;
}

enum exit_status replay_run(const struct options *options)
{
    struct inputs inputs;
    struct outputs outputs;
    char error[OUTPUTS_ERROR];
    inputs_expand(&inputs, options->inputs.at, options->inputs.count);
    if (would_destroy_input(options, &inputs)) {
        inputs_free(&inputs);
        return EXIT_WRONG_USAGE;
    }
    if (!outputs_open(&outputs, options, progress_kind(options) == PROGRESS_BOTTOM_LINE, error)) {
        complain(error);
        inputs_free(&inputs);
        return EXIT_INPUT_FAILED;
    }
    struct engine *engine = engine_new(options, &outputs.reports, error, sizeof error);
    size_t unread = 1;
    struct totals totals = {0};
    if (engine == NULL) {
        complain(error);
    } else if (confine(options, &inputs)) {
        engine_set_saver(engine, outputs.saver);
        unread = read_all(engine, &outputs, options, &inputs);
        totals = *engine_totals(engine);
    }
    outputs_close(&outputs, &totals);
    engine_free(engine);
    inputs_free(&inputs);
    return unread > 0 || outputs.failed ? EXIT_INPUT_FAILED
           : totals.counting > 0        ? EXIT_HANDSHAKE_FAILED
                                        : EXIT_NOTHING_FAILED;
}
