/* What --check found: a connection held against what was expected of it.
 *
 * With --check reports are given findings in place of connections, capture by capture: a handshake
 * that failed as it was expected to is no failure then, and one that should have failed and did not
 * is. A finding and everything in it lives for the call. Its texts are printable.
 */
#ifndef REPORT_FINDING_H
#define REPORT_FINDING_H

#include "report/phrase.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum finding_kind {
    FINDING_MET,        /* a connection is as expected */
    FINDING_DIFFERS,    /* the one that comes closest is not: see the differences */
    FINDING_MISSING,    /* an expectation for which no connection is left */
    FINDING_UNEXPECTED, /* a connection that ought to be expected, and that no expectation names */
    FINDING_UNNAMED,    /* a capture of which nothing is expected, as there is no expectation */
    FINDING_WRITTEN     /* --update: the file of expectations was written anew */
};

/* One field in which a connection is not as expected. `field` is its place in --json's object:
 * "tls.client.server_name"; the values are written as JSON has them: "\"1.2\"", "443"; NULL:
 * absent.
 */
struct difference {
    const char *field;
    const char *expected, *found;
};

struct finding {
    enum finding_kind kind;
    bool failure;             /* it makes the exit status 1 */
    const char *capture;      /* as given */
    const char *expectations; /* the file that they stand in; NULL: none */
    unsigned line;            /* of the expectation in it, from 1; 0: none */
    const char *connection; /* "10.77.0.2:51044 → 10.77.0.1:443  www.contoso.test"; or, of one that
                               is missing, what is known of it; NULL: none */
    const char *outcome;    /* "version.server_too_old (certain)", "established"; NULL: none */
    const char *summary;    /* the verdict's sentence; NULL: none */
    uint64_t frame;         /* the connection's first packet; 0: none */
    const struct difference *difference;
    size_t differences;
};

/* For machines: "met", "differs", "missing", "unexpected", "no_expectation",
 * "written". */
const char *finding_kind_name(enum finding_kind kind);

/* In a sentence, for people: "the connection is not as expected". */
const char *finding_kind_title(enum finding_kind kind);

/* Adds what differs: "tls.version: expected "1.3", found "1.2"", with `between` before each. */
void finding_differences(struct phrase *phrase, const struct finding *finding, const char *between);

#endif
