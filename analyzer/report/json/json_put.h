/* Building JSON of findings, comparisons and SARIF: what is not known is not put; so no report says
 * null, "" or []. Connections are many, and written otherwise: json_write.h.
 *
 * Every function takes over the value that it is given, also where it does not put it. A value that
 * is NULL had no memory, as had an object that is NULL: whatever it was to become part of remembers
 * that something is missing. Only report/json*, report/sarif*, report/expect* and report/diff* know
 * json-c.
 */
#ifndef REPORT_JSON_PUT_H
#define REPORT_JSON_PUT_H

#include "tracking/facts.h"

struct json_object;

/* Whether something is missing in `object` for lack of memory; NULL has nothing in it. */
bool json_is_short(struct json_object *object);

/* The object as text of one line, which lives as long as it does; NULL where something is missing
 * in it. */
const char *json_line(struct json_object *object);

/* `key` must outlive the object, and not be there yet. */
void json_put(struct json_object *object, const char *key, struct json_object *value);

/* An object or array that has nothing in it says nothing: it is not put. */
void json_put_object(struct json_object *object, const char *key, struct json_object *value);
void json_put_array(struct json_object *object, const char *key, struct json_object *value);

void json_put_text(struct json_object *object, const char *key, const char *text);
void json_put_flag(struct json_object *object, const char *key, bool flag);
void json_put_number(struct json_object *object, const char *key, uint64_t number);

void json_append(struct json_object *array, struct json_object *value);

/* NULL for a text that is NULL or empty, besides. Facts' texts are printable; this makes sure of
 * it, because one byte that is no UTF-8 would spoil the line. */
struct json_object *json_text_of(const char *text);

#endif
