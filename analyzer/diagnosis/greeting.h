/* What the first bytes of a server that does not speak TLS tell of its protocol. */
#ifndef DIAGNOSIS_GREETING_H
#define DIAGNOSIS_GREETING_H

#include <stdbool.h>

/* "SSH", or two where the bytes leave it open: "SMTP or FTP". NULL where they do not tell, or
 * `said` is NULL. The text is constant. */
const char *greeting_protocol(const char *said);

/* Whether they are a record's header, though of a record or message that is none: then a peer that
 * does speak TLS broke the protocol. */
bool greeting_is_record(const char *said);

#endif
