/* What one side could not read of the other, and who left: the families record, key and abort, on
 * facts as literals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "diagnosis/causes.h"
#include "diagnosis/endings.h"

#define MILLISECOND INT64_C(1000000)
#define AT(number, milliseconds)                                                                   \
    {                                                                                              \
        .frame = (number), .time = (milliseconds)*MILLISECOND                                      \
    }

enum { ECDHE_RSA_AES128_GCM = 0xc02f, PSK_AES128_CBC = 0x008c, TLS13_AES128_GCM = 0x1301 };

static struct argument said; /* of the last question */

static enum confidence ask(const char *id, const struct facts *facts)
{
    const struct question question = {facts, NULL};
    const struct cause *row = causes_find(id);
    assert_non_null(row);
    memset(&said, 0, sizeof said);
    return row->fits(&question, &said);
}

static bool cites(const char *words)
{
    for (size_t i = 0; i < said.count; i++) {
        if (strstr(said.item[i].text, words) != NULL) {
            return true;
        }
    }
    return false;
}

static const uint16_t suites[] = {ECDHE_RSA_AES128_GCM, TLS13_AES128_GCM, PSK_AES128_CBC};
static const struct offer offer = {.legacy_version = 0x0303, .suites = {suites, 3}};

/* A ClientHello in packet 4 at 20 ms, the ServerHello in packet 6 at 40 ms. */
static struct facts answered(const struct server_hello_facts *hello)
{
    struct facts facts = {.port = {50000, 443},
                          .tls_expected = true,
                          .first = AT(1, 0),
                          .last = AT(8, 60),
                          .transport = {.syn = AT(1, 0), .syn_ack = AT(2, 10), .syn_count = 1},
                          .tls = true,
                          .tls_from = {true, true},
                          .stage = STAGE_SERVER_FLIGHT,
                          .client_hellos = 1};
    facts.transport.side[CLIENT].packets = 5;
    facts.transport.side[SERVER].packets = 3;
    facts.transport.side[CLIENT].first_data = (struct moment)AT(4, 20);
    facts.transport.side[CLIENT].last_data = (struct moment)AT(4, 20);
    facts.transport.side[SERVER].first_data = (struct moment)AT(6, 40);
    facts.transport.side[SERVER].last_data = (struct moment)AT(6, 40);
    facts.client_hello[0] = (struct client_hello_facts){
        .at = AT(4, 20), .begins = AT(4, 20), .offer = &offer, .length = 512};
    static struct server_hello_facts kept;
    kept = *hello;
    kept.at = (struct moment)AT(6, 40);
    facts.server_hello = &kept;
    facts.version = hello->version;
    static struct step hellos[] = {{.at = AT(4, 20), .from = CLIENT, .what = STEP_CLIENT_HELLO},
                                   {.at = AT(6, 40), .from = SERVER, .what = STEP_SERVER_HELLO}};
    facts.step = hellos;
    facts.steps = 2;
    return facts;
}

static struct facts tls12(void)
{
    const struct server_hello_facts hello = {.version = 0x0303, .suite = ECDHE_RSA_AES128_GCM};
    return answered(&hello);
}

static struct facts tls13(void)
{
    const struct server_hello_facts hello = {.version = 0x0304, .suite = TLS13_AES128_GCM};
    return answered(&hello);
}

static void alert(struct facts *facts, enum speaker from, uint8_t code, uint64_t frame,
                  int64_t after)
{
    static struct alert_facts list[FACTS_ALERTS];
    facts->alert = list;
    list[facts->alerts++] = (struct alert_facts){
        .at = AT(frame, after), .from = (uint8_t)from, .level = 2, .code = code};
}

static void seal(struct facts *facts, enum speaker from, uint16_t length, uint64_t frame,
                 uint8_t stage)
{
    const struct sealed_record record = {AT(frame, (int64_t)frame * 10), length, (uint8_t)from, 23,
                                         stage};
    static struct sealed_record list[FACTS_SEALED];
    facts->sealed = list;
    list[facts->sealed_count++] = record;
    facts->last_sealed[from] = record;
}

/* ---- record and key ---- */

static void bad_record_mac_behind_the_finished_is_certain(void **state)
{
    (void)state;
    struct facts facts = tls12();
    facts.change_cipher_spec[CLIENT] = (struct moment)AT(8, 50);
    facts.stage = STAGE_SERVER_CHANGE;
    alert(&facts, SERVER, 20, 9, 55);
    assert_int_equal(ask("record.bad_mac", &facts), CERTAIN);
    assert_int_equal(ask("key.confirmation_failed", &facts), POSSIBLE);
    assert_int_equal(ask("abort.by_server", &facts), NO);
}

static void with_a_shared_secret_bad_record_mac_may_be_the_secret(void **state)
{
    (void)state;
    const struct server_hello_facts hello = {.version = 0x0303, .suite = PSK_AES128_CBC};
    struct facts facts = answered(&hello);
    facts.change_cipher_spec[CLIENT] = (struct moment)AT(8, 50);
    alert(&facts, SERVER, 20, 9, 55);
    assert_int_equal(ask("record.bad_mac", &facts), POSSIBLE);
    facts.server_hello = NULL; /* not in the capture; the client offers a PSK suite, too */
    assert_int_equal(ask("record.bad_mac", &facts), POSSIBLE);
}

static void decrypt_error_is_a_signature_or_a_finished(void **state)
{
    (void)state;
    struct facts facts = tls12();
    facts.server_key_exchange = (struct moment)AT(6, 40);
    alert(&facts, CLIENT, 51, 8, 50);
    assert_int_equal(ask("key.confirmation_failed", &facts), LIKELY);
    assert_non_null(strstr(said.summary, "signature"));

    facts = tls12();
    facts.change_cipher_spec[CLIENT] = (struct moment)AT(8, 50);
    alert(&facts, SERVER, 51, 9, 55);
    assert_int_equal(ask("key.confirmation_failed", &facts), LIKELY);
    assert_non_null(strstr(said.summary, "Finished"));

    facts.certificate_verify =
        (struct moment)AT(8, 50); /* the client's key is the nearer suspect */
    assert_int_equal(ask("key.confirmation_failed", &facts), POSSIBLE);
}

static void a_sealed_alert_before_a_certificate_is_not_about_one(void **state)
{
    (void)state;
    struct facts facts = tls13();
    facts.stage = STAGE_SEALED_SERVER_FLIGHT;
    seal(&facts, SERVER, 32, 7, STAGE_SEALED_SERVER_FLIGHT);
    seal(&facts, CLIENT, 19, 8, STAGE_SEALED_CLIENT_FLIGHT);
    assert_int_equal(ask("record.bad_mac", &facts), LIKELY);

    facts = tls13();
    seal(&facts, SERVER, 1200, 7, STAGE_SEALED_SERVER_FLIGHT);
    seal(&facts, CLIENT, 19, 8, STAGE_SEALED_CLIENT_FLIGHT);
    assert_int_equal(ask("record.bad_mac", &facts), POSSIBLE);
    facts.transport.side[SERVER].missing = true;
    assert_int_equal(ask("record.bad_mac", &facts), NO);
}

static void a_server_may_refuse_the_finished_alone(void **state)
{
    (void)state;
    struct facts facts = tls13();
    seal(&facts, SERVER, 1200, 7, STAGE_SEALED_SERVER_FLIGHT);
    seal(&facts, CLIENT, 53, 8, STAGE_SEALED_CLIENT_FLIGHT);
    facts.finished[SERVER] = (struct moment)AT(7, 70);
    facts.finished[CLIENT] = (struct moment)AT(8, 80);
    facts.established = (struct moment)AT(8, 80);
    facts.stage = STAGE_ESTABLISHED;
    seal(&facts, SERVER, 19, 9, STAGE_ESTABLISHED);
    facts.application_records[SERVER] = 1;
    facts.transport.side[SERVER].fin = (struct moment)AT(10, 100);
    assert_int_equal(ask("record.bad_mac", &facts), LIKELY);
    assert_int_equal(ask("key.confirmation_failed", &facts), POSSIBLE);
    assert_int_equal(ask("abort.by_server", &facts), POSSIBLE);
}

static void an_alert_with_the_fault_in_sight_is_certain(void **state)
{
    (void)state;
    struct facts facts = tls12();
    alert(&facts, CLIENT, 50, 8, 50);
    assert_int_equal(ask("record.malformed", &facts), LIKELY);
    facts.malformed[SERVER] = (struct moment)AT(6, 40);
    assert_int_equal(ask("record.malformed", &facts), CERTAIN);
    assert_int_equal(said.item[0].frame, 6);

    facts.alerts = 0;
    alert(&facts, CLIENT, 0, 8, 50); /* close_notify: s2n says no more */
    facts.alert[0].level = 1;
    facts.transport.side[CLIENT].fin = (struct moment)AT(9, 51);
    assert_int_equal(ask("record.malformed", &facts), LIKELY);
    facts.malformed[SERVER] = (struct moment){0, 0};
    assert_int_equal(ask("record.malformed", &facts), NO);
}

static void who_never_spoke_tls_did_not_break_it(void **state)
{
    (void)state;
    struct facts facts = tls12();
    facts.server_hello = NULL;
    facts.tls_from[SERVER] = false;
    facts.not_tls_from[SERVER] = (struct moment)AT(6, 40);
    facts.cleartext[SERVER] = "ERROR\\x0D\\x0A";
    alert(&facts, CLIENT, 10, 8, 50);
    assert_int_equal(ask("record.malformed", &facts), POSSIBLE);
    facts.cleartext[SERVER] = "\\x16\\x03\\x03\\x00\\x9B"; /* a record of a message that is none */
    assert_int_equal(ask("record.malformed", &facts), CERTAIN);
}

static void a_suite_that_was_not_offered_breaks_the_protocol(void **state)
{
    (void)state;
    const struct server_hello_facts hello = {.version = 0x0303, .suite = 0x0035};
    struct facts facts = answered(&hello);
    alert(&facts, CLIENT, 47, 8, 50);
    assert_int_equal(ask("record.malformed", &facts), CERTAIN);
    assert_non_null(strstr(said.summary, "AES_256_CBC"));
}

static void nobody_is_blamed_for_what_is_missing(void **state)
{
    (void)state;
    struct facts facts = tls12();
    alert(&facts, CLIENT, 50, 8, 50);
    facts.transport.side[SERVER].missing = true;
    assert_int_equal(ask("record.malformed", &facts), NO);
    assert_int_equal(ask("abort.by_client", &facts), POSSIBLE);
}

/* ---- abort ---- */

static void who_closes_first_is_told(void **state)
{
    (void)state;
    struct facts facts = tls12();
    facts.transport.side[SERVER].fin = (struct moment)AT(7, 100);
    facts.transport.side[CLIENT].fin = (struct moment)AT(9, 120);
    alert(&facts, CLIENT, 50, 8, 110);
    assert_int_equal(ask("abort.by_server", &facts), LIKELY);
    assert_int_equal(said.item[1].frame, 7);
    assert_int_equal(ask("abort.by_client", &facts), NO);
    assert_int_equal(ask("record.malformed", &facts), NO);
}

static void a_reason_is_not_overruled_by_a_close(void **state)
{
    (void)state;
    struct facts facts = tls12();
    facts.transport.side[SERVER].fin = (struct moment)AT(7, 100);
    alert(&facts, CLIENT, 48, 8, 110);
    const struct ending ending = endings_first(&facts);
    assert_int_equal(ending.kind, ENDING_ALERT);
    assert_int_equal(ending.code, 48);
}

static void an_alert_that_a_key_log_opened_is_read(void **state)
{
    (void)state;
    struct facts facts = tls13();
    seal(&facts, SERVER, 1200, 7, STAGE_SEALED_SERVER_FLIGHT);
    seal(&facts, CLIENT, 19, 8, STAGE_SEALED_CLIENT_FLIGHT);
    alert(&facts, CLIENT, 20, 8, 80);
    facts.alert[0].sealed = true;
    assert_int_equal(ask("record.bad_mac", &facts), CERTAIN);
}

static void whoever_waits_and_leaves_late_was_tired(void **state)
{
    (void)state;
    struct facts facts = tls12();
    facts.transport.side[CLIENT].fin = (struct moment)AT(7, 2040);
    assert_int_equal(ask("abort.timeout", &facts), LIKELY);
    assert_non_null(strstr(said.summary, "2.0 s"));
    assert_int_equal(ask("abort.by_client", &facts), POSSIBLE);

    /* It was the client's turn: nobody but itself kept it waiting. */
    facts.stage = STAGE_CLIENT_FLIGHT;
    assert_int_equal(ask("abort.timeout", &facts), NO);
    assert_int_equal(ask("abort.by_client", &facts), LIKELY);
}

static void a_flight_that_does_not_get_through_is_nobodys_refusal(void **state)
{
    (void)state;
    struct facts facts = tls13();
    seal(&facts, SERVER, 1700, 7, STAGE_SEALED_SERVER_FLIGHT);
    facts.finished[SERVER] = (struct moment)AT(7, 70);
    facts.stage = STAGE_SEALED_CLIENT_FLIGHT;
    facts.transport.side[SERVER].last_data = (struct moment)AT(7, 70);
    facts.transport.side[CLIENT].fin = (struct moment)AT(12, 4000);
    assert_int_equal(ask("abort.by_client", &facts), LIKELY);
    assert_int_equal(ask("abort.timeout", &facts), NO);
    assert_int_equal(ask("certificate.rejected", &facts), POSSIBLE);
    facts.sealed[0].length = 65; /* JSSE's padded extensions: no certificate has come */
    assert_int_equal(ask("certificate.rejected", &facts), NO);
    facts.sealed[0].length = 1700;
    facts.transport.side[SERVER].unacknowledged = 2252;
    facts.transport.side[SERVER].tail_retransmissions = 4;
    assert_int_equal(ask("abort.timeout", &facts), LIKELY);
    assert_non_null(strstr(said.summary, "never gets through"));
    assert_int_equal(ask("abort.by_client", &facts), POSSIBLE);
    assert_int_equal(ask("certificate.rejected", &facts), NO);
    facts.transport.side[CLIENT].fin = (struct moment)AT(12, 900); /* too soon to tell */
    assert_int_equal(ask("abort.timeout", &facts), NO);
}

static void a_stall_that_nobody_ends_is_a_timeout(void **state)
{
    (void)state;
    struct facts facts = tls12();
    facts.watched_until = 20000 * MILLISECOND;
    facts.transport.side[SERVER].unacknowledged = 1400;
    facts.transport.side[SERVER].tail_retransmissions = 3;
    assert_int_equal(ask("abort.timeout", &facts), LIKELY);
    assert_true(cites("do not get through"));
    assert_int_equal(ask("abort.by_client", &facts), NO);
    assert_int_equal(ask("abort.by_server", &facts), NO);
}

static void alerts_that_are_their_own_reason_have_their_rows(void **state)
{
    (void)state;
    static const struct {
        uint8_t code;
        const char *id;
        enum confidence confidence;
    } rows[] = {
        {80, "abort.internal_error", LIKELY},
        {49, "abort.access_denied", LIKELY},
        {90, "abort.user_canceled", CERTAIN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct facts facts = tls12();
        alert(&facts, SERVER, rows[i].code, 8, 50);
        assert_int_equal(ask(rows[i].id, &facts), rows[i].confidence);
        assert_int_equal(ask("abort.by_server", &facts), NO);
    }
    struct facts facts = tls12();
    facts.certificate_request = (struct moment)AT(6, 40);
    alert(&facts, SERVER, 49, 8, 50);
    assert_int_equal(ask("abort.access_denied", &facts), POSSIBLE);
}

static void what_a_client_calls_its_own_may_be_the_certificate_that_is_missing(void **state)
{
    (void)state;
    struct facts facts = tls12();
    alert(&facts, CLIENT, 80, 8, 50);
    assert_int_equal(ask("abort.internal_error", &facts), LIKELY);
    facts.transport.side[SERVER].missing = true;
    assert_int_equal(ask("abort.internal_error", &facts), POSSIBLE);
}

static void an_alert_without_a_row_still_has_a_last_word(void **state)
{
    (void)state;
    struct facts facts = tls12();
    alert(&facts, SERVER, 40, 8, 50);
    assert_int_equal(ask("abort.by_server", &facts), POSSIBLE);
    assert_non_null(strstr(said.summary, "handshake_failure (40)"));
}

static void a_client_that_left_before_the_last_flight_did_not_get_it(void **state)
{
    (void)state;
    struct facts facts = tls12();
    facts.change_cipher_spec[CLIENT] = (struct moment)AT(7, 50);
    facts.transport.side[CLIENT].fin = (struct moment)AT(8, 51);
    facts.change_cipher_spec[SERVER] = (struct moment)AT(9, 60);
    facts.transport.side[CLIENT].reset = (struct reset){.at = AT(10, 61)};
    facts.established = (struct moment)AT(9, 60);
    facts.stage = STAGE_ESTABLISHED;
    assert_int_equal(ask("abort.by_client", &facts), LIKELY);
}

static void every_row_has_words_and_remedies(void **state)
{
    (void)state;
    const struct cause *row;
    for (size_t i = 0; (row = causes_row(i)) != NULL; i++) {
        assert_true(causes_find(row->id) == row);
        assert_non_null(row->fits);
        assert_true(strlen(row->title) > 8);
        assert_true(strlen(row->meaning) > 80);
        assert_non_null(row->remedies);
        assert_non_null(row->remedies[0].platform);
    }
}

static void facts_of_nothing_prove_nothing(void **state)
{
    (void)state;
    const struct facts facts = {0};
    const struct cause *row;
    for (size_t i = 0; (row = causes_row(i)) != NULL; i++) {
        enum confidence confidence = ask(row->id, &facts);
        if (confidence > POSSIBLE) {
            fail_msg("%s claims something", row->id);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_record_mac_behind_the_finished_is_certain),
        cmocka_unit_test(with_a_shared_secret_bad_record_mac_may_be_the_secret),
        cmocka_unit_test(decrypt_error_is_a_signature_or_a_finished),
        cmocka_unit_test(a_sealed_alert_before_a_certificate_is_not_about_one),
        cmocka_unit_test(a_server_may_refuse_the_finished_alone),
        cmocka_unit_test(an_alert_with_the_fault_in_sight_is_certain),
        cmocka_unit_test(who_never_spoke_tls_did_not_break_it),
        cmocka_unit_test(a_suite_that_was_not_offered_breaks_the_protocol),
        cmocka_unit_test(nobody_is_blamed_for_what_is_missing),
        cmocka_unit_test(who_closes_first_is_told),
        cmocka_unit_test(a_reason_is_not_overruled_by_a_close),
        cmocka_unit_test(an_alert_that_a_key_log_opened_is_read),
        cmocka_unit_test(whoever_waits_and_leaves_late_was_tired),
        cmocka_unit_test(a_flight_that_does_not_get_through_is_nobodys_refusal),
        cmocka_unit_test(a_stall_that_nobody_ends_is_a_timeout),
        cmocka_unit_test(alerts_that_are_their_own_reason_have_their_rows),
        cmocka_unit_test(what_a_client_calls_its_own_may_be_the_certificate_that_is_missing),
        cmocka_unit_test(an_alert_without_a_row_still_has_a_last_word),
        cmocka_unit_test(a_client_that_left_before_the_last_flight_did_not_get_it),
        cmocka_unit_test(every_row_has_words_and_remedies),
        cmocka_unit_test(facts_of_nothing_prove_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
