/* How far a run through saved captures is: one line at the bottom of the terminal on standard
 * error, which comes when a run takes longer than a moment and goes before its end; elsewhere, when
 * --progress asks for it, a plain line now and then and one at the end.
 *
 * The clock is looked at each PROGRESS_PACKETS packets. Left to itself nothing is drawn where
 * standard output is a pipe: who reads it, a pager, may be drawing on the same terminal.
 */
#ifndef ANALYZER_PROGRESS_H
#define ANALYZER_PROGRESS_H

#include "capture/capture.h"
#include "capture/inputs.h"
#include "options.h"

/* Between two looks at the clock: at the slowest some milliseconds, and nothing beside the work on
 * so many packets. */
enum { PROGRESS_PACKETS = 4096, PROGRESS_TEXT = 256 };

enum progress_kind { PROGRESS_NONE, PROGRESS_BOTTOM_LINE, PROGRESS_LINES };

/* What there is to tell. */
struct progress_state {
    uint64_t read;        /* bytes, */
    uint64_t whole;       /* of so many; 0: not known */
    uint64_t packets;     /* of all inputs so far */
    size_t input, inputs; /* the how-manieth, from 1, of how many */
    int64_t elapsed;      /* nanoseconds */
};

struct progress {
    enum progress_kind kind;
    struct progress_state state;
    uint64_t read_before; /* bytes and packets of the inputs that are done */
    uint64_t packets_before;
    uint64_t next_look; /* the number of a packet of this input */
    int64_t begun, due; /* by the monotonic clock, in nanoseconds */
    bool drawn;         /* a line stands at the bottom of the terminal */
};

/* What the options and the terminal ask for. */
enum progress_kind progress_kind(const struct options *options);

void progress_begin(struct progress *progress, const struct options *options,
                    const struct inputs *inputs);

/* Tells of it when it is time; for progress_note(). */
void progress_look(struct progress *progress, const struct capture *capture, uint64_t number);

/* Each packet. NULL is allowed: nobody wants to know. */
static inline void progress_note(struct progress *progress, const struct capture *capture,
                                 uint64_t number)
{
    if (progress != NULL && number >= progress->next_look) {
        progress_look(progress, capture, number);
    }
}

/* Takes the line at the bottom away, before something else is written there. NULL is allowed. */
void progress_hide(struct progress *progress);

/* An input was read to its end, or as far as it is wanted; a capture of NULL: it could not be
 * opened. NULL is allowed. */
void progress_end_input(struct progress *progress, struct capture *capture);

/* The last line. */
void progress_end(struct progress *progress);

/* " 43% [####......] 5 s left, 602 MB of 1.4 GB, 155 MB/s, 2,345,678 packets"; without `bar`, "43%,
 * 5 s left, ...". ASCII only. What failed is not in it: verdicts wait for what may yet be seen. */
void progress_text(char text[PROGRESS_TEXT], const struct progress_state *state, bool bar);

#endif
