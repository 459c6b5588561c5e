#include "report/json/json_put.h"

#include "report/phrase.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdint.h>

enum {
    TEXT = 1024 /* bytes of one text that is put together here */
};

/* What an object remembers that lacks something; the value is of no interest, the address is. */
static const char SHORT = 0;

/* json-c's word for what a caller may hang on an object is a pointer that may be written through:
 * nobody does. */
static void mark(struct json_object *object)
{
    if (object != NULL) {
        json_object_set_userdata(object, (void *)(uintptr_t)&SHORT, NULL);
    }
}

bool json_is_short(struct json_object *object)
{
    return object == NULL || json_object_get_userdata(object) == (const void *)&SHORT;
}

void json_put(struct json_object *object, const char *key, struct json_object *value)
{
    const unsigned options = JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY;
    if (json_is_short(value)) {
        mark(object);
    }
    if (object == NULL || value == NULL ||
        json_object_object_add_ex(object, key, value, options) != 0) {
        mark(object);
        json_object_put(value);
    }
}

void json_put_object(struct json_object *object, const char *key, struct json_object *value)
{
    if (value != NULL && json_object_object_length(value) == 0 && !json_is_short(value)) {
        json_object_put(value);
    } else {
        json_put(object, key, value);
    }
}

void json_put_array(struct json_object *object, const char *key, struct json_object *value)
{
    if (value != NULL && json_object_array_length(value) == 0 && !json_is_short(value)) {
        json_object_put(value);
    } else {
        json_put(object, key, value);
    }
}

void json_append(struct json_object *array, struct json_object *value)
{
    if (json_is_short(value)) {
        mark(array);
    }
    if (array == NULL || value == NULL || json_object_array_add(array, value) != 0) {
        mark(array);
        json_object_put(value);
    }
}

/* Whether a text is one object from its first byte to its last. json-c leaves out what it finds no
 * room for, and says nothing. */
static bool is_whole(const char *text)
{
    size_t depth = 0;
    bool quoted = false;
    const char *at = text;
    while (*at != '\0' && (at == text || depth > 0)) {
        if (quoted) {
            quoted = *at != '"';
            at += *at == '\\' && at[1] != '\0';
        } else if (*at == '"') {
            quoted = true;
        } else if (*at == '{' || *at == '[') {
            depth++;
        } else if (*at == '}' || *at == ']') {
            depth--;
        }
        at++;
    }
    return *at == '\0' && at != text && depth == 0 && !quoted && *text == '{';
}

const char *json_line(struct json_object *object)
{
    if (json_is_short(object)) {
        return NULL;
    }
    /* json-c goes on behind a piece for which there was no memory, and does not tell. */
    errno = 0;
    const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
                                                                  JSON_C_TO_STRING_NOSLASHESCAPE);
    return text != NULL && errno != ENOMEM && is_whole(text) ? text : NULL;
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
    if (text != NULL && text[0] != '\0') {
        json_put(object, key, json_text_of(text));
    }
}

void json_put_flag(struct json_object *object, const char *key, bool flag)
{
    json_put(object, key, json_object_new_boolean(flag));
}

void json_put_number(struct json_object *object, const char *key, uint64_t number)
{
    json_put(object, key, json_object_new_uint64(number));
}
