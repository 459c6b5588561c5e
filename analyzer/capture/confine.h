/* The step between opening and looking, the same for every run: root is given up, and the sandbox
 * entered. Says on stderr what the operator should know.
 */
#ifndef ANALYZER_CAPTURE_CONFINE_H
#define ANALYZER_CAPTURE_CONFINE_H

#include "capture/inputs.h"
#include "options.h"

#include <stdbool.h>

/* Confines the process for ever. To be called with one thread, behind all that must be opened with
 * the rights that it was started with: reports, savefile, key log, authorities, interfaces, and the
 * sockets of the metrics and of the service manager. From here on it may read `inputs` (NULL: none)
 * and what the options name as inputs, below folders, too, and make the files again that -w and a
 * live --output need; nothing else. False, told on stderr: more rights than there should be are
 * left, or there is no such user, and the run must end. */
bool confine(const struct options *options, const struct inputs *inputs);

/* The last capture is open: what is still there of root's right to read is given up. */
void confine_end_reading(void);

#endif
