/* The connections of a capture, kept as JSON objects: --check and --diff need all of them at once.
 * A report row fills a collection: report_options.collection.
 */
#ifndef REPORT_JSON_COLLECTION_H
#define REPORT_JSON_COLLECTION_H

#include "report/report.h"

struct json_object;
struct json_writer;

/* Connections that are kept: 100 to 250 MB of objects. Whoever compares more has no sample. */
enum { JSON_COLLECTION = 4096 };

struct json_collection {
    struct json_object *list;    /* of connections, in the order of the capture */
    bool fails[JSON_COLLECTION]; /* which of them make the status 1: see struct connection */
    size_t omitted;              /* further ones, or those for which there was no memory */
};

/* A connection's object: what json_connection() writes, read again. NULL when there is no memory;
 * else the caller's to give back with json_object_put(). It outlives the connection. */
struct json_object *json_collection_object(struct json_writer *writer,
                                           const struct connection *connection);

/* Empties it, for the next capture, and for good. */
void json_collection_clear(struct json_collection *collection);

extern const struct report_format report_collection;

#endif
