/* SPDX-License-Identifier: Apache-2.0 */
/* UDP over loopback: boundaries, senders, connected sockets, large datagrams.
 * Documentation: POSIX sendto(), recvfrom(), connect(). */
#include "socket.h"

#include <poll.h>

static int bound(struct sockaddr_in *a)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    *a = loopback4(0);
    if (fd == -1 || bind(fd, (struct sockaddr *)a, sizeof *a) != 0)
        bail_out("no UDP socket: %s", strerror(errno));
    a->sin_port = htons((uint16_t)port_of(fd));
    return fd;
}

static void test_datagrams(void)
{
    struct sockaddr_in a, b, from = {0};
    socklen_t len = sizeof from;
    char buffer[64];
    int x = bound(&a), y = bound(&b);
    is_int(sendto(x, "one", 3, 0, (struct sockaddr *)&b, sizeof b), 3, "sendto");
    is_int(sendto(x, "three", 5, 0, (struct sockaddr *)&b, sizeof b), 5, "... again");
    is_int(sendto(x, "", 0, 0, (struct sockaddr *)&b, sizeof b), 0, "... an empty one");
    is_int(recvfrom(y, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &len), 3,
           "recvfrom gives one datagram");
    ok(len == sizeof from && from.sin_port == a.sin_port && from.sin_addr.s_addr == a.sin_addr.s_addr,
       "... and its sender");
    struct iovec iov = {buffer, 2};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
    is_int(recvmsg(y, &m, 0), 2, "recvmsg with less room gives a part");
    ok(m.msg_flags & MSG_TRUNC, "... and says MSG_TRUNC");
    is_int(recv(y, buffer, sizeof buffer, 0), 0, "the rest of it is gone; an empty datagram is one");
    is_int(recv(y, buffer, sizeof buffer, MSG_DONTWAIT), -1, "nothing is left");
    is_errno(EAGAIN, "... EAGAIN");
    close(x);
    close(y);
}

static void test_connected(void)
{
    struct sockaddr_in a, b, c;
    char buffer[8];
    int x = bound(&a), y = bound(&b), z = bound(&c);
    is_int(connect(x, (struct sockaddr *)&b, sizeof b), 0, "connect of a datagram socket");
    is_int(send(x, "to-y", 4, 0), 4, "send needs no address then");
    is_int(recv(y, buffer, sizeof buffer, 0), 4, "... and arrives");
    sendto(z, "no", 2, 0, (struct sockaddr *)&a, sizeof a);
    sendto(y, "yes", 3, 0, (struct sockaddr *)&a, sizeof a);
    is_int(recv(x, buffer, sizeof buffer, 0), 3, "only the connected peer is heard");
    is_int(connect(x, &(struct sockaddr){.sa_family = AF_UNSPEC}, sizeof(struct sockaddr)), 0,
           "connect to AF_UNSPEC");
    is_int(send(x, "?", 1, 0), -1, "... ends the association");
    is_errno(EDESTADDRREQ, "... EDESTADDRREQ");
    close(x);
    close(y);
    close(z);
}

static void test_large(void)
{
    static unsigned char out[60000], in[65536];
    struct sockaddr_in a, b;
    int x = bound(&a), y = bound(&b);
    for (size_t i = 0; i < sizeof out; i++)
        out[i] = (unsigned char)(i * 13);
    is_int(sendto(x, out, sizeof out, 0, (struct sockaddr *)&b, sizeof b), sizeof out,
           "a datagram of 60000 bytes");
    is_int(recv(y, in, sizeof in, 0), sizeof out, "... arrives whole");
    ok(memcmp(in, out, sizeof out) == 0, "... and unchanged");
    is_int(sendto(x, in, sizeof in, 0, (struct sockaddr *)&b, sizeof b), -1, "one of 65536 bytes is too large");
    is_errno(EMSGSIZE, "... EMSGSIZE");
    close(x);
    close(y);
}

/* The ICMP message that nobody has the port reaches the connected socket, and only that. */
static void refused(int domain, struct sockaddr *a, socklen_t len, int unconnected)
{
    char byte;
    int x = socket(domain, SOCK_DGRAM, 0);
    ok(connect(x, a, len) == 0 && send(x, "?", 1, 0) == 1, "to a port that nobody has, family %d", domain);
    struct pollfd p = {.fd = x, .events = POLLIN};
    is_int(poll(&p, 1, 5000), 1, "... poll wakes");
    is_int(recv(x, &byte, 1, 0), -1, "... recv fails");
    is_errno(ECONNREFUSED, "... ECONNREFUSED");
    is_int(recv(x, &byte, 1, MSG_DONTWAIT), -1, "... once");
    is_errno(EAGAIN, "... then EAGAIN");
    is_int(recv(unconnected, &byte, 1, MSG_DONTWAIT), -1, "another socket hears nothing");
    is_errno(EAGAIN, "... EAGAIN");
    close(x);
}

static void test_refused(void)
{
    struct sockaddr_in a, b;
    int x = bound(&a), y = bound(&b);
    struct sockaddr_in6 six = loopback6(ntohs(b.sin_port));
    close(y);
    refused(AF_INET, (struct sockaddr *)&b, sizeof b, x);
    refused(AF_INET6, (struct sockaddr *)&six, sizeof six, x);
    close(x);
}

static void test_poll(void)
{
    struct sockaddr_in a, b;
    int x = bound(&a), y = bound(&b);
    struct pollfd p = {.fd = y, .events = POLLIN | POLLOUT};
    is_int(poll(&p, 1, 0), 1, "poll of a datagram socket");
    is_int(p.revents, POLLOUT, "... it can send");
    p.events = POLLIN;
    is_int(poll(&p, 1, 50), 0, "... and has nothing to read");
    pid_t pid = start_child();
    if (pid == 0) {
        sleep_ms(100);
        _exit(sendto(x, "p", 1, 0, (struct sockaddr *)&b, sizeof b) == 1 ? 0 : 1);
    }
    ok(poll(&p, 1, -1) == 1 && p.revents == POLLIN, "poll wakes when a datagram comes");
    is_int(exit_status(pid), 0, "... from a child");
    close(x);
    close(y);
}

int main(void)
{
    tap_plan(0);
    test_datagrams();
    test_connected();
    test_large();
    test_refused();
    test_poll();
    return done();
}
