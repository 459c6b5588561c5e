/* What failed, counted by cause and server: the table at the end of a text report. */
#ifndef REPORT_TALLY_H
#define REPORT_TALLY_H

#include "report/page.h"
#include "report/report.h"

/* Groups of one cause and one server that are counted: enough for a large site's list of servers,
 * and 100 KB at most. Failures of further groups are counted together. */
enum { TALLY_GROUPS = 1000 };

struct tally_group {
    const struct cause *cause; /* NULL: none was found */
    struct address server;
    uint16_t port;
    uint64_t count;
    size_t since; /* the order in which groups came */
};

struct tally;

/* An empty tally; NULL when there is no memory. */
struct tally *tally_new(void);
void tally_free(struct tally *tally);

/* Counts a connection that failed. */
void tally_note(struct tally *tally, const struct connection *connection);

/* The groups, the most frequent first, as long as the tally lives; returns how many. `beyond`: the
 * failures of groups that had no room. Nothing may be counted any more. */
size_t tally_groups(struct tally *tally, const struct tally_group **groups, uint64_t *beyond);

/* Writes the table, the most frequent group first. */
void tally_write(struct tally *tally, const struct page *page);

#endif
