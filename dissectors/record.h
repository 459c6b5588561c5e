/* Records: SSL 3.0 to TLS 1.3 (RFC 8446, section 5; RFC 5246, section 6.2), the SSLv2 records that
 * a CLIENT-HELLO comes in, and the bodies of alerts and change_cipher_specs. */
#ifndef DISSECTORS_RECORD_H
#define DISSECTORS_RECORD_H

#include "framing.h"
#include "wire.h"

enum record_type {
    RECORD_CHANGE_CIPHER_SPEC = 20,
    RECORD_ALERT = 21,
    RECORD_HANDSHAKE = 22,
    RECORD_APPLICATION_DATA = 23,
    RECORD_HEARTBEAT = 24
};

enum {
    RECORD_HEADER = 5,         /* bytes: type, version, length */
    RECORD_LENGTH_MAX = 18432, /* 2^14 + 2048, the most that any version allows (RFC 5246, 6.2.3) */
    SSLV2_RECORD_LENGTH_MAX = 32767
};

struct record {
    uint8_t type; /* enum record_type */
    uint16_t version;
    uint16_t length;  /* of the body, in bytes */
    struct wire body; /* whole where framing said so; else what is there of it */
};

/* Takes the next record from `bytes`. The header must be plausible: a known type, a version of
 * 3.0 to 3.4 (or, for alerts, 0.0: some servers write it before they know better), a length within
 * bounds, and no empty handshake or alert record; else FRAMING_NONE. With FRAMING_PARTIAL the
 * fields that can be known are set (all but a whole body as soon as the header's 5 bytes are there;
 * length is 0 before) and nothing is taken. */
enum framing record_frame(struct record *record, struct wire *bytes);

/* Whether `bytes` can be the beginning of a TLS connection's first record: PARTIAL while fewer
 * bytes are there than it takes to tell and they fit, WHOLE when they tell (a handshake record
 * whose first message is a client_hello, or server_hello when `server`; from the server also an
 * alert), NONE when not. Takes nothing. Reads at most 11 bytes. */
enum framing record_begins_tls(struct wire bytes, bool server);

/* The SSLv2 record that begins with a CLIENT-HELLO of version 2.0 to 3.x (RFC 5246, appendix E.2;
 * "The SSL Protocol", 1995) or, when `server`, a SERVER-HELLO. FRAMING_WHOLE: `message` is the
 * record's body, beginning with its message type, and the record was taken; FRAMING_PARTIAL:
 * `message` is what is there of it. Cautious: lengths must add up. */
enum framing record_frame_sslv2(struct wire *message, struct wire *bytes, bool server);

struct alert {
    uint8_t level; /* 1 warning, 2 fatal */
    uint8_t description;
};

/* Reads an alert record's body in clear (RFC 8446, section 6); false when it is not exactly 2 bytes
 * with a level of 1 or 2, as it is when encrypted. */
bool record_alert(struct alert *alert, struct wire body);

/* A change_cipher_spec body: exactly one byte of 1 (RFC 5246, section 7.1). */
bool record_change_cipher_spec(struct wire body);

#endif
