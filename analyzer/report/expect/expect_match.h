/* Which connection meets which expectation. Every expectation takes a connection of its own, and as
 * many are met as can be, whatever the order in which they stand; what is then not met is held
 * against the connection that is left and comes closest.
 */
#ifndef REPORT_EXPECT_MATCH_H
#define REPORT_EXPECT_MATCH_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;

enum { EXPECT_NOBODY = -1 };

/* By expectation: the index of its connection, or EXPECT_NOBODY; and whether that one meets it. By
 * connection: the index of its expectation, or EXPECT_NOBODY. */
struct expect_match {
    long *connection;
    bool *met;
    long *expectation;
};

/* Matches `expectations` with `connections`, a JSON list each. False where there is no memory.
 * Given back with expect_match_release() whatever the result. */
bool expect_match(struct expect_match *match, struct json_object *expectations,
                  struct json_object *connections);
void expect_match_release(struct expect_match *match);

#endif
