#include "report/expect/expect_compare.h"

#include "report/phrase.h"

#include <json-c/json.h>
#include <string.h>

enum { PENDING = 32 /* objects of an expectation that wait for their turn; it has at most 20 */ };

/* Two objects to be held against each other. */
struct pair {
    struct json_object *expected, *found; /* `found`: NULL when it is absent */
    char path[JSON_PATH];
};

struct comparison {
    struct pair pending[PENDING];
    size_t count;
    struct expect_differences *differences;
    struct expect_score score;
};

/* ---- values ---- */

static bool is_number(struct json_object *value)
{
    return json_object_is_type(value, json_type_int) ||
           json_object_is_type(value, json_type_double);
}

/* 443 is 443.0, too; NaN, which the tokener lets through, is nothing. */
static bool same(struct json_object *expected, struct json_object *found)
{
    bool mixed = is_number(expected) && is_number(found) &&
                 json_object_get_type(expected) != json_object_get_type(found);
    if (mixed) {
        double apart = json_object_get_double(expected) - json_object_get_double(found);
        return apart <= 0 && apart >= 0;
    }
    return json_object_equal(expected, found) != 0;
}

/* Whether a list's object has what another asks of it: neither holds further objects. */
static bool element_meets(struct json_object *expected, struct json_object *found)
{
    struct json_object_iterator each = json_object_iter_begin(expected);
    struct json_object_iterator end = json_object_iter_end(expected);
    for (; !json_object_iter_equal(&each, &end); json_object_iter_next(&each)) {
        struct json_object *value = NULL;
        json_object_object_get_ex(found, json_object_iter_peek_name(&each), &value);
        struct json_object *wanted = json_object_iter_peek_value(&each);
        bool absent = wanted == NULL && value == NULL;
        if (!absent && (wanted == NULL || value == NULL || !same(wanted, value))) {
            return false;
        }
    }
    return true;
}

static size_t length_of(struct json_object *list)
{
    return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

static bool is_list_of_objects(struct json_object *list)
{
    return length_of(list) > 0 &&
           json_object_is_type(json_object_array_get_idx(list, 0), json_type_object);
}

/* Each expected element in turn takes the first that meets it behind the one before. */
static bool list_meets(struct json_object *expected, struct json_object *found)
{
    size_t at = 0, count = length_of(found);
    for (size_t i = 0; i < length_of(expected); i++) {
        struct json_object *wanted = json_object_array_get_idx(expected, i);
        while (at < count && !element_meets(wanted, json_object_array_get_idx(found, at))) {
            at++;
        }
        if (at == count) {
            return false;
        }
        at++;
    }
    return true;
}

/* The list that was found, with the fields that the expected one speaks of. */
static struct json_object *projection(struct json_object *expected, struct json_object *found)
{
    struct json_object *list = json_object_new_array();
    struct json_object *wanted = json_object_array_get_idx(expected, 0);
    for (size_t i = 0; i < length_of(found); i++) {
        struct json_object *element = json_object_new_object();
        struct json_object_iterator each = json_object_iter_begin(wanted);
        struct json_object_iterator end = json_object_iter_end(wanted);
        for (; !json_object_iter_equal(&each, &end); json_object_iter_next(&each)) {
            const char *key = json_object_iter_peek_name(&each);
            struct json_object *value = NULL;
            json_object_object_get_ex(json_object_array_get_idx(found, i), key, &value);
            if (value != NULL) {
                json_object_object_add(element, key, json_object_get(value));
            }
        }
        json_object_array_add(list, element);
    }
    return list;
}

/* ---- fields ---- */

static bool says_who(const char *path)
{
    return strncmp(path, "client.", 7) == 0 || strncmp(path, "server.", 7) == 0 ||
           strcmp(path, "tls.client.server_name") == 0;
}

static void note(struct comparison *comparison, const char path[JSON_PATH],
                 struct json_object *expected, struct json_object *found)
{
    comparison->score.differing++;
    comparison->score.strangers += says_who(path);
    struct expect_differences *differences = comparison->differences;
    if (differences == NULL || differences->count == EXPECT_DIFFERENCES) {
        return;
    }
    struct expect_difference *difference = &differences->at[differences->count++];
    memcpy(difference->field, path, strlen(path) + 1);
    difference->expected = json_object_get(expected);
    difference->found = found == NULL || !is_list_of_objects(expected)
                            ? json_object_get(found)
                            : projection(expected, found);
}

static bool wants_absence(struct json_object *expected)
{
    return expected == NULL ||
           (json_object_is_type(expected, json_type_array) && length_of(expected) == 0);
}

static void compare_field(struct comparison *comparison, const char path[JSON_PATH],
                          struct json_object *expected, struct json_object *found)
{
    if (json_object_is_type(expected, json_type_object) && comparison->count < PENDING) {
        struct pair *pair = &comparison->pending[comparison->count++];
        pair->expected = expected;
        pair->found = found;
        memcpy(pair->path, path, strlen(path) + 1);
        return;
    }
    bool met = wants_absence(expected)        ? found == NULL
               : found == NULL                ? false
               : is_list_of_objects(expected) ? list_meets(expected, found)
                                              : same(expected, found);
    comparison->score.fields++;
    if (!met) {
        note(comparison, path, wants_absence(expected) ? NULL : expected, found);
    }
}

struct expect_score expect_compare(struct expect_differences *differences,
                                   struct json_object *expected, struct json_object *found)
{
    struct comparison comparison = {.count = 1, .differences = differences};
    comparison.pending[0] = (struct pair){expected, found, ""};
    while (comparison.count > 0) {
        struct pair pair = comparison.pending[--comparison.count];
        struct json_object_iterator each = json_object_iter_begin(pair.expected);
        struct json_object_iterator end = json_object_iter_end(pair.expected);
        for (; !json_object_iter_equal(&each, &end); json_object_iter_next(&each)) {
            const char *key = json_object_iter_peek_name(&each);
            struct json_object *value = NULL;
            if (pair.found != NULL) {
                json_object_object_get_ex(pair.found, key, &value);
            }
            char path[JSON_PATH];
            struct phrase phrase = phrase_in(path, sizeof(path));
            phrase_add(&phrase, "%s%s%s", pair.path, pair.path[0] != '\0' ? "." : "", key);
            compare_field(&comparison, path, json_object_iter_peek_value(&each), value);
        }
    }
    return comparison.score;
}

void expect_differences_release(struct expect_differences *differences)
{
    for (size_t i = 0; i < differences->count; i++) {
        json_object_put(differences->at[i].expected);
        json_object_put(differences->at[i].found);
    }
    differences->count = 0;
}
