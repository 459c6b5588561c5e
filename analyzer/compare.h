/* --diff: both captures are read, and a working handshake is laid beside a failing one
 * (report/diff/diff.h). */
#ifndef ANALYZER_COMPARE_H
#define ANALYZER_COMPARE_H

#include "replay.h"

/* Status 0 where the comparison was made: that something differs is what was asked for. */
enum exit_status compare_run(const struct options *options);

#endif
