/* sigset_t is POSIX', signalfd() is Linux'. */
#define _GNU_SOURCE

#include "signals.h"

#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

int signals_open(void)
{
    static const int wanted[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
    sigset_t set;
    (void)sigemptyset(&set);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        (void)sigaddset(&set, wanted[i]);
    }
    int descriptor = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (descriptor >= 0) {
        (void)sigprocmask(SIG_BLOCK, &set, NULL);
    }
    return descriptor;
}

int signals_next(int descriptor)
{
    struct signalfd_siginfo signal;
    return read(descriptor, &signal, sizeof signal) == (ssize_t)sizeof signal
               ? (int)signal.ssi_signo
               : 0;
}
