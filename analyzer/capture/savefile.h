/* The bytes of a savefile: pcap, and pcapng with comments, as drafts of what is to be written.
 *
 * A format is a row. A savefile begins with its header; before the first packet of a link type
 * comes what declares it, if the format can hold several; pcap declares its only one in the header.
 * Times are in nanoseconds in both.
 *
 * pcapng is draft-ietf-opsawg-pcapng; pcap is draft-ietf-opsawg-pcap.
 */
#ifndef CAPTURE_SAVEFILE_H
#define CAPTURE_SAVEFILE_H

#include "capture/capture.h"
#include "capture/draft.h"

enum {
    SAVEFILE_LINKS = 16,     /* link types in one file: the dissectors know no more */
    SAVEFILE_COMMENT = 16384 /* bytes of a packet's comment: far more than is ever said of one */
};

struct savefile_format {
    bool comments; /* it has room for them */
    size_t links;  /* how many link types one file can hold */
    bool late;     /* the header needs the link type: it waits for the first packet */
    void (*begin)(struct draft *draft, int link);
    void (*declare)(struct draft *draft, int link); /* the next link type, counted from 0 */
    void (*packet)(struct draft *draft, uint32_t interface, const struct packet *packet,
                   const char *comment); /* NULL: none */
};

extern const struct savefile_format savefile_pcap, savefile_pcapng;

/* pcapng for a name that ends in .pcapng, else pcap. */
const struct savefile_format *savefile_by_name(const char *path);

#endif
