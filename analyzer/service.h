/* What a service manager is told: that the capture has begun, how it goes, that it is still alive,
 * that it ends. The protocol of systemd's sd_notify(3): datagrams to the socket that NOTIFY_SOCKET
 * names, without a library.
 *
 * Owns the socket until service_close(). Where nobody listens (started by hand, in replay), every
 * call does nothing. The socket is made and connected by service_open(), before the sandbox, in
 * which the rest works; nothing here ever waits or fails: a service manager that does not take a
 * message is no reason to stop.
 */
#ifndef ANALYZER_SERVICE_H
#define ANALYZER_SERVICE_H

#include <stdint.h>

enum {
    SERVICE_STATUS = 200 /* bytes of a status line that are sent; what is longer is cut */
};

struct service {
    int socket;       /* -1: nobody listens */
    int64_t interval; /* nanoseconds between two signs of life: half of what the manager waits, as
                         sd_watchdog_enabled(3) advises; 0: it does not ask for any */
    int64_t next;     /* when the next one is due */
};

/* Looks at NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. */
void service_open(struct service *service);

/* READY=1, once packets are captured: whoever waits for the start goes on. */
void service_ready(struct service *service, const char *status);

/* STATUS=, one line that `systemctl status` shows. */
void service_status(struct service *service, const char *status);

/* WATCHDOG=1 where it is due at `now`, in nanoseconds of the monotonic clock. To be called from the
 * loop that does the work, at least every second, so that a loop that hangs is restarted. */
void service_live(struct service *service, int64_t now);

/* STOPPING=1, as soon as the end begins: draining and the last reports are no failure to answer. */
void service_stop(struct service *service);

void service_close(struct service *service);

#endif
