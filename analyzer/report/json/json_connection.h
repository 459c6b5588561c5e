/* A connection as a JSON object, with the names of the Elastic Common Schema where it has them.
 * What is not known is absent. The report for programs prints it; expectations and comparisons are
 * held against the same object, so that what is read is what can be asked for.
 */
#ifndef REPORT_JSON_CONNECTION_H
#define REPORT_JSON_CONNECTION_H

#include "report/report.h"

struct json_object;

/* The object, the caller's to give back with json_object_put(). It holds copies of everything but
 * its keys, so that it outlives the connection. */
struct json_object *json_connection(const struct connection *connection);

/* ---- between the files of this room ---- */

struct json_object *json_tls(const struct facts *facts);
struct json_object *json_handshake(const struct facts *facts, const struct verdict *verdict);

#endif
