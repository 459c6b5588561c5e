#include "report/json_put.h"

#include "names.h"
#include "report/phrase.h"
#include "report/report.h"

#include <json-c/json.h>

enum {
    TEXT = 1024 /* bytes of one text that is put together here */
};

void json_put(struct json_object *object, const char *key, struct json_object *value)
{
    if (object == NULL || value == NULL) {
        json_object_put(value);
    } else {
        json_object_object_add_ex(object, key, value,
                                  JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY);
    }
}

void json_put_object(struct json_object *object, const char *key, struct json_object *value)
{
    if (value != NULL && json_object_object_length(value) == 0) {
        json_object_put(value);
        value = NULL;
    }
    json_put(object, key, value);
}

void json_put_array(struct json_object *object, const char *key, struct json_object *value)
{
    if (value != NULL && json_object_array_length(value) == 0) {
        json_object_put(value);
        value = NULL;
    }
    json_put(object, key, value);
}

void json_append(struct json_object *array, struct json_object *value)
{
    if (array == NULL || value == NULL || json_object_array_add(array, value) != 0) {
        json_object_put(value);
    }
}

struct json_object *json_text_of(const char *text)
{
    if (text == NULL || text[0] == '\0') {
        return NULL;
    }
    if (phrase_is_printable(text)) {
        return json_object_new_string(text);
    }
    char printable[TEXT];
    struct phrase phrase = phrase_in(printable, sizeof(printable));
    phrase_add_printable(&phrase, text);
    return json_object_new_string(printable);
}

void json_put_text(struct json_object *object, const char *key, const char *text)
{
    json_put(object, key, json_text_of(text));
}

void json_put_flag(struct json_object *object, const char *key, bool flag)
{
    json_put(object, key, json_object_new_boolean(flag));
}

void json_put_number(struct json_object *object, const char *key, uint64_t number)
{
    json_put(object, key, json_object_new_uint64(number));
}

void json_put_texts(struct json_object *object, const char *key, struct text_list list)
{
    struct json_object *array = list.count > 0 ? json_object_new_array() : NULL;
    for (size_t i = 0; i < list.count; i++) {
        json_append(array, json_text_of(list.at[i]));
    }
    json_put_array(object, key, array);
}

void json_put_codes(struct json_object *object, const char *key, struct code_list list,
                    size_t (*name)(char out[NAMES_TEXT_MAX], uint16_t code))
{
    struct json_object *array = list.count > 0 ? json_object_new_array() : NULL;
    for (size_t i = 0; i < list.count; i++) {
        char text[NAMES_TEXT_MAX] = "";
        name(text, list.at[i]);
        json_append(array, json_text_of(text));
    }
    json_put_array(object, key, array);
}

void json_put_seconds(struct json_object *object, const char *key, int64_t seconds)
{
    char text[REPORT_TIME];
    report_time(text, seconds, -1);
    json_put_text(object, key, text);
}
