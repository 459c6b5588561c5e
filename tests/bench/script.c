#define _DEFAULT_SOURCE /* libpcap's header: u_char and its like */

#include "script.h"

#include "packet.h"
#include "wire.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ETHERNET = 1, RECORD_HEADER = 5, MESSAGE_HEADER = 4, HELLO_RANDOM = 11 };

static void die(const char *what)
{
    (void)fprintf(stderr, "generate: %s\n", what);
    exit(3);
}

/* Adds a packet of `length` bytes, all of them zero where `bytes` is NULL, at `place`. */
static struct script_packet *add(struct script *script, size_t place, const uint8_t *bytes,
                                 uint32_t length)
{
    if (script->count == script->room) {
        script->room = script->room == 0 ? 32 : script->room * 2;
        script->packet = realloc(script->packet, script->room * sizeof *script->packet);
    }
    uint8_t *copy = calloc(1, length);
    if (script->packet == NULL || copy == NULL) {
        die("out of memory");
    }
    if (bytes != NULL) {
        memcpy(copy, bytes, length);
    }
    struct script_packet *packet = &script->packet[place];
    memmove(packet + 1, packet, (script->count - place) * sizeof *packet);
    script->count++;
    *packet = (struct script_packet){.bytes = copy, .length = length};
    return packet;
}

void script_free(struct script *script)
{
    for (size_t i = 0; i < script->count; i++) {
        free(script->packet[i].bytes);
    }
    free(script->packet);
    *script = (struct script){0};
}

static uint32_t number_at(const struct script_packet *packet, uint32_t offset)
{
    struct wire bytes = wire_over(packet->bytes, packet->length);
    wire_skip(&bytes, offset);
    return wire_u32(&bytes);
}

static void write_number(struct script_packet *packet, uint32_t offset, uint32_t number)
{
    for (uint32_t i = 0; i < 4; i++) {
        packet->bytes[offset + i] = (uint8_t)(number >> (24 - 8 * i));
    }
}

static uint32_t sequence_of(const struct script_packet *packet)
{
    return number_at(packet, SCRIPT_TRANSPORT + 4);
}

static uint32_t payload_of(const struct script_packet *packet)
{
    return packet->length - packet->headers;
}

static uint8_t flags_of(const struct script_packet *packet)
{
    return packet->bytes[SCRIPT_TRANSPORT + 13];
}

/* ---- from a sample ---- */

/* Whether the segment fits what can be rewritten, and is of the connection of those before it. */
static bool fits(const struct segment *segment, const struct segment *first,
                 const struct pcap_pkthdr *header, const u_char *bytes)
{
    bool there = segment->from_port == first->from_port && segment->to_port == first->to_port;
    bool back = segment->from_port == first->to_port && segment->to_port == first->from_port;
    return header->caplen >= header->len && header->caplen >= SCRIPT_TRANSPORT + 20 &&
           segment->from.version == 4 && bytes[12] == 8 && bytes[13] == 0 &&
           bytes[SCRIPT_IP] == 0x45 && (there || back);
}

static void keep(struct script *script, const struct segment *segment, const struct segment *first,
                 const u_char *bytes)
{
    uint32_t headers = SCRIPT_TRANSPORT + (uint32_t)(bytes[SCRIPT_TRANSPORT + 12] >> 4) * 4;
    uint32_t length = headers + segment->payload_length;
    struct script_packet *packet = add(script, script->count, bytes, length);
    packet->headers = headers;
    packet->addressed = true;
    packet->tcp = true;
    packet->from_server = segment->from_port != first->from_port;
    struct wire payload = segment->payload;
    packet->holds_random = !packet->from_server && payload.left > HELLO_RANDOM &&
                           wire_peek(&payload, 0) == 22 && wire_peek(&payload, 1) == 3 &&
                           wire_peek(&payload, RECORD_HEADER) == 1;
}

/* Finds the serial number of the server's first certificate: looks for the Certificate message at
 * the beginning of a record, in what the server sent in order. */
static void find_serial(struct script *script)
{
    enum { BEFORE_SERIAL = RECORD_HEADER + MESSAGE_HEADER + 3 + 3 + 4 + 4 + 5 + 2 };
    uint32_t next = 0; /* offset in the server's bytes at which the next record begins */
    uint32_t serial = 0;
    uint32_t passed = 0;
    for (size_t i = 0; i < script->count; i++) {
        const struct script_packet *packet = &script->packet[i];
        if (!packet->from_server) {
            continue;
        }
        while (serial == 0 && next >= passed &&
               next + BEFORE_SERIAL < passed + payload_of(packet)) {
            const uint8_t *at = packet->bytes + packet->headers + (next - passed);
            if (at[0] != 22 || at[1] != 3) {
                return;
            }
            /* The certificate's two sequences have lengths of two bytes, and its version comes
             * first; the serial number must be long enough. */
            bool certificate = at[5] == 11 && at[15] == 0x30 && at[23] == 0xa0 &&
                               at[BEFORE_SERIAL - 2] == 2 &&
                               at[BEFORE_SERIAL - 1] >= 3 + SCRIPT_SERIAL;
            serial = certificate ? next + BEFORE_SERIAL + 3 : 0;
            next += RECORD_HEADER + (uint32_t)(at[3] << 8 | at[4]);
        }
        for (uint32_t k = 0; k < SCRIPT_SERIAL && serial != 0; k++) {
            if (serial + k >= passed && serial + k < passed + payload_of(packet)) {
                uint32_t offset = packet->headers + serial + k - passed;
                script->serial[k] = (struct script_place){i, offset};
            }
        }
        passed += payload_of(packet);
    }
}

static bool read_packets(struct script *script, pcap_t *pcap)
{
    struct pcap_pkthdr *header = NULL;
    const u_char *bytes = NULL;
    struct segment first = {0};
    int64_t before = 0;
    while (pcap_next_ex(pcap, &header, &bytes) == 1) {
        struct segment segment;
        struct wire captured = wire_over(bytes, header->caplen);
        if (packet_dissect(&segment, ETHERNET, captured, header->len) != PACKET_TCP) {
            continue;
        }
        int64_t time = header->ts.tv_sec * 1000000000LL + header->ts.tv_usec * 1000LL;
        if (script->count == 0) {
            first = segment;
            before = time;
        }
        if (!fits(&segment, &first, header, bytes)) {
            return false;
        }
        keep(script, &segment, &first, bytes);
        script->packet[script->count - 1].wait = time > before ? time - before : 0;
        before = time;
    }
    return script->count > 0 && (flags_of(&script->packet[0]) & SEGMENT_SYN) != 0;
}

bool script_read(struct script *script, const char *path, char *error, size_t error_size)
{
    char words[PCAP_ERRBUF_SIZE];
    *script = (struct script){0};
    pcap_t *pcap = pcap_open_offline(path, words);
    if (pcap == NULL) {
        (void)snprintf(error, error_size, "%s: %s", path, words);
        return false;
    }
    bool read = pcap_datalink(pcap) == ETHERNET && read_packets(script, pcap);
    pcap_close(pcap);
    if (!read) {
        (void)snprintf(error, error_size, "%s: not one connection over IPv4 and Ethernet", path);
        script_free(script);
        return false;
    }
    find_serial(script);
    return true;
}

/* ---- changes ---- */

static void set_length(struct script_packet *packet, uint32_t length)
{
    packet->length = length;
    packet->bytes[SCRIPT_IP + 2] = (uint8_t)((length - SCRIPT_IP) >> 8);
    packet->bytes[SCRIPT_IP + 3] = (uint8_t)(length - SCRIPT_IP);
}

bool script_cut_after_hellos(struct script *script)
{
    static const uint8_t retry[4] = {0xcf, 0x21, 0xad, 0x74}; /* RFC 8446, section 4.1.3 */
    for (size_t i = 0; i < script->count; i++) {
        struct script_packet *packet = &script->packet[i];
        if (!packet->from_server || payload_of(packet) == 0) {
            continue;
        }
        if (payload_of(packet) < 64) {
            return false;
        }
        const uint8_t *at = packet->bytes + packet->headers;
        uint32_t record = RECORD_HEADER + (uint32_t)(at[3] << 8 | at[4]);
        if (at[0] != 22 || at[5] != 2 || record > payload_of(packet) ||
            memcmp(at + HELLO_RANDOM, retry, sizeof retry) == 0) {
            return false;
        }
        set_length(packet, packet->headers + record);
        for (size_t k = i + 1; k < script->count; k++) {
            free(script->packet[k].bytes);
        }
        script->count = i + 1;
        memset(script->serial, 0, sizeof script->serial);
        return true;
    }
    return false;
}

/* The last packet but one of the server's that ends where a record ends, before anybody closes: the
 * very last may hold a close_notify. `count` where there is none. */
static size_t find_hinge(const struct script *script)
{
    uint32_t next = 0;
    uint32_t passed = 0;
    size_t last = script->count;
    size_t before = script->count;
    for (size_t i = 0; i < script->count; i++) {
        const struct script_packet *packet = &script->packet[i];
        if ((flags_of(packet) & (SEGMENT_FIN | SEGMENT_RST)) != 0) {
            break;
        }
        if (!packet->from_server || payload_of(packet) == 0) {
            continue;
        }
        uint32_t end = passed + payload_of(packet);
        uint8_t type = 0;
        while (next >= passed && next + RECORD_HEADER <= end) {
            const uint8_t *at = packet->bytes + packet->headers + (next - passed);
            type = at[0];
            next += RECORD_HEADER + (uint32_t)(at[3] << 8 | at[4]);
        }
        passed = end;
        if (next == end && type == 23) {
            before = last == script->count ? i : last;
            last = i;
        }
    }
    return before;
}

/* Records of application data, of the sizes that servers write: 525 KB in all. */
static uint8_t *bulk_records(uint32_t *length)
{
    enum { RECORDS = 40 };
    uint8_t *bytes = malloc(RECORDS * (16401 + RECORD_HEADER));
    if (bytes == NULL) {
        die("out of memory");
    }
    *length = 0;
    for (uint32_t i = 0; i < RECORDS; i++) {
        uint32_t size = i % 8 == 7 ? 1386 : i % 8 == 3 ? 4113 : 16401;
        uint8_t *record = bytes + *length;
        const uint8_t head[] = {23, 3, 3, (uint8_t)(size >> 8), (uint8_t)size};
        memcpy(record, head, sizeof head);
        for (uint32_t k = 0; k < size; k++) {
            record[RECORD_HEADER + k] = (uint8_t)((k * 2654435761U + i * 40503U) >> 13);
        }
        *length += RECORD_HEADER + size;
    }
    return bytes;
}

bool script_add_bulk(struct script *script)
{
    enum { SEGMENT = 1448, EVERY = 2 /* segments are acknowledged together */ };
    size_t hinge = find_hinge(script);
    if (hinge >= script->count) {
        return false;
    }
    uint32_t length = 0;
    uint8_t *records = bulk_records(&length);
    const struct script_packet model = script->packet[hinge];
    uint32_t sequence = sequence_of(&model) + payload_of(&model);
    size_t place = hinge + 1;
    script->loop_from = place;
    for (uint32_t sent = 0, i = 1; sent < length; i++) {
        uint32_t size = length - sent < SEGMENT ? length - sent : SEGMENT;
        struct script_packet *packet = add(script, place++, NULL, model.headers + size);
        memcpy(packet->bytes, model.bytes, model.headers);
        memcpy(packet->bytes + model.headers, records + sent, size);
        packet->headers = model.headers;
        packet->addressed = packet->tcp = packet->from_server = true;
        set_length(packet, packet->length);
        write_number(packet, SCRIPT_TRANSPORT + 4, sequence + sent);
        sent += size;
        if (i % EVERY == 0 || sent == length) {
            struct script_packet *answer = add(script, place++, NULL, SCRIPT_TRANSPORT + 20);
            memcpy(answer->bytes, model.bytes, SCRIPT_TRANSPORT + 20);
            answer->headers = SCRIPT_TRANSPORT + 20;
            answer->addressed = answer->tcp = true;
            answer->bytes[SCRIPT_TRANSPORT + 12] = 0x50;
            answer->bytes[SCRIPT_TRANSPORT + 13] = SEGMENT_ACK;
            set_length(answer, answer->length);
            write_number(answer, SCRIPT_TRANSPORT + 4, number_at(&model, SCRIPT_TRANSPORT + 8));
            write_number(answer, SCRIPT_TRANSPORT + 8, sequence + sent);
        }
    }
    free(records);
    script->loop_to = place;
    script->loop_bytes = length;
    return true;
}

/* ---- what is made up ---- */

static void fill(struct script_packet *packet, const char *text)
{
    size_t length = strlen(text);
    for (uint32_t i = packet->headers; i < packet->length && length > 0; i++) {
        packet->bytes[i] = (uint8_t)text[(i - packet->headers) % length];
    }
}

static struct script_packet *add_ip(struct script *script, bool from_server, uint8_t protocol,
                                    uint32_t transport, uint32_t payload)
{
    static const uint8_t head[] = {2, 0, 0,    0, 0, 1, 2, 0, 0,    0, 0, 2,
                                   8, 0, 0x45, 0, 0, 0, 0, 1, 0x40, 0, 64};
    uint32_t length = SCRIPT_TRANSPORT + transport + payload;
    struct script_packet *packet = add(script, script->count, NULL, length < 60 ? 60 : length);
    memcpy(packet->bytes, head, sizeof head);
    packet->bytes[SCRIPT_IP + 9] = protocol;
    set_length(packet, length);
    packet->length = length < 60 ? 60 : length; /* Ethernet's least, padded */
    packet->headers = SCRIPT_TRANSPORT + transport;
    packet->addressed = true;
    packet->from_server = from_server;
    packet->wait = 200000;
    return packet;
}

/* What a side has sent so far: the sequence number that it is at. */
static uint32_t sent_by(const struct script *script, bool server)
{
    uint32_t sent = 1000;
    for (size_t i = 0; i < script->count; i++) {
        const struct script_packet *packet = &script->packet[i];
        if (packet->tcp && packet->from_server == server) {
            uint32_t total =
                (uint32_t)packet->bytes[SCRIPT_IP + 2] << 8 | packet->bytes[SCRIPT_IP + 3];
            bool counts = (flags_of(packet) & (SEGMENT_SYN | SEGMENT_FIN)) != 0;
            sent += total + SCRIPT_IP - packet->headers + counts;
        }
    }
    return sent;
}

void script_say_tcp(struct script *script, bool from_server, uint8_t flags, const char *text,
                    uint32_t length)
{
    uint32_t sequence = sent_by(script, from_server);
    uint32_t acknowledgement = sent_by(script, !from_server);
    struct script_packet *packet = add_ip(script, from_server, 6, 20, length);
    packet->tcp = true;
    write_number(packet, SCRIPT_TRANSPORT + 4, sequence);
    write_number(packet, SCRIPT_TRANSPORT + 8, (flags & SEGMENT_ACK) != 0 ? acknowledgement : 0);
    packet->bytes[SCRIPT_TRANSPORT + 12] = 0x50;
    packet->bytes[SCRIPT_TRANSPORT + 13] = flags;
    packet->bytes[SCRIPT_TRANSPORT + 14] = 0x20; /* window */
    if (length > 0) {
        fill(packet, text);
    }
}

void script_say_udp(struct script *script, bool from_server, const char *text, uint32_t length)
{
    struct script_packet *packet = add_ip(script, from_server, 17, 8, length);
    packet->bytes[SCRIPT_TRANSPORT + 4] = (uint8_t)((length + 8) >> 8);
    packet->bytes[SCRIPT_TRANSPORT + 5] = (uint8_t)(length + 8);
    fill(packet, text);
}

void script_say_other(struct script *script, uint16_t ether_type, uint32_t length)
{
    struct script_packet *packet = add(script, script->count, NULL, length);
    packet->bytes[12] = (uint8_t)(ether_type >> 8);
    packet->bytes[13] = (uint8_t)ether_type;
    packet->wait = 200000;
}
