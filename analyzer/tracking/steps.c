#include "tracking/steps.h"

#include "handshake.h"

enum { TURNS = 8 /* in a stage, at most */ };

struct turn {
    uint16_t event;
    uint8_t from; /* enum speaker */
    uint8_t next; /* enum stage */
};

struct turns {
    uint8_t count;
    struct turn turn[TURNS];
};

/* A message that may come in a stage and does not end it leads to the stage itself. */
static const struct turns stages[STAGE_ESTABLISHED] = {
    [STAGE_CLIENT_HELLO] = {2,
                            {{HANDSHAKE_CLIENT_HELLO, CLIENT, STAGE_SERVER_HELLO},
                             {HANDSHAKE_HELLO_REQUEST, SERVER, STAGE_CLIENT_HELLO}}},
    [STAGE_SERVER_HELLO] = {5,
                            {{EVENT_HELLO_RETRY, SERVER, STAGE_SECOND_CLIENT_HELLO},
                             {EVENT_CHANGE_CIPHER_SPEC, CLIENT, STAGE_SERVER_HELLO},
                             {EVENT_SERVER_HELLO_13, SERVER, STAGE_SEALED_SERVER_FLIGHT},
                             {HANDSHAKE_SERVER_HELLO, SERVER, STAGE_SERVER_FLIGHT},
                             {EVENT_SSL2_SERVER_HELLO, SERVER, STAGE_SSL2_CLIENT_KEY}}},
    [STAGE_SECOND_CLIENT_HELLO] = {3,
                                   {{HANDSHAKE_CLIENT_HELLO, CLIENT, STAGE_SERVER_HELLO},
                                    {EVENT_CHANGE_CIPHER_SPEC, SERVER, STAGE_SECOND_CLIENT_HELLO},
                                    {EVENT_CHANGE_CIPHER_SPEC, CLIENT, STAGE_SECOND_CLIENT_HELLO}}},
    /* Up to TLS 1.2, a full handshake: RFC 5246, section 7.3. */
    [STAGE_SERVER_FLIGHT] = {8,
                             {{HANDSHAKE_SUPPLEMENTAL_DATA, SERVER, STAGE_SERVER_FLIGHT},
                              {HANDSHAKE_CERTIFICATE, SERVER, STAGE_SERVER_FLIGHT},
                              {HANDSHAKE_CERTIFICATE_STATUS, SERVER, STAGE_SERVER_FLIGHT},
                              {HANDSHAKE_SERVER_KEY_EXCHANGE, SERVER, STAGE_SERVER_FLIGHT},
                              {HANDSHAKE_CERTIFICATE_REQUEST, SERVER, STAGE_SERVER_FLIGHT},
                              {HANDSHAKE_SERVER_HELLO_DONE, SERVER, STAGE_CLIENT_FLIGHT},
                              {HANDSHAKE_NEW_SESSION_TICKET, SERVER, STAGE_SERVER_FLIGHT},
                              {EVENT_CHANGE_CIPHER_SPEC, SERVER, STAGE_RESUMED_SERVER_FINISHED}}},
    [STAGE_CLIENT_FLIGHT] = {6,
                             {{HANDSHAKE_SUPPLEMENTAL_DATA, CLIENT, STAGE_CLIENT_FLIGHT},
                              {HANDSHAKE_CERTIFICATE, CLIENT, STAGE_CLIENT_FLIGHT},
                              {HANDSHAKE_CLIENT_KEY_EXCHANGE, CLIENT, STAGE_CLIENT_FLIGHT},
                              {HANDSHAKE_CERTIFICATE_URL, CLIENT, STAGE_CLIENT_FLIGHT},
                              {HANDSHAKE_CERTIFICATE_VERIFY, CLIENT, STAGE_CLIENT_FLIGHT},
                              {EVENT_CHANGE_CIPHER_SPEC, CLIENT, STAGE_CLIENT_FINISHED}}},
    [STAGE_CLIENT_FINISHED] = {1, {{EVENT_SEALED_FINISHED, CLIENT, STAGE_SERVER_CHANGE}}},
    [STAGE_SERVER_CHANGE] = {2,
                             {{HANDSHAKE_NEW_SESSION_TICKET, SERVER, STAGE_SERVER_CHANGE},
                              {EVENT_CHANGE_CIPHER_SPEC, SERVER, STAGE_SERVER_FINISHED}}},
    [STAGE_SERVER_FINISHED] = {1, {{EVENT_SEALED_FINISHED, SERVER, STAGE_ESTABLISHED}}},
    /* Resumed: the server changes first; RFC 5077, section 3.1. */
    [STAGE_RESUMED_SERVER_FINISHED] = {1,
                                       {{EVENT_SEALED_FINISHED, SERVER,
                                         STAGE_RESUMED_CLIENT_CHANGE}}},
    [STAGE_RESUMED_CLIENT_CHANGE] = {1,
                                     {{EVENT_CHANGE_CIPHER_SPEC, CLIENT,
                                       STAGE_RESUMED_CLIENT_FINISHED}}},
    [STAGE_RESUMED_CLIENT_FINISHED] = {1, {{EVENT_SEALED_FINISHED, CLIENT, STAGE_ESTABLISHED}}},
    /* TLS 1.3: RFC 8446, section 2, with the compatibility mode of appendix D.4. */
    [STAGE_SEALED_SERVER_FLIGHT] = {3,
                                    {{EVENT_CHANGE_CIPHER_SPEC, SERVER, STAGE_SEALED_SERVER_FLIGHT},
                                     {EVENT_CHANGE_CIPHER_SPEC, CLIENT, STAGE_SEALED_SERVER_FLIGHT},
                                     {EVENT_SEALED_FLIGHT, SERVER, STAGE_SEALED_CLIENT_FLIGHT}}},
    [STAGE_SEALED_CLIENT_FLIGHT] = {4,
                                    {{EVENT_SEALED_FLIGHT, SERVER, STAGE_SEALED_CLIENT_FLIGHT},
                                     {EVENT_CHANGE_CIPHER_SPEC, SERVER, STAGE_SEALED_CLIENT_FLIGHT},
                                     {EVENT_CHANGE_CIPHER_SPEC, CLIENT, STAGE_SEALED_CLIENT_FLIGHT},
                                     {EVENT_SEALED_FINISHED, CLIENT, STAGE_ESTABLISHED}}},
    /* SSL 2.0: the client's master key is its last message in clear. */
    [STAGE_SSL2_CLIENT_KEY] = {1, {{EVENT_SSL2_CLIENT_KEY, CLIENT, STAGE_SSL2_ENCRYPTED}}},
    [STAGE_SSL2_ENCRYPTED] = {2,
                              {{EVENT_SSL2_ENCRYPTED, SERVER, STAGE_SSL2_ENCRYPTED},
                               {EVENT_SSL2_ENCRYPTED, CLIENT, STAGE_ESTABLISHED}}},
};

/* The kinds of handshake that stages belong to; the hellos are common to all. */
enum course { COURSE_HELLOS, COURSE_FULL, COURSE_RESUMED, COURSE_TLS13, COURSE_SSL2 };

static enum course course_of(enum stage stage)
{
    if (stage <= STAGE_SECOND_CLIENT_HELLO) {
        return COURSE_HELLOS;
    }
    if (stage <= STAGE_SERVER_FINISHED) {
        return COURSE_FULL;
    }
    if (stage <= STAGE_RESUMED_CLIENT_FINISHED) {
        return COURSE_RESUMED;
    }
    return stage <= STAGE_SEALED_CLIENT_FLIGHT ? COURSE_TLS13 : COURSE_SSL2;
}

/* Whether `turn` of `its` stage may be jumped to from `stage`: forward, and on the same course;
 * from the hellos by a message in clear only, since it takes the ServerHello to tell what anything
 * else belongs to: a change_cipher_spec occurs on every course. */
static bool is_ahead(const struct turn *turn, enum stage its, enum stage stage)
{
    enum course course = course_of(stage);
    if (turn->next <= stage ||
        (course == COURSE_HELLOS && turn->event == EVENT_CHANGE_CIPHER_SPEC)) {
        return false;
    }
    return course == course_of(its) || (course == COURSE_HELLOS && turn->event < 256);
}

/* The turn of `stage` that this is; NULL: none. */
static const struct turn *turn_of(enum stage stage, enum speaker from, unsigned event)
{
    const struct turns *turns = &stages[stage];
    for (size_t i = 0; i < turns->count; i++) {
        if (turns->turn[i].event == event && turns->turn[i].from == from) {
            return &turns->turn[i];
        }
    }
    return NULL;
}

enum stage steps_next(enum stage stage, enum speaker from, unsigned event, bool *expected)
{
    const struct turn *turn = stage < STAGE_ESTABLISHED ? turn_of(stage, from, event) : NULL;
    *expected = turn != NULL;
    for (int its = STAGE_CLIENT_HELLO; its < STAGE_ESTABLISHED && turn == NULL; its++) {
        const struct turn *other = turn_of((enum stage)its, from, event);
        turn = other != NULL && is_ahead(other, (enum stage)its, stage) ? other : NULL;
    }
    return turn == NULL ? stage : (enum stage)turn->next;
}
