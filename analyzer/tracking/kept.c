#include "tracking/kept.h"

#include <stdlib.h>
#include <string.h>

struct kept {
    struct kept_account *account;
    struct kept_packet *first, *last;
    struct kept_packet *head;   /* the last of those that stay; NULL: none */
    struct kept *older, *newer; /* in the account, while spare */
    size_t packets, bytes;      /* captured bytes */
    uint64_t lost;
    bool headed; /* no more packets belong to those that stay */
    bool spare;
    bool stopped;
};

static size_t size_of(uint32_t captured)
{
    return sizeof(struct kept_packet) + captured;
}

struct kept *kept_new(struct kept_account *account, uint64_t lost)
{
    if (account->used > account->limit || account->limit - account->used < sizeof(struct kept)) {
        account->lost++;
        return NULL;
    }
    struct kept *kept = calloc(1, sizeof *kept);
    if (kept != NULL) {
        kept->account = account;
        kept->lost = lost;
        account->used += sizeof *kept;
    }
    return kept;
}

/* ---- giving up ---- */

static void unlink_spare(struct kept *kept)
{
    struct kept_account *account = kept->account;
    if (kept->older != NULL) {
        kept->older->newer = kept->newer;
    } else {
        account->oldest = kept->newer;
    }
    if (kept->newer != NULL) {
        kept->newer->older = kept->older;
    } else {
        account->newest = kept->older;
    }
    kept->older = NULL;
    kept->newer = NULL;
    kept->spare = false;
}

static void drop(struct kept *kept, struct kept_packet *packet)
{
    kept->packets--;
    kept->bytes -= packet->captured;
    kept->account->used -= size_of(packet->captured);
    kept->lost++;
    free(packet);
}

static void drop_all(struct kept *kept)
{
    while (kept->first != NULL) {
        struct kept_packet *packet = kept->first;
        kept->first = packet->next;
        drop(kept, packet);
    }
    kept->last = NULL;
    kept->head = NULL;
    kept->headed = false;
}

/* The oldest of the packets behind those that stay; false: there is none. */
static bool drop_middle(struct kept *kept)
{
    struct kept_packet *packet = kept->head == NULL ? kept->first : kept->head->next;
    if (packet == NULL) {
        return false;
    }
    if (kept->head == NULL) {
        kept->first = packet->next;
    } else {
        kept->head->next = packet->next;
    }
    if (kept->last == packet) {
        kept->last = kept->head;
    }
    drop(kept, packet);
    kept->account->lost++;
    return true;
}

/* Somebody's whose handshake was completed; false: there is nobody else. */
static bool drop_spare(struct kept_account *account, const struct kept *kept)
{
    struct kept *spare = account->oldest == kept ? kept->newer : account->oldest;
    if (spare == NULL) {
        return false;
    }
    account->lost += spare->packets;
    drop_all(spare);
    unlink_spare(spare);
    return true;
}

/* ---- keeping ---- */

static bool make_room(struct kept *kept, uint32_t captured)
{
    struct kept_account *account = kept->account;
    while (kept->packets == KEPT_PACKETS || kept->bytes + captured > KEPT_BYTES) {
        if (!drop_middle(kept)) {
            return false;
        }
    }
    while (account->used > account->limit || account->limit - account->used < size_of(captured)) {
        if (!drop_spare(account, kept) && !drop_middle(kept)) {
            return false;
        }
    }
    return true;
}

static void append(struct kept *kept, struct kept_packet *packet)
{
    if (kept->last == NULL) {
        kept->first = packet;
    } else {
        kept->last->next = packet;
    }
    kept->last = packet;
    kept->packets++;
    kept->bytes += packet->captured;
    kept->account->used += size_of(packet->captured);
    if (kept->packets > KEPT_FIRST_PACKETS || kept->bytes > KEPT_FIRST_BYTES) {
        kept->headed = true;
    }
    if (!kept->headed) {
        kept->head = packet;
    }
}

void kept_add(struct kept *kept, struct moment at, int link, struct wire bytes, size_t length)
{
    if (kept == NULL) {
        return;
    }
    if (kept->stopped) {
        kept->lost++;
        return;
    }
    bool fits = bytes.left <= KEPT_BYTES && make_room(kept, (uint32_t)bytes.left);
    struct kept_packet *packet = fits ? malloc(size_of((uint32_t)bytes.left)) : NULL;
    if (packet == NULL) {
        kept->lost++;
        kept->account->lost++;
        return;
    }
    packet->next = NULL;
    packet->at = at;
    packet->length = length;
    packet->captured = (uint32_t)bytes.left;
    packet->link = link;
    if (bytes.left > 0) {
        memcpy(packet->bytes, bytes.at, bytes.left);
    }
    append(kept, packet);
}

void kept_set_spare(struct kept *kept, bool spare)
{
    if (kept == NULL || kept->spare == spare) {
        return;
    }
    if (!spare) {
        unlink_spare(kept);
        return;
    }
    struct kept_account *account = kept->account;
    kept->older = account->newest;
    if (account->newest != NULL) {
        account->newest->newer = kept;
    } else {
        account->oldest = kept;
    }
    account->newest = kept;
    kept->spare = true;
}

void kept_stop(struct kept *kept)
{
    if (kept != NULL) {
        drop_all(kept);
        kept_set_spare(kept, false);
        kept->stopped = true;
    }
}

void kept_free(struct kept *kept)
{
    if (kept != NULL) {
        kept_stop(kept);
        kept->account->used -= sizeof *kept;
        free(kept);
    }
}

const struct kept_packet *kept_first(const struct kept *kept)
{
    return kept == NULL ? NULL : kept->first;
}

uint64_t kept_lost(const struct kept *kept)
{
    return kept == NULL ? 0 : kept->lost;
}
