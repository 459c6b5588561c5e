/* The report for CI servers: JUnit's XML, a suite for each capture, a case for each connection.
 *
 * It fits both schemas that are in use, Jenkins' and the Ant task's: so the suite's counts stand
 * before its cases, though they are known only behind them. The suite's head is written with room
 * for the largest numbers and written again at the suite's end; what is left over is blanks. No
 * case is kept in memory. Where the file is none in which one can go back, a pipe, all is written
 * to a temporary file first.
 *
 * Names are made to last: the same traffic recorded again has the same test cases, though the
 * client's ports and the packets' numbers are others.
 */
#define _POSIX_C_SOURCE 200809L /* ftello() */

#include "report/paragraphs.h"
#include "report/phrase.h"
#include "report/place.h"
#include "report/report.h"
#include "report/roll.h"
#include "report/xml.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAME = 2048 /* bytes of a case's name; a server's name has at most 1024 */
};

/* What the head of a suite says. */
struct suite {
    char path[PLACE_PATH];
    uint64_t tests, failures, skipped;
    uint64_t count[STATUS_NOT_TLS + 1]; /* by status */
    int64_t microseconds;               /* of all cases */
    int64_t first;                      /* the first case's time, nanoseconds since 1970 */
    uint64_t number;                    /* from 0 */
    off_t at;                           /* where its head stands in the file, */
    off_t room;                         /* and how many bytes of it are there */
};

struct report {
    FILE *given; /* where the report shall go */
    FILE *out;   /* where it is written; the same unless that is a pipe */
    struct place place;
    struct paragraphs *paragraphs;
    struct roll roll; /* of the open suite */
    struct suite suite;
    bool open;
    uint64_t suites;
};

/* ---- a suite ---- */

/* JUnit's time stamps have no zone: this is UTC. */
static void write_timestamp(FILE *out, int64_t nanoseconds)
{
    char text[REPORT_TIME];
    report_time(text, nanoseconds / 1000000000, -1);
    text[strcspn(text, "Z")] = '\0';
    xml_attribute(out, "timestamp", text);
}

static void write_count(FILE *out, const char *name, uint64_t count)
{
    fprintf(out, " %s=\"%" PRIu64 "\"", name, count);
}

static void write_seconds(FILE *out, int64_t microseconds)
{
    uint64_t span = microseconds > 0 ? (uint64_t)microseconds : 0;
    fprintf(out, " time=\"%" PRIu64 ".%06u\"", span / 1000000, (unsigned)(span % 1000000));
}

static void write_head(FILE *out, const struct suite *suite)
{
    fputs("<testsuite", out);
    xml_attribute(out, "name", suite->path);
    xml_attribute(out, "package", suite->path);
    write_count(out, "id", suite->number);
    write_count(out, "tests", suite->tests);
    write_count(out, "failures", suite->failures);
    fputs(" errors=\"0\"", out);
    write_count(out, "skipped", suite->skipped);
    write_timestamp(out, suite->first);
    fputs(" hostname=\"localhost\"", out); /* the schema's word for a host that is not told */
    write_seconds(out, suite->microseconds);
    fputs(">\n<properties>\n<property name=\"tlswhy.version\" value=\"" TLSWHY_VERSION "\"/>\n",
          out);
    for (size_t i = 0; i <= STATUS_NOT_TLS; i++) {
        if (suite->count[i] > 0) {
            fprintf(out, "<property name=\"tlswhy.%s\" value=\"%" PRIu64 "\"/>\n",
                    diagnose_status_name((enum status)i), suite->count[i]);
        }
    }
    fputs("</properties>", out);
}

/* Reserves the head's room. */
static void begin_suite(struct report *report, const char *path, int64_t first)
{
    struct suite *suite = &report->suite;
    *suite = (struct suite){.tests = UINT64_MAX,
                            .failures = UINT64_MAX,
                            .skipped = UINT64_MAX,
                            .count = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX},
                            .microseconds = INT64_MAX,
                            .first = first,
                            .number = report->suites,
                            .at = ftello(report->out)};
    (void)snprintf(suite->path, sizeof(suite->path), "%s", path);
    write_head(report->out, suite);
    suite->room = ftello(report->out) - suite->at;
    fputc('\n', report->out);
    suite->tests = suite->failures = suite->skipped = 0;
    memset(suite->count, 0, sizeof(suite->count));
    suite->microseconds = 0;
    roll_clear(&report->roll);
    report->suites++;
    report->open = true;
}

/* Writes the head as it turned out. `said`: what the suite says besides its cases. */
static void end_suite(struct report *report, const char *said)
{
    FILE *out = report->out;
    fputs("<system-out>", out);
    xml_text(out, said);
    fputs("</system-out>\n<system-err></system-err>\n</testsuite>\n", out);
    off_t behind = ftello(out);
    if (fseeko(out, report->suite.at, SEEK_SET) == 0) {
        write_head(out, &report->suite);
        while (ftello(out) - report->suite.at < report->suite.room) {
            if (fputc(' ', out) == EOF) {
                break;
            }
        }
        (void)fseeko(out, behind, SEEK_SET);
    }
    report->open = false;
}

/* Opens the suite of the capture unless it is open. */
static void choose_suite(struct report *report, const char *capture, int64_t first)
{
    char name[PLACE_PATH], path[PLACE_PATH];
    place_path(name, &report->place, capture != NULL && capture[0] != '\0' ? capture : "-");
    struct phrase phrase = phrase_in(path, sizeof(path));
    phrase_add_printable(&phrase, name);
    if (report->open && strcmp(report->suite.path, path) == 0) {
        return;
    }
    if (report->open) {
        end_suite(report, "");
    }
    begin_suite(report, path, first);
}

/* ---- a case ---- */

/* "samples.version.client_too_old~go": the capture as a class in its package, which is how CI
 * servers sort what they show. */
static void write_class(FILE *out, const char *path)
{
    char text[PLACE_PATH];
    (void)snprintf(text, sizeof(text), "%s", path[0] == '/' ? path + 1 : path);
    for (char *slash = strchr(text, '/'); slash != NULL; slash = strchr(slash, '/')) {
        *slash = '.';
    }
    char *ending = strrchr(text, '.');
    if (ending != NULL && ending != text &&
        (strcmp(ending, ".pcap") == 0 || strcmp(ending, ".pcapng") == 0)) {
        *ending = '\0';
    }
    xml_attribute(out, "classname", text);
}

static void begin_case(struct report *report, const char *name, int64_t microseconds)
{
    fputs("<testcase", report->out);
    write_class(report->out, report->suite.path);
    xml_attribute(report->out, "name", name);
    write_seconds(report->out, microseconds);
    report->suite.tests++;
    if (microseconds > 0 && report->suite.microseconds < INT64_MAX - microseconds) {
        report->suite.microseconds += microseconds;
    }
}

/* `type` NULL: it was skipped, which has none. */
static void write_result(struct report *report, const char *type, const char *message,
                         const char *text)
{
    FILE *out = report->out;
    fputs(type == NULL ? "><skipped" : "><failure", out);
    if (type != NULL) {
        xml_attribute(out, "type", type);
    }
    xml_attribute(out, "message", message);
    fputc('>', out);
    xml_text(out, text);
    fputs(type == NULL ? "</skipped></testcase>\n" : "</failure></testcase>\n", out);
    report->suite.failures += type != NULL;
    report->suite.skipped += type == NULL;
}

/* It failed, and the operator does not mind (--allow, --fail-on). */
static void write_allowed(struct report *report, const char *cause, const char *summary)
{
    char message[NAME];
    struct phrase phrase = phrase_in(message, sizeof(message));
    phrase_add(&phrase, "allowed: %s: %s", cause, summary);
    write_result(report, NULL, message, "");
}

/* "10.77.0.2 to www.contoso.test (10.77.0.1:443)", and a number where it is not the first so. */
static void name_case(char *name, size_t size, struct roll *roll, const struct facts *facts)
{
    char client[REPORT_ADDRESS], server[REPORT_ADDRESS];
    const struct client_hello_facts *hello = facts_client_hello(facts);
    struct phrase phrase = phrase_in(name, size);
    report_address(client, &facts->address[CLIENT], 0);
    report_address(server, &facts->address[SERVER], facts->port[SERVER]);
    phrase_add(&phrase, "%s to ", client);
    if (hello != NULL && hello->server_name != NULL && hello->server_name[0] != '\0') {
        phrase_add(&phrase, "%s (%s)", hello->server_name, server);
    } else {
        phrase_add(&phrase, "%s", server);
    }
    uint64_t times = roll_call(roll, name);
    if (times == 0) {
        phrase_add(&phrase, " from port %u, packet %" PRIu64, (unsigned)facts->port[CLIENT],
                   facts->first.frame);
    } else if (times > 1) {
        phrase_add(&phrase, " (%" PRIu64 ")", times);
    }
}

static void connection(struct report *report, const struct connection *connection)
{
    const struct facts *facts = connection->facts;
    const struct verdict *verdict = connection->verdict;
    char name[NAME], outcome[NAME];
    choose_suite(report, connection->input, facts->first.time);
    name_case(name, sizeof(name), &report->roll, facts);
    begin_case(report, name, (facts->last.time - facts->first.time) / 1000);
    report->suite.count[verdict->status]++;
    report_outcome(outcome, sizeof(outcome), connection);
    bool told = verdict->status == STATUS_FAILED && verdict->cause != NULL;
    if (connection->fails != NULL) {
        write_result(report, connection->fails, told ? verdict->argument.summary : outcome,
                     paragraphs_of(report->paragraphs, connection));
    } else if (verdict->status == STATUS_FAILED) {
        write_allowed(report, told ? verdict->cause->id : "failed",
                      told ? verdict->argument.summary : outcome);
    } else if (verdict->status == STATUS_ESTABLISHED) {
        fputs("/>\n", report->out);
    } else {
        write_result(report, NULL, outcome, "");
    }
}

/* ---- --check ---- */

static void explain(char *text, size_t size, const struct finding *finding)
{
    struct phrase phrase = phrase_in(text, size);
    finding_differences(&phrase, finding, "\n");
    if (finding->outcome != NULL) {
        phrase_add(&phrase, "\n%s", finding->outcome);
    }
    if (finding->summary != NULL && finding->summary[0] != '\0') {
        phrase_add(&phrase, "\n%s", finding->summary);
    }
    if (finding->frame != 0) {
        phrase_add(&phrase, "\nfirst packet: %" PRIu64, finding->frame);
    }
    if (finding->expectations != NULL) {
        phrase_add(&phrase, "\n");
        phrase_add_printable(&phrase, finding->expectations);
        phrase_add(&phrase, ", line %u", finding->line);
    }
    phrase_add(&phrase, "\n");
}

static void finding(struct report *report, const struct finding *finding)
{
    char text[4 * NAME];
    const char *title = finding_kind_title(finding->kind);
    choose_suite(report, finding->capture, 0);
    struct phrase phrase = phrase_in(text, sizeof(text));
    phrase_add(&phrase, "%s", finding->connection != NULL ? finding->connection : title);
    uint64_t times = roll_call(&report->roll, text);
    if (times == 0) {
        phrase_add(&phrase, ", packet %" PRIu64, finding->frame);
    } else if (times > 1) {
        phrase_add(&phrase, " (%" PRIu64 ")", times);
    }
    begin_case(report, text, 0);
    if (finding->failure) {
        explain(text, sizeof(text), finding);
        write_result(report, finding_kind_name(finding->kind), title, text);
    } else if (finding->kind == FINDING_MET) {
        fputs("/>\n", report->out);
    } else {
        write_result(report, NULL, title, "");
    }
}

/* ---- the format ---- */

static bool begin_files(struct report *report, FILE *given)
{
    report->given = given;
    report->out = ftello(given) >= 0 && fseeko(given, 0, SEEK_CUR) == 0 ? given : tmpfile();
    report->paragraphs = paragraphs_new();
    return report->out != NULL && report->paragraphs != NULL;
}

static void release(struct report *report)
{
    if (report->out != NULL && report->out != report->given) {
        fclose(report->out);
    }
    paragraphs_free(report->paragraphs);
    free(report);
}

static struct report *begin(const struct report_options *options)
{
    struct report *report = calloc(1, sizeof(*report));
    if (report == NULL) {
        return NULL;
    }
    if (!begin_files(report, options->out)) {
        release(report);
        return NULL;
    }
    place_find(&report->place);
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", report->out);
    return report;
}

/* From the temporary file to where it shall go. */
static void copy(FILE *to, FILE *from)
{
    char bytes[4096];
    rewind(from);
    for (size_t count = fread(bytes, 1, sizeof(bytes), from); count > 0;
         count = fread(bytes, 1, sizeof(bytes), from)) {
        fwrite(bytes, 1, count, to);
    }
}

static void end(struct report *report, const struct totals *totals)
{
    char text[NAME], unseen[NAME];
    if (report->open) {
        report_counts(text, sizeof(text), totals);
        report_confession(unseen, sizeof(unseen), totals);
        struct phrase phrase = {text, sizeof(text), strlen(text), false};
        phrase_add(&phrase, "\n%s%s%s", unseen[0] != '\0' ? "unseen: " : "", unseen,
                   unseen[0] != '\0' ? "\n" : "");
        end_suite(report, text);
    }
    fputs("</testsuites>\n", report->out);
    if (report->out != report->given) {
        copy(report->given, report->out);
    }
    fflush(report->given);
    release(report);
}

const struct report_format report_junit = {"junit", begin, connection, end, finding, REPORT_EVERY};
