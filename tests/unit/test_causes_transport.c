/* What kept TLS from beginning: the families transport, protocol and hello, on facts as literals.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "diagnosis/causes.h"
#include "diagnosis/endings.h"
#include "diagnosis/quote.h"

#define MILLISECOND INT64_C(1000000)
#define SECOND (1000 * MILLISECOND)
#define AT(number, milliseconds)                                                                   \
    {                                                                                              \
        .frame = (number), .time = (milliseconds)*MILLISECOND                                      \
    }

static struct argument said; /* of the last question */

static enum confidence ask_with(const char *id, const struct facts *facts,
                                const struct server *server)
{
    const struct question question = {facts, server};
    const struct cause *row = causes_find(id);
    assert_non_null(row);
    memset(&said, 0, sizeof said);
    return row->fits(&question, &said);
}

static enum confidence ask(const char *id, const struct facts *facts)
{
    return ask_with(id, facts, NULL);
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

/* ---- transport ---- */

static struct facts only_syns(uint16_t count)
{
    return (struct facts){
        .port = {50000, 443},
        .tls_expected = true,
        .first = AT(1, 0),
        .last = AT(count, 3000),
        .watched_until = 10 * SECOND,
        .transport = {.syn = AT(1, 0),
                      .syn_count = count,
                      .side[CLIENT] = {.packets = count, .last_packet = AT(count, 3000)}}};
}

static void a_reset_on_the_syn_is_a_refusal(void **state)
{
    (void)state;
    struct facts facts = only_syns(1);
    facts.transport.side[SERVER].packets = 1;
    facts.transport.side[SERVER].reset = (struct reset){.at = AT(2, 1), .ttl = 64};
    assert_int_equal(ask("transport.refused", &facts), CERTAIN);
    assert_non_null(strstr(said.summary, "443"));
    assert_int_equal(said.item[1].frame, 2);
    assert_int_equal(ask("transport.no_answer", &facts), NO);
    assert_int_equal(ask("transport.no_client_hello", &facts), NO);
}

static void port_unreachable_is_a_refusal_and_no_route_is_none(void **state)
{
    (void)state;
    struct facts facts = only_syns(1);
    facts.transport.icmp =
        (struct icmp_error){.at = AT(2, 1), .type = 3, .code = 3, .about = CLIENT};
    assert_int_equal(ask("transport.refused", &facts), CERTAIN);
    assert_int_equal(ask("transport.no_answer", &facts), NO);

    facts.transport.icmp.version6 = true;
    facts.transport.icmp.type = 1;
    facts.transport.icmp.code = 0;
    assert_int_equal(ask("transport.refused", &facts), NO);
    assert_int_equal(ask("transport.no_answer", &facts), LIKELY);
    assert_true(cites("no route"));
}

static void a_firewalls_reject_may_be_either(void **state)
{
    (void)state;
    struct facts facts = only_syns(1);
    facts.transport.icmp =
        (struct icmp_error){.at = AT(2, 1), .type = 3, .code = 13, .about = CLIENT};
    assert_int_equal(ask("transport.refused", &facts), LIKELY);
    assert_int_equal(ask("transport.no_answer", &facts), POSSIBLE);
}

static void an_icmp_error_about_the_servers_packets_says_nothing_of_the_server(void **state)
{
    (void)state;
    struct facts facts = only_syns(3);
    facts.transport.icmp =
        (struct icmp_error){.at = AT(2, 1), .type = 3, .code = 3, .about = SERVER};
    assert_int_equal(ask("transport.refused", &facts), NO);
    assert_int_equal(ask("transport.no_answer", &facts), CERTAIN);
}

static void silence_is_surer_with_every_syn(void **state)
{
    (void)state;
    struct facts facts = only_syns(1);
    assert_int_equal(ask("transport.no_answer", &facts), POSSIBLE);
    facts = only_syns(2);
    assert_int_equal(ask("transport.no_answer", &facts), LIKELY);
    facts = only_syns(3);
    assert_int_equal(ask("transport.no_answer", &facts), CERTAIN);
    facts.given_up = true;
    assert_int_equal(ask("transport.no_answer", &facts), POSSIBLE);
}

static struct facts opened(void)
{
    return (struct facts){
        .port = {50000, 443},
        .tls_expected = true,
        .first = AT(1, 0),
        .last = AT(5, 600),
        .watched_until = 1 * SECOND,
        .transport = {.syn = AT(1, 0),
                      .syn_ack = AT(2, 10),
                      .syn_count = 1,
                      .side = {{.packets = 3, .ttl_lowest = 64, .ttl_highest = 64},
                               {.packets = 2, .ttl_lowest = 51, .ttl_highest = 51}}}};
}

static void a_client_that_opens_and_closes_never_sent_a_client_hello(void **state)
{
    (void)state;
    struct facts facts = opened();
    facts.transport.side[CLIENT].fin = (struct moment)AT(4, 510);
    assert_int_equal(ask("transport.no_client_hello", &facts), CERTAIN);
    assert_non_null(strstr(said.summary, "The client"));
    assert_non_null(strstr(said.summary, "500 ms"));
}

static void a_missing_packet_of_the_client_may_have_been_its_client_hello(void **state)
{
    (void)state;
    struct facts facts = opened();
    facts.transport.side[SERVER].fin = (struct moment)AT(4, 510);
    assert_int_equal(ask("transport.no_client_hello", &facts), CERTAIN);
    facts.transport.side[CLIENT].missing = true;
    assert_int_equal(ask("transport.no_client_hello", &facts), NO);
}

static void an_alert_on_a_bare_close_changes_nothing(void **state)
{
    (void)state;
    struct facts facts = opened();
    facts.tls = true;
    facts.tls_from[SERVER] = true;
    facts.transport.side[CLIENT].fin = (struct moment)AT(4, 510);
    facts.transport.side[SERVER].first_data = (struct moment)AT(5, 512);
    facts.alert = &(struct alert_facts){.at = AT(5, 512), .from = SERVER, .level = 2, .code = 50};
    facts.alerts = 1;
    assert_int_equal(ask("transport.no_client_hello", &facts), CERTAIN);
    assert_int_equal(ask("record.malformed", &facts), NO);
}

static void a_server_that_greets_a_silent_client_may_not_speak_tls(void **state)
{
    (void)state;
    static const struct preface preface = {.state = PREFACE_TALKING};
    struct facts facts = opened();
    facts.preface = &preface;
    facts.cleartext[SERVER] = "443:TCP";
    facts.preface_at[SERVER] = (struct moment)AT(4, 500);
    facts.transport.side[SERVER].first_data = (struct moment)AT(4, 500);
    facts.transport.side[SERVER].fin = (struct moment)AT(5, 510);
    assert_int_equal(ask("transport.no_client_hello", &facts), LIKELY);
    assert_true(cites("443:TCP"));
    assert_int_equal(ask("protocol.server_not_tls", &facts), POSSIBLE);
}

/* ---- hello ---- */

static const uint16_t key_shares[] = {0x11ec, 0x001d};
static const struct offer offer = {.legacy_version = 0x0303, .key_shares = {key_shares, 2}};

/* A ClientHello in packet 4 at 20 ms, acknowledged in packet 5. */
static struct facts asked(void)
{
    struct facts facts = opened();
    facts.tls = true;
    facts.tls_from[CLIENT] = true;
    facts.stage = STAGE_SERVER_HELLO;
    facts.client_hellos = 1;
    facts.client_hello[0] = (struct client_hello_facts){
        .at = AT(4, 20), .begins = AT(4, 20), .offer = &offer, .length = 512};
    facts.transport.side[CLIENT].first_data = (struct moment)AT(4, 20);
    facts.transport.side[CLIENT].last_data = (struct moment)AT(4, 20);
    facts.transport.side[SERVER].last_packet = (struct moment)AT(5, 30);
    static struct step hello = {.at = AT(4, 20), .from = CLIENT, .what = STEP_CLIENT_HELLO};
    facts.step = &hello;
    facts.steps = 1;
    return facts;
}

static void a_reset_behind_the_client_hello_is_told_with_its_looks(void **state)
{
    (void)state;
    struct facts facts = asked();
    facts.transport.side[SERVER].reset = (struct reset){.at = AT(6, 35), .ttl = 51, .window = 9811};
    assert_int_equal(ask("hello.reset", &facts), LIKELY);
    assert_true(cites("NetScaler"));
    assert_true(cites("TTL 51"));
    assert_int_equal(ask("hello.closed", &facts), NO);
    assert_int_equal(ask("hello.no_reply", &facts), NO);
    assert_int_equal(ask("hello.reset_by_middlebox", &facts), NO);
}

static void nothing_is_said_of_the_server_where_its_bytes_are_missing(void **state)
{
    (void)state;
    struct facts facts = asked();
    facts.transport.side[SERVER].missing = true;
    facts.transport.side[SERVER].reset = (struct reset){.at = AT(6, 35), .ttl = 51};
    assert_int_equal(ask("hello.reset", &facts), NO);
    facts.transport.side[SERVER].reset = (struct reset){0};
    facts.transport.side[SERVER].fin = (struct moment)AT(6, 35);
    assert_int_equal(ask("hello.closed", &facts), NO);
}

static void a_reset_with_another_ttl_was_sent_by_somebody_else(void **state)
{
    (void)state;
    struct facts facts = asked();
    facts.transport.side[SERVER].reset = (struct reset){.at = AT(6, 35), .ttl = 250};
    assert_int_equal(ask("hello.reset_by_middlebox", &facts), LIKELY);
    assert_true(cites("TTL 250"));
    assert_true(cites("TTL 51"));

    /* As many hops from 128 as the others from 64: perhaps the host's own. */
    facts.transport.side[SERVER].reset.ttl = 115;
    assert_int_equal(ask("hello.reset_by_middlebox", &facts), POSSIBLE);
    facts.transport.side[SERVER].reset.ttl = 51;
    assert_int_equal(ask("hello.reset_by_middlebox", &facts), NO);
    facts.transport.side[SERVER].reset.data_followed = true;
    assert_int_equal(ask("hello.reset_by_middlebox", &facts), LIKELY);
}

static void a_reset_that_comes_sooner_than_the_syn_ack_did_raises_doubts(void **state)
{
    (void)state;
    struct facts facts = asked();
    facts.transport.side[SERVER].reset = (struct reset){.at = AT(6, 22), .ttl = 51};
    assert_int_equal(ask("hello.reset_by_middlebox", &facts), POSSIBLE);
    facts.transport.side[SERVER].reset.ttl = 50;
    assert_int_equal(ask("hello.reset_by_middlebox", &facts), LIKELY);
    facts.transport.syn_count = 2; /* which of them was answered? */
    assert_int_equal(ask("hello.reset_by_middlebox", &facts), POSSIBLE);
}

static void a_clients_alert_behind_a_close_is_not_the_cause(void **state)
{
    (void)state;
    struct facts facts = asked();
    facts.transport.side[SERVER].fin = (struct moment)AT(6, 35);
    facts.alert = &(struct alert_facts){.at = AT(7, 36), .from = CLIENT, .level = 2, .code = 50};
    facts.alerts = 1;
    assert_int_equal(ask("hello.closed", &facts), LIKELY);
    assert_true(cites("only answers"));
    assert_int_equal(ask("record.malformed", &facts), NO);
    assert_int_equal(ask("abort.by_client", &facts), NO);
}

static void a_large_client_hello_is_suspected_when_smaller_ones_are_answered(void **state)
{
    (void)state;
    const struct server server = {.largest_answered_hello = 517, .selected = {0, 0, 0, 0, 3, 0}};
    struct facts facts = asked();
    facts.client_hello[0].length = 1740;
    facts.transport.side[SERVER].reset = (struct reset){.at = AT(6, 35), .ttl = 51};
    assert_int_equal(ask_with("hello.reset", &facts, &server), LIKELY);
    assert_non_null(strstr(said.summary, "first segment"));
    assert_true(cites("post-quantum"));
    assert_true(cites("517"));
}

static void a_client_that_gives_up_after_seconds_got_no_reply(void **state)
{
    (void)state;
    struct facts facts = asked();
    facts.transport.side[CLIENT].fin = (struct moment)AT(6, 2020);
    assert_int_equal(ask("hello.no_reply", &facts), LIKELY);
    assert_int_equal(ask("abort.by_client", &facts), POSSIBLE);

    /* One that leaves at once has lost interest. */
    facts.transport.side[CLIENT].fin = (struct moment)AT(6, 40);
    assert_int_equal(ask("hello.no_reply", &facts), NO);
    assert_int_equal(ask("abort.by_client", &facts), LIKELY);
}

static void a_client_hello_that_is_sent_again_and_again_is_lost(void **state)
{
    (void)state;
    struct facts facts = asked();
    facts.transport.side[CLIENT].unacknowledged = 521;
    facts.transport.side[CLIENT].tail_retransmissions = 4;
    assert_int_equal(ask("hello.lost", &facts), CERTAIN);
    assert_non_null(strstr(said.summary, "none of its 521 bytes"));
    assert_int_equal(ask("hello.no_reply", &facts), NO);

    facts.client_hello[0].length = 1740;
    facts.transport.side[CLIENT].unacknowledged = 301;
    assert_int_equal(ask("hello.lost", &facts), CERTAIN);
    assert_non_null(strstr(said.summary, "first 1448 bytes"));
    facts.transport.side[CLIENT].tail_retransmissions = 1;
    assert_int_equal(ask("hello.lost", &facts), NO);
    facts.transport.icmp =
        (struct icmp_error){.at = AT(6, 30), .type = 3, .code = 4, .mtu = 1280, .about = CLIENT};
    assert_int_equal(ask("hello.lost", &facts), LIKELY);
    assert_true(cites("1280"));
}

/* ---- protocol ---- */

static struct facts answered_in_clear(const char *text)
{
    struct facts facts = asked();
    facts.cleartext[SERVER] = text;
    facts.preface_at[SERVER] = (struct moment)AT(6, 40);
    facts.not_tls_from[SERVER] = (struct moment)AT(6, 40);
    facts.transport.side[SERVER].first_data = (struct moment)AT(6, 40);
    facts.transport.side[SERVER].last_data = (struct moment)AT(6, 40);
    facts.transport.side[CLIENT].reset = (struct reset){.at = AT(7, 41), .ttl = 64};
    return facts;
}

static void a_proxy_header_that_the_server_does_not_expect_is_blamed_on_the_client(void **state)
{
    (void)state;
    struct preface preface = {
        .protocol = PREFACE_HTTP, .state = PREFACE_GRANTED, .tunnel = PREFACE_PROXY1};
    struct facts facts = answered_in_clear("HTTP/1.1 400 Bad Request");
    facts.preface = &preface;
    facts.transport.side[CLIENT].reset = (struct reset){0};
    facts.transport.side[SERVER].fin = (struct moment)AT(7, 41);
    assert_int_equal(ask("protocol.client_not_tls", &facts), LIKELY);
    assert_non_null(said.remedies);
    assert_int_not_equal(ask("protocol.server_not_tls", &facts), CERTAIN);

    facts = asked();
    facts.preface = &preface;
    facts.transport.side[SERVER].fin = (struct moment)AT(7, 41);
    assert_int_equal(ask("protocol.client_not_tls", &facts), LIKELY);
    facts.transport.side[CLIENT].missing = true;
    assert_int_equal(ask("protocol.client_not_tls", &facts), NO);
    facts.transport.side[CLIENT].missing = false;
    preface.tunnel = PREFACE_HTTP_CONNECT;
    assert_int_equal(ask("protocol.client_not_tls", &facts), NO);
}

/* PostgreSQL grants TLS by a single "S", to a request that may not be in the capture. */
static void what_a_hole_may_have_asked_for_is_no_foreign_protocol(void **state)
{
    (void)state;
    struct facts facts = answered_in_clear("S");
    assert_int_equal(ask("protocol.server_not_tls", &facts), CERTAIN);
    facts.transport.side[CLIENT].missing = true;
    assert_int_equal(ask("protocol.server_not_tls", &facts), POSSIBLE);
    facts = answered_in_clear("HTTP/1.1 400 Bad Request");
    facts.transport.side[CLIENT].missing = true;
    assert_int_equal(ask("protocol.server_not_tls", &facts), LIKELY);
}

static void an_answer_behind_the_clients_close_came_too_late(void **state)
{
    (void)state;
    struct facts facts = asked();
    facts.transport.side[CLIENT].fin = (struct moment)AT(6, 6020);
    facts.transport.side[SERVER].first_data = (struct moment)AT(7, 6050);
    facts.transport.side[SERVER].last_data = (struct moment)AT(7, 6050);
    facts.tls_from[SERVER] = true;
    assert_int_equal(ask("hello.no_reply", &facts), LIKELY);
    facts.transport.side[SERVER].first_data.frame = 5;
    assert_int_equal(ask("hello.no_reply", &facts), NO);
}

static void what_answers_the_client_hello_is_named(void **state)
{
    (void)state;
    struct facts facts = answered_in_clear("HTTP/1.1 400 Bad Request\\x0D\\x0AServer: x");
    assert_int_equal(ask("protocol.server_not_tls", &facts), CERTAIN);
    assert_non_null(strstr(said.summary, "plain HTTP"));
    assert_true(cites("HTTP/1.1 400 Bad Request"));
    assert_false(cites("Server: x"));
    assert_int_equal(ask("hello.no_reply", &facts), NO);
    assert_int_equal(ask("hello.closed", &facts), NO);

    facts = answered_in_clear("SSH-2.0-OpenSSH_9.2");
    assert_int_equal(ask("protocol.server_not_tls", &facts), CERTAIN);
    assert_non_null(strstr(said.summary, "SSH"));
}

static void words_that_are_known_need_no_whole_capture_and_others_do(void **state)
{
    (void)state;
    struct facts facts = answered_in_clear("HTTP/1.1 400 Bad Request");
    facts.transport.side[SERVER].cut = true;
    assert_int_equal(ask("protocol.server_not_tls", &facts), CERTAIN);
    facts.cleartext[SERVER] = "\\x01\\x02\\x03";
    assert_int_equal(ask("protocol.server_not_tls", &facts), NO);
    facts.transport.side[SERVER].cut = false;
    assert_int_equal(ask("protocol.server_not_tls", &facts), CERTAIN);
}

static void a_broken_record_is_no_other_protocol(void **state)
{
    (void)state;
    struct facts facts = answered_in_clear("\\x16\\x03\\x03\\xFF\\xFF");
    facts.alert = &(struct alert_facts){.at = AT(7, 41), .from = CLIENT, .level = 2, .code = 22};
    facts.alerts = 1;
    assert_int_equal(ask("protocol.server_not_tls", &facts), NO);
    assert_int_equal(ask("record.malformed", &facts), CERTAIN);
}

static struct facts plain_request(const struct preface *preface)
{
    struct facts facts = opened();
    facts.preface = preface;
    facts.cleartext[CLIENT] = "GET / HTTP/1.1\\x0D\\x0AHost: a";
    facts.preface_at[CLIENT] = (struct moment)AT(4, 20);
    facts.transport.side[CLIENT].first_data = (struct moment)AT(4, 20);
    facts.transport.side[CLIENT].last_data = (struct moment)AT(4, 20);
    return facts;
}

static void plain_http_is_known_by_the_servers_page_alert_or_silence(void **state)
{
    (void)state;
    static const struct preface answered = {.protocol = PREFACE_HTTP, .status = 400};
    struct facts facts = plain_request(&answered);
    facts.cleartext[SERVER] =
        "HTTP/1.1 400 Bad Request\\x0D\\x0A\\x0D\\x0A<title>400 The plain HTTP request was "
        "sent to HTTPS port</title>";
    facts.preface_at[SERVER] = (struct moment)AT(5, 30);
    assert_int_equal(ask("protocol.client_not_tls", &facts), CERTAIN);
    assert_int_equal(ask("protocol.server_not_tls", &facts), NO);

    static const struct preface silent = {.protocol = PREFACE_HTTP};
    facts = plain_request(&silent);
    facts.transport.side[SERVER].fin = (struct moment)AT(5, 30);
    assert_int_equal(ask("protocol.client_not_tls", &facts), LIKELY);

    facts.transport.side[SERVER].first_data = (struct moment)AT(5, 30);
    facts.tls = true;
    facts.tls_from[SERVER] = true;
    facts.alert = &(struct alert_facts){.at = AT(5, 30), .from = SERVER, .level = 2, .code = 10};
    facts.alerts = 1;
    assert_int_equal(ask("protocol.client_not_tls", &facts), CERTAIN);
    assert_int_equal(ask("transport.no_client_hello", &facts), NO);
}

static void starttls_is_refused_in_the_servers_words(void **state)
{
    (void)state;
    static const struct preface preface = {
        .protocol = PREFACE_SMTP, .state = PREFACE_REFUSED, .status = 454};
    struct facts facts = plain_request(&preface);
    facts.preface_asked = "STARTTLS";
    facts.preface_words = "454 TLS not available";
    facts.preface_decided = (struct moment)AT(6, 40);
    struct step asked = {.at = AT(5, 30), .from = CLIENT, .what = STEP_PREFACE, .a = PREFACE_ASKED};
    facts.step = &asked;
    facts.steps = 1;
    assert_int_equal(ask("protocol.starttls_refused", &facts), CERTAIN);
    assert_non_null(strstr(said.summary, "454 TLS not available"));
    assert_int_equal(said.item[0].frame, 5);
    assert_int_equal(said.item[1].frame, 6);
    assert_int_equal(ask("transport.no_client_hello", &facts), NO);
}

static void a_proxys_answer_decides_even_where_its_end_is_missing(void **state)
{
    (void)state;
    static const struct preface preface = {.protocol = PREFACE_HTTP_CONNECT,
                                           .state = PREFACE_ASKED};
    struct facts facts = plain_request(&preface);
    facts.preface_asked = "CONNECT a:443 HTTP/1.1";
    facts.cleartext[SERVER] = "HTTP/1.1 407 Proxy Authentication Required\\x0D\\x0A";
    facts.preface_at[SERVER] = (struct moment)AT(5, 30);
    facts.transport.side[SERVER].cut = true;
    assert_int_equal(ask("protocol.proxy_refused", &facts), CERTAIN);
    assert_non_null(strstr(said.summary, "authentication"));

    facts.cleartext[SERVER] = "HTTP/1.1 20"; /* what it might have become */
    assert_int_equal(ask("protocol.proxy_refused", &facts), NO);
}

/* ---- words ---- */

static void a_quote_is_the_first_line_and_never_half_a_character(void **state)
{
    (void)state;
    char line[QUOTE_TEXT];
    quote_line(line, "220 mail\\x0D\\x0A250 more");
    assert_string_equal(line, "220 mail");
    quote_line(line, NULL);
    assert_string_equal(line, "");
    char text[3 * QUOTE_TEXT];
    for (size_t i = 0; i + 2 < sizeof text; i += 2) {
        memcpy(text + i, "\xc3\xa4", 3);
    }
    quote_line(line, text);
    assert_true(strlen(line) < QUOTE_TEXT);
    assert_memory_equal(line + strlen(line) - 5, "\xc3\xa4...", 5);
}

static void times_are_short(void **state)
{
    (void)state;
    static const struct {
        int64_t nanoseconds;
        const char *text;
    } rows[] = {
        {-5, "0.0 ms"},
        {420000, "0.4 ms"},
        {12 * MILLISECOND, "12 ms"},
        {1500 * MILLISECOND, "1.5 s"},
        {75 * SECOND, "75 s"},
        {1200 * SECOND, "20 min"},
        {INT64_MAX, NULL},
    };
    char text[ENDINGS_TEXT];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        endings_write_time(text, rows[i].nanoseconds);
        assert_true(strlen(text) < ENDINGS_TEXT);
        if (rows[i].text != NULL) {
            assert_string_equal(text, rows[i].text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reset_on_the_syn_is_a_refusal),
        cmocka_unit_test(port_unreachable_is_a_refusal_and_no_route_is_none),
        cmocka_unit_test(a_firewalls_reject_may_be_either),
        cmocka_unit_test(an_icmp_error_about_the_servers_packets_says_nothing_of_the_server),
        cmocka_unit_test(silence_is_surer_with_every_syn),
        cmocka_unit_test(a_client_that_opens_and_closes_never_sent_a_client_hello),
        cmocka_unit_test(a_missing_packet_of_the_client_may_have_been_its_client_hello),
        cmocka_unit_test(an_alert_on_a_bare_close_changes_nothing),
        cmocka_unit_test(a_server_that_greets_a_silent_client_may_not_speak_tls),
        cmocka_unit_test(a_reset_behind_the_client_hello_is_told_with_its_looks),
        cmocka_unit_test(nothing_is_said_of_the_server_where_its_bytes_are_missing),
        cmocka_unit_test(a_reset_with_another_ttl_was_sent_by_somebody_else),
        cmocka_unit_test(a_reset_that_comes_sooner_than_the_syn_ack_did_raises_doubts),
        cmocka_unit_test(a_clients_alert_behind_a_close_is_not_the_cause),
        cmocka_unit_test(a_large_client_hello_is_suspected_when_smaller_ones_are_answered),
        cmocka_unit_test(a_client_that_gives_up_after_seconds_got_no_reply),
        cmocka_unit_test(a_client_hello_that_is_sent_again_and_again_is_lost),
        cmocka_unit_test(a_proxy_header_that_the_server_does_not_expect_is_blamed_on_the_client),
        cmocka_unit_test(what_a_hole_may_have_asked_for_is_no_foreign_protocol),
        cmocka_unit_test(an_answer_behind_the_clients_close_came_too_late),
        cmocka_unit_test(what_answers_the_client_hello_is_named),
        cmocka_unit_test(words_that_are_known_need_no_whole_capture_and_others_do),
        cmocka_unit_test(a_broken_record_is_no_other_protocol),
        cmocka_unit_test(plain_http_is_known_by_the_servers_page_alert_or_silence),
        cmocka_unit_test(starttls_is_refused_in_the_servers_words),
        cmocka_unit_test(a_proxys_answer_decides_even_where_its_end_is_missing),
        cmocka_unit_test(a_quote_is_the_first_line_and_never_half_a_character),
        cmocka_unit_test(times_are_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
