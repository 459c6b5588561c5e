#include "compare.h"

#include "capture/confine.h"
#include "report/diff/diff.h"
#include "report/page.h"
#include "terminal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ERROR = 4096 + 256 }; /* bytes of a complaint */

/* Where the two captures' connections are kept, and what is written. */
struct comparison {
    const struct options *options;
    struct json_collection collection[2]; /* working, failing */
    FILE *out, *html;
};

static void complain(const char *what, const char *why)
{
    (void)fprintf(stderr, "tlswhy: %s: %s\n", what, why);
}

/* Reads one of the two into its collection; false after a line on stderr. */
static bool read_one(struct comparison *comparison, struct engine *engine, uint32_t which)
{
    const struct options *options = comparison->options;
    const char *path = options->inputs.at[which];
    struct engine_capture what = {.name = path, .input = which, .inputs = 2};
    bool good = replay_input(engine, options, &what, NULL);
    if (comparison->collection[which].omitted > 0) {
        complain(path, "only its first connections are compared; -f chooses others");
    }
    return good;
}

/* An engine that fills one collection, confined behind its making. */
static bool read_both(struct comparison *comparison)
{
    char error[ERROR] = "out of memory";
    struct reports reports[2] = {{.count = 0}, {.count = 0}};
    struct engine *engines[2] = {NULL, NULL};
    struct totals totals = {0};
    bool good = true;
    for (int i = 0; i < 2 && good; i++) {
        struct report_options how = {.collection = &comparison->collection[i]};
        good = reports_add(&reports[i], &report_collection, &how);
        engines[i] =
            good ? engine_new(comparison->options, &reports[i], error, sizeof error) : NULL;
        good = engines[i] != NULL;
    }
    if (!good) {
        (void)fprintf(stderr, "tlswhy: %s\n", error);
    }
    good = good && confine(comparison->options, NULL);
    for (uint32_t i = 0; i < 2 && good; i++) {
        good = read_one(comparison, engines[i], i);
    }
    for (int i = 0; i < 2; i++) {
        reports_end(&reports[i], &totals);
        engine_free(engines[i]);
    }
    return good;
}

static void write_all(const struct comparison *comparison, struct json_object *diff)
{
    const struct options *options = comparison->options;
    if (options->format == FORMAT_JSON) {
        diff_write_json(comparison->out, diff);
    } else {
        bool terminal = options->output == NULL;
        bool color =
            terminal_wants_color(options->color) && (terminal || options->color == COLOR_ALWAYS);
        struct page page = page_on(comparison->out, terminal ? terminal_width() : 0, color);
        diff_write_text(&page, diff, options->verbose > 0);
    }
    if (comparison->html != NULL) {
        diff_write_html(comparison->html, diff);
    }
}

static bool compare(const struct comparison *comparison)
{
    const char *const *inputs = (const char *const *)comparison->options->inputs.at;
    const char *empty = NULL;
    struct diff_side working = {inputs[0], comparison->collection[0].list};
    struct diff_side failing = {inputs[1], comparison->collection[1].list};
    struct json_object *diff = diff_of(&working, &failing, &empty);
    if (diff == NULL) {
        complain(empty, "no TLS handshake in it to compare");
        return false;
    }
    write_all(comparison, diff);
    diff_release(diff);
    return true;
}

static FILE *open_file(const char *path, FILE *otherwise)
{
    FILE *file = path == NULL ? otherwise : fopen(path, "we");
    if (path != NULL && file == NULL) {
        complain(path, strerror(errno));
    }
    return file;
}

static bool close_file(FILE *file, const char *path)
{
    if (file == NULL) {
        return path == NULL;
    }
    errno = 0;
    bool good = fflush(file) == 0 && ferror(file) == 0;
    if (path != NULL) {
        good = fclose(file) == 0 && good;
    }
    if (!good) {
        complain(path == NULL ? "standard output" : path,
                 errno != 0 ? strerror(errno) : "cannot be written");
    }
    return good;
}

enum exit_status compare_run(const struct options *options)
{
    struct comparison *comparison = calloc(1, sizeof *comparison);
    if (comparison == NULL) {
        (void)fputs("tlswhy: out of memory\n", stderr);
        return EXIT_INPUT_FAILED;
    }
    comparison->options = options;
    comparison->out = open_file(options->output, stdout);
    comparison->html = open_file(options->html, NULL);
    bool good = comparison->out != NULL && read_both(comparison) && compare(comparison);
    good = close_file(comparison->out, options->output) && good;
    good = close_file(comparison->html, options->html) && good;
    json_collection_clear(&comparison->collection[0]);
    json_collection_clear(&comparison->collection[1]);
    free(comparison);
    return good ? EXIT_NOTHING_FAILED : EXIT_INPUT_FAILED;
}
