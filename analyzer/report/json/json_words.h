/* A connection's object in words, for people. What is not in the object is not said, so that an
 * expectation can be told of, too.
 */
#ifndef REPORT_JSON_WORDS_H
#define REPORT_JSON_WORDS_H

#include "report/phrase.h"

struct json_object;

/* "10.77.0.2:51044 → 10.77.0.1:443  www.contoso.test" */
void json_add_who(struct phrase *phrase, struct json_object *connection);

/* "version.server_too_old (certain)", "established, TLS 1.3", "incomplete" */
void json_add_outcome(struct phrase *phrase, struct json_object *connection);

#endif
