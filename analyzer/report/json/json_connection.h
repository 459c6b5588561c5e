/* A connection as a JSON object, with the names of the Elastic Common Schema where it has them.
 * What is not known is absent. The report for programs prints it; expectations and comparisons are
 * held against the same text, read again, so that what is read is what can be asked for.
 */
#ifndef REPORT_JSON_CONNECTION_H
#define REPORT_JSON_CONNECTION_H

#include "report/report.h"

struct fingerprinter;
struct json_repeats;
struct json_writer;

/* What makes many connections cheaper than one; either may be NULL. */
struct json_aids {
    struct json_repeats *repeats;
    struct fingerprinter *fingerprinter;
};

/* Writes the object, and no newline. */
void json_connection(struct json_writer *out, const struct json_aids *aids,
                     const struct connection *connection);

/* ---- between the files of this room ---- */

void json_tls(struct json_writer *out, struct json_repeats *repeats, const struct facts *facts);
void json_handshake(struct json_writer *out, struct json_repeats *repeats,
                    const struct facts *facts, const struct verdict *verdict);

#endif
