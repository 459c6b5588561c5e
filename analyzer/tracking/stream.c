#include "tracking/stream.h"

#include <stdlib.h>
#include <string.h>

struct stream_waiting {
    struct stream_waiting *next;
    struct moment at;
    uint32_t sequence;
    uint32_t length; /* bytes sent */
    uint32_t held;   /* bytes captured */
    uint8_t bytes[];
};

/* How far `a` lies behind `b` in sequence space: negative when before it (RFC 9293, section 3.4). */
static int32_t distance(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

void stream_begin(struct stream *stream, uint32_t sequence)
{
    if (stream->begun) {
        return;
    }
    stream->begun = true;
    stream->next = sequence;
    stream->highest = sequence;
}

static struct stream_waiting *waiting_new(uint32_t sequence, struct wire payload, uint32_t length,
                                          struct moment at)
{
    struct stream_waiting *waiting = malloc(sizeof *waiting + payload.left);
    if (waiting == NULL) {
        return NULL;
    }
    waiting->next = NULL;
    waiting->at = at;
    waiting->sequence = sequence;
    waiting->length = length;
    waiting->held = (uint32_t)payload.left;
    if (payload.left > 0) {
        memcpy(waiting->bytes, payload.at, payload.left);
    }
    return waiting;
}

/* Keeps a copy of what of a segment is not there already. */
static enum stream_news keep(struct stream *stream, uint32_t sequence, struct wire payload, uint32_t length,
                             struct moment at)
{
    enum stream_news news = STREAM_OLD;
    struct stream_waiting **link = &stream->waiting;
    while (length > 0) {
        while (*link != NULL && distance((*link)->sequence + (*link)->length, sequence) <= 0) {
            link = &(*link)->next;
        }
        struct stream_waiting *behind = *link;
        uint32_t part = length;
        bool known = false;
        if (behind != NULL && distance(behind->sequence, sequence) <= 0) {
            uint32_t covered = behind->sequence + behind->length - sequence;
            part = covered < length ? covered : length;
            known = true;
        } else if (behind != NULL && behind->sequence - sequence < length) {
            part = behind->sequence - sequence;
        }
        struct wire bytes = wire_take_most(&payload, part);
        if (!known) {
            struct stream_waiting *waiting = waiting_new(sequence, bytes, part, at);
            if (waiting == NULL) {
                stream->overflowed = true;
                return news;
            }
            waiting->next = behind;
            *link = waiting;
            stream->waiting_bytes += part;
            stream->waiting_pieces++;
            news = STREAM_NEWS;
        }
        sequence += part;
        length -= part;
    }
    return news;
}

enum stream_news stream_push(struct stream *stream, struct piece *in_order, uint32_t sequence,
                             struct wire payload, uint32_t length, struct moment at)
{
    *in_order = (struct piece){.bytes = wire_over(NULL, 0), .at = at};
    stream_begin(stream, sequence);
    int32_t offset = distance(sequence, stream->next);
    uint32_t end = sequence + length;
    if (length > STREAM_REACH || offset > STREAM_REACH || offset < -STREAM_REACH) {
        return STREAM_OLD;
    }
    if (distance(end, stream->highest) > 0) {
        stream->highest = end;
    }
    if (distance(end, stream->next) <= 0) {
        return STREAM_OLD;
    }
    if (offset < 0) {
        (void)wire_take_most(&payload, 0U - (uint32_t)offset);
        sequence = stream->next;
        length = end - sequence;
        offset = 0;
    }
    if (offset == 0 && stream->waiting == NULL) {
        in_order->bytes = payload;
        in_order->hole = stream->hole;
        in_order->cut = length - (uint32_t)payload.left;
        stream->hole = 0;
        stream->next = end;
        stream->patience = 0;
        return STREAM_NEWS;
    }
    if (stream->has_acknowledged && stream->waiting != NULL &&
        distance(stream->acknowledged, stream->waiting->sequence) >= 0 && stream->patience < UINT16_MAX) {
        stream->patience++;
    }
    return keep(stream, sequence, payload, length, at);
}

bool stream_pull(struct stream *stream, struct piece *piece)
{
    free(stream->given);
    stream->given = NULL;
    while (stream->waiting != NULL && distance(stream->waiting->sequence, stream->next) <= 0) {
        struct stream_waiting *first = stream->waiting;
        stream->waiting = first->next;
        stream->waiting_bytes -= first->length;
        stream->waiting_pieces--;
        uint32_t end = first->sequence + first->length;
        if (distance(end, stream->next) <= 0) {
            free(first);
            continue;
        }
        struct wire bytes = wire_over(first->bytes, first->held);
        (void)wire_take_most(&bytes, stream->next - first->sequence);
        *piece = (struct piece){bytes, first->at, stream->hole, end - stream->next - (uint32_t)bytes.left};
        stream->hole = 0;
        stream->patience = 0;
        stream->next = end;
        stream->given = first;
        return true;
    }
    return false;
}

bool stream_acknowledge(struct stream *stream, uint32_t acknowledgement)
{
    if (stream->has_acknowledged) {
        int32_t ahead = distance(acknowledgement, stream->acknowledged);
        if (ahead <= 0 || ahead > STREAM_REACH) {
            return false;
        }
    }
    stream->acknowledged = acknowledgement;
    stream->has_acknowledged = true;
    return true;
}

bool stream_is_stuck(const struct stream *stream)
{
    return stream->waiting != NULL &&
           (stream->patience >= STREAM_PATIENCE || stream->waiting_pieces >= STREAM_WAITING_PIECES ||
            stream->waiting_bytes >= STREAM_WAITING_BYTES);
}

void stream_give_up(struct stream *stream)
{
    if (stream->waiting == NULL || distance(stream->waiting->sequence, stream->next) <= 0) {
        return;
    }
    if (stream->waiting_pieces >= STREAM_WAITING_PIECES || stream->waiting_bytes >= STREAM_WAITING_BYTES) {
        stream->overflowed = true;
    }
    stream->hole += stream->waiting->sequence - stream->next;
    stream->next = stream->waiting->sequence;
    stream->patience = 0;
}

void stream_pass_over(struct stream *stream, uint32_t length)
{
    stream->next += length;
}

uint32_t stream_unacknowledged(const struct stream *stream)
{
    if (!stream->begun || !stream->has_acknowledged) {
        return 0;
    }
    int32_t ahead = distance(stream->highest, stream->acknowledged);
    return ahead > 0 ? (uint32_t)ahead : 0;
}

bool stream_lacks(const struct stream *stream, uint32_t end)
{
    if (!stream->begun) {
        return false;
    }
    int32_t beyond_end = distance(end, stream->highest);
    /* The acknowledgement of a FIN is one more than that of the last byte. */
    int32_t acknowledged =
        stream->has_acknowledged ? distance(stream->acknowledged, stream->highest) - 1 : 0;
    return (beyond_end > 0 && beyond_end < STREAM_REACH) || (acknowledged > 0 && acknowledged < STREAM_REACH);
}

void stream_release(struct stream *stream)
{
    free(stream->given);
    stream->given = NULL;
    while (stream->waiting != NULL) {
        struct stream_waiting *next = stream->waiting->next;
        free(stream->waiting);
        stream->waiting = next;
    }
    stream->waiting_bytes = 0;
    stream->waiting_pieces = 0;
}
