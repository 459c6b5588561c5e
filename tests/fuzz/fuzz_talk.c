/* A few TCP connections in packets with sound headers, through the engine with every report: what
 * mutations of whole captures do not get to, since nearly all of them break a header.
 *
 * Input: turns of five bytes and the payload: flags, which connection and who speaks, how far the
 * sequence number jumps, and the payload's length (2). */
#include "engine.h"
#include "every_report.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINK_RAW = 12, HEADERS = 40, PAYLOAD_MOST = 4096, CONNECTIONS = 4 };
enum { FIN = 1, SYN = 2, RST = 4, BACK = 8, ACK = 16, CUT = 32, LATER = 64, FRAGMENT = 128 };
enum { FROM_SERVER = 1, ACKNOWLEDGES_ALL = 8 };

/* Sequence numbers by connection and side. */
struct talk {
    struct engine *engine;
    uint32_t next[CONNECTIONS][2];
    uint64_t number;
    int64_t time;
};

static void write_u16(uint8_t *at, unsigned number)
{
    at[0] = (uint8_t)(number >> 8);
    at[1] = (uint8_t)number;
}

static void write_u32(uint8_t *at, uint32_t number)
{
    write_u16(at, number >> 16);
    write_u16(at + 2, number & 0xffff);
}

static void write_headers(uint8_t *packet, const struct talk *talk, unsigned flags, unsigned who,
                          size_t payload)
{
    bool server = (who & FROM_SERVER) != 0;
    unsigned connection = who >> 1 & (CONNECTIONS - 1);
    unsigned port = 50000 + connection;
    memset(packet, 0, HEADERS);
    packet[0] = 0x45;
    write_u16(packet + 2, (unsigned)(HEADERS + payload));
    write_u16(packet + 4, (unsigned)talk->number);
    packet[8] = server ? 60 : 64;
    packet[9] = 6;
    packet[15] = server ? 1 : 2;
    packet[19] = server ? 2 : 1;
    write_u16(packet + 20, server ? 443 : port);
    write_u16(packet + 22, server ? port : 443);
    write_u32(packet + 24, talk->next[connection][server]);
    if ((flags & ACK) != 0) {
        write_u32(packet + 28, talk->next[connection][!server] - ((who & ACKNOWLEDGES_ALL) == 0));
    }
    packet[32] = 5 << 4;
    packet[33] = (uint8_t)(flags & (FIN | SYN | RST | ACK));
    write_u16(packet + 34, 64);
}

/* Hands a packet over, in two pieces where it is a fragment. */
static void hand_over(struct talk *talk, uint8_t *packet, size_t length, unsigned flags)
{
    size_t first = (flags & FRAGMENT) != 0 && length > HEADERS + 8 ? 20 + 24 : length;
    struct packet whole = {.bytes = wire_over(packet, (flags & CUT) != 0 ? first / 2 + 20 : first),
                           .length = first,
                           .link = LINK_RAW,
                           .number = ++talk->number,
                           .time = talk->time};
    if (first < length) {
        write_u16(packet + 2, (unsigned)first);
        packet[6] = 0x20;
    }
    if (whole.bytes.left > whole.length) {
        whole.bytes = wire_over(packet, whole.length);
    }
    engine_take(talk->engine, &whole);
    if (first < length) {
        uint8_t *rest = packet + first - 20;
        memmove(rest, packet, 20);
        write_u16(rest + 2, (unsigned)(length - first + 20));
        write_u16(rest + 6, (unsigned)(first - 20) / 8);
        whole.bytes = wire_over(rest, length - first + 20);
        whole.length = whole.bytes.left;
        whole.number = ++talk->number;
        engine_take(talk->engine, &whole);
    }
}

static void turn(struct talk *talk, struct wire *input)
{
    uint8_t packet[HEADERS + PAYLOAD_MOST];
    unsigned flags = wire_u8(input);
    unsigned who = wire_u8(input);
    uint32_t jump = wire_u8(input);
    struct wire payload = wire_take_most(input, wire_u16(input) % PAYLOAD_MOST);
    uint32_t *next = &talk->next[who >> 1 & (CONNECTIONS - 1)][who & FROM_SERVER];
    *next += (flags & BACK) != 0 ? 0U - jump : jump;
    if (payload.left > 0) {
        memcpy(packet + HEADERS, payload.at, payload.left);
    }
    talk->time += (flags & LATER) != 0 ? 20000000000 : 300000;
    write_headers(packet, talk, flags, who, payload.left);
    *next += (uint32_t)payload.left + ((flags & (SYN | FIN)) != 0);
    hand_over(talk, packet, HEADERS + payload.left, flags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct options options = {
        .authorities = TLSWHY_ROOTS, .tls_ports = {443}, .tls_port_count = 1};
    static struct reports reports;
    static struct engine *engine;
    struct engine_capture what = {.name = "fuzz", .inputs = 1};
    struct wire input = wire_over(data, size);
    char error[256];
    open_every_report(&reports);
    if (engine == NULL) {
        engine = engine_new(&options, &reports, error, sizeof error);
    }
    what.live = (wire_u8(&input) & 1) != 0;
    if (engine == NULL || !engine_begin_capture(engine, &what)) {
        abort();
    }
    struct talk talk = {.engine = engine, .time = 1700000000000000000};
    while (input.left > 5) {
        turn(&talk, &input);
    }
    engine_end_capture(engine);
    reports_end(&reports, engine_totals(engine));
    return 0;
}
