/* --metrics: an HTTP server for Prometheus, of two pages: /metrics and /healthz.
 *
 * It has no thread of its own: whoever waits for packets waits for metrics_fd(), too, and calls
 * metrics_serve() when it is readable and at least once a second, so that clients who say nothing
 * are let go. It opens no socket after metrics_open() but those of its clients. What clients can
 * take is bounded: METRICS_CLIENTS connections, each with METRICS_REQUEST bytes for a request and
 * METRICS_PATIENCE seconds to send it.
 */
#ifndef ANALYZER_METRICS_H
#define ANALYZER_METRICS_H

#include "metrics_page.h"

enum {
    METRICS_CLIENTS = 16,   /* some Prometheus servers and somebody who looks */
    METRICS_REQUEST = 8192, /* bytes of a request's head and of the answer's; a browser's has some
                               1,000 */
    METRICS_PATIENCE = 10,  /* seconds; Prometheus' own timeout */
    METRICS_ADDRESS = 64,
    METRICS_ERROR = 320
};

struct metrics;

/* Listens on `address`: PORT or :PORT on loopback, 192.0.2.1:PORT, [2001:db8::1]:PORT or
 * localhost:PORT; port 0 is any that is free. NULL, with one line in `error`, when that is not
 * possible. */
struct metrics *metrics_open(const char *address, char error[METRICS_ERROR]);

/* Where it listens, as text: "127.0.0.1:9469". */
const char *metrics_address(const struct metrics *metrics);

/* Readable when a client wants something. */
int metrics_fd(const struct metrics *metrics);

/* Answers whoever asked, with these figures. */
void metrics_serve(struct metrics *metrics, const struct metrics_figures *figures);

/* NULL is allowed. */
void metrics_close(struct metrics *metrics);

#endif
