/* The report of --check for people: what is not as expected, field by field, under its capture; and
 * a summary. */
#include "report/expect/expect.h"
#include "report/page.h"
#include "report/phrase.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAME = 512,   /* bytes of a capture's name that are told apart, and shown */
    VALUE = 1200, /* of a value that is shown */
    LABEL = 10    /* columns of "expected  " */
};

struct report {
    struct report_options options;
    struct page page;
    char capture[NAME]; /* that was told of last */
    bool headed;        /* its name was written */
    bool good;          /* nothing of it is a failure yet */
    uint64_t captures, met, failures, unnamed, written;
    uint64_t unmet_captures;
};

static struct report *begin(const struct report_options *options)
{
    struct report *report = calloc(1, sizeof(*report));
    if (report != NULL) {
        report->options = *options;
        report->page = page_on(options->out, options->width, options->color);
    }
    return report;
}

static void connection(struct report *report, const struct connection *connection)
{
    (void)report; /* --check gives findings */
    (void)connection;
}

/* ---- a finding ---- */

static void turn_to(struct report *report, const char *capture)
{
    char name[NAME];
    struct phrase phrase = phrase_in(name, sizeof(name));
    phrase_add_printable(&phrase, capture);
    if (report->captures == 0 || strcmp(name, report->capture) != 0) {
        memcpy(report->capture, name, sizeof(name));
        report->captures++;
        report->headed = false;
        report->good = true;
    }
}

static void write_head(struct report *report)
{
    if (!report->headed) {
        page_write(&report->page, INK_BOLD, report->capture);
        fputc('\n', report->page.out);
        report->headed = true;
    }
}

static void write_value(const struct page *page, const char *label, const char *value,
                        size_t column)
{
    char text[VALUE];
    struct phrase phrase = phrase_in(text, sizeof(text));
    phrase_add(&phrase, "%s", value != NULL ? value : "nothing");
    page_write(page, INK_DIM, label);
    page_space(page, LABEL - phrase_columns(label));
    page_wrap(page, text, column + LABEL, column + LABEL);
}

/* The field, what was expected of it, and under that what was found, so that the eye compares. */
static void write_differences(const struct page *page, const struct finding *finding)
{
    size_t widest = 0;
    for (size_t i = 0; i < finding->differences; i++) {
        size_t columns = phrase_columns(finding->difference[i].field);
        widest = columns > widest ? columns : widest;
    }
    size_t column = 6 + widest + 2;
    for (size_t i = 0; i < finding->differences; i++) {
        const struct difference *difference = &finding->difference[i];
        page_space(page, 6);
        page_write(page, INK_YELLOW, difference->field);
        page_space(page, column - 6 - phrase_columns(difference->field));
        write_value(page, "expected", difference->expected, column);
        page_space(page, column);
        write_value(page, "found", difference->found, column);
    }
}

static void write_finding(struct report *report, const struct finding *finding)
{
    const struct page *page = &report->page;
    char line[2 * VALUE];
    struct phrase phrase = phrase_in(line, sizeof(line));
    bool unnamed = finding->kind == FINDING_UNNAMED;
    write_head(report);
    fputs("  ", page->out);
    page_write(page,
               finding->failure ? INK_RED
               : unnamed        ? INK_YELLOW
                                : INK_GREEN,
               finding->failure ? "✗"
               : unnamed        ? "?"
                                : "✓");
    phrase_add(&phrase, " ");
    if (finding->connection != NULL) {
        phrase_add_printable(&phrase, finding->connection);
        phrase_add(&phrase, "  ");
    }
    if (finding->outcome != NULL && finding->kind != FINDING_DIFFERS) {
        phrase_add(&phrase, "%s: ", finding->outcome);
    }
    phrase_add(&phrase, "%s", finding_kind_title(finding->kind));
    if (finding->line > 0 && finding->expectations != NULL) {
        phrase_add(&phrase, " (");
        phrase_add_printable(&phrase, finding->expectations);
        phrase_add(&phrase, ":%u)", finding->line);
    }
    page_wrap(page, line, 3, 6);
    write_differences(page, finding);
}

static void count(struct report *report, const struct finding *finding)
{
    report->met += finding->kind == FINDING_MET;
    report->unnamed += finding->kind == FINDING_UNNAMED;
    report->failures += finding->failure;
    bool unmet = finding->failure && finding->kind != FINDING_UNNAMED;
    report->unmet_captures += unmet && report->good;
    report->good = report->good && !unmet;
}

static void finding(struct report *report, const struct finding *finding)
{
    if (finding->kind == FINDING_WRITTEN) {
        char line[VALUE];
        struct phrase phrase = phrase_in(line, sizeof(line));
        phrase_add(&phrase, "wrote ");
        phrase_add_printable(&phrase, finding->expectations);
        fprintf(report->page.out, "%s\n", line);
        report->written++;
        return;
    }
    turn_to(report, finding->capture);
    count(report, finding);
    bool told = finding->failure || finding->kind == FINDING_UNNAMED || report->options.all;
    if (told && !report->options.summary) {
        write_finding(report, finding);
        fflush(report->page.out);
    }
}

static void end(struct report *report, const struct totals *totals)
{
    const struct page *page = &report->page;
    char line[VALUE];
    struct phrase phrase = phrase_in(line, sizeof(line));
    (void)totals;
    if (report->written > 0) {
        phrase_count(&phrase, report->written, "file", "files");
        phrase_add(&phrase, " of expectations written");
    } else if (report->captures == 0) {
        phrase_add(&phrase, "nothing to write: all is as expected");
    } else {
        phrase_count(&phrase, report->captures, "capture", "captures");
        phrase_add(&phrase,
                   ": %" PRIu64 " as expected, %" PRIu64 " not, %" PRIu64 " without expectation",
                   report->captures - report->unmet_captures - report->unnamed,
                   report->unmet_captures, report->unnamed);
    }
    page_write(page, INK_BOLD, line);
    fputc('\n', page->out);
    fflush(page->out);
    free(report);
}

const struct report_format report_check = {
    .name = "check", .begin = begin, .connection = connection, .end = end, .finding = finding};
