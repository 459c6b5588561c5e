#include "metrics_page.h"

#include "report/phrase.h"

#include <inttypes.h>

/* The lines in front of a metric's samples. */
static void begin(struct phrase *page, const char *name, const char *type, const char *help)
{
    phrase_add(page, "# HELP tlswhy_%s %s\n# TYPE tlswhy_%s %s\n", name, help, name, type);
}

static void sample(struct phrase *page, const char *name, const char *label, const char *value,
                   uint64_t count)
{
    phrase_add(page, "tlswhy_%s{%s=\"%s\"} %" PRIu64 "\n", name, label, value, count);
}

static void count(struct phrase *page, const char *name, const char *help, uint64_t value)
{
    begin(page, name, "counter", help);
    phrase_add(page, "tlswhy_%s %" PRIu64 "\n", name, value);
}

static void gauge(struct phrase *page, const char *name, const char *help, uint64_t value)
{
    begin(page, name, "gauge", help);
    phrase_add(page, "tlswhy_%s %" PRIu64 "\n", name, value);
}

static void add_program(struct phrase *page, const struct metrics_figures *figures)
{
    begin(page, "build_info", "gauge", "The program that is running.");
    sample(page, "build_info", "version", TLSWHY_VERSION, 1);
    phrase_add(page, "# HELP process_start_time_seconds When the program was started.\n"
                     "# TYPE process_start_time_seconds gauge\n");
    phrase_add(page, "process_start_time_seconds %" PRId64 "\n", figures->started);
    gauge(page, "capturing", "1 while an interface is open, 0 while it is waited for.",
          figures->capturing);
}

static void add_packets(struct phrase *page, const struct metrics_figures *figures)
{
    const struct totals *totals = figures->totals;
    count(page, "packets_total", "Packets looked at.", totals->packets);
    count(page, "bytes_total", "Bytes of these packets, as they were sent.", totals->bytes);
    begin(page, "packets_dropped_total", "counter",
          "Packets lost before they could be looked at, by who had no room for them.");
    sample(page, "packets_dropped_total", "by", "kernel", figures->dropped_kernel);
    sample(page, "packets_dropped_total", "by", "interface", figures->dropped_interface);
    count(page, "packets_cut_total", "Packets of which the snap length cut a part.",
          totals->cut_packets);
    count(page, "packets_broken_total", "Packets that contradict themselves.",
          totals->broken_packets);
    count(page, "fragments_total", "IP fragments that were not put together.", totals->fragments);
    if (figures->latest > 0) {
        begin(page, "latest_packet_time_seconds", "gauge", "When the latest packet was captured.");
        phrase_add(page, "tlswhy_latest_packet_time_seconds %" PRId64 ".%03" PRId64 "\n",
                   figures->latest / 1000000000, figures->latest / 1000000 % 1000);
    }
}

static void add_bounds(struct phrase *page, const struct metrics_figures *figures)
{
    const struct totals *totals = figures->totals;
    gauge(page, "connections", "Connections that are being watched.", figures->connections);
    gauge(page, "connections_limit", "How many connections can be watched.",
          figures->connections_limit);
    count(page, "connections_evicted_total",
          "Connections whose watching was given up for lack of room.", totals->evicted);
    count(page, "connections_forgotten_total",
          "Half-open or plain connections, where TLS is not expected, forgotten for lack of room.",
          totals->forgotten);
    count(page, "streams_overflowed_total",
          "Streams of which bytes were given up for lack of room.", totals->streams_overflowed);
    gauge(page, "memory_bytes", "Memory that traffic takes.", figures->memory);
    gauge(page, "memory_limit_bytes", "How much memory traffic may take.", figures->memory_limit);
}

static void add_handshakes(struct phrase *page, const struct totals *totals)
{
    static const char name[] = "handshakes_total";
    begin(page, name, "counter", "Connections that have ended, by how their handshake went.");
    sample(page, name, "status", "established", totals->established);
    sample(page, name, "status", "failed", totals->failed);
    sample(page, name, "status", "incomplete", totals->incomplete);
    sample(page, name, "status", "not_tls", totals->not_tls);
}

/* Every cause, also those that have not come up: a series that begins with its first failure hides
 * it from rate(). */
static void add_causes(struct phrase *page, const struct totals *totals)
{
    static const char name[] = "failures_total";
    begin(page, name, "counter", "Handshakes that failed, by cause.");
    uint64_t known = 0;
    for (size_t i = 0; i < TOTALS_CAUSES && causes_row(i) != NULL; i++) {
        sample(page, name, "cause", causes_row(i)->id, totals->failed_of[i]);
        known += totals->failed_of[i];
    }
    sample(page, name, "cause", "unknown", totals->failed - known);
}

static void add_saving(struct phrase *page, const struct metrics_figures *figures)
{
    count(page, "saved_handshakes_total", "Failed handshakes whose packets were saved.",
          figures->saved);
    count(page, "unsaved_handshakes_total", "Failed handshakes whose packets could not be saved.",
          figures->unsaved);
    count(page, "unkept_packets_total", "Packets that were not kept for saving, for lack of room.",
          figures->unkept);
}

bool metrics_page(char text[METRICS_PAGE], const struct metrics_figures *figures)
{
    struct phrase page = phrase_in(text, METRICS_PAGE);
    add_program(&page, figures);
    add_packets(&page, figures);
    add_bounds(&page, figures);
    add_handshakes(&page, figures->totals);
    add_causes(&page, figures->totals);
    if (figures->saving) {
        add_saving(&page, figures);
    }
    return !page.cut;
}
