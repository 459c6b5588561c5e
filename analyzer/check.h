/* --check: every capture is read and held against what is expected of it (report/expect/expect.h). */
#ifndef ANALYZER_CHECK_H
#define ANALYZER_CHECK_H

#include "replay.h"

/* Checks all that the options name. An input or an expectation that cannot be read costs that
 * capture and the good status, and is told of in one line; the others are checked. */
enum exit_status check_run(const struct options *options);

#endif
