/* Zeek's ssl_history: a letter for each message in the order of the wire, capital where the client
 * sent it. */
#ifndef REPORT_ZEEK_HISTORY_H
#define REPORT_ZEEK_HISTORY_H

#include "tracking/facts.h"

enum { ZEEK_HISTORY = 101 /* bytes with the NUL; Zeek, too, ends it behind 100 letters */ };

/* Writes it. As in Zeek it holds what can be read without keys, so that neither a Finished nor a
 * sealed alert has a letter, and it ends when the handshake is complete. */
void zeek_history(char text[ZEEK_HISTORY], const struct facts *facts);

#endif
