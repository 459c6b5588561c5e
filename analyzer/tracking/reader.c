#include "tracking/reader.h"

#include <stdlib.h>
#include <string.h>

enum {
    HELD_FIRST = 2048, /* bytes: most records that are not whole yet are hellos or certificates */
    HELD_MAX = RECORD_HEADER + SSLV2_RECORD_LENGTH_MAX + 2
};

static struct wire held_bytes(const struct reader *reader)
{
    return wire_over(reader->held, reader->held_length);
}

/* Appends `bytes` to what is held; false when there is no memory, or too much of it. */
static bool hold(struct reader *reader, struct wire bytes)
{
    size_t length = reader->held_length + bytes.left;
    if (length > HELD_MAX) {
        return false;
    }
    if (length > reader->held_room) {
        size_t room = reader->held_room == 0 ? HELD_FIRST : reader->held_room;
        while (room < length) {
            room *= 2;
        }
        uint8_t *held = realloc(reader->held, room);
        if (held == NULL) {
            return false;
        }
        reader->held = held;
        reader->held_room = (uint32_t)room;
    }
    if (bytes.left > 0) {
        memcpy(reader->held + reader->held_length, bytes.at, bytes.left);
        reader->held_length = (uint32_t)length;
    }
    return true;
}

static void let_go(struct reader *reader)
{
    free(reader->held);
    reader->held = NULL;
    reader->held_length = 0;
    reader->held_room = 0;
    reader->given = false;
}

static void lose(struct reader *reader)
{
    let_go(reader);
    reader->mode = READER_LOST;
    reader->doubtful = true;
}

/* Bytes are wanted until `need` are there: holds what there is of the piece. */
static bool want(struct reader *reader, struct wire *piece, uint32_t need, struct moment at)
{
    if (reader->held_length == 0) {
        reader->since = at;
    }
    reader->need = need;
    uint32_t lacking = need > reader->held_length ? need - reader->held_length : 0;
    bool held = hold(reader, wire_take_most(piece, lacking));
    if (!held) {
        lose(reader);
    }
    return held && reader->held_length >= need;
}

/* What is to be looked at: the piece where it lies or, once some was held, that. */
static struct wire view_of(const struct reader *reader, struct wire piece)
{
    return reader->held_length > 0 ? held_bytes(reader) : piece;
}

/* The first `used` bytes of the view are read. */
static void consume(struct reader *reader, struct wire *piece, size_t used)
{
    if (reader->held_length == 0) {
        wire_skip(piece, used);
    } else if (used >= reader->held_length) {
        reader->given = true;
    } else {
        memmove(reader->held, reader->held + used, reader->held_length - used);
        reader->held_length -= (uint32_t)used;
    }
}

/* Whether a record, and what follows it in the same packet, looks like records: a reader that lost
 * its way must not take chance for a header. */
static bool finds_records(struct wire bytes)
{
    struct record record;
    enum framing framing = record_frame(&record, &bytes);
    if (framing == FRAMING_NONE || record.length == 0) {
        return false;
    }
    while (framing == FRAMING_WHOLE && bytes.left > 0) {
        framing = record_frame(&record, &bytes);
    }
    return framing != FRAMING_NONE;
}

/* Whether it takes more bytes to tell whether this is a record. */
static bool may_be_record(struct wire bytes)
{
    struct record record;
    return bytes.left < RECORD_HEADER && record_frame(&record, &bytes) == FRAMING_PARTIAL;
}

static enum reading read_start(struct reader *reader, struct record *record, struct wire *piece,
                               bool server, struct moment at)
{
    struct wire view = view_of(reader, *piece);
    enum framing hello = record_begins_tls(view, false);
    enum framing answer = server ? record_begins_tls(view, true) : FRAMING_NONE;
    if (hello == FRAMING_WHOLE || answer == FRAMING_WHOLE ||
        (reader->doubtful && finds_records(view) && view.left >= RECORD_HEADER)) {
        reader->mode = READER_RECORDS;
        return READING_RECORD;
    }
    struct wire rest = view;
    enum framing sslv2 = record_frame_sslv2(&record->body, &rest, server);
    if (sslv2 == FRAMING_WHOLE) {
        reader->mode = server ? READER_SSL2 : READER_RECORDS;
        *record = (struct record){.length = (uint16_t)record->body.left, .body = record->body};
        consume(reader, piece, view.left - rest.left);
        return READING_SSL2;
    }
    bool partial =
        hello == FRAMING_PARTIAL || answer == FRAMING_PARTIAL || sslv2 == FRAMING_PARTIAL;
    if (partial || (reader->doubtful && may_be_record(view))) {
        (void)want(reader, piece, (uint32_t)view.left + 1, at);
        return READING_NOTHING;
    }
    reader->mode = READER_CLEARTEXT;
    return READING_CLEARTEXT;
}

static enum reading read_record(struct reader *reader, struct record *record, struct wire *piece,
                                struct moment at)
{
    struct wire view = view_of(reader, *piece);
    struct wire rest = view;
    switch (record_frame(record, &rest)) {
    case FRAMING_WHOLE:
        consume(reader, piece, view.left - rest.left);
        return READING_RECORD;
    case FRAMING_NONE:
        *record = (struct record){.body = view};
        if (reader->held_length == 0) {
            wire_skip(piece, piece->left);
        }
        reader->mode = READER_LOST;
        reader->doubtful = true;
        reader->given = reader->held_length > 0;
        return READING_BROKEN;
    case FRAMING_PARTIAL:
        break;
    }
    if (view.left < RECORD_HEADER) {
        (void)want(reader, piece, RECORD_HEADER, at);
        return READING_NOTHING;
    }
    uint32_t whole = RECORD_HEADER + (uint32_t)record->length;
    if (reader->heads_only && record->type == RECORD_APPLICATION_DATA) {
        reader->pass = whole - (uint32_t)view.left;
        consume(reader, piece, view.left);
        return READING_RECORD;
    }
    (void)want(reader, piece, whole, at);
    return READING_NOTHING;
}

/* SSL 2.0: a header of 2 bytes, or of 3 with padding; nothing but the message type of what is in
 * clear is wanted. */
static enum reading read_ssl2(struct reader *reader, struct record *record, struct wire *piece,
                              struct moment at)
{
    struct wire view = view_of(reader, *piece);
    if (view.left < 4) {
        (void)want(reader, piece, 4, at);
        return READING_NOTHING;
    }
    struct wire head = view;
    uint16_t field = wire_u16(&head);
    bool padded = (field & 0x8000) == 0;
    uint32_t length = padded ? field & 0x3fffU : field & 0x7fffU;
    if (padded) {
        wire_skip(&head, 1);
    }
    *record = (struct record){.length = (uint16_t)length, .body = wire_take_most(&head, length)};
    size_t used = view.left - head.left;
    reader->pass = length - (uint32_t)record->body.left;
    consume(reader, piece, used);
    return READING_SSL2;
}

/* The mode's own look at what is there. READING_RECORD from a start means: look again, as at
 * records. */
static enum reading look(struct reader *reader, struct record *record, struct wire *piece,
                         bool server, struct moment at)
{
    enum reading start = READING_NOTHING;
    switch ((enum reader_mode)reader->mode) {
    case READER_START:
        start = read_start(reader, record, piece, server, at);
        if (start == READING_RECORD) {
            return read_record(reader, record, piece, at);
        }
        if (start == READING_CLEARTEXT) {
            record->body = view_of(reader, *piece);
        }
        return start;
    case READER_CLEARTEXT:
        record->body = view_of(reader, *piece);
        return READING_CLEARTEXT;
    case READER_RECORDS:
        return read_record(reader, record, piece, at);
    case READER_SSL2:
        return read_ssl2(reader, record, piece, at);
    case READER_LOST:
        if (piece->left >= RECORD_HEADER && finds_records(*piece)) {
            reader->mode = READER_RECORDS;
            return read_record(reader, record, piece, at);
        }
        break;
    case READER_DEAF:
        break;
    }
    wire_skip(piece, piece->left);
    return READING_NOTHING;
}

enum reading reader_next(struct reader *reader, struct record *record, struct moment *began,
                         struct wire *piece, bool server, struct moment at)
{
    if (reader->given) {
        let_go(reader);
    }
    struct wire passed = wire_take_most(piece, reader->pass);
    reader->pass -= (uint32_t)passed.left;
    enum reading reading = READING_NOTHING;
    *record = (struct record){0};
    /* Each turn uses bytes up, or gives something. */
    while (reading == READING_NOTHING && (piece->left > 0 || reader->held_length > 0)) {
        if (reader->held_length > 0 && reader->held_length < reader->need) {
            if (piece->left == 0 || !want(reader, piece, reader->need, at)) {
                break;
            }
        }
        *began = reader->held_length > 0 ? reader->since : at;
        reading = look(reader, record, piece, server, at);
    }
    return reading;
}

void reader_took(struct reader *reader, struct wire *piece, size_t used, bool unit_end)
{
    consume(reader, piece, used);
    if (reader->mode == READER_CLEARTEXT || reader->mode == READER_START) {
        reader->mode = unit_end ? READER_START : READER_CLEARTEXT;
    }
}

/* The head of the record that is held, where it is known. */
static bool record_held(const struct reader *reader, struct record *record)
{
    struct wire bytes = held_bytes(reader);
    return reader->mode == READER_RECORDS && !reader->given &&
           reader->held_length >= RECORD_HEADER && record_frame(record, &bytes) == FRAMING_PARTIAL;
}

bool reader_hole(struct reader *reader, struct record *record, uint32_t length)
{
    uint32_t passed = length < reader->pass ? length : reader->pass;
    reader->pass -= passed;
    length -= passed;
    if (length == 0 || reader->mode == READER_DEAF) {
        return false;
    }
    if (reader->given) {
        let_go(reader);
    }
    if (record_held(reader, record)) {
        uint32_t lacking = RECORD_HEADER + (uint32_t)record->length - reader->held_length;
        reader->given = true;
        if (length <= lacking) {
            reader->pass = lacking - length;
        } else {
            reader->mode = READER_LOST;
        }
        reader->doubtful = true;
        return true;
    }
    lose(reader);
    return false;
}

bool reader_end(struct reader *reader, struct record *record)
{
    if (reader->given) {
        let_go(reader);
    }
    if (!record_held(reader, record)) {
        return false;
    }
    reader->given = true;
    reader->mode = READER_DEAF;
    return true;
}

uint32_t reader_unwanted(struct reader *reader)
{
    uint32_t unwanted = reader->pass;
    reader->pass = 0;
    return unwanted;
}

void reader_release(struct reader *reader)
{
    let_go(reader);
    reader->mode = READER_DEAF;
}
