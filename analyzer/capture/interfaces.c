#define _DEFAULT_SOURCE /* libpcap's header: u_char and its like; clock_gettime() */

#include "capture/interfaces.h"

#include "capture/interface.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    /* After how long the kernel hands over a block of the ring that is not full. It is the delay of
     * what is told, and each handing over costs a waking: one interface gets what nobody notices,
     * several less, for while packets are put in order the rings fill. */
    READ_TIMEOUT_MS = 50,
    READ_TIMEOUT_OF_SEVERAL_MS = 10,
    LOOK_MS = 1000, /* how often is looked whether the interfaces are up */
    LOOK_PACKETS =
        1 << 14 /* and after how many packets the clock is asked, when they never pause */
};

struct interfaces {
    struct interface *each;
    struct pollfd *polled; /* room for one more than there are interfaces */
    size_t count;
    struct interface *given; /* whose packet was given last */
    bool wait;               /* for an interface that is down */
    bool stopped;
    int also;          /* another descriptor to wait for; 0 for none */
    int64_t settle_ns; /* a packet this old has no earlier ones to come from other rings */
    int64_t look_at;   /* monotonic time in milliseconds */
    unsigned unlooked; /* packets since the clock was asked */
    uint64_t number;
};

static int64_t monotonic_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The clock of the packets' times. */
static int64_t real_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- opening ---- */

static struct interfaces *allocate(size_t count)
{
    struct interfaces *interfaces = calloc(1, sizeof *interfaces);
    if (interfaces == NULL) {
        return NULL;
    }
    interfaces->each = calloc(count, sizeof *interfaces->each);
    interfaces->polled = calloc(count + 1, sizeof *interfaces->polled);
    if (interfaces->each == NULL || interfaces->polled == NULL) {
        interfaces_close(interfaces);
        return NULL;
    }
    return interfaces;
}

struct interfaces *interfaces_open(const char *const names[], size_t count,
                                   const struct capture_options *options, char error[CAPTURE_ERROR])
{
    char reason[SOURCE_REASON];
    struct interfaces *interfaces = allocate(count);
    if (interfaces == NULL) {
        capture_complain(error, names[0], "out of memory");
        return NULL;
    }
    int read_timeout = count == 1 ? READ_TIMEOUT_MS : READ_TIMEOUT_OF_SEVERAL_MS;
    interfaces->wait = options->wait;
    interfaces->given = &interfaces->each[0];
    interfaces->settle_ns = 3 * (int64_t)read_timeout * 1000000;
    interfaces->look_at = monotonic_ms() + LOOK_MS;
    for (size_t i = 0; i < count; i++) {
        interfaces->count = i + 1;
        if (!interface_open(&interfaces->each[i], names[i], options, read_timeout, reason)) {
            capture_complain(error, names[i], reason);
            interfaces_close(interfaces);
            return NULL;
        }
    }
    return interfaces;
}

/* ---- whether they are still there ---- */

/* One that is down and not waited for has its ring emptied, and ends. */
static void look_at(struct interfaces *interfaces, struct interface *interface, int64_t now)
{
    if (interface->ended) {
        return;
    }
    interface_look(interface, interfaces->wait && !interface->stopping);
    interface_count(interface);
    interface_count_card(interface);
    if (interface->state != INTERFACE_UP && !interfaces->wait) {
        interface_stop(interface, now);
    }
}

static void look_at_all(struct interfaces *interfaces, int64_t now)
{
    interfaces->unlooked = 0;
    if (now < interfaces->look_at) {
        return;
    }
    interfaces->look_at = now + LOOK_MS;
    for (size_t i = 0; i < interfaces->count; i++) {
        look_at(interfaces, &interfaces->each[i], now);
    }
}

bool interfaces_news(struct interfaces *interfaces, char news[CAPTURE_ERROR])
{
    static const char *const what[] = {"the interface is up again; what passed meanwhile is unseen",
                                       "the interface went down", "the interface disappeared"};
    for (size_t i = 0; i < interfaces->count; i++) {
        struct interface *interface = &interfaces->each[i];
        if (interface->news) {
            char text[SOURCE_REASON];
            bool waits = interface->state != INTERFACE_UP && interfaces->wait;
            snprintf(text, sizeof text, "%s%s%s", what[interface->state],
                     interface->replaced ? " (it was made anew)" : "", waits ? "; waiting" : "");
            capture_complain(news, interface->name, text);
            interface->news = false;
            interface->replaced = false;
            return true;
        }
    }
    return false;
}

/* ---- reading ---- */

/* Reads a packet to hold, if none is held. */
static bool read_one(struct interfaces *interfaces, struct interface *interface,
                     char error[CAPTURE_ERROR])
{
    char reason[SOURCE_REASON];
    if (interface->holds || interface->ended) {
        return true;
    }
    int64_t before = interfaces->count > 1 ? real_ns() : 0;
    if (!interface_read(interface, reason)) {
        capture_complain(error, interface->name, reason);
        return false;
    }
    if (!interface->holds) {
        interface->empty_at = before;
    }
    if (interface->state != INTERFACE_UP && !interface->stopping && !interfaces->wait) {
        interfaces->look_at = 0; /* which ends it */
    }
    return true;
}

static bool read_each(struct interfaces *interfaces, char error[CAPTURE_ERROR])
{
    bool good = true;
    for (size_t i = 0; i < interfaces->count && good; i++) {
        good = read_one(interfaces, &interfaces->each[i], error);
    }
    return good;
}

static struct interface *earliest(const struct interfaces *interfaces)
{
    struct interface *first = NULL;
    for (size_t i = 0; i < interfaces->count; i++) {
        struct interface *other = &interfaces->each[i];
        if (other->holds && (first == NULL || other->packet.time < first->packet.time)) {
            first = other;
        }
    }
    return first;
}

/* Whether another ring may still show an earlier packet: one that was last found empty too short a
 * time after this one. */
static bool may_be_overtaken(const struct interfaces *interfaces, const struct interface *first)
{
    for (size_t i = 0; i < interfaces->count; i++) {
        const struct interface *other = &interfaces->each[i];
        if (!other->holds && !other->ended &&
            other->empty_at - first->packet.time < interfaces->settle_ns) {
            return true;
        }
    }
    return false;
}

/* The interface whose packet is to be given next, or NULL; `held` when one waits for its turn. A
 * packet from the future means that the clock was set back, and waits for nobody. */
static struct interface *choose(struct interfaces *interfaces, bool *held)
{
    struct interface *first = earliest(interfaces);
    *held = first != NULL;
    return first == NULL || !may_be_overtaken(interfaces, first) ||
                   first->packet.time - real_ns() > interfaces->settle_ns
               ? first
               : NULL;
}

static enum capture_result give(struct interfaces *interfaces, struct interface *interface,
                                struct packet *packet)
{
    *packet = interface->packet;
    packet->number = ++interfaces->number;
    interface->holds = false;
    interfaces->given = interface;
    interfaces->unlooked++;
    return CAPTURE_PACKET;
}

/* ---- waiting ---- */

/* How long: until a packet that is held may be given, a ring that was stopped has settled, or an
 * interface is to be looked at. */
static int patience(const struct interfaces *interfaces, bool held)
{
    bool stopping = interfaces->stopped;
    for (size_t i = 0; i < interfaces->count; i++) {
        stopping = stopping || interfaces->each[i].stopping;
    }
    return held ? 1 : stopping ? 10 : interfaces->each[0].read_timeout_ms;
}

/* Waits for a ring that was empty, and for the other descriptor. False when that can be read or a
 * signal came: the caller has something to do. */
static bool wait_for_more(struct interfaces *interfaces, bool held)
{
    nfds_t polled = 0;
    for (size_t i = 0; i < interfaces->count; i++) {
        struct interface *interface = &interfaces->each[i];
        /* What is down would only report it again and again; a timeout looks whether it is up. */
        if (!interface->holds && !interface->ended && interface->state == INTERFACE_UP) {
            interfaces->polled[polled++] = (struct pollfd){interface->descriptor, POLLIN, 0};
        }
    }
    nfds_t rings = polled;
    if (interfaces->also != 0) {
        interfaces->polled[polled++] = (struct pollfd){interfaces->also, POLLIN, 0};
    }
    int ready = poll(interfaces->polled, polled, patience(interfaces, held));
    if (ready < 0) {
        return false;
    }
    for (nfds_t i = 0; i < rings && ready > 0; i++) {
        if ((interfaces->polled[i].revents & ~POLLIN) != 0) {
            interfaces->look_at = 0;
        }
    }
    return rings == polled || interfaces->polled[rings].revents == 0;
}

/* Marks those that were stopped and are empty; whether all have ended. */
static bool all_ended(struct interfaces *interfaces, int64_t now)
{
    bool all = true;
    for (size_t i = 0; i < interfaces->count; i++) {
        struct interface *interface = &interfaces->each[i];
        if (!interface->ended && !interface->holds && interface_is_drained(interface, now)) {
            interface->ended = true;
        }
        all = all && interface->ended;
    }
    return all;
}

/* Of an end that nobody asked for. */
static enum capture_result end(struct interfaces *interfaces, char error[CAPTURE_ERROR])
{
    if (interfaces->stopped) {
        return CAPTURE_END;
    }
    char text[SOURCE_REASON];
    const struct interface *first = &interfaces->each[0];
    snprintf(text, sizeof text, "the interface %s, after packet %llu",
             first->state == INTERFACE_GONE ? "disappeared" : "went down",
             (unsigned long long)interfaces->number);
    capture_complain(error, first->name, text);
    for (size_t i = 0; i < interfaces->count; i++) {
        interfaces->each[i].news = interfaces->each[i].news && interfaces->count > 1;
    }
    return CAPTURE_FAILED;
}

enum capture_result interfaces_next(struct interfaces *interfaces, struct packet *packet,
                                    char error[CAPTURE_ERROR])
{
    bool held = false;
    bool waited = false;
    if (interfaces->unlooked >= LOOK_PACKETS) {
        look_at_all(interfaces, monotonic_ms());
    }
    /* Most often the next packet lies in the same ring, and the others need not be asked. */
    bool good = read_one(interfaces, interfaces->given, error);
    struct interface *first = good ? choose(interfaces, &held) : NULL;
    while (good && first == NULL) {
        good = read_each(interfaces, error);
        first = good ? choose(interfaces, &held) : NULL;
        int64_t now = monotonic_ms();
        look_at_all(interfaces, now);
        if (good && !held && all_ended(interfaces, now)) {
            return end(interfaces, error);
        }
        if (good && first == NULL && ((waited && !held) || !wait_for_more(interfaces, held))) {
            return CAPTURE_QUIET;
        }
        waited = true;
    }
    return good ? give(interfaces, first, packet) : CAPTURE_FAILED;
}

/* ---- the rest ---- */

void interfaces_also_wait_for(struct interfaces *interfaces, int descriptor)
{
    interfaces->also = descriptor;
}

void interfaces_stop(struct interfaces *interfaces)
{
    int64_t now = monotonic_ms();
    interfaces->stopped = true;
    for (size_t i = 0; i < interfaces->count; i++) {
        interface_stop(&interfaces->each[i], now);
    }
}

bool interfaces_are_up(const struct interfaces *interfaces)
{
    for (size_t i = 0; i < interfaces->count; i++) {
        if (interfaces->each[i].state == INTERFACE_UP) {
            return true;
        }
    }
    return false;
}

void interfaces_count(struct interfaces *interfaces, struct capture_counts *counts)
{
    memset(counts, 0, sizeof *counts);
    for (size_t i = 0; i < interfaces->count; i++) {
        struct interface *interface = &interfaces->each[i];
        interface_count(interface);
        if (interface->ended) {
            interface_count_card(interface);
        }
        counts->captured += interface->captured - interface->holds;
        counts->received += interface->received;
        counts->dropped += interface->dropped;
        counts->dropped_by_interface += interface->dropped_by_card;
    }
}

const struct source *interfaces_source(const struct interfaces *interfaces)
{
    return &interfaces->each[0].source;
}

void interfaces_close(struct interfaces *interfaces)
{
    if (interfaces == NULL) {
        return;
    }
    for (size_t i = 0; i < interfaces->count; i++) {
        interface_close(&interfaces->each[i]);
    }
    free(interfaces->each);
    free(interfaces->polled);
    free(interfaces);
}
