/* What the small C peers share: key=value words and sockets. */
#ifndef PEER_H
#define PEER_H

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The value of `key=` among the words, or NULL. */
static inline const char *setting(char **words, const char *key)
{
    size_t length = strlen(key);

    for (; *words != NULL; words++) {
        if (strncmp(*words, key, length) == 0 && (*words)[length] == '=') {
            return *words + length + 1;
        }
    }
    return NULL;
}

/* A TCP socket connected to host and port; ends the program when there is none. */
static inline int connected(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    int socket_fd;

    if (getaddrinfo(host, port, &hints, &found) != 0) {
        exit(3);
    }
    socket_fd = socket(found->ai_family, SOCK_STREAM, 0);
    if (socket_fd < 0 || connect(socket_fd, found->ai_addr, found->ai_addrlen) != 0) {
        perror("connect");
        exit(3);
    }
    freeaddrinfo(found);
    return socket_fd;
}

/* A TCP socket that listens on the port of every address. */
static inline int listening(const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_INET,
                             .ai_flags = AI_PASSIVE}, *found;
    int socket_fd, on = 1;

    if (getaddrinfo(NULL, port, &hints, &found) != 0) {
        exit(3);
    }
    socket_fd = socket(found->ai_family, SOCK_STREAM, 0);
    setsockopt(socket_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(socket_fd, found->ai_addr, found->ai_addrlen) != 0 || listen(socket_fd, 8) != 0) {
        perror("listen");
        exit(3);
    }
    freeaddrinfo(found);
    return socket_fd;
}

static const char REQUEST[] = "GET / HTTP/1.0\r\n\r\n";
static const char ANSWER[] = "HTTP/1.0 200 OK\r\n\r\nhello\n";

#endif
