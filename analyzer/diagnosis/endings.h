/* Endings: which event ended a handshake, how long that took and what was being waited for, in
 * words.
 *
 * An alert that answers the other side's bare close is a consequence and not the cause: here the
 * first event decides.
 */
#ifndef DIAGNOSIS_ENDINGS_H
#define DIAGNOSIS_ENDINGS_H

#include "diagnosis/signs.h"

enum { ENDINGS_TEXT = 16 };

/* As signs_ending(); but where an alert only says that the other side had closed before, that
 * close. */
struct ending endings_first(const struct facts *facts);

/* From the last thing that was said before `at` to `at`, in nanoseconds; 0 where nothing was said.
 */
int64_t endings_silence(const struct facts *facts, struct moment at);

/* "0.4 ms", "12 ms", "1.5 s", "75 s", "20 min". */
void endings_write_time(char text[ENDINGS_TEXT], int64_t nanoseconds);

/* "client", "server". */
const char *endings_speaker(enum speaker speaker);

/* What came in the ClientHello's place of a reply is a close, a reset or silence: the last
 * ClientHello, where the server said nothing at all behind it as far as the capture shows; else
 * NULL. */
const struct client_hello_facts *endings_unanswered_hello(const struct facts *facts);

#endif
