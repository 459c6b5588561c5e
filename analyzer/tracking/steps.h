/* The table of handshake stages: who may say what when, and what everybody waits for then. It can
 * be held next to RFC 5246 (section 7.3) and RFC 8446 (section 2). */
#ifndef TRACKING_STEPS_H
#define TRACKING_STEPS_H

#include "tracking/facts.h"

/* What moves a handshake on: the type of a message in clear (enum handshake_type), or one of these.
 */
enum step_event {
    EVENT_CHANGE_CIPHER_SPEC = 256,
    EVENT_SEALED_FINISHED, /* an encrypted record that is a Finished, by its place or its size */
    EVENT_SEALED_FLIGHT,   /* TLS 1.3: an encrypted record of the server */
    EVENT_SERVER_HELLO_13, /* a ServerHello that selects TLS 1.3 */
    EVENT_HELLO_RETRY,
    EVENT_SSL2_SERVER_HELLO,
    EVENT_SSL2_CLIENT_KEY,
    EVENT_SSL2_ENCRYPTED
};

/* The stage after `event` from `from`. Where the stage does not expect it, *expected is false, and
 * the stage is the one that the event leads to elsewhere in the table if that is further on, else
 * unchanged: messages may be missing from the capture, and a peer may break the protocol. */
enum stage steps_next(enum stage stage, enum speaker from, unsigned event, bool *expected);

#endif
