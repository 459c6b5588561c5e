/* The yardstick: a loop over a capture with libpcap whose callback touches one byte of a packet.
 *
 *     floor FILE
 */
#define _DEFAULT_SOURCE /* libpcap's header: u_char and its like */

#include <pcap/pcap.h>
#include <stdio.h>

struct sum {
    unsigned long long packets, bytes;
};

static void touch(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
    struct sum *sum = (void *)user;
    sum->packets++;
    sum->bytes += header->caplen > 0 ? bytes[0] : 0;
}

int main(int argc, char **argv)
{
    char error[PCAP_ERRBUF_SIZE];
    struct sum sum = {0, 0};
    pcap_t *pcap = argc == 2 ? pcap_open_offline(argv[1], error) : NULL;
    if (pcap == NULL || pcap_loop(pcap, -1, touch, (void *)&sum) != 0) {
        (void)fprintf(stderr, "floor: %s\n", argc == 2 ? argv[1] : "usage: floor FILE");
        return 2;
    }
    (void)printf("%llu packets %llu\n", sum.packets, sum.bytes);
    pcap_close(pcap);
    return 0;
}
