#include "tracking/assembly.h"

#include <stdlib.h>
#include <string.h>

static bool hold(struct assembly *assembly, struct wire bytes)
{
    size_t length = assembly->held_length + bytes.left;
    if (length > assembly->held_room) {
        size_t room = assembly->held_room == 0 ? 1024 : assembly->held_room;
        while (room < length) {
            room *= 2;
        }
        uint8_t *held = realloc(assembly->held, room);
        if (held == NULL) {
            return false;
        }
        assembly->held = held;
        assembly->held_room = (uint32_t)room;
    }
    if (bytes.left > 0) {
        memcpy(assembly->held + assembly->held_length, bytes.at, bytes.left);
    }
    assembly->held_length = (uint32_t)length;
    return true;
}

void assembly_release(struct assembly *assembly)
{
    free(assembly->held);
    assembly->held = NULL;
    assembly->held_length = 0;
    assembly->held_room = 0;
}

/* Bytes of the message that is held which are still to come, as far as its header says; 1 while not
 * even that is there. */
static uint32_t lacking(const struct assembly *assembly)
{
    struct wire bytes = wire_over(assembly->held, assembly->held_length);
    if (bytes.left < HANDSHAKE_HEADER) {
        return HANDSHAKE_HEADER - (uint32_t)bytes.left;
    }
    wire_skip(&bytes, 1);
    uint32_t whole = HANDSHAKE_HEADER + wire_u24(&bytes);
    return whole > assembly->held_length ? whole - assembly->held_length : 0;
}

/* Fills up what is held from the body. */
static enum framing next_held(struct assembly *assembly, struct message *message,
                              struct assembly_pass *pass)
{
    while (pass->body.left > 0 && lacking(assembly) > 0) {
        if (!hold(assembly, wire_take_most(&pass->body, lacking(assembly)))) {
            assembly->overflowed = true;
            assembly_release(assembly);
            wire_skip(&pass->body, pass->body.left);
            return FRAMING_PARTIAL;
        }
        struct wire bytes = wire_over(assembly->held, assembly->held_length);
        enum framing framing = message_frame(message, &bytes);
        if (framing == FRAMING_PARTIAL && message->length > ASSEMBLY_MAX) {
            assembly->overflowed = true;
            assembly->pass = lacking(assembly);
            assembly_release(assembly);
            return FRAMING_PARTIAL;
        }
        if (framing != FRAMING_PARTIAL) {
            return framing;
        }
    }
    return FRAMING_PARTIAL;
}

/* Whether the message that was given last lies in what is held: it goes now. */
static void drop_given(struct assembly *assembly)
{
    if (assembly->held_length > 0 && lacking(assembly) == 0) {
        assembly_release(assembly);
    }
}

enum framing assembly_next(struct assembly *assembly, struct message *message, struct moment *began,
                           struct assembly_pass *pass)
{
    drop_given(assembly);
    *message = (struct message){0};
    struct wire passed = wire_take_most(&pass->body, assembly->pass);
    assembly->pass -= (uint32_t)passed.left;
    if (assembly->held_length > 0) {
        *began = assembly->since;
        enum framing framing = next_held(assembly, message, pass);
        if (framing == FRAMING_NONE) {
            assembly_release(assembly);
            wire_skip(&pass->body, pass->body.left);
        }
        if (framing != FRAMING_PARTIAL || pass->body.left == 0) {
            return framing;
        }
        passed = wire_take_most(&pass->body, assembly->pass);
        assembly->pass -= (uint32_t)passed.left;
    }
    if (pass->body.left == 0) {
        return FRAMING_PARTIAL;
    }
    *began = pass->began;
    enum framing framing = message_frame(message, &pass->body);
    pass->began = pass->at;
    if (framing == FRAMING_NONE) {
        wire_skip(&pass->body, pass->body.left);
    } else if (framing == FRAMING_PARTIAL) {
        assembly->since = *began;
        if (message->length > ASSEMBLY_MAX) {
            assembly->overflowed = true;
            assembly->pass = HANDSHAKE_HEADER + message->length - (uint32_t)pass->body.left;
        } else if (!hold(assembly, pass->body)) {
            assembly->overflowed = true;
        }
        wire_skip(&pass->body, pass->body.left);
    }
    return framing;
}

bool assembly_rest(struct assembly *assembly, struct message *message)
{
    drop_given(assembly);
    struct wire bytes = wire_over(assembly->held, assembly->held_length);
    return assembly->held_length >= HANDSHAKE_HEADER &&
           message_frame(message, &bytes) == FRAMING_PARTIAL;
}
