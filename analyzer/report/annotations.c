/* Annotations for GitHub Actions: a workflow command for each connection that failed, which the
 * runner shows beside the step. It takes commands from a step's standard error as well as from its
 * standard output, so that the report on standard output stays as it is.
 */
#include "report/phrase.h"
#include "report/place.h"
#include "report/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    SHOWN = 10, /* errors of a step that GitHub shows; what is beyond would only fill the log */
    TEXT = 2048 /* bytes of one message */
};

struct report {
    FILE *out;
    struct place place;
    uint64_t failures;
};

/* Writes text so that it stays one value: "%", CR and LF are percent-encoded, and in a property
 * the marks between properties, too. */
static void write_value(FILE *out, const char *text, bool property)
{
    for (; *text != '\0'; text++) {
        bool mark = *text == '%' || *text == '\r' || *text == '\n' ||
                    (property && (*text == ':' || *text == ','));
        fprintf(out, mark ? "%%%02X" : "%c", (unsigned)(unsigned char)*text);
    }
}

/* `file` NULL: in none that is in the repository. */
static void write_command(FILE *out, const char *command, const char *file, uint64_t line,
                          const char *title, const char *text)
{
    fprintf(out, "::%s ", command);
    if (place_is_inside(file)) {
        fputs("file=", out);
        write_value(out, file, true);
        fputc(',', out);
    }
    if (place_is_inside(file) && line != 0) {
        fprintf(out, "line=%" PRIu64 ",", line);
    }
    fputs("title=", out);
    write_value(out, title, true);
    fputs("::", out);
    write_value(out, text, false);
    fputc('\n', out);
    fflush(out);
}

/* Shows one of the first; counts the others. `file` as given. */
static void annotate(struct report *report, const char *file, uint64_t line, const char *title,
                     const char *text)
{
    char path[PLACE_PATH] = "", printable[PLACE_PATH];
    if (report->failures++ >= SHOWN) {
        return;
    }
    if (file != NULL) {
        place_path(path, &report->place, file);
    }
    struct phrase phrase = phrase_in(printable, sizeof(printable));
    phrase_add_printable(&phrase, path);
    write_command(report->out, "error", printable, line, title, text);
}

static void connection(struct report *report, const struct connection *connection)
{
    const struct facts *facts = connection->facts;
    const struct verdict *verdict = connection->verdict;
    if (connection->fails == NULL) {
        return;
    }
    char outcome[TEXT], text[TEXT], client[REPORT_ADDRESS], server[REPORT_ADDRESS];
    report_outcome(outcome, sizeof(outcome), connection);
    report_address(client, &facts->address[CLIENT], facts->port[CLIENT]);
    report_address(server, &facts->address[SERVER], facts->port[SERVER]);
    struct phrase phrase = phrase_in(text, sizeof(text));
    bool told = verdict->status == STATUS_FAILED && verdict->cause != NULL;
    phrase_add(&phrase, "%s\n%s to %s, from packet %" PRIu64,
               told ? verdict->argument.summary : outcome, client, server, facts->first.frame);
    if (connection->input != NULL) {
        phrase_add(&phrase, " of ");
        phrase_add_printable(&phrase, connection->input);
    }
    annotate(report, connection->live ? NULL : connection->input, 0, connection->fails, text);
}

/* With --check. */
static void finding(struct report *report, const struct finding *finding)
{
    if (!finding->failure) {
        return;
    }
    char text[TEXT];
    struct phrase phrase = phrase_in(text, sizeof(text));
    phrase_add(&phrase, "%s", finding->connection != NULL ? finding->connection : "");
    finding_differences(&phrase, finding, "\n");
    if (finding->summary != NULL) {
        phrase_add(&phrase, "\n%s", finding->summary);
    }
    bool lines = finding->expectations != NULL && finding->line != 0;
    annotate(report, lines ? finding->expectations : finding->capture, lines ? finding->line : 0,
             finding_kind_title(finding->kind), text);
}

static struct report *begin(const struct report_options *options)
{
    struct report *report = calloc(1, sizeof(*report));
    if (report != NULL) {
        report->out = options->out;
        place_find(&report->place);
    }
    return report;
}

static void end(struct report *report, const struct totals *totals)
{
    (void)totals;
    if (report->failures > SHOWN) {
        char text[TEXT];
        struct phrase phrase = phrase_in(text, sizeof(text));
        phrase_add(&phrase, "%" PRIu64 " more failed; the report has them all",
                   report->failures - SHOWN);
        write_command(report->out, "notice", NULL, 0, "tlswhy", text);
    }
    free(report);
}

const struct report_format report_annotations = {"annotations", begin, connection, end, finding, 0};
