#include "engine.h"

#include "judgement.h"
#include "tracking/fragments.h"
#include "tracking/keylog.h"

#include <stdio.h>
#include <stdlib.h>

struct engine {
    const struct options *options;
    struct totals totals;
    struct session_shared shared; /* owned */
    struct keylog *keylog;
    struct judgement *judgement;
    struct connections *connections;
    struct fragments *fragments; /* made when the first one comes */
    int64_t now;                 /* the latest time seen in this capture */
};

/* Captures may bring secrets of their own, so that there is a key log though none was given. */
static bool take_keylog(struct engine *engine, char *error, size_t error_size)
{
    const char *path = engine->options->keylog;
    engine->keylog = keylog_new();
    engine->shared.unsealer = engine->keylog == NULL ? NULL : unsealer_new(engine->keylog);
    return engine->shared.unsealer != NULL &&
           (path == NULL || keylog_open(engine->keylog, path, error, error_size));
}

struct engine *engine_new(const struct options *options, struct reports *reports, char *error,
                          size_t error_size)
{
    (void)snprintf(error, error_size, "out of memory");
    struct engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL) {
        return NULL;
    }
    struct session_shared *shared = &engine->shared;
    engine->options = options;
    shared->offers = offer_store_new(reports->fingerprints);
    shared->certificates = chain_store_new(options->authorities, error, error_size);
    if (shared->offers != NULL && shared->certificates != NULL &&
        take_keylog(engine, error, error_size)) {
        engine->judgement = judgement_new(options, reports, shared->certificates, &engine->totals);
        engine->connections = connections_new(options, shared, engine->judgement);
    }
    if (engine->judgement == NULL || engine->connections == NULL) {
        engine_free(engine);
        return NULL;
    }
    return engine;
}

void engine_set_saver(struct engine *engine, struct saver *saver)
{
    connections_keep_packets(engine->connections, saver != NULL);
    judgement_set_saver(engine->judgement, saver);
}

bool engine_is_done(const struct engine *engine)
{
    return judgement_is_done(engine->judgement);
}

/* A packet's time, within the bounds in which the difference of any two can be told: from 1970 to
 * 2116. */
static int64_t sane_time(int64_t time)
{
    bool sane = (uint64_t)time <= INT64_MAX / 2;
    return sane ? time : time < 0 ? 0 : INT64_MAX / 2;
}

/* ---- datagrams in pieces ---- */

static enum packet_kind take_fragment(struct engine *engine, struct segment *segment,
                                      struct moment at)
{
    if (engine->fragments == NULL) {
        engine->fragments = fragments_new();
    }
    return engine->fragments == NULL ? PACKET_OTHER
                                     : fragments_take(engine->fragments, segment, at);
}

/* Ends the wait for pieces that have not come by `now`: what there is are bytes of a connection
 * that is known, and a hole behind them. */
static void give_up_fragments(struct engine *engine, int64_t now)
{
    struct segment segment;
    struct moment at;
    while (fragments_give_up(engine->fragments, &segment, &at, now)) {
        connections_take_piece(engine->connections, &segment, at);
    }
}

/* Counts what could not be put together. */
static void end_fragments(struct engine *engine)
{
    if (engine->fragments != NULL) {
        give_up_fragments(engine, INT64_MAX);
        engine->totals.fragments += fragments_lost(engine->fragments);
        fragments_free(engine->fragments);
        engine->fragments = NULL;
    }
}

/* ---- packets ---- */

/* A packet after the first look at it. */
struct sight {
    enum packet_kind kind;
    struct flow_place place; /* PACKET_TCP: of its connection */
    struct segment segment;
};

static void expect(const struct engine *engine, struct sight *sight)
{
    if (sight->kind == PACKET_TCP) {
        sight->place = connections_expect(engine->connections, &sight->segment);
    }
}

static void look(const struct engine *engine, struct sight *sight, const struct packet *packet)
{
    sight->kind = packet_dissect(&sight->segment, packet->link, packet->bytes, packet->length);
    expect(engine, sight);
}

static void take(struct engine *engine, const struct packet *packet, struct sight *sight)
{
    struct moment at = {packet->number, sane_time(packet->time)};
    engine->totals.packets++;
    engine->totals.bytes += packet->length;
    engine->totals.cut_packets += packet->bytes.left < packet->length;
    engine->now = at.time > engine->now ? at.time : engine->now;
    connections_set_time(engine->connections, engine->now);
    if (sight->kind == PACKET_FRAGMENT) {
        sight->kind = take_fragment(engine, &sight->segment, at);
        expect(engine, sight);
    }
    switch (sight->kind) {
    case PACKET_TCP:
        connections_take(engine->connections, packet, &sight->segment, sight->place, at);
        break;
    case PACKET_ICMP:
        connections_take_icmp(engine->connections, packet, &sight->segment, at);
        break;
    case PACKET_BROKEN:
        engine->totals.broken_packets++;
        break;
    case PACKET_FRAGMENT:
    case PACKET_UDP:
    case PACKET_OTHER:
        break;
    }
    if (engine->fragments != NULL) {
        give_up_fragments(engine, engine->now);
    }
    connections_end_silent(engine->connections);
}

static void note_losses(struct engine *engine)
{
    engine->totals.evicted = connections_evicted(engine->connections);
    engine->totals.unwatched = connections_unwatched(engine->connections);
}

/* While one packet is worked on, what is known of the next ones' connections comes from memory: to
 * wait for it would take longer than all else. */
static void fetch(const struct engine *engine, const struct sight sights[], size_t count)
{
    bool sessions = false; /* of those with payload, or that close */
    for (size_t i = 0; i < count; i++) {
        if (sights[i].kind == PACKET_TCP) {
            connections_fetch(engine->connections, sights[i].place);
            sessions = sessions || connections_tells(&sights[i].segment);
        }
    }
    for (size_t i = 0; sessions && i < count; i++) {
        if (sights[i].kind == PACKET_TCP && connections_tells(&sights[i].segment)) {
            connections_fetch_session(engine->connections, sights[i].place);
        }
    }
}

void engine_take_all(struct engine *engine, const struct packet *packets, size_t count)
{
    struct sight sights[ENGINE_TOGETHER];
    for (size_t i = 0; i < count; i++) {
        look(engine, &sights[i], &packets[i]);
    }
    if (count > 1) {
        fetch(engine, sights, count);
    }
    connections_keep_room(engine->connections);
    for (size_t i = 0; i < count && !engine_is_done(engine); i++) {
        take(engine, &packets[i], &sights[i]);
    }
    note_losses(engine);
}

void engine_take(struct engine *engine, const struct packet *packet)
{
    engine_take_all(engine, packet, 1);
}

/* ---- a capture from end to end ---- */

bool engine_begin_capture(struct engine *engine, const struct engine_capture *capture)
{
    engine->now = 0;
    return connections_begin(engine->connections, capture->live) &&
           judgement_begin(engine->judgement, capture->name, capture->input, capture->inputs,
                           capture->live);
}

void engine_end_capture(struct engine *engine)
{
    end_fragments(engine);
    connections_end(engine->connections);
    engine->totals.forgotten = connections_forgotten(engine->connections);
    note_losses(engine);
    judgement_end(engine->judgement);
    keylog_end(engine->keylog);
}

void engine_take_secrets(struct engine *engine, struct wire text)
{
    keylog_read(engine->keylog, text);
}

void engine_let_time_pass(struct engine *engine, int64_t now)
{
    now = sane_time(now);
    engine->now = now > engine->now ? now : engine->now;
    connections_set_time(engine->connections, engine->now);
    engine->totals.forgotten = connections_forgotten(engine->connections);
    (void)keylog_refresh(engine->keylog);
    if (engine->fragments != NULL) {
        give_up_fragments(engine, engine->now);
    }
    connections_end_silent(engine->connections);
}

void engine_note_drops(struct engine *engine, uint64_t dropped)
{
    if (dropped > engine->totals.dropped) {
        engine->totals.dropped = dropped;
        connections_note_drops(engine->connections);
    }
}

struct engine_load engine_load(const struct engine *engine)
{
    return connections_load(engine->connections);
}

const struct totals *engine_totals(const struct engine *engine)
{
    return &engine->totals;
}

void engine_free(struct engine *engine)
{
    if (engine == NULL) {
        return;
    }
    judgement_free(engine->judgement);
    connections_free(engine->connections);
    fragments_free(engine->fragments);
    chain_store_free(engine->shared.certificates);
    offer_store_free(engine->shared.offers);
    unsealer_free(engine->shared.unsealer);
    keylog_free(engine->keylog);
    free(engine);
}
