#include "report/summary.h"

#include "report/phrase.h"
#include "report/tally.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    TABLES = 3, /* one of each enum tally_by */
    BETWEEN = 4,
    CELL = 512 /* bytes of the last column, which ends at the page's width */
};

struct summary {
    struct tally *tally[TABLES];
};

/* A server or client with all that failed there. */
struct end {
    const struct tally_group *group; /* its most frequent one */
    uint64_t count;
    size_t causes;
};

/* A table as it is laid out. */
struct table {
    const struct page *page;
    const struct tally_group *groups;
    size_t count;
    int digits;    /* of the greatest number */
    size_t widest; /* name, in columns */
};

struct summary *summary_new(void)
{
    struct summary *summary = calloc(1, sizeof(*summary));
    if (summary == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < TABLES; i++) {
        summary->tally[i] = tally_new((enum tally_by)i);
        if (summary->tally[i] == NULL) {
            summary_free(summary);
            return NULL;
        }
    }
    return summary;
}

void summary_free(struct summary *summary)
{
    if (summary == NULL) {
        return;
    }
    for (size_t i = 0; i < TABLES; i++) {
        tally_free(summary->tally[i]);
    }
    free(summary);
}

void summary_note(struct summary *summary, const struct connection *connection)
{
    for (size_t i = 0; i < TABLES; i++) {
        tally_note(summary->tally[i], connection);
    }
}

/* ---- rows ---- */

static void write_title(const struct page *page, const char *title)
{
    fputc('\n', page->out);
    page_write(page, INK_BOLD, title);
    fputc('\n', page->out);
}

static size_t last_column(const struct table *table)
{
    return 2 + (size_t)table->digits + 2 + table->widest + BETWEEN;
}

static void write_row(const struct table *table, uint64_t count, const char *name, bool bold,
                      const char *text)
{
    const struct page *page = table->page;
    fprintf(page->out, "  %*" PRIu64 "  ", table->digits, count);
    page_write(page, bold ? INK_BOLD : INK_PLAIN, name);
    page_space(page, table->widest - phrase_columns(name) + BETWEEN);
    fprintf(page->out, "%s\n", text);
}

/* As much of `text` as the line has room for. */
static void shorten(char cell[CELL], const struct table *table, const char *text)
{
    struct phrase phrase = phrase_in(cell, CELL);
    size_t before = last_column(table);
    size_t room = table->page->width > before + 1 ? table->page->width - before : 1;
    if (phrase_columns(text) <= room) {
        phrase_add(&phrase, "%s", text);
    } else {
        phrase_add(&phrase, "%.*s…", (int)phrase_bytes(text, room - 1), text);
    }
}

static int digits_of(uint64_t number)
{
    return snprintf(NULL, 0, "%" PRIu64, number);
}

/* ---- causes ---- */

/* All of them: there are not many, and each is something else to be mended. */
static void write_causes(struct tally *tally, const struct page *page)
{
    uint64_t beyond = 0;
    struct table table = {.page = page};
    table.count = tally_groups(tally, &table.groups, &beyond);
    table.digits = digits_of(table.groups[0].count);
    for (size_t i = 0; i < table.count; i++) {
        size_t columns = phrase_columns(tally_cause(table.groups[i].cause));
        table.widest = columns > table.widest ? columns : table.widest;
    }
    write_title(page, "by cause");
    for (size_t i = 0; i < table.count; i++) {
        const struct cause *cause = table.groups[i].cause;
        char cell[CELL];
        shorten(cell, &table, cause != NULL ? cause->title : "the capture shows no known cause");
        write_row(&table, table.groups[i].count, tally_cause(cause), true, cell);
    }
}

/* ---- servers and clients ---- */

/* Adds the groups of each end up; returns how many ends there are. */
static size_t add_up(struct end *ends, const struct tally_group *groups, size_t count)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        size_t j = 0;
        while (j < found && !tally_same_end(ends[j].group, &groups[i])) {
            j++;
        }
        if (j == found) {
            ends[found++] = (struct end){.group = &groups[i]};
        }
        ends[j].count += groups[i].count;
        ends[j].causes++;
    }
    return found;
}

static int more_failures(const void *left, const void *right)
{
    const struct end *one = left, *other = right;
    if (one->count != other->count) {
        return one->count > other->count ? -1 : 1;
    }
    return one->group->since < other->group->since ? -1 : one->group->since > other->group->since;
}

/* "version.server_too_old 3, hello.reset 1, 2 other causes": whole names only, as many as the line
 * has room for, and at least one. */
static void list_causes(char cell[CELL], const struct table *table, const struct end *end)
{
    struct phrase phrase = phrase_in(cell, CELL);
    size_t before = last_column(table), left = end->causes;
    if (left == 1) {
        phrase_add(&phrase, "%s", tally_cause(end->group->cause));
        return;
    }
    for (size_t i = 0; i < table->count && left > 0; i++) {
        const struct tally_group *group = &table->groups[i];
        char item[CELL], rest[CELL] = "";
        if (!tally_same_end(end->group, group)) {
            continue;
        }
        (void)snprintf(item, sizeof(item), "%s%s %" PRIu64, left < end->causes ? ", " : "",
                       tally_cause(group->cause), group->count);
        if (left > 1) {
            (void)snprintf(rest, sizeof(rest), ", %zu other cause%s", left - 1,
                           left == 2 ? "" : "s");
        }
        size_t columns = phrase_columns(cell) + phrase_columns(item) + phrase_columns(rest);
        if (left < end->causes && before + columns > table->page->width) {
            break;
        }
        phrase_add(&phrase, "%s", item);
        left--;
    }
    if (left > 0) {
        phrase_add(&phrase, ", %zu other cause%s", left, left == 1 ? "" : "s");
    }
}

static void write_end_rows(struct table *table, const struct end *ends, size_t count)
{
    char name[REPORT_ADDRESS], cell[CELL];
    table->digits = digits_of(ends[0].count);
    for (size_t i = 0; i < count; i++) {
        report_address(name, &ends[i].group->address, ends[i].group->port);
        size_t columns = phrase_columns(name);
        table->widest = columns > table->widest ? columns : table->widest;
    }
    for (size_t i = 0; i < count; i++) {
        report_address(name, &ends[i].group->address, ends[i].group->port);
        list_causes(cell, table, &ends[i]);
        write_row(table, ends[i].count, name, false, cell);
    }
}

static void write_ends(struct tally *tally, const struct page *page, size_t rows, const char *what)
{
    char title[CELL];
    uint64_t beyond = 0, rest = 0;
    struct table table = {.page = page};
    table.count = tally_groups(tally, &table.groups, &beyond);
    struct end *ends = calloc(table.count, sizeof(ends[0]));
    if (ends == NULL) {
        return;
    }
    size_t found = add_up(ends, table.groups, table.count);
    size_t shown = found < rows ? found : rows;
    qsort(ends, found, sizeof(ends[0]), more_failures);
    for (size_t i = shown; i < found; i++) {
        rest += ends[i].count;
    }
    (void)snprintf(title, sizeof(title), "by %s", what);
    write_title(page, title);
    write_end_rows(&table, ends, shown);
    if (rest > 0) {
        fprintf(page->out, "  and %" PRIu64 " more failure%s, of %zu other %s%s\n", rest,
                rest == 1 ? "" : "s", found - shown, what, found - shown == 1 ? "" : "s");
    }
    if (beyond > 0) {
        fprintf(page->out, "  and %" PRIu64 " more failure%s that had no room in this table\n",
                beyond, beyond == 1 ? "" : "s");
    }
    free(ends);
}

void summary_write(struct summary *summary, const struct page *page, bool all)
{
    const struct tally_group *groups = NULL;
    uint64_t beyond = 0;
    size_t rows = all ? SIZE_MAX : SUMMARY_ROWS;
    if (tally_groups(summary->tally[TALLY_CAUSES], &groups, &beyond) == 0) {
        return;
    }
    write_causes(summary->tally[TALLY_CAUSES], page);
    write_ends(summary->tally[TALLY_SERVERS], page, rows, "server");
    write_ends(summary->tally[TALLY_CLIENTS], page, rows, "client");
}
