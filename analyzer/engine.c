#include "engine.h"

#include "judgement.h"
#include "tracking/flow.h"
#include "tracking/fragments.h"
#include "tracking/keylog.h"
#include "tracking/transport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS(n) ((n)*INT64_C(1000000000))

/* For how long a connection may be silent before its watching ends, in nanoseconds of the capture's
 * clock. */
static const int64_t silence_limit[FLOW_AGES] = {
    /* Handshakes: the longest timeout of a server or balancer is some minutes. */
    [FLOW_OPENING] = SECONDS(300),
    /* TCP keep-alives come every two hours (RFC 1122, section 4.2.3.6). */
    [FLOW_ESTABLISHED] = SECONDS(7200),
    /* Segments that overtook each other, and the other side's close, come within a few hundred
     * milliseconds, and the verdict shall be there within a second of the end. */
    [FLOW_ENDING] = SECONDS(1) * 2 / 5,
    /* Stragglers: a segment may live that long. */
    [FLOW_CLOSED] = SECONDS(30),
};

/* Live, whoever waits for a handshake that hangs wants to know sooner: longer than clients and
 * servers commonly wait (nginx and IIS: 60 s and more is rare), and than the gap between a SYN's
 * fifth and sixth repetition (32 s). */
static const int64_t live_handshake_limit = SECONDS(60);

enum {
    /* Bytes of all that grows with traffic: 150,000 connections in 1 GB take 80 MiB. */
    MEMORY_USUAL = 512 << 20,
    KEPT_PART = 4 /* of it, for the packets of -w: as much again as the facts of handshakes take */
};

struct engine {
    const struct options *options;
    struct totals totals;
    struct chain_store *store;
    struct keylog *keylog;
    struct unsealer *unsealer;
    struct judgement *judgement;
    struct flow_table *flows;
    struct fragments *fragments; /* made when the first one comes */
    struct kept_account kept;    /* of the packets for -w; a limit of 0: nobody wants them */
    int64_t limit[FLOW_AGES];    /* silence_limit, as this run has it */
    bool live;
    size_t sessions; /* of flows in the table */
    size_t held;     /* bytes of flows in the table */
    int64_t now;     /* the latest time seen in this capture */
    int64_t dropped; /* when packets were last lost; 0: never */
};

/* Captures may bring secrets of their own, so that there is a key log though none was given. */
static bool take_keylog(struct engine *engine, char *error, size_t error_size)
{
    const char *path = engine->options->keylog;
    engine->keylog = keylog_new();
    engine->unsealer = engine->keylog == NULL ? NULL : unsealer_new(engine->keylog);
    return engine->unsealer != NULL &&
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
    engine->options = options;
    engine->store = chain_store_new(options->authorities, error, error_size);
    if (engine->store != NULL && take_keylog(engine, error, error_size)) {
        engine->judgement = judgement_new(options, reports, engine->store, &engine->totals);
    }
    if (engine->judgement == NULL) {
        engine_free(engine);
        return NULL;
    }
    return engine;
}

static size_t memory_limit(const struct engine *engine)
{
    return engine->options->memory != 0 ? engine->options->memory : MEMORY_USUAL;
}

static size_t connections_limit(const struct engine *engine)
{
    return engine->options->connections != 0 ? engine->options->connections : FLOW_MAX;
}

void engine_set_saver(struct engine *engine, struct saver *saver)
{
    engine->kept.limit = saver == NULL ? 0 : memory_limit(engine) / KEPT_PART;
    judgement_set_saver(engine->judgement, saver);
}

bool engine_is_done(const struct engine *engine)
{
    return judgement_is_done(engine->judgement);
}

static bool is_tls_port(const struct engine *engine, uint16_t port)
{
    for (size_t i = 0; i < engine->options->tls_port_count; i++) {
        if (engine->options->tls_ports[i] == port) {
            return true;
        }
    }
    return false;
}

/* ---- from streams to facts ---- */

/* What has come in order since, or lies behind a hole that has stood too long. */
static bool next_piece(struct stream *stream, struct piece *piece)
{
    if (stream_pull(stream, piece)) {
        return true;
    }
    if (!stream_is_stuck(stream)) {
        return false;
    }
    stream_give_up(stream);
    return stream_pull(stream, piece);
}

static void read_pieces(struct flow *flow, uint8_t end, const struct piece *first)
{
    struct piece piece = *first;
    struct stream *stream = &flow->stream[end];
    bool more = piece.bytes.left > 0 || piece.cut > 0 || next_piece(stream, &piece);
    while (more) {
        session_read(flow->session, transport_speaker(flow, end), &piece);
        if (session_take_swap(flow->session)) {
            flow->client ^= 1;
        }
        stream_pass_over(stream, session_unwanted(flow->session, transport_speaker(flow, end)));
        more = next_piece(stream, &piece);
    }
}

/* What still waits behind holes at the end is read with the holes in it. */
static void read_leftovers(struct flow *flow)
{
    struct piece nothing = {.bytes = wire_over(NULL, 0)};
    for (uint8_t end = 0; end < 2; end++) {
        while (flow->stream[end].waiting != NULL) {
            stream_give_up(&flow->stream[end]);
            read_pieces(flow, end, &nothing);
        }
    }
}

static bool begin_session(struct engine *engine, struct flow *flow)
{
    if (flow->session == NULL && !flow->ignored) {
        flow->session = session_new(engine->store, engine->unsealer);
        if (flow->session != NULL) {
            engine->sessions++;
            transport_begin_facts(flow);
            flow->session->facts.tls_expected =
                is_tls_port(engine, flow->session->facts.port[SERVER]);
        }
    }
    return flow->session != NULL;
}

/* Brings the account up to date with what the flow holds. */
static void account(struct engine *engine, struct flow *flow)
{
    size_t held = flow_memory(flow);
    engine->held = engine->held - flow->held + held;
    flow->held = (uint32_t)held;
}

/* The watching of a connection ends: completes its facts, and hands them on to be judged. */
static void conclude(struct engine *engine, struct flow *flow, bool given_up)
{
    struct session *session = flow->session;
    if (session == NULL) {
        return;
    }
    read_leftovers(flow);
    session_end(session);
    session->facts.given_up = given_up;
    session->facts.lossy = engine->dropped != 0 && engine->dropped >= session->facts.first.time;
    transport_end_facts(flow, engine->now);
    session->kept = flow->kept;
    flow->kept = NULL;
    flow->session = NULL;
    flow->ignored = true;
    engine->sessions--;
    account(engine, flow);
    judgement_take(engine->judgement, session);
}

static void remove_flow(struct engine *engine, struct flow *flow)
{
    engine->held -= flow->held;
    (void)flow_remove(engine->flows, flow); /* its session is gone */
}

/* A connection on which nobody said anything is told of where TLS was expected. */
static void end_flow(struct engine *engine, struct flow *flow, bool given_up)
{
    bool expected = is_tls_port(engine, flow->key.port[flow->client ^ 1]);
    if (flow->opening.syn.frame != 0 && expected) {
        (void)begin_session(engine, flow);
    }
    conclude(engine, flow, given_up);
    remove_flow(engine, flow);
}

/* Ends the watching but not the flow, so that what still comes is not taken for another
 * connection. */
static void retire(struct engine *engine, struct flow *flow, bool given_up)
{
    bool closed = flow->session != NULL && flow->session->facts.transport.closed;
    conclude(engine, flow, given_up);
    flow_touch(engine->flows, flow, closed ? FLOW_CLOSED : FLOW_ESTABLISHED, flow->last);
}

static void end_silent_flows(struct engine *engine)
{
    for (int age = 0; age < FLOW_AGES; age++) {
        struct flow *oldest = flow_oldest(engine->flows, (enum flow_age)age);
        while (oldest != NULL && engine->now - oldest->last > engine->limit[age]) {
            if (age == FLOW_ENDING) {
                retire(engine, oldest, false);
            } else {
                end_flow(engine, oldest, false);
            }
            oldest = flow_oldest(engine->flows, (enum flow_age)age);
        }
    }
    while (flow_count_of_age(engine->flows, FLOW_CLOSED) > FLOW_CLOSED_MAX) {
        end_flow(engine, flow_oldest(engine->flows, FLOW_CLOSED), false);
    }
}

/* ---- bounds ---- */

/* Whom to give up when the table is full: those that are over, and whose verdict is known or due;
 * then the half-open that has been silent longest, unless they are the fewer: a flood of
 * half-open connections pays for itself, and so do connections that stay open. */
static struct flow *most_dispensable(const struct engine *engine)
{
    const struct flow_table *flows = engine->flows;
    bool flood =
        flow_count_of_age(flows, FLOW_OPENING) >= flow_count_of_age(flows, FLOW_ESTABLISHED);
    const enum flow_age order[] = {FLOW_CLOSED, FLOW_ENDING,
                                   flood ? FLOW_OPENING : FLOW_ESTABLISHED,
                                   flood ? FLOW_ESTABLISHED : FLOW_OPENING};
    struct flow *oldest = NULL;
    for (size_t i = 0; i < sizeof order / sizeof order[0] && oldest == NULL; i++) {
        oldest = flow_oldest(flows, order[i]);
    }
    return oldest;
}

static void give_up_one(struct engine *engine)
{
    struct flow *flow = most_dispensable(engine);
    if (flow != NULL) {
        engine->totals.evicted++;
        end_flow(engine, flow, true);
    }
}

/* Keeps room for one more flow, one more session, and what they will hold. */
static void keep_room(struct engine *engine)
{
    size_t most = connections_limit(engine);
    size_t memory = memory_limit(engine) - engine->kept.limit;
    while (flow_count(engine->flows) >= most || engine->sessions >= FLOW_SESSIONS) {
        give_up_one(engine);
    }
    while (engine->held + judgement_memory(engine->judgement) > memory) {
        if (judgement_memory(engine->judgement) > memory / 2 || flow_count(engine->flows) == 0) {
            judgement_make_room(engine->judgement);
        } else {
            give_up_one(engine);
        }
    }
}

/* ---- from packets to streams ---- */

/* Who is likely to be the client of a connection whose opening was not seen. */
static bool sender_is_client(const struct engine *engine, const struct segment *segment)
{
    if ((segment->flags & SEGMENT_SYN) != 0) {
        return (segment->flags & SEGMENT_ACK) == 0;
    }
    bool from_tls = is_tls_port(engine, segment->from_port);
    bool to_tls = is_tls_port(engine, segment->to_port);
    return from_tls != to_tls ? to_tls : segment->from_port >= segment->to_port;
}

static struct flow *new_flow(struct engine *engine, uint8_t *end, const struct segment *segment)
{
    if (segment->payload_length == 0 && (segment->flags & SEGMENT_SYN) == 0) {
        return NULL;
    }
    struct flow *flow = flow_add(engine->flows, end, &segment->from, segment->from_port,
                                 &segment->to, segment->to_port);
    if (flow != NULL) {
        flow->client = sender_is_client(engine, segment) ? *end : *end ^ 1;
    }
    return flow;
}

/* A SYN with another sequence number than the connection's: its ports are used again. */
static bool is_port_reuse(const struct flow *flow, uint8_t end, const struct segment *segment)
{
    bool opens = (segment->flags & (SEGMENT_SYN | SEGMENT_ACK)) == SEGMENT_SYN;
    bool known = flow->has_initial[end] && flow->initial_sequence[end] == segment->sequence;
    bool crossing =
        !flow->has_initial[end] && flow->opening.syn_ack.frame == 0 && flow->session == NULL;
    return opens && !known && !crossing;
}

/* Whether a handshake that was not completed has come to its end, whoever still closes how: nobody
 * goes on behind a fatal alert, and who has closed says no more. */
static bool is_ending(const struct facts *facts)
{
    const struct transport *transport = &facts->transport;
    return transport->side[CLIENT].fin.frame != 0 || transport->side[SERVER].fin.frame != 0 ||
           facts_fatal_alert(facts, CLIENT) != NULL || facts_fatal_alert(facts, SERVER) != NULL;
}

static enum flow_age age_of(const struct engine *engine, const struct flow *flow)
{
    if (flow->ignored) {
        return flow->age == FLOW_CLOSED ? FLOW_CLOSED : FLOW_ESTABLISHED;
    }
    if (flow->session == NULL) {
        return FLOW_OPENING;
    }
    const struct facts *facts = &flow->session->facts;
    bool established = facts->stage == STAGE_ESTABLISHED;
    if (facts->transport.closed) {
        return engine->live ? FLOW_ENDING : FLOW_CLOSED;
    }
    if (engine->live && !established && is_ending(facts)) {
        return FLOW_ENDING;
    }
    return established ? FLOW_ESTABLISHED : FLOW_OPENING;
}

static void take_payload(struct flow *flow, uint8_t end, const struct segment *segment,
                         struct moment at)
{
    struct piece piece;
    struct chunk chunk = {.bytes = segment->payload,
                          .at = at,
                          .sequence = segment->sequence + ((segment->flags & SEGMENT_SYN) != 0),
                          .length = segment->payload_length,
                          .doubtful = segment->perhaps_padding};
    enum stream_news news = stream_push(&flow->stream[end], &piece, &chunk);
    transport_note_data(flow, end, segment, news, at);
    read_pieces(flow, end, &piece);
}

/* Lets go of a connection that is not TLS and was not expected to be. */
static void ignore(struct engine *engine, struct flow *flow)
{
    engine->sessions--;
    stream_release(&flow->stream[0]);
    stream_release(&flow->stream[1]);
    session_free(flow->session);
    kept_free(flow->kept);
    flow->kept = NULL;
    flow->session = NULL;
    flow->ignored = true;
}

static void take_segment(struct engine *engine, const struct packet *packet,
                         const struct segment *segment, struct moment at)
{
    uint8_t end = 0;
    struct flow *flow = flow_find(engine->flows, &end, &segment->from, segment->from_port,
                                  &segment->to, segment->to_port);
    if (flow != NULL && is_port_reuse(flow, end, segment)) {
        end_flow(engine, flow, false);
        flow = NULL;
    }
    if (flow == NULL) {
        flow = new_flow(engine, &end, segment);
    }
    if (flow == NULL) {
        return;
    }
    bool closes = (segment->flags & (SEGMENT_FIN | SEGMENT_RST)) != 0;
    bool speaks = segment->payload_length > 0 && (segment->flags & SEGMENT_RST) == 0;
    flow_keep(flow, &engine->kept, at, packet->link, packet->bytes, packet->length);
    transport_note(flow, end, segment, at);
    if ((closes || speaks) && begin_session(engine, flow)) {
        if (speaks) {
            take_payload(flow, end, segment, at);
        }
        if (closes) {
            transport_note_close(flow, end, segment, at);
        }
        if (flow->session->stopped && !flow->session->facts.tls_expected) {
            ignore(engine, flow);
        }
    }
    flow_settle(flow);
    flow_touch(engine->flows, flow, age_of(engine, flow), engine->now);
    account(engine, flow);
}

/* An ICMP error is for the sender of the segment that it quotes. */
static void take_icmp(struct engine *engine, const struct packet *packet,
                      const struct segment *quote, struct moment at)
{
    uint8_t end = 0;
    struct flow *flow =
        flow_find(engine->flows, &end, &quote->from, quote->from_port, &quote->to, quote->to_port);
    if (flow != NULL && begin_session(engine, flow)) {
        flow_keep(flow, &engine->kept, at, packet->link, packet->bytes, packet->length);
        transport_note_icmp(flow, end, quote, at);
    }
}

/* A packet's time, within the bounds in which the difference of any two can be told: from 1970 to
 * 2116. */
static int64_t sane_time(int64_t time)
{
    return time < 0 ? 0 : time > INT64_MAX / 2 ? INT64_MAX / 2 : time;
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
    while (engine->fragments != NULL && fragments_give_up(engine->fragments, &segment, &at, now)) {
        uint8_t end = 0;
        struct flow *flow = flow_find(engine->flows, &end, &segment.from, segment.from_port,
                                      &segment.to, segment.to_port);
        if (flow != NULL && segment.payload_length > 0 && (segment.flags & SEGMENT_RST) == 0 &&
            begin_session(engine, flow)) {
            take_payload(flow, end, &segment, at);
            account(engine, flow);
        }
    }
}

/* Counts what could not be put together. */
static void end_fragments(struct engine *engine)
{
    give_up_fragments(engine, INT64_MAX);
    if (engine->fragments != NULL) {
        engine->totals.fragments += fragments_lost(engine->fragments);
        fragments_free(engine->fragments);
        engine->fragments = NULL;
    }
}

/* ---- one packet ---- */

void engine_take(struct engine *engine, const struct packet *packet)
{
    struct segment segment;
    struct moment at = {packet->number, sane_time(packet->time)};
    engine->totals.packets++;
    engine->totals.bytes += packet->length;
    engine->totals.cut_packets += packet->bytes.left < packet->length;
    engine->now = at.time > engine->now ? at.time : engine->now;
    keep_room(engine);
    enum packet_kind kind = packet_dissect(&segment, packet->link, packet->bytes, packet->length);
    if (kind == PACKET_FRAGMENT) {
        kind = take_fragment(engine, &segment, at);
    }
    switch (kind) {
    case PACKET_TCP:
        take_segment(engine, packet, &segment, at);
        break;
    case PACKET_ICMP:
        take_icmp(engine, packet, &segment, at);
        break;
    case PACKET_BROKEN:
        engine->totals.broken_packets++;
        break;
    case PACKET_FRAGMENT:
    case PACKET_UDP:
    case PACKET_OTHER:
        break;
    }
    give_up_fragments(engine, engine->now);
    end_silent_flows(engine);
}

/* ---- a capture from end to end ---- */

bool engine_begin_capture(struct engine *engine, const struct engine_capture *capture)
{
    memcpy(engine->limit, silence_limit, sizeof silence_limit);
    engine->live = capture->live;
    if (capture->live) {
        engine->limit[FLOW_OPENING] = live_handshake_limit;
    }
    if (engine->options->handshake_timeout != 0) {
        engine->limit[FLOW_OPENING] = SECONDS((int64_t)engine->options->handshake_timeout);
    }
    engine->now = 0;
    engine->dropped = 0;
    engine->flows = flow_table_new();
    return engine->flows != NULL && judgement_begin(engine->judgement, capture->name,
                                                    capture->input, capture->inputs, capture->live);
}

void engine_end_capture(struct engine *engine)
{
    end_fragments(engine);
    for (int age = 0; engine->flows != NULL && age < FLOW_AGES; age++) {
        struct flow *oldest = flow_oldest(engine->flows, (enum flow_age)age);
        while (oldest != NULL) {
            end_flow(engine, oldest, false);
            oldest = flow_oldest(engine->flows, (enum flow_age)age);
        }
    }
    judgement_end(engine->judgement);
    flow_table_free(engine->flows);
    engine->flows = NULL;
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
    (void)keylog_refresh(engine->keylog);
    give_up_fragments(engine, engine->now);
    end_silent_flows(engine);
}

void engine_note_drops(struct engine *engine, uint64_t dropped)
{
    if (dropped > engine->totals.dropped) {
        engine->totals.dropped = dropped;
        engine->dropped = engine->now;
    }
}

struct engine_load engine_load(const struct engine *engine)
{
    return (struct engine_load){
        .connections = engine->flows == NULL ? 0 : flow_count(engine->flows),
        .connections_limit = connections_limit(engine),
        .sessions = engine->sessions,
        .memory = engine->held + judgement_memory(engine->judgement) + engine->kept.used,
        .memory_limit = memory_limit(engine),
        .unkept = engine->kept.lost};
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
    fragments_free(engine->fragments);
    chain_store_free(engine->store);
    unsealer_free(engine->unsealer);
    keylog_free(engine->keylog);
    free(engine);
}
