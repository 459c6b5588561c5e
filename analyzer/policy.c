#include "policy.h"

#include "diagnosis/warnings.h"

#include <stdio.h>
#include <string.h>

static const char any_warning[] = "warning";

static const struct {
    const char *word;
    uint16_t version;
} floors[] = {{"below-tls1.1", 0x0302}, {"below-tls1.2", 0x0303}, {"below-tls1.3", 0x0304}};

enum {
    STATUSES = STATUS_NOT_TLS + 1,
    FLOORS = sizeof(floors) / sizeof(floors[0]),
    FEW_CHANGES = 4 /* letters: a name further away is no suggestion */
};

/* ---- the names that there are ---- */

/* A cause's family, "version", into `family`. */
static void family_of(char family[POLICY_WORD], const char *id)
{
    snprintf(family, POLICY_WORD, "%.*s", (int)strcspn(id, "."), id);
}

/* The name with this index, into `name`; false behind the last one. */
static bool name_at(char name[POLICY_WORD], size_t index)
{
    if (index < STATUSES) {
        snprintf(name, POLICY_WORD, "%s", diagnose_status_name((enum status)index));
        return true;
    }
    index -= STATUSES;
    if (index < FLOORS) {
        snprintf(name, POLICY_WORD, "%s", floors[index].word);
        return true;
    }
    index -= FLOORS;
    if (index == 0) {
        snprintf(name, POLICY_WORD, "%s", any_warning);
        return true;
    }
    index -= 1;
    const struct cause *cause = causes_row(index / 2);
    if (cause != NULL && index % 2 == 0) {
        snprintf(name, POLICY_WORD, "%s", cause->id);
        return true;
    }
    if (cause != NULL) {
        family_of(name, cause->id);
        return true;
    }
    size_t causes = 0;
    while (causes_row(causes) != NULL) {
        causes++;
    }
    const char *code = warnings_code(index - 2 * causes);
    snprintf(name, POLICY_WORD, "%s", code != NULL ? code : "");
    return code != NULL;
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* How many letters must be put, taken or changed to make one word of the other (Levenshtein), a row
 * of the table at a time. Both are shorter than POLICY_WORD. */
static size_t distance(const char *from, const char *to)
{
    size_t row[POLICY_WORD], length = strlen(to);
    for (size_t j = 0; j <= length; j++) {
        row[j] = j;
    }
    for (size_t i = 0; from[i] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < length; j++) {
            size_t changed = diagonal + (from[i] != to[j]);
            diagonal = row[j + 1];
            row[j + 1] = least(changed, row[j] + 1, row[j + 1] + 1);
        }
    }
    return row[length];
}

/* Whether `word` is a name; else the nearest one is in `nearest`, or nothing when none is near. */
static bool is_name(char nearest[POLICY_WORD], const char *word)
{
    char name[POLICY_WORD];
    size_t best = FEW_CHANGES + 1;
    nearest[0] = '\0';
    for (size_t i = 0; name_at(name, i); i++) {
        size_t changes = distance(word, name);
        if (changes == 0) {
            return true;
        }
        if (changes < best) {
            best = changes;
            memcpy(nearest, name, sizeof(name));
        }
    }
    return false;
}

/* ---- reading ---- */

static bool add(struct policy_list *list, const char *text, size_t length, char error[POLICY_ERROR])
{
    char word[POLICY_WORD], nearest[POLICY_WORD] = "";
    size_t kept = length < POLICY_WORD ? length : POLICY_WORD - 1;
    memcpy(word, text, kept);
    word[kept] = '\0';
    if (length == 0) {
        snprintf(error, POLICY_ERROR, "a name is empty");
        return false;
    }
    if (length >= POLICY_WORD || !is_name(nearest, word)) {
        snprintf(error, POLICY_ERROR, "%s%s: no such cause, family, warning or status%s%s%s", word,
                 length >= POLICY_WORD ? "..." : "", nearest[0] != '\0' ? "; did you mean " : "",
                 nearest, nearest[0] != '\0' ? "?" : "");
        return false;
    }
    if (list->count == POLICY_WORDS) {
        snprintf(error, POLICY_ERROR, "more than %d names", POLICY_WORDS);
        return false;
    }
    memcpy(list->word[list->count++], word, sizeof(word));
    return true;
}

static bool read_list(struct policy_list *list, const char *option, const char *text,
                      char error[POLICY_ERROR])
{
    bool more = true;
    while (more) {
        char what[POLICY_ERROR];
        size_t length = strcspn(text, ",");
        if (!add(list, text, length, what)) {
            snprintf(error, POLICY_ERROR, "%s: %.*s", option, POLICY_ERROR - 20, what);
            return false;
        }
        more = text[length] == ',';
        text += length + 1;
    }
    return true;
}

static bool read_lists(struct policy_list *list, const char *option, const struct words *typed,
                       char error[POLICY_ERROR])
{
    for (size_t i = 0; i < typed->count; i++) {
        if (!read_list(list, option, typed->at[i], error)) {
            return false;
        }
    }
    return true;
}

bool policy_read(struct policy *policy, const struct options *options, char error[POLICY_ERROR])
{
    *policy = (struct policy){.fail_on = {.count = 0}};
    if (options->fail_on.count == 0) {
        struct policy_list *list = &policy->fail_on;
        snprintf(list->word[list->count++], POLICY_WORD, "%s", diagnose_status_name(STATUS_FAILED));
    }
    return read_lists(&policy->fail_on, "--fail-on", &options->fail_on, error) &&
           read_lists(&policy->allow, "--allow", &options->allow, error);
}

/* ---- asking ---- */

static bool lists(const struct policy_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->word[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* How it ended: by the status' name or, of a failure, the cause's and its family's. */
static bool names_end(const struct policy_list *list, const struct verdict *verdict)
{
    if (lists(list, diagnose_status_name(verdict->status))) {
        return true;
    }
    if (verdict->status != STATUS_FAILED || verdict->cause == NULL) {
        return false;
    }
    char family[POLICY_WORD];
    family_of(family, verdict->cause->id);
    return lists(list, verdict->cause->id) || lists(list, family);
}

static bool names_warning(const struct policy_list *list, const char *code)
{
    return lists(list, any_warning) || lists(list, code);
}

/* The first floor that the version lies below, and that is on the list; NULL: none. */
static const char *names_version(const struct policy_list *list, uint16_t version)
{
    for (size_t i = 0; i < FLOORS; i++) {
        if (version != 0 && version < floors[i].version && lists(list, floors[i].word)) {
            return floors[i].word;
        }
    }
    return NULL;
}

const char *policy_reason(const struct policy *policy, const struct facts *facts,
                          const struct verdict *verdict)
{
    const struct policy_list *fail_on = &policy->fail_on, *allow = &policy->allow;
    uint16_t version = facts->server_hello != NULL ? facts->server_hello->version : 0;
    if (names_end(fail_on, verdict) && !names_end(allow, verdict)) {
        bool caused = verdict->status == STATUS_FAILED && verdict->cause != NULL;
        return caused ? verdict->cause->id : diagnose_status_name(verdict->status);
    }
    const char *floor = names_version(fail_on, version);
    if (floor != NULL && names_version(allow, version) == NULL) {
        return floor;
    }
    for (size_t i = 0; i < verdict->warnings && i < VERDICT_WARNINGS; i++) {
        const char *code = verdict->warning[i].code;
        if (names_warning(fail_on, code) && !names_warning(allow, code)) {
            return code;
        }
    }
    return NULL;
}

bool policy_wants_all(const struct policy *policy)
{
    const struct policy_list *list = &policy->fail_on;
    bool all = lists(list, any_warning) || lists(list, diagnose_status_name(STATUS_ESTABLISHED)) ||
               lists(list, diagnose_status_name(STATUS_INCOMPLETE)) ||
               lists(list, diagnose_status_name(STATUS_NOT_TLS));
    for (size_t i = 0; i < FLOORS; i++) {
        all = all || lists(list, floors[i].word);
    }
    for (size_t i = 0; warnings_code(i) != NULL; i++) {
        all = all || lists(list, warnings_code(i));
    }
    return all;
}
