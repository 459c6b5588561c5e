/* The report that is looked at: one page that needs nothing but itself. Connections are written as
 * they come; what is only known at the end is written at the end, and the style puts it first. */
#include "report/html/html.h"
#include "report/html/html_chart.h"
#include "report/html/html_connection.h"
#include "report/phrase.h"
#include "report/tally.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    FAILED_TOLD = 500, /* connections that failed and are told of in detail: some 10 KB each, so
                          that a page can still be mailed and a browser sorts it at once */
    EACH_TOLD = 5,     /* but of each cause at least so many: a flood hides no rare one */
    OTHERS_TOLD = 250, /* others, with --all: they must not take the room of those that failed */
    CAUSES = 128,      /* there are fewer */
    LINE = 1024
};

struct report {
    struct report_options options;
    struct tally *tally;
    struct html_cause cause[CAUSES]; /* in the order in which they came */
    size_t causes;
    uint64_t failed_told, others_told; /* in detail */
    uint64_t others_left;              /* that would have been, had there been room */
    int64_t first, last;               /* nanoseconds since 1970, of all that were reported */
    uint64_t reported;
    size_t inputs;
    char input[LINE]; /* the first connection's capture */
};

static struct report *begin(const struct report_options *options)
{
    struct report *report = calloc(1, sizeof(*report));
    struct tally *tally = tally_new(TALLY_SERVERS);
    if (report == NULL || tally == NULL) {
        free(report);
        tally_free(tally);
        return NULL;
    }
    report->options = *options;
    report->tally = tally;
    html_begin_page(options->out);
    html_begin_table(options->out);
    return report;
}

/* ---- each connection ---- */

/* The row of a cause; where there are more causes than rows, the last one is for all of them. */
static struct html_cause *row_of(struct report *report, const struct cause *cause)
{
    for (size_t i = 0; i < report->causes; i++) {
        if (report->cause[i].cause == cause) {
            return &report->cause[i];
        }
    }
    if (report->causes == CAUSES) {
        return &report->cause[CAUSES - 1];
    }
    report->cause[report->causes] = (struct html_cause){.cause = cause};
    return &report->cause[report->causes++];
}

static bool has_room_for_failed(struct report *report, const struct connection *connection)
{
    struct html_cause *row = row_of(report, connection->verdict->cause);
    row->count++;
    tally_note(report->tally, connection);
    if (report->failed_told >= FAILED_TOLD && row->told >= EACH_TOLD) {
        return false;
    }
    report->failed_told++;
    row->told++;
    return true;
}

static bool has_room_for_other(struct report *report)
{
    if (report->others_told >= OTHERS_TOLD) {
        report->others_left++;
        return false;
    }
    report->others_told++;
    return true;
}

static void note_run(struct report *report, const struct connection *connection)
{
    int64_t first = connection->facts->first.time, last = connection->facts->last.time;
    if (report->reported == 0) {
        struct phrase name = phrase_in(report->input, sizeof(report->input));
        phrase_add(&name, "%s", connection->input != NULL ? connection->input : "");
    }
    report->first = report->reported == 0 || first < report->first ? first : report->first;
    report->last = report->reported == 0 || last > report->last ? last : report->last;
    report->inputs = connection->inputs;
    report->reported++;
}

static void connection(struct report *report, const struct connection *connection)
{
    const struct verdict *verdict = connection->verdict;
    bool failed = verdict->status == STATUS_FAILED;
    if (!failed && verdict->cause == NULL && !report->options.all) {
        return;
    }
    note_run(report, connection);
    if (failed ? !has_room_for_failed(report, connection) : !has_room_for_other(report)) {
        return;
    }
    uint64_t number = report->failed_told + report->others_told;
    bool open = failed && report->failed_told == 1;
    struct html_place place = {number, open, report->options.verbose};
    html_connection(report->options.out, connection, &place);
}

/* ---- the end ---- */

static void write_headline(FILE *out, const struct totals *totals)
{
    uint64_t handshakes = totals->established + totals->failed + totals->incomplete;
    fputs("<h1 id=\"summary-title\">", out);
    if (handshakes == 0) {
        fputs("No TLS handshake was seen", out);
    } else if (totals->failed == 0) {
        fprintf(out, "None of %" PRIu64 " handshake%s was seen to fail", handshakes,
                handshakes == 1 ? "" : "s");
    } else {
        fprintf(out, "%" PRIu64 " of %" PRIu64 " handshake%s failed", totals->failed, handshakes,
                handshakes == 1 ? "" : "s");
    }
    fputs("</h1>\n", out);
}

/* When what is shown happened, to the second. */
static void write_span(FILE *out, int64_t first, int64_t last)
{
    char from[REPORT_TIME], until[REPORT_TIME];
    report_time(from, first / 1000000000 - (first % 1000000000 < 0), -1);
    report_time(until, last / 1000000000 - (last % 1000000000 < 0), -1);
    fprintf(out, "; what is shown is of <time>%s</time>", from);
    if (strcmp(from, until) != 0) {
        fprintf(out, " to <time>%s</time>", until);
    }
}

/* What was read, and when that was. */
static void write_lede(FILE *out, const struct report *report, const struct totals *totals)
{
    char counts[LINE];
    report_counts(counts, sizeof(counts), totals);
    fputs("<p class=\"lede\">", out);
    html_text(out, counts);
    fprintf(out, ". %" PRIu64 " packet%s", totals->packets, totals->packets == 1 ? "" : "s");
    if (report->reported > 0) {
        fputs(" of ", out);
        html_name(out, "code", report->input);
        if (report->inputs > 1) {
            fprintf(out, " and %zu more capture%s", report->inputs - 1,
                    report->inputs == 2 ? "" : "s");
        }
        write_span(out, report->first, report->last);
    }
    fputs(".</p>\n", out);
}

static void write_confession(FILE *out, const struct report *report, const struct totals *totals)
{
    char line[LINE];
    report_confession(line, sizeof(line), totals);
    if (line[0] != '\0') {
        fputs("<p class=\"confession\">What may have hidden something: ", out);
        html_text(out, line);
        fputs(".</p>\n", out);
    }
    if (totals->failed > report->failed_told) {
        fprintf(out,
                "<p class=\"confession\">%" PRIu64 " failed connections are counted in the charts "
                "and not told of below: a page has room for %d, and for %d of each cause. "
                "--json has all of them.</p>\n",
                totals->failed - report->failed_told, (int)FAILED_TOLD, (int)EACH_TOLD);
    }
    if (report->others_left > 0) {
        fprintf(out,
                "<p class=\"confession\">%" PRIu64 " connections that did not fail are not told of "
                "below: a page has room for %d.</p>\n",
                report->others_left, (int)OTHERS_TOLD);
    }
}

static int more_frequent(const void *left, const void *right)
{
    const struct html_cause *one = left, *other = right;
    return one->count > other->count ? -1 : one->count < other->count;
}

/* What the causes are, for who has no tlswhy to ask. */
static void write_causes(FILE *out, const struct report *report)
{
    fputs("<section id=\"causes\" class=\"card\" aria-labelledby=\"causes-title\">"
          "<h2 id=\"causes-title\">What these causes are</h2><dl>\n",
          out);
    for (size_t i = 0; i < report->causes; i++) {
        const struct cause *cause = report->cause[i].cause;
        if (cause != NULL && cause->meaning != NULL) {
            fputs("<div><dt>", out);
            html_element(out, "b", cause->id);
            fputs(": ", out);
            html_text(out, cause->title);
            fputs("</dt>", out);
            html_element(out, "dd", cause->meaning);
            fputs("</div>\n", out);
        }
    }
    fputs("</dl></section>\n", out);
}

static void write_summary(FILE *out, struct report *report, const struct totals *totals)
{
    fputs("<section id=\"summary\" aria-labelledby=\"summary-title\">\n", out);
    write_headline(out, totals);
    write_lede(out, report, totals);
    write_confession(out, report, totals);
    html_outcome(out, totals);
    if (report->causes > 0) {
        qsort(report->cause, report->causes, sizeof(report->cause[0]), more_frequent);
        fputs("<div class=\"charts\">\n", out);
        html_chart_causes(out, report->cause, report->causes);
        html_chart_servers(out, report->tally);
        fputs("</div>\n", out);
    }
    fputs("</section>\n", out);
    if (report->causes > 0) {
        write_causes(out, report);
    }
}

static void end(struct report *report, const struct totals *totals)
{
    FILE *out = report->options.out;
    html_end_table(out);
    if (report->failed_told + report->others_told == 0) {
        html_element(out, "p class=\"none\"", "There is no connection to tell of.");
    }
    fputs("</section>\n", out);
    write_summary(out, report, totals);
    html_element(out, "footer class=\"colophon\"",
                 "tlswhy " TLSWHY_VERSION " listened, and nothing more: packet numbers are those "
                 "of the capture, from 1. Certain, likely and possible say how far the packets "
                 "prove a cause; what a hole in the capture may hide is not claimed.");
    html_end_page(out);
    fflush(out);
    tally_free(report->tally);
    free(report);
}

const struct report_format report_html = {"html", begin, connection, end, NULL, REPORT_APPLICATION};
