/* The report for programs: one JSON object a line and a connection. */
#include "report/json/json_connection.h"
#include "report/json/json_put.h"

#include <json-c/json.h>
#include <stdlib.h>

/* In a line's place where there is no memory to tell of a connection: the Elastic Common Schema's
 * words for an event that was lost on its way. */
static const char UNTOLD[] = "{\"event\":{\"kind\":\"pipeline_error\"},\"error\":{\"message\":"
                             "\"out of memory: a connection is not told of\"}}";

struct report {
    FILE *out;
};

static struct report *begin(const struct report_options *options)
{
    struct report *report = calloc(1, sizeof(*report));
    if (report != NULL) {
        report->out = options->out;
    }
    return report;
}

static void print(struct report *report, struct json_object *line)
{
    const char *text = json_line(line);
    fprintf(report->out, "%s\n", text != NULL ? text : UNTOLD);
    fflush(report->out); /* who reads on the other end of a pipe shall not wait */
    json_object_put(line);
}

static void connection(struct report *report, const struct connection *connection)
{
    print(report, json_connection(connection));
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
    print(report, line);
}

static void end(struct report *report, const struct totals *totals)
{
    (void)totals;
    free(report);
}

const struct report_format report_json = {"json", begin,   connection,
                                          end,    finding, REPORT_EVERY | REPORT_APPLICATION | REPORT_FINGERPRINTS};
