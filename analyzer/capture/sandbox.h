/* The sandbox in which everything that came from the network is looked at: what a hostile packet
 * could do if it ever took the process over. By seccomp (calls.h) it can make no other calls than
 * the rest of the run needs, by Landlock (landlock.h) it can open no other files, and nobody can
 * look into its memory, where keys of the key log are.
 *
 * The order in a run: open everything and read what is only read once (interfaces, reports, key
 * log, authorities, the service's and the metrics' sockets); sandbox_begin() and say what must be
 * opened later, while whoever started us can still see it; privileges_drop(); sandbox_enter(); the
 * first packet. The process has one thread. A library that wants a file of its own, or to look up a
 * name, must have done so before.
 *
 * What a debugger, valgrind or the like needs is refused, too: they need --no-sandbox.
 */
#ifndef ANALYZER_CAPTURE_SANDBOX_H
#define ANALYZER_CAPTURE_SANDBOX_H

#include "capture/landlock.h"

#include <stdbool.h>
#include <stddef.h>

/* Room for a note on one line. */
enum { SANDBOX_TEXT = 256 };

enum sandbox_run { SANDBOX_REPLAY, SANDBOX_LIVE };

struct sandbox {
    struct landlock landlock;
    enum sandbox_run run;
    bool creates; /* a file is still to be created */
};

void sandbox_begin(struct sandbox *sandbox, enum sandbox_run run);

/* The file, or everything below the folder, can be opened for reading. A link is followed now: a
 * link in a folder that leads out of it must be named itself. "-" is open already. */
void sandbox_may_read(struct sandbox *sandbox, const char *path);

/* The captures that were found in folders: for those that are links, what they lead to can be
 * read. */
void sandbox_may_read_links(struct sandbox *sandbox, char *const paths[], size_t count);

/* The file can be created, written, renamed and removed, as a rotation or a reopening does; so can
 * others in its folder, since their names are not known yet. A path that leads to a device or a
 * pipe can be written, and its folder not. */
void sandbox_may_create(struct sandbox *sandbox, const char *path);

/* Enters it, for ever. `text` says what holds and what the kernel lacks, for -v: without something,
 * the run goes on with what there is. */
void sandbox_enter(struct sandbox *sandbox, char text[SANDBOX_TEXT]);

/* Leaves it at what there was: for --no-sandbox. */
void sandbox_renounce(struct sandbox *sandbox);

#endif
