/* One or several interfaces as one stream of packets, in the order of their times.
 *
 * Owned by struct capture. Each interface has its own ring. Where there are several, a packet is
 * given once no other ring can still show an earlier one, a few hundredths of a second later: the
 * two directions of a connection may take two interfaces.
 */
#ifndef ANALYZER_CAPTURE_INTERFACES_H
#define ANALYZER_CAPTURE_INTERFACES_H

#include "capture/source.h"

struct interfaces;

/* Opens them all or none; then `error` is a whole one, which names the interface. */
struct interfaces *interfaces_open(const char *const names[], size_t count,
                                   const struct capture_options *options,
                                   char error[CAPTURE_ERROR]);

/* As capture_next(); after FAILED, `error` is a whole one. Gives END after interfaces_stop(), when
 * all that was in the rings is given. */
enum capture_result interfaces_next(struct interfaces *interfaces, struct packet *packet,
                                    char error[CAPTURE_ERROR]);

/* A descriptor that also ends the waiting when it can be read; 0 for none. */
void interfaces_also_wait_for(struct interfaces *interfaces, int descriptor);

void interfaces_stop(struct interfaces *interfaces);

/* The next line of news, as capture_news(); false when there is none. */
bool interfaces_news(struct interfaces *interfaces, char news[CAPTURE_ERROR]);

/* Whether one of them is up. */
bool interfaces_are_up(const struct interfaces *interfaces);

void interfaces_count(struct interfaces *interfaces, struct capture_counts *counts);

/* What the first of them is. */
const struct source *interfaces_source(const struct interfaces *interfaces);

/* NULL is allowed. */
void interfaces_close(struct interfaces *interfaces);

#endif
