/* Which system calls are left, by seccomp: what the rest of a run needs, and nothing else. There is
 * no running of programs, no new process or thread, no new socket, no memory that can be executed,
 * and files are opened for reading alone unless CALLS_CREATE says otherwise.
 *
 * What is not left is refused with EPERM, and the program goes on. To kill it would gain nothing
 * against an attacker, who gets nothing either way, and would lose an analysis wherever some
 * version of some library tries a call that it can do without.
 */
#ifndef ANALYZER_CAPTURE_CALLS_H
#define ANALYZER_CAPTURE_CALLS_H

#include <stdbool.h>

enum calls_left {
    CALLS_READ = 0,         /* captures from files and pipes, reports to what is open */
    CALLS_LIVE = 1 << 0,    /* and sockets that are open, timers */
    CALLS_CREATE = 1 << 1,  /* and files that are created, renamed and removed */
    CALLS_SANITIZE = 1 << 2 /* and what AddressSanitizer and LeakSanitizer do behind our back */
};

/* Restricts all threads for ever, and sets no_new_privs. False: the kernel has no seccomp, or a
 * container withholds it, and nothing is restricted. */
bool calls_restrict(unsigned left);

#endif
