#include "connections.h"

#include "tracking/dismissed.h"
#include "tracking/flow.h"
#include "tracking/half_open.h"
#include "tracking/hearing.h"
#include "tracking/ports.h"
#include "tracking/transport.h"

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

/* Silent flows are looked for that often, in nanoseconds of the capture's clock: a small part of
 * the shortest limit. */
static const int64_t look_every = SECONDS(1) / 100;

enum {
    /* Bytes of all that grows with traffic: 150,000 connections in 1 GB take 80 MiB. */
    MEMORY_USUAL = 512 << 20,
    KEPT_PART = 4 /* of it, for the packets of -w: as much again as the facts of handshakes take */
};

struct connections {
    const struct options *options;
    struct judgement *judgement;
    struct session_shared shared;
    struct slab sessions;
    struct flow_table *flows;
    struct half_open_table *half_open;
    struct dismissed_table *dismissed;
    struct kept_account kept; /* of the packets for -w; a limit of 0: nobody wants them */
    int64_t limit[FLOW_AGES]; /* silence_limit, as this run has it */
    struct ports tls_ports;
    bool live;
    size_t session_count; /* of flows in the table */
    uint64_t evicted;     /* given up to make room */
    uint64_t forgotten;   /* in tables of earlier captures */
    uint64_t unwatched;   /* no memory to look at them */
    int64_t now;          /* the latest time seen in this capture */
    int64_t next_look;    /* when silent flows are looked for again */
    int64_t dropped;      /* when packets were last lost; 0: never */
};

static size_t memory_limit(const struct connections *connections)
{
    return connections->options->memory != 0 ? connections->options->memory : MEMORY_USUAL;
}

static size_t connections_limit(const struct connections *connections)
{
    return connections->options->connections != 0 ? connections->options->connections : FLOW_MAX;
}

/* ---- from streams to facts ---- */

static bool begin_session(struct connections *connections, struct flow *flow)
{
    if (flow->session == NULL && !flow->ignored) {
        flow->session = session_new(&connections->shared);
        if (flow->session != NULL) {
            connections->session_count++;
            transport_begin_facts(flow);
            flow->session->facts.tls_expected =
                ports_has(&connections->tls_ports, flow->session->facts.port[SERVER]);
            hearing_release(flow);
            flow_account(connections->flows, flow);
        }
        connections->unwatched += flow->session == NULL;
    }
    return flow->session != NULL;
}

/* The watching of a connection ends: completes its facts, and hands them on to be judged. */
static void conclude(struct connections *connections, struct flow *flow, bool given_up)
{
    struct session *session = flow->session;
    if (session == NULL) {
        return;
    }
    hearing_finish(flow);
    session_end(session);
    session->facts.given_up = given_up;
    session->facts.lossy =
        connections->dropped != 0 && connections->dropped >= session->facts.first.time;
    transport_end_facts(flow, connections->now);
    session->kept = flow->kept;
    flow->kept = NULL;
    flow->session = NULL;
    flow->ignored = true;
    connections->session_count--;
    flow_account(connections->flows, flow);
    judgement_take(connections->judgement, session);
}

/* A connection on which nobody said anything is told of where TLS was expected. */
static void end_flow(struct connections *connections, struct flow *flow, bool given_up)
{
    bool expected = ports_has(&connections->tls_ports, flow->head.key.port[flow->client ^ 1]);
    if (flow->opening.syn.frame != 0 && expected) {
        (void)begin_session(connections, flow);
    }
    conclude(connections, flow, given_up);
    (void)flow_remove(connections->flows, flow); /* its session is gone */
}

/* Ends the watching but not the flow, so that what still comes is not taken for another
 * connection. */
static void retire(struct connections *connections, struct flow *flow, bool given_up)
{
    bool closed = flow->session != NULL && flow->session->facts.transport.closed;
    conclude(connections, flow, given_up);
    flow_touch(connections->flows, flow, closed ? FLOW_CLOSED : FLOW_ESTABLISHED, flow->head.last);
}

/* Kept out of what asks with each packet whether it is time. */
__attribute__((noinline)) static void end_silent_flows(struct connections *connections)
{
    connections->next_look = connections->now + look_every;
    for (int age = 0; age < FLOW_AGES; age++) {
        while (flow_oldest_time(connections->flows, (enum flow_age)age) <
               connections->now - connections->limit[age]) {
            struct flow *oldest = flow_oldest(connections->flows, (enum flow_age)age);
            if (oldest != NULL && age == FLOW_ENDING) {
                retire(connections, oldest, false);
            } else if (oldest != NULL) {
                end_flow(connections, oldest, false);
            }
        }
    }
    while (flow_count_of_age(connections->flows, FLOW_CLOSED) > FLOW_CLOSED_MAX) {
        struct flow *oldest = flow_oldest(connections->flows, FLOW_CLOSED);
        if (oldest != NULL) {
            end_flow(connections, oldest, false);
        }
    }
}

/* ---- bounds ---- */

/* Whom to give up when the table is full: those that are over, and whose verdict is known or due;
 * then the half-open that has been silent longest, unless they are the fewer: a flood of
 * half-open connections pays for itself, and so do connections that stay open. */
static struct flow *most_dispensable(struct connections *connections)
{
    struct flow_table *flows = connections->flows;
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

static void give_up_one(struct connections *connections)
{
    struct flow *flow = most_dispensable(connections);
    if (flow != NULL) {
        connections->evicted++;
        end_flow(connections, flow, true);
    }
}

/* Keeps room for one more flow. */
static void keep_place(struct connections *connections)
{
    size_t most = connections_limit(connections);
    while (flow_count(connections->flows) >= most) {
        give_up_one(connections);
    }
}

void connections_keep_room(struct connections *connections)
{
    size_t memory = memory_limit(connections) - connections->kept.limit;
    while (flow_memory(connections->flows) + judgement_memory(connections->judgement) > memory) {
        if (judgement_memory(connections->judgement) > memory / 2 ||
            flow_count(connections->flows) == 0) {
            judgement_make_room(connections->judgement);
        } else {
            give_up_one(connections);
        }
    }
}

/* ---- from packets to streams ---- */

/* Who is likely to be the client of a connection whose opening was not seen. */
static bool sender_is_client(const struct connections *connections, const struct segment *segment)
{
    if ((segment->flags & SEGMENT_SYN) != 0) {
        return (segment->flags & SEGMENT_ACK) == 0;
    }
    bool from_tls = ports_has(&connections->tls_ports, segment->from_port);
    bool to_tls = ports_has(&connections->tls_ports, segment->to_port);
    return from_tls != to_tls ? to_tls : segment->from_port >= segment->to_port;
}

static struct flow *new_flow(struct connections *connections, uint8_t *end,
                             const struct segment *segment)
{
    if (segment->payload_length == 0 && (segment->flags & SEGMENT_SYN) == 0) {
        return NULL;
    }
    keep_place(connections);
    struct flow *flow = flow_add(connections->flows, end, &segment->from, segment->from_port,
                                 &segment->to, segment->to_port);
    if (flow != NULL) {
        flow->client = sender_is_client(connections, segment) ? *end : *end ^ 1;
        flow_account(connections->flows, flow);
    }
    connections->unwatched += flow == NULL;
    return flow;
}

/* A SYN with another sequence number than the connection's: its ports are used again. */
static bool is_port_reuse(const struct flow *flow, uint8_t end, const struct segment *segment)
{
    bool opens = (segment->flags & (SEGMENT_SYN | SEGMENT_ACK)) == SEGMENT_SYN;
    return opens &&
           (flow->has_initial[end] ? flow->initial_sequence[end] != segment->sequence
                                   : flow->opening.syn_ack.frame != 0 || flow->session != NULL);
}

/* Whether a handshake that was not completed has come to its end, whoever still closes how: nobody
 * goes on behind a fatal alert, and who has closed says no more. */
static bool is_ending(const struct facts *facts)
{
    const struct transport *transport = &facts->transport;
    return transport->side[CLIENT].fin.frame != 0 || transport->side[SERVER].fin.frame != 0 ||
           facts_fatal_alert(facts, CLIENT) != NULL || facts_fatal_alert(facts, SERVER) != NULL;
}

static enum flow_age age_of(const struct connections *connections, const struct flow *flow)
{
    if (flow->ignored) {
        return flow->head.age == FLOW_CLOSED ? FLOW_CLOSED : FLOW_ESTABLISHED;
    }
    if (flow->session == NULL) {
        return FLOW_OPENING;
    }
    const struct facts *facts = &flow->session->facts;
    bool established = facts->stage == STAGE_ESTABLISHED;
    if (facts->transport.closed) {
        return connections->live ? FLOW_ENDING : FLOW_CLOSED;
    }
    if (connections->live && !established && is_ending(facts)) {
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
    hearing_read(flow, end, &piece);
}

/* Lets go of a connection that is not TLS and was not expected to be. */
static void dismiss(struct connections *connections, struct flow *flow, uint64_t hash)
{
    uint8_t opener = flow->client;
    dismissed_add(connections->dismissed, hash,
                  flow->has_initial[opener] ? &flow->initial_sequence[opener] : NULL,
                  connections->now);
    if (flow->session != NULL) {
        connections->session_count--;
        session_free(flow->session);
        flow->session = NULL;
    }
    (void)flow_remove(connections->flows, flow); /* its session is gone */
}

/* What payload or a close says; only these change what a connection holds, and its age. */
static void tell(struct connections *connections, struct flow *flow, uint8_t end,
                 const struct segment *segment, struct moment at)
{
    bool resets = (segment->flags & SEGMENT_RST) != 0;
    struct flow_share share = flow_share(flow, end);
    if (segment->payload_length > 0 && !resets) {
        take_payload(flow, end, segment, at);
    }
    if (resets || (segment->flags & SEGMENT_FIN) != 0) {
        transport_note_close(flow, end, segment, at);
    }
    flow_settle(flow);
    flow_touch(connections->flows, flow, age_of(connections, flow), connections->now);
    flow_account_share(connections->flows, flow, end, share);
}

/* Watches a connection that is of interest; false: it has turned out to be of none, and the flow is
 * gone. */
static bool watch(struct connections *connections, struct flow *flow, struct flow_place place,
                  const struct segment *segment, struct moment at)
{
    uint8_t end = place.end;
    bool closes = (segment->flags & (SEGMENT_FIN | SEGMENT_RST)) != 0;
    bool speaks = segment->payload_length > 0 && (segment->flags & SEGMENT_RST) == 0;
    if (flow->session == NULL && speaks && !closes &&
        !ports_has(&connections->tls_ports, flow->head.key.port[flow->client ^ 1])) {
        switch (hearing_listen(flow, end, segment, at)) {
        case HEARING_HELD:
            transport_note(flow, end, segment, at);
            flow_account(connections->flows, flow);
            return true;
        case HEARING_PLAIN:
            dismiss(connections, flow, place.hash);
            return false;
        case HEARING_NEEDED:
            break;
        }
    }
    if (hearing_ends(flow, end, segment)) {
        (void)begin_session(connections, flow);
    }
    transport_note(flow, end, segment, at);
    if ((closes || speaks) && begin_session(connections, flow)) {
        tell(connections, flow, end, segment, at);
        if (flow->session->stopped && !flow->session->facts.tls_expected) {
            dismiss(connections, flow, place.hash);
            return false;
        }
    }
    return true;
}

struct flow_place connections_expect(const struct connections *connections,
                                     const struct segment *segment)
{
    return flow_expect(connections->flows, segment);
}

void connections_fetch(const struct connections *connections, struct flow_place place)
{
    if (!flow_fetch(connections->flows, place)) {
        dismissed_fetch(connections->dismissed, place.hash);
        half_open_fetch(connections->half_open, place.hash);
    }
}

void connections_fetch_session(const struct connections *connections, struct flow_place place)
{
    flow_fetch_session(connections->flows, place);
}

/* A connection of which no more than its opening was known goes on: it becomes a flow, to which the
 * opening is told again. */
static struct flow *go_on(struct connections *connections, const struct half_open *known,
                          const struct segment *segment)
{
    uint8_t end = 0;
    keep_place(connections);
    struct flow *flow = flow_add(connections->flows, &end, &segment->from, segment->from_port,
                                 &segment->to, segment->to_port);
    if (flow != NULL) {
        flow->client = known->end[0];
        for (size_t i = 0; i < 2 && known->at[i].frame != 0; i++) {
            transport_note(flow, known->end[i], &known->segment[i], known->at[i]);
        }
        flow_account(connections->flows, flow);
    }
    return flow;
}

/* Where nobody expects TLS, nothing is said of a connection on which nobody spoke: its SYN and the
 * answer are only remembered, until something else comes. True where the segment was one of these,
 * or refuses the connection. */
static bool is_only_opening(struct connections *connections, struct flow **flow, uint8_t end,
                            const struct segment *segment, uint64_t hash, struct moment at)
{
    struct half_open known;
    bool opens = segment->flags == SEGMENT_SYN;
    bool expected =
        ports_has(&connections->tls_ports, opens ? segment->to_port : segment->from_port);
    bool kept = connections->kept.limit != 0; /* then the packets themselves are wanted */
    if (!expected && !kept &&
        half_open_note(connections->half_open, hash, end, segment, at,
                       connections->limit[FLOW_OPENING])) {
        return true;
    }
    if (half_open_take(connections->half_open, &known, hash, end, segment, at,
                       connections->limit[FLOW_OPENING])) {
        bool refused = (segment->flags & SEGMENT_RST) != 0 && segment->payload_length == 0;
        *flow = refused ? NULL : go_on(connections, &known, segment);
        return refused;
    }
    return false;
}

void connections_take(struct connections *connections, const struct packet *packet,
                      const struct segment *segment, struct flow_place place, struct moment at)
{
    uint8_t end = place.end;
    struct flow *flow = flow_find_expected(connections->flows, segment, place);
    if (flow == NULL &&
        (dismissed_knows(connections->dismissed, place.hash, segment, connections->now) ||
         is_only_opening(connections, &flow, end, segment, place.hash, at))) {
        return;
    }
    if (flow != NULL && is_port_reuse(flow, end, segment)) {
        end_flow(connections, flow, false);
        flow = NULL;
    }
    if (flow == NULL) {
        flow = new_flow(connections, &end, segment);
    }
    if (flow == NULL) {
        return;
    }
    if (connections->kept.limit != 0) {
        flow_keep(flow, &connections->kept, at, packet->link, packet->bytes, packet->length);
    }
    if (!flow->ignored && !watch(connections, flow, place, segment, at)) {
        return;
    }
    flow_touch(connections->flows, flow, (enum flow_age)flow->head.age, connections->now);
}

void connections_take_icmp(struct connections *connections, const struct packet *packet,
                           const struct segment *quote, struct moment at)
{
    uint8_t end = 0;
    struct flow *flow = flow_find(connections->flows, &end, &quote->from, quote->from_port,
                                  &quote->to, quote->to_port);
    if (flow != NULL && begin_session(connections, flow)) {
        flow_keep(flow, &connections->kept, at, packet->link, packet->bytes, packet->length);
        transport_note_icmp(flow, end, quote, at);
    }
}

void connections_take_piece(struct connections *connections, const struct segment *segment,
                            struct moment at)
{
    uint8_t end = 0;
    struct flow *flow = flow_find(connections->flows, &end, &segment->from, segment->from_port,
                                  &segment->to, segment->to_port);
    if (flow != NULL && segment->payload_length > 0 && (segment->flags & SEGMENT_RST) == 0 &&
        begin_session(connections, flow)) {
        take_payload(flow, end, segment, at);
        flow_account(connections->flows, flow);
    }
}

/* ---- a capture from end to end ---- */

struct connections *connections_new(const struct options *options,
                                    const struct session_shared *shared,
                                    struct judgement *judgement)
{
    struct connections *connections = calloc(1, sizeof *connections);
    if (connections != NULL) {
        connections->options = options;
        connections->judgement = judgement;
        connections->shared = *shared;
        connections->shared.sessions = &connections->sessions;
        connections->sessions.size = sizeof(struct session);
        for (size_t i = 0; i < options->tls_port_count; i++) {
            ports_add(&connections->tls_ports, options->tls_ports[i]);
        }
    }
    return connections;
}

void connections_keep_packets(struct connections *connections, bool wanted)
{
    connections->kept.limit = wanted ? memory_limit(connections) / KEPT_PART : 0;
}

bool connections_begin(struct connections *connections, bool live)
{
    memcpy(connections->limit, silence_limit, sizeof silence_limit);
    connections->live = live;
    if (live) {
        connections->limit[FLOW_OPENING] = live_handshake_limit;
    }
    if (connections->options->handshake_timeout != 0) {
        connections->limit[FLOW_OPENING] =
            SECONDS((int64_t)connections->options->handshake_timeout);
    }
    connections->now = 0;
    connections->next_look = 0;
    connections->dropped = 0;
    connections->flows = flow_table_new(&connections->shared, connections->options->awake);
    connections->half_open = half_open_new();
    connections->dismissed = dismissed_new();
    return connections->flows != NULL && connections->half_open != NULL &&
           connections->dismissed != NULL;
}

void connections_set_time(struct connections *connections, int64_t now)
{
    connections->now = now > connections->now ? now : connections->now;
}

void connections_end_silent(struct connections *connections)
{
    if (connections->now >= connections->next_look ||
        flow_count_of_age(connections->flows, FLOW_CLOSED) > FLOW_CLOSED_MAX) {
        end_silent_flows(connections);
    }
}

void connections_note_drops(struct connections *connections)
{
    connections->dropped = connections->now;
}

void connections_end(struct connections *connections)
{
    for (int age = 0; connections->flows != NULL && age < FLOW_AGES; age++) {
        struct flow *oldest = flow_oldest(connections->flows, (enum flow_age)age);
        while (oldest != NULL) {
            end_flow(connections, oldest, false);
            oldest = flow_oldest(connections->flows, (enum flow_age)age);
        }
    }
    connections->forgotten = connections_forgotten(connections);
    connections->unwatched = connections_unwatched(connections);
    connections->session_count = 0;
    flow_table_free(connections->flows);
    half_open_free(connections->half_open);
    dismissed_free(connections->dismissed);
    connections->flows = NULL;
    connections->half_open = NULL;
    connections->dismissed = NULL;
}

struct engine_load connections_load(const struct connections *connections)
{
    const struct flow_table *flows = connections->flows;
    return (struct engine_load){
        .connections = flows == NULL ? 0 : flow_count(flows),
        .connections_limit = connections_limit(connections),
        .sessions = connections->session_count - (flows == NULL ? 0 : flow_lost_sessions(flows)),
        .memory = (flows == NULL ? 0 : flow_memory(flows)) +
                  judgement_memory(connections->judgement) + connections->kept.used,
        .memory_limit = memory_limit(connections),
        .unkept = connections->kept.lost};
}

uint64_t connections_unwatched(const struct connections *connections)
{
    return connections->unwatched +
           (connections->flows == NULL ? 0 : flow_lost(connections->flows));
}

uint64_t connections_forgotten(const struct connections *connections)
{
    return connections->forgotten + half_open_forgotten(connections->half_open) +
           dismissed_forgotten(connections->dismissed);
}

uint64_t connections_evicted(const struct connections *connections)
{
    return connections->evicted;
}

void connections_free(struct connections *connections)
{
    if (connections != NULL) {
        slab_release(&connections->sessions);
        free(connections);
    }
}
