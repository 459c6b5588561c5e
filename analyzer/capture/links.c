#define _POSIX_C_SOURCE 200809L /* fmemopen(), strdup() */
#define _DEFAULT_SOURCE         /* libpcap's header: u_char and its like */

#include "capture/links.h"

#include "capture/classic.h"
#include "capture/netmon.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct link {
    int type;
    bool little;
    bool readable;
    struct source source;
    uint64_t left_out;
    char reason[SOURCE_REASON]; /* why it is not readable */
    uint8_t header[CLASSIC_FILE_HEADER];
};

bool links_begin(struct links *links, const char *filter)
{
    *links = (struct links){0};
    if (filter == NULL || filter[0] == '\0') {
        return true;
    }
    links->filter = strdup(filter);
    return links->filter != NULL;
}

static void put_u32(uint8_t *to, bool little, uint32_t number)
{
    for (size_t i = 0; i < 4; i++) {
        to[little ? i : 3 - i] = (uint8_t)(number >> 8 * i);
    }
}

/* A handle of libpcap as for a pcap file of this link type without packets: it knows what the
 * number means, and in which byte order the headers are that are written in the capturer's. */
static bool open_handle(struct link *link)
{
    char words[PCAP_ERRBUF_SIZE] = "out of memory";
    put_u32(link->header, link->little, 0xa1b2c3d4);
    put_u32(link->header + 4, link->little, link->little ? 4U << 16 | 2 : 2U << 16 | 4);
    put_u32(link->header + 16, link->little, CAPTURE_SNAP_LENGTH);
    put_u32(link->header + 20, link->little, (uint32_t)link->type);
    FILE *stream = fmemopen(link->header, sizeof link->header, "r");
    if (stream != NULL) {
        link->source.pcap =
            pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, words);
    }
    if (stream != NULL && link->source.pcap == NULL) {
        (void)fclose(stream);
    }
    if (link->source.pcap == NULL) {
        (void)snprintf(link->reason, sizeof link->reason, "link type %d: %s", link->type, words);
    }
    return link->source.pcap != NULL;
}

static bool make_readable(struct link *link, const char *filter)
{
    if (link->type >= NETMON_MEDIA) {
        (void)snprintf(link->reason, sizeof link->reason, "media type %d is not supported",
                       link->type - NETMON_MEDIA);
        return false;
    }
    return open_handle(link) && source_take_link(&link->source, link->reason) &&
           source_compile(&link->source, filter, PCAP_NETMASK_UNKNOWN, link->reason);
}

/* NULL where there is no room for it. */
static struct link *add(struct links *links, int type, bool little)
{
    struct link *link = links->count < LINKS_MOST ? calloc(1, sizeof *link) : NULL;
    if (link != NULL) {
        link->type = type;
        link->little = little;
        link->readable = make_readable(link, links->filter);
        links->at[links->count++] = link;
    }
    return link;
}

static struct link *find(struct links *links, int type, bool little)
{
    struct link *latest = links->latest;
    if (latest != NULL && latest->type == type && latest->little == little) {
        return latest;
    }
    latest = NULL;
    for (size_t i = 0; i < links->count && latest == NULL; i++) {
        if (links->at[i]->type == type && links->at[i]->little == little) {
            latest = links->at[i];
        }
    }
    links->latest = latest != NULL ? latest : add(links, type, little);
    return links->latest;
}

void links_meet(struct links *links, int type, bool little)
{
    (void)find(links, type, little);
}

bool links_pass(struct links *links, struct packet *packet, bool little)
{
    struct link *link = find(links, packet->link, little);
    if (link == NULL) {
        links->beyond++;
        return false;
    }
    if (!link->readable) {
        link->left_out++;
        return false;
    }
    packet->link = link->source.link;
    return source_passes(&link->source, packet);
}

const struct source *links_source(const struct links *links)
{
    for (size_t i = 0; i < links->count; i++) {
        if (links->at[i]->readable) {
            return &links->at[i]->source;
        }
    }
    return NULL;
}

const char *links_reason(const struct links *links)
{
    return links->count > 0 ? links->at[0]->reason : "";
}

/* One more of them; what is too long is cut. */
static void tell(char reason[SOURCE_REASON], uint64_t count, const char *why)
{
    size_t length = strlen(reason);
    (void)snprintf(reason + length, SOURCE_REASON - length, "%s%" PRIu64 " packet%s left out: %s",
                   length > 0 ? "; " : "", count, count == 1 ? "" : "s", why);
}

void links_tell(const struct links *links, char reason[SOURCE_REASON])
{
    for (size_t i = 0; i < links->count; i++) {
        if (links->at[i]->left_out > 0) {
            tell(reason, links->at[i]->left_out, links->at[i]->reason);
        }
    }
    if (links->beyond > 0) {
        tell(reason, links->beyond, "no room for more link types");
    }
}

void links_release(struct links *links)
{
    for (size_t i = 0; i < links->count; i++) {
        source_close(&links->at[i]->source);
        free(links->at[i]);
    }
    free(links->filter);
    *links = (struct links){0};
}
