#define _DEFAULT_SOURCE /* libpcap's header: u_char and its like */

#include "play.h"

#include <stdlib.h>
#include <string.h>

enum {
    LARGEST = 2048,   /* bytes of a packet */
    HELLO_RANDOM = 11 /* where a ClientHello's random begins, behind the record's header */
};

uint64_t play_chance(uint64_t seed, uint64_t number)
{
    uint64_t word = seed * 0x9e3779b97f4a7c15U + number + 0x632be59bd9b4e019U;
    word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9U;
    word = (word ^ word >> 27) * 0x94d049bb133111ebU;
    return word ^ word >> 31;
}

/* ---- one packet ---- */

static void put(uint8_t *at, uint32_t number, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        at[i] = (uint8_t)(number >> (8 * (size - 1 - i)));
    }
}

static void add(uint8_t *at, uint32_t number)
{
    put(at, ((uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]) + number,
        4);
}

static void rewrite_tcp(uint8_t *bytes, const struct visit *visit,
                        const struct script_packet *packet)
{
    const struct script *script = visit->script;
    uint32_t shift[2] = {(uint32_t)play_chance(1, visit->number),
                         (uint32_t)play_chance(2, visit->number)};
    shift[1] += visit->looped * script->loop_bytes;
    add(bytes + SCRIPT_TRANSPORT + 4, shift[packet->from_server]);
    if ((bytes[SCRIPT_TRANSPORT + 13] & 0x10) != 0) {
        add(bytes + SCRIPT_TRANSPORT + 8, shift[!packet->from_server]);
    }
    for (uint32_t i = 0; i < SCRIPT_RANDOM && packet->holds_random; i++) {
        uint32_t offset = packet->headers + HELLO_RANDOM + i;
        if (offset < packet->length) {
            bytes[offset] = (uint8_t)play_chance(visit->number, i);
        }
    }
    for (size_t i = 0; i < SCRIPT_SERIAL && visit->serial != 0; i++) {
        struct script_place place = script->serial[i];
        if (place.offset != 0 && &script->packet[place.packet] == packet) {
            bytes[place.offset] ^= (uint8_t)(visit->serial >> (8 * i));
        }
    }
}

static void write_packet(struct play *play, const struct visit *visit)
{
    const struct script_packet *packet = &visit->script->packet[visit->next];
    uint8_t bytes[LARGEST];
    uint32_t length = packet->length < LARGEST ? packet->length : LARGEST;
    memcpy(bytes, packet->bytes, length);
    if (packet->addressed) {
        bool server = packet->from_server;
        uint16_t port = visit->server_port;
        if (port == 0) {
            size_t offset = SCRIPT_TRANSPORT + (server ? 0 : 2);
            port = (uint16_t)(bytes[offset] << 8 | bytes[offset + 1]);
        }
        put(bytes + SCRIPT_IP + 12, server ? visit->server : visit->client, 4);
        put(bytes + SCRIPT_IP + 16, server ? visit->client : visit->server, 4);
        put(bytes + SCRIPT_TRANSPORT, server ? port : visit->client_port, 2);
        put(bytes + SCRIPT_TRANSPORT + 2, server ? visit->client_port : port, 2);
    }
    if (packet->tcp) {
        rewrite_tcp(bytes, visit, packet);
    }
    struct pcap_pkthdr header = {.caplen = length, .len = length};
    header.ts.tv_sec = visit->time / 1000000000;
    header.ts.tv_usec = visit->time % 1000000000 / 1000;
    pcap_dump((u_char *)play->out, &header, bytes);
    play->packets++;
    play->bytes += length;
}

/* ---- in the order of time ---- */

/* Moves the visit at `place` down to where it belongs. */
static void sink(struct play *play, size_t place)
{
    struct visit visit = play->visits[place];
    for (size_t child = 2 * place + 1; child < play->count; child = 2 * place + 1) {
        if (child + 1 < play->count && play->visits[child + 1].time < play->visits[child].time) {
            child++;
        }
        if (play->visits[child].time >= visit.time) {
            break;
        }
        play->visits[place] = play->visits[child];
        place = child;
    }
    play->visits[place] = visit;
}

/* Goes on to the visit's next packet; false when there is none. */
static bool go_on(struct visit *visit)
{
    const struct script *script = visit->script;
    visit->next++;
    if (visit->next == script->loop_to && visit->looped + 1 < visit->loops) {
        visit->looped++;
        visit->next = script->loop_from;
    }
    if (visit->next >= script->count) {
        return false;
    }
    uint64_t step = visit->next + (uint64_t)visit->looped * script->count;
    uint64_t chance = play_chance(visit->number + 3, step);
    visit->time += script->packet[visit->next].wait +
                   (visit->jitter == 0 ? 0 : (int64_t)(chance % visit->jitter));
    return true;
}

/* Writes the packet that is due first. */
static void advance(struct play *play)
{
    struct visit *first = &play->visits[0];
    write_packet(play, first);
    if (!go_on(first)) {
        *first = play->visits[--play->count];
    }
    if (play->count > 0) {
        sink(play, 0);
    }
}

bool play_visit(struct play *play, const struct visit *visit)
{
    while (play->count > 0 && play->visits[0].time <= visit->time) {
        advance(play);
    }
    if (play->count == play->room) {
        size_t room = play->room == 0 ? 1024 : play->room * 2;
        struct visit *visits = realloc(play->visits, room * sizeof *visits);
        if (visits == NULL) {
            return false;
        }
        play->visits = visits;
        play->room = room;
    }
    size_t place = play->count++;
    for (; place > 0 && play->visits[(place - 1) / 2].time > visit->time; place = (place - 1) / 2) {
        play->visits[place] = play->visits[(place - 1) / 2];
    }
    play->visits[place] = *visit;
    play->most = play->count > play->most ? play->count : play->most;
    return true;
}

void play_end(struct play *play)
{
    while (play->count > 0) {
        advance(play);
    }
    free(play->visits);
    play->visits = NULL;
    play->room = 0;
}
