#define _POSIX_C_SOURCE 200809L /* fileno() */

#include "report/expect/expect_file.h"

#include "report/expect/expect_place.h"
#include "report/json/json_fields.h"
#include "report/phrase.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    WORDS = 256,             /* bytes of what is wrong */
    NESTING = JSON_DEPTH + 2 /* of a folder's file: an object, and lists */
};

static enum expect_result complain(char error[EXPECT_ERROR], const char *path, unsigned line,
                                   const char *words)
{
    struct phrase phrase = phrase_in(error, EXPECT_ERROR);
    phrase_add_printable(&phrase, path);
    if (line > 0) {
        phrase_add(&phrase, ":%u", line);
    }
    phrase_add(&phrase, ": ");
    phrase_add_printable(&phrase, words);
    return EXPECT_BROKEN;
}

/* ---- bytes ---- */

static enum expect_result read_text(struct expect_file *file, char error[EXPECT_ERROR])
{
    FILE *in = fopen(file->path, "rb");
    if (in == NULL && errno == ENOENT) {
        return EXPECT_NONE;
    }
    struct stat status;
    if (in == NULL || fstat(fileno(in), &status) != 0 || status.st_size > EXPECT_BYTES) {
        int why = in == NULL ? errno : EFBIG;
        if (in != NULL) {
            fclose(in);
        }
        return complain(error, file->path, 0, strerror(why));
    }
    size_t size = (size_t)status.st_size;
    file->text = malloc(size + 1);
    if (file->text != NULL) {
        errno = 0;
        file->length = fread(file->text, 1, size, in);
        file->text[file->length] = '\0';
    }
    bool whole = file->text != NULL && ferror(in) == 0;
    int why = file->text == NULL ? ENOMEM : errno;
    fclose(in);
    return whole ? EXPECT_READ : complain(error, file->path, 0, strerror(why));
}

static enum expect_result parse(struct expect_file *file, char error[EXPECT_ERROR])
{
    struct json_tokener *tokener = json_tokener_new_ex(NESTING);
    if (tokener == NULL) {
        return complain(error, file->path, 0, strerror(ENOMEM));
    }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    file->root = json_tokener_parse_ex(tokener, file->text, (int)file->length + 1);
    enum json_tokener_error wrong = json_tokener_get_error(tokener);
    size_t end = json_tokener_get_parse_end(tokener);
    json_tokener_free(tokener);
    if (wrong != json_tokener_success) {
        char words[WORDS];
        snprintf(words, sizeof(words), "is no JSON: %s", json_tokener_error_desc(wrong));
        unsigned line = expect_line_at(file->text, file->length, end);
        return complain(error, file->path, line, words);
    }
    return EXPECT_READ;
}

/* ---- what it should be ---- */

/* An object on the way through an expectation, and the path to it. */
struct visit {
    struct json_object *object;
    char path[JSON_PATH];
};

struct visits {
    struct visit at[JSON_DEPTH * 32]; /* objects still to be visited: as many as there are fields
                                         that hold objects, or a list's */
    size_t count;
};

static bool put_off(struct visits *visits, struct json_object *object, const char *path)
{
    if (visits->count == sizeof(visits->at) / sizeof(visits->at[0])) {
        return false;
    }
    struct visit *visit = &visits->at[visits->count++];
    visit->object = object;
    snprintf(visit->path, sizeof(visit->path), "%s", path);
    return true;
}

/* Looks at a field's value: what is in it is put off. */
static bool check_field(char words[WORDS], struct visits *visits, const char *path,
                        struct json_object *value)
{
    const struct json_field *field = json_field_find(path);
    if (field == NULL) {
        snprintf(words, WORDS, "%s: a connection has no such field", path);
        return false;
    }
    if (!json_field_takes(field, value)) {
        snprintf(words, WORDS, "%s: is %s", path, json_field_kind(field));
        return false;
    }
    if (json_object_is_type(value, json_type_object)) {
        return put_off(visits, value, path);
    }
    size_t count =
        json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 0;
    for (size_t i = 0; i < count; i++) {
        struct json_object *element = json_object_array_get_idx(value, i);
        bool object = json_object_is_type(element, json_type_object);
        bool text = json_object_is_type(element, json_type_string);
        if (field->kind == FIELD_OBJECTS ? !object : !text) {
            snprintf(words, WORDS, "%s: is %s", path, json_field_kind(field));
            return false;
        }
        if (object && !put_off(visits, element, path)) {
            snprintf(words, WORDS, "%s: a list of too many", path);
            return false;
        }
    }
    return true;
}

/* Whether every field of an expectation is one that a connection has; else `path` is the one that
 * is wrong, and `words` say why. */
static bool check_expectation(char path[JSON_PATH], char words[WORDS],
                              struct json_object *expectation)
{
    struct visits visits = {.count = 0};
    path[0] = '\0';
    put_off(&visits, expectation, "");
    while (visits.count > 0) {
        struct visit visit = visits.at[--visits.count];
        struct json_object_iterator each = json_object_iter_begin(visit.object);
        struct json_object_iterator end = json_object_iter_end(visit.object);
        for (; !json_object_iter_equal(&each, &end); json_object_iter_next(&each)) {
            const char *name = json_object_iter_peek_name(&each);
            struct phrase phrase = phrase_in(path, JSON_PATH);
            phrase_add(&phrase, "%s%s%s", visit.path, visit.path[0] != '\0' ? "." : "", name);
            if (strchr(name, '.') != NULL) { /* never found, so that null would always be met */
                snprintf(words, WORDS,
                         "%s: no field's name has a dot; write an object in an object", path);
                return false;
            }
            if (!check_field(words, &visits, path, json_object_iter_peek_value(&each))) {
                return false;
            }
        }
    }
    return true;
}

static enum expect_result check_list(const struct expect_file *file, const char *capture,
                                     struct json_object *list, char error[EXPECT_ERROR])
{
    struct expect_place place = {capture, 0, NULL};
    char path[JSON_PATH], words[WORDS];
    if (!json_object_is_type(list, json_type_array)) {
        snprintf(words, sizeof(words), "%.120s%swants a list of objects, one a connection",
                 capture != NULL ? capture : "", capture != NULL ? ": " : "");
        return complain(error, file->path, 1, words);
    }
    size_t count = json_object_array_length(list);
    if (count > EXPECT_LIST) {
        return complain(error, file->path, 1, "too many expectations of one capture");
    }
    for (; place.index < count; place.index++) {
        struct json_object *expectation = json_object_array_get_idx(list, place.index);
        if (!json_object_is_type(expectation, json_type_object)) {
            return complain(error, file->path, 1, "wants a list of objects, one a connection");
        }
        if (!check_expectation(path, words, expectation)) {
            place.path = path;
            unsigned line = expect_line(file->text, file->length, &place);
            return complain(error, file->path, line, words);
        }
    }
    return EXPECT_READ;
}

static enum expect_result check_folder(const struct expect_file *file, char error[EXPECT_ERROR])
{
    if (!json_object_is_type(file->root, json_type_object)) {
        return complain(error, file->path, 1,
                        "wants an object: a list of expectations for each capture's name");
    }
    enum expect_result result = EXPECT_READ;
    struct json_object_iterator each = json_object_iter_begin(file->root);
    struct json_object_iterator end = json_object_iter_end(file->root);
    while (result == EXPECT_READ && !json_object_iter_equal(&each, &end)) {
        result = check_list(file, json_object_iter_peek_name(&each),
                            json_object_iter_peek_value(&each), error);
        json_object_iter_next(&each);
    }
    return result;
}

enum expect_result expect_file_read(struct expect_file *file, char error[EXPECT_ERROR])
{
    enum expect_result result = read_text(file, error);
    if (result == EXPECT_READ) {
        result = parse(file, error);
    }
    if (result == EXPECT_READ) {
        result =
            file->folder ? check_folder(file, error) : check_list(file, NULL, file->root, error);
    }
    file->there = result == EXPECT_READ;
    return result;
}

void expect_file_release(struct expect_file *file)
{
    json_object_put(file->root);
    free(file->text);
    *file = (struct expect_file){.root = NULL};
}

unsigned expect_file_line(const struct expect_file *file, const char *capture, size_t index)
{
    struct expect_place place = {file->folder ? capture : NULL, index, NULL};
    return file->there ? expect_line(file->text, file->length, &place) : 0;
}
