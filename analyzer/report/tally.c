#include "report/tally.h"

#include "report/phrase.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    SLOTS = 2048, /* of the hash table: twice the groups, so that probes are short */
    BETWEEN = 4   /* columns between cause and server */
};

struct tally {
    enum tally_by by;
    struct tally_group group[TALLY_GROUPS];
    size_t count;
    uint16_t slot[SLOTS]; /* a group's index + 1; 0: empty */
    uint64_t beyond;      /* failures of groups that had no room */
};

struct tally *tally_new(enum tally_by by)
{
    struct tally *tally = calloc(1, sizeof(*tally));
    if (tally != NULL) {
        tally->by = by;
    }
    return tally;
}

void tally_free(struct tally *tally)
{
    free(tally);
}

const char *tally_cause(const struct cause *cause)
{
    return cause != NULL ? cause->id : "unknown";
}

/* FNV-1a. Who wishes to make slots collide gains at most TALLY_GROUPS comparisons a failure. */
static size_t slot_of(const struct tally_group *wanted)
{
    uint32_t hash = 2166136261U;
    for (const char *byte = tally_cause(wanted->cause); *byte != '\0'; byte++) {
        hash = (hash ^ (uint8_t)*byte) * 16777619U;
    }
    for (size_t i = 0; i < sizeof(wanted->address.bytes); i++) {
        hash = (hash ^ wanted->address.bytes[i]) * 16777619U;
    }
    hash = (hash ^ (wanted->port & 0xffU)) * 16777619U;
    hash = (hash ^ (uint32_t)(wanted->port >> 8)) * 16777619U;
    return hash % SLOTS;
}

bool tally_same_end(const struct tally_group *one, const struct tally_group *other)
{
    return one->port == other->port && one->address.version == other->address.version &&
           memcmp(one->address.bytes, other->address.bytes, sizeof(one->address.bytes)) == 0;
}

/* There are always empty slots, so that every search ends. */
static struct tally_group *find(struct tally *tally, const struct tally_group *wanted)
{
    size_t slot = slot_of(wanted);
    while (tally->slot[slot] != 0) {
        struct tally_group *group = &tally->group[tally->slot[slot] - 1];
        if (group->cause == wanted->cause && tally_same_end(group, wanted)) {
            return group;
        }
        slot = (slot + 1) % SLOTS;
    }
    if (tally->count == TALLY_GROUPS) {
        return NULL;
    }
    struct tally_group *group = &tally->group[tally->count];
    *group = *wanted;
    group->since = tally->count++;
    tally->slot[slot] = (uint16_t)tally->count;
    return group;
}

void tally_note(struct tally *tally, const struct connection *connection)
{
    const struct facts *facts = connection->facts;
    struct tally_group wanted = {.cause = connection->verdict->cause};
    if (tally->by == TALLY_SERVERS) {
        wanted.address = facts->address[SERVER];
        wanted.port = facts->port[SERVER];
    } else if (tally->by == TALLY_CLIENTS) {
        wanted.address = facts->address[CLIENT];
    }
    struct tally_group *group = find(tally, &wanted);
    if (group != NULL) {
        group->count++;
    } else {
        tally->beyond++;
    }
}

static int more_frequent(const void *left, const void *right)
{
    const struct tally_group *one = left, *other = right;
    if (one->count != other->count) {
        return one->count > other->count ? -1 : 1;
    }
    return one->since < other->since ? -1 : one->since > other->since;
}

size_t tally_groups(struct tally *tally, const struct tally_group **groups, uint64_t *beyond)
{
    /* The hash table's indices are of no use any more. */
    qsort(tally->group, tally->count, sizeof(tally->group[0]), more_frequent);
    *groups = tally->group;
    *beyond = tally->beyond;
    return tally->count;
}

void tally_write(struct tally *tally, const struct page *page)
{
    const struct tally_group *groups = NULL;
    uint64_t beyond = 0;
    (void)tally_groups(tally, &groups, &beyond);
    int digits = tally->count > 0 ? snprintf(NULL, 0, "%" PRIu64, tally->group[0].count) : 0;
    size_t widest = 0;
    for (size_t i = 0; i < tally->count; i++) {
        size_t columns = phrase_columns(tally_cause(tally->group[i].cause));
        widest = columns > widest ? columns : widest;
    }
    for (size_t i = 0; i < tally->count; i++) {
        const struct tally_group *group = &groups[i];
        char server[REPORT_ADDRESS];
        report_address(server, &group->address, group->port);
        fprintf(page->out, "  %*" PRIu64 "  ", digits, group->count);
        page_write(page, INK_BOLD, tally_cause(group->cause));
        page_space(page, widest - phrase_columns(tally_cause(group->cause)) + BETWEEN);
        fprintf(page->out, "%s\n", server);
    }
    if (beyond > 0) {
        fprintf(page->out,
                "  and %" PRIu64 " more failures, of other causes or servers than these %d\n",
                beyond, (int)TALLY_GROUPS);
    }
}
