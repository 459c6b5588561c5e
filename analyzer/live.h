/* Interfaces, watched until somebody ends it: the loop between packets, the clock, signals and
 * whoever asks for counters. */
#ifndef ANALYZER_LIVE_H
#define ANALYZER_LIVE_H

#include "replay.h"

/* Watches the options' interfaces and reports each failed handshake within a second of its end.
 * What the options want and cannot be had ends it at once, with one line. */
enum exit_status live_run(const struct options *options);

#endif
