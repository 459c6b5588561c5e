/* Signals as something to be read between packets, and not as something that happens at any time:
 * by signalfd(2).
 */
#ifndef ANALYZER_SIGNALS_H
#define ANALYZER_SIGNALS_H

/* Blocks SIGINT, SIGTERM, SIGHUP and SIGUSR1 and returns a descriptor that can be read when one of
 * them is there; -1 where the system has none. The caller closes it. */
int signals_open(void);

/* The number of the next signal, 0: none. */
int signals_next(int descriptor);

#endif
