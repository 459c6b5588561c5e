/* The command line. */
#ifndef ANALYZER_OPTIONS_H
#define ANALYZER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum options_color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

enum options_action {
    ACTION_REPLAY,
    ACTION_HELP,
    ACTION_VERSION,
    ACTION_LIST_CAUSES,
    ACTION_EXPLAIN
};

enum { OPTIONS_TLS_PORTS = 64 };

struct options {
    enum options_action action;
    const char **inputs; /* files, folders, "-": in the order given; borrowed from argv */
    size_t input_count;
    const char *filter;  /* BPF; NULL: none */
    const char *explain; /* --explain's cause */
    enum options_color color;
    bool json;
    bool all;                /* established ones too */
    bool summary;            /* the summary alone */
    bool quiet;              /* -q: no paragraphs' remedies, no hints: see the manual */
    int verbose;             /* -v, counted */
    uint64_t stop_after;     /* -c: connections reported; 0: no end */
    const char *keylog;      /* -k: a key log in SSLKEYLOGFILE's format; NULL: none */
    const char *authorities; /* --ca-file; NULL: the system's */
    int64_t judged_at;       /* --at, seconds since 1970; 0: the packet's time */
    uint16_t tls_ports[OPTIONS_TLS_PORTS]; /* ports on which TLS is expected */
    size_t tls_port_count;
};

/* Reads argv. Returns 0, or the exit status (2) after one line on stderr that names what is wrong.
 * The caller gives back what it took with options_free(). */
int options_read(struct options *options, int argc, char **argv);
void options_free(struct options *options);

/* Prints the help, the version to stdout. */
void options_print_help(void);
void options_print_version(void);

#endif
