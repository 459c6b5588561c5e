/* mkstemp() is POSIX'. */
#define _POSIX_C_SOURCE 200809L

#include "build_talk.h"
#include "engine.h"
#include "handshake.h"
#include "record.h"
#include "replay.h"
#include "tracking/flow.h"
#include "tracking/half_open.h"
#include "tracking/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { SEEN = 64 };

static const struct wire NOTHING = {0};

/* What was reported, connection by connection. The facts' pointers lead nowhere any more. */
struct report {
    struct facts facts[SEEN];
    struct alert_facts alerts[SEEN][FACTS_ALERTS];
    enum status status[SEEN];
    const char *cause[SEEN];
    size_t count;
    struct totals totals;
};

static struct report seen;

static struct report *report_begin(const struct report_options *options)
{
    (void)options;
    memset(&seen, 0, sizeof seen);
    return &seen;
}

static void report_connection(struct report *report, const struct connection *connection)
{
    assert_true(report->count < SEEN);
    struct facts *facts = &report->facts[report->count];
    struct alert_facts *alerts = report->alerts[report->count];
    *facts = *connection->facts;
    if (facts->alerts > 0) { /* they are gone with the connection */
        memcpy(alerts, facts->alert, facts->alerts * sizeof *alerts);
    }
    facts->alert = alerts;
    report->status[report->count] = connection->verdict->status;
    report->cause[report->count] =
        connection->verdict->cause == NULL ? NULL : connection->verdict->cause->id;
    report->count++;
}

static void report_end(struct report *report, const struct totals *totals)
{
    report->totals = *totals;
}

static const struct report_format FORMAT = {"test",     report_begin, report_connection,
                                            report_end, NULL,         REPORT_EVERY};

/* Reads what was talked. */
static void replay_within(struct talk *talk, uint64_t stop_after, size_t connections)
{
    struct options options = {.tls_ports = {443},
                              .tls_port_count = 1,
                              .stop_after = stop_after,
                              .connections = connections};
    struct report_options report = {.out = stdout};
    char path[] = "/tmp/tlswhy-test-XXXXXX";
    char error[CAPTURE_ERROR] = "";
    int file = mkstemp(path);
    assert_true(file >= 0);
    struct wire bytes = build_wire(&talk->capture);
    assert_int_equal(write(file, bytes.at, bytes.left), bytes.left);
    (void)close(file);

    struct reports reports = {.count = 0};
    assert_true(reports_add(&reports, &FORMAT, &report));
    struct engine *engine = engine_new(&options, &reports, error, sizeof error);
    assert_non_null(engine);
    struct capture *capture = capture_open(path, NULL, error);
    assert_non_null(capture);
    struct engine_capture what = {.name = path, .inputs = 1};
    assert_int_equal(replay_capture(engine, capture, &what, NULL), CAPTURE_END);
    capture_close(capture);
    reports_end(&reports, engine_totals(engine));
    engine_free(engine);
    (void)unlink(path);
    talk_free(talk);
}

static void replay(struct talk *talk, uint64_t stop_after)
{
    replay_within(talk, stop_after, 0);
}

static void put_hello(struct build *build, bool server)
{
    build_clear(build);
    build_open_record(build, RECORD_HANDSHAKE, 0x0301);
    build_open_message(build, server ? HANDSHAKE_SERVER_HELLO : HANDSHAKE_CLIENT_HELLO);
    if (server) {
        build_server_hello(build, &(struct build_server_hello){.renegotiation_info = true});
    } else {
        build_client_hello(build, &(struct build_client_hello){.server_name = "www.example.org"});
    }
    build_close(build);
    build_close(build);
}

static void say_hello(struct talk *talk, enum speaker from, bool server)
{
    struct build build = {0};
    put_hello(&build, server);
    talk_say(talk, from, build_wire(&build));
    build_free(&build);
}

static void say_alert(struct talk *talk, enum speaker from, unsigned code)
{
    struct build build = {0};
    build_alert_record(&build, 0x0301, 2, code);
    talk_say(talk, from, build_wire(&build));
    build_free(&build);
}

static void a_refused_hello_is_reported_with_its_packets(void **state)
{
    (void)state;
    struct talk talk;

    talk_begin(&talk);
    talk_open(&talk);
    say_hello(&talk, CLIENT, false);
    say_alert(&talk, SERVER, 70);
    talk_close(&talk, SERVER);
    replay(&talk, 0);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.status[0], STATUS_FAILED);
    assert_int_equal(seen.facts[0].client_hello[0].at.frame, 4);
    assert_int_equal(seen.facts[0].alert[0].at.frame, 6);
    assert_int_equal(seen.facts[0].alert[0].code, 70);
    assert_int_equal(seen.facts[0].port[CLIENT], 50000);
    assert_true(seen.facts[0].transport.closed);
    assert_int_equal(seen.totals.packets, 10);
    assert_int_equal(seen.totals.failed, 1);
    assert_int_equal(seen.totals.connections, 1);
}

static void ports_that_are_used_again_are_another_connection(void **state)
{
    (void)state;
    struct talk talk;

    talk_begin(&talk);
    for (int i = 0; i < 3; i++) {
        talk_lose(&talk, CLIENT, 100000);
        talk_open(&talk);
        say_hello(&talk, CLIENT, false);
        say_alert(&talk, SERVER, 40);
        if (i == 0) {
            talk_close(&talk, SERVER);
        } else if (i == 1) {
            talk_segment(&talk, CLIENT, SEGMENT_RST, NOTHING);
        }
    }
    replay(&talk, 0);
    assert_int_equal(seen.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(seen.facts[i].client_hellos, 1);
        assert_int_equal(seen.facts[i].alerts, 1);
        assert_int_equal(seen.facts[i].transport.syn_count, 1);
        assert_false(seen.facts[i].transport.side[CLIENT].missing);
    }
}

static void a_syn_that_is_sent_again_is_the_same_connection(void **state)
{
    (void)state;
    struct talk talk;

    talk_begin(&talk);
    talk_segment(&talk, CLIENT, SEGMENT_SYN, NOTHING);
    talk.sequence[CLIENT]--;
    talk_open(&talk);
    say_hello(&talk, CLIENT, false);
    replay(&talk, 0);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.facts[0].transport.syn_count, 2);
}

static void a_simultaneous_open_is_one_connection(void **state)
{
    (void)state;
    struct talk talk;

    talk_begin(&talk);
    talk_segment(&talk, CLIENT, SEGMENT_SYN, NOTHING);
    talk_segment(&talk, SERVER, SEGMENT_SYN, NOTHING);
    talk.sequence[CLIENT]--;
    talk_segment(&talk, CLIENT, SEGMENT_SYN | SEGMENT_ACK, NOTHING);
    talk.sequence[SERVER]--;
    talk_segment(&talk, SERVER, SEGMENT_SYN | SEGMENT_ACK, NOTHING);
    say_hello(&talk, CLIENT, false);
    say_alert(&talk, SERVER, 40);
    replay(&talk, 0);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.facts[0].client_hellos, 1);
    assert_int_equal(seen.facts[0].alerts, 1);
}

static void who_sends_the_hello_is_the_client_whoever_opened(void **state)
{
    (void)state;
    struct talk talk;

    talk_begin(&talk);
    talk_open(&talk);
    say_hello(&talk, SERVER, false);
    say_hello(&talk, CLIENT, true);
    say_alert(&talk, SERVER, 40);
    talk_close(&talk, SERVER);
    replay(&talk, 0);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.facts[0].port[CLIENT], 443);
    assert_int_equal(seen.facts[0].port[SERVER], 50000);
    assert_int_equal(seen.facts[0].alert[0].from, CLIENT);
    assert_int_equal(seen.facts[0].transport.side[CLIENT].fin.frame, 10);
    assert_int_equal(seen.facts[0].transport.side[SERVER].fin.frame, 11);
    assert_true(seen.facts[0].transport.side[SERVER].answers_close);
}

static void sequence_numbers_wrap_within_a_hello(void **state)
{
    (void)state;
    struct talk talk;

    talk_begin(&talk);
    talk.sequence[CLIENT] = UINT32_MAX - 20;
    talk_open(&talk);
    struct build build = {0};
    put_hello(&build, false);
    struct wire bytes = build_wire(&build);
    while (bytes.left > 0) {
        talk_say(&talk, CLIENT, wire_take_most(&bytes, 7));
    }
    build_free(&build);
    say_alert(&talk, SERVER, 40);
    replay(&talk, 0);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.facts[0].client_hellos, 1);
    assert_int_equal(seen.facts[0].client_hello[0].begins.frame, 4);
    assert_false(seen.facts[0].transport.side[CLIENT].missing);
    assert_int_equal(seen.facts[0].alert[0].code, 40);
}

static void a_hole_does_not_keep_for_ever_what_lies_behind_it(void **state)
{
    (void)state;
    struct talk talk;
    struct build build = {0};

    talk_begin(&talk);
    talk_open(&talk);
    say_hello(&talk, CLIENT, false);
    talk_lose(&talk, SERVER, 1000);
    build_change_cipher_spec_record(&build, 0x0303);
    for (uint32_t i = 0; i < STREAM_PATIENCE; i++) {
        talk_say(&talk, SERVER, build_wire(&build));
    }
    say_alert(&talk, SERVER, 40);
    uint32_t given_up = talk.packets - 1;
    for (uint32_t i = 0; i < 100; i++) {
        talk_say(&talk, CLIENT, build_wire(&build));
    }
    build_free(&build);
    replay(&talk, 0);
    assert_int_equal(seen.count, 1);
    assert_true(seen.facts[0].transport.side[SERVER].missing);
    assert_false(seen.facts[0].transport.side[SERVER].overflowed);
    assert_int_equal(seen.facts[0].alert[0].at.frame, given_up);
    /* It was read when its time had come, not at the end: the stage was the server's turn. */
    assert_int_equal(seen.facts[0].alert[0].stage, STAGE_SERVER_HELLO);
}

static void a_connection_that_began_late_has_its_client_by_the_ports(void **state)
{
    (void)state;
    struct talk talk;

    talk_begin(&talk);
    talk_lose(&talk, CLIENT, 5000);
    say_hello(&talk, SERVER, true);
    say_alert(&talk, CLIENT, 48);
    replay(&talk, 0);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.facts[0].port[CLIENT], 50000);
    assert_true(seen.facts[0].began_late);
    assert_int_equal(seen.status[0] == STATUS_ESTABLISHED, false);
}

static void what_is_not_tls_and_was_not_expected_to_be_is_not_told(void **state)
{
    (void)state;
    struct talk talk;

    talk_begin(&talk);
    talk.port[SERVER] = 8080;
    talk_open(&talk);
    talk_say(&talk, CLIENT, wire_over("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27));
    talk_say(&talk, SERVER, wire_over("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 38));
    talk_close(&talk, CLIENT);
    replay(&talk, 0);
    assert_int_equal(seen.count, 0);
    assert_int_equal(seen.totals.connections, 0);
}

static void a_port_that_does_not_answer_is_told_when_tls_was_expected(void **state)
{
    (void)state;
    struct talk talk;

    talk_begin(&talk);
    for (int i = 0; i < 5; i++) {
        talk_segment(&talk, CLIENT, SEGMENT_SYN, NOTHING);
        talk.sequence[CLIENT]--;
        talk.now += 8000000000U;
    }
    talk.port[SERVER] = 8080;
    talk_segment(&talk, CLIENT, SEGMENT_SYN, NOTHING);
    replay(&talk, 0);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.status[0], STATUS_FAILED);
    assert_int_equal(seen.facts[0].transport.syn_count, 5);
    assert_string_equal(seen.cause[0], "transport.no_answer");
}

static void a_silent_connection_ends_and_what_follows_is_another(void **state)
{
    (void)state;
    struct talk talk;

    talk_begin(&talk);
    talk_open(&talk);
    say_hello(&talk, CLIENT, false);
    talk.now += 400ULL * 1000000000U;
    talk.port[CLIENT]++;
    talk_open(&talk);
    talk.port[CLIENT]--;
    say_hello(&talk, CLIENT, false);
    replay(&talk, 0);
    assert_int_equal(seen.count, 3);
    assert_true(seen.facts[0].ended_open);
    assert_true(seen.facts[0].watched_until - seen.facts[0].last.time >= 300LL * 1000000000);
    assert_false(seen.facts[0].given_up);
}

static void connections_are_told_in_the_order_in_which_they_began(void **state)
{
    (void)state;
    struct talk talk;

    talk_begin(&talk);
    for (uint16_t i = 0; i < 10; i++) {
        talk.port[CLIENT] = (uint16_t)(50000 + i * 7 % 10);
        talk_open(&talk);
        say_hello(&talk, CLIENT, false);
        say_alert(&talk, SERVER, 40);
        if (i % 2 == 0) {
            talk_close(&talk, SERVER);
        }
    }
    replay(&talk, 0);
    assert_int_equal(seen.count, 10);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(seen.facts[i].port[CLIENT], 50000 + i * 7 % 10);
    }
}

static void no_more_connections_are_told_than_were_wanted(void **state)
{
    (void)state;
    struct talk talk;

    talk_begin(&talk);
    for (uint16_t i = 0; i < 5; i++) {
        talk.port[CLIENT]++;
        talk_open(&talk);
        say_hello(&talk, CLIENT, false);
    }
    replay(&talk, 2);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.facts[1].port[CLIENT], 50002);
}

static void half_open_handshakes_are_bounded_and_the_oldest_are_given_up(void **state)
{
    (void)state;
    enum { MOST = 1000 };
    struct talk talk;

    talk_begin(&talk);
    for (uint16_t i = 0; i < MOST + 4; i++) {
        talk.port[CLIENT] = (uint16_t)(1024 + i);
        talk_segment(&talk, CLIENT, SEGMENT_ACK, wire_over("\x16\x03\x01", 3));
        if (i == 3) {
            talk_segment(&talk, CLIENT, SEGMENT_RST, NOTHING); /* closed: it goes first */
        }
    }
    replay_within(&talk, 5, MOST);
    assert_int_equal(seen.totals.evicted, 4);
    assert_true(seen.facts[0].given_up);
    assert_true(seen.facts[2].given_up);
    assert_true(seen.facts[3].given_up);
    assert_false(seen.facts[4].given_up);
    assert_int_equal(seen.facts[3].port[CLIENT], 1024 + 3);
}

static void say_text(struct talk *talk, enum speaker from, const char *text)
{
    talk_say(talk, from, wire_over(text, strlen(text)));
}

static void say_refused_handshake(struct talk *talk)
{
    say_hello(talk, CLIENT, false);
    say_alert(talk, SERVER, 70);
    talk_close(talk, SERVER);
}

/* What was held back is told like anything else, with its packets. */
static void plain_words_before_tls_are_told_from_the_beginning(void **state)
{
    (void)state;
    static const struct {
        enum speaker first;
        const char *said, *answer;
    } talks[] = {
        {CLIENT, "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 426 Upgrade\r\nUpgrade: TLS/1.2\r\n\r\n"},
        {CLIENT, "GET / HTTP/1.1\r\n\r\n", NULL},
        {SERVER, "SSH-2.0-x\r\n", NULL}};
    for (size_t i = 0; i < sizeof talks / sizeof talks[0]; i++) {
        struct talk talk;
        talk_begin(&talk);
        talk.port[SERVER] = 8080;
        talk_open(&talk);
        say_text(&talk, talks[i].first, talks[i].said);
        if (talks[i].answer != NULL) {
            say_text(&talk, SERVER, talks[i].answer);
        }
        say_refused_handshake(&talk);
        replay(&talk, 0);
        assert_int_equal(seen.count, 1);
        assert_int_equal(seen.status[0], STATUS_FAILED);
        assert_int_equal(seen.facts[0].preface_at[talks[i].first].frame, 4);
        assert_int_equal(seen.facts[0].transport.side[talks[i].first].first_data.frame, 4);
        assert_int_equal(seen.facts[0].client_hello[0].at.frame, talks[i].answer != NULL ? 8 : 6);
        assert_int_equal(seen.facts[0].transport.side[CLIENT].packets,
                         talks[i].answer != NULL ? 7 : 6);
    }
}

static void a_tls_server_that_is_spoken_to_in_http_is_told(void **state)
{
    (void)state;
    struct talk talk;
    talk_begin(&talk);
    talk.port[SERVER] = 10443;
    talk_open(&talk);
    say_text(&talk, CLIENT, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    say_alert(&talk, SERVER, 80);
    talk_close(&talk, SERVER);
    replay(&talk, 0);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.status[0], STATUS_FAILED);
    assert_int_equal(seen.facts[0].preface_at[CLIENT].frame, 4);
}

static void what_was_dismissed_is_not_told_until_its_ports_are_used_again(void **state)
{
    (void)state;
    struct talk talk;
    talk_begin(&talk);
    talk.port[SERVER] = 8080;
    talk_open(&talk);
    say_text(&talk, CLIENT, "GET / HTTP/1.1\r\n\r\n");
    say_text(&talk, SERVER, "HTTP/1.1 200 OK\r\n\r\n");
    say_hello(&talk, CLIENT, false);
    talk_close(&talk, SERVER);
    talk_lose(&talk, CLIENT, 100000);
    talk_open(&talk);
    say_refused_handshake(&talk);
    replay(&talk, 0);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.facts[0].client_hello[0].at.frame, 16);
    assert_false(seen.facts[0].began_late);
}

static void what_is_forgotten_of_a_scan_is_counted(void **state)
{
    (void)state;
    struct talk talk;
    talk_begin(&talk);
    talk.port[SERVER] = 8080;
    for (uint32_t i = 0; i < HALF_OPEN_MOST + 100; i++) {
        talk.port[CLIENT] = (uint16_t)(1024 + i % 60000);
        talk.host[CLIENT] = (uint8_t)(2 + i / 60000);
        talk_segment(&talk, CLIENT, SEGMENT_SYN, NOTHING);
        talk.now -= 999000;
    }
    replay(&talk, 0);
    assert_int_equal(seen.count, 0);
    assert_true(seen.totals.forgotten >= 100);
    assert_true(seen.totals.forgotten < HALF_OPEN_MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_hello_is_reported_with_its_packets),
        cmocka_unit_test(ports_that_are_used_again_are_another_connection),
        cmocka_unit_test(a_syn_that_is_sent_again_is_the_same_connection),
        cmocka_unit_test(a_simultaneous_open_is_one_connection),
        cmocka_unit_test(who_sends_the_hello_is_the_client_whoever_opened),
        cmocka_unit_test(sequence_numbers_wrap_within_a_hello),
        cmocka_unit_test(a_hole_does_not_keep_for_ever_what_lies_behind_it),
        cmocka_unit_test(a_connection_that_began_late_has_its_client_by_the_ports),
        cmocka_unit_test(what_is_not_tls_and_was_not_expected_to_be_is_not_told),
        cmocka_unit_test(a_port_that_does_not_answer_is_told_when_tls_was_expected),
        cmocka_unit_test(a_silent_connection_ends_and_what_follows_is_another),
        cmocka_unit_test(connections_are_told_in_the_order_in_which_they_began),
        cmocka_unit_test(no_more_connections_are_told_than_were_wanted),
        cmocka_unit_test(plain_words_before_tls_are_told_from_the_beginning),
        cmocka_unit_test(a_tls_server_that_is_spoken_to_in_http_is_told),
        cmocka_unit_test(what_was_dismissed_is_not_told_until_its_ports_are_used_again),
        cmocka_unit_test(what_is_forgotten_of_a_scan_is_counted),
        cmocka_unit_test(half_open_handshakes_are_bounded_and_the_oldest_are_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
