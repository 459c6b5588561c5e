/* The engine: one way through, from a packet to a report.
 *
 *     packet -> segment -> flow -> stream bytes -> record -> handshake message -> facts -> verdict
 * -> report
 *
 * engine.c is the sentence in C from packets to segments, connections.c up to the facts;
 * judgement.c has the rest of it.
 */
#ifndef ANALYZER_ENGINE_H
#define ANALYZER_ENGINE_H

#include "capture/capture.h"
#include "capture/saver.h"
#include "connections.h"
#include "options.h"
#include "report/reports.h"

struct engine;

/* One capture, as reports and the clock see it. */
struct engine_capture {
    const char *name; /* borrowed until the capture's end */
    uint32_t input;   /* its place among the command line's captures, from 0, */
    size_t inputs;    /* of so many */
    bool live;        /* an interface: verdicts at once, and within a second of the end */
};

/* An engine that reports to `reports`; both arguments must outlive it. NULL: no memory, or an
 * environment that does not do, told in `error`. */
struct engine *engine_new(const struct options *options, struct reports *reports, char *error,
                          size_t error_size);

/* The packets of handshakes that fail are kept, and go to `saver`, which stays the caller's; NULL:
 * nowhere. Before the first capture. */
void engine_set_saver(struct engine *engine, struct saver *saver);

/* The packets of one capture go between these two; connections do not go on from one capture to
 * the next. False where there is no memory. Behind the end everything was reported. */
bool engine_begin_capture(struct engine *engine, const struct engine_capture *capture);
void engine_end_capture(struct engine *engine);

enum { ENGINE_TOGETHER = 32 /* packets that may be taken together */ };

/* Takes the next packet, or up to ENGINE_TOGETHER of them, which is quicker. */
void engine_take(struct engine *engine, const struct packet *packet);
void engine_take_all(struct engine *engine, const struct packet *packets, size_t count);

/* Secrets that stand in the capture: before the packets that they open. */
void engine_take_secrets(struct engine *engine, struct wire text);

/* Live: nothing has come up to `now` (nanoseconds since 1970), so that what has been silent for
 * too long has. */
void engine_let_time_pass(struct engine *engine, int64_t now);

/* Live: so many packets were lost so far, by the kernel or the interface. */
void engine_note_drops(struct engine *engine, uint64_t dropped);

/* True once -c's number of connections was reported. */
bool engine_is_done(const struct engine *engine);

struct engine_load engine_load(const struct engine *engine);
const struct totals *engine_totals(const struct engine *engine);

/* NULL is allowed. */
void engine_free(struct engine *engine);

#endif
