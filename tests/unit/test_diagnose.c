/* How a handshake went, and which of the causes that hold is told. */
#include "handshakes.h"

#include "diagnosis/signs.h"

#define SECONDS INT64_C(1000000000)

static void expect_status(const struct handshake *handshake, enum status status)
{
    assert_string_equal(diagnose_status_name(diagnose_status(&handshake->facts)),
                        diagnose_status_name(status));
}

/* ---- handshakes that worked ---- */

static void both_finished_are_a_success(void **state)
{
    (void)state;
    struct handshake handshake;
    finished_12(&handshake);
    expect_status(&handshake, STATUS_ESTABLISHED);
    finished_13(&handshake, 0);
    expect_status(&handshake, STATUS_ESTABLISHED);
}

static void a_connection_closed_straight_after_the_handshake_is_a_success(void **state)
{
    (void)state;
    struct handshake handshake;
    finished_12(&handshake);
    sealed(&handshake, CLIENT, RECORD_ALERT, 26);
    fin(&handshake, CLIENT);
    fin(&handshake, SERVER);
    expect_status(&handshake, STATUS_ESTABLISHED);
    finished_13(&handshake, 0);
    sealed(&handshake, CLIENT, RECORD_APPLICATION_DATA, 19);
    fin(&handshake, CLIENT);
    sealed(&handshake, SERVER, RECORD_APPLICATION_DATA, 19);
    fin(&handshake, SERVER);
    expect_status(&handshake, STATUS_ESTABLISHED);
}

static void a_reset_by_the_client_after_data_is_a_success(void **state)
{
    (void)state;
    struct handshake handshake;
    finished_13(&handshake, 0);
    sealed(&handshake, CLIENT, RECORD_APPLICATION_DATA, 200);
    sealed(&handshake, SERVER, RECORD_APPLICATION_DATA, 900);
    reset(&handshake, CLIENT);
    expect_status(&handshake, STATUS_ESTABLISHED);
}

static void a_warning_and_then_success_is_a_success(void **state)
{
    (void)state;
    struct handshake handshake;
    finished_12(&handshake);
    handshake.facts.alert =
        &(struct alert_facts){.at = packet(5), .from = SERVER, .level = 1, .code = 112};
    handshake.facts.alerts = 1;
    expect_status(&handshake, STATUS_ESTABLISHED);
}

static void java_ends_every_connection_with_two_padded_alerts(void **state)
{
    (void)state;
    struct handshake handshake;
    finished_13(&handshake, 0);
    sealed(&handshake, SERVER, RECORD_APPLICATION_DATA, 35);
    sealed(&handshake, SERVER, RECORD_APPLICATION_DATA, 35);
    fin(&handshake, SERVER);
    expect_status(&handshake, STATUS_ESTABLISHED);
}

static void close_notify_behind_tickets_and_data_is_a_success(void **state)
{
    (void)state;
    struct handshake handshake;
    finished_13(&handshake, 300);
    sealed(&handshake, SERVER, RECORD_APPLICATION_DATA, 250);
    sealed(&handshake, CLIENT, RECORD_APPLICATION_DATA, 90);
    sealed(&handshake, SERVER, RECORD_APPLICATION_DATA, 700);
    sealed(&handshake, SERVER, RECORD_APPLICATION_DATA, 19);
    fin(&handshake, SERVER);
    expect_status(&handshake, STATUS_ESTABLISHED);
}

static void data_of_both_sides_proves_a_handshake_whose_hellos_were_seen(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello_up_to(&handshake, 0x0303);
    server_hello(&handshake, 0x0303, 0xc02f);
    handshake.facts.transport.side[CLIENT].missing = true;
    handshake.facts.application_records[CLIENT] = 1;
    handshake.facts.application_records[SERVER] = 1;
    expect_status(&handshake, STATUS_ESTABLISHED);
    handshake.facts.client_hello[0].at.frame = 0;
    handshake.facts.server_hello = NULL;
    expect_status(&handshake, STATUS_INCOMPLETE);
}

/* ---- refusals behind the handshake ---- */

static void an_alert_as_the_servers_only_answer_to_the_finished_is_a_failure(void **state)
{
    (void)state;
    struct handshake handshake;
    finished_13(&handshake, 25);
    assert_true(signs_client_certificate(&handshake.facts));
    sealed(&handshake, SERVER, RECORD_APPLICATION_DATA, 19);
    fin(&handshake, SERVER);
    expect_status(&handshake, STATUS_FAILED);
    finished_13(&handshake, 0);
    assert_false(signs_client_certificate(&handshake.facts));
    sealed(&handshake, SERVER, RECORD_APPLICATION_DATA, 35);
    fin(&handshake, SERVER);
    expect_status(&handshake, STATUS_FAILED);
}

static void a_hole_in_what_the_server_sent_hides_its_answer(void **state)
{
    (void)state;
    struct handshake handshake;
    finished_13(&handshake, 25);
    sealed(&handshake, SERVER, RECORD_APPLICATION_DATA, 19);
    fin(&handshake, SERVER);
    handshake.facts.transport.side[SERVER].missing = true;
    expect_status(&handshake, STATUS_INCOMPLETE);
}

static void records_that_were_read_late_are_judged_by_their_packets(void **state)
{
    (void)state;
    struct handshake handshake;
    finished_13(&handshake, 25);
    sealed(&handshake, SERVER, RECORD_APPLICATION_DATA, 250);
    handshake.facts.sealed[handshake.facts.sealed_count - 1].stage = STAGE_SEALED_CLIENT_FLIGHT;
    handshake.facts.application_records[SERVER] = 0;
    sealed(&handshake, SERVER, RECORD_APPLICATION_DATA, 19);
    fin(&handshake, SERVER);
    expect_status(&handshake, STATUS_ESTABLISHED);
}

static void the_servers_answer_to_a_client_certificate_is_waited_for(void **state)
{
    (void)state;
    struct handshake handshake;
    finished_13(&handshake, 25);
    expect_status(&handshake, STATUS_INCOMPLETE);
}

static void leaving_at_once_is_a_refusal_only_of_a_certificate_seen_to_be_bad(void **state)
{
    (void)state;
    struct handshake handshake;
    finished_12(&handshake);
    handshake.chain.name_fits = false;
    sealed(&handshake, CLIENT, RECORD_ALERT, 26);
    fin(&handshake, CLIENT);
    expect_status(&handshake, STATUS_FAILED);
    handshake.chain.name_fits = true;
    expect_status(&handshake, STATUS_ESTABLISHED);
    handshake.certificate.not_after = 1699999999;
    expect_status(&handshake, STATUS_FAILED);
    handshake.facts.application_records[CLIENT] = 1;
    expect_status(&handshake, STATUS_ESTABLISHED);
}

static void a_spare_connection_closed_later_is_no_refusal(void **state)
{
    (void)state;
    struct handshake handshake;
    finished_12(&handshake);
    handshake.chain.name_fits = false;
    handshake.frame += 30;
    fin(&handshake, CLIENT);
    expect_status(&handshake, STATUS_ESTABLISHED);
}

static void a_client_that_had_left_before_the_servers_finished_gave_up(void **state)
{
    (void)state;
    struct handshake handshake;
    finished_12(&handshake);
    handshake.facts.transport.side[CLIENT].fin = packet(handshake.facts.finished[CLIENT].frame);
    reset(&handshake, CLIENT);
    expect_status(&handshake, STATUS_FAILED);
}

static void a_renegotiation_that_is_answered_by_an_alert_and_the_end_failed(void **state)
{
    (void)state;
    struct handshake handshake;
    finished_12(&handshake);
    sealed(&handshake, CLIENT, RECORD_HANDSHAKE, 245);
    handshake.facts.renegotiation = handshake.facts.last_sealed[CLIENT].at;
    sealed(&handshake, SERVER, RECORD_ALERT, 26);
    fin(&handshake, SERVER);
    expect_status(&handshake, STATUS_FAILED);
}

static void a_renegotiation_up_to_its_finished_succeeded(void **state)
{
    (void)state;
    struct handshake handshake;
    finished_12(&handshake);
    sealed(&handshake, CLIENT, RECORD_HANDSHAKE, 245);
    handshake.facts.renegotiation = handshake.facts.last_sealed[CLIENT].at;
    sealed(&handshake, SERVER, RECORD_HANDSHAKE, 1700);
    sealed(&handshake, CLIENT, RECORD_HANDSHAKE, 40);
    sealed(&handshake, SERVER, RECORD_HANDSHAKE, 40);
    sealed(&handshake, CLIENT, RECORD_ALERT, 26);
    fin(&handshake, CLIENT);
    expect_status(&handshake, STATUS_ESTABLISHED);
}

/* ---- in the handshake ---- */

static void a_fatal_alert_in_clear_is_a_failure_whatever_is_missing(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    alert(&handshake, SERVER, 2, 40);
    expect_status(&handshake, STATUS_FAILED);
    handshake.facts.transport.side[CLIENT].cut = true;
    expect_status(&handshake, STATUS_FAILED);
}

static void a_close_in_the_middle_is_a_failure_unless_something_is_missing(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    reset(&handshake, SERVER);
    expect_status(&handshake, STATUS_FAILED);
    handshake.facts.transport.side[SERVER].missing = true;
    expect_status(&handshake, STATUS_INCOMPLETE);
    handshake.facts.transport.side[SERVER].missing = false;
    handshake.facts.given_up = true;
    expect_status(&handshake, STATUS_INCOMPLETE);
}

static void one_direction_alone_decides_nothing(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    handshake.facts.transport.side[SERVER].packets = 0;
    fin(&handshake, CLIENT);
    expect_status(&handshake, STATUS_INCOMPLETE);
}

static void a_capture_that_ends_leaves_it_open(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    expect_status(&handshake, STATUS_INCOMPLETE);
}

static void a_hello_that_nobody_answers_for_long_has_failed(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    handshake.facts.watched_until += 9 * SECONDS;
    expect_status(&handshake, STATUS_FAILED);
}

static void silence_is_the_captures_where_tcp_would_have_sent_again(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    handshake.facts.watched_until += 9 * SECONDS;
    handshake.facts.transport.side[CLIENT].unacknowledged = 400;
    expect_status(&handshake, STATUS_INCOMPLETE);
}

static void silence_longer_than_anybody_watches_is_the_captures(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    handshake.facts.watched_until += 4000 * SECONDS;
    expect_status(&handshake, STATUS_INCOMPLETE);
}

static void bytes_sent_again_and_again_are_lost(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    handshake.facts.transport.side[CLIENT].unacknowledged = 400;
    handshake.facts.transport.side[CLIENT].tail_retransmissions = 4;
    handshake.facts.last.time += 2 * SECONDS;
    expect_status(&handshake, STATUS_FAILED);
}

static void doubled_packets_are_no_retransmissions(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    handshake.facts.transport.side[CLIENT].unacknowledged = 400;
    handshake.facts.transport.side[CLIENT].tail_retransmissions = 6;
    expect_status(&handshake, STATUS_INCOMPLETE);
}

static void an_alert_sized_record_in_place_of_the_finished_is_a_refusal(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    server_hello(&handshake, 0x0304, 0x1301);
    sealed(&handshake, SERVER, RECORD_APPLICATION_DATA, 2000);
    sealed(&handshake, CLIENT, RECORD_APPLICATION_DATA, 19);
    expect_status(&handshake, STATUS_FAILED);
    handshake.facts.client_hello[0].early_data = true;
    expect_status(&handshake, STATUS_INCOMPLETE);
}

static void an_alert_that_echoes_a_close_is_not_the_end(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    fin(&handshake, SERVER);
    alert(&handshake, CLIENT, 2, 50);
    struct ending ending = signs_ending(&handshake.facts);
    assert_int_equal(ending.kind, ENDING_FIN);
    assert_int_equal(ending.by, SERVER);
}

/* ---- without TLS ---- */

static void a_refused_connection_has_failed_where_tls_was_expected(void **state)
{
    (void)state;
    struct handshake handshake;
    opened(&handshake);
    handshake.facts.transport.syn_ack.frame = 0;
    handshake.facts.transport.side[CLIENT].packets = 1;
    reset(&handshake, SERVER);
    expect_status(&handshake, STATUS_FAILED);
    handshake.facts.tls_expected = false;
    expect_status(&handshake, STATUS_NOT_TLS);
}

static void a_syn_is_unanswered_after_three_seconds(void **state)
{
    (void)state;
    struct handshake handshake;
    opened(&handshake);
    handshake.facts.transport.syn_ack.frame = 0;
    handshake.facts.transport.side[CLIENT].packets = 2;
    handshake.facts.transport.syn_count = 2;
    handshake.facts.transport.side[SERVER].packets = 0;
    expect_status(&handshake, STATUS_INCOMPLETE);
    handshake.facts.watched_until += 3 * SECONDS;
    expect_status(&handshake, STATUS_FAILED);
}

static void opened_and_closed_without_a_word_has_failed(void **state)
{
    (void)state;
    struct handshake handshake;
    opened(&handshake);
    expect_status(&handshake, STATUS_INCOMPLETE);
    fin(&handshake, CLIENT);
    expect_status(&handshake, STATUS_FAILED);
    handshake.facts.began_late = true;
    expect_status(&handshake, STATUS_INCOMPLETE);
}

static void nobody_has_failed_to_try_before_the_capture_shows_it(void **state)
{
    (void)state;
    struct handshake handshake;
    struct preface preface = {.protocol = PREFACE_MYSQL, .state = PREFACE_NOT_OFFERED};
    opened(&handshake);
    struct facts *facts = &handshake.facts;
    facts->preface = &preface;
    facts->transport.side[SERVER].first_data = next(&handshake);
    facts->cleartext[SERVER] = "5.5.5-10.11";
    expect_status(&handshake, STATUS_INCOMPLETE); /* a ClientHello may follow */

    /* The end of a ClientHello whose beginning was not captured, to a server without TLS. */
    opened(&handshake);
    facts->transport.side[CLIENT].first_data = next(&handshake);
    facts->cleartext[CLIENT] = "\\x80\\x1A";
    fin(&handshake, SERVER);
    expect_status(&handshake, STATUS_NOT_TLS);
    facts->began_late = true;
    expect_status(&handshake, STATUS_INCOMPLETE);
}

static void the_answer_to_a_close_is_second_wherever_it_was_captured(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    handshake.frame += 1500;
    fin(&handshake, SERVER);
    fin(&handshake, CLIENT);
    assert_int_equal(signs_ending(&handshake.facts).by, SERVER);
    handshake.facts.transport.side[SERVER].answers_close = true;
    assert_int_equal(signs_ending(&handshake.facts).by, CLIENT);
    handshake.facts.transport.side[CLIENT].answers_close = true; /* both: at the same time */
    assert_int_equal(signs_ending(&handshake.facts).by, SERVER);
}

static void plain_http_fails_where_the_server_says_that_it_expects_tls(void **state)
{
    (void)state;
    struct handshake handshake;
    opened(&handshake);
    struct preface preface = {.protocol = PREFACE_HTTP, .state = PREFACE_TALKING};
    handshake.facts.preface = &preface;
    handshake.facts.transport.side[CLIENT].first_data = next(&handshake);
    handshake.facts.cleartext[CLIENT] = "GET / HTTP/1.1";
    handshake.facts.transport.side[SERVER].first_data = next(&handshake);
    handshake.facts.cleartext[SERVER] = "HTTP/1.1 200 OK";
    expect_status(&handshake, STATUS_NOT_TLS);
    handshake.facts.cleartext[SERVER] =
        "HTTP/1.1 400 Bad Request ... The plain HTTP request was sent to HTTPS port";
    expect_status(&handshake, STATUS_FAILED);
}

static void a_refused_starttls_has_failed_though_no_tls_was_spoken(void **state)
{
    (void)state;
    struct handshake handshake;
    opened(&handshake);
    struct preface preface = {.protocol = PREFACE_SMTP, .state = PREFACE_REFUSED, .status = 454};
    handshake.facts.tls_expected = false;
    handshake.facts.preface = &preface;
    handshake.facts.transport.side[CLIENT].first_data = next(&handshake);
    handshake.facts.cleartext[CLIENT] = "EHLO client STARTTLS";
    expect_status(&handshake, STATUS_FAILED);
    preface.state = PREFACE_TALKING;
    expect_status(&handshake, STATUS_NOT_TLS);
}

static void a_client_that_merely_prefers_tls_goes_on_in_clear(void **state)
{
    (void)state;
    struct handshake handshake;
    opened(&handshake);
    struct preface preface = {.protocol = PREFACE_POSTGRES, .state = PREFACE_REFUSED};
    struct transport_side *side = handshake.facts.transport.side;
    handshake.facts.tls_expected = false;
    handshake.facts.preface = &preface;
    side[CLIENT].first_data = side[CLIENT].last_data = next(&handshake);
    handshake.facts.preface_decided = side[SERVER].last_data = next(&handshake);
    expect_status(&handshake, STATUS_INCOMPLETE);
    struct moment closed = next(&handshake);
    side[CLIENT].fin = closed;
    expect_status(&handshake, STATUS_FAILED);
    side[CLIENT].fin = (struct moment){0, 0};
    side[CLIENT].last_data = closed;
    side[SERVER].last_data = next(&handshake);
    expect_status(&handshake, STATUS_NOT_TLS);

    preface.protocol = PREFACE_SMTP;
    handshake.facts.cleartext[CLIENT] = "EHLO client STARTTLS QUIT";
    expect_status(&handshake, STATUS_FAILED);
    handshake.facts.cleartext[CLIENT] = "EHLO client STARTTLS MAIL FROM:<a@b.example>";
    expect_status(&handshake, STATUS_NOT_TLS);
}

/* ---- the cause ---- */

static void scenario_5_is_certain_where_the_client_says_so(void **state)
{
    (void)state;
    struct handshake handshake;
    struct verdict verdict;
    client_hello_up_to(&handshake, 0x0303);
    server_hello(&handshake, 0x0301, 0xc013);
    alert(&handshake, CLIENT, 2, 70);
    diagnose(&verdict, &handshake.facts, NULL);
    assert_int_equal(verdict.status, STATUS_FAILED);
    assert_non_null(verdict.cause);
    assert_string_equal(verdict.cause->id, "version.server_too_old");
    assert_int_equal(verdict.confidence, CERTAIN);
    assert_false(diagnose_may_change(&verdict));
    for (size_t i = 0; i < verdict.alternatives; i++) {
        assert_true(verdict.alternative[i].confidence > POSSIBLE);
    }
}

static void alternatives_stand_in_the_order_of_confidence_and_differ(void **state)
{
    (void)state;
    struct handshake handshake;
    struct verdict verdict;
    client_hello(&handshake);
    handshake.offer.suites = CODES(0x1303);
    handshake.offer.groups = CODES(30);
    alert(&handshake, SERVER, 2, 40);
    diagnose(&verdict, &handshake.facts, NULL);
    assert_true(verdict.alternatives > 0);
    assert_true(diagnose_may_change(&verdict));
    for (size_t i = 0; i < verdict.alternatives; i++) {
        assert_ptr_not_equal(verdict.alternative[i].cause, verdict.cause);
        assert_true(verdict.alternative[i].confidence <=
                    (i == 0 ? verdict.confidence : verdict.alternative[i - 1].confidence));
    }
}

static void a_failure_never_goes_without_a_cause(void **state)
{
    (void)state;
    struct handshake handshake;
    struct verdict verdict;
    for (unsigned code = 0; code < 256; code++) {
        for (int from = 0; from < SPEAKERS; from++) {
            client_hello(&handshake);
            alert(&handshake, (enum speaker)from, 2, (uint8_t)code);
            diagnose(&verdict, &handshake.facts, NULL);
            assert_non_null(verdict.cause);
            assert_true(verdict.argument.summary[0] != '\0');
        }
    }
}

static void every_cause_is_told_of_in_full(void **state)
{
    (void)state;
    const struct cause *row;
    size_t count = 0;
    for (; (row = causes_row(count)) != NULL; count++) {
        assert_non_null(row->title);
        assert_non_null(row->meaning);
        assert_non_null(row->fits);
        assert_non_null(row->remedies);
        assert_ptr_equal(causes_find(row->id), row);
    }
    assert_int_equal(count, 57);
    assert_null(causes_find("version.none"));
}

static void text_that_does_not_fit_is_cut_between_two_characters(void **state)
{
    (void)state;
    struct argument argument;
    memset(&argument, 0, sizeof argument);
    char text[ARGUMENT_TEXT + 2];
    memset(text, 'a', sizeof text);
    memcpy(text + ARGUMENT_TEXT - 2, "\xc3\xa9", 2);
    text[sizeof text - 1] = '\0';
    argument_cite(&argument, packet(7), "%s", text);
    assert_int_equal(argument.item[0].frame, 7);
    assert_int_equal(strlen(argument.item[0].text), ARGUMENT_TEXT - 2);
    for (int i = 0; i < ARGUMENT_ITEMS + 3; i++) {
        argument_cite(&argument, packet(8), "more");
    }
    assert_int_equal(argument.count, ARGUMENT_ITEMS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_finished_are_a_success),
        cmocka_unit_test(a_connection_closed_straight_after_the_handshake_is_a_success),
        cmocka_unit_test(a_reset_by_the_client_after_data_is_a_success),
        cmocka_unit_test(a_warning_and_then_success_is_a_success),
        cmocka_unit_test(java_ends_every_connection_with_two_padded_alerts),
        cmocka_unit_test(close_notify_behind_tickets_and_data_is_a_success),
        cmocka_unit_test(data_of_both_sides_proves_a_handshake_whose_hellos_were_seen),
        cmocka_unit_test(an_alert_as_the_servers_only_answer_to_the_finished_is_a_failure),
        cmocka_unit_test(a_hole_in_what_the_server_sent_hides_its_answer),
        cmocka_unit_test(records_that_were_read_late_are_judged_by_their_packets),
        cmocka_unit_test(the_servers_answer_to_a_client_certificate_is_waited_for),
        cmocka_unit_test(leaving_at_once_is_a_refusal_only_of_a_certificate_seen_to_be_bad),
        cmocka_unit_test(a_spare_connection_closed_later_is_no_refusal),
        cmocka_unit_test(a_client_that_had_left_before_the_servers_finished_gave_up),
        cmocka_unit_test(a_renegotiation_that_is_answered_by_an_alert_and_the_end_failed),
        cmocka_unit_test(a_renegotiation_up_to_its_finished_succeeded),
        cmocka_unit_test(a_fatal_alert_in_clear_is_a_failure_whatever_is_missing),
        cmocka_unit_test(a_close_in_the_middle_is_a_failure_unless_something_is_missing),
        cmocka_unit_test(one_direction_alone_decides_nothing),
        cmocka_unit_test(a_capture_that_ends_leaves_it_open),
        cmocka_unit_test(a_hello_that_nobody_answers_for_long_has_failed),
        cmocka_unit_test(silence_is_the_captures_where_tcp_would_have_sent_again),
        cmocka_unit_test(silence_longer_than_anybody_watches_is_the_captures),
        cmocka_unit_test(bytes_sent_again_and_again_are_lost),
        cmocka_unit_test(doubled_packets_are_no_retransmissions),
        cmocka_unit_test(an_alert_sized_record_in_place_of_the_finished_is_a_refusal),
        cmocka_unit_test(an_alert_that_echoes_a_close_is_not_the_end),
        cmocka_unit_test(a_refused_connection_has_failed_where_tls_was_expected),
        cmocka_unit_test(a_syn_is_unanswered_after_three_seconds),
        cmocka_unit_test(opened_and_closed_without_a_word_has_failed),
        cmocka_unit_test(nobody_has_failed_to_try_before_the_capture_shows_it),
        cmocka_unit_test(the_answer_to_a_close_is_second_wherever_it_was_captured),
        cmocka_unit_test(plain_http_fails_where_the_server_says_that_it_expects_tls),
        cmocka_unit_test(a_refused_starttls_has_failed_though_no_tls_was_spoken),
        cmocka_unit_test(a_client_that_merely_prefers_tls_goes_on_in_clear),
        cmocka_unit_test(scenario_5_is_certain_where_the_client_says_so),
        cmocka_unit_test(alternatives_stand_in_the_order_of_confidence_and_differ),
        cmocka_unit_test(a_failure_never_goes_without_a_cause),
        cmocka_unit_test(every_cause_is_told_of_in_full),
        cmocka_unit_test(text_that_does_not_fit_is_cut_between_two_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
