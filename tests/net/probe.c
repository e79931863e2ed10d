/* SPDX-License-Identifier: Apache-2.0 */
/* What a program on the target does with the network; tests/net/run has the other end.
 *   probe tcp HOST PORT BYTES   sends a pattern and checks that it comes back
 *   probe udp HOST PORT         the same with datagrams of several sizes
 *   probe cut HOST PORT         the other end hangs up in the middle: an error or an end, no hang
 *   probe refused HOST PORT     nobody listens there
 *   probe serve PORT            echoes one connection
 * Says "probe WHAT: ok", or what went wrong. */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static int fail(const char *what)
{
    printf("probe: %s: %s\n", what, strerror(errno));
    return EXIT_FAILURE;
}

static int connect_to(const char *host, const char *port, int type)
{
    struct addrinfo hints = {.ai_socktype = type}, *a;
    int error = getaddrinfo(host, port, &hints, &a), fd = -1;
    if (error != 0) {
        printf("probe: %s: %s\n", host, gai_strerror(error));
        return -1;
    }
    for (int tries = 0; tries < 50; tries++) { /* the address may be on its way from DHCP */
        fd = socket(a->ai_family, type, 0);
        if (fd == -1 || connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            break;
        int why = errno;
        close(fd);
        fd = -1;
        errno = why;
        if (why != ENETUNREACH)
            break;
        usleep(100000);
    }
    freeaddrinfo(a);
    return fd;
}

static unsigned char pattern(size_t at)
{
    return (unsigned char)(at * 11 + (at >> 9));
}

/* Sends and receives at the same time, without blocking in either. */
static int tcp(int fd, size_t bytes)
{
    static unsigned char out[8192], in[8192];
    size_t sent = 0, got = 0;
    while (got < bytes) {
        struct pollfd p = {.fd = fd, .events = (short)(POLLIN | (sent < bytes ? POLLOUT : 0))};
        if (poll(&p, 1, 60000) != 1)
            return fail("poll");
        if ((p.revents & POLLOUT) && sent < bytes) {
            size_t n = bytes - sent < sizeof out ? bytes - sent : sizeof out;
            for (size_t i = 0; i < n; i++)
                out[i] = pattern(sent + i);
            ssize_t done = send(fd, out, n, MSG_DONTWAIT);
            if (done == -1 && errno != EAGAIN)
                return fail("send");
            sent += done > 0 ? (size_t)done : 0;
            if (sent == bytes)
                shutdown(fd, SHUT_WR);
        }
        if (p.revents & ~POLLOUT) {
            ssize_t n = recv(fd, in, sizeof in, 0);
            if (n <= 0)
                return fail("recv");
            for (ssize_t i = 0; i < n; i++, got++)
                if (in[i] != pattern(got))
                    return fail("wrong data");
        }
    }
    if (recv(fd, in, 1, 0) != 0)
        return fail("no end of data");
    printf("probe tcp: ok\n");
    return EXIT_SUCCESS;
}

static int udp(int fd)
{
    static const size_t sizes[] = {1, 100, 1400, 5000, 0};
    static unsigned char out[5000], in[8192];
    struct timeval tv = {.tv_sec = 2};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
    for (size_t i = 0; i < sizeof out; i++)
        out[i] = pattern(i);
    for (int i = 0; sizes[i] != 0; i++) {
        ssize_t n = -1;
        for (int tries = 0; tries < 10 && n == -1; tries++) { /* datagrams may be lost */
            send(fd, out, sizes[i], 0);
            n = recv(fd, in, sizeof in, 0);
        }
        if (n != (ssize_t)sizes[i] || memcmp(in, out, sizes[i]) != 0)
            return fail("datagram");
        while (recv(fd, in, sizeof in, MSG_DONTWAIT) >= 0)
            ;
    }
    printf("probe udp: ok\n");
    return EXIT_SUCCESS;
}

static int cut(int fd)
{
    static char block[65536];
    ssize_t n;
    do
        n = send(fd, block, sizeof block, MSG_NOSIGNAL);
    while (n > 0);
    if (errno != EPIPE && errno != ECONNRESET)
        return fail("cut");
    printf("probe cut: ok\n");
    return EXIT_SUCCESS;
}

static int serve(const char *port)
{
    struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *a;
    static char block[8192];
    ssize_t n;
    int on = 1;
    if (getaddrinfo(NULL, port, &hints, &a) != 0)
        return fail("getaddrinfo");
    int l = socket(a->ai_family, SOCK_STREAM, 0);
    setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(l, a->ai_addr, a->ai_addrlen) != 0 || listen(l, 5) != 0)
        return fail("listen");
    printf("probe serve: listening\n");
    fflush(stdout);
    int fd = accept(l, NULL, NULL);
    if (fd == -1)
        return fail("accept");
    while ((n = recv(fd, block, sizeof block, 0)) > 0)
        if (send(fd, block, (size_t)n, 0) != n)
            return fail("send");
    printf(n == 0 ? "probe serve: ok\n" : "probe serve: recv failed\n");
    return n == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "serve") == 0)
        return serve(argv[2]);
    if (argc < 4)
        return EXIT_FAILURE;
    bool datagrams = strcmp(argv[1], "udp") == 0, refused = strcmp(argv[1], "refused") == 0;
    int fd = connect_to(argv[2], argv[3], datagrams ? SOCK_DGRAM : SOCK_STREAM);
    if (refused) {
        printf(fd == -1 && errno == ECONNREFUSED ? "probe refused: ok\n" : "probe refused: it was not\n");
        return EXIT_SUCCESS;
    }
    if (fd == -1)
        return fail("connect");
    if (strcmp(argv[1], "cut") == 0)
        return cut(fd);
    return datagrams ? udp(fd) : tcp(fd, argc > 4 ? strtoul(argv[4], NULL, 10) : 1000);
}
