#include "engine.h"

#include "pending.h"
#include "tracking/classify.h"
#include "tracking/flow.h"
#include "tracking/keylog.h"
#include "tracking/transport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* For how long a connection may be silent before its watching ends, in nanoseconds of the capture's
 * clock. */
static const int64_t silence_limit[FLOW_AGES] = {
    [FLOW_OPENING] =
        300LL *
        1000000000, /* handshakes: the longest timeout of a server or balancer is some minutes */
    [FLOW_ESTABLISHED] =
        7200LL * 1000000000, /* TCP keep-alives come every two hours (RFC 1122, section 4.2.3.6) */
    [FLOW_CLOSED] = 30LL * 1000000000, /* stragglers: a segment may live that long */
};

struct engine {
    const struct options *options;
    const struct report_format *format;
    struct report *report;
    struct totals totals;
    struct chain_store *store;
    struct keylog *keylog;
    struct unsealer *unsealer;
    struct classifier *classifier; /* made when first asked */
    struct flow_table *flows;
    struct servers *servers;
    struct pending pending;
    size_t sessions;  /* of flows in the table */
    int64_t now;      /* the latest time seen in this capture */
    const char *name; /* the capture's */
    uint32_t input;
    size_t inputs;
    uint64_t reported;
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

struct engine *engine_new(const struct options *options, const struct report_format *format,
                          const struct report_options *report, char *error, size_t error_size)
{
    (void)snprintf(error, error_size, "out of memory");
    struct engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL) {
        return NULL;
    }
    engine->options = options;
    engine->format = format;
    engine->store = chain_store_new(options->authorities, error, error_size);
    bool ready = engine->store != NULL && take_keylog(engine, error, error_size);
    engine->report = ready ? format->begin(report) : NULL;
    if (engine->report == NULL) {
        engine_free(engine);
        return NULL;
    }
    return engine;
}

bool engine_is_done(const struct engine *engine)
{
    return engine->options->stop_after != 0 && engine->reported >= engine->options->stop_after;
}

/* ---- from facts to the report ---- */

static bool is_tls_port(const struct engine *engine, uint16_t port)
{
    for (size_t i = 0; i < engine->options->tls_port_count; i++) {
        if (engine->options->tls_ports[i] == port) {
            return true;
        }
    }
    return false;
}

/* Whether anybody spoke TLS on a connection, tried to, or was expected to: of one whose beginning
 * is not in the capture, and on which nobody said anything that is known, nothing can be expected.
 */
static bool concerns_tls(const struct facts *facts)
{
    const struct preface *preface = facts->preface;
    bool asked =
        preface != NULL && (preface->state == PREFACE_ASKED || preface->state == PREFACE_REFUSED ||
                            preface->state == PREFACE_GRANTED);
    bool begun = !facts->began_late || (preface != NULL && preface->protocol != PREFACE_UNKNOWN);
    return facts->tls || asked || (facts->tls_expected && begun);
}

/* What nDPI calls the application: asked only for what is shown, and never about the handshake. */
static void name_application(struct engine *engine, struct session *session)
{
    struct facts *facts = &session->facts;
    const struct client_hello_facts *hello = facts_client_hello(facts);
    bool named = hello != NULL && hello->server_name != NULL;
    bool cleartext =
        session->side[CLIENT].snippet_length > 0 || session->side[SERVER].snippet_length > 0;
    if (!named && !cleartext) {
        return;
    }
    if (engine->classifier == NULL) {
        engine->classifier = classify_new();
    }
    if (engine->classifier != NULL) {
        facts->application =
            named ? classify_name(engine->classifier, hello->server_name)
                  : classify_cleartext(engine->classifier,
                                       wire_over(session->side[CLIENT].snippet,
                                                 session->side[CLIENT].snippet_length),
                                       wire_over(session->side[SERVER].snippet,
                                                 session->side[SERVER].snippet_length));
    }
}

static void count(struct totals *totals, enum status status)
{
    totals->connections++;
    totals->established += status == STATUS_ESTABLISHED;
    totals->failed += status == STATUS_FAILED;
    totals->incomplete += status == STATUS_INCOMPLETE;
    totals->not_tls += status == STATUS_NOT_TLS;
}

/* What the chains amount to: facts that a verdict needs. Where a handshake was completed and data
 * went both ways, it does not; and what is not shown needs no warnings. */
static void judge_chains(struct engine *engine, struct session *session, bool shown)
{
    struct facts *facts = &session->facts;
    bool content = facts->established.frame != 0 && facts->application_records[CLIENT] > 0 &&
                   facts->application_records[SERVER] > 0;
    if (content && !shown) {
        return;
    }
    const char *server_name = facts->client_hellos > 0 ? facts->client_hello[0].server_name : NULL;
    for (int side = 0; side < SPEAKERS; side++) {
        struct chain *chain = session->chain[side];
        if (chain != NULL) {
            int64_t at = engine->options->judged_at;
            chain_judge(engine->store, chain, side == SERVER ? server_name : NULL,
                        at != 0 ? at : chain->at.time / 1000000000);
        }
    }
}

static void report(struct engine *engine, struct session *session)
{
    struct facts *facts = &session->facts;
    struct verdict verdict;
    diagnose(&verdict, facts, servers_find(engine->servers, facts));
    if (engine->options->json || facts->cleartext[SERVER] != NULL) {
        name_application(engine, session);
    }
    if (!engine_is_done(engine)) {
        struct connection connection = {facts, &verdict, engine->name, engine->inputs};
        count(&engine->totals, verdict.status);
        engine->format->connection(engine->report, &connection);
        engine->reported++;
    }
    session_free(session);
}

/* A connection's facts are complete: it is counted, remembered for others' sake, and told of when
 * its turn comes. */
static void conclude(struct engine *engine, struct session *session)
{
    const struct facts *facts = &session->facts;
    bool all = engine->options->json || engine->options->all;
    judge_chains(engine, session, all);
    enum status status = diagnose_status(facts);
    if (status != STATUS_FAILED && !concerns_tls(facts)) {
        session_free(session);
        return;
    }
    engine->totals.streams_overflowed +=
        facts->transport.side[CLIENT].overflowed || facts->transport.side[SERVER].overflowed;
    servers_note(engine->servers, facts);
    bool shown = status == STATUS_FAILED || all;
    if (!shown || engine_is_done(engine)) {
        count(&engine->totals, status);
        session_free(session);
        return;
    }
    if (pending_add(&engine->pending, facts->first.frame, session)) {
        return;
    }
    for (size_t i = 0; i < PENDING_MAX / 2; i++) {
        struct session *oldest = pending_take(&engine->pending);
        if (oldest != NULL) {
            report(engine, oldest);
        }
    }
    if (!pending_add(&engine->pending, facts->first.frame, session)) {
        report(engine, session);
    }
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
            flow->session->facts.input = engine->input;
            flow->session->facts.tls_expected =
                is_tls_port(engine, flow->session->facts.port[SERVER]);
        }
    }
    return flow->session != NULL;
}

static void end_flow(struct engine *engine, struct flow *flow, bool given_up)
{
    bool expected = is_tls_port(engine, flow->key.port[flow->client ^ 1]);
    if (flow->opening.syn.frame != 0 && expected) {
        (void)begin_session(engine, flow);
    }
    if (flow->session != NULL) {
        read_leftovers(flow);
        session_end(flow->session);
        flow->session->facts.given_up = given_up;
        transport_end_facts(flow, engine->now);
    }
    struct session *session = flow_remove(engine->flows, flow);
    if (session != NULL) {
        engine->sessions--;
        conclude(engine, session);
    }
}

static void end_silent_flows(struct engine *engine)
{
    for (int age = 0; age < FLOW_AGES; age++) {
        struct flow *oldest = flow_oldest(engine->flows, (enum flow_age)age);
        while (oldest != NULL && engine->now - oldest->last > silence_limit[age]) {
            end_flow(engine, oldest, false);
            oldest = flow_oldest(engine->flows, (enum flow_age)age);
        }
    }
    while (flow_count_of_age(engine->flows, FLOW_CLOSED) > FLOW_CLOSED_MAX) {
        end_flow(engine, flow_oldest(engine->flows, FLOW_CLOSED), false);
    }
}

/* Makes room in a full table: the closed ones go first, then those whose handshake is over, since
 * what is to be said of them is known; and last whoever has been half-open longest. */
static void give_up_oldest(struct engine *engine)
{
    static const enum flow_age order[] = {FLOW_CLOSED, FLOW_ESTABLISHED, FLOW_OPENING};
    struct flow *oldest = NULL;
    for (size_t i = 0; i < sizeof order / sizeof order[0] && oldest == NULL; i++) {
        oldest = flow_oldest(engine->flows, order[i]);
    }
    if (oldest != NULL) {
        engine->totals.evicted++;
        end_flow(engine, oldest, true);
    }
}

/* Keeps room for one more flow, and one more session. */
static void keep_room(struct engine *engine)
{
    while (flow_count(engine->flows) >= FLOW_MAX || engine->sessions >= FLOW_SESSIONS) {
        give_up_oldest(engine);
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

static enum flow_age age_of(const struct flow *flow)
{
    if (flow->ignored) {
        return FLOW_ESTABLISHED;
    }
    if (flow->session == NULL) {
        return FLOW_OPENING;
    }
    const struct facts *facts = &flow->session->facts;
    return facts->transport.closed             ? FLOW_CLOSED
           : facts->stage == STAGE_ESTABLISHED ? FLOW_ESTABLISHED
                                               : FLOW_OPENING;
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
    flow->session = NULL;
    flow->ignored = true;
}

static void take_segment(struct engine *engine, const struct segment *segment, struct moment at)
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
    flow_touch(engine->flows, flow, age_of(flow), engine->now);
}

/* An ICMP error is for the sender of the segment that it quotes. */
static void take_icmp(struct engine *engine, const struct segment *quote, struct moment at)
{
    uint8_t end = 0;
    struct flow *flow =
        flow_find(engine->flows, &end, &quote->from, quote->from_port, &quote->to, quote->to_port);
    if (flow != NULL && begin_session(engine, flow)) {
        transport_note_icmp(flow, end, quote, at);
    }
}

/* A packet's time, within the bounds in which the difference of any two can be told: from 1970 to
 * 2116. */
static int64_t sane_time(int64_t time)
{
    return time < 0 ? 0 : time > INT64_MAX / 2 ? INT64_MAX / 2 : time;
}

static void take_packet(struct engine *engine, const struct packet *packet)
{
    struct segment segment;
    struct moment at = {packet->number, sane_time(packet->time)};
    engine->totals.packets++;
    engine->totals.bytes += packet->length;
    engine->totals.cut_packets += packet->bytes.left < packet->length;
    engine->now = at.time > engine->now ? at.time : engine->now;
    keep_room(engine);
    switch (packet_dissect(&segment, packet->link, packet->bytes, packet->length)) {
    case PACKET_TCP:
        take_segment(engine, &segment, at);
        break;
    case PACKET_ICMP:
        take_icmp(engine, &segment, at);
        break;
    case PACKET_FRAGMENT:
        engine->totals.fragments++;
        break;
    case PACKET_BROKEN:
        engine->totals.broken_packets++;
        break;
    case PACKET_UDP:
    case PACKET_OTHER:
        break;
    }
    end_silent_flows(engine);
}

/* ---- a capture from end to end ---- */

static void end_capture(struct engine *engine)
{
    for (int age = 0; age < FLOW_AGES; age++) {
        struct flow *oldest = flow_oldest(engine->flows, (enum flow_age)age);
        while (oldest != NULL) {
            end_flow(engine, oldest, false);
            oldest = flow_oldest(engine->flows, (enum flow_age)age);
        }
    }
    struct session *session = pending_take(&engine->pending);
    while (session != NULL) {
        report(engine, session);
        session = pending_take(&engine->pending);
    }
    flow_table_free(engine->flows);
    servers_free(engine->servers);
    engine->flows = NULL;
    engine->servers = NULL;
}

/* The secrets in the capture stand before the packets that they open. */
static void take_secrets(struct engine *engine, struct capture *capture)
{
    struct wire text;
    if (capture_next_secrets(capture, &text)) {
        keylog_read(engine->keylog, text);
    }
}

enum capture_result engine_replay(struct engine *engine, struct capture *capture, const char *name,
                                  uint32_t input, size_t inputs)
{
    engine->name = name;
    engine->input = input;
    engine->inputs = inputs;
    engine->now = 0;
    engine->flows = flow_table_new();
    engine->servers = servers_new();
    struct packet packet;
    enum capture_result result = CAPTURE_FAILED;
    if (engine->flows != NULL && engine->servers != NULL) {
        result = capture_next(capture, &packet);
    }
    while (result == CAPTURE_PACKET && !engine_is_done(engine)) {
        take_secrets(engine, capture);
        take_packet(engine, &packet);
        result = capture_next(capture, &packet);
    }
    if (engine->flows != NULL) {
        end_capture(engine);
    }
    keylog_end(engine->keylog);
    return result;
}

const struct totals *engine_end(struct engine *engine)
{
    engine->format->end(engine->report, &engine->totals);
    return &engine->totals;
}

void engine_free(struct engine *engine)
{
    if (engine == NULL) {
        return;
    }
    pending_release(&engine->pending);
    classify_free(engine->classifier);
    chain_store_free(engine->store);
    unsealer_free(engine->unsealer);
    keylog_free(engine->keylog);
    free(engine);
}
