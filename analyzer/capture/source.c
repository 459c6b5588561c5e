#define _DEFAULT_SOURCE /* libpcap's header: u_char and its like */

#include "capture/source.h"

#include "packet.h"

#include <stdio.h>

bool source_take_link(struct source *source, char reason[SOURCE_REASON])
{
    source->link = pcap_datalink(source->pcap);
    source->coarse = pcap_get_tstamp_precision(source->pcap) == PCAP_TSTAMP_PRECISION_MICRO;
    if (packet_link_known(source->link)) {
        return true;
    }
    const char *name = pcap_datalink_val_to_name(source->link);
    snprintf(reason, SOURCE_REASON, "link type %d (%s) is not supported", source->link,
             name != NULL ? name : "which libpcap does not know");
    return false;
}

bool source_compile(struct source *source, const char *filter, bpf_u_int32 netmask,
                    char reason[SOURCE_REASON])
{
    if (filter == NULL || filter[0] == '\0') {
        return true;
    }
    if (pcap_compile(source->pcap, &source->filter, filter, 1, netmask) != 0) {
        snprintf(reason, SOURCE_REASON, "filter '%.200s': %.250s", filter,
                 pcap_geterr(source->pcap));
        return false;
    }
    source->filtered = true;
    return true;
}

bool source_passes(const struct source *source, const struct packet *packet)
{
    if (!source->filtered) {
        return true;
    }
    struct pcap_pkthdr header = {.caplen = (bpf_u_int32)packet->bytes.left,
                                 .len = (bpf_u_int32)packet->length};
    return pcap_offline_filter(&source->filter, &header, packet->bytes.at) != 0;
}

/* Seconds and nanoseconds. A pcapng file may claim any moment of 64 bits, and a pcap file any part
 * of a second of 32: both are clamped. */
static int64_t nanoseconds(const struct timeval *time)
{
    const int64_t second = 1000000000;
    const int64_t last = INT64_MAX / second - 5;
    int64_t seconds = time->tv_sec;
    int64_t part = time->tv_usec;
    seconds = seconds > last ? last : seconds;
    seconds = seconds < -last ? -last : seconds;
    part = part < 0 ? 0 : part;
    part = part > UINT32_MAX ? UINT32_MAX : part;
    return seconds * second + part;
}

void source_fill(const struct source *source, struct packet *packet,
                 const struct pcap_pkthdr *header, const uint8_t *bytes)
{
    struct timeval time = header->ts;
    if (source->coarse) {
        time.tv_usec *= 1000;
    }
    packet->time = nanoseconds(&time);
    packet->link = source->link;
    packet->bytes = wire_over(bytes, header->caplen);
    packet->length = header->len > header->caplen ? header->len : header->caplen;
}

void source_close(struct source *source)
{
    if (source->filtered) {
        pcap_freecode(&source->filter);
        source->filtered = false;
    }
    if (source->pcap != NULL) {
        pcap_close(source->pcap);
        source->pcap = NULL;
    }
}
