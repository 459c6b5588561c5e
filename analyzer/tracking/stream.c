#include "tracking/stream.h"

#include <stdlib.h>
#include <string.h>

struct stream_waiting {
    struct stream_waiting *next;
    struct moment at;
    uint32_t sequence;
    uint32_t length; /* bytes sent */
    uint32_t held;   /* bytes captured */
    bool doubtful;
    uint8_t bytes[];
};

/* How far `a` lies behind `b` in sequence space: negative when before it (RFC 9293, section 3.4).
 */
static int32_t distance(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

bool stream_is_fresh(const struct stream *stream)
{
    return !stream->spoken && !stream->has_acknowledged;
}

void stream_begin(struct stream *stream, uint32_t sequence, bool again)
{
    if (stream->begun && !again) {
        return;
    }
    stream->begun = true;
    stream->next = sequence;
    stream->highest = sequence;
}

static struct stream_waiting *waiting_new(const struct chunk *chunk)
{
    struct stream_waiting *waiting = malloc(sizeof *waiting + chunk->bytes.left);
    if (waiting == NULL) {
        return NULL;
    }
    *waiting = (struct stream_waiting){.at = chunk->at,
                                       .sequence = chunk->sequence,
                                       .length = chunk->length,
                                       .held = (uint32_t)chunk->bytes.left,
                                       .doubtful = chunk->doubtful};
    if (chunk->bytes.left > 0) {
        memcpy(waiting->bytes, chunk->bytes.at, chunk->bytes.left);
    }
    return waiting;
}

/* Takes the first of what `link` leads to out of what waits. */
static struct stream_waiting *take_waiting(struct stream *stream, struct stream_waiting **link)
{
    struct stream_waiting *taken = *link;
    *link = taken->next;
    stream->waiting_bytes -= taken->length;
    stream->waiting_pieces--;
    return taken;
}

/* A doubtful piece gives way to another one with the same sequence number. */
static void drop_doubtful(struct stream *stream, uint32_t sequence)
{
    struct stream_waiting **link = &stream->waiting;
    while (*link != NULL && !((*link)->doubtful && (*link)->sequence == sequence)) {
        link = &(*link)->next;
    }
    if (*link != NULL) {
        free(take_waiting(stream, link));
    }
}

/* Keeps a copy of what of a chunk is not there already. */
static enum stream_news keep(struct stream *stream, struct chunk rest)
{
    enum stream_news news = STREAM_OLD;
    struct stream_waiting **link = &stream->waiting;
    uint32_t end = rest.sequence + rest.length;
    struct wire payload = rest.bytes;
    while (rest.sequence != end) {
        while (*link != NULL && distance((*link)->sequence + (*link)->length, rest.sequence) <= 0) {
            link = &(*link)->next;
        }
        struct stream_waiting *behind = *link;
        bool known = behind != NULL && distance(behind->sequence, rest.sequence) <= 0;
        uint32_t room = end - rest.sequence;
        if (known) {
            room = behind->sequence + behind->length - rest.sequence;
        } else if (behind != NULL) {
            room = behind->sequence - rest.sequence;
        }
        rest.length = room < end - rest.sequence ? room : end - rest.sequence;
        rest.bytes = wire_take_most(&payload, rest.length);
        struct stream_waiting *waiting = known ? NULL : waiting_new(&rest);
        if (waiting != NULL) {
            waiting->next = behind;
            *link = waiting;
            stream->waiting_bytes += rest.length;
            stream->waiting_pieces++;
            news = STREAM_NEWS;
        } else if (!known) {
            stream->overflowed = true;
            return news;
        }
        rest.sequence += rest.length;
    }
    return news;
}

/* Counts how long a hole has stood that the peer acknowledged. */
static void wear_patience(struct stream *stream)
{
    if (stream->has_acknowledged && stream->waiting != NULL && stream->patience < UINT16_MAX &&
        distance(stream->acknowledged, stream->waiting->sequence) >= 0) {
        stream->patience++;
    }
}

/* Begins with the first bytes that were seen, where the SYN was not. What lies between them and
 * what the peer had acknowledged before was sent, and is not in the capture. */
static void begin_with(struct stream *stream, uint32_t sequence)
{
    if (stream->begun) {
        return;
    }
    int32_t ahead = stream->has_acknowledged ? distance(sequence, stream->acknowledged) : 0;
    stream->hole = ahead > 0 && ahead <= STREAM_REACH ? (uint32_t)ahead : 0;
    stream_begin(stream, sequence, false);
}

enum stream_news stream_push(struct stream *stream, struct piece *in_order,
                             const struct chunk *chunk)
{
    *in_order = (struct piece){.bytes = wire_over(NULL, 0), .at = chunk->at};
    begin_with(stream, chunk->sequence);
    int32_t offset = distance(chunk->sequence, stream->next);
    struct chunk rest = *chunk;
    uint32_t end = rest.sequence + rest.length;
    if (rest.length > STREAM_REACH || offset > STREAM_REACH || offset < -STREAM_REACH) {
        return STREAM_OLD;
    }
    bool higher = distance(end, stream->highest) > 0 && !rest.doubtful;
    if (higher) {
        stream->highest = end;
    }
    if (distance(end, stream->next) <= 0) {
        return higher ? STREAM_NEWS : STREAM_OLD; /* news that were passed over */
    }
    stream->spoken = true;
    if (offset < 0) {
        (void)wire_take_most(&rest.bytes, 0U - (uint32_t)offset);
        rest.sequence = stream->next;
        rest.length = end - stream->next;
    }
    drop_doubtful(stream, rest.sequence);
    if (offset <= 0 && stream->waiting == NULL && !rest.doubtful) {
        *in_order = (struct piece){rest.bytes, rest.at, stream->hole,
                                   rest.length - (uint32_t)rest.bytes.left};
        stream->latest = rest.at;
        stream->hole = 0;
        stream->next = end;
        stream->patience = 0;
        return STREAM_NEWS;
    }
    wear_patience(stream);
    return keep(stream, rest);
}

bool stream_hold(struct stream *stream, const struct chunk *chunk)
{
    if (keep(stream, *chunk) == STREAM_OLD) {
        return false;
    }
    stream->highest = chunk->sequence + chunk->length;
    stream->spoken = true;
    return true;
}

/* Whether a piece is payload: a doubtful one is when another goes on where it ends. */
static bool counts(const struct stream_waiting *piece)
{
    const struct stream_waiting *next = piece->next;
    return !piece->doubtful || (next != NULL && next->sequence == piece->sequence + piece->length);
}

bool stream_pull(struct stream *stream, struct piece *piece)
{
    free(stream->given);
    stream->given = NULL;
    while (stream->waiting != NULL && distance(stream->waiting->sequence, stream->next) <= 0 &&
           counts(stream->waiting)) {
        struct stream_waiting *first = take_waiting(stream, &stream->waiting);
        uint32_t end = first->sequence + first->length;
        if (distance(end, stream->next) <= 0) {
            free(first);
            continue;
        }
        struct wire bytes = wire_over(first->bytes, first->held);
        (void)wire_take_most(&bytes, stream->next - first->sequence);
        if (first->at.frame > stream->latest.frame) {
            stream->latest = first->at;
        }
        *piece = (struct piece){bytes, stream->latest, stream->hole,
                                end - stream->next - (uint32_t)bytes.left};
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
    return stream->waiting != NULL && (stream->patience >= STREAM_PATIENCE ||
                                       stream->waiting_pieces >= STREAM_WAITING_PIECES ||
                                       stream->waiting_bytes >= STREAM_WAITING_BYTES);
}

void stream_give_up(struct stream *stream)
{
    if (stream->waiting != NULL && !counts(stream->waiting)) {
        free(take_waiting(stream, &stream->waiting));
    }
    if (stream->waiting == NULL || distance(stream->waiting->sequence, stream->next) <= 0) {
        return;
    }
    if (stream->waiting_pieces >= STREAM_WAITING_PIECES ||
        stream->waiting_bytes >= STREAM_WAITING_BYTES) {
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
        stream->has_acknowledged ? distance(stream->acknowledged - 1, stream->highest) : 0;
    return (beyond_end > 0 && beyond_end < STREAM_REACH) ||
           (acknowledged > 0 && acknowledged < STREAM_REACH);
}

bool stream_end_acknowledged(const struct stream *stream)
{
    return stream->begun && stream->has_acknowledged &&
           distance(stream->acknowledged, stream->highest) == 1;
}

bool stream_ends_before(const struct stream *stream, uint32_t sequence)
{
    int32_t beyond = distance(sequence, stream->highest);
    return stream->begun && beyond > 0 && beyond < STREAM_REACH;
}

size_t stream_memory(const struct stream *stream)
{
    const struct stream_waiting *given = stream->given;
    return stream->waiting_bytes + stream->waiting_pieces * sizeof(struct stream_waiting) +
           (given == NULL ? 0 : sizeof *given + given->held);
}

bool stream_acknowledges_end(const struct stream *stream, uint32_t end)
{
    return stream->has_acknowledged && distance(stream->acknowledged, end) == 1;
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
