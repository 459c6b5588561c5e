/* New expectations from what a capture shows: --update. It makes the smallest change with which
 * --check is content: what is met stays as somebody wrote it; what differs keeps its choice of
 * fields and gets their values; what has no connection goes; and a connection that ought to be
 * named is.
 */
#ifndef REPORT_EXPECT_UPDATE_H
#define REPORT_EXPECT_UPDATE_H

struct json_object;

/* An expectation of a connection that had none: what tells it from others and what became of it,
 * and nothing that another run of the same programs would change, such as ports, times and random
 * values. */
struct json_object *expect_new_one(struct json_object *connection);

/* A copy of `expectation` that `connection` meets. */
struct json_object *expect_mended(struct json_object *expectation, struct json_object *connection);

#endif
