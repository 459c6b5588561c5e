#include "report/expect/expect_match.h"

#include "report/expect/expect_compare.h"

#include <json-c/json.h>
#include <stdlib.h>

/* The search for a larger matching, from one expectation at a time (Kuhn's, breadth first). */
struct search {
    struct json_object *expectations, *connections;
    size_t expectation_count, connection_count;
    struct expect_match *match;
    bool *meets;   /* expectation x connection */
    long *reached; /* by connection: the expectation from which it was reached, or EXPECT_NOBODY */
    size_t *queue; /* of expectations */
};

static bool meets(const struct search *search, size_t expectation, size_t connection)
{
    return search->meets[expectation * search->connection_count + connection];
}

static void compare_all(struct search *search)
{
    for (size_t i = 0; i < search->expectation_count; i++) {
        struct json_object *expected = json_object_array_get_idx(search->expectations, i);
        for (size_t j = 0; j < search->connection_count; j++) {
            struct json_object *found = json_object_array_get_idx(search->connections, j);
            search->meets[i * search->connection_count + j] =
                expect_compare(NULL, expected, found).differing == 0;
        }
    }
}

/* Gives `connection` to the expectation that reached it, which gives its own to the one that
 * reached that, and so on back to where the search began. */
static void hand_over(struct search *search, size_t connection)
{
    long given = (long)connection;
    while (given != EXPECT_NOBODY) {
        long expectation = search->reached[given];
        long before = search->match->connection[expectation];
        search->match->connection[expectation] = given;
        search->match->met[expectation] = true;
        search->match->expectation[given] = expectation;
        given = before;
    }
}

/* Looks for a connection for an expectation that has none; others may have to give theirs up for
 * another that meets them, too. */
static void find_for(struct search *search, size_t first)
{
    size_t begin = 0, end = 0;
    for (size_t j = 0; j < search->connection_count; j++) {
        search->reached[j] = EXPECT_NOBODY;
    }
    search->queue[end++] = first;
    while (begin < end) {
        size_t expectation = search->queue[begin++];
        for (size_t j = 0; j < search->connection_count; j++) {
            if (search->reached[j] != EXPECT_NOBODY || !meets(search, expectation, j)) {
                continue;
            }
            search->reached[j] = (long)expectation;
            if (search->match->expectation[j] == EXPECT_NOBODY) {
                hand_over(search, j);
                return;
            }
            search->queue[end++] = (size_t)search->match->expectation[j];
        }
    }
}

/* The rounds in which who comes closest is looked for: what has the right addresses and name and is
 * otherwise like it, what is anything like it, and what at least is not another by address and
 * name.
 */
enum round { ROUND_SAME_ONE, ROUND_ALIKE, ROUND_NOT_ANOTHER, ROUNDS };

/* The free connection that comes closest to an expectation that nobody meets. */
static void find_closest(struct search *search, size_t expectation, enum round round)
{
    struct json_object *expected = json_object_array_get_idx(search->expectations, expectation);
    size_t least = 0;
    long closest = EXPECT_NOBODY;
    for (size_t j = 0; j < search->connection_count; j++) {
        if (search->match->expectation[j] != EXPECT_NOBODY) {
            continue;
        }
        struct json_object *found = json_object_array_get_idx(search->connections, j);
        struct expect_score score = expect_compare(NULL, expected, found);
        bool alike = score.differing < score.fields;
        bool fits =
            (alike || round == ROUND_NOT_ANOTHER) && (score.strangers == 0 || round == ROUND_ALIKE);
        size_t distance = score.differing + 4 * score.strangers;
        if (fits && (closest == EXPECT_NOBODY || distance < least)) {
            least = distance;
            closest = (long)j;
        }
    }
    if (closest != EXPECT_NOBODY) {
        search->match->connection[expectation] = closest;
        search->match->expectation[closest] = (long)expectation;
    }
}

static void find_all(struct search *search)
{
    compare_all(search);
    for (size_t i = 0; i < search->expectation_count; i++) {
        find_for(search, i);
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < search->expectation_count; i++) {
            if (search->match->connection[i] == EXPECT_NOBODY) {
                find_closest(search, i, (enum round)round);
            }
        }
    }
}

bool expect_match(struct expect_match *match, struct json_object *expectations,
                  struct json_object *connections)
{
    size_t rows = json_object_array_length(expectations);
    size_t columns = json_object_array_length(connections);
    *match = (struct expect_match){.connection = calloc(rows + 1, sizeof(long)),
                                   .met = calloc(rows + 1, sizeof(bool)),
                                   .expectation = calloc(columns + 1, sizeof(long))};
    struct search search = {.expectations = expectations,
                            .connections = connections,
                            .expectation_count = rows,
                            .connection_count = columns,
                            .match = match,
                            .meets = calloc(rows * columns + 1, sizeof(bool)),
                            .reached = calloc(columns + 1, sizeof(long)),
                            .queue = calloc(rows + 1, sizeof(size_t))};
    bool room = match->connection != NULL && match->met != NULL && match->expectation != NULL &&
                search.meets != NULL && search.reached != NULL && search.queue != NULL;
    for (size_t i = 0; room && i < rows; i++) {
        match->connection[i] = EXPECT_NOBODY;
    }
    for (size_t j = 0; room && j < columns; j++) {
        match->expectation[j] = EXPECT_NOBODY;
    }
    if (room) {
        find_all(&search);
    }
    free(search.meets);
    free(search.reached);
    free(search.queue);
    return room;
}

void expect_match_release(struct expect_match *match)
{
    free(match->connection);
    free(match->met);
    free(match->expectation);
    *match = (struct expect_match){.connection = NULL};
}
