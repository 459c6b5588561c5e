/* The command line. */
#ifndef ANALYZER_OPTIONS_H
#define ANALYZER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum options_color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

enum options_action {
    ACTION_REPLAY,
    ACTION_LIVE,
    ACTION_CHECK,
    ACTION_DIFF,
    ACTION_LIST_INTERFACES,
    ACTION_HELP,
    ACTION_VERSION,
    ACTION_LIST_CAUSES,
    ACTION_EXPLAIN
};

enum options_format { FORMAT_TEXT, FORMAT_JSON, FORMAT_ZEEK };

enum { OPTIONS_TLS_PORTS = 64 };

/* Words of the command line in the order given; they are argv's. */
struct words {
    const char **at;
    size_t count;
};

struct options {
    enum options_action action;
    const char *explain; /* --explain's cause */

    /* What is read. */
    struct words inputs;     /* files, folders, "-"; --check's folder; --diff's two captures */
    struct words interfaces; /* -i: not empty when live */
    const char *filter;      /* BPF: -f, or live the trailing words; NULL: none */
    char *joined_filter;     /* owned: where the words are put together */
    const char *keylog;      /* -k: a key log in SSLKEYLOGFILE's format; NULL: none */
    const char *authorities; /* --ca-file; NULL: the system's */
    int64_t judged_at;       /* --at, seconds since 1970; 0: the packet's time */
    uint16_t tls_ports[OPTIONS_TLS_PORTS]; /* ports on which TLS is expected */
    size_t tls_port_count;

    /* When it ends. */
    uint64_t stop_after; /* -c: connections reported; 0: no end */
    uint64_t seconds;    /* -a; 0: no end */

    /* Live. */
    uint64_t snap_length;       /* -s: bytes of a packet; 0: the usual */
    uint64_t buffer_kib;        /* -B: the ring of each interface; 0: the usual */
    bool immediate;             /* --immediate-mode */
    bool not_promiscuous;       /* -p */
    bool wait;                  /* --wait for an interface that went away */
    uint64_t handshake_timeout; /* seconds of silence; 0: the usual */

    /* Bounds. */
    uint64_t memory;      /* --memory, bytes; 0: the usual */
    uint64_t connections; /* --connections; 0: the usual */
    size_t awake;         /* connections that are not packed when silent; 0: the usual; for tests */

    /* What is told. */
    enum options_format format;
    enum options_color color;
    bool all;                         /* established ones too */
    bool summary;                     /* the summary alone */
    bool quiet;                       /* -q: no paragraphs' remedies, no hints: see the manual */
    bool progress;                    /* also where stderr is no terminal */
    int verbose;                      /* -v, counted */
    const char *output;               /* --output; NULL: standard output */
    const char *html, *junit, *sarif; /* files; NULL: none */
    const char *save;                 /* -w: the failed handshakes' packets; NULL: not wanted */
    uint64_t save_megabytes;          /* -C: a file's, in 1,000,000 bytes; 0: no bound */
    uint64_t save_seconds;            /* -G: a file's; 0: no bound */
    const char *metrics;              /* ADDRESS:PORT; NULL: not wanted */

    /* What is expected. */
    bool update;          /* --update --check's expectations */
    bool strict;          /* a capture without expectation fails */
    struct words fail_on; /* lists as typed */
    struct words allow;

    /* Security. */
    const char *user; /* -Z; NULL: the usual */
    bool no_sandbox;
};

/* Reads argv. Returns 0, or the exit status (2) after one line on stderr that names what is wrong.
 * The caller gives back what it took with options_free(). */
int options_read(struct options *options, int argc, char **argv);
void options_free(struct options *options);

/* Prints the help, the version to stdout. */
void options_print_help(void);
void options_print_version(void);

#endif
