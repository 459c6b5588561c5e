/* Scripts: the packets of one connection (or of another exchange), to be played again and again
 * with other addresses, ports, sequence numbers and times.
 *
 * A script is read from a sample, or made up for what is not TLS. It owns its packets until
 * script_free(). All packets are Ethernet; those of TCP and UDP are IPv4 without options.
 */
#ifndef BENCH_SCRIPT_H
#define BENCH_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SCRIPT_IP = 14,                    /* where IPv4 begins in a packet */
    SCRIPT_TRANSPORT = SCRIPT_IP + 20, /* where TCP or UDP begins */
    SCRIPT_SERIAL = 4, /* bytes of a certificate's serial number that are rewritten */
    SCRIPT_RANDOM = 28 /* bytes of a ClientHello's random that are rewritten */
};

struct script_packet {
    uint8_t *bytes;
    uint32_t length;
    uint32_t headers; /* the payload begins behind them */
    int64_t wait;     /* nanoseconds since the packet before */
    bool from_server;
    bool addressed; /* TCP or UDP over IPv4, so that there is something to rewrite */
    bool tcp;
    bool holds_random; /* begins with a ClientHello */
};

/* A byte of the script. */
struct script_place {
    size_t packet;
    uint32_t offset; /* in the packet; 0: nowhere */
};

struct script {
    struct script_packet *packet;
    size_t count, room;
    struct script_place
        serial[SCRIPT_SERIAL]; /* of the server's certificate, where it is in clear */
    size_t loop_from, loop_to; /* packets that a player may repeat; none where both are the same */
    uint32_t loop_bytes;       /* that the server sends in them */
};

/* Reads the one TCP connection in the capture at `path`. False, with the reason in `error`, where
 * it holds something else. */
bool script_read(struct script *script, const char *path, char *error, size_t error_size);

/* Ends the script with the packet that completes the ServerHello, cut behind it; false where there
 * is none, or only a HelloRetryRequest. */
bool script_cut_after_hellos(struct script *script);

/* Adds about half a megabyte of application data, which a player may repeat, between two records of
 * the server's; false where the script has no such place. */
bool script_add_bulk(struct script *script);

/* Add a packet of the script's own. Payload is `length` bytes that repeat `text`. */
void script_say_tcp(struct script *script, bool from_server, uint8_t flags, const char *text,
                    uint32_t length);
void script_say_udp(struct script *script, bool from_server, const char *text, uint32_t length);
void script_say_other(struct script *script, uint16_t ether_type, uint32_t length);

void script_free(struct script *script);

#endif
