/* Causes: the rows that diagnosis chooses from, and what their functions argue with.
 *
 * A cause is one row in one file: its id, a pure function of the facts, and what to say and do
 * about it. The row's address is its identity. Its function looks at the facts, says how sure it
 * is, and cites the packets it argues from. Specific rows stand above general ones: of two that are
 * equally sure, the upper one wins.
 */
#ifndef DIAGNOSIS_CAUSES_H
#define DIAGNOSIS_CAUSES_H

#include "diagnosis/servers.h"
#include "tracking/facts.h"

enum confidence { NO, POSSIBLE, LIKELY, CERTAIN };

enum {
    ARGUMENT_ITEMS = 6,  /* pieces of evidence; more would not be read */
    ARGUMENT_TEXT = 200, /* bytes of one, with its NUL */
    ARGUMENT_SUMMARY = 320
};

struct remedy {
    const char *platform; /* "iis", "nginx", "apache", "haproxy", "openssl", "java", "go", "dotnet",
                             "network", "any" */
    const char *text;     /* precise enough to type */
};

/* What a cause's function says besides its confidence. */
struct argument {
    char summary[ARGUMENT_SUMMARY]; /* the sentence for a person: what happened, to this connection
                                     */
    struct {
        uint64_t frame; /* 0: not one packet's, such as what other connections show */
        char text[ARGUMENT_TEXT];
    } item[ARGUMENT_ITEMS];
    size_t count;
    const struct remedy *remedies; /* where the cause's own do not suit this connection; or NULL */
};

/* Writes the summary, or adds a piece of evidence; printf's format. What does not fit is cut at a
 * character's boundary; evidence beyond ARGUMENT_ITEMS is dropped. */
void argument_say(struct argument *argument, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void argument_cite(struct argument *argument, struct moment at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A question about one connection: its facts, and what its server did with others (NULL: nothing
 * known). */
struct question {
    const struct facts *facts;
    const struct server *server;
};

struct cause {
    const char *id;    /* of the list of causes */
    const char *title; /* a few words */
    const char
        *meaning; /* --explain: what it is, how it looks on the wire, how each stack shows it */
    enum confidence (*fits)(const struct question *question, struct argument *argument);
    const struct remedy *remedies; /* ended by a row without platform */
};

/* One family's rows, the most specific first; ended by a row without id. */
extern const struct cause causes_transport[], causes_hello[], causes_protocol[], causes_version[],
    causes_overlap[], causes_negotiation[], causes_extension[], causes_client[],
    causes_certificate[], causes_trust[], causes_record[], causes_abort[];

/* All rows in their order of precedence: `index` from 0; NULL behind the last. */
const struct cause *causes_row(size_t index);

/* The rows of one family after the other, in the same order; NULL behind the last. */
const struct cause *causes_family(size_t family);

/* Where the row stands; as many as there are rows, where it is none of them. */
size_t causes_index(const struct cause *cause);

/* The row with this id; NULL when there is none. */
const struct cause *causes_find(const char *id);

#endif
