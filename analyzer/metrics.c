/* Sockets and getaddrinfo() are POSIX'; SOCK_CLOEXEC is Linux', and POSIX' since 2024. */
#define _GNU_SOURCE

#include "metrics.h"

#include "report/phrase.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    WAITING = 32, /* clients whom the kernel holds while METRICS_CLIENTS are served */
    ROUNDS = 32   /* of one call: what clients have sent is read in turns, and packets wait */
};

struct metrics {
    struct MHD_Daemon *daemon;
    const struct metrics_figures *figures; /* of the call of metrics_serve() at hand */
    char address[METRICS_ADDRESS];
    char page[METRICS_PAGE];
};

/* ---- answers ---- */

static enum MHD_Result reply(struct MHD_Connection *client, unsigned status, const char *type,
                             char *text)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_COPY);
    if (response == NULL) {
        return MHD_NO;
    }
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    }
    enum MHD_Result result = MHD_queue_response(client, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result reply_plain(struct MHD_Connection *client, unsigned status, const char *text)
{
    char line[64];
    (void)snprintf(line, sizeof line, "%s\n", text);
    return reply(client, status, "text/plain; charset=utf-8", line);
}

static enum MHD_Result reply_metrics(struct metrics *metrics, struct MHD_Connection *client)
{
    if (!metrics_page(metrics->page, metrics->figures)) {
        return reply_plain(client, MHD_HTTP_INTERNAL_SERVER_ERROR, "the page is too long");
    }
    return reply(client, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", metrics->page);
}

/* That there is an answer says that the loop goes round; what it cannot say is that an interface is
 * still there. */
static enum MHD_Result reply_health(const struct metrics *metrics, struct MHD_Connection *client)
{
    return metrics->figures->capturing
               ? reply_plain(client, MHD_HTTP_OK, "ok")
               : reply_plain(client, MHD_HTTP_SERVICE_UNAVAILABLE, "no interface to capture on");
}

/* The library's callback: once when the head of a request is there, and again for its body, which
 * nobody needs to send. */
static enum MHD_Result answer(void *closure, struct MHD_Connection *client, const char *path,
                              const char *method, const char *version, const char *body,
                              size_t *body_size, void **seen)
{
    struct metrics *metrics = closure;
    (void)version;
    (void)body;
    bool reads =
        strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
    if (!reads) {
        return reply_plain(client, MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD alone");
    }
    if (*seen == NULL) {
        *seen = metrics;
        return MHD_YES;
    }
    if (*body_size != 0) {
        return MHD_NO;
    }
    if (strcmp(path, "/metrics") == 0) {
        return reply_metrics(metrics, client);
    }
    if (strcmp(path, "/healthz") == 0) {
        return reply_health(metrics, client);
    }
    return reply_plain(client, MHD_HTTP_NOT_FOUND, "/metrics and /healthz alone");
}

void metrics_serve(struct metrics *metrics, const struct metrics_figures *figures)
{
    metrics->figures = figures;
    MHD_UNSIGNED_LONG_LONG wait = 0;
    for (int i = 0; i < ROUNDS && wait == 0; i++) {
        if (MHD_run(metrics->daemon) != MHD_YES ||
            MHD_get_timeout(metrics->daemon, &wait) != MHD_YES) {
            break;
        }
    }
    metrics->figures = NULL;
}

/* ---- the address ---- */

struct endpoint {
    char host[METRICS_ADDRESS];
    char port[8];
};

static bool copy(char *to, size_t size, const char *from, size_t length)
{
    if (length >= size) {
        return false;
    }
    memcpy(to, from, length);
    to[length] = '\0';
    return true;
}

static bool is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && digits <= 5 && text[digits] == '\0' && strtoul(text, NULL, 10) <= 65535;
}

/* HOST:PORT, :PORT or PORT; brackets around an IPv6 address. */
static bool split(struct endpoint *endpoint, const char *address)
{
    const char *colon = strrchr(address, ':');
    const char *port = colon != NULL ? colon + 1 : address;
    const char *host = address;
    size_t length = colon != NULL ? (size_t)(colon - address) : 0;
    bool bracketed = length >= 2 && host[0] == '[' && host[length - 1] == ']';
    if (bracketed) {
        host++;
        length -= 2;
    }
    bool version6 = memchr(host, ':', length) != NULL;
    if (version6 != bracketed || !is_port(port)) {
        return false;
    }
    if (length == 0 || (length == 9 && memcmp(host, "localhost", 9) == 0)) {
        host = "127.0.0.1";
        length = strlen(host);
    }
    return copy(endpoint->host, sizeof endpoint->host, host, length) &&
           copy(endpoint->port, sizeof endpoint->port, port, strlen(port));
}

/* A socket that listens there; -1, with errno. */
static int listen_on(const struct addrinfo *place)
{
    const int yes = 1;
    int file = socket(place->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (file < 0) {
        return -1;
    }
    if (setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
        bind(file, place->ai_addr, place->ai_addrlen) == 0 && listen(file, WAITING) == 0) {
        return file;
    }
    int why = errno;
    (void)close(file);
    errno = why;
    return -1;
}

static void name_address(struct metrics *metrics, int file)
{
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    char host[METRICS_ADDRESS - 8] = "?", port[8] = "?";
    if (getsockname(file, (struct sockaddr *)&bound, &size) == 0) {
        (void)getnameinfo((struct sockaddr *)&bound, size, host, sizeof host, port, sizeof port,
                          NI_NUMERICHOST | NI_NUMERICSERV);
    }
    bool version6 = strchr(host, ':') != NULL;
    struct phrase phrase = phrase_in(metrics->address, sizeof metrics->address);
    phrase_add(&phrase, version6 ? "[%s]:%s" : "%s:%s", host, port);
}

/* ---- beginning and end ---- */

static void complain(char error[METRICS_ERROR], const char *address, const char *why)
{
    struct phrase phrase = phrase_in(error, METRICS_ERROR);
    phrase_add(&phrase, "--metrics ");
    phrase_add_printable(&phrase, address);
    phrase_add(&phrase, ": %s", why);
}

static int open_socket(const char *address, char error[METRICS_ERROR])
{
    struct endpoint endpoint;
    struct addrinfo *place = NULL;
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                             .ai_socktype = SOCK_STREAM};
    if (!split(&endpoint, address) ||
        getaddrinfo(endpoint.host, endpoint.port, &hints, &place) != 0) {
        complain(error, address, "not PORT or ADDRESS:PORT, such as 127.0.0.1:9469 or [::1]:9469");
        return -1;
    }
    int file = listen_on(place);
    if (file < 0) {
        complain(error, address, strerror(errno));
    }
    freeaddrinfo(place);
    return file;
}

struct metrics *metrics_open(const char *address, char error[METRICS_ERROR])
{
    error[0] = '\0';
    int file = open_socket(address, error);
    if (file < 0) {
        return NULL;
    }
    struct metrics *metrics = calloc(1, sizeof *metrics);
    if (metrics != NULL) {
        name_address(metrics, file);
        metrics->daemon = MHD_start_daemon(
            MHD_USE_EPOLL, 0, NULL, NULL, answer, metrics, MHD_OPTION_LISTEN_SOCKET, file,
            MHD_OPTION_CONNECTION_LIMIT, (unsigned)METRICS_CLIENTS,
            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)METRICS_REQUEST,
            MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)METRICS_PATIENCE, MHD_OPTION_END);
    }
    if (metrics == NULL || metrics->daemon == NULL) {
        complain(error, address, "the server cannot be started");
        (void)close(file);
        free(metrics);
        return NULL;
    }
    return metrics;
}

const char *metrics_address(const struct metrics *metrics)
{
    return metrics->address;
}

int metrics_fd(const struct metrics *metrics)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(metrics->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info != NULL ? info->epoll_fd : -1;
}

void metrics_close(struct metrics *metrics)
{
    if (metrics != NULL) {
        MHD_stop_daemon(metrics->daemon);
        free(metrics);
    }
}
