/* Clocks are POSIX'. */
#define _POSIX_C_SOURCE 200809L

#include "progress.h"

#include "report/phrase.h"
#include "terminal.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define SECOND INT64_C(1000000000)

enum { BAR = 10, /* characters */ NUMBER = 40 };

static const int64_t patience = 2 * SECOND;        /* before a line comes that nobody asked for */
static const int64_t redraw_interval = SECOND / 4; /* as often as eyes follow figures */
static const int64_t line_interval = 10 * SECOND;  /* of plain lines: a log shall stay short */

/* ---- the text ---- */

/* "2,345,678" */
static void add_count(struct phrase *phrase, uint64_t count)
{
    char digits[NUMBER];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, count);
    for (int i = 0; i < length; i++) {
        phrase_add(phrase, "%s%c", i > 0 && (length - i) % 3 == 0 ? "," : "", digits[i]);
    }
}

/* "1.4 GB", in powers of ten as disks are sold and tcpdump's -C counts. */
static void add_size(struct phrase *phrase, uint64_t bytes)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    size_t unit = 0;
    double size = (double)bytes / 1e3;
    while (size >= 999.5 && unit + 1 < sizeof units / sizeof units[0]) {
        size /= 1e3;
        unit++;
    }
    phrase_add(phrase, "%.*f %s", size < 9.95 && unit > 0 ? 1 : 0, size, units[unit]);
}

/* "5 s", "12 min", "3 h 20 min" */
static void add_time(struct phrase *phrase, double seconds)
{
    uint64_t whole = seconds < 1e9 ? (uint64_t)seconds + 1 : UINT64_C(1000000000);
    if (whole < 100) {
        phrase_add(phrase, "%" PRIu64 " s", whole);
    } else if (whole < 6000) {
        phrase_add(phrase, "%" PRIu64 " min", (whole + 30) / 60);
    } else {
        phrase_add(phrase, "%" PRIu64 " h %" PRIu64 " min", whole / 3600, whole % 3600 / 60);
    }
}

static void add_percent(struct phrase *phrase, const struct progress_state *state, bool bar)
{
    double part = (double)state->read / (double)state->whole;
    part = part > 1 ? 1 : part; /* the file has grown */
    int full = (int)(part * BAR);
    if (bar) {
        phrase_add(phrase, "%3d%% [%.*s%.*s] ", (int)(part * 100), full, "##########", BAR - full,
                   "..........");
    } else {
        phrase_add(phrase, "%d%%, ", (int)(part * 100));
    }
}

void progress_text(char text[PROGRESS_TEXT], const struct progress_state *state, bool bar)
{
    struct phrase phrase = phrase_in(text, PROGRESS_TEXT);
    double seconds = (double)state->elapsed / (double)SECOND;
    double rate = state->elapsed > 0 ? (double)state->read / seconds : 0;
    if (state->whole > 0) {
        add_percent(&phrase, state, bar);
    }
    if (state->elapsed >= SECOND && state->whole > state->read && rate > 0) {
        add_time(&phrase, (double)(state->whole - state->read) / rate);
        phrase_add(&phrase, " left, ");
    }
    add_size(&phrase, state->read);
    if (state->whole > 0) {
        phrase_add(&phrase, " of ");
        add_size(&phrase, state->whole);
    }
    if (state->elapsed >= SECOND) {
        phrase_add(&phrase, ", ");
        add_size(&phrase, (uint64_t)(rate < 1e18 ? rate : 1e18));
        phrase_add(&phrase, "/s");
    }
    phrase_add(&phrase, ", ");
    add_count(&phrase, state->packets);
    phrase_add(&phrase, " packet%s", state->packets == 1 ? "" : "s");
    if (state->inputs > 1) {
        phrase_add(&phrase, ", file %zu of %zu", state->input, state->inputs);
    }
}

/* ---- when ---- */

static int64_t now(void)
{
    struct timespec time = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * SECOND + time.tv_nsec;
}

enum progress_kind progress_kind(const struct options *options)
{
    bool wanted = options->progress || (!options->quiet && !terminal_is_piped());
    if (terminal_has_bottom_line()) {
        return wanted ? PROGRESS_BOTTOM_LINE : PROGRESS_NONE;
    }
    return options->progress ? PROGRESS_LINES : PROGRESS_NONE;
}

void progress_begin(struct progress *progress, const struct options *options,
                    const struct inputs *inputs)
{
    *progress = (struct progress){.kind = progress_kind(options), .begun = now()};
    progress->state.whole = inputs->endless ? 0 : inputs->bytes;
    progress->state.inputs = inputs->count;
    progress->state.input = 1;
    progress->due = progress->begun;
    if (progress->kind == PROGRESS_NONE) {
        progress->next_look = UINT64_MAX;
    } else if (progress->kind == PROGRESS_LINES) {
        progress->due += line_interval;
    } else if (!options->progress) {
        progress->due += patience;
    }
}

static void tell(struct progress *progress)
{
    char text[PROGRESS_TEXT];
    bool bar = progress->kind == PROGRESS_BOTTOM_LINE;
    progress_text(text, &progress->state, bar);
    if (bar) {
        terminal_write_bottom_line(text);
        progress->drawn = true;
    } else {
        (void)fprintf(stderr, "tlswhy: %s\n", text);
    }
}

void progress_look(struct progress *progress, const struct capture *capture, uint64_t number)
{
    uint64_t read = 0, whole = 0;
    int64_t time = now();
    progress->next_look = number + PROGRESS_PACKETS;
    if (time < progress->due) {
        return;
    }
    capture_progress(capture, &read, &whole);
    progress->state.read = progress->read_before + read;
    progress->state.packets = progress->packets_before + number;
    progress->state.elapsed = time - progress->begun;
    progress->due = time + (progress->kind == PROGRESS_LINES ? line_interval : redraw_interval);
    tell(progress);
}

void progress_hide(struct progress *progress)
{
    if (progress != NULL && progress->drawn) {
        terminal_write_bottom_line("");
        progress->drawn = false;
    }
}

void progress_end_input(struct progress *progress, struct capture *capture)
{
    uint64_t read = 0, whole = 0;
    struct capture_counts counts = {0};
    if (progress == NULL || progress->kind == PROGRESS_NONE) {
        return;
    }
    progress_hide(progress);
    if (capture != NULL) {
        capture_progress(capture, &read, &whole);
        capture_count(capture, &counts);
    }
    progress->read_before += read;
    progress->packets_before += counts.captured;
    progress->next_look = 0;
    progress->state.input++;
}

void progress_end(struct progress *progress)
{
    progress_hide(progress);
    if (progress->kind == PROGRESS_LINES) {
        progress->state.read = progress->read_before;
        progress->state.packets = progress->packets_before;
        progress->state.input = progress->state.inputs;
        progress->state.elapsed = now() - progress->begun;
        tell(progress);
    }
}
