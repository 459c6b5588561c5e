#define _DEFAULT_SOURCE /* libpcap's header: u_char and its like; struct ifreq */

#include "capture/interface.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long a stopped interface whose counters say that packets are still in the ring is waited for:
 * longer than any delay of the kernel's timers on a busy machine. On "any" the counters never agree
 * where loopback's packets are among them, which the kernel counts twice. */
enum { PATIENCE_MS = 1000 };

/* ---- the system's own words about an interface ---- */

static void name_request(struct ifreq *request, const char *name)
{
    memset(request, 0, sizeof *request);
    memcpy(request->ifr_name, name, strnlen(name, sizeof request->ifr_name - 1));
}

/* The number of the interface that has this name now; 0 when there is none. */
static unsigned index_of(int descriptor, const char *name)
{
    struct ifreq request;
    name_request(&request, name);
    bool fits = strlen(name) < sizeof request.ifr_name;
    return fits && ioctl(descriptor, SIOCGIFINDEX, &request) == 0 ? (unsigned)request.ifr_ifindex
                                                                  : 0;
}

/* The name that the interface with this number has now, for it may be renamed; false when there is
 * none. */
static bool name_of(int descriptor, char name[IFNAMSIZ], unsigned index)
{
    struct ifreq request;
    name_request(&request, "");
    request.ifr_ifindex = (int)index;
    if (ioctl(descriptor, SIOCGIFNAME, &request) != 0) {
        return false;
    }
    memcpy(name, request.ifr_name, IFNAMSIZ);
    name[IFNAMSIZ - 1] = '\0';
    return true;
}

static short flags_of(int descriptor, const char *name)
{
    struct ifreq request;
    name_request(&request, name);
    return ioctl(descriptor, SIOCGIFFLAGS, &request) == 0 ? request.ifr_flags : 0;
}

/* Its ARPHRD_ number, upon which the link type hangs. */
static unsigned short hardware_of(int descriptor, const char *name)
{
    struct ifreq request;
    name_request(&request, name);
    return ioctl(descriptor, SIOCGIFHWADDR, &request) == 0 ? request.ifr_hwaddr.sa_family : 0;
}

/* ---- what the network card dropped ---- */

static void open_drop_files(struct interface *interface)
{
    static const char *const counters[INTERFACE_DROP_FILES] = {"rx_missed_errors",
                                                               "rx_fifo_errors"};
    for (size_t i = 0; i < INTERFACE_DROP_FILES; i++) {
        char path[INTERFACE_NAME + 64];
        snprintf(path, sizeof path, "/sys/class/net/%s/statistics/%s", interface->name,
                 counters[i]);
        bool plain = interface->index != 0 && strchr(interface->name, '/') == NULL;
        interface->drop_files[i] = plain ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    }
}

/* What the system has counted since it was started; less than before once the interface is gone. */
static uint64_t dropped_by_card(const struct interface *interface)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < INTERFACE_DROP_FILES; i++) {
        char text[32];
        ssize_t got = interface->drop_files[i] < 0
                          ? -1
                          : pread(interface->drop_files[i], text, sizeof text - 1, 0);
        text[got > 0 ? got : 0] = '\0';
        sum += strtoull(text, NULL, 10);
    }
    return sum;
}

void interface_count(struct interface *interface)
{
    struct pcap_stat stat;
    if (pcap_stats(interface->source.pcap, &stat) == 0) {
        interface->received += (uint32_t)(stat.ps_recv - interface->last.ps_recv);
        interface->dropped += (uint32_t)(stat.ps_drop - interface->last.ps_drop);
        interface->last = stat;
    }
}

void interface_count_card(struct interface *interface)
{
    uint64_t by_card = dropped_by_card(interface);
    if (by_card > interface->dropped_before) {
        interface->dropped_by_card = by_card - interface->dropped_before;
    }
}

/* ---- opening ---- */

/* Says why, in words that help; `status` is pcap_activate()'s. */
static void explain(const struct interface *interface, int status, char reason[SOURCE_REASON])
{
    const char *words = pcap_geterr(interface->source.pcap);
    switch (status) {
    case PCAP_ERROR_NO_SUCH_DEVICE:
        snprintf(reason, SOURCE_REASON, "no such interface; -D lists those that there are");
        break;
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        snprintf(reason, SOURCE_REASON,
                 "capturing takes the capability CAP_NET_RAW: run as root, or grant it once: "
                 "sudo setcap cap_net_raw+ep $(command -v tlswhy)");
        break;
    case PCAP_ERROR_IFACE_NOT_UP:
        snprintf(reason, SOURCE_REASON,
                 "the interface is down; to bring it up: sudo ip link set %s up", interface->name);
        break;
    default:
        snprintf(reason, SOURCE_REASON, "%.400s",
                 words[0] != '\0' ? words : pcap_statustostr(status));
        break;
    }
}

static bool activate(struct interface *interface, const struct capture_options *options,
                     char reason[SOURCE_REASON])
{
    char words[PCAP_ERRBUF_SIZE] = "";
    pcap_t *pcap = pcap_create(interface->name, words);
    if (pcap == NULL) {
        snprintf(reason, SOURCE_REASON, "%.400s", words);
        return false;
    }
    interface->source.pcap = pcap;
    (void)pcap_set_snaplen(pcap, (int)options->snap_length);
    (void)pcap_set_buffer_size(pcap, (int)options->buffer_kib * 1024);
    (void)pcap_set_immediate_mode(pcap, options->immediate);
    (void)pcap_set_timeout(pcap, interface->read_timeout_ms);
    (void)pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO); /* else microseconds */
    int status = pcap_activate(pcap);
    if (status < 0) { /* above 0 it is a warning */
        explain(interface, status, reason);
        return false;
    }
    if (pcap_setnonblock(pcap, 1, words) != 0) {
        snprintf(reason, SOURCE_REASON, "%.400s", words);
        return false;
    }
    interface->descriptor = pcap_get_selectable_fd(pcap);
    return true;
}

/* Sets the filter in the kernel. Without one it is still a program, which cuts packets at the snap
 * length before they take room in the ring. */
static bool set_filter(struct interface *interface, const char *filter, char reason[SOURCE_REASON])
{
    struct source *source = &interface->source;
    char words[PCAP_ERRBUF_SIZE];
    bpf_u_int32 network = 0;
    bpf_u_int32 netmask = PCAP_NETMASK_UNKNOWN;
    if (pcap_lookupnet(interface->name, &network, &netmask, words) != 0) {
        netmask = PCAP_NETMASK_UNKNOWN;
    }
    if (filter != NULL && filter[0] != '\0') {
        if (!source_compile(source, filter, netmask, reason)) {
            return false;
        }
    } else {
        source->filtered = pcap_compile(source->pcap, &source->filter, "", 1, netmask) == 0;
    }
    if (source->filtered && pcap_setfilter(source->pcap, &source->filter) != 0) {
        snprintf(reason, SOURCE_REASON, "filter: %.400s", pcap_geterr(source->pcap));
        return false;
    }
    return true;
}

/* Asks for packets to others, for as long as the socket lives; a pseudo-interface has none. libpcap
 * would do the same, and then open files of the system for each look at its statistics. */
static void listen_to_all(const struct interface *interface)
{
    struct packet_mreq membership = {.mr_ifindex = (int)interface->index,
                                     .mr_type = PACKET_MR_PROMISC};
    if (interface->promiscuous && interface->index != 0) {
        (void)setsockopt(interface->descriptor, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership,
                         sizeof membership);
    }
}

/* Loopback's packets pass the socket twice, on their way out and in, and libpcap passes over the
 * first. The kernel, asked to, does so before they take room in the ring and are counted. */
static void ignore_outgoing(const struct interface *interface)
{
    int yes = 1;
    if ((flags_of(interface->descriptor, interface->name) & IFF_LOOPBACK) != 0) {
        (void)setsockopt(interface->descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes,
                         sizeof yes); /* since Linux 4.20 */
    }
}

bool interface_open(struct interface *interface, const char *name,
                    const struct capture_options *options, int read_timeout_ms,
                    char reason[SOURCE_REASON])
{
    memset(interface, 0, sizeof *interface);
    interface->promiscuous = options->promiscuous;
    interface->read_timeout_ms = read_timeout_ms;
    interface->descriptor = -1;
    for (size_t i = 0; i < INTERFACE_DROP_FILES; i++) {
        interface->drop_files[i] = -1;
    }
    snprintf(interface->name, sizeof interface->name, "%s", name);
    if (strlen(name) >= sizeof interface->name) {
        snprintf(reason, SOURCE_REASON, "no such interface; -D lists those that there are");
        return false;
    }
    if (!activate(interface, options, reason) || !source_take_link(&interface->source, reason) ||
        !set_filter(interface, options->filter, reason)) {
        return false;
    }
    if (interface->descriptor < 0) {
        snprintf(reason, SOURCE_REASON, "cannot be waited for on this system");
        return false;
    }
    interface->index = index_of(interface->descriptor, name);
    interface->hardware = hardware_of(interface->descriptor, name);
    listen_to_all(interface);
    ignore_outgoing(interface);
    open_drop_files(interface);
    interface->dropped_before = dropped_by_card(interface);
    return true;
}

/* ---- reading ---- */

bool interface_read(struct interface *interface, char reason[SOURCE_REASON])
{
    struct pcap_pkthdr *header = NULL;
    const u_char *bytes = NULL;
    if (interface->holds || interface->ended) {
        return true;
    }
    int got = pcap_next_ex(interface->source.pcap, &header, &bytes);
    if (got == 1) {
        source_fill(&interface->source, &interface->packet, header, bytes);
        interface->captured++;
        interface->holds = true;
        return true;
    }
    if (got == 0) {
        return true;
    }
    /* libpcap asks by the name that it was given. Whether the interface is there, and perhaps has
     * another name by now, is ours to find out. */
    const char *words = pcap_geterr(interface->source.pcap);
    interface_look(interface, false);
    if (interface->state != INTERFACE_UP || strstr(words, "disappeared") != NULL ||
        strstr(words, "went down") != NULL) {
        return true;
    }
    snprintf(reason, SOURCE_REASON, "%.300s, after packet %llu", words,
             (unsigned long long)interface->captured);
    return false;
}

/* ---- coming and going ---- */

/* Binds the socket to the interface that has the name now. It keeps its ring and its filter. */
static bool rejoin_as(struct interface *interface, unsigned index)
{
    int descriptor = interface->descriptor;
    if (hardware_of(descriptor, interface->name) != interface->hardware) {
        return false; /* its packets would be of another link type */
    }
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)index};
    if (bind(descriptor, (const struct sockaddr *)&address, sizeof address) != 0) {
        return false;
    }
    interface->index = index;
    listen_to_all(interface);
    return true;
}

void interface_look(struct interface *interface, bool rejoin)
{
    if (interface->index == 0) {
        return;
    }
    char now_called[IFNAMSIZ];
    bool exists = name_of(interface->descriptor, now_called, interface->index);
    bool replaced = false;
    if (!exists && rejoin) {
        unsigned index = index_of(interface->descriptor, interface->name);
        replaced = index != 0 && rejoin_as(interface, index);
        exists = replaced && name_of(interface->descriptor, now_called, index);
    }
    bool up = exists && (flags_of(interface->descriptor, now_called) & IFF_UP) != 0;
    enum interface_state state = up ? INTERFACE_UP : exists ? INTERFACE_DOWN : INTERFACE_GONE;
    interface->news = interface->news || state != interface->state || replaced;
    interface->replaced = interface->replaced || replaced;
    interface->state = state;
}

/* ---- the end ---- */

void interface_stop(struct interface *interface, int64_t now)
{
    if (interface->stopping) {
        return;
    }
    /* libpcap's own filter would also be applied to what is in the ring; the socket's is not. */
    struct sock_filter nothing[] = {{BPF_RET | BPF_K, 0, 0, 0}};
    struct sock_fprog program = {1, nothing};
    (void)setsockopt(interface->descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
    interface->stopping = true;
    /* The kernel looks at a block each time its timeout has passed, and hands it over when it has
     * not changed blocks since the look before: two timeouts, and one for its timer's delay. */
    interface->settles_at = now + 3 * (int64_t)interface->read_timeout_ms;
}

bool interface_is_drained(struct interface *interface, int64_t now)
{
    if (!interface->stopping || now < interface->settles_at) {
        return false;
    }
    interface_count(interface);
    return interface->captured + interface->dropped >= interface->received ||
           now >= interface->settles_at + PATIENCE_MS;
}

void interface_close(struct interface *interface)
{
    for (size_t i = 0; i < INTERFACE_DROP_FILES && interface->name[0] != '\0'; i++) {
        if (interface->drop_files[i] >= 0) {
            (void)close(interface->drop_files[i]);
        }
    }
    source_close(&interface->source);
}
