/* What certainly never leads to TLS, by the first that either side says. */
#include "preface.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Binary texts hold NULs, so the compiler counts. */
#define TEXT(text) wire_over(text, sizeof(text) - 1)

static const char GET[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
static const char OK[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/* Whether both sides together are plain, the client first. */
static bool is_plain(struct wire client, struct wire server)
{
    unsigned asked = preface_plain(CLIENT, client, 0);
    return asked != 0 && preface_plain(SERVER, server, asked) == asked;
}

static void requests_that_are_answered_are_plain(void **state)
{
    (void)state;
    assert_true(is_plain(TEXT(GET), TEXT(OK)));
    assert_true(is_plain(TEXT("POST /x HTTP/1.0\nA: b\n\nbody"), TEXT("HTTP/1.0 304 Same\n\n")));
    assert_true(is_plain(TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"),
                         TEXT("\0\0\6\4\0\0\0\0\0\0\3\0\0\0\x80")));
    assert_true(is_plain(TEXT("SSH-2.0-x\r\n"), TEXT("SSH-1.99-y\n")));
    assert_true(is_plain(TEXT("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"), TEXT("$-1\r\n")));
    assert_true(is_plain(TEXT("*1\r\n$4\r\nPING\r\n"), TEXT("+PONG\r\n")));
    assert_true(is_plain(TEXT("\0\0\0\x40\xfeSMB@"), TEXT("\0\0\0\x41\xfeSMB@")));
    assert_true(is_plain(TEXT("\x10\x0c\0\4MQTT\4\2\0\x3c\0\0"), TEXT("\x20\2\0\0")));
    assert_true(is_plain(TEXT("\x13"
                              "BitTorrent protocol\0"),
                         TEXT("\x13"
                              "BitTorrent protocol\0")));
    assert_true(is_plain(TEXT("\0\x11\x12\x34\1\0\0\1\0\0\0\0\0\0\0\0\2\0\1"),
                         TEXT("\0\x11\x12\x34\x81\x80\0\1\0\0\0\0\0\0\0\0\2\0\1")));
}

static void a_server_may_greet_in_ssh_alone(void **state)
{
    (void)state;
    unsigned greeted = preface_plain(SERVER, TEXT("SSH-2.0-x\r\n"), 0);
    assert_int_not_equal(greeted, 0);
    assert_int_equal(preface_plain(CLIENT, TEXT("SSH-2.0-y\r\n"), greeted), greeted);
    assert_int_equal(preface_plain(CLIENT, TEXT("\x16\3\1\2\0\1"), greeted), 0);
    assert_int_equal(preface_plain(CLIENT, TEXT(GET), greeted), 0);
    assert_int_equal(preface_plain(SERVER, TEXT(OK), 0), 0);
    assert_int_equal(preface_plain(SERVER, TEXT("+OK ready\r\n"), 0), 0);
}

static void what_may_lead_to_tls_is_not_plain(void **state)
{
    (void)state;
    static const char *const firsts[] = {
        "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: TLS/1.0\r\nConnection: Upgrade\r\n\r\n",
        "GET / HTTP/1.1\r\nupgrade: websocket\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        "CONNECT x:443 HTTP/1.1\r\n\r\n",
        "CONNECT / HTTP/1.1\r\n\r\n",
        "GET http://x/ HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n", /* the head goes on */
        "GET / HTTP/1.1",
        "GET / RTSP/1.0\r\n\r\n",
        "GET /\r\n\r\n",
        "EHLO x\r\n",
        "a CAPABILITY\r\n",
        "STLS\r\n",
        "AUTH TLS\r\n",
        "NICK x\r\n",
        "<stream:stream to='x'>",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
        "\4\1\1\xbb\1\2\3\4",
        "\5\1",
        "\x16\3\1\2\x05\1",
        "\x80\x2e\1\3\1",
        "*2\r\n",
        "*x\r\n$3\r\n",
        "SSH",
    };
    for (size_t i = 0; i < sizeof firsts / sizeof firsts[0]; i++) {
        assert_int_equal(preface_plain(CLIENT, wire_over(firsts[i], strlen(firsts[i])), 0), 0);
        assert_int_equal(preface_plain(CLIENT, wire_over(NULL, 0), 0), 0);
    }
    assert_int_equal(preface_plain(CLIENT, TEXT("\0\0\0\x08\4\xd2\x16\x2f"), 0), 0); /* Postgres */
    assert_int_equal(
        preface_plain(CLIENT, TEXT("\3\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\3\0\0\0"), 0), 0);
}

static void an_answer_may_still_turn_to_tls(void **state)
{
    (void)state;
    assert_false(is_plain(TEXT(GET), TEXT("HTTP/1.1 426 Upgrade Required\r\n\r\n")));
    assert_false(is_plain(TEXT(GET), TEXT("HTTP/1.1 400 Bad Request\r\n\r\n")));
    assert_false(is_plain(TEXT(GET), TEXT("HTTP/1.1 101 Switching Protocols\r\n\r\n")));
    assert_false(is_plain(TEXT(GET), TEXT("HTTP/1.1 200 OK\r\nUpgrade: TLS/1.2\r\n\r\n")));
    assert_false(is_plain(TEXT(GET), TEXT("HTTP/1.1 200 OK\r\nA: b\r\n")));
    assert_false(is_plain(TEXT(GET), TEXT("\x15\3\1\0\2\2\x50")));
    assert_false(is_plain(TEXT("*1\r\n$4\r\nPING\r\n"), TEXT("\x15\3\1\0\2\2\x0a")));
    assert_false(is_plain(TEXT("SSH-2.0-x\r\n"), TEXT("\x15\3\1\0\2\2\x0a")));
    assert_false(is_plain(TEXT("SSH-2.0-x\r\n"), TEXT("HTTP/1.1 200 OK\r\n\r\n")));
}

/* A message that is cut anywhere is not believed, or believed as the whole is. */
static void the_beginning_of_a_message_is_never_another_one(void **state)
{
    (void)state;
    static const struct {
        const char *said;
        size_t length;
    } firsts[] = {{GET, sizeof GET - 1},
                  {"SSH-2.0-x\r\n", 11},
                  {"*1\r\n$4\r\nPING\r\n", 14},
                  {"\0\x11\x12\x34\1\0\0\1\0\0\0\0\0\0\0\0\2\0\1", 19},
                  {"\x10\x0c\0\4MQTT\4\2\0\x3c\0\0", 14}};
    for (size_t i = 0; i < sizeof firsts / sizeof firsts[0]; i++) {
        unsigned whole = preface_plain(CLIENT, wire_over(firsts[i].said, firsts[i].length), 0);
        assert_int_not_equal(whole, 0);
        for (size_t length = 0; length < firsts[i].length; length++) {
            unsigned part = preface_plain(CLIENT, wire_over(firsts[i].said, length), 0);
            assert_true(part == 0 || part == whole);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_that_are_answered_are_plain),
        cmocka_unit_test(a_server_may_greet_in_ssh_alone),
        cmocka_unit_test(what_may_lead_to_tls_is_not_plain),
        cmocka_unit_test(an_answer_may_still_turn_to_tls),
        cmocka_unit_test(the_beginning_of_a_message_is_never_another_one),
    };
    return cmocka_run_group_tests_name("preface_plain", tests, NULL, NULL);
}
