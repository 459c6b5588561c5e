/* One direction of a connection, in any order: each byte's value follows from its place, so that
 * whatever the stream gives can be held against what was sent.
 *
 * Input: a byte that says where sequence numbers begin, then steps of four bytes: what to do, a
 * place (2) and a length (1). */
#include "tracking/stream.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum action { PUSH, GIVE_UP, ACKNOWLEDGE, PASS_OVER };
enum { CUT = 4, DOUBTFUL = 8, FAR = 16, ROOM = 256 << 4 };

struct subject {
    struct stream stream;
    uint32_t base;
    uint32_t place; /* of the next byte that is to be given */
    bool placed;
};

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static uint8_t byte_at(uint32_t place)
{
    return (uint8_t)(place * 0x9e3779b1U >> 24);
}

static void take(struct subject *subject, const struct piece *piece)
{
    subject->place += piece->hole;
    for (size_t i = 0; i < piece->bytes.left; i++) {
        require(piece->bytes.at[i] == byte_at(subject->place + (uint32_t)i));
    }
    subject->place += (uint32_t)piece->bytes.left + piece->cut;
    require(subject->stream.next == subject->base + subject->place);
}

static void pull(struct subject *subject)
{
    struct piece piece;
    while (stream_pull(&subject->stream, &piece)) {
        take(subject, &piece);
    }
}

static void push(struct subject *subject, unsigned what, uint32_t place, uint32_t length)
{
    uint8_t bytes[ROOM];
    struct piece piece;
    for (uint32_t i = 0; i < length; i++) {
        bytes[i] = byte_at(place + i);
    }
    if (!subject->placed) { /* what was acknowledged before lies in front, and is missing */
        const struct stream *stream = &subject->stream;
        int32_t ahead = (int32_t)(subject->base + place - stream->acknowledged);
        bool hole = stream->has_acknowledged && ahead > 0 && ahead <= STREAM_REACH;
        subject->placed = true;
        subject->place = hole ? place - (uint32_t)ahead : place;
    }
    struct chunk chunk = {.bytes = wire_over(bytes, (what & CUT) != 0 ? length / 2 : length),
                          .at = {1, 1},
                          .sequence = subject->base + place,
                          .length = length,
                          .doubtful = (what & DOUBTFUL) != 0};
    (void)stream_push(&subject->stream, &piece, &chunk);
    if (piece.bytes.left > 0 || piece.cut > 0) {
        take(subject, &piece);
    }
    memset(bytes, 0, sizeof bytes);
    pull(subject);
}

static void step(struct subject *subject, unsigned what, uint32_t place, uint32_t length)
{
    struct stream *stream = &subject->stream;
    switch ((enum action)(what & 3)) {
    case PUSH:
        place = (what & FAR) != 0 ? place << 10 : place;
        push(subject, what, place, (what & FAR) != 0 ? length << 4 : length);
        break;
    case GIVE_UP:
        stream_give_up(stream);
        pull(subject);
        break;
    case ACKNOWLEDGE:
        place = (what & FAR) != 0 ? place << 16 : place;
        (void)stream_acknowledge(stream, subject->base + place);
        break;
    case PASS_OVER:
        if (subject->placed) {
            stream_pass_over(stream, length);
            subject->place += length;
            pull(subject);
        }
        break;
    }
    while (stream_is_stuck(stream)) {
        stream_give_up(stream);
        pull(subject);
    }
    require(stream->waiting_pieces <= STREAM_WAITING_PIECES);
    require(stream->waiting_bytes <= STREAM_WAITING_BYTES);
    (void)stream_unacknowledged(stream);
    (void)stream_lacks(stream, subject->base + place);
    (void)stream_end_acknowledged(stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct subject subject = {.base = 0};
    struct wire input = wire_over(data, size);
    subject.base = 0U - (uint32_t)wire_u8(&input) * 64;
    while (input.left >= 4) {
        unsigned what = wire_u8(&input);
        uint32_t place = wire_u16(&input);
        step(&subject, what, place, wire_u8(&input));
    }
    while (subject.stream.waiting != NULL) {
        stream_give_up(&subject.stream);
        pull(&subject);
    }
    stream_release(&subject.stream);
    return 0;
}
