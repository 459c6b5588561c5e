/* The report for people: a paragraph for each connection that failed, and a summary. */
#include "report/ladder.h"
#include "report/page.h"
#include "report/phrase.h"
#include "report/remedies.h"
#include "report/report.h"
#include "report/summary.h"
#include "report/tally.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    LABEL = 8,     /* columns of "  Why   " */
    LINE = 1024,   /* bytes of a line that is put together here */
    COMMAND = 1024 /* of the command that reproduces a failure */
};

struct report {
    struct report_options options;
    struct page page;
    struct tally *tally;     /* of what is told of, */
    struct summary *summary; /* or of a summary alone */
    bool open_lines;         /* the last thing written was a line, not a paragraph's empty line */
};

static struct report *begin(const struct report_options *options)
{
    struct report *report = calloc(1, sizeof(*report));
    struct tally *tally = options->summary ? NULL : tally_new(TALLY_SERVERS);
    struct summary *summary = options->summary ? summary_new() : NULL;
    if (report == NULL || (tally == NULL && summary == NULL)) {
        free(report);
        tally_free(tally);
        summary_free(summary);
        return NULL;
    }
    report->options = *options;
    report->page = page_on(options->out, options->width, options->color);
    report->tally = tally;
    report->summary = summary;
    return report;
}

/* ---- the first line ---- */

static void write_mark(const struct page *page, const struct verdict *verdict)
{
    switch (verdict->status) {
    case STATUS_FAILED:
        page_write(page, INK_RED, "✗");
        break;
    case STATUS_ESTABLISHED:
        page_write(page, verdict->cause != NULL ? INK_YELLOW : INK_GREEN,
                   verdict->cause != NULL ? "!" : "✓");
        break;
    case STATUS_INCOMPLETE:
        page_write(page, INK_YELLOW, "?");
        break;
    case STATUS_NOT_TLS:
        page_write(page, INK_DIM, "·");
        break;
    }
}

/* "✗ client → server  name     ", for every kind of line. */
static void write_who(const struct page *page, const struct connection *connection)
{
    const struct facts *facts = connection->facts;
    char client[REPORT_ADDRESS], server[REPORT_ADDRESS];
    report_address(client, &facts->address[CLIENT], facts->port[CLIENT]);
    report_address(server, &facts->address[SERVER], facts->port[SERVER]);
    write_mark(page, connection->verdict);
    fprintf(page->out, " %s → %s", client, server);
    const struct client_hello_facts *hello = facts_client_hello(facts);
    if (hello != NULL && hello->server_name != NULL && hello->server_name[0] != '\0') {
        fputs("  ", page->out);
        page_write(page, INK_BOLD, hello->server_name);
    }
    page_space(page, 5);
}

/* Which capture it is from, where there are several. */
static void end_first_line(const struct page *page, const struct connection *connection)
{
    if (connection->inputs > 1 && connection->input != NULL) {
        char name[LINE];
        struct phrase phrase = phrase_in(name, sizeof(name));
        phrase_add(&phrase, "  ");
        phrase_add_printable(&phrase, connection->input);
        page_write(page, INK_DIM, name);
    }
    fputc('\n', page->out);
}

static void write_first_line(const struct page *page, const struct connection *connection)
{
    const struct verdict *verdict = connection->verdict;
    write_who(page, connection);
    if (verdict->cause != NULL) {
        page_write(page, INK_BOLD, verdict->cause->id);
        fprintf(page->out, "  (%s)", diagnose_confidence_name(verdict->confidence));
    } else {
        char outcome[LINE];
        report_outcome(outcome, sizeof(outcome), connection);
        fputs(outcome, page->out);
    }
    end_first_line(page, connection);
}

/* ---- the blocks under the ladder ---- */

static void write_block(const struct page *page, const char *label, bool first, const char *text)
{
    size_t columns = phrase_columns(label);
    if (first) {
        page_write(page, INK_BOLD, label);
    } else {
        page_space(page, columns);
    }
    page_wrap(page, text, columns, columns);
}

/* Packets' evidence stands on one line as long as there is room; what is no packet's has its own.
 */
static void write_why(const struct page *page, const struct argument *argument)
{
    char line[LINE];
    struct phrase phrase = phrase_in(line, sizeof(line));
    bool first = true;
    for (size_t i = 0; i < argument->count && i < ARGUMENT_ITEMS; i++) {
        char item[ARGUMENT_TEXT + 32];
        struct phrase text = phrase_in(item, sizeof(item));
        bool packet = argument->item[i].frame != 0;
        if (packet) {
            phrase_add(&text, "#%" PRIu64 " ", argument->item[i].frame);
        }
        phrase_add(&text, "%s", argument->item[i].text);
        size_t columns = LABEL + phrase_columns(line) + 2 + phrase_columns(item);
        if (phrase.length > 0 && (!packet || columns > page->width)) {
            write_block(page, "  Why   ", first, line);
            first = false;
            phrase = phrase_in(line, sizeof(line));
        }
        phrase_add(&phrase, "%s%s", phrase.length > 0 ? "; " : "", item);
        if (!packet) {
            write_block(page, "  Why   ", first, line);
            first = false;
            phrase = phrase_in(line, sizeof(line));
        }
    }
    if (phrase.length > 0) {
        write_block(page, "  Why   ", first, line);
    }
}

/* Commands are not broken: they are there to be copied. */
static void write_try(const struct page *page, const struct facts *facts)
{
    char command[COMMAND];
    report_reproduce(command, sizeof(command), facts);
    if (command[0] != '\0') {
        page_write(page, INK_BOLD, "  Try   ");
        fprintf(page->out, "%s\n", command);
    }
}

static void write_alternatives(const struct page *page, const struct verdict *verdict)
{
    for (size_t i = 0; i < verdict->alternatives && i < VERDICT_ALTERNATIVES; i++) {
        const struct alternative *other = &verdict->alternative[i];
        char line[LINE];
        struct phrase phrase = phrase_in(line, sizeof(line));
        phrase_add(&phrase, "%s  (%s)", other->cause->id,
                   diagnose_confidence_name(other->confidence));
        if (other->summary[0] != '\0') {
            phrase_add(&phrase, "  %s", other->summary);
        }
        write_block(page, "  Or    ", i == 0, line);
    }
}

static void write_warnings(const struct page *page, const struct verdict *verdict)
{
    for (size_t i = 0; i < verdict->warnings && i < VERDICT_WARNINGS; i++) {
        char line[LINE];
        struct phrase phrase = phrase_in(line, sizeof(line));
        phrase_add(&phrase, "%s  %s", verdict->warning[i].code, verdict->warning[i].text);
        write_block(page, "  Also  ", i == 0, line);
    }
}

static void write_unseen(const struct page *page, const struct facts *facts)
{
    const char *sentence[REPORT_UNSEEN];
    size_t count = report_unseen(sentence, facts);
    for (size_t i = 0; i < count; i++) {
        write_block(page, "  Unseen  ", i == 0, sentence[i]);
    }
}

static void write_paragraph(struct report *report, const struct connection *connection)
{
    const struct page *page = &report->page;
    const struct verdict *verdict = connection->verdict;
    write_first_line(page, connection);
    if (verdict->argument.summary[0] != '\0' && verdict->cause != NULL) {
        fputs("  ", page->out);
        page_wrap(page, verdict->argument.summary, 2, 2);
    }
    if (report->options.quiet) {
        return;
    }
    if (connection->facts->steps > 0) {
        fputc('\n', page->out);
        ladder_write(page, connection->facts, report->options.verbose);
        fputc('\n', page->out);
    }
    if (verdict->cause != NULL) {
        write_why(page, &verdict->argument);
        remedies_write(page, diagnose_remedies(verdict));
    }
    if (verdict->status == STATUS_FAILED || verdict->cause != NULL) {
        write_try(page, connection->facts);
    }
    write_alternatives(page, verdict);
    write_unseen(page, connection->facts);
    write_warnings(page, verdict);
    fputc('\n', page->out);
}

/* One line for a connection of which there is nothing to explain. */
static void write_line(const struct page *page, const struct connection *connection)
{
    const struct verdict *verdict = connection->verdict;
    char line[LINE];
    write_who(page, connection);
    report_outcome(line, sizeof(line), connection);
    fputs(line, page->out);
    for (size_t i = 0; i < verdict->warnings && i < VERDICT_WARNINGS; i++) {
        fputs(i == 0 ? "  ! " : ", ", page->out);
        page_write(page, INK_YELLOW, verdict->warning[i].code);
    }
    end_first_line(page, connection);
}

static void connection(struct report *report, const struct connection *connection)
{
    const struct verdict *verdict = connection->verdict;
    bool told = verdict->status == STATUS_FAILED || verdict->cause != NULL;
    if (verdict->status == STATUS_FAILED && report->summary != NULL) {
        summary_note(report->summary, connection);
    } else if (verdict->status == STATUS_FAILED) {
        tally_note(report->tally, connection);
    }
    if (report->options.summary || !(told || connection->fails || report->options.all)) {
        return;
    }
    bool paragraph = told || (report->options.verbose && !report->options.quiet);
    if (paragraph && report->open_lines && !report->options.quiet) {
        fputc('\n', report->page.out);
    }
    if (paragraph) {
        write_paragraph(report, connection);
    } else {
        write_line(&report->page, connection);
    }
    report->open_lines = !paragraph || report->options.quiet;
    fflush(report->page.out);
}

/* ---- the summary ---- */

/* What may have hidden something. */
static void confess(const struct report *report, const struct totals *totals)
{
    const struct page *page = &report->page;
    char line[LINE];
    report_confession(line, sizeof(line), totals);
    if (line[0] != '\0') {
        fputs(report->summary != NULL ? "\n" : "", page->out);
        write_block(page, "  Unseen  ", true, line);
    }
}

static void end(struct report *report, const struct totals *totals)
{
    const struct page *page = &report->page;
    if (!report->options.quiet || report->options.summary) {
        char line[LINE];
        report_counts(line, sizeof(line), totals);
        fputs(report->open_lines ? "\n" : "", page->out);
        page_write(page, INK_BOLD, line);
        fputc('\n', page->out);
        if (report->summary != NULL) {
            summary_write(report->summary, page, report->options.verbose);
        } else {
            tally_write(report->tally, page);
        }
        confess(report, totals);
    }
    fflush(page->out);
    tally_free(report->tally);
    summary_free(report->summary);
    free(report);
}

const struct report_format report_text = {"text", begin, connection, end, NULL, 0};
