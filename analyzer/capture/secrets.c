#define _DEFAULT_SOURCE /* explicit_bzero() */

#include "capture/secrets.h"

#include <stdlib.h>
#include <string.h>

/* draft-ietf-opsawg-pcapng, sections 4.1 and 4.7. */
enum {
    BLOCK_SECTION_HEADER = 0x0a0d0d0a, /* the same in both byte orders */
    BLOCK_SECRETS = 0x0000000a,
    SECRETS_TLS = 0x544c534b,
    ORDER_BIG = 0x1a2b3c4d,
    ORDER_LITTLE = 0x4d3c2b1a,
    HEAD = 12, /* bytes of the shortest block: type, length, and the length again */
    SECRETS_SHORTEST = 20
};

/* ---- the text ---- */

static void wipe(struct secrets *secrets)
{
    if (secrets->text != NULL) {
        explicit_bzero(secrets->text, secrets->room);
    }
    free(secrets->text);
    secrets->text = NULL;
    secrets->length = 0;
    secrets->room = 0;
    secrets->given = false;
}

/* Room for `more` bytes; what was is wiped before its memory goes. */
static bool grow(struct secrets *secrets, size_t more)
{
    size_t room = secrets->room == 0 ? 4096 : secrets->room;
    while (room < secrets->length + more) {
        room *= 2;
    }
    if (room == secrets->room) {
        return true;
    }
    char *text = room > SECRETS_KEPT ? NULL : malloc(room);
    if (text == NULL) {
        return false;
    }
    size_t length = secrets->length;
    if (length > 0) {
        memcpy(text, secrets->text, length);
    }
    wipe(secrets);
    secrets->text = text;
    secrets->length = length;
    secrets->room = room;
    return true;
}

static void keep(struct secrets *secrets, struct wire bytes)
{
    if (bytes.left > 0 && grow(secrets, bytes.left)) {
        memcpy(secrets->text + secrets->length, bytes.at, bytes.left);
        secrets->length += bytes.left;
    }
}

/* ---- blocks ---- */

static uint32_t number(const struct secrets *secrets, struct wire *header)
{
    uint32_t big = wire_u32(header);
    return secrets->little ? big >> 24 | (big >> 8 & 0xff00) | (big << 8 & 0xff0000) | big << 24
                           : big;
}

/* The section's byte order: the third number. */
static void read_byte_order(struct secrets *secrets)
{
    struct wire header = wire_over(secrets->header, HEAD);
    wire_skip(&header, 8);
    uint32_t order = wire_u32(&header);
    secrets->little = order == ORDER_LITTLE;
    secrets->deaf = order != ORDER_BIG && order != ORDER_LITTLE;
    secrets->begun = true;
}

/* A block's head is there. Returns false where more of it is wanted. */
static bool read_header(struct secrets *secrets)
{
    struct wire header = wire_over(secrets->header, secrets->header_length);
    if (wire_peek(&header, 0) == 0x0a && wire_peek(&header, 1) == 0x0d) {
        read_byte_order(secrets);
    }
    uint32_t type = number(secrets, &header);
    uint32_t length = number(secrets, &header);
    uint32_t kind = number(secrets, &header);
    secrets->deaf = secrets->deaf || !secrets->begun || length < HEAD || length % 4 != 0;
    if (type != BLOCK_SECRETS || length < SECRETS_SHORTEST) {
        secrets->skip = length - HEAD;
        return true;
    }
    if (secrets->header_length < SECRETS_HEADER) {
        return false;
    }
    uint32_t text = number(secrets, &header);
    uint32_t most = length - SECRETS_SHORTEST;
    secrets->text_left = kind != SECRETS_TLS ? 0 : text < most ? text : most;
    secrets->skip = length - SECRETS_HEADER - secrets->text_left;
    return true;
}

/* The next bytes of a block's header. */
static void take_header(struct secrets *secrets, struct wire *bytes)
{
    size_t wanted = secrets->header_length < HEAD ? HEAD : SECRETS_HEADER;
    struct wire part = wire_take_most(bytes, wanted - secrets->header_length);
    memcpy(secrets->header + secrets->header_length, part.at, part.left);
    secrets->header_length += part.left;
    if (secrets->header_length == wanted && read_header(secrets)) {
        secrets->header_length = 0;
    }
}

static void take_text(struct secrets *secrets, struct wire *bytes)
{
    struct wire text = wire_take_most(bytes, secrets->text_left);
    keep(secrets, text);
    secrets->text_left -= (uint32_t)text.left;
    if (secrets->text_left == 0) {
        keep(secrets, wire_over("\n", 1)); /* a block ends its last line */
    }
}

void secrets_watch(struct secrets *secrets, struct wire bytes)
{
    if (secrets->given) {
        wipe(secrets);
    }
    while (bytes.left > 0 && !secrets->deaf) {
        if (secrets->text_left > 0) {
            take_text(secrets, &bytes);
        } else if (secrets->skip > 0) {
            struct wire skipped = wire_take_most(&bytes, secrets->skip);
            secrets->skip -= (uint32_t)skipped.left;
        } else {
            take_header(secrets, &bytes);
        }
    }
}

bool secrets_take(struct secrets *secrets, struct wire *text)
{
    if (secrets->given || secrets->length == 0) {
        return false;
    }
    *text = wire_over(secrets->text, secrets->length);
    secrets->given = true;
    return true;
}

void secrets_release(struct secrets *secrets)
{
    wipe(secrets);
    secrets->deaf = true;
}
