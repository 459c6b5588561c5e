#include "handshake.h"
#include "tracking/steps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct turn {
    enum speaker from;
    unsigned event;
};

static void goes_as_the_rfc_has_it(const struct turn *turns, size_t count)
{
    enum stage stage = STAGE_CLIENT_HELLO;
    for (size_t i = 0; i < count; i++) {
        bool expected = false;
        stage = steps_next(stage, turns[i].from, turns[i].event, &expected);
        assert_true(expected);
        assert_true((stage == STAGE_ESTABLISHED) == (i == count - 1));
    }
}

#define GOES(turns) goes_as_the_rfc_has_it(turns, sizeof(turns) / sizeof(turns)[0])

static void a_full_handshake_of_tls_1_2_leads_to_the_end(void **state)
{
    (void)state;
    static const struct turn turns[] = {
        {CLIENT, HANDSHAKE_CLIENT_HELLO},        {SERVER, HANDSHAKE_SERVER_HELLO},
        {SERVER, HANDSHAKE_CERTIFICATE},         {SERVER, HANDSHAKE_CERTIFICATE_STATUS},
        {SERVER, HANDSHAKE_SERVER_KEY_EXCHANGE}, {SERVER, HANDSHAKE_CERTIFICATE_REQUEST},
        {SERVER, HANDSHAKE_SERVER_HELLO_DONE},   {CLIENT, HANDSHAKE_CERTIFICATE},
        {CLIENT, HANDSHAKE_CLIENT_KEY_EXCHANGE}, {CLIENT, HANDSHAKE_CERTIFICATE_VERIFY},
        {CLIENT, EVENT_CHANGE_CIPHER_SPEC},      {CLIENT, EVENT_SEALED_FINISHED},
        {SERVER, HANDSHAKE_NEW_SESSION_TICKET},  {SERVER, EVENT_CHANGE_CIPHER_SPEC},
        {SERVER, EVENT_SEALED_FINISHED},
    };
    GOES(turns);
}

static void a_resumed_handshake_of_tls_1_2_leads_to_the_end(void **state)
{
    (void)state;
    static const struct turn turns[] = {
        {CLIENT, HANDSHAKE_CLIENT_HELLO},       {SERVER, HANDSHAKE_SERVER_HELLO},
        {SERVER, HANDSHAKE_NEW_SESSION_TICKET}, {SERVER, EVENT_CHANGE_CIPHER_SPEC},
        {SERVER, EVENT_SEALED_FINISHED},        {CLIENT, EVENT_CHANGE_CIPHER_SPEC},
        {CLIENT, EVENT_SEALED_FINISHED},
    };
    GOES(turns);
}

static void tls_1_3_with_a_retry_leads_to_the_end(void **state)
{
    (void)state;
    static const struct turn turns[] = {
        {CLIENT, HANDSHAKE_CLIENT_HELLO},   {SERVER, EVENT_HELLO_RETRY},
        {SERVER, EVENT_CHANGE_CIPHER_SPEC}, {CLIENT, EVENT_CHANGE_CIPHER_SPEC},
        {CLIENT, HANDSHAKE_CLIENT_HELLO},   {SERVER, EVENT_SERVER_HELLO_13},
        {SERVER, EVENT_SEALED_FLIGHT},      {SERVER, EVENT_SEALED_FLIGHT},
        {CLIENT, EVENT_SEALED_FINISHED},
    };
    GOES(turns);
}

static void ssl_2_leads_to_the_end(void **state)
{
    (void)state;
    static const struct turn turns[] = {
        {CLIENT, HANDSHAKE_CLIENT_HELLO}, {SERVER, EVENT_SSL2_SERVER_HELLO},
        {CLIENT, EVENT_SSL2_CLIENT_KEY},  {SERVER, EVENT_SSL2_ENCRYPTED},
        {CLIENT, EVENT_SSL2_ENCRYPTED},
    };
    GOES(turns);
}

static enum stage unexpected(enum stage stage, enum speaker from, unsigned event)
{
    bool expected = true;
    enum stage next = steps_next(stage, from, event, &expected);
    assert_false(expected);
    return next;
}

static void what_was_missed_is_jumped_over(void **state)
{
    (void)state;

    assert_int_equal(unexpected(STAGE_CLIENT_HELLO, SERVER, HANDSHAKE_SERVER_HELLO),
                     STAGE_SERVER_FLIGHT);
    assert_int_equal(unexpected(STAGE_CLIENT_HELLO, SERVER, HANDSHAKE_SERVER_HELLO_DONE),
                     STAGE_CLIENT_FLIGHT);
    assert_int_equal(unexpected(STAGE_SERVER_FLIGHT, CLIENT, EVENT_CHANGE_CIPHER_SPEC),
                     STAGE_CLIENT_FINISHED);
}

static void nothing_leads_back(void **state)
{
    (void)state;

    assert_int_equal(unexpected(STAGE_CLIENT_FLIGHT, SERVER, HANDSHAKE_CERTIFICATE),
                     STAGE_CLIENT_FLIGHT);
    assert_int_equal(unexpected(STAGE_SERVER_CHANGE, CLIENT, HANDSHAKE_CLIENT_HELLO),
                     STAGE_SERVER_CHANGE);
    assert_int_equal(unexpected(STAGE_SERVER_FLIGHT, SERVER, HANDSHAKE_SERVER_HELLO),
                     STAGE_SERVER_FLIGHT);
}

static void nothing_leads_to_another_version_s_handshake(void **state)
{
    (void)state;

    assert_int_equal(unexpected(STAGE_SEALED_SERVER_FLIGHT, SERVER, HANDSHAKE_CERTIFICATE),
                     STAGE_SEALED_SERVER_FLIGHT);
    assert_int_equal(unexpected(STAGE_SERVER_FLIGHT, SERVER, EVENT_SEALED_FLIGHT),
                     STAGE_SERVER_FLIGHT);
    assert_int_equal(unexpected(STAGE_SERVER_HELLO, SERVER, EVENT_SEALED_FLIGHT),
                     STAGE_SERVER_HELLO);
}

static void a_change_cipher_spec_does_not_tell_what_hello_was_missed(void **state)
{
    (void)state;

    assert_int_equal(unexpected(STAGE_SERVER_HELLO, SERVER, EVENT_CHANGE_CIPHER_SPEC),
                     STAGE_SERVER_HELLO);
    assert_int_equal(unexpected(STAGE_CLIENT_HELLO, SERVER, EVENT_CHANGE_CIPHER_SPEC),
                     STAGE_CLIENT_HELLO);
    assert_int_equal(unexpected(STAGE_CLIENT_HELLO, CLIENT, EVENT_CHANGE_CIPHER_SPEC),
                     STAGE_CLIENT_HELLO);
    assert_int_equal(unexpected(STAGE_CLIENT_HELLO, SERVER, EVENT_SERVER_HELLO_13),
                     STAGE_SEALED_SERVER_FLIGHT);
}

static void what_nobody_knows_changes_nothing(void **state)
{
    (void)state;

    for (int stage = STAGE_CLIENT_HELLO; stage <= STAGE_ESTABLISHED; stage++) {
        assert_int_equal(unexpected((enum stage)stage, SERVER, 99), stage);
        assert_int_equal(unexpected((enum stage)stage, CLIENT, 100000), stage);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_handshake_of_tls_1_2_leads_to_the_end),
        cmocka_unit_test(a_resumed_handshake_of_tls_1_2_leads_to_the_end),
        cmocka_unit_test(tls_1_3_with_a_retry_leads_to_the_end),
        cmocka_unit_test(ssl_2_leads_to_the_end),
        cmocka_unit_test(what_was_missed_is_jumped_over),
        cmocka_unit_test(nothing_leads_back),
        cmocka_unit_test(nothing_leads_to_another_version_s_handshake),
        cmocka_unit_test(a_change_cipher_spec_does_not_tell_what_hello_was_missed),
        cmocka_unit_test(what_nobody_knows_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
