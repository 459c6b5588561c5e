/* Saved captures, one after the other, from the command line to the exit status. */
#ifndef ANALYZER_REPLAY_H
#define ANALYZER_REPLAY_H

#include "engine.h"
#include "progress.h"

/* What scripts depend on. */
enum exit_status {
    EXIT_NOTHING_FAILED = 0,
    EXIT_HANDSHAKE_FAILED = 1,
    EXIT_WRONG_USAGE = 2,
    EXIT_INPUT_FAILED = 3
};

/* Reads all that the options name and reports it. What goes wrong with one input costs that input
 * and the good status, and is told of in one line. */
enum exit_status replay_run(const struct options *options);

/* Opens and reads one capture; false where it, or something in it, could not be read, which is told
 * of on stderr. What was good of it counts. `progress`: NULL for none. */
bool replay_input(struct engine *engine, const struct options *options,
                  const struct engine_capture *what, struct progress *progress);

/* Reads one open capture to its end. Returns what capture_next() said at last. */
enum capture_result replay_capture(struct engine *engine, struct capture *capture,
                                   const struct engine_capture *what, struct progress *progress);

#endif
