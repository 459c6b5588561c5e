#include "tracking/transport.h"

static void count_up(uint16_t *counter)
{
    if (*counter < UINT16_MAX) {
        (*counter)++;
    }
}

static void note_opening(struct flow *flow, uint8_t end, const struct segment *segment,
                         struct moment at)
{
    struct opening *opening = &flow->opening;
    if (opening->first.frame == 0) {
        opening->first = at;
    }
    opening->last = at;
    opening->spoke[end] = at;
    count_up(&opening->packets[end]);
    if ((segment->flags & SEGMENT_RST) == 0) {
        opening->ip_id[end] = segment->ip_id;
        opening->ttl[end] = segment->ttl;
    }
    if ((segment->flags & SEGMENT_SYN) == 0) {
        return;
    }
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
    /* Some boxes answer a SYN twice, with different numbers: the last one counts, unless the peer
     * took up the first. */
    bool again = flow->has_initial[end] && flow->initial_sequence[end] != segment->sequence &&
                 stream_is_fresh(&flow->stream[end]);
    if ((segment->flags & SEGMENT_SYN) != 0 && (!flow->has_initial[end] || again)) {
        flow->has_initial[end] = true;
        flow->initial_sequence[end] = segment->sequence;
        stream_begin(&flow->stream[end], segment->sequence + 1, again);
    }
    bool resets = (segment->flags & SEGMENT_RST) != 0;
    if ((segment->flags & SEGMENT_ACK) == 0 || resets) {
        return;
    }
    if (flow->has_initial[end]) {
        stream_begin(&flow->stream[peer], segment->acknowledgement, false);
    }
    if (stream_acknowledge(&flow->stream[peer], segment->acknowledgement) &&
        flow->session != NULL) {
        struct transport_side *side =
            &flow->session->facts.transport.side[transport_speaker(flow, peer)];
        side->tail_retransmissions = 0;
        side->acknowledged = at;
    }
}

static void note_side(struct transport_side *side, const struct segment *segment, struct moment at)
{
    side->packets++;
    side->last_packet = at;
    if ((segment->flags & SEGMENT_RST) != 0) {
        return;
    }
    side->last_ip_id = segment->ip_id;
    if (side->ttl_lowest == 0 || segment->ttl < side->ttl_lowest) {
        side->ttl_lowest = segment->ttl;
    }
    if (segment->ttl > side->ttl_highest) {
        side->ttl_highest = segment->ttl;
    }
    /* Payload from behind the reset's sequence number: whoever sent it had not reset anything. */
    bool payload = segment->payload_length > 0;
    int32_t beyond = (int32_t)(segment->sequence + segment->payload_length - side->reset.sequence);
    if (side->reset.at.frame != 0 && payload && beyond > 0) {
        side->reset.data_followed = true;
    }
}

void transport_note(struct flow *flow, uint8_t end, const struct segment *segment, struct moment at)
{
    if (flow->session == NULL || (segment->flags & SEGMENT_SYN) != 0) {
        note_opening(flow, end, segment, at);
    }
    note_sequence(flow, end, segment, at);
    if (flow->session != NULL) {
        flow->session->facts.last = at;
        note_side(&flow->session->facts.transport.side[transport_speaker(flow, end)], segment, at);
    }
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
        count_up(&side->tail_retransmissions);
    }
}

/* Whoever acknowledged it meanwhile did so in what the peer sent last. */
void transport_note_held(struct flow *flow, uint8_t end, const struct piece *piece)
{
    struct transport_side *side =
        &flow->session->facts.transport.side[transport_speaker(flow, end)];
    side->first_data = piece->at;
    side->last_data = piece->at;
    side->bytes += (uint32_t)piece->bytes.left + piece->cut;
    if (flow->stream[end].has_acknowledged && stream_unacknowledged(&flow->stream[end]) == 0) {
        side->acknowledged = flow->opening.spoke[end ^ 1];
    }
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
        side->fin_known = known ? side->acknowledged : (struct moment){0, 0};
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
    facts->last = opening->last;
    facts->transport.syn = opening->syn;
    facts->transport.syn_ack = opening->syn_ack;
    for (uint8_t end = 0; end < 2; end++) {
        enum speaker speaker = transport_speaker(flow, end);
        struct transport_side *side = &facts->transport.side[speaker];
        facts->address[speaker] = flow->key.address[end];
        facts->port[speaker] = flow->key.port[end];
        side->packets = opening->packets[end];
        side->last_packet = opening->spoke[end];
        side->last_ip_id = opening->ip_id[end];
        side->ttl_lowest = opening->ttl[end];
        side->ttl_highest = opening->ttl[end];
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

void transport_end_facts(struct flow *flow, int64_t now)
{
    struct facts *facts = &flow->session->facts;
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
                        (!flow->has_end[end] && stream_end_acknowledged(stream));
        side->overflowed = side->overflowed || stream->overflowed;
        side->answers_close = answers_close(flow, end);
    }
    facts->watched_until = now > facts->last.time ? now : facts->last.time;
    facts->ended_open = !facts->transport.closed;
}
