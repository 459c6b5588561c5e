#include "report/expect/expect_update.h"

#include "report/expect/expect_compare.h"

#include <json-c/json.h>
#include <string.h>

/* Where a value goes: the object around it, made if need be, and its key in that. */
struct slot {
    struct json_object *object;
    const char *key;
};

static struct slot slot_at(struct json_object *object, const char *path)
{
    char key[JSON_PATH];
    size_t length = strcspn(path, ".");
    while (path[length] == '.') {
        struct json_object *inner = NULL;
        memcpy(key, path, length);
        key[length] = '\0';
        if (!json_object_object_get_ex(object, key, &inner) || inner == NULL) {
            inner = json_object_new_object();
            json_object_object_add(object, key, inner);
        }
        object = inner;
        path += length + 1;
        length = strcspn(path, ".");
    }
    return (struct slot){object, path};
}

/* Copies, so that nothing is in two objects. */
static void put_copy(struct json_object *object, const char *path, struct json_object *value)
{
    struct json_object *copy = NULL;
    struct slot slot = slot_at(object, path);
    if (json_object_deep_copy(value, &copy, NULL) == 0) {
        json_object_object_add(slot.object, slot.key, copy);
    }
}

/* Takes the field away, and the objects around it that are then empty. */
static void take_away(struct json_object *object, const char *path)
{
    char around[JSON_PATH];
    size_t length = strlen(path);
    memcpy(around, path, length + 1);
    struct slot slot = slot_at(object, around);
    json_object_object_del(slot.object, slot.key);
    char *dot = strrchr(around, '.');
    while (dot != NULL) {
        *dot = '\0';
        slot = slot_at(object, around);
        struct json_object *inner = NULL;
        json_object_object_get_ex(slot.object, slot.key, &inner);
        if (json_object_is_type(inner, json_type_object) && json_object_object_length(inner) == 0) {
            json_object_object_del(slot.object, slot.key);
        }
        dot = strrchr(around, '.');
    }
}

/* What tells a connection from others, and what became of it. */
static const char *const telling[] = {
    "client.ip",        "server.ip",           "server.port",
    "tls.version",      "tls.cipher",          "tls.client.server_name",
    "handshake.status", "handshake.starttls",  "handshake.proxy",
    "diagnosis.cause",  "diagnosis.confidence"};

/* Of these, what is in the object at `around`; everything when that is "". */
static void put_telling(struct json_object *expectation, struct json_object *connection,
                        const char *around)
{
    size_t length = strlen(around);
    for (size_t i = 0; i < sizeof(telling) / sizeof(telling[0]); i++) {
        struct json_object *value = json_at(connection, telling[i]);
        if (value != NULL && strncmp(telling[i], around, length) == 0) {
            put_copy(expectation, telling[i], value);
        }
    }
}

static void put_warnings(struct json_object *expectation, struct json_object *connection)
{
    struct json_object *warnings = json_at(connection, "warnings");
    size_t count = warnings == NULL ? 0 : json_object_array_length(warnings);
    struct json_object *codes = json_object_new_array();
    for (size_t i = 0; i < count; i++) {
        struct json_object *warning = json_object_new_object();
        const char *code = json_text_at(json_object_array_get_idx(warnings, i), "code");
        json_object_object_add(warning, "code", json_object_new_string(code != NULL ? code : ""));
        json_object_array_add(codes, warning);
    }
    if (count > 0) {
        json_object_object_add(expectation, "warnings", codes);
    } else {
        json_object_put(codes);
    }
}

struct json_object *expect_new_one(struct json_object *connection)
{
    struct json_object *expectation = json_object_new_object();
    put_telling(expectation, connection, "");
    put_warnings(expectation, connection);
    return expectation;
}

/* Where something is that was expected to be absent: so much of it as a new expectation would have.
 */
static void put_unwanted(struct json_object *mended, const struct expect_difference *difference,
                         struct json_object *connection)
{
    take_away(mended, difference->field);
    if (strcmp(difference->field, "warnings") == 0) {
        put_warnings(mended, connection);
    } else if (json_object_is_type(difference->found, json_type_object)) {
        put_telling(mended, connection, difference->field);
    } else {
        put_copy(mended, difference->field, difference->found);
    }
}

struct json_object *expect_mended(struct json_object *expectation, struct json_object *connection)
{
    struct json_object *mended = NULL;
    struct expect_differences differences = {.count = 0};
    if (json_object_deep_copy(expectation, &mended, NULL) != 0) {
        return expect_new_one(connection);
    }
    expect_compare(&differences, expectation, connection);
    for (size_t i = 0; i < differences.count; i++) {
        const struct expect_difference *difference = &differences.at[i];
        if (difference->expected == NULL) {
            put_unwanted(mended, difference, connection);
        } else if (difference->found != NULL) {
            put_copy(mended, difference->field, difference->found);
        } else {
            take_away(mended, difference->field);
        }
    }
    expect_differences_release(&differences);
    return mended;
}
