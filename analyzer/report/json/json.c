/* The report for programs: one JSON object a line and a connection. */
#include "report/json/json_connection.h"
#include "report/json/json_put.h"
#include "report/json/json_repeats.h"
#include "tracking/fingerprint.h"

#include <json-c/json.h>
#include <stdlib.h>

enum {
    TOGETHER = 32 << 10 /* bytes of lines that go to the file as one, where nobody waits */
};

/* In a line's place where there is no memory to tell of a connection: the Elastic Common Schema's
 * words for an event that was lost on its way. */
static const char UNTOLD[] = "{\"event\":{\"kind\":\"pipeline_error\"},\"error\":{\"message\":"
                             "\"out of memory: a connection is not told of\"}}";

struct report {
    FILE *out;
    struct json_writer writer; /* lines that are not in the file yet */
    struct json_aids aids;     /* owned */
};

static struct report *begin(const struct report_options *options)
{
    struct report *report = calloc(1, sizeof(*report));
    if (report != NULL) {
        report->out = options->out;
        report->aids = (struct json_aids){json_repeats_new(), fingerprinter_new()};
    }
    return report;
}

static void flush(struct report *report)
{
    fwrite(report->writer.text, 1, report->writer.length, report->out);
    json_write_back(&report->writer, 0);
    fflush(report->out);
}

/* Live, who reads on the other end of a pipe shall not wait. */
static void connection(struct report *report, const struct connection *connection)
{
    struct json_writer *writer = &report->writer;
    size_t before = writer->length;
    json_connection(writer, &report->aids, connection);
    json_write_end_line(writer, '\n');
    bool lost = writer->lost;
    if (lost) {
        json_write_back(writer, before);
    }
    if (lost || connection->live || writer->length >= TOGETHER) {
        flush(report);
    }
    if (lost) {
        fprintf(report->out, "%s\n", UNTOLD);
        fflush(report->out);
    }
}

/* A value that is JSON already; NULL, or JSON's own null, says nothing. */
static void put_value(struct json_object *object, const char *key, const char *text)
{
    struct json_object *value = text == NULL ? NULL : json_tokener_parse(text);
    if (value != NULL) {
        json_put(object, key, value);
    }
}

static struct json_object *differences_of(const struct finding *finding)
{
    struct json_object *differences = json_object_new_array();
    for (size_t i = 0; i < finding->differences; i++) {
        const struct difference *difference = &finding->difference[i];
        struct json_object *object = json_object_new_object();
        json_put_text(object, "field", difference->field);
        put_value(object, "expected", difference->expected);
        put_value(object, "found", difference->found);
        json_append(differences, object);
    }
    return differences;
}

/* One object a finding: {"check": {...}}. */
static void finding(struct report *report, const struct finding *finding)
{
    struct json_object *line = json_object_new_object(), *check = json_object_new_object();
    json_put_text(check, "finding", finding_kind_name(finding->kind));
    json_put_flag(check, "failure", finding->failure);
    json_put_text(check, "capture", finding->capture);
    json_put_text(check, "expectations", finding->expectations);
    if (finding->line > 0) {
        json_put_number(check, "line", finding->line);
    }
    json_put_text(check, "connection", finding->connection);
    json_put_text(check, "outcome", finding->outcome);
    json_put_array(check, "differences", differences_of(finding));
    json_put_object(line, "check", check);
    const char *text = json_line(line);
    fprintf(report->out, "%s\n", text != NULL ? text : UNTOLD);
    fflush(report->out);
    json_object_put(line);
}

static void end(struct report *report, const struct totals *totals)
{
    (void)totals;
    flush(report);
    json_write_release(&report->writer);
    json_repeats_free(report->aids.repeats);
    fingerprinter_free(report->aids.fingerprinter);
    free(report);
}

const struct report_format report_json = {
    "json", begin,   connection,
    end,    finding, REPORT_EVERY | REPORT_APPLICATION | REPORT_FINGERPRINTS};
