/* Sockets are POSIX'. */
#define _POSIX_C_SOURCE 200809L

#include "metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    ANSWER = 64 << 10,
    MANY = 40 /* more than are served, fewer than the kernel lets wait, too */,
    TURNS = 200,
    TURN = 20 /* milliseconds */
};

static const struct totals TOTALS = {.packets = 42};

static struct metrics *open_any(void)
{
    char error[METRICS_ERROR];
    struct metrics *metrics = metrics_open("0", error);
    assert_non_null(metrics);
    assert_string_equal(error, "");
    assert_int_equal(strncmp(metrics_address(metrics), "127.0.0.1:", 10), 0);
    assert_true(metrics_fd(metrics) >= 0);
    return metrics;
}

static int connect_to(const struct metrics *metrics)
{
    const char *port = strrchr(metrics_address(metrics), ':') + 1;
    struct sockaddr_in there = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int file = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(file >= 0);
    assert_int_equal(connect(file, (struct sockaddr *)&there, sizeof there), 0);
    assert_int_equal(fcntl(file, F_SETFL, O_NONBLOCK), 0);
    return file;
}

static void serve(struct metrics *metrics, bool capturing)
{
    struct metrics_figures figures = {.totals = &TOTALS, .capturing = capturing};
    struct pollfd ready = {.fd = metrics_fd(metrics), .events = POLLIN};
    (void)poll(&ready, 1, TURN);
    metrics_serve(metrics, &figures);
}

/* Asks, and reads the answer up to the connection's end; "" when there is none. */
static const char *ask(struct metrics *metrics, const char *request, bool capturing)
{
    static char answer[ANSWER];
    size_t length = 0;
    int file = connect_to(metrics);
    size_t size = strlen(request);
    assert_int_equal(send(file, request, size, MSG_NOSIGNAL), size);
    for (int turn = 0; turn < TURNS; turn++) {
        serve(metrics, capturing);
        ssize_t got = recv(file, answer + length, sizeof answer - 1 - length, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN)) {
            break;
        }
        length += got > 0 ? (size_t)got : 0;
        assert_true(turn + 1 < TURNS);
    }
    (void)close(file);
    answer[length] = '\0';
    return answer;
}

static const char *ask_for(struct metrics *metrics, const char *line, bool capturing)
{
    char request[256];
    (void)snprintf(request, sizeof request, "%s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                   line);
    return ask(metrics, request, capturing);
}

static void assert_begins(const char *answer, const char *status)
{
    if (strncmp(answer, status, strlen(status)) != 0) {
        fail_msg("'%.40s' does not begin with '%s'", answer, status);
    }
}

static void prometheus_gets_its_page(void **state)
{
    (void)state;
    struct metrics *metrics = open_any();
    const char *answer = ask_for(metrics, "GET /metrics", true);
    assert_begins(answer, "HTTP/1.1 200 ");
    assert_non_null(strstr(answer, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    assert_non_null(strstr(answer, "\r\n\r\n# HELP "));
    assert_non_null(strstr(answer, "\ntlswhy_packets_total 42\n"));
    const char *length = strstr(answer, "Content-Length: ");
    assert_non_null(length);
    assert_int_equal(strtoul(length + 16, NULL, 10), strlen(strstr(answer, "\r\n\r\n") + 4));

    answer = ask_for(metrics, "HEAD /metrics", true);
    assert_begins(answer, "HTTP/1.1 200 ");
    assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
    assert_begins(ask_for(metrics, "GET /metrics?name=x", true), "HTTP/1.1 200 ");
    metrics_close(metrics);
}

static void health_is_whether_packets_can_come(void **state)
{
    (void)state;
    struct metrics *metrics = open_any();
    const char *answer = ask_for(metrics, "GET /healthz", true);
    assert_begins(answer, "HTTP/1.1 200 ");
    assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\nok\n");
    assert_begins(ask_for(metrics, "GET /healthz", false), "HTTP/1.1 503 ");
    metrics_close(metrics);
}

static void there_is_nothing_else_and_nothing_to_change(void **state)
{
    (void)state;
    struct metrics *metrics = open_any();
    assert_begins(ask_for(metrics, "GET /", true), "HTTP/1.1 404 ");
    assert_begins(ask_for(metrics, "GET /metrics/", true), "HTTP/1.1 404 ");
    assert_begins(ask_for(metrics, "GET /../etc/passwd", true), "HTTP/1.1 404 ");
    const char *answer = ask_for(metrics, "DELETE /metrics", true);
    assert_begins(answer, "HTTP/1.1 405 ");
    assert_non_null(strstr(answer, "Allow: GET, HEAD\r\n"));
    answer = ask(metrics,
                 "POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n"
                 "Connection: close\r\n\r\nx",
                 true);
    assert_begins(answer, "HTTP/1.1 405 ");
    metrics_close(metrics);
}

static void what_is_no_request_is_not_answered_with_a_page(void **state)
{
    (void)state;
    static char long_request[3 * METRICS_REQUEST];
    struct metrics *metrics = open_any();
    assert_null(strstr(ask(metrics, "\x16\x03\x01\x02garbage\r\n\r\n", true), "# HELP"));
    size_t length = (size_t)sprintf(long_request, "GET /metrics HTTP/1.1\r\nHost: a\r\nX: ");
    memset(long_request + length, 'x', sizeof long_request - length - 1);
    assert_null(strstr(ask(metrics, long_request, true), "# HELP"));
    assert_null(strstr(
        ask(metrics, "GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", true),
        "# HELP"));
    assert_begins(ask_for(metrics, "GET /metrics", true), "HTTP/1.1 200 ");
    metrics_close(metrics);
}

static size_t open_files(void)
{
    size_t count = 0;
    for (int file = 0; file < 1024; file++) {
        count += fcntl(file, F_GETFD) >= 0;
    }
    return count;
}

static void many_who_say_nothing_take_no_more_than_their_places(void **state)
{
    (void)state;
    struct metrics *metrics = open_any();
    size_t before = open_files();
    int client[MANY];
    for (int i = 0; i < MANY; i++) {
        client[i] = connect_to(metrics);
        serve(metrics, true);
    }
    assert_int_equal(open_files() - before, MANY + METRICS_CLIENTS);
    for (int i = 0; i < MANY; i++) {
        (void)close(client[i]);
    }
    for (int turn = 0; turn < 5; turn++) {
        serve(metrics, true);
    }
    assert_begins(ask_for(metrics, "GET /metrics", true), "HTTP/1.1 200 ");
    assert_int_equal(open_files(), before);
    metrics_close(metrics);
}

static void refuse(const char *address, const char *words)
{
    char error[METRICS_ERROR];
    assert_null(metrics_open(address, error));
    if (strstr(error, "--metrics ") != error || strstr(error, words) == NULL) {
        fail_msg("'%s' is not said of '%s': '%s'", words, address, error);
    }
}

static void an_address_that_is_none_is_named(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",    ":",         "x",        "127.0.0.1",  "65536",          "-1",
        "a:",  "::1:9469",  "[::1]",    "[::1:9469",  "[1.2.3.4]:1",    "host.example:1",
        " 99", "[::1]:1:2", "99999999", "127.0.0.1:", "127.0.0.1:0x99",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        refuse(wrong[i], "not PORT or ADDRESS:PORT");
    }
    refuse("192.0.2.1:0", "annot assign requested address");
}

static void an_address_in_use_is_named(void **state)
{
    (void)state;
    struct metrics *metrics = open_any();
    refuse(metrics_address(metrics), "already in use");
    metrics_close(metrics);
}

static void loopback_is_what_is_not_said(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {":0", "127.0.0.1:"}, {"localhost:0", "127.0.0.1:"}, {"0.0.0.0:0", "0.0.0.0:"}};
    char error[METRICS_ERROR];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct metrics *metrics = metrics_open(rows[i][0], error);
        assert_non_null(metrics);
        assert_begins(metrics_address(metrics), rows[i][1]);
        metrics_close(metrics);
    }
    struct metrics *version6 = metrics_open("[::1]:0", error);
    if (version6 == NULL) { /* a machine without IPv6 says so */
        assert_non_null(strstr(error, "--metrics [::1]:0: "));
        return;
    }
    assert_begins(metrics_address(version6), "[::1]:");
    metrics_close(version6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prometheus_gets_its_page),
        cmocka_unit_test(health_is_whether_packets_can_come),
        cmocka_unit_test(there_is_nothing_else_and_nothing_to_change),
        cmocka_unit_test(what_is_no_request_is_not_answered_with_a_page),
        cmocka_unit_test(many_who_say_nothing_take_no_more_than_their_places),
        cmocka_unit_test(an_address_that_is_none_is_named),
        cmocka_unit_test(an_address_in_use_is_named),
        cmocka_unit_test(loopback_is_what_is_not_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
