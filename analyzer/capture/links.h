/* The link types of one saved capture, where its packets may have several: for each, whether we
 * read it, and the filter that was compiled for it.
 *
 * Owned by whoever has it, until links_release(). A link type is met when the file first tells of
 * it, and its filter compiled then. Packets that we cannot read, or for which the filter does not
 * compile, are left out, counted, and told of at the end.
 */
#ifndef ANALYZER_CAPTURE_LINKS_H
#define ANALYZER_CAPTURE_LINKS_H

#include "capture/source.h"

/* Of one capture: we read 16, and each in two byte orders; the rest is for words. */
enum { LINKS_MOST = 64 };

struct link;

struct links {
    char *filter; /* owned; NULL lets everything through */
    struct link *at[LINKS_MOST];
    size_t count;
    struct link *latest; /* the last one that was asked for: mostly the next, too */
    uint64_t beyond;     /* packets of those that had no place */
};

/* `filter` as struct capture_options has it. False when memory is short. */
bool links_begin(struct links *links, const char *filter);

/* Meets a link type of the file, a LINKTYPE_ number or one of netmon.h, in the section's byte
 * order. */
void links_meet(struct links *links, int type, bool little);

/* Whether a packet goes on. It comes with the file's link type and gets libpcap's. */
bool links_pass(struct links *links, struct packet *packet, bool little);

/* The first that we read; NULL when there is none yet. */
const struct source *links_source(const struct links *links);

/* Why the first one is not read; "" when none was met. */
const char *links_reason(const struct links *links);

/* Puts what was left out, if anything was, behind what stands in `reason`. */
void links_tell(const struct links *links, char reason[SOURCE_REASON]);

/* A zeroed one is allowed. */
void links_release(struct links *links);

#endif
