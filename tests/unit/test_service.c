#define _GNU_SOURCE /* setenv(), SOCK_CLOEXEC */

#include "service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A service manager: a socket with a name, and what it was told last. */
struct manager {
    int socket;
    char folder[32];
    char path[64];
    char told[512];
};

static void clear_environment(void)
{
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

static void listen_at(struct manager *manager, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    memcpy(address.sun_path, name, length);
    if (name[0] == '@') {
        address.sun_path[0] = '\0';
    }
    manager->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(manager->socket >= 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    assert_int_equal(bind(manager->socket, (const struct sockaddr *)&address, size), 0);
    setenv("NOTIFY_SOCKET", name, 1);
}

static void begin(struct manager *manager)
{
    clear_environment();
    memcpy(manager->folder, "/tmp/service-XXXXXX", sizeof "/tmp/service-XXXXXX");
    assert_non_null(mkdtemp(manager->folder));
    (void)snprintf(manager->path, sizeof manager->path, "%s/notify", manager->folder);
    listen_at(manager, manager->path);
}

static void end(struct manager *manager)
{
    close(manager->socket);
    unlink(manager->path);
    rmdir(manager->folder);
    clear_environment();
}

/* The next datagram; "" when there is none. */
static const char *hear(struct manager *manager)
{
    ssize_t length = recv(manager->socket, manager->told, sizeof manager->told - 1, 0);
    manager->told[length > 0 ? length : 0] = '\0';
    return manager->told;
}

static void the_manager_hears_of_the_start_the_state_and_the_end(void **state)
{
    (void)state;
    struct manager manager;
    struct service service;
    begin(&manager);
    service_open(&service);
    service_ready(&service, "capturing on eth0");
    assert_string_equal(hear(&manager), "READY=1\nSTATUS=capturing on eth0");
    service_status(&service, "12 failed");
    assert_string_equal(hear(&manager), "STATUS=12 failed");
    service_stop(&service);
    assert_string_equal(hear(&manager), "STOPPING=1");
    assert_string_equal(hear(&manager), "");
    service_close(&service);
    end(&manager);
}

static void an_abstract_name_is_reached(void **state)
{
    (void)state;
    struct manager manager;
    struct service service;
    char name[64];
    clear_environment();
    (void)snprintf(name, sizeof name, "@tlswhy-test-%ld", (long)getpid());
    listen_at(&manager, name);
    service_open(&service);
    service_ready(&service, "");
    assert_string_equal(hear(&manager), "READY=1\nSTATUS=");
    service_close(&service);
    close(manager.socket);
    clear_environment();
}

static void a_sign_of_life_comes_at_half_of_the_watchdogs_time_and_not_before(void **state)
{
    (void)state;
    struct manager manager;
    struct service service;
    begin(&manager);
    setenv("WATCHDOG_USEC", "3000000", 1);
    service_open(&service);
    assert_int_equal(service.interval, 1500000000);
    service_live(&service, 7000000000);
    assert_string_equal(hear(&manager), "WATCHDOG=1");
    service_live(&service, 8499999999);
    assert_string_equal(hear(&manager), "");
    service_live(&service, 8500000000);
    assert_string_equal(hear(&manager), "WATCHDOG=1");
    service_close(&service);
    end(&manager);
}

static void the_watchdog_of_another_process_is_not_ours(void **state)
{
    (void)state;
    struct manager manager;
    struct service service;
    begin(&manager);
    setenv("WATCHDOG_USEC", "3000000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    service_open(&service);
    service_live(&service, 7000000000);
    assert_string_equal(hear(&manager), "");
    service_ready(&service, "on");
    assert_string_equal(hear(&manager), "READY=1\nSTATUS=on");
    service_close(&service);
    char self[32];
    (void)snprintf(self, sizeof self, "%ld", (long)getpid());
    setenv("WATCHDOG_PID", self, 1);
    service_open(&service);
    service_live(&service, 7000000000);
    assert_string_equal(hear(&manager), "WATCHDOG=1");
    service_close(&service);
    end(&manager);
}

static void a_watchdog_time_that_is_no_number_asks_for_nothing(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",           "x", "-5", " 5", "5s", "99999999999999999999",
                                        "86400000001"};
    struct manager manager;
    struct service service;
    begin(&manager);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        setenv("WATCHDOG_USEC", wrong[i], 1);
        service_open(&service);
        assert_int_equal(service.interval, 0);
        service_close(&service);
    }
    end(&manager);
}

static void a_status_is_one_line_and_is_cut(void **state)
{
    (void)state;
    struct manager manager;
    struct service service;
    char longest[2 * SERVICE_STATUS];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    memcpy(longest, "a\nMAINPID=1", strlen("a\nMAINPID=1"));
    begin(&manager);
    service_open(&service);
    service_status(&service, longest);
    const char *told = hear(&manager);
    assert_int_equal(strlen(told), strlen("STATUS=") + SERVICE_STATUS);
    assert_null(strchr(told, '\n'));
    assert_memory_equal(told, "STATUS=a MAINPID=1x", strlen("STATUS=a MAINPID=1x"));
    service_ready(&service, longest);
    assert_memory_equal(hear(&manager), "READY=1\nSTATUS=a MAINPID=1x", 27);
    service_close(&service);
    end(&manager);
}

static void where_nobody_listens_nothing_is_done(void **state)
{
    (void)state;
    static const char *const nowhere[] = {
        NULL, "", "/", "@", "relative", "vsock:2:1234", "/no/such/folder/notify"};
    struct service service;
    for (size_t i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++) {
        clear_environment();
        setenv("WATCHDOG_USEC", "3000000", 1);
        if (nowhere[i] != NULL) {
            setenv("NOTIFY_SOCKET", nowhere[i], 1);
        }
        service_open(&service);
        assert_int_equal(service.socket, -1);
        assert_int_equal(service.interval, 0);
        service_ready(&service, "x");
        service_live(&service, 1);
        service_stop(&service);
        service_close(&service);
    }
    clear_environment();
}

static void a_path_that_no_address_can_hold_is_not_cut_but_refused(void **state)
{
    (void)state;
    struct service service;
    char path[200];
    memset(path, 'a', sizeof path);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    setenv("NOTIFY_SOCKET", path, 1);
    service_open(&service);
    assert_int_equal(service.socket, -1);
    clear_environment();
}

static void a_manager_that_does_not_listen_any_more_does_not_hold_us_up(void **state)
{
    (void)state;
    struct manager manager;
    struct service service;
    begin(&manager);
    service_open(&service);
    for (int i = 0; i < 10000; i++) {
        service_status(&service, "nobody takes these");
    }
    end(&manager);
    service_status(&service, "gone");
    service_stop(&service);
    service_close(&service);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_manager_hears_of_the_start_the_state_and_the_end),
        cmocka_unit_test(an_abstract_name_is_reached),
        cmocka_unit_test(a_sign_of_life_comes_at_half_of_the_watchdogs_time_and_not_before),
        cmocka_unit_test(the_watchdog_of_another_process_is_not_ours),
        cmocka_unit_test(a_watchdog_time_that_is_no_number_asks_for_nothing),
        cmocka_unit_test(a_status_is_one_line_and_is_cut),
        cmocka_unit_test(where_nobody_listens_nothing_is_done),
        cmocka_unit_test(a_path_that_no_address_can_hold_is_not_cut_but_refused),
        cmocka_unit_test(a_manager_that_does_not_listen_any_more_does_not_hold_us_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
