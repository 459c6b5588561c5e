#include "report/diff/diff.h"

#include "report/json/json_fields.h"
#include "report/json/json_put.h"
#include "report/json/json_words.h"

#include <json-c/json.h>
#include <string.h>

enum {
    WORDS = 512,   /* bytes of a connection's addresses and name */
    MEANING = 4096 /* of what the differences mean */
};

static struct json_object *connection_of(struct json_object *connection, size_t more)
{
    struct json_object *object = json_object_new_object();
    char who[WORDS], outcome[WORDS];
    struct phrase phrase = phrase_in(who, sizeof(who));
    struct phrase end = phrase_in(outcome, sizeof(outcome));
    json_add_who(&phrase, connection);
    json_add_outcome(&end, connection);
    json_put_text(object, "connection", who);
    json_put_text(object, "outcome", outcome);
    struct json_object *steps = json_at(connection, "handshake.steps");
    if (steps != NULL && json_object_array_length(steps) > 0) {
        struct json_object *first = json_object_array_get_idx(steps, 0);
        json_put(object, "frame", json_object_get(json_at(first, "frame")));
    }
    if (more > 0) {
        json_put_number(object, "more", more);
    }
    return object;
}

static struct json_object *pair_of(const struct diff_pair *pair)
{
    struct json_object *object = json_object_new_object();
    struct json_object *offers = diff_offers(pair);
    char meaning[MEANING];
    diff_meaning(meaning, sizeof(meaning), pair, offers);
    json_put(object, "working", connection_of(pair->working, 0));
    json_put(object, "failing", connection_of(pair->failing, pair->more));
    json_put_flag(object, "same_server", diff_same_server(pair));
    json_put_array(object, "steps", diff_steps(pair));
    json_put_array(object, "offers", offers);
    json_put_text(object, "meaning", meaning);
    return object;
}

static struct json_object *side_of(const struct diff_side *side)
{
    struct json_object *object = json_object_new_object();
    json_put_text(object, "capture", side->capture);
    return object;
}

struct json_object *diff_of(const struct diff_side *working, const struct diff_side *failing,
                            const char **error)
{
    struct diff_pair pairs[DIFF_PAIRS];
    size_t omitted = 0;
    size_t count = diff_pairs(pairs, &omitted, working->connections, failing->connections);
    if (count == 0 || pairs[0].working == NULL) {
        *error = count == 0 ? failing->capture : working->capture;
        return NULL;
    }
    struct json_object *diff = json_object_new_object(), *list = json_object_new_array();
    json_put(diff, "working", side_of(working));
    json_put(diff, "failing", side_of(failing));
    for (size_t i = 0; i < count; i++) {
        json_append(list, pair_of(&pairs[i]));
    }
    json_put_array(diff, "pairs", list);
    if (omitted > 0) {
        json_put_number(diff, "omitted", omitted);
    }
    return diff;
}

void diff_release(struct json_object *diff)
{
    json_object_put(diff);
}

void diff_write_json(FILE *out, struct json_object *diff)
{
    int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;
    const char *text = json_object_to_json_string_ext(diff, flags);
    if (text != NULL) {
        fprintf(out, "%s\n", text);
    }
}
