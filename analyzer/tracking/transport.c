#include "tracking/transport.h"

static void count_up(uint16_t *counter)
{
    if (*counter < UINT16_MAX) {
        (*counter)++;
    }
}

static void note_syn(struct flow *flow, const struct segment *segment, struct moment at)
{
    struct opening *opening = &flow->opening;
    if ((segment->flags & SEGMENT_ACK) != 0) {
        if (opening->syn_ack.frame == 0) {
            opening->syn_ack = at;
        }
    } else {
        if (opening->syn.frame == 0) {
            opening->syn = at;
        }
        count_up(&opening->syn_count);
    }
}

static void note_sequence(struct flow *flow, uint8_t end, const struct segment *segment,
                          struct moment at)
{
    uint8_t peer = end ^ 1;
    if ((segment->flags & SEGMENT_SYN) != 0) {
        /* Some boxes answer a SYN twice, with different numbers: the last one counts, unless the
         * peer took up the first. */
        bool again = flow->has_initial[end] && flow->initial_sequence[end] != segment->sequence &&
                     stream_is_fresh(&flow->stream[end]);
        if (!flow->has_initial[end] || again) {
            flow->has_initial[end] = true;
            flow->initial_sequence[end] = segment->sequence;
            stream_begin(&flow->stream[end], segment->sequence + 1, again);
        }
    }
    bool resets = (segment->flags & SEGMENT_RST) != 0;
    if ((segment->flags & SEGMENT_ACK) == 0 || resets) {
        return;
    }
    if (flow->has_initial[end]) {
        stream_begin(&flow->stream[peer], segment->acknowledgement, false);
    }
    if (stream_acknowledge(&flow->stream[peer], segment->acknowledgement)) {
        flow->acknowledged[peer] = at;
        flow->end[peer].tail_retransmissions = 0;
    }
}

/* Payload from behind the reset's sequence number: whoever sent it had not reset anything. */
static void note_life(struct flow *flow, uint8_t end, const struct segment *segment)
{
    struct reset *reset = &flow->session->facts.transport.side[transport_speaker(flow, end)].reset;
    int32_t beyond = (int32_t)(segment->sequence + segment->payload_length - reset->sequence);
    if (reset->at.frame != 0 && segment->payload_length > 0 && beyond > 0) {
        reset->data_followed = true;
    }
}

static void note_packet(struct flow *flow, uint8_t end, const struct segment *segment,
                        struct moment at)
{
    struct flow_end *counted = &flow->end[end];
    counted->packets++;
    counted->last = at;
    if ((segment->flags & SEGMENT_RST) != 0) {
        return;
    }
    counted->last_ip_id = segment->ip_id;
    bool first = flow->session == NULL || counted->ttl_lowest == 0;
    if (first || segment->ttl < counted->ttl_lowest) {
        counted->ttl_lowest = segment->ttl;
    }
    if (first || segment->ttl > counted->ttl_highest) {
        counted->ttl_highest = segment->ttl;
    }
    if (flow->has_end[end] && flow->session != NULL) {
        note_life(flow, end, segment);
    }
}

void transport_note(struct flow *flow, uint8_t end, const struct segment *segment, struct moment at)
{
    if (flow->end[0].packets == 0 && flow->end[1].packets == 0) {
        flow->opening.first = at;
    }
    if ((segment->flags & SEGMENT_SYN) != 0) {
        note_syn(flow, segment, at);
    }
    note_sequence(flow, end, segment, at);
    note_packet(flow, end, segment, at);
}

void transport_note_data(struct flow *flow, uint8_t end, const struct segment *segment,
                         enum stream_news news, struct moment at)
{
    struct transport_side *side =
        &flow->session->facts.transport.side[transport_speaker(flow, end)];
    /* RFC 1122, section 4.2.3.6: the last byte that was sent, or what stands for it. */
    bool keeps_alive =
        segment->payload_length == 1 && segment->sequence + 1 == flow->stream[end].highest;
    if (side->first_data.frame == 0) {
        side->first_data = at;
    }
    if (news == STREAM_NEWS) {
        side->last_data = at;
        side->bytes += segment->payload_length;
    } else if (!keeps_alive) {
        count_up(&side->retransmissions);
        count_up(&flow->end[end].tail_retransmissions);
    }
}

void transport_note_held(struct flow *flow, uint8_t end, const struct piece *piece)
{
    struct transport_side *side =
        &flow->session->facts.transport.side[transport_speaker(flow, end)];
    side->first_data = piece->at;
    side->last_data = piece->at;
    side->bytes += (uint32_t)piece->bytes.left + piece->cut;
}

static void note_end(struct flow *flow, uint8_t end, const struct segment *segment,
                     uint32_t sequence)
{
    if (!flow->has_end[end]) {
        flow->has_end[end] = true;
        flow->end_sequence[end] = sequence;
        flow->end_acknowledgement[end] =
            (segment->flags & SEGMENT_ACK) != 0 ? segment->acknowledgement : 0;
    }
}

/* Whether `end` knew of the peer's FIN when it closed, by what its FIN or RST acknowledges: queues
 * of a network card may hand over the two in the other order. */
static bool answers_close(const struct flow *flow, uint8_t end)
{
    uint8_t peer = end ^ 1;
    const struct transport_side *side =
        &flow->session->facts.transport.side[transport_speaker(flow, peer)];
    return side->fin.frame != 0 && flow->has_end[end] && flow->end_acknowledgement[end] != 0 &&
           flow->end_acknowledgement[end] == flow->end_sequence[peer] + 1;
}

void transport_note_close(struct flow *flow, uint8_t end, const struct segment *segment,
                          struct moment at)
{
    enum speaker from = transport_speaker(flow, end);
    struct transport *transport = &flow->session->facts.transport;
    struct transport_side *side = &transport->side[from];
    if ((segment->flags & SEGMENT_RST) != 0 && side->reset.at.frame == 0) {
        side->reset = (struct reset){.at = at,
                                     .sequence = segment->sequence,
                                     .window = segment->window,
                                     .ip_id = segment->ip_id,
                                     .ttl = segment->ttl};
        /* Behind a FIN, which takes a sequence number, a reset's may be one more than the last
         * byte's. */
        note_end(flow, end, segment, segment->sequence - 1);
        (void)session_step(flow->session, STEP_RST, from, at);
    }
    if ((segment->flags & SEGMENT_FIN) != 0 && side->fin.frame == 0) {
        side->fin = at;
        bool known = stream_acknowledges_end(&flow->stream[end],
                                             segment->sequence + segment->payload_length);
        side->fin_known = known ? flow->acknowledged[end] : (struct moment){0, 0};
        note_end(flow, end, segment, segment->sequence + segment->payload_length);
        (void)session_step(flow->session, STEP_FIN, from, at);
    }
    bool reset =
        transport->side[CLIENT].reset.at.frame != 0 || transport->side[SERVER].reset.at.frame != 0;
    bool finished =
        transport->side[CLIENT].fin.frame != 0 && transport->side[SERVER].fin.frame != 0;
    transport->closed = reset || finished;
}

void transport_note_icmp(struct flow *flow, uint8_t end, const struct segment *quote,
                         struct moment at)
{
    struct icmp_error *icmp = &flow->session->facts.transport.icmp;
    if (icmp->at.frame != 0) {
        return;
    }
    *icmp = (struct icmp_error){.at = at,
                                .mtu = quote->icmp_mtu,
                                .type = quote->icmp_type,
                                .code = quote->icmp_code,
                                .version6 = quote->from.version == 6,
                                .about = transport_speaker(flow, end)};
    struct step *step = session_step(flow->session, STEP_ICMP, speaker_peer(icmp->about), at);
    if (step != NULL) {
        step->a = icmp->type;
        step->b = icmp->code;
    }
}

void transport_begin_facts(struct flow *flow)
{
    struct facts *facts = &flow->session->facts;
    const struct opening *opening = &flow->opening;
    facts->first = opening->first;
    facts->transport.syn = opening->syn;
    facts->transport.syn_ack = opening->syn_ack;
    for (uint8_t end = 0; end < 2; end++) {
        enum speaker speaker = transport_speaker(flow, end);
        facts->address[speaker] = flow->head.key.address[end];
        facts->port[speaker] = flow->head.key.port[end];
    }
    facts->began_late = !flow->has_initial[0] && !flow->has_initial[1];
    for (int i = 0; i < SPEAKERS && facts->began_late; i++) {
        flow->session->side[i].reader.doubtful = true;
    }
    if (opening->syn.frame != 0) {
        (void)session_step(flow->session, STEP_SYN, CLIENT, opening->syn);
    }
    if (opening->syn_ack.frame != 0) {
        (void)session_step(flow->session, STEP_SYN_ACK, SERVER, opening->syn_ack);
    }
}

/* A reset one number behind the last byte that was seen stands behind a FIN; if none was seen, it
 * is not in the capture. */
static bool lacks_fin(const struct transport_side *side, const struct stream *stream)
{
    return side->reset.at.frame != 0 && side->fin.frame == 0 && stream->begun &&
           side->reset.sequence == stream->highest + 1;
}

/* What `end` acknowledges in a reset, beyond what was seen of its peer, is not in the capture. A
 * stranger's reset may acknowledge anything: its time to live gives it away. */
static bool reset_knows_more(const struct flow *flow, uint8_t end)
{
    const struct transport_side *side =
        &flow->session->facts.transport.side[transport_speaker(flow, end)];
    const struct flow_end *others = &flow->end[end];
    uint32_t fin = flow->has_end[end ^ 1] ? 1 : 0; /* it takes a number */
    bool own = others->ttl_lowest != 0 && side->reset.ttl >= others->ttl_lowest &&
               side->reset.ttl <= others->ttl_highest;
    return side->reset.at.frame != 0 && side->fin.frame == 0 && own &&
           flow->end_acknowledgement[end] != 0 &&
           stream_ends_before(&flow->stream[end ^ 1], flow->end_acknowledgement[end] - fin);
}

/* Hands on what was counted. */
static void tell_counts(struct flow *flow)
{
    struct facts *facts = &flow->session->facts;
    for (uint8_t end = 0; end < 2; end++) {
        const struct flow_end *counted = &flow->end[end];
        struct transport_side *side = &facts->transport.side[transport_speaker(flow, end)];
        side->packets = counted->packets;
        side->last_packet = counted->last;
        side->last_ip_id = counted->last_ip_id;
        side->ttl_lowest = counted->ttl_lowest;
        side->ttl_highest = counted->ttl_highest;
        side->tail_retransmissions = counted->tail_retransmissions;
        if (counted->last.frame > facts->last.frame) {
            facts->last = counted->last;
        }
    }
}

void transport_end_facts(struct flow *flow, int64_t now)
{
    struct facts *facts = &flow->session->facts;
    tell_counts(flow);
    facts->transport.syn_count = flow->opening.syn_count;
    if (facts->transport.syn_ack.frame == 0) {
        facts->transport.syn_ack = flow->opening.syn_ack;
    }
    for (uint8_t end = 0; end < 2; end++) {
        struct transport_side *side = &facts->transport.side[transport_speaker(flow, end)];
        const struct stream *stream = &flow->stream[end];
        uint32_t last = flow->has_end[end] ? flow->end_sequence[end] : stream->highest;
        side->unacknowledged = stream_unacknowledged(stream);
        side->missing = side->missing || stream_lacks(stream, last) || lacks_fin(side, stream) ||
                        (!flow->has_end[end] && stream_end_acknowledged(stream)) ||
                        reset_knows_more(flow, end ^ 1);
        side->overflowed = side->overflowed || stream->overflowed;
        side->answers_close = answers_close(flow, end);
    }
    facts->watched_until = now > facts->last.time ? now : facts->last.time;
    facts->ended_open = !facts->transport.closed;
}
