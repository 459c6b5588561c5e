/* Which fields a connection's object may have (json_connection.h), and reading them by their path:
 * "tls.client.server_name". A path passes through the objects of a list as if there were one.
 */
#ifndef REPORT_JSON_FIELDS_H
#define REPORT_JSON_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;

enum {
    JSON_PATH = 128, /* bytes of a path, with its NUL: twice the longest */
    JSON_DEPTH = 8   /* levels of the object, lists among them: it has six */
};

enum json_kind { FIELD_OBJECT, FIELD_OBJECTS, FIELD_TEXT, FIELD_TEXTS, FIELD_NUMBER, FIELD_FLAG };

struct json_field {
    const char *path;
    enum json_kind kind;
};

/* The rows: `index` from 0; NULL behind the last. */
const struct json_field *json_field_row(size_t index);

/* NULL: there is no such field. */
const struct json_field *json_field_find(const char *path);

/* Whether a value of this type can be the field's; null can, for "absent". */
bool json_field_takes(const struct json_field *field, struct json_object *value);

/* What it holds, in words: "a list of texts". */
const char *json_field_kind(const struct json_field *field);

/* The value at a path through objects; NULL: none. Borrowed. */
struct json_object *json_at(struct json_object *object, const char *path);

/* The same, where it is a text. */
const char *json_text_at(struct json_object *object, const char *path);

#endif
