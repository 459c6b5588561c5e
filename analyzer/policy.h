/* What makes the exit status 1: --fail-on and --allow.
 *
 * A connection gives reasons: how it ended (with the cause, where it failed), each of its warnings,
 * and the version that the server chose. A reason counts when a word of --fail-on names it and no
 * word of --allow does; so --allow takes away reasons, never a whole connection with its others.
 * Without --fail-on the word is "failed". Holds no memory.
 *
 *     failed, incomplete, established, not_tls   how it ended
 *     version.server_too_old                     the cause of a failure, or a warning, of that name
 *     version                                    a family: every cause of a failure in it
 *     warning                                    every warning
 *     below-tls1.2                               the server chose an older version, whatever became
 *                                                of it (also 1.1, 1.3)
 */
#ifndef ANALYZER_POLICY_H
#define ANALYZER_POLICY_H

#include "diagnosis/diagnose.h"
#include "options.h"

enum {
    POLICY_WORDS = 128, /* of one list: there are fewer names than that */
    POLICY_WORD = 40,   /* bytes of a word, with its NUL: longer than every name */
    POLICY_ERROR = 160  /* bytes of what is wrong with a list */
};

struct policy_list {
    char word[POLICY_WORDS][POLICY_WORD];
    size_t count;
};

struct policy {
    struct policy_list fail_on, allow;
};

/* The policy of what was typed: lists of words with commas between. False when a word is not known,
 * with what is wrong in `error`, and the nearest name. */
bool policy_read(struct policy *policy, const struct options *options, char error[POLICY_ERROR]);

/* Why this connection makes the status 1: its cause's id (or "failed", "incomplete" ...), a
 * version's floor, or a warning's code; NULL: it does not. */
const char *policy_reason(const struct policy *policy, const struct facts *facts,
                          const struct verdict *verdict);

/* Whether connections that did not fail must be judged, too: their warnings or versions count. */
bool policy_wants_all(const struct policy *policy);

#endif
