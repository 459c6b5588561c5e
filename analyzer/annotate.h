/* The kept packets of a failed handshake on their way to -w's file, with the verdict as comments,
 * so that Wireshark's frame.comment says why: the verdict on the first packet, each piece of
 * evidence on its own.
 *
 * A line of a comment begins with "tlswhy: ". Evidence that is no packet's, or whose packet was not
 * kept, stands on the first packet, as does how many packets were not.
 */
#ifndef ANALYZER_ANNOTATE_H
#define ANALYZER_ANNOTATE_H

#include "capture/saver.h"
#include "diagnosis/diagnose.h"
#include "tracking/kept.h"

enum {
    ANNOTATE_TEXT = 8192 /* bytes of a comment: the verdict, its alternatives and all evidence on
                            one packet are some 4,000 */
};

/* Writes the packets; nothing where none were kept, which is counted. `now`: seconds since 1970,
 * for -G. */
void annotate_save(struct saver *saver, const struct kept *kept, const struct verdict *verdict,
                   int64_t now);

/* The comment of one packet; "" when there is nothing to say. Returns `text`. */
const char *annotate_comment(char text[ANNOTATE_TEXT], const struct kept *kept,
                             const struct kept_packet *packet, const struct verdict *verdict);

#endif
