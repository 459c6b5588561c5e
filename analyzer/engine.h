/* The engine: one way through, from a packet to a report.
 *
 *     packet -> segment -> flow -> stream bytes -> record -> handshake message -> facts -> verdict
 * -> report
 *
 * engine.c is this sentence in C, and the only room that knows every layer.
 */
#ifndef ANALYZER_ENGINE_H
#define ANALYZER_ENGINE_H

#include "capture/capture.h"
#include "options.h"
#include "report/report.h"

struct engine;

/* An engine that reports to `format`, as `report` says; `options` and `report` must outlive it.
 * NULL: no memory, or an environment that does not do, told in `error`. */
struct engine *engine_new(const struct options *options, const struct report_format *format,
                          const struct report_options *report, char *error, size_t error_size);

/* Reads a capture to its end, and reports what is in it; connections do not go on from one capture
 * to the next. `input` counts from 0. Returns what capture_next() said at last. `name`: how reports
 * call it. */
enum capture_result engine_replay(struct engine *engine, struct capture *capture, const char *name,
                                  uint32_t input, size_t inputs);

/* True once -c's number of connections was reported. */
bool engine_is_done(const struct engine *engine);

/* Ends the report. The totals stay until engine_free(). */
const struct totals *engine_end(struct engine *engine);
void engine_free(struct engine *engine);

#endif
