/* From what --check found to the findings that reports are given. */
#include "report/expect/expect.h"
#include "report/expect/expect_compare.h"
#include "report/expect/expect_match.h"
#include "report/json/json_words.h"
#include "report/reports.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

enum {
    WHO = 512,    /* bytes of a connection's addresses and name, */
    OUTCOME = 128 /* of what became of it, */
};

/* A finding, and what its pointers lead to. */
struct told {
    struct finding finding;
    struct difference difference[EXPECT_DIFFERENCES];
    char *value[2 * EXPECT_DIFFERENCES]; /* owned: the differences' */
    char who[WHO], outcome[OUTCOME];
};

/* A value as JSON has it, printable. The caller frees it; NULL for none. */
static char *value_text(struct json_object *value)
{
    const char *text = value == NULL
                           ? NULL
                           : json_object_to_json_string_ext(
                                 value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
    size_t size = text == NULL ? 0 : 3 * strlen(text) + 1; /* U+FFFD has three bytes */
    char *printable = size == 0 ? NULL : malloc(size);
    if (printable != NULL) {
        struct phrase phrase = phrase_in(printable, size);
        phrase_add_printable(&phrase, text);
    }
    return printable;
}

static void add_differences(struct told *told, const struct expect_differences *differences)
{
    for (size_t i = 0; i < differences->count; i++) {
        const struct expect_difference *difference = &differences->at[i];
        char **value = &told->value[2 * i];
        value[0] = value_text(difference->expected);
        value[1] = value_text(difference->found);
        told->difference[i] = (struct difference){difference->field, value[0], value[1]};
    }
    told->finding.difference = told->difference;
    told->finding.differences = differences->count;
}

static uint64_t first_frame(struct json_object *connection)
{
    struct json_object *steps = json_at(connection, "handshake.steps");
    struct json_object *first = steps == NULL ? NULL : json_object_array_get_idx(steps, 0);
    return first == NULL ? 0 : json_object_get_uint64(json_at(first, "frame"));
}

static void add_connection(struct told *told, struct json_object *object)
{
    struct phrase who = phrase_in(told->who, sizeof(told->who));
    struct phrase outcome = phrase_in(told->outcome, sizeof(told->outcome));
    json_add_who(&who, object);
    json_add_outcome(&outcome, object);
    told->finding.connection = who.length > 0 ? told->who : NULL;
    told->finding.outcome = outcome.length > 0 ? told->outcome : NULL;
    told->finding.summary = json_text_at(object, "diagnosis.summary");
    told->finding.frame = first_frame(object);
}

static bool is_failure(const struct expect_case *one, enum finding_kind kind)
{
    return kind == FINDING_DIFFERS || kind == FINDING_MISSING || kind == FINDING_UNEXPECTED ||
           (kind == FINDING_UNNAMED && one->expect->strict);
}

void expect_tell(const struct expect_case *one, enum finding_kind kind, long index, long connection)
{
    struct told told = {.finding = {.kind = kind, .capture = one->capture}};
    struct expect_differences differences = {.count = 0};
    struct json_object *expected =
        index == EXPECT_NOBODY ? NULL : json_object_array_get_idx(one->expectations, (size_t)index);
    struct json_object *found =
        connection == EXPECT_NOBODY
            ? NULL
            : json_object_array_get_idx(one->collection->list, (size_t)connection);
    struct finding *finding = &told.finding;
    finding->failure = is_failure(one, kind);
    finding->expectations = one->file != NULL ? one->file->path : NULL;
    if (found != NULL || expected != NULL) {
        add_connection(&told, found != NULL ? found : expected);
    }
    if (kind == FINDING_DIFFERS) {
        expect_compare(&differences, expected, found);
        add_differences(&told, &differences);
    }
    if (index != EXPECT_NOBODY && kind != FINDING_MET && one->file != NULL) {
        finding->line = expect_file_line(one->file, one->key, (size_t)index);
    }
    one->expect->unmet += finding->failure;
    reports_finding(one->expect->reports, finding);
    for (size_t i = 0; i < 2 * finding->differences; i++) {
        free(told.value[i]);
    }
    expect_differences_release(&differences);
}
