#include "report/json/json_collection.h"

#include "report/json/json_connection.h"

#include <json-c/json.h>
#include <stdlib.h>

struct report {
    struct json_collection *collection;
};

void json_collection_clear(struct json_collection *collection)
{
    json_object_put(collection->list);
    collection->list = NULL;
    collection->omitted = 0;
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
    struct json_object *object =
        collection->list == NULL || count == JSON_COLLECTION ? NULL : json_connection(connection);
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
    free(report);
}

const struct report_format report_collection = {.name = "collection",
                                                .begin = begin,
                                                .connection = connection,
                                                .end = end,
                                                .wants = REPORT_EVERY | REPORT_APPLICATION};
