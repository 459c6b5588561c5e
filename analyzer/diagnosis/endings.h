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

/* Who sent the reset in `by`'s name, as far as its TTL and what came behind it show. */
enum reset_origin {
    RESET_FITS,   /* nothing speaks against that side */
    RESET_DOUBTS, /* its TTL is another one, though a host may have one of its own for resets; or it
                     came sooner than the SYN-ACK */
    RESET_FOREIGN /* it came another way, or that side went on as if it knew nothing */
};

enum reset_origin endings_reset_origin(const struct facts *facts, enum speaker by);

/* Whether its TTL is none of those that the side's other packets came with. */
bool endings_reset_ttl_differs(const struct transport_side *side);

/* Whether the server's reset came in less than half the time that its SYN-ACK took. */
bool endings_reset_too_soon(const struct facts *facts);

/* "client", "server". */
const char *endings_speaker(enum speaker speaker);

/* What came in the ClientHello's place of a reply is a close, a reset or silence: the last
 * ClientHello, where the server said nothing at all behind it as far as the capture shows; else
 * NULL. */
const struct client_hello_facts *endings_unanswered_hello(const struct facts *facts);

#endif
