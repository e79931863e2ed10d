/* SPDX-License-Identifier: Apache-2.0 */
/* The network's side: a process for each connection, so that one that hangs or dies stops no other. */
#include "deployd.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS 16

static void set(int fd, int level, int option, int value)
{
    setsockopt(fd, level, option, &value, sizeof value);
}

int listen_open(const char *where)
{
    char address[64];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *found;
    const char *colon = strrchr(where, ':');
    const char *port = colon != NULL ? colon + 1 : where;
    size_t n = colon != NULL ? (size_t)(colon - where) : 0;
    errno = EINVAL;
    if (n >= sizeof address || *port == '\0')
        return -1;
    memcpy(address, where, n);
    address[n] = '\0';
    char *name = address;
    if (n > 1 && name[0] == '[' && name[n - 1] == ']') {
        name[n - 1] = '\0';
        name++;
    }
    hints.ai_family = n == 0 ? AF_INET : AF_UNSPEC;
    if (getaddrinfo(n > 0 ? name : NULL, port, &hints, &found) != 0) {
        errno = EINVAL;
        return -1;
    }
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd != -1) {
        set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
        if (bind(fd, found->ai_addr, found->ai_addrlen) == -1 || listen(fd, CONNECTIONS) == -1) {
            int error = errno;
            close(fd);
            errno = error;
            fd = -1;
        }
    }
    freeaddrinfo(found);
    return fd;
}

/* A host that was switched off says nothing any more: it is gone after half a minute. */
_Noreturn static void be_server(int fd)
{
    signal(SIGCHLD, SIG_DFL);
    set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 10);
    set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 3);
    set(fd, IPPROTO_TCP, TCP_KEEPCNT, 6);
    serve(fd, fd);
    _exit(EXIT_SUCCESS);
}

static void give_back(unsigned *connections)
{
    while (*connections > 0 && waitpid(-1, NULL, *connections < CONNECTIONS ? WNOHANG : 0) > 0)
        --*connections;
}

void listen_serve(int listener)
{
    unsigned connections = 0;
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        give_back(&connections);
        pid_t pid = fd != -1 ? fork() : -1;
        if (pid == 0) {
            close(listener);
            be_server(fd);
        }
        connections += pid > 0;
        if (fd != -1)
            close(fd);
        if (pid == -1) /* no memory, no descriptor, no network: it may come back */
            nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    }
}
