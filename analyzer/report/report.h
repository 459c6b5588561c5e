/* Reports: what is told of each connection, in which format. A format is one file and one row of
 * functions. Reports see facts and verdicts, never bytes or flows; each escapes for its own syntax.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "diagnosis/diagnose.h"
#include "report/finding.h"

#include <stdio.h>

enum { TOTALS_CAUSES = 96 /* rows of causes.h that are counted one by one; there are fewer */ };

/* Counts over the whole run, for the summary. */
struct totals {
    uint64_t packets, bytes;
    uint64_t connections; /* reported as connections: the next four added up */
    uint64_t established, failed, incomplete, not_tls;
    uint64_t counting;       /* connections that make the exit status 1: see policy.h */
    uint64_t cut_packets;    /* shorter than they were sent */
    uint64_t broken_packets; /* contradict themselves */
    uint64_t fragments;      /* of IP datagrams, not put together */
    uint64_t dropped;        /* live: lost by the kernel or the interface */
    uint64_t evicted;        /* connections given up because of a bound of ours */
    uint64_t forgotten; /* half-open and plain ones where TLS is not expected, likewise: should they
                           go on, they are taken for new */
    uint64_t unwatched; /* connections, or packets of some, of which nothing is known: there was no
                           memory */
    uint64_t
        streams_overflowed; /* streams of which bytes were given up because of a bound of ours */
    uint64_t failed_of[TOTALS_CAUSES]; /* of the failed: those of each cause, by its row */
};

struct json_collection;

struct report_options {
    FILE *out;
    bool all;     /* established ones too */
    bool summary; /* no connections, only the summary */
    bool quiet, verbose;
    bool color;
    bool over_line; /* `out` is a terminal with a line at its bottom that goes away first */
    unsigned width; /* columns of the terminal; 0: not a terminal */
    struct json_collection *collection; /* of report_collection: where connections are kept */
};

/* One connection as it is reported. `input`: the capture's name as given, for reports on several.
 */
struct connection {
    const struct facts *facts;
    const struct verdict *verdict;
    const char *input;
    size_t inputs;     /* how many captures this run reads */
    bool live;         /* `input` is interfaces' names */
    const char *fails; /* why it makes the exit status 1: see policy.h; NULL: it does not */
};

struct report; /* a format's own state */

/* What a format wants besides the connections that failed. */
enum {
    REPORT_EVERY = 1,       /* all connections */
    REPORT_APPLICATION = 2, /* facts.application */
    REPORT_FINGERPRINTS = 4 /* JA3, JA3S and JA4 */
};

struct report_format {
    const char *name;
    struct report *(*begin)(const struct report_options *options); /* NULL: no memory */
    void (*connection)(struct report *report, const struct connection *connection);
    void (*end)(struct report *report,
                const struct totals *totals); /* writes what is left and frees */
    /* With --check, in place of connection(). NULL: the format has no word for it. */
    void (*finding)(struct report *report, const struct finding *finding);
    unsigned wants;
};

extern const struct report_format report_text, report_json, report_html, report_junit, report_sarif,
    report_zeek, report_annotations, report_check;

/* ---- what several formats say alike ---- */

/* "1.2", "3.0": a version code as ECS's tls.version has it; NULL for none. */
const char *report_version(uint16_t version);

/* The version to report: ServerHello's, else what the handshake settled on; 0: none. */
uint16_t report_negotiated(const struct facts *facts);

/* A line of the ladder as text, without frame, arrow and time: "ClientHello TLS 1.1-1.2, 14
 * suites". Always ended by NUL. `facts` is whose step it is. */
void report_step_text(char *text, size_t size, const struct facts *facts, const struct step *step);

/* What a step is, for machines: "client_hello", "alert", "syn". */
const char *report_step_name(const struct step *step);

/* The direction of a step for JSON: "client", "server". */
const char *report_speaker(uint8_t speaker);

/* What could not be seen of the connection and may matter, a sentence each; returns how many. */
enum { REPORT_UNSEEN = 16 };
size_t report_unseen(const char *sentence[REPORT_UNSEEN], const struct facts *facts);

/* The first of these that is a hole in the capture, and not merely sealed; NULL: none. */
const char *report_hole(const struct facts *facts);

/* The command that reproduces the failure: "openssl s_client -connect ...". Empty when none would.
 */
void report_reproduce(char *text, size_t size, const struct facts *facts);

/* An address as text (RFC 5952); with the port and, for IPv6, brackets when `port` is not 0. */
enum { REPORT_ADDRESS = 64 };
void report_address(char text[REPORT_ADDRESS], const struct address *address, uint16_t port);

/* A time as RFC 3339 has it, in UTC: "2026-11-21T20:41:00Z"; with microseconds when `microseconds`
 * is not negative. */
enum { REPORT_TIME = 48 };
void report_time(char text[REPORT_TIME], int64_t seconds, int64_t microseconds);

/* How a connection went of which there is nothing to explain: "TLS 1.3, AES_128_GCM_SHA256, x25519,
 * h2" or "incomplete: ...". Always ended by NUL, as the next two. */
void report_outcome(char *text, size_t size, const struct connection *connection);

/* The run in numbers: "12 handshakes: 9 established, 2 failed, 1 incomplete". */
void report_counts(char *text, size_t size, const struct totals *totals);

/* What may have hidden something from the whole run; empty when nothing did. */
void report_confession(char *text, size_t size, const struct totals *totals);

/* ---- --explain and --list-causes ---- */

/* What a cause is, how it looks and what helps. `columns`: of the terminal; 0: not a terminal. */
void report_explain(FILE *out, const struct cause *cause, unsigned columns);

/* Every cause, a line each. */
void report_list_causes(FILE *out);

#endif
