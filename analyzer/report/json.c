/* The report for programs: one JSON object a line and a connection. */
#include "report/json_connection.h"

#include <json-c/json.h>
#include <stdlib.h>

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

static void connection(struct report *report, const struct connection *connection)
{
    struct json_object *line = json_connection(connection);
    int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;
    const char *text = json_object_to_json_string_ext(line, flags);
    if (text != NULL) {
        fprintf(report->out, "%s\n", text);
        fflush(report->out); /* who reads on the other end of a pipe shall not wait */
    }
    json_object_put(line);
}

static void end(struct report *report, const struct totals *totals)
{
    (void)totals;
    free(report);
}

const struct report_format report_json = {"json", begin, connection, end, NULL,
                                          REPORT_EVERY | REPORT_APPLICATION};
