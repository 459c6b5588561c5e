/* Clocks are POSIX', epoll is Linux'. */
#define _GNU_SOURCE

#include "live.h"

#include "capture/confine.h"
#include "metrics.h"
#include "outputs.h"
#include "service.h"
#include "signals.h"
#include "terminal.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000)

enum {
    BUSY_PACKETS = 256, /* between two looks at the clock and at whoever asks, while packets never
                           pause: at a million a second these are 4,000 looks */
    NAME = 256,         /* bytes of the interfaces' names, joined */
    LINE = 512
};

static const int64_t state_interval = SECOND / 2;

/* Who asks for metrics waits no longer than for a ring; while packets never pause, they go first.
 */
static const int64_t metrics_interval = SECOND / 20;

struct live {
    const struct options *options;
    char name[NAME];
    struct outputs outputs;
    struct capture *capture;
    struct engine *engine;
    struct service service;
    struct metrics *metrics; /* NULL: nobody asked for them */
    int signals;
    int64_t deadline;  /* of the monotonic clock, as the next; 0: none */
    int64_t state_due; /* when the state is told again */
    int64_t metrics_due;
    int64_t started, latest; /* of the wall clock: the run, and the latest packet; 0: none */
    bool bottom_line;        /* there is one on the terminal */
    bool stopping;
    bool aborted; /* the capture ended by itself */
};

static void complain(const struct live *live, const char *what)
{
    if (live->bottom_line) {
        terminal_write_bottom_line("");
    }
    (void)fprintf(stderr, "tlswhy: %s\n", what);
}

static int64_t clock_now(clockid_t clock)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * SECOND + now.tv_nsec;
}

/* ---- counters ---- */

static void state_text(char line[LINE], const struct live *live)
{
    const struct totals *totals = engine_totals(live->engine);
    uint64_t handshakes = totals->established + totals->failed + totals->incomplete;
    (void)snprintf(line, LINE,
                   "%s: %" PRIu64 " packets, %zu connections open, %" PRIu64 " handshakes, %" PRIu64
                   " failed, %" PRIu64 " packets dropped",
                   live->name, totals->packets, engine_load(live->engine).connections, handshakes,
                   totals->failed, totals->dropped);
}

/* What SIGUSR1 asks for. */
static void write_counters(const struct live *live)
{
    char line[LINE];
    struct capture_counts counts;
    const struct totals *totals = engine_totals(live->engine);
    struct engine_load load = engine_load(live->engine);
    capture_count(live->capture, &counts);
    (void)snprintf(line, sizeof line,
                   "%" PRIu64 " packets captured, %" PRIu64 " received by filter, %" PRIu64
                   " dropped by kernel; handshakes: %" PRIu64 " established, %" PRIu64
                   " failed, %" PRIu64 " incomplete; %zu connections open, %" PRIu64
                   " given up; %zu of %zu MiB",
                   counts.captured, counts.received, counts.dropped, totals->established,
                   totals->failed, totals->incomplete, load.connections, totals->evicted,
                   load.memory >> 20, load.memory_limit >> 20);
    complain(live, line);
}

/* tcpdump's three words, and what the network card says it lost. */
static void write_closing_counters(const struct live *live)
{
    struct capture_counts counts;
    capture_count(live->capture, &counts);
    (void)fprintf(stderr,
                  "%" PRIu64 " packets captured\n%" PRIu64 " packets received by filter\n%" PRIu64
                  " packets dropped by kernel\n",
                  counts.captured, counts.received, counts.dropped);
    if (counts.dropped_by_interface > 0) {
        (void)fprintf(stderr, "%" PRIu64 " packets dropped by interface\n",
                      counts.dropped_by_interface);
    }
}

/* ---- between packets ---- */

/* Lets nothing more in: what is in the rings is still read. */
static void stop(struct live *live)
{
    if (!live->stopping) {
        live->stopping = true;
        service_stop(&live->service);
        capture_stop(live->capture);
    }
}

static void take_signals(struct live *live)
{
    for (int signal = signals_next(live->signals); signal != 0;
         signal = signals_next(live->signals)) {
        switch (signal) {
        case SIGUSR1:
            write_counters(live);
            break;
        case SIGHUP:
            outputs_reopen(&live->outputs);
            break;
        default:
            stop(live);
            break;
        }
    }
}

static void tell_news(struct live *live)
{
    char text[CAPTURE_ERROR];
    while (outputs_news(&live->outputs, text)) {
        complain(live, text);
    }
    for (const char *news = capture_news(live->capture); news != NULL;
         news = capture_news(live->capture)) {
        complain(live, news);
    }
}

/* Tells whoever watches the watcher. */
static void tell_state(struct live *live, int64_t now)
{
    char line[LINE];
    service_live(&live->service, now);
    if (now < live->state_due) {
        return;
    }
    state_text(line, live);
    if (live->bottom_line) {
        terminal_write_bottom_line(line);
    }
    service_status(&live->service, line);
    live->state_due = now + state_interval;
}

static void serve_metrics(struct live *live, const struct capture_counts *counts)
{
    struct engine_load load = engine_load(live->engine);
    const struct saver *saver = live->outputs.saver;
    struct metrics_figures figures = {.totals = engine_totals(live->engine),
                                      .dropped_kernel = counts->dropped,
                                      .dropped_interface = counts->dropped_by_interface,
                                      .connections = load.connections,
                                      .connections_limit = load.connections_limit,
                                      .memory = load.memory,
                                      .memory_limit = load.memory_limit,
                                      .unkept = load.unkept,
                                      .started = live->started / SECOND,
                                      .latest = live->latest,
                                      .capturing = capture_is_up(live->capture),
                                      .saving = saver != NULL};
    if (saver != NULL) {
        const struct saver_counts *saved = saver_counts(saver);
        figures.saved = saved->connections;
        figures.unsaved = saved->lost + saved->empty + saved->other_link;
    }
    metrics_serve(live->metrics, &figures);
}

/* Looks at everything but packets. */
static void attend(struct live *live)
{
    int64_t now = clock_now(CLOCK_MONOTONIC);
    struct capture_counts counts;
    capture_count(live->capture, &counts);
    engine_note_drops(live->engine, counts.dropped + counts.dropped_by_interface);
    take_signals(live);
    tell_news(live);
    if (live->deadline != 0 && now >= live->deadline) {
        stop(live);
    }
    if (live->metrics != NULL && now >= live->metrics_due) {
        serve_metrics(live, &counts);
        live->metrics_due = now + metrics_interval;
    }
    tell_state(live, now);
}

static void watch(struct live *live)
{
    unsigned busy = 0;
    struct packet packet;
    enum capture_result result = CAPTURE_QUIET;
    while (result != CAPTURE_END && result != CAPTURE_FAILED && !engine_is_done(live->engine)) {
        result = capture_next(live->capture, &packet);
        if (result == CAPTURE_PACKET) {
            engine_take(live->engine, &packet);
            live->latest = packet.time;
            busy++;
        }
        if (result == CAPTURE_QUIET) {
            engine_let_time_pass(live->engine, clock_now(CLOCK_REALTIME));
        }
        if (result == CAPTURE_QUIET || busy == BUSY_PACKETS) {
            attend(live);
            busy = 0;
        }
    }
    tell_news(live);
    if (result == CAPTURE_FAILED) {
        complain(live, capture_error(live->capture));
    } else if (capture_warning(live->capture) != NULL) {
        complain(live, capture_warning(live->capture));
    }
    live->aborted = result == CAPTURE_FAILED || (result == CAPTURE_END && !live->stopping);
}

/* ---- from beginning to end ---- */

static void join_names(struct live *live)
{
    const struct words *interfaces = &live->options->interfaces;
    size_t length = 0;
    for (size_t i = 0; i < interfaces->count && length < sizeof live->name; i++) {
        length += (size_t)snprintf(live->name + length, sizeof live->name - length, "%s%s",
                                   i == 0 ? "" : ",", interfaces->at[i]);
    }
}

static bool open_interfaces(struct live *live)
{
    const struct options *options = live->options;
    char error[CAPTURE_ERROR];
    struct capture_options how = {.filter = options->filter,
                                  .snap_length = (size_t)options->snap_length,
                                  .buffer_kib = (size_t)options->buffer_kib,
                                  .promiscuous = !options->not_promiscuous,
                                  .immediate = options->immediate,
                                  .wait = options->wait};
    live->capture =
        capture_open_interfaces(options->interfaces.at, options->interfaces.count, &how, error);
    if (live->capture == NULL) {
        complain(live, error);
        return false;
    }
    if (!options->quiet) {
        size_t buffer = how.buffer_kib != 0 ? how.buffer_kib : CAPTURE_BUFFER_KIB;
        (void)fprintf(stderr,
                      "tlswhy: listening on %s, ring buffer %zu KiB, snap length %zu bytes\n",
                      live->name, buffer, capture_snap_length(live->capture));
    }
    return true;
}

static bool open_metrics(struct live *live)
{
    char error[METRICS_ERROR], line[LINE];
    if (live->options->metrics == NULL) {
        return true;
    }
    live->metrics = metrics_open(live->options->metrics, error);
    if (live->metrics == NULL) {
        complain(live, error);
        return false;
    }
    if (!live->options->quiet) {
        (void)snprintf(line, sizeof line, "metrics at http://%s/metrics",
                       metrics_address(live->metrics));
        complain(live, line);
    }
    return true;
}

static bool prepare(struct live *live)
{
    char error[OUTPUTS_ERROR];
    live->bottom_line = terminal_has_bottom_line() && !live->options->quiet;
    join_names(live);
    service_open(&live->service);
    live->signals = signals_open();
    if (live->signals < 0) {
        complain(live, "signals cannot be read");
        return false;
    }
    if (!open_interfaces(live)) {
        return false;
    }
    if (!outputs_open(&live->outputs, live->options, live->bottom_line, error)) {
        complain(live, error);
        return false;
    }
    if (live->options->save != NULL && live->outputs.saver == NULL) {
        return false; /* nobody wants to learn after a month that nothing was saved */
    }
    if (!open_metrics(live)) {
        return false;
    }
    live->engine = engine_new(live->options, &live->outputs.reports, error, sizeof error);
    if (live->engine == NULL) {
        complain(live, error);
        return false;
    }
    engine_set_saver(live->engine, live->outputs.saver);
    live->started = clock_now(CLOCK_REALTIME);
    if (!confine(live->options, NULL)) {
        return false;
    }
    int64_t now = clock_now(CLOCK_MONOTONIC);
    live->deadline =
        live->options->seconds != 0 ? now + (int64_t)live->options->seconds * SECOND : 0;
    capture_also_wait_for(live->capture, live->signals);
    service_ready(&live->service, live->name);
    return true;
}

static enum exit_status finish(struct live *live, bool watched)
{
    struct totals totals = {0};
    if (watched) {
        totals = *engine_totals(live->engine);
    }
    if (live->bottom_line) {
        terminal_write_bottom_line("");
    }
    metrics_close(live->metrics);
    outputs_close(&live->outputs, &totals);
    if (watched) {
        write_closing_counters(live);
    }
    engine_free(live->engine);
    capture_close(live->capture);
    service_close(&live->service);
    if (live->signals >= 0) {
        (void)close(live->signals);
    }
    return !watched || live->aborted || live->outputs.failed ? EXIT_INPUT_FAILED
           : totals.counting > 0                             ? EXIT_HANDSHAKE_FAILED
                                                             : EXIT_NOTHING_FAILED;
}

enum exit_status live_run(const struct options *options)
{
    struct live live = {.options = options, .signals = -1, .service = {.socket = -1}};
    struct engine_capture what = {.name = live.name, .inputs = 1, .live = true};
    bool ready = prepare(&live) && engine_begin_capture(live.engine, &what);
    if (ready) {
        watch(&live);
        engine_end_capture(live.engine);
    }
    return finish(&live, ready);
}
