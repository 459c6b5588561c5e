#include "tracking/fragments.h"

#include <stdlib.h>
#include <string.h>

/* Bytes [begin, end) of a datagram. */
struct range {
    uint32_t begin, end;
};

enum state {
    FREE,
    GATHERING,
    WHOLE,    /* kept for a while, so that copies of its pieces are known as such */
    CONDEMNED /* kept without bytes, so that what else comes of it is dropped */
};

struct gathering {
    struct segment head;
    struct range islands[FRAGMENTS_RANGES]; /* what has come: sorted, with holes between them */
    uint8_t *bytes;                         /* owned */
    uint32_t room;                          /* of `bytes` */
    uint32_t total;                         /* by the last piece; 0: not seen */
    uint32_t end;                           /* behind the last byte that has come */
    uint32_t captured; /* the snap length cut bytes from here on, or later ones */
    uint32_t pieces;
    struct moment first, last;
    uint8_t count; /* of islands */
    uint8_t state; /* enum state */
};

struct fragments {
    struct gathering gathering[FRAGMENTS_DATAGRAMS];
    struct gathering *given; /* whose bytes the caller may be reading */
    uint8_t *orphan;         /* the same, of one that was taken out; owned */
    int64_t oldest;          /* no datagram's first piece came before it */
    size_t held;
    uint64_t lost;
};

struct fragments *fragments_new(void)
{
    return calloc(1, sizeof(struct fragments));
}

void fragments_free(struct fragments *fragments)
{
    if (fragments == NULL) {
        return;
    }
    for (size_t i = 0; i < FRAGMENTS_DATAGRAMS; i++) {
        free(fragments->gathering[i].bytes);
    }
    free(fragments->orphan);
    free(fragments);
}

uint64_t fragments_lost(const struct fragments *fragments)
{
    return fragments->lost;
}

size_t fragments_held(const struct fragments *fragments)
{
    return fragments->held;
}

static void forget_bytes(struct fragments *fragments, struct gathering *gathering)
{
    free(gathering->bytes);
    fragments->held -= gathering->room;
    gathering->bytes = NULL;
    gathering->room = 0;
    gathering->count = 0;
}

static void drop(struct fragments *fragments, struct gathering *gathering)
{
    if (gathering->state == GATHERING) {
        fragments->lost += gathering->pieces;
    }
    forget_bytes(fragments, gathering);
    *gathering = (struct gathering){.state = FREE};
}

static void condemn(struct fragments *fragments, struct gathering *gathering)
{
    fragments->lost += gathering->pieces;
    forget_bytes(fragments, gathering);
    gathering->state = CONDEMNED;
}

/* ---- which datagram ---- */

static bool is_same_address(const struct address *a, const struct address *b)
{
    return a->version == b->version && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* RFC 791, section 3.2: by addresses, protocol and identification; IPv6's without the protocol
 * (RFC 8200, section 4.5). */
static bool is_of(const struct gathering *gathering, const struct segment *piece)
{
    const struct segment *head = &gathering->head;
    return gathering->state != FREE && head->fragment_id == piece->fragment_id &&
           is_same_address(&head->from, &piece->from) && is_same_address(&head->to, &piece->to) &&
           (piece->from.version == 6 || head->fragment_protocol == piece->fragment_protocol);
}

/* Whom to give up first: one that is over, and of these the one that began first. */
static bool goes_before(const struct gathering *a, const struct gathering *b)
{
    if (b == NULL || (a->state == GATHERING) != (b->state == GATHERING)) {
        return b == NULL || b->state == GATHERING;
    }
    return a->first.time < b->first.time;
}

/* Gives up one datagram other than `except` and the one that is being read; false: there is none.
 */
static bool make_room(struct fragments *fragments, const struct gathering *except, bool with_bytes)
{
    struct gathering *victim = NULL;
    for (size_t i = 0; i < FRAGMENTS_DATAGRAMS; i++) {
        struct gathering *candidate = &fragments->gathering[i];
        bool may_go = candidate->state != FREE && candidate != except &&
                      candidate != fragments->given && (candidate->room > 0 || !with_bytes);
        if (may_go && goes_before(candidate, victim)) {
            victim = candidate;
        }
    }
    if (victim != NULL) {
        drop(fragments, victim);
    }
    return victim != NULL;
}

static struct gathering *find_free(struct fragments *fragments)
{
    for (size_t i = 0; i < FRAGMENTS_DATAGRAMS; i++) {
        if (fragments->gathering[i].state == FREE) {
            return &fragments->gathering[i];
        }
    }
    return NULL;
}

/* The datagram that a piece is of; a new one where there is none. */
static struct gathering *find(struct fragments *fragments, const struct segment *piece,
                              struct moment at)
{
    for (size_t i = 0; i < FRAGMENTS_DATAGRAMS; i++) {
        if (is_of(&fragments->gathering[i], piece)) {
            return &fragments->gathering[i];
        }
    }
    struct gathering *free_one = find_free(fragments);
    if (free_one == NULL && make_room(fragments, NULL, false)) {
        free_one = find_free(fragments);
    }
    if (free_one != NULL) {
        *free_one = (struct gathering){
            .head = *piece, .captured = UINT32_MAX, .first = at, .state = GATHERING};
        free_one->head.payload = wire_over(NULL, 0);
        fragments->oldest = at.time < fragments->oldest ? at.time : fragments->oldest;
    }
    return free_one;
}

/* ---- its bytes ---- */

/* Makes room for bytes up to `end`. */
static bool grow(struct fragments *fragments, struct gathering *gathering, uint32_t end)
{
    if (end <= gathering->room) {
        return true;
    }
    uint32_t room = 2 * end < FRAGMENTS_LENGTH ? 2 * end : FRAGMENTS_LENGTH;
    uint32_t more = room - gathering->room;
    while (fragments->held + more > FRAGMENTS_BYTES && make_room(fragments, gathering, true)) {
    }
    uint8_t *bytes =
        fragments->held + more > FRAGMENTS_BYTES ? NULL : realloc(gathering->bytes, room);
    if (bytes == NULL) {
        return false;
    }
    memset(bytes + gathering->room, 0, more);
    gathering->bytes = bytes;
    gathering->room = room;
    fragments->held += more;
    return true;
}

enum overlap {
    OVERLAP_NONE,
    OVERLAP_COPY,         /* nothing new */
    OVERLAP_CONTRADICTION /* only in part, or not the same */
};

/* How a piece lies to what has come already. */
static enum overlap overlap(const struct gathering *gathering, const struct segment *piece)
{
    uint32_t begin = piece->fragment_offset;
    uint32_t end = begin + piece->payload_length;
    for (uint8_t i = 0; i < gathering->count; i++) {
        const struct range *island = &gathering->islands[i];
        if (begin >= island->begin && end <= island->end) {
            uint32_t captured = begin + (uint32_t)piece->payload.left;
            captured = captured < gathering->captured ? captured : gathering->captured;
            bool same = captured <= begin ||
                        memcmp(gathering->bytes + begin, piece->payload.at, captured - begin) == 0;
            return same ? OVERLAP_COPY : OVERLAP_CONTRADICTION;
        }
        if (begin < island->end && end > island->begin) {
            return OVERLAP_CONTRADICTION;
        }
    }
    return OVERLAP_NONE;
}

/* Adds an island that overlaps no other; false: there are too many. */
static bool add_island(struct gathering *gathering, struct range new)
{
    struct range *islands = gathering->islands;
    size_t place = 0;
    while (place < gathering->count && islands[place].end < new.begin) {
        place++;
    }
    size_t behind = place;
    while (behind < gathering->count && islands[behind].begin <= new.end) {
        new.begin = islands[behind].begin < new.begin ? islands[behind].begin : new.begin;
        new.end = islands[behind].end > new.end ? islands[behind].end : new.end;
        behind++;
    }
    size_t rest = gathering->count - behind;
    if (place + 1 + rest > FRAGMENTS_RANGES) {
        return false;
    }
    memmove(&islands[place + 1], &islands[behind], rest * sizeof *islands);
    islands[place] = new;
    gathering->count = (uint8_t)(place + 1 + rest);
    return true;
}

/* Whether a piece could be part of any datagram: all but the last have a multiple of 8 bytes. */
static bool is_sound(const struct segment *piece)
{
    uint32_t length = piece->payload_length;
    return length > 0 && piece->fragment_offset <= FRAGMENTS_LENGTH &&
           length <= FRAGMENTS_LENGTH - piece->fragment_offset &&
           (!piece->fragment_more || length % 8 == 0);
}

/* Whether a piece agrees with where the datagram was said to end, and with what has come behind. */
static bool agrees_on_end(const struct gathering *gathering, const struct segment *piece)
{
    uint32_t end = piece->fragment_offset + piece->payload_length;
    if (piece->fragment_more) {
        return gathering->total == 0 || end < gathering->total;
    }
    return gathering->total == 0 ? end >= gathering->end : end == gathering->total;
}

/* Puts a piece that is new where it belongs; false: it is not to be had any more. */
static bool place(struct fragments *fragments, struct gathering *gathering,
                  const struct segment *piece)
{
    struct range range = {piece->fragment_offset, piece->fragment_offset + piece->payload_length};
    uint32_t held = (uint32_t)piece->payload.left;
    if (!grow(fragments, gathering, range.end) || !add_island(gathering, range)) {
        return false;
    }
    if (held > 0) {
        memcpy(gathering->bytes + range.begin, piece->payload.at, held);
    }
    if (held < piece->payload_length && range.begin + held < gathering->captured) {
        gathering->captured = range.begin + held;
    }
    if (range.begin == 0) {
        gathering->head = *piece;
        gathering->head.payload = wire_over(NULL, 0);
    }
    gathering->end = range.end > gathering->end ? range.end : gathering->end;
    gathering->total = piece->fragment_more ? gathering->total : range.end;
    return true;
}

static bool is_whole(const struct gathering *gathering)
{
    return gathering->total != 0 && gathering->count == 1 && gathering->islands[0].begin == 0 &&
           gathering->islands[0].end == gathering->total;
}

/* ---- what comes out ---- */

/* Gives what there is from the beginning on. Of one that is not whole, the next byte was sent, too:
 * it is missing. */
static void give(struct datagram *datagram, const struct gathering *gathering)
{
    bool begun = gathering->count > 0 && gathering->islands[0].begin == 0;
    uint32_t length = begun ? gathering->islands[0].end : 0;
    uint32_t captured = length < gathering->captured ? length : gathering->captured;
    bool more = begun && gathering->state == GATHERING && length < FRAGMENTS_LENGTH;
    *datagram = (struct datagram){.head = gathering->head,
                                  .bytes = wire_over(gathering->bytes, captured),
                                  .length = length + more,
                                  .at = gathering->last};
}

/* Takes a piece that may be one of a datagram that is whole already: a copy, or the first of
 * another datagram to which the sender gave the same number. */
static bool is_done_with(struct fragments *fragments, struct gathering *gathering,
                         const struct segment *piece, struct moment at)
{
    if (gathering->state == CONDEMNED) {
        fragments->lost++;
        return true;
    }
    if (gathering->state != WHOLE) {
        return false;
    }
    if (agrees_on_end(gathering, piece) && overlap(gathering, piece) == OVERLAP_COPY) {
        return true;
    }
    if (gathering == fragments->given) { /* a piece within the datagram, which claims to be of it */
        fragments->lost++;
        return true;
    }
    forget_bytes(fragments, gathering);
    *gathering =
        (struct gathering){.head = *piece, .captured = UINT32_MAX, .first = at, .state = GATHERING};
    gathering->head.payload = wire_over(NULL, 0);
    return false;
}

/* Takes a piece of a datagram that is not whole. True where it is now. */
static bool gather(struct fragments *fragments, struct gathering *gathering,
                   const struct segment *piece)
{
    gathering->pieces++;
    enum overlap found = overlap(gathering, piece);
    if (found == OVERLAP_CONTRADICTION || !agrees_on_end(gathering, piece)) {
        condemn(fragments, gathering);
        return false;
    }
    if (found == OVERLAP_NONE && !place(fragments, gathering, piece)) {
        condemn(fragments, gathering);
        return false;
    }
    return is_whole(gathering);
}

bool fragments_push(struct fragments *fragments, struct datagram *whole,
                    const struct segment *piece, struct moment at)
{
    if (!is_sound(piece)) {
        fragments->lost++;
        return false;
    }
    struct gathering *gathering = find(fragments, piece, at);
    if (gathering == NULL) {
        fragments->lost++;
        return false;
    }
    bool done = is_done_with(fragments, gathering, piece, at);
    gathering->last = at;
    if (done || !gather(fragments, gathering, piece)) {
        return false;
    }
    gathering->state = WHOLE;
    give(whole, gathering);
    free(fragments->orphan);
    fragments->orphan = NULL;
    fragments->given = gathering;
    return true;
}

/* Takes a datagram out whose bytes the caller reads next. */
static void take_out(struct fragments *fragments, struct datagram *beginning,
                     struct gathering *gathering)
{
    fragments->lost += gathering->state == GATHERING ? gathering->pieces : 0;
    give(beginning, gathering);
    fragments->orphan = gathering->bytes;
    fragments->held -= gathering->room;
    *gathering = (struct gathering){.state = FREE};
}

bool fragments_pull(struct fragments *fragments, struct datagram *beginning, int64_t now)
{
    const int64_t patience = (int64_t)FRAGMENTS_PATIENCE * 1000000000;
    free(fragments->orphan);
    fragments->orphan = NULL;
    fragments->given = NULL;
    if (now < fragments->oldest + patience) {
        return false;
    }
    int64_t oldest = INT64_MAX - patience;
    for (size_t i = 0; i < FRAGMENTS_DATAGRAMS; i++) {
        struct gathering *gathering = &fragments->gathering[i];
        if (gathering->state == FREE) {
            continue;
        }
        if (now - gathering->first.time >= patience) {
            bool waits = gathering->state == GATHERING;
            if (waits) {
                take_out(fragments, beginning, gathering);
                return true;
            }
            drop(fragments, gathering);
            continue;
        }
        oldest = gathering->first.time < oldest ? gathering->first.time : oldest;
    }
    fragments->oldest = oldest;
    return false;
}

/* ---- what is in them ---- */

enum packet_kind fragments_take(struct fragments *fragments, struct segment *segment,
                                struct moment at)
{
    enum packet_kind kind = PACKET_FRAGMENT;
    struct datagram whole;
    for (int depth = 0; kind == PACKET_FRAGMENT && depth < FRAGMENTS_DEPTH; depth++) {
        if (!fragments_push(fragments, &whole, segment, at)) {
            return PACKET_OTHER;
        }
        kind = packet_dissect_datagram(segment, &whole.head, whole.bytes, whole.length);
    }
    return kind == PACKET_FRAGMENT ? PACKET_OTHER : kind;
}

bool fragments_give_up(struct fragments *fragments, struct segment *segment, struct moment *at,
                       int64_t now)
{
    struct datagram beginning;
    while (fragments_pull(fragments, &beginning, now)) {
        *at = beginning.at;
        if (packet_dissect_datagram(segment, &beginning.head, beginning.bytes, beginning.length) ==
            PACKET_TCP) {
            return true;
        }
    }
    return false;
}
