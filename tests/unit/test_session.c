#include "build.h"
#include "handshake.h"
#include "record.h"
#include "tracking/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { TLS12 = 0x0303, TLS13 = 0x0304 };

/* A session that hears what two sides write, each call in a packet of its own. */
struct hearing {
    struct session *session;
    struct build build;
    uint64_t frame;
};

static const struct session_shared alone = {0};

static struct hearing begin(void)
{
    struct hearing hearing = {.session = session_new(&alone)};
    assert_non_null(hearing.session);
    return hearing;
}

static void end(struct hearing *hearing)
{
    session_free(hearing->session);
    build_free(&hearing->build);
}

static void hear_piece(struct hearing *hearing, enum speaker from, struct piece piece)
{
    piece.at = (struct moment){++hearing->frame, (int64_t)hearing->frame};
    hearing->session->facts.transport.side[from].last_data = piece.at;
    session_read(hearing->session, from, &piece);
}

/* What was built goes out in a packet. */
static void hear(struct hearing *hearing, enum speaker from)
{
    hear_piece(hearing, from, (struct piece){.bytes = build_wire(&hearing->build)});
    build_clear(&hearing->build);
}

static void open_message(struct build *build, unsigned type)
{
    build_open_record(build, RECORD_HANDSHAKE, TLS12);
    build_open_message(build, type);
}

static void close_message(struct build *build)
{
    build_close(build);
    build_close(build);
}

static void put_message(struct build *build, unsigned type, size_t length)
{
    open_message(build, type);
    build_filler(build, 1, length);
    close_message(build);
}

static void put_sealed(struct build *build, unsigned type, size_t length)
{
    build_open_record(build, type, TLS12);
    build_filler(build, 200, length);
    build_close(build);
}

static void put_client_hello(struct build *build, bool tls13)
{
    static const unsigned versions[] = {TLS13, TLS12, BUILD_END};
    open_message(build, HANDSHAKE_CLIENT_HELLO);
    build_client_hello(build, &(struct build_client_hello){.server_name = "www.example.org",
                                                           .versions = tls13 ? versions : NULL});
    close_message(build);
}

static void put_server_hello(struct build *build, unsigned selected, bool retry)
{
    open_message(build, HANDSHAKE_SERVER_HELLO);
    build_server_hello(build, &(struct build_server_hello){.selected_version = selected,
                                                           .suite = selected == TLS13 ? 0x1301 : 0,
                                                           .hello_retry_request = retry,
                                                           .group = selected == TLS13 ? 29 : 0});
    close_message(build);
}

static void a_full_handshake_of_tls_1_2_is_established_by_the_server_s_finished(void **state)
{
    (void)state;
    struct hearing hearing = begin();
    const struct facts *facts = &hearing.session->facts;

    put_client_hello(&hearing.build, false);
    hear(&hearing, CLIENT);
    put_server_hello(&hearing.build, 0, false);
    put_message(&hearing.build, HANDSHAKE_SERVER_HELLO_DONE, 0);
    hear(&hearing, SERVER);
    assert_int_equal(facts->stage, STAGE_CLIENT_FLIGHT);
    put_message(&hearing.build, HANDSHAKE_CLIENT_KEY_EXCHANGE, 33);
    build_change_cipher_spec_record(&hearing.build, TLS12);
    put_sealed(&hearing.build, RECORD_HANDSHAKE, 40);
    hear(&hearing, CLIENT);
    assert_int_equal(facts->established.frame, 0);
    build_change_cipher_spec_record(&hearing.build, TLS12);
    put_sealed(&hearing.build, RECORD_HANDSHAKE, 40);
    hear(&hearing, SERVER);
    assert_int_equal(facts->established.frame, 4);
    assert_int_equal(facts->finished[CLIENT].frame, 3);
    assert_int_equal(facts->version, TLS12);
    assert_false(facts->out_of_order);
    put_sealed(&hearing.build, RECORD_ALERT, 26);
    hear(&hearing, CLIENT);
    assert_int_equal(facts->alert[0].code, 255);
    assert_true(facts->alert[0].sealed);
    end(&hearing);
}

static void tls_1_3_is_established_by_a_record_that_can_hold_the_client_s_finished(void **state)
{
    (void)state;
    struct hearing hearing = begin();
    const struct facts *facts = &hearing.session->facts;

    put_client_hello(&hearing.build, true);
    hear(&hearing, CLIENT);
    put_server_hello(&hearing.build, TLS13, false);
    build_change_cipher_spec_record(&hearing.build, TLS12);
    put_sealed(&hearing.build, RECORD_APPLICATION_DATA, 1500);
    hear(&hearing, SERVER);
    put_sealed(&hearing.build, RECORD_APPLICATION_DATA, 19); /* an alert's size */
    hear(&hearing, CLIENT);
    assert_int_equal(facts->established.frame, 0);
    put_sealed(&hearing.build, RECORD_APPLICATION_DATA, 53);
    hear(&hearing, CLIENT);
    assert_int_equal(facts->established.frame, 4);
    assert_int_equal(facts->application_records[CLIENT], 0);
    assert_int_equal(facts->sealed_count, 3);
    end(&hearing);
}

static void a_retry_is_followed_by_a_second_client_hello(void **state)
{
    (void)state;
    struct hearing hearing = begin();
    const struct facts *facts = &hearing.session->facts;

    put_client_hello(&hearing.build, true);
    hear(&hearing, CLIENT);
    put_server_hello(&hearing.build, TLS13, true);
    hear(&hearing, SERVER);
    assert_non_null(facts->retry);
    assert_null(facts->server_hello);
    put_client_hello(&hearing.build, true);
    hear(&hearing, CLIENT);
    assert_int_equal(facts->client_hellos, 2);
    put_server_hello(&hearing.build, TLS13, false);
    hear(&hearing, SERVER);
    assert_int_equal(facts->stage, STAGE_SEALED_SERVER_FLIGHT);
    assert_int_equal(facts->client_hello[1].at.frame, 3);
    assert_string_equal(facts->client_hello[1].server_name, "www.example.org");
    end(&hearing);
}

static void a_server_hello_that_was_cut_settles_nothing_that_it_may_not_say(void **state)
{
    (void)state;
    struct hearing hearing = begin();
    const struct facts *facts = &hearing.session->facts;

    put_client_hello(&hearing.build, true);
    hear(&hearing, CLIENT);
    put_server_hello(&hearing.build, TLS13, false);
    struct wire bytes = build_wire(&hearing.build);
    uint32_t cut = (uint32_t)bytes.left - 60;
    hear_piece(&hearing, SERVER, (struct piece){.bytes = wire_take_most(&bytes, 60), .cut = cut});
    assert_null(facts->server_hello);
    assert_int_equal(facts->version, 0);
    assert_true(facts->transport.side[SERVER].cut);
    assert_true(facts->transport.side[SERVER].missing);
    assert_int_equal(facts->malformed[SERVER].frame, 0);
    end(&hearing);
}

static void whoever_sends_the_client_hello_is_the_client(void **state)
{
    (void)state;
    struct hearing hearing = begin();
    const struct facts *facts = &hearing.session->facts;
    hearing.session->facts.port[CLIENT] = 20;
    hearing.session->facts.port[SERVER] = 50000;
    (void)session_step(hearing.session, STEP_SYN, CLIENT, (struct moment){1, 1});

    put_client_hello(&hearing.build, false);
    hear(&hearing, SERVER);
    assert_true(session_take_swap(hearing.session));
    assert_false(session_take_swap(hearing.session));
    assert_int_equal(facts->port[CLIENT], 50000);
    assert_true(facts->tls_from[CLIENT]);
    assert_false(facts->tls_from[SERVER]);
    assert_int_equal(facts->client_hellos, 1);
    assert_int_equal(facts->step[0].from, SERVER);
    assert_int_equal(facts->step[1].from, CLIENT);
    end(&hearing);
}

static void an_alert_in_clear_is_kept_with_the_stage_it_fell_into(void **state)
{
    (void)state;
    struct hearing hearing = begin();
    const struct facts *facts = &hearing.session->facts;

    put_client_hello(&hearing.build, false);
    hear(&hearing, CLIENT);
    build_alert_record(&hearing.build, 0x0301, 2, 70);
    hear(&hearing, SERVER);
    assert_int_equal(facts->alerts, 1);
    assert_int_equal(facts->alert[0].code, 70);
    assert_int_equal(facts->alert[0].level, 2);
    assert_int_equal(facts->alert[0].from, SERVER);
    assert_int_equal(facts->alert[0].stage, STAGE_SERVER_HELLO);
    assert_ptr_equal(facts_fatal_alert(facts, SERVER), &facts->alert[0]);
    assert_null(facts_fatal_alert(facts, CLIENT));
    end(&hearing);
}

static void tls_is_found_behind_starttls(void **state)
{
    (void)state;
    struct hearing hearing = begin();
    const struct facts *facts = &hearing.session->facts;

    build_text(&hearing.build, "220 mx ESMTP\r\n");
    hear(&hearing, SERVER);
    build_text(&hearing.build, "EHLO me\r\n");
    hear(&hearing, CLIENT);
    build_text(&hearing.build, "250-mx\r\n250 STARTTLS\r\n");
    hear(&hearing, SERVER);
    build_text(&hearing.build, "STARTTLS\r\n");
    hear(&hearing, CLIENT);
    build_text(&hearing.build, "220 go ahead\r\n");
    hear(&hearing, SERVER);
    put_client_hello(&hearing.build, false);
    hear(&hearing, CLIENT);
    session_end(hearing.session);
    assert_true(facts->tls);
    assert_int_equal(facts->preface->protocol, PREFACE_SMTP);
    assert_int_equal(facts->preface->state, PREFACE_GRANTED);
    assert_int_equal(facts->preface_decided.frame, 5);
    assert_string_equal(facts->preface_asked, "STARTTLS");
    assert_int_equal(facts->not_tls_from[CLIENT].frame, 0);
    end(&hearing);
}

static void a_hole_is_a_fact_and_a_step(void **state)
{
    (void)state;
    struct hearing hearing = begin();
    const struct facts *facts = &hearing.session->facts;

    put_client_hello(&hearing.build, false);
    hear(&hearing, CLIENT);
    build_alert_record(&hearing.build, TLS12, 2, 40);
    hear_piece(&hearing, SERVER, (struct piece){.bytes = build_wire(&hearing.build), .hole = 100});
    assert_true(facts->transport.side[SERVER].missing);
    assert_false(facts->transport.side[SERVER].cut);
    assert_false(facts->transport.side[CLIENT].missing);
    assert_int_equal(facts->step[1].what, STEP_GAP);
    assert_int_equal(facts->step[1].size, 100);
    assert_int_equal(facts->alert[0].code, 40);
    end(&hearing);
}

static void a_message_too_long_for_us_is_confessed(void **state)
{
    (void)state;
    struct hearing hearing = begin();
    const struct facts *facts = &hearing.session->facts;

    put_client_hello(&hearing.build, false);
    hear(&hearing, CLIENT);
    put_server_hello(&hearing.build, 0, false);
    build_open_record(&hearing.build, RECORD_HANDSHAKE, TLS12);
    build_u8(&hearing.build, HANDSHAKE_CERTIFICATE);
    build_u24(&hearing.build, 0xffffff);
    build_close(&hearing.build);
    hear(&hearing, SERVER);
    assert_true(facts->transport.side[SERVER].overflowed);
    assert_false(facts_absent(facts, SERVER));
    end(&hearing);
}

static void who_began_a_hello_tried_to_speak_tls(void **state)
{
    (void)state;
    for (size_t length = 1; length < 12; length++) {
        struct hearing hearing = begin();
        put_client_hello(&hearing.build, false);
        struct wire bytes = build_wire(&hearing.build);
        hear_piece(&hearing, CLIENT, (struct piece){.bytes = wire_take_most(&bytes, length)});
        session_end(hearing.session);
        assert_true(hearing.session->facts.tls);
        assert_true(hearing.session->facts.tls_from[CLIENT]);
        end(&hearing);
    }
}

static void what_leads_to_no_tls_is_not_read_for_ever(void **state)
{
    (void)state;
    struct hearing hearing = begin();

    build_text(&hearing.build, "SSH-2.0-OpenSSH_9.2\r\n");
    hear(&hearing, CLIENT);
    build_text(&hearing.build, "SSH-2.0-OpenSSH_9.2\r\n");
    build_filler(&hearing.build, 1, SESSION_SNIPPET * 2);
    hear(&hearing, SERVER);
    assert_true(hearing.session->stopped);
    assert_false(hearing.session->facts.tls);
    end(&hearing);
}

static void steps_are_bounded_counted_and_put_in_the_order_of_the_wire(void **state)
{
    (void)state;
    struct hearing hearing = begin();
    const struct facts *facts = &hearing.session->facts;

    for (uint64_t i = 0; i < FACTS_STEPS; i++) {
        assert_non_null(
            session_step(hearing.session, STEP_FIN, CLIENT, (struct moment){FACTS_STEPS - i, 0}));
    }
    assert_null(session_step(hearing.session, STEP_RST, CLIENT, (struct moment){1, 0}));
    session_end(hearing.session);
    assert_int_equal(facts->steps_omitted, 1);
    for (uint64_t i = 0; i < FACTS_STEPS; i++) {
        assert_int_equal(facts->step[i].at.frame, i + 1);
    }
    end(&hearing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_handshake_of_tls_1_2_is_established_by_the_server_s_finished),
        cmocka_unit_test(tls_1_3_is_established_by_a_record_that_can_hold_the_client_s_finished),
        cmocka_unit_test(a_retry_is_followed_by_a_second_client_hello),
        cmocka_unit_test(a_server_hello_that_was_cut_settles_nothing_that_it_may_not_say),
        cmocka_unit_test(whoever_sends_the_client_hello_is_the_client),
        cmocka_unit_test(an_alert_in_clear_is_kept_with_the_stage_it_fell_into),
        cmocka_unit_test(tls_is_found_behind_starttls),
        cmocka_unit_test(a_hole_is_a_fact_and_a_step),
        cmocka_unit_test(a_message_too_long_for_us_is_confessed),
        cmocka_unit_test(who_began_a_hello_tried_to_speak_tls),
        cmocka_unit_test(what_leads_to_no_tls_is_not_read_for_ever),
        cmocka_unit_test(steps_are_bounded_counted_and_put_in_the_order_of_the_wire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
