#include "report/json/json_collection.h"

#include "report/json/json_connection.h"
#include "report/json/json_write.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

struct report {
    struct json_collection *collection;
    struct json_writer writer;
};

void json_collection_clear(struct json_collection *collection)
{
    json_object_put(collection->list);
    collection->list = NULL;
    collection->omitted = 0;
}

/* What json-c let fall for the lack of memory is missed when it writes the object. */
struct json_object *json_collection_object(struct json_writer *writer,
                                           const struct connection *connection)
{
    json_write_back(writer, 0);
    json_connection(writer, &(const struct json_aids){NULL, NULL}, connection);
    json_write_end_line(writer, '\0');
    if (writer->lost) {
        return NULL;
    }
    struct json_object *object = json_tokener_parse(writer->text);
    const char *text = object == NULL
                           ? NULL
                           : json_object_to_json_string_ext(
                                 object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
    if (text == NULL || strcmp(text, writer->text) != 0) {
        json_object_put(object);
        return NULL;
    }
    return object;
}

static struct report *begin(const struct report_options *options)
{
    struct report *report = calloc(1, sizeof(*report));
    if (report != NULL) {
        report->collection = options->collection;
    }
    return report;
}

static void connection(struct report *report, const struct connection *connection)
{
    struct json_collection *collection = report->collection;
    if (collection->list == NULL) {
        collection->list = json_object_new_array();
    }
    size_t count = collection->list == NULL ? 0 : json_object_array_length(collection->list);
    struct json_object *object = collection->list == NULL || count == JSON_COLLECTION
                                     ? NULL
                                     : json_collection_object(&report->writer, connection);
    if (object == NULL || json_object_array_add(collection->list, object) != 0) {
        json_object_put(object);
        collection->omitted++;
        return;
    }
    collection->fails[count] = connection->fails;
}

static void end(struct report *report, const struct totals *totals)
{
    (void)totals;
    json_write_release(&report->writer);
    free(report);
}

const struct report_format report_collection = {.name = "collection",
                                                .begin = begin,
                                                .connection = connection,
                                                .end = end,
                                                .wants = REPORT_EVERY | REPORT_APPLICATION};
