/* SPDX-License-Identifier: Apache-2.0 */
/* What the socket tests share: addresses, connected pairs, children. */
#pragma once
#include "../tap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

__attribute__((unused)) static struct sockaddr_in loopback4(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

__attribute__((unused)) static struct sockaddr_in6 loopback6(int port)
{
    return (struct sockaddr_in6){.sin6_family = AF_INET6,
                                 .sin6_port = htons((uint16_t)port),
                                 .sin6_addr = IN6ADDR_LOOPBACK_INIT};
}

__attribute__((unused)) static int port_of(int fd)
{
    struct sockaddr_in6 a = {0};
    socklen_t len = sizeof a;
    return getsockname(fd, (struct sockaddr *)&a, &len) == 0 ? ntohs(a.sin6_port) : -1;
}

/* A listening socket on a port that is free. */
__attribute__((unused)) static int listener(void)
{
    struct sockaddr_in a = loopback4(0);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 5) != 0)
        bail_out("no listening socket: %s", strerror(errno));
    return fd;
}

__attribute__((unused)) static void connected(int fd[2])
{
    int l = listener();
    struct sockaddr_in a = loopback4(port_of(l));
    fd[0] = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd[0], (struct sockaddr *)&a, sizeof a) != 0)
        bail_out("no connection: %s", strerror(errno));
    fd[1] = accept(l, NULL, NULL);
    if (fd[1] == -1)
        bail_out("accept: %s", strerror(errno));
    close(l);
}

__attribute__((unused)) static void sleep_ms(unsigned ms)
{
    nanosleep(&(struct timespec){ms / 1000, (long)(ms % 1000) * 1000000}, NULL);
}

__attribute__((unused)) static pid_t start_child(void)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == -1)
        bail_out("fork: %s", strerror(errno));
    return pid;
}

__attribute__((unused)) static int exit_status(pid_t pid)
{
    int status = -1;
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
