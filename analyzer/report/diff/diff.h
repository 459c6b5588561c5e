/* --diff: a working capture laid beside a failing one.
 *
 * Each kind of failure (a server, a name, a cause) is held against the connection of the working
 * capture that is most like it: the same name and server first, then the most alike offer. What
 * comes of it is one JSON object, which is what --diff --json prints and what the other reports
 * read:
 *
 *     {"working": {"capture": ...}, "failing": {"capture": ...},
 *      "pairs": [{"working": {"connection", "outcome", "frame"}, "failing": {the same, "more"},
 *                 "steps": [{"mark", "working": {"frame", "time", "from", "text"}, "failing"}],
 *                 "offers": [{"from", "field", "working", "failing",
 *                             "common", "only_working", "only_failing", "order"}],
 *                 "meaning": "..."}]}
 *
 * A step's mark is "same", "differs" (the same step, with other words), "alone" (on one side, and
 * without weight) or "parted" (from the first step on that is another). It says what the captures
 * show, and of the rest how sure that is.
 */
#ifndef REPORT_DIFF_H
#define REPORT_DIFF_H

#include "report/json/json_collection.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct json_object;
struct page;

enum {
    DIFF_PAIRS = 16, /* kinds of failure that are laid side by side; further ones are counted */
    DIFF_BEYOND = 3  /* steps that are shown behind the one at which they part */
};

/* One capture's connections, and its name. */
struct diff_side {
    const char *capture;
    struct json_object *connections; /* a list; NULL: none */
};

/* The comparison; NULL where one of the two has no handshake, which `error` then names. The caller
 * gives it back with diff_release(). */
struct json_object *diff_of(const struct diff_side *working, const struct diff_side *failing,
                            const char **error);

void diff_release(struct json_object *diff);

/* `whole`: with every name of a long list. */
void diff_write_text(const struct page *page, struct json_object *diff, bool whole);
void diff_write_json(FILE *out, struct json_object *diff);
void diff_write_html(FILE *out, struct json_object *diff);

/* ---- between the files of this room ---- */

struct diff_pair {
    struct json_object *working, *failing;
    size_t more; /* failures of the same kind */
};

/* The pairs, the first failure first; returns how many. `omitted`: kinds that had no room. */
size_t diff_pairs(struct diff_pair pairs[DIFF_PAIRS], size_t *omitted, struct json_object *working,
                  struct json_object *failing);

/* "steps" and "offers" of a pair; lists. */
struct json_object *diff_steps(const struct diff_pair *pair);
struct json_object *diff_offers(const struct diff_pair *pair);

/* What the differences mean for the failure, in sentences. */
void diff_meaning(char *text, size_t size, const struct diff_pair *pair,
                  struct json_object *offers);

/* Whether the two are with the same server, by address and port. */
bool diff_same_server(const struct diff_pair *pair);

#endif
