/* The rules of a SARIF report: what its results are instances of. A rule is a cause, the code of a
 * warning, or what --check found; its index is the order in which it first occurred.
 */
#ifndef REPORT_SARIF_RULES_H
#define REPORT_SARIF_RULES_H

#include "diagnosis/causes.h"

struct json_object;

enum { SARIF_RULES = 256 /* causes, warnings and findings together are fewer than 100 */ };

/* SARIF's levels (section 3.27.10). */
enum sarif_level { SARIF_NOTE, SARIF_WARNING, SARIF_ERROR };

struct sarif_rules {
    struct sarif_rule {
        const char *id; /* of static storage */
        const char *title;
        const struct cause *cause; /* NULL: not one's */
    } rule[SARIF_RULES];
    size_t count;
};

/* "note", "warning", "error". */
const char *sarif_level_name(enum sarif_level level);

/* The index of the rule with this id, which is added where it is new; -1 where there is no room.
 * `title`: a few words, NULL: the cause's of this id, or those of the id itself. */
int sarif_rules_index(struct sarif_rules *rules, const char *id, const char *title);

/* The tool object (section 3.18) with all rules; NULL when there is no memory. */
struct json_object *sarif_rules_tool(const struct sarif_rules *rules);

#endif
