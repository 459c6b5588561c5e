/* Handshakes as facts, for the tests of diagnosis: an ordinary ClientHello to start from, and what
 * may follow. Tests change what they are about. */
#ifndef TESTS_HANDSHAKES_H
#define TESTS_HANDSHAKES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "diagnosis/diagnose.h"
#include "record.h"

#define CODES(...)                                                                                 \
    (struct code_list)                                                                             \
    {                                                                                              \
        (const uint16_t[]){__VA_ARGS__},                                                           \
            sizeof((const uint16_t[]){__VA_ARGS__}) / sizeof(uint16_t)                             \
    }

static const uint16_t modern_suites[] = {0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c,
                                         0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x00ff};
static const uint16_t modern_versions[] = {0x0304, 0x0303};
static const uint16_t modern_groups[] = {29, 23, 24};
static const uint16_t modern_schemes[] = {0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501};
static const uint16_t modern_extensions[] = {0, 10, 11, 13, 16, 23, 43, 51};

struct handshake {
    struct facts facts;
    struct step steps[FACTS_STEPS];
    struct sealed_record sealed[FACTS_SEALED];
    struct alert_facts alerts[FACTS_ALERTS];
    struct offer offer;
    struct server_hello_facts server_hello;
    struct chain chain;
    struct certificate certificate;
    const struct certificate *certificates[1];
    uint64_t frame; /* of the last packet */
};

/* The moment of packet `frame`: 10 ms behind the one before. */
static inline struct moment packet(uint64_t frame)
{
    return (struct moment){frame, INT64_C(1700000000) * 1000000000 + (int64_t)frame * 10000000};
}

static inline struct moment next(struct handshake *handshake)
{
    struct moment at = packet(++handshake->frame);
    handshake->facts.last = at;
    handshake->facts.watched_until = at.time;
    return at;
}

static inline void add_step(struct handshake *handshake, enum step_what what, enum speaker from,
                            struct moment at)
{
    handshake->facts.step[handshake->facts.steps++] =
        (struct step){.at = at, .what = (uint8_t)what, .from = (uint8_t)from};
}

/* TCP is open: packets 1 to 3. */
static inline void opened(struct handshake *handshake)
{
    memset(handshake, 0, sizeof *handshake);
    struct facts *facts = &handshake->facts;
    facts->step = handshake->steps;
    facts->sealed = handshake->sealed;
    facts->alert = handshake->alerts;
    facts->address[CLIENT] = (struct address){{10, 77, 0, 2}, 4};
    facts->address[SERVER] = (struct address){{10, 77, 0, 1}, 4};
    facts->port[CLIENT] = 51044;
    facts->port[SERVER] = 443;
    facts->tls_expected = true;
    facts->first = packet(1);
    facts->transport.syn = packet(1);
    facts->transport.syn_ack = packet(2);
    facts->transport.syn_count = 1;
    facts->transport.side[CLIENT].packets = 2;
    facts->transport.side[SERVER].packets = 1;
    facts->ended_open = true;
    handshake->frame = 2;
    (void)next(handshake);
}

/* And a modern client has sent its ClientHello: packet 4. */
static inline void client_hello(struct handshake *handshake)
{
    opened(handshake);
    struct facts *facts = &handshake->facts;
    struct moment at = next(handshake);
    handshake->offer = (struct offer){
        .legacy_version = 0x0303,
        .has_extensions = true,
        .suites = {modern_suites, sizeof modern_suites / sizeof modern_suites[0]},
        .versions = {modern_versions, sizeof modern_versions / sizeof modern_versions[0]},
        .groups = {modern_groups, sizeof modern_groups / sizeof modern_groups[0]},
        .schemes = {modern_schemes, sizeof modern_schemes / sizeof modern_schemes[0]},
        .extensions = {modern_extensions, sizeof modern_extensions / sizeof modern_extensions[0]}};
    facts->tls = true;
    facts->tls_from[CLIENT] = true;
    facts->client_hellos = 1;
    facts->client_hello[0] = (struct client_hello_facts){.at = at,
                                                         .begins = at,
                                                         .offer = &handshake->offer,
                                                         .server_name = "www.example.test",
                                                         .length = 400};
    facts->transport.side[CLIENT].first_data = at;
    facts->transport.side[CLIENT].last_data = at;
    facts->stage = STAGE_SERVER_HELLO;
    add_step(handshake, STEP_CLIENT_HELLO, CLIENT, at);
}

/* A client that ends at TLS 1.2 and does not send supported_versions. */
static inline void client_hello_up_to(struct handshake *handshake, uint16_t version)
{
    client_hello(handshake);
    handshake->offer.legacy_version = version;
    handshake->offer.versions = (struct code_list){NULL, 0};
    handshake->offer.suites.at += 3; /* without those of TLS 1.3 */
    handshake->offer.suites.count -= 3;
}

static inline void server_hello(struct handshake *handshake, uint16_t version, uint16_t suite)
{
    struct moment at = next(handshake);
    handshake->server_hello =
        (struct server_hello_facts){.at = at,
                                    .legacy_version = version < 0x0304 ? version : 0x0303,
                                    .version = version,
                                    .suite = suite,
                                    .renegotiation_info = true,
                                    .extended_master_secret = true};
    handshake->facts.server_hello = &handshake->server_hello;
    handshake->facts.version = version;
    handshake->facts.tls_from[SERVER] = true;
    handshake->facts.stage = version == 0x0304 ? STAGE_SEALED_SERVER_FLIGHT : STAGE_SERVER_FLIGHT;
    handshake->facts.transport.side[SERVER].packets++;
    handshake->facts.transport.side[SERVER].first_data = at;
    add_step(handshake, STEP_SERVER_HELLO, SERVER, at);
}

/* A certificate in clear that nobody can object to. */
static inline void server_certificate(struct handshake *handshake)
{
    struct moment at = next(handshake);
    handshake->certificate = (struct certificate){.number = 1,
                                                  .key = KEY_RSA,
                                                  .key_bits = 2048,
                                                  .key_name = "RSA 2048",
                                                  .server_auth = USAGE_PRESENT,
                                                  .not_before = 1690000000,
                                                  .not_after = 1790000000};
    handshake->certificates[0] = &handshake->certificate;
    handshake->chain = (struct chain){.at = at,
                                      .certificates = handshake->certificates,
                                      .count = 1,
                                      .signatures_checked = true,
                                      .name_checked = true,
                                      .name_fits = true};
    handshake->facts.chain[SERVER] = &handshake->chain;
}

static inline void alert(struct handshake *handshake, enum speaker from, uint8_t level,
                         uint8_t code)
{
    struct moment at = next(handshake);
    struct facts *facts = &handshake->facts;
    facts->alert[facts->alerts++] = (struct alert_facts){
        .at = at, .from = (uint8_t)from, .level = level, .code = code, .stage = facts->stage};
    facts->tls_from[from] = true;
    if (from == SERVER && facts->transport.side[SERVER].first_data.frame == 0) {
        facts->transport.side[SERVER].first_data = at;
    }
    facts->transport.side[from].packets++;
    add_step(handshake, STEP_ALERT, from, at);
}

static inline void sealed(struct handshake *handshake, enum speaker from, uint8_t type,
                          uint16_t length)
{
    struct facts *facts = &handshake->facts;
    struct sealed_record record = {next(handshake), length, (uint8_t)from, type, facts->stage};
    facts->sealed[facts->sealed_count++] = record;
    facts->last_sealed[from] = record;
    if (type == RECORD_APPLICATION_DATA && facts->established.frame != 0) {
        facts->application_records[from]++;
    }
    facts->transport.side[from].packets++;
}

static inline void fin(struct handshake *handshake, enum speaker from)
{
    struct facts *facts = &handshake->facts;
    facts->transport.side[from].fin = next(handshake);
    facts->transport.side[from].packets++;
    facts->transport.closed = facts->transport.side[CLIENT].fin.frame != 0 &&
                              facts->transport.side[SERVER].fin.frame != 0;
    facts->ended_open = !facts->transport.closed;
}

static inline void reset(struct handshake *handshake, enum speaker from)
{
    struct facts *facts = &handshake->facts;
    facts->transport.side[from].reset.at = next(handshake);
    facts->transport.side[from].packets++;
    facts->transport.closed = true;
    facts->ended_open = false;
}

/* TLS 1.3 up to the client's Finished, with what stands before it in the client's flight: 0 for
 * nothing. */
static inline void finished_13(struct handshake *handshake, uint16_t before)
{
    client_hello(handshake);
    server_hello(handshake, 0x0304, 0x1301);
    sealed(handshake, SERVER, RECORD_APPLICATION_DATA, 2000);
    handshake->facts.stage = STAGE_SEALED_CLIENT_FLIGHT;
    if (before != 0) {
        sealed(handshake, CLIENT, RECORD_APPLICATION_DATA, before);
    }
    sealed(handshake, CLIENT, RECORD_APPLICATION_DATA, 53);
    handshake->facts.finished[CLIENT] = handshake->facts.last_sealed[CLIENT].at;
    handshake->facts.established = handshake->facts.last_sealed[CLIENT].at;
    handshake->facts.stage = STAGE_ESTABLISHED;
}

/* TLS 1.2 with AES-GCM up to the server's Finished. */
static inline void finished_12(struct handshake *handshake)
{
    client_hello_up_to(handshake, 0x0303);
    server_hello(handshake, 0x0303, 0xc02f);
    server_certificate(handshake);
    handshake->facts.client_key_exchange = next(handshake);
    handshake->facts.change_cipher_spec[CLIENT] = next(handshake);
    sealed(handshake, CLIENT, RECORD_HANDSHAKE, 40);
    handshake->facts.finished[CLIENT] = handshake->facts.last_sealed[CLIENT].at;
    handshake->facts.change_cipher_spec[SERVER] = next(handshake);
    sealed(handshake, SERVER, RECORD_HANDSHAKE, 40);
    handshake->facts.finished[SERVER] = handshake->facts.last_sealed[SERVER].at;
    handshake->facts.established = handshake->facts.last_sealed[SERVER].at;
    handshake->facts.stage = STAGE_ESTABLISHED;
}

#endif
