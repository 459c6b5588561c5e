/* The kernel's Landlock, which lets a process give up the right to open files: what was not named
 * cannot be opened any more, whoever the user is.
 *
 * Rules are collected before they are enforced; then they hold for ever. They name what a path
 * leads to when the rule is made, so that no link and no ".." leads out. What is open stays open.
 * Spoken to without a library, and with the kernel's numbers written out, so that it can be built
 * with headers of any age. Where the kernel has less, less is refused.
 */
#ifndef ANALYZER_CAPTURE_LANDLOCK_H
#define ANALYZER_CAPTURE_LANDLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Linux, include/uapi/linux/landlock.h: LANDLOCK_ACCESS_FS_. */
enum landlock_access {
    LANDLOCK_EXECUTE = 1 << 0,
    LANDLOCK_WRITE_FILE = 1 << 1,
    LANDLOCK_READ_FILE = 1 << 2,
    LANDLOCK_READ_DIR = 1 << 3,
    LANDLOCK_REMOVE_DIR = 1 << 4,
    LANDLOCK_REMOVE_FILE = 1 << 5,
    LANDLOCK_MAKE_CHAR = 1 << 6,
    LANDLOCK_MAKE_DIR = 1 << 7,
    LANDLOCK_MAKE_REG = 1 << 8,
    LANDLOCK_MAKE_SOCK = 1 << 9,
    LANDLOCK_MAKE_FIFO = 1 << 10,
    LANDLOCK_MAKE_BLOCK = 1 << 11,
    LANDLOCK_MAKE_SYM = 1 << 12,
    LANDLOCK_REFER = 1 << 13,    /* ABI 2 */
    LANDLOCK_TRUNCATE = 1 << 14, /* ABI 3 */
    LANDLOCK_IOCTL_DEV = 1 << 15 /* ABI 5 */
};

struct landlock {
    int rules;        /* the rule set, a descriptor; -1: none */
    int abi;          /* what the kernel knows; 0: it has no Landlock */
    uint64_t handled; /* the accesses that will be refused unless a rule allows them */
};

/* Begins with no rule: every access that the kernel knows is refused, and so are binding and
 * connecting TCP (ABI 4), signals to and abstract sockets of others (ABI 6). */
void landlock_begin(struct landlock *landlock);

/* Allows `access` to the file, or to everything below the folder, that `path` leads to. A path that
 * leads nowhere gets no rule: it could not be opened either. */
void landlock_allow(struct landlock *landlock, const char *path, uint32_t access);

/* Enforces the rules on this thread and gives back the descriptor. The process must have
 * no_new_privs. False: nothing is restricted. */
bool landlock_enforce(struct landlock *landlock);

#endif
