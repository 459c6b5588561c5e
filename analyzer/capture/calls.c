#define _GNU_SOURCE /* CLONE_UNTRACED */

#include "capture/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* Names that an architecture has not are passed over: the lists are for all of them, with the
 * 32-bit ones' doubles for times after 2038, and for every C library. */

static const char *const reading[] = {
    /* files and pipes that are open */
    "read", "readv", "pread64", "preadv", "write", "writev", "pwrite64", "lseek", "_llseek",
    "close", "fsync", "fadvise64", "fadvise64_64", "dup", "dup2", "dup3", "fstat", "fstat64",
    "newfstatat", "fstatat64", "statx", "stat", "stat64", "lstat", "lstat64", "poll", "ppoll",
    "ppoll_time64", "select", "pselect6", "_newselect", "getdents64",
    /* memory */
    "brk", "munmap", "mremap", "madvise", "futex", "futex_time64", "set_robust_list", "rseq",
    /* time, signals, chance */
    "clock_gettime", "clock_gettime64", "clock_getres", "clock_getres_time64", "gettimeofday",
    "time", "nanosleep", "clock_nanosleep", "clock_nanosleep_time64", "rt_sigaction",
    "rt_sigprocmask", "rt_sigpending", "rt_sigtimedwait", "rt_sigreturn", "sigreturn",
    "sigaltstack", "restart_syscall", "getrandom", "sched_yield",
    /* who and where we are */
    "getpid", "gettid", "getuid", "getuid32", "geteuid", "geteuid32", "getgid", "getgid32",
    "getegid", "getegid32", "getrusage", "getrlimit", "ugetrlimit", "sysinfo", "uname",
    "sched_getaffinity",
    /* less rights than before, and the end */
    "capget", "capset", "exit", "exit_group", NULL};

static const char *const living[] = {"epoll_wait",
                                     "epoll_pwait",
                                     "epoll_pwait2",
                                     "epoll_ctl",
                                     "accept",
                                     "accept4",
                                     "recv",
                                     "recvfrom",
                                     "recvmsg",
                                     "recvmmsg",
                                     "send",
                                     "sendmsg",
                                     "sendfile",
                                     "sendfile64",
                                     "shutdown",
                                     "getsockopt",
                                     "setsockopt",
                                     "getsockname",
                                     "getpeername",
                                     "setitimer",
                                     "timerfd_settime",
                                     "timerfd_settime64",
                                     "timerfd_gettime",
                                     "timerfd_gettime64",
                                     NULL};

static const char *const creating[] = {
    "open",   "openat",    "unlink",      "unlinkat",  "rename",    "renameat", "renameat2",
    "fchmod", "ftruncate", "ftruncate64", "fallocate", "fdatasync", NULL};

/* LeakSanitizer stops the process from a thread of its own, as a debugger does, and looks for
 * pointers; AddressSanitizer reads maps and tries addresses on a pipe. */
static const char *const sanitizing[] = {
    "ptrace",     "wait4",       "prctl",    "pipe",       "pipe2",    "kill",
    "tgkill",     "getppid",     "readlink", "readlinkat", "getdents", "process_vm_readv",
    "arch_prctl", "personality", "getcwd",   NULL};

/* A call that is left where one argument is right. */
struct condition {
    const char *name;
    unsigned left; /* the enum calls_left that it needs */
    unsigned argument;
    uint64_t mask, value;
};

enum {
    OPENING = O_ACCMODE | O_CREAT | O_TRUNC, /* none of them: for reading what is there */
    WORD = UINT32_MAX & INT32_MAX            /* enough of an int to tell it by */
};

static const struct condition conditions[] = {
    {"open", CALLS_READ, 1, OPENING, O_RDONLY},
    {"openat", CALLS_READ, 2, OPENING, O_RDONLY},
    {"mmap", CALLS_READ, 2, PROT_EXEC, 0},
    {"mmap2", CALLS_READ, 2, PROT_EXEC, 0},
    {"mprotect", CALLS_READ, 2, PROT_EXEC, 0},
    {"prlimit64", CALLS_READ, 2, UINT64_MAX, 0}, /* no new limit */
    {"fcntl", CALLS_READ, 1, WORD, F_GETFD},
    {"fcntl", CALLS_READ, 1, WORD, F_SETFD},
    {"fcntl", CALLS_READ, 1, WORD, F_GETFL},
    {"fcntl", CALLS_READ, 1, WORD, F_SETFL},
    {"fcntl", CALLS_READ, 1, WORD, F_DUPFD_CLOEXEC},
    {"fcntl64", CALLS_READ, 1, WORD, F_GETFD},
    {"fcntl64", CALLS_READ, 1, WORD, F_SETFD},
    {"fcntl64", CALLS_READ, 1, WORD, F_GETFL},
    {"fcntl64", CALLS_READ, 1, WORD, F_SETFL},
    {"fcntl64", CALLS_READ, 1, WORD, F_DUPFD_CLOEXEC},
    {"ioctl", CALLS_READ, 1, WORD, 0x5401}, /* TCGETS: isatty() */
    {"ioctl", CALLS_READ, 1, WORD, TIOCGWINSZ},
    {"ioctl", CALLS_LIVE, 1, WORD, FIONREAD},
    {"ioctl", CALLS_LIVE, 1, WORD, FIONBIO},
    {"ioctl", CALLS_LIVE, 1, WORD, SIOCGIFFLAGS}, /* libpcap, and whether an interface is there */
    {"ioctl", CALLS_LIVE, 1, WORD, SIOCGIFNAME},
    {"ioctl", CALLS_LIVE, 1, WORD, SIOCGIFINDEX},
    {"ioctl", CALLS_LIVE, 1, WORD, SIOCGIFHWADDR},
    {"bind", CALLS_LIVE, 2, UINT64_MAX, sizeof(struct sockaddr_ll)}, /* to one made anew */
    {"sendto", CALLS_LIVE, 4, UINT64_MAX, 0}, /* to whom the socket is connected */
    {"clone", CALLS_SANITIZE, 0, CLONE_UNTRACED, CLONE_UNTRACED}, /* LeakSanitizer's thread */
};

static bool leave(scmp_filter_ctx filter, const char *name, unsigned count,
                  const struct scmp_arg_cmp *argument)
{
    int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) {
        return true;
    }
    int result = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, count, argument);
    return result == 0 || result == -EDOM || result == -EEXIST;
}

static bool leave_all(scmp_filter_ctx filter, const char *const names[])
{
    bool done = true;
    for (size_t i = 0; names[i] != NULL; i++) {
        done = leave(filter, names[i], 0, NULL) && done;
    }
    return done;
}

static bool leave_conditions(scmp_filter_ctx filter, unsigned left)
{
    bool done = true;
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
        const struct condition *condition = &conditions[i];
        const struct scmp_arg_cmp argument = {condition->argument, SCMP_CMP_MASKED_EQ,
                                              condition->mask, condition->value};
        if ((condition->left & left) == condition->left) {
            done = leave(filter, condition->name, 1, &argument) && done;
        }
    }
    return done;
}

/* abort() sends itself a signal; nobody else gets any. */
static bool leave_abort(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp self = {0, SCMP_CMP_EQ, (uint64_t)getpid(), 0};
    return leave(filter, "tgkill", 1, &self);
}

bool calls_restrict(unsigned left)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (filter == NULL) {
        return false;
    }
    bool done = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
                leave_all(filter, reading) && leave_conditions(filter, left) && leave_abort(filter);
    if ((left & CALLS_LIVE) != 0) {
        done = leave_all(filter, living) && done;
    }
    if ((left & CALLS_CREATE) != 0) {
        done = leave_all(filter, creating) && done;
    }
    if ((left & CALLS_SANITIZE) != 0) {
        done = leave_all(filter, sanitizing) && done;
    }
    done = done && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return done;
}
