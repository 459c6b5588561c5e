/* One direction's bytes, in order, cut into records: or into what is spoken before them.
 *
 * Records are given where they lie; only one that is not whole yet is copied and kept until it is.
 * Once the handshake is over nobody wants to see what is in a record: then the head is enough, and
 * the body is passed over unseen.
 */
#ifndef TRACKING_READER_H
#define TRACKING_READER_H

#include "record.h"
#include "tracking/facts.h"

enum reader_mode {
    READER_START,     /* does TLS begin here? */
    READER_CLEARTEXT, /* within a unit of something else */
    READER_RECORDS,
    READER_SSL2, /* SSL 2.0 records, behind an SSLv2 SERVER-HELLO */
    READER_LOST, /* behind a hole: waiting for a packet that begins with a record */
    READER_DEAF  /* not TLS: nothing is read any more */
};

enum reading {
    READING_NOTHING, /* all bytes are used up */
    READING_RECORD,  /* a record; its body is whole unless only the head was wanted */
    READING_SSL2,    /* an SSLv2 record: `body` begins with the message type where it is in clear */
    READING_CLEARTEXT, /* bytes that are not TLS, in `body`: tell reader_took() how many were used
                        */
    READING_BROKEN /* where a record should begin there is none: bytes in `body`; the reader is lost
                      now */
};

struct reader {
    uint8_t *held; /* what is not whole yet; owned */
    uint32_t held_length, held_room;
    uint32_t need;       /* bytes that must be held before it is worth looking again */
    uint32_t pass;       /* bytes still to be passed over */
    struct moment since; /* the packet that brought the first byte of what is held */
    uint8_t mode;        /* enum reader_mode */
    bool heads_only;     /* the bodies of records of application data are not wanted */
    bool given;          /* what is held was given as a whole, and goes with the next call */
    bool doubtful;       /* found again behind a hole, or begun late: what is sealed is not known */
};

/* The next record of this direction. Takes bytes from `piece`; `server`: who speaks. Call it until
 * it says READING_NOTHING; `record` lives until the next call. `began` is the packet that brought
 * the record's first byte. */
enum reading reader_next(struct reader *reader, struct record *record, struct moment *began,
                         struct wire *piece, bool server, struct moment at);

/* `used` bytes of what READING_CLEARTEXT gave have been read; TLS may begin behind them where
 * `unit_end` says so. */
void reader_took(struct reader *reader, struct wire *piece, size_t used, bool unit_end);

/* `length` bytes are missing here. Returns true, with what there is of it in `record`, where a
 * record had begun: its body then holds fewer bytes than its length. The reader goes on behind it
 * if it can, else it is lost. */
bool reader_hole(struct reader *reader, struct record *record, uint32_t length);

/* No more bytes will come: as reader_hole(), for what is held. */
bool reader_end(struct reader *reader, struct record *record);

/* Bytes that the reader will pass over, whatever they are; they are then the caller's to pass over.
 */
uint32_t reader_unwanted(struct reader *reader);

/* Gives back what is held; nothing is read any more. */
void reader_release(struct reader *reader);

#endif
