#include "outputs.h"

#include "terminal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A report file that cannot be written costs that report, and the run's good status. */
static void complain(struct outputs *outputs, const char *path, int why)
{
    (void)fprintf(stderr, "tlswhy: %s: cannot be written: %s\n",
                  path == NULL ? "standard output" : path, strerror(why));
    outputs->failed = true;
}

static bool add(struct outputs *outputs, const struct report_format *format,
                const struct report_options *options, const char *path)
{
    FILE *file = path == NULL ? stdout : fopen(path, "we");
    if (file == NULL) {
        complain(outputs, path, errno);
        return false;
    }
    struct report_options how = *options;
    how.out = file;
    if (!reports_add(&outputs->reports, format, &how)) {
        complain(outputs, path, ENOMEM);
        if (path != NULL) {
            (void)fclose(file);
        }
        return false;
    }
    outputs->output[outputs->count++] = (struct output){file, path};
    return true;
}

/* A report besides the main one, where a file is given for it. What could not be opened was told
 * of; the other reports are still written. */
static void add_file(struct outputs *outputs, const struct report_format *format,
                     const struct options *options, const char *path)
{
    const struct report_options everything = {.all = options->all, .verbose = options->verbose > 0};
    if (path != NULL) {
        (void)add(outputs, format, &everything, path);
    }
}

/* GitHub's runner reads its commands from both streams; standard output has the report and nothing
 * else. */
static void add_annotations(struct outputs *outputs)
{
    const char *runner = getenv("GITHUB_ACTIONS");
    const struct report_options options = {.out = stderr};
    if (runner != NULL && strcmp(runner, "true") == 0) {
        (void)reports_add(&outputs->reports, &report_annotations, &options);
    }
}

static void open_saver(struct outputs *outputs, const struct options *options)
{
    char error[CAPTURE_ERROR];
    struct saver_options how = {.path = options->save,
                                .bytes = options->save_megabytes * 1000000,
                                .seconds = (uint32_t)options->save_seconds};
    outputs->saver = saver_open(&how, time(NULL), error);
    if (outputs->saver == NULL) {
        (void)fprintf(stderr, "tlswhy: %s\n", error);
        outputs->failed = true;
    }
}

bool outputs_open(struct outputs *outputs, const struct options *options, bool line_below,
                  char error[OUTPUTS_ERROR])
{
    static const struct report_format *const formats[] = {
        [FORMAT_TEXT] = &report_text, [FORMAT_JSON] = &report_json, [FORMAT_ZEEK] = &report_zeek};
    bool checks = options->action == ACTION_CHECK && options->format == FORMAT_TEXT;
    bool on_terminal = options->output == NULL;
    struct report_options main_report = {.all = options->all,
                                         .summary = options->summary,
                                         .quiet = options->quiet,
                                         .verbose = options->verbose > 0,
                                         .color = terminal_wants_color(options->color) &&
                                                  (on_terminal || options->color == COLOR_ALWAYS),
                                         .over_line =
                                             line_below && on_terminal && terminal_width() > 0,
                                         .width = on_terminal ? terminal_width() : 0};
    *outputs = (struct outputs){0};
    if (!add(outputs, checks ? &report_check : formats[options->format], &main_report,
             options->output)) {
        (void)snprintf(error, OUTPUTS_ERROR, "no report can be written");
        return false;
    }
    add_file(outputs, &report_html, options, options->html);
    add_file(outputs, &report_junit, options, options->junit);
    add_file(outputs, &report_sarif, options, options->sarif);
    add_annotations(outputs);
    if (options->save != NULL) {
        open_saver(outputs, options);
    }
    return true;
}

bool outputs_news(struct outputs *outputs, char text[CAPTURE_ERROR])
{
    return outputs->saver != NULL && saver_news(outputs->saver, text);
}

void outputs_reopen(struct outputs *outputs)
{
    struct output *output = &outputs->output[0];
    if (output->path != NULL && freopen(output->path, "ae", output->file) == NULL) {
        complain(outputs, output->path, errno);
    }
    if (outputs->saver != NULL) {
        saver_reopen(outputs->saver);
    }
}

static void close_saver(struct outputs *outputs)
{
    char text[CAPTURE_ERROR];
    if (!saver_close(outputs->saver, text)) {
        (void)fprintf(stderr, "tlswhy: %s\n", text);
        outputs->failed = true;
    }
    outputs->saver = NULL;
}

/* Reports that have no place for it would be silent about it. */
static void complain_of_memory(struct outputs *outputs, const struct totals *totals)
{
    if (totals->unwatched > 0) {
        (void)fprintf(stderr,
                      "tlswhy: out of memory: %" PRIu64
                      " connections, or packets of some, were not looked at\n",
                      totals->unwatched);
        outputs->failed = true;
    }
}

void outputs_close(struct outputs *outputs, const struct totals *totals)
{
    complain_of_memory(outputs, totals);
    reports_end(&outputs->reports, totals);
    for (size_t i = 0; i < outputs->count; i++) {
        struct output *output = &outputs->output[i];
        errno = 0;
        bool good = fflush(output->file) == 0 && !ferror(output->file);
        int why = errno != 0 ? errno : EIO;
        if (output->path != NULL && fclose(output->file) != 0) {
            good = false;
            why = errno;
        }
        if (!good) {
            complain(outputs, output->path, why);
        }
    }
    outputs->count = 0;
    close_saver(outputs);
}
