/* One expectation held against one connection, both as JSON objects (json_connection.h).
 *
 * An object is met by one that has at least its fields. null and [] say that a field is absent. A
 * list of texts is met by the same texts in the same order; a list of objects when each of its
 * objects is met by one of the other list, in that order, with others between: steps, evidence,
 * alternatives and warnings are named as far as they matter.
 */
#ifndef REPORT_EXPECT_COMPARE_H
#define REPORT_EXPECT_COMPARE_H

#include "report/json/json_fields.h"

#include <stdbool.h>
#include <stddef.h>

/* Differences that are kept: an expectation has at most as many fields as a connection. */
enum { EXPECT_DIFFERENCES = 128 };

/* `expected`: NULL where the field should be absent; `found`: NULL where it is. Of a list of
 * objects `found` has only the fields that are spoken of. Both are held. */
struct expect_difference {
    char field[JSON_PATH];
    struct json_object *expected, *found;
};

struct expect_differences {
    struct expect_difference at[EXPECT_DIFFERENCES];
    size_t count;
};

/* Counts of one comparison. */
struct expect_score {
    size_t fields;    /* that the expectation speaks of, lists as one */
    size_t differing; /* of these, not met */
    size_t strangers; /* of these, fields that say which connection it is: addresses, ports, name */
};

/* `differences`: NULL where nobody asks for them; else empty, and given back with
 * expect_differences_release(). */
struct expect_score expect_compare(struct expect_differences *differences,
                                   struct json_object *expected, struct json_object *found);

void expect_differences_release(struct expect_differences *differences);

#endif
