/* Proxies, tunnels and plain HTTP. */
#include "preface_turns.h"

static void connect_is_granted_where_its_head_ends(void **state)
{
    (void)state;
    static const struct turn turns[] = {
        C("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n"),
        S("HTTP/1.1 200 Connection established\r\nContent-Length: 100\r\n"), S("\r\n"), C(HELLO)};
    EXPECT(turns, PREFACE_UNKNOWN, PREFACE_GRANTED, PREFACE_HTTP_CONNECT, 200,
           "HTTP/1.1 200 Connection established", "CONNECT a.example:443 HTTP/1.1", true);
    EXPECT(((const struct turn[]){turns[0], turns[1]}), PREFACE_HTTP_CONNECT, PREFACE_ASKED, 0, 200,
           NULL, NULL, false);
}

static void a_line_too_many_behind_the_head_does_no_harm(void **state)
{
    (void)state;
    static const struct turn turns[] = {C("CONNECT a:443 HTTP/1.1\n\n"), S("HTTP/1.1 200 OK\n\n\n"),
                                        C(HELLO)};
    EXPECT(turns, PREFACE_UNKNOWN, PREFACE_GRANTED, PREFACE_HTTP_CONNECT, 200, "HTTP/1.1 200 OK",
           NULL, true);
}

static void connect_is_refused_and_tried_again(void **state)
{
    (void)state;
    static const struct turn turns[] = {
        C("CONNECT a:443 HTTP/1.1\r\n\r\n"),
        S("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 9\r\n\r\nno\nsorry."),
        C("CONNECT a:443 HTTP/1.1\r\nProxy-Authorization: x\r\n\r\n"), S("HTTP/1.1 200 OK\r\n\r\n"),
        C(HELLO)};
    EXPECT(turns, PREFACE_UNKNOWN, PREFACE_GRANTED, PREFACE_HTTP_CONNECT, 200, "HTTP/1.1 200 OK",
           NULL, true);
    EXPECT(((const struct turn[]){turns[0], turns[1]}), PREFACE_HTTP_CONNECT, PREFACE_REFUSED, 0,
           407, "HTTP/1.1 407 Proxy Authentication Required", "CONNECT a:443 HTTP/1.1", false);
}

static void a_tunnel_holds_a_dialogue_of_its_own(void **state)
{
    (void)state;
    static const struct turn turns[] = {
        C("PROXY TCP4 10.0.0.1 10.0.0.2 5 25\r\nCONNECT mx:25 HTTP/1.1\r\n\r\n"),
        S("HTTP/1.1 200 OK\r\n\r\n"),
        S("220 mx ESMTP\r\n"),
        C("EHLO me\r\n"),
        S("250-mx\r\n250 STARTTLS\r\n"),
        C("STARTTLS\r\n"),
        S("454 later\r\n")};
    EXPECT(turns, PREFACE_SMTP, PREFACE_REFUSED, PREFACE_HTTP_CONNECT, 454, "454 later", "STARTTLS",
           false);
    EXPECT(((const struct turn[]){turns[0], turns[1], turns[2]}), PREFACE_SMTP, PREFACE_TALKING,
           PREFACE_HTTP_CONNECT, 0, "220 mx ESMTP", "CONNECT mx:25 HTTP/1.1", false);
}

static void socks5_connects_by_name_and_password(void **state)
{
    (void)state;
    static const struct turn turns[] = {C("\x05\x02\x00\x02"),
                                        S("\x05\x02"),
                                        C("\x01\x01u\x02pw"),
                                        S("\x01\x00"),
                                        C("\x05\x01\x00\x03\x09"
                                          "a.example\x01\xbb"),
                                        S("\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"),
                                        C(HELLO)};
    EXPECT(turns, PREFACE_UNKNOWN, PREFACE_GRANTED, PREFACE_SOCKS5, 0, "succeeded",
           "CONNECT a.example:443", true);
    EXPECT(((const struct turn[]){turns[0], turns[1], turns[2], S("\x01\x01")}), PREFACE_SOCKS5,
           PREFACE_REFUSED, 0, 257, "authentication failed", NULL, false);
    EXPECT(((const struct turn[]){turns[0], S("\x05\xff")}), PREFACE_SOCKS5, PREFACE_REFUSED, 0,
           255, "no acceptable methods", NULL, false);
}

static void socks5_refuses_every_address_type(void **state)
{
    (void)state;
    static const struct turn greeting[] = {C("\x05\x01\x00"), S("\x05\x00")};
    EXPECT(((const struct turn[]){greeting[0], greeting[1],
                                  C("\x05\x01\x00\x01\x0a\x00\x00\x01\x01\xbb"),
                                  S("\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00")}),
           PREFACE_SOCKS5, PREFACE_REFUSED, 0, 5, "connection refused", "CONNECT 10.0.0.1:443",
           false);
    EXPECT(((const struct turn[]){
               greeting[0], greeting[1],
               C("\x05\x01\x00\x04\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
                 "\x01\xbb"),
               S("\x05\x02")}),
           PREFACE_SOCKS5, PREFACE_REFUSED, 0, 2, "connection not allowed by ruleset",
           "CONNECT [2001:0db8:0000:0000:0000:0000:0000:0001]:443", false);
}

static void socks5_may_be_spoken_without_waiting(void **state)
{
    (void)state;
    static const struct turn turns[] = {
        C("\x05\x01\x00"), C("\x05\x01\x00\x01\x0a\x00\x00\x01\x01\xbb"), S("\x05\x00"),
        S("\x05\x00\x00\x04\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01"
          "\xbb"),
        C(HELLO)};
    EXPECT(turns, PREFACE_UNKNOWN, PREFACE_GRANTED, PREFACE_SOCKS5, 0, NULL, "CONNECT 10.0.0.1:443",
           true);
}

static void a_socks_client_meets_an_http_proxy(void **state)
{
    (void)state;
    static const struct turn turns[] = {C("\x05\x01\x00"), S("HTTP/1.1 400 Bad Request\r\n\r\n")};
    EXPECT(turns, PREFACE_HTTP, PREFACE_TALKING, 0, 400, "HTTP/1.1 400 Bad Request", NULL, false);
}

static void socks4_connects_and_refuses(void **state)
{
    (void)state;
    static const struct turn turns[] = {C("\x04\x01\x01\xbb\x00\x00\x00\x01me\x00"
                                          "a.example\x00"),
                                        S("\x00\x5a\x00\x00\x00\x00\x00\x00"), C(HELLO)};
    EXPECT(turns, PREFACE_UNKNOWN, PREFACE_GRANTED, PREFACE_SOCKS4, 90, "request granted",
           "CONNECT a.example:443", true);
    EXPECT(((const struct turn[]){C("\x04\x01\x01\xbb\x0a\x00\x00\x01\x00"),
                                  S("\x00\x5b\x00\x00\x00\x00\x00\x00")}),
           PREFACE_SOCKS4, PREFACE_REFUSED, 0, 91, "request rejected or failed",
           "CONNECT 10.0.0.1:443", false);
}

static void the_proxy_protocol_needs_no_answer(void **state)
{
    (void)state;
    static const struct turn one[] = {C("PROXY TCP4 10.0.0.1 10.0.0.2 56324 443\r\n" HELLO)};
    static const struct turn two[] = {C("\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0f\x0a\x00\x00\x01\x0a"
                                        "\x00\x00\x02\xdc\x04\x01\xbb\x04\x00\x00" HELLO)};
    EXPECT(one, PREFACE_UNKNOWN, PREFACE_GRANTED, PREFACE_PROXY1, 0, "",
           "PROXY TCP4 10.0.0.1 10.0.0.2 56324 443", true);
    EXPECT(two, PREFACE_UNKNOWN, PREFACE_GRANTED, PREFACE_PROXY2, 0, "",
           "PROXY TCP4 10.0.0.1 10.0.0.2 56324 443", true);
}

static void plain_http_is_known_from_either_side(void **state)
{
    (void)state;
    static const struct turn both[] = {
        C("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"),
        S("HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<html>")};
    EXPECT(both, PREFACE_HTTP, PREFACE_TALKING, 0, 400, "HTTP/1.1 400 Bad Request",
           "GET /a HTTP/1.1", false);
    EXPECT(((const struct turn[]){both[0]}), PREFACE_HTTP, PREFACE_TALKING, 0, 0, "",
           "GET /a HTTP/1.1", false);
    EXPECT(((const struct turn[]){both[1]}), PREFACE_HTTP, PREFACE_TALKING, 0, 400,
           "HTTP/1.1 400 Bad Request", "", false);
    EXPECT(((const struct turn[]){S("<html>\r\n<head><title>400</title>\r\n")}), PREFACE_HTTP,
           PREFACE_TALKING, 0, 0, "<html>", "", false);
}

static void http_upgrades_to_tls(void **state)
{
    (void)state;
    static const struct turn turns[] = {
        C("OPTIONS * HTTP/1.1\r\nHost: x\r\nUpgrade: TLS/1.0\r\nConnection: Upgrade\r\n\r\n"),
        S("HTTP/1.1 101 Switching Protocols\r\nUpgrade: TLS/1.0, HTTP/1.1\r\n\r\n"), C(HELLO)};
    EXPECT(turns, PREFACE_HTTP, PREFACE_GRANTED, 0, 101, "HTTP/1.1 101 Switching Protocols",
           "Upgrade: TLS/1.0", true);
    EXPECT(((const struct turn[]){turns[0], S("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")}),
           PREFACE_HTTP, PREFACE_REFUSED, 0, 200, "HTTP/1.1 200 OK", NULL, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connect_is_granted_where_its_head_ends),
        cmocka_unit_test(a_line_too_many_behind_the_head_does_no_harm),
        cmocka_unit_test(connect_is_refused_and_tried_again),
        cmocka_unit_test(a_tunnel_holds_a_dialogue_of_its_own),
        cmocka_unit_test(socks5_connects_by_name_and_password),
        cmocka_unit_test(socks5_refuses_every_address_type),
        cmocka_unit_test(socks5_may_be_spoken_without_waiting),
        cmocka_unit_test(a_socks_client_meets_an_http_proxy),
        cmocka_unit_test(socks4_connects_and_refuses),
        cmocka_unit_test(the_proxy_protocol_needs_no_answer),
        cmocka_unit_test(plain_http_is_known_from_either_side),
        cmocka_unit_test(http_upgrades_to_tls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
