/* What a saved capture and an interface have in common: libpcap's handle, a link type that we read,
 * a filter, and how a packet of it is handed out.
 *
 * Private to the rooms that include it: saved.c, links.c, interface.c, interfaces.c and capture.c,
 * the only ones that know libpcap's handles. Each owns its source until source_close().
 */
#ifndef ANALYZER_CAPTURE_SOURCE_H
#define ANALYZER_CAPTURE_SOURCE_H

#include "capture/capture.h"

#include <pcap/pcap.h>

/* Room for a reason, which stands behind the input's name in an error. */
enum { SOURCE_REASON = 480 };

struct source {
    pcap_t *pcap;
    struct bpf_program filter;
    bool filtered;
    int link;    /* DLT_ number */
    bool coarse; /* its times are microseconds: an interface that knows no better */
};

/* Whether its packets' link type is one that we read; keeps it, or fills `reason`. */
bool source_take_link(struct source *source, char reason[SOURCE_REASON]);

/* Compiles `filter` for its link type; NULL and "" let everything through. `netmask` is that of the
 * network, for who asks for broadcasts, or PCAP_NETMASK_UNKNOWN. On failure `reason` has libpcap's
 * words. */
bool source_compile(struct source *source, const char *filter, bpf_u_int32 netmask,
                    char reason[SOURCE_REASON]);

/* Whether its filter lets the packet through. */
bool source_passes(const struct source *source, const struct packet *packet);

/* Fills all of `packet` but its number. The bytes stay libpcap's. */
void source_fill(const struct source *source, struct packet *packet,
                 const struct pcap_pkthdr *header, const uint8_t *bytes);

/* A zeroed one is allowed. */
void source_close(struct source *source);

#endif
