/* From facts to reports: connections that have ended are judged, in the order in which they began,
 * and told of.
 *
 * A verdict that is not certain may still change with what later connections show of the same
 * server, so that failed ones wait until their capture ends (pending.h); at once, live, they are
 * judged with what is known so far. Owns what is known of servers, and the sessions that wait.
 */
#ifndef ANALYZER_JUDGEMENT_H
#define ANALYZER_JUDGEMENT_H

#include "capture/saver.h"
#include "options.h"
#include "report/reports.h"
#include "tracking/chain.h"
#include "tracking/session.h"

struct judgement;

/* All that is given stays the caller's, and must outlive it; `totals` are counted in. NULL: no
 * memory. */
struct judgement *judgement_new(const struct options *options, struct reports *reports,
                                struct chain_store *store, struct totals *totals);

/* From now on the packets of who failed go to `saver`, which stays the caller's; NULL: nowhere. */
void judgement_set_saver(struct judgement *judgement, struct saver *saver);

/* The sessions of one capture: `name` is what reports call it, `input` its number of `inputs`.
 * Returns false where there is no memory. What is behind judgement_end() was reported. `at_once`:
 * nothing waits. */
bool judgement_begin(struct judgement *judgement, const char *name, uint32_t input, size_t inputs,
                     bool at_once);
void judgement_end(struct judgement *judgement);

/* Takes a session whose facts are complete; it is given back here. */
void judgement_take(struct judgement *judgement, struct session *session);

/* Bytes of the sessions that wait; and reports the older half of them, to have room. */
size_t judgement_memory(const struct judgement *judgement);
void judgement_make_room(struct judgement *judgement);

/* True once -c's number of connections was reported. */
bool judgement_is_done(const struct judgement *judgement);

/* NULL is allowed. */
void judgement_free(struct judgement *judgement);

#endif
