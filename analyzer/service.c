#define _GNU_SOURCE /* SOCK_CLOEXEC */

#include "service.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A manager that waits longer than a day does not watch. */
static const uint64_t watchdog_limit = 86400ULL * 1000000;

/* The decimal number in the environment; 0 where there is none, or something else. */
static uint64_t environment_number(const char *name, uint64_t limit)
{
    const char *text = getenv(name);
    if (text == NULL || text[0] < '0' || text[0] > '9') {
        return 0;
    }
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0' && number <= limit ? number : 0;
}

/* The manager's address: a path, or an abstract name behind '@'. 0: it is none. */
static socklen_t read_address(struct sockaddr_un *address, const char *name)
{
    size_t length = name == NULL ? 0 : strlen(name);
    if (length < 2 || length >= sizeof address->sun_path || (name[0] != '/' && name[0] != '@')) {
        return 0;
    }
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(address->sun_path, name, length);
    if (name[0] == '@') {
        address->sun_path[0] = '\0';
    }
    /* An abstract name has no terminator: a zero byte would be part of it. */
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (name[0] == '/'));
}

void service_open(struct service *service)
{
    struct sockaddr_un address;
    socklen_t length = read_address(&address, getenv("NOTIFY_SOCKET"));
    *service = (struct service){.socket = -1};
    if (length == 0) {
        return;
    }
    service->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (service->socket >= 0 &&
        connect(service->socket, (const struct sockaddr *)&address, length) != 0) {
        service_close(service);
    }
    uint64_t watched = environment_number("WATCHDOG_PID", INT32_MAX);
    uint64_t period = environment_number("WATCHDOG_USEC", watchdog_limit);
    if (service->socket >= 0 && (watched == 0 || watched == (uint64_t)getpid())) {
        service->interval = (int64_t)period * 1000 / 2;
    }
}

static void say(const struct service *service, const char *text)
{
    if (service->socket >= 0) {
        (void)!send(service->socket, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
}

/* A status is one line: a newline would begin another message. */
static void say_status(const struct service *service, const char *before, const char *status)
{
    char text[SERVICE_STATUS + sizeof "READY=1\nSTATUS="];
    int length = snprintf(text, sizeof text, "%sSTATUS=%.*s", before, SERVICE_STATUS, status);
    for (int i = (int)strlen(before); i < length; i++) {
        if (text[i] == '\n') {
            text[i] = ' ';
        }
    }
    say(service, text);
}

void service_ready(struct service *service, const char *status)
{
    say_status(service, "READY=1\n", status);
}

void service_status(struct service *service, const char *status)
{
    say_status(service, "", status);
}

void service_live(struct service *service, int64_t now)
{
    if (service->interval > 0 && now >= service->next) {
        service->next = now + service->interval;
        say(service, "WATCHDOG=1");
    }
}

void service_stop(struct service *service)
{
    say(service, "STOPPING=1");
}

void service_close(struct service *service)
{
    if (service->socket >= 0) {
        (void)close(service->socket);
        service->socket = -1;
    }
}
