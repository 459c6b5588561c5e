/* What stands behind an option, read: numbers, times, ports, one word of several. */
#ifndef ANALYZER_OPTIONS_VALUES_H
#define ANALYZER_OPTIONS_VALUES_H

#include "options.h"

/* A number without sign, in decimal digits, of `least` to `most`. */
bool value_number(uint64_t *number, const char *text, uint64_t least, uint64_t most);

/* A size in MiB, or with the suffix K, M or G (also KiB, MB ...: 1,024 is meant); in bytes. */
bool value_size(uint64_t *bytes, const char *text);

/* A time at which certificates are judged: "now", "packet" (0), or in UTC "2026-11-21",
 * "2026-11-21T20:41:00Z"; seconds since 1970. */
bool value_time(int64_t *seconds, const char *text);

/* Adds ports with commas between, each once. False: not a list of ports. `full`: they do not fit.
 */
bool value_ports(struct options *options, bool *full, const char *list);

/* Which of `count` names this is; false: none. */
bool value_choice(size_t *choice, const char *word, const char *const names[], size_t count);

#endif
