/* Which connection of a working capture is held against which of a failing one. */
#include "report/diff/diff.h"
#include "report/json/json_fields.h"

#include <json-c/json.h>
#include <string.h>

/* What likeness weighs: the same name tells more than the same address, behind which many names may
 * be; both tell more than offers that are alike. */
enum {
    SAME_NAME = 64,
    SAME_ADDRESS = 32,
    SAME_PORT = 16,
    SAME_CLIENT = 8,
    ALIKE = 7 /* at most, of offers */
};

static size_t count_of(struct json_object *list)
{
    return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

/* Equal, or absent on both sides. */
static bool same_text(struct json_object *one, struct json_object *other, const char *path)
{
    const char *text = json_text_at(one, path), *another = json_text_at(other, path);
    return text == NULL || another == NULL ? text == another : strcmp(text, another) == 0;
}

static bool same_port(struct json_object *one, struct json_object *other)
{
    return json_object_get_int(json_at(one, "server.port")) ==
           json_object_get_int(json_at(other, "server.port"));
}

bool diff_same_server(const struct diff_pair *pair)
{
    return same_text(pair->working, pair->failing, "server.ip") &&
           same_port(pair->working, pair->failing);
}

static bool has_status(struct json_object *connection, const char *status)
{
    const char *text = json_text_at(connection, "handshake.status");
    return text != NULL && strcmp(text, status) == 0;
}

static bool has_hello(struct json_object *connection)
{
    return json_at(connection, "handshake.client") != NULL;
}

/* How alike two lists are, from 0 to ALIKE: by what stands at the same place. */
static size_t likeness(struct json_object *one, struct json_object *other)
{
    size_t shorter = count_of(one), longer = count_of(other), same = 0;
    if (shorter > longer) {
        longer = shorter;
        shorter = count_of(other);
    }
    for (size_t i = 0; i < shorter; i++) {
        same += json_object_equal(json_object_array_get_idx(one, i),
                                  json_object_array_get_idx(other, i)) != 0;
    }
    return longer == 0 ? 0 : same * ALIKE / longer;
}

static size_t score(struct json_object *working, struct json_object *failing)
{
    const char suites[] = "tls.client.supported_ciphers";
    bool named = json_text_at(failing, "tls.client.server_name") != NULL;
    size_t sum = likeness(json_at(working, suites), json_at(failing, suites));
    sum += named && same_text(working, failing, "tls.client.server_name") ? SAME_NAME : 0;
    sum += same_text(working, failing, "server.ip") ? SAME_ADDRESS : 0;
    sum += same_port(working, failing) ? SAME_PORT : 0;
    sum += same_text(working, failing, "client.ip") ? SAME_CLIENT : 0;
    return sum;
}

/* The most like of those that are `established`, or of all that show a ClientHello. */
static struct json_object *closest(struct json_object *list, struct json_object *failing,
                                   bool established)
{
    struct json_object *best = NULL;
    size_t most = 0;
    for (size_t i = 0; i < count_of(list); i++) {
        struct json_object *working = json_object_array_get_idx(list, i);
        bool fits = has_hello(working) && (!established || has_status(working, "established"));
        size_t points = fits ? score(working, failing) : 0;
        if (fits && (best == NULL || points > most)) {
            best = working;
            most = points;
        }
    }
    return best;
}

static bool same_kind(struct json_object *one, struct json_object *other)
{
    return same_text(one, other, "server.ip") && same_port(one, other) &&
           same_text(one, other, "tls.client.server_name") &&
           same_text(one, other, "diagnosis.cause");
}

/* What is looked at of the failing capture: what failed or, when nothing did, what did not get to
 * its end or, when everything did, all of it. */
static bool is_wanted(struct json_object *connection, unsigned round)
{
    return round == 0   ? has_status(connection, "failed")
           : round == 1 ? has_status(connection, "incomplete") && has_hello(connection)
                        : has_hello(connection);
}

size_t diff_pairs(struct diff_pair pairs[DIFF_PAIRS], size_t *omitted, struct json_object *working,
                  struct json_object *failing)
{
    size_t count = 0;
    *omitted = 0;
    for (unsigned round = 0; round < 3 && count == 0; round++) {
        for (size_t i = 0; i < count_of(failing); i++) {
            struct json_object *connection = json_object_array_get_idx(failing, i);
            size_t j = 0;
            while (j < count && !same_kind(pairs[j].failing, connection)) {
                j++;
            }
            if (!is_wanted(connection, round)) {
                continue;
            }
            if (j < count) {
                pairs[j].more++;
            } else if (count == DIFF_PAIRS) {
                (*omitted)++;
            } else {
                struct json_object *like = closest(working, connection, true);
                like = like != NULL ? like : closest(working, connection, false);
                pairs[count++] = (struct diff_pair){like, connection, 0};
            }
        }
    }
    return count;
}
