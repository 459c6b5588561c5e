/* What failed, counted by cause and by an end of the connection: the table at the end of a text
 * report. */
#ifndef REPORT_TALLY_H
#define REPORT_TALLY_H

#include "report/page.h"
#include "report/report.h"

/* Groups of one cause and one end that are counted: enough for a large site's list of servers, and
 * 100 KB at most. Failures of further groups are counted together. */
enum { TALLY_GROUPS = 1000 };

struct tally_group {
    const struct cause *cause; /* NULL: none was found */
    struct address address;    /* the server's, or the client's */
    uint16_t port;             /* 0 for clients, whose ports mean nothing */
    uint64_t count;
    size_t since; /* the order in which groups came */
};

struct tally;

/* The ends that tell groups of one cause apart; with neither, a group is a cause, of which there is
 * always room for all. */
enum tally_by { TALLY_SERVERS, TALLY_CLIENTS, TALLY_CAUSES };

/* An empty tally; NULL when there is no memory. */
struct tally *tally_new(enum tally_by by);
void tally_free(struct tally *tally);

/* Counts a connection that failed. */
void tally_note(struct tally *tally, const struct connection *connection);

/* The groups, the most frequent first, as long as the tally lives; returns how many. `beyond`: the
 * failures of groups that had no room. Nothing may be counted any more. */
size_t tally_groups(struct tally *tally, const struct tally_group **groups, uint64_t *beyond);

/* A cause's name; "unknown" for none. */
const char *tally_cause(const struct cause *cause);

/* Whether two groups are of one end. */
bool tally_same_end(const struct tally_group *one, const struct tally_group *other);

/* Writes the table of a tally of servers, the most frequent group first. */
void tally_write(struct tally *tally, const struct page *page);

#endif
