#define _DEFAULT_SOURCE /* libpcap's header: u_char and its like */

#include "capture/capture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <stdio.h>

/* A list in brackets, of which one word more is printed. */
static void print_word(FILE *out, size_t *words, const char *word)
{
    (void)fprintf(out, "%s%s", *words == 0 ? " [" : ", ", word);
    ++*words;
}

/* What tcpdump -D says of it. */
static void print_state(FILE *out, bpf_u_int32 flags)
{
    size_t words = 0;
    static const struct {
        bpf_u_int32 mask, value;
        const char *word;
    } states[] = {
        {PCAP_IF_UP, PCAP_IF_UP, "Up"},
        {PCAP_IF_RUNNING, PCAP_IF_RUNNING, "Running"},
        {PCAP_IF_LOOPBACK, PCAP_IF_LOOPBACK, "Loopback"},
        {PCAP_IF_WIRELESS, PCAP_IF_WIRELESS, "Wireless"},
        {PCAP_IF_CONNECTION_STATUS, PCAP_IF_CONNECTION_STATUS_CONNECTED, "Connected"},
        {PCAP_IF_CONNECTION_STATUS, PCAP_IF_CONNECTION_STATUS_DISCONNECTED, "Disconnected"},
    };
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if ((flags & states[i].mask) == states[i].value) {
            print_word(out, &words, states[i].word);
        }
    }
    (void)fprintf(out, words > 0 ? "]" : " [none]");
}

static void print_addresses(FILE *out, const pcap_addr_t *address)
{
    const char *before = " ";
    for (; address != NULL; address = address->next) {
        char text[INET6_ADDRSTRLEN] = "";
        const struct sockaddr *socket = address->addr;
        if (socket != NULL && socket->sa_family == AF_INET) {
            (void)inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)socket)->sin_addr,
                            text, sizeof text);
        } else if (socket != NULL && socket->sa_family == AF_INET6) {
            (void)inet_ntop(AF_INET6,
                            &((const struct sockaddr_in6 *)(const void *)socket)->sin6_addr, text,
                            sizeof text);
        }
        if (text[0] != '\0') {
            (void)fprintf(out, "%s%s", before, text);
            before = ", ";
        }
    }
}

bool capture_list_interfaces(FILE *out, char error[CAPTURE_ERROR])
{
    char words[PCAP_ERRBUF_SIZE] = "";
    pcap_if_t *first = NULL;
    error[0] = '\0';
    if (pcap_findalldevs(&first, words) != 0) {
        capture_complain(error, "-D", words);
        return false;
    }
    size_t number = 0;
    for (const pcap_if_t *device = first; device != NULL; device = device->next) {
        (void)fprintf(out, "%zu.%s", ++number, device->name);
        if (device->description != NULL) {
            (void)fprintf(out, " (%s)", device->description);
        }
        print_state(out, device->flags);
        print_addresses(out, device->addresses);
        (void)fputc('\n', out);
    }
    pcap_freealldevs(first);
    return true;
}
