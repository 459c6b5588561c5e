/* Two ladders side by side, up to the step at which they part and a little beyond. */
#include "report/diff/diff.h"
#include "report/json/json_fields.h"
#include "report/json/json_put.h"

#include <json-c/json.h>
#include <string.h>

/* One side of the walk. */
struct ladder {
    struct json_object *steps;
    size_t at, count;
};

static struct json_object *step_at(const struct ladder *ladder)
{
    return ladder->at < ladder->count ? json_object_array_get_idx(ladder->steps, ladder->at) : NULL;
}

static bool is_one_of(struct json_object *step, const char *const names[])
{
    const char *what = json_text_at(step, "what");
    for (size_t i = 0; what != NULL && names[i] != NULL; i++) {
        if (strcmp(what, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* TCP's opening goes without saying where there is more to say. */
static bool is_opening(struct json_object *step)
{
    static const char *const names[] = {"syn", "syn_ack", NULL};
    return is_one_of(step, names);
}

/* What one stack sends and another leaves out, or sends in more or fewer pieces, and that decides
 * nothing: TLS 1.3's change_cipher_spec (RFC 8446, appendix D.4), tickets, how sealed messages are
 * cut into records. */
static bool is_without_weight(struct json_object *step)
{
    static const char *const names[] = {"change_cipher_spec",
                                        "sealed",
                                        "new_session_ticket",
                                        "application_data",
                                        "syn",
                                        "syn_ack",
                                        NULL};
    return is_one_of(step, names);
}

static bool same_text(struct json_object *one, struct json_object *other, const char *key)
{
    const char *text = json_text_at(one, key), *another = json_text_at(other, key);
    return text == NULL || another == NULL ? text == another : strcmp(text, another) == 0;
}

static bool same_step(struct json_object *one, struct json_object *other)
{
    return one != NULL && other != NULL && same_text(one, other, "from") &&
           same_text(one, other, "what") && same_text(one, other, "name");
}

static struct ladder begin(struct json_object *connection, bool whole)
{
    struct ladder ladder = {json_at(connection, "handshake.steps"), 0, 0};
    ladder.count = ladder.steps == NULL ? 0 : json_object_array_length(ladder.steps);
    while (!whole && is_opening(step_at(&ladder))) {
        ladder.at++;
    }
    return ladder;
}

/* "frame", "time", "from", "text": what a ladder shows of a step. */
static struct json_object *shown(struct json_object *step)
{
    static const char *const keys[] = {"frame", "time", "from", "what", "text"};
    struct json_object *object = json_object_new_object();
    for (size_t i = 0; step != NULL && i < sizeof(keys) / sizeof(keys[0]); i++) {
        json_put(object, keys[i], json_object_get(json_at(step, keys[i])));
    }
    return object;
}

static void add_row(struct json_object *rows, const char *mark, struct json_object *working,
                    struct json_object *failing)
{
    struct json_object *row = json_object_new_object();
    json_put_text(row, "mark", mark);
    json_put_object(row, "working", shown(working));
    json_put_object(row, "failing", shown(failing));
    json_append(rows, row);
}

/* The next step with weight; NULL: none is left. */
static struct json_object *weighty(struct ladder ladder)
{
    while (step_at(&ladder) != NULL && is_without_weight(step_at(&ladder))) {
        ladder.at++;
    }
    return step_at(&ladder);
}

/* Takes the next step of both, or of one alone where the two meet again behind it; false when they
 * part here. */
static bool walk(struct json_object *rows, struct ladder *working, struct ladder *failing)
{
    struct json_object *left = step_at(working), *right = step_at(failing);
    if (same_step(left, right)) {
        add_row(rows, same_text(left, right, "text") ? "same" : "differs", left, right);
        working->at++;
        failing->at++;
        return true;
    }
    struct json_object *next = weighty(*working), *other = weighty(*failing);
    bool meet = (next == NULL && other == NULL) || same_step(next, other);
    if (meet && left != next) {
        add_row(rows, "alone", left, NULL);
        working->at++;
    } else if (meet) {
        add_row(rows, "alone", NULL, right);
        failing->at++;
    }
    return meet;
}

struct json_object *diff_steps(const struct diff_pair *pair)
{
    bool whole = json_at(pair->failing, "handshake.client") == NULL;
    struct ladder working = begin(pair->working, whole), failing = begin(pair->failing, whole);
    struct json_object *rows = json_object_new_array();
    bool together = true;
    while (together && (step_at(&working) != NULL || step_at(&failing) != NULL)) {
        together = walk(rows, &working, &failing);
    }
    for (int i = 0; i <= DIFF_BEYOND && !together; i++) {
        struct json_object *left = step_at(&working), *right = step_at(&failing);
        if (left != NULL || right != NULL) {
            add_row(rows, "parted", left, right);
        }
        working.at += left != NULL;
        failing.at += right != NULL;
    }
    return rows;
}
