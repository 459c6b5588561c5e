#include "tracking/hearing.h"

#include "preface.h"
#include "tracking/transport.h"

/* ---- with a session ---- */

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

void hearing_read(struct flow *flow, uint8_t end, const struct piece *first)
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

void hearing_finish(struct flow *flow)
{
    struct piece nothing = {.bytes = wire_over(NULL, 0)};
    for (uint8_t end = 0; end < 2; end++) {
        while (flow->stream[end].waiting != NULL) {
            stream_give_up(&flow->stream[end]);
            hearing_read(flow, end, &nothing);
        }
    }
}

/* ---- without ---- */

enum hearing hearing_listen(struct flow *flow, uint8_t end, const struct segment *segment,
                            struct moment at)
{
    struct stream *stream = &flow->stream[end];
    bool first = flow->opening.syn.frame != 0 && stream->begun && !stream->spoken &&
                 segment->sequence == stream->next && (segment->flags & SEGMENT_SYN) == 0 &&
                 !segment->perhaps_padding;
    if (!first) {
        return HEARING_NEEDED;
    }
    unsigned plain = preface_plain(transport_speaker(flow, end), segment->payload, flow->plain);
    if (plain == 0) {
        return HEARING_NEEDED;
    }
    if (flow->plain != 0) {
        return HEARING_PLAIN;
    }
    struct chunk chunk = {.bytes = segment->payload,
                          .at = at,
                          .sequence = segment->sequence,
                          .length = segment->payload_length};
    if (!stream_hold(stream, &chunk)) {
        return HEARING_NEEDED;
    }
    flow->plain = (uint8_t)plain;
    return HEARING_HELD;
}

/* An acknowledgement need not be told of, unless it says something new about its sender. */
bool hearing_ends(const struct flow *flow, uint8_t end, const struct segment *segment)
{
    bool acknowledges = segment->flags == SEGMENT_ACK && segment->payload_length == 0;
    return flow->plain != 0 && !(acknowledges && segment->ttl == flow->end[end].ttl_highest);
}

void hearing_release(struct flow *flow)
{
    struct piece piece;
    uint8_t end = flow->stream[0].waiting != NULL ? 0 : 1;
    if (flow->plain != 0 && stream_pull(&flow->stream[end], &piece)) {
        transport_note_held(flow, end, &piece);
        hearing_read(flow, end, &piece);
    }
    flow->plain = 0;
}
