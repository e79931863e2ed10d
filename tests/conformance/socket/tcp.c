/* SPDX-License-Identifier: Apache-2.0 */
/* TCP over loopback, IPv4 and IPv6: names, data both ways, ends of data, many megabytes.
 * Documentation: POSIX socket(), connect(), accept(), send(), recv(), shutdown(). */
#include "socket.h"

#include <sys/ioctl.h>
#include <sys/uio.h>

static void test_v4(void)
{
    int l = listener();
    struct sockaddr_in a = loopback4(port_of(l)), peer = {0};
    socklen_t len = sizeof peer;
    char buffer[32] = "";
    int c = socket(AF_INET, SOCK_STREAM, 0);
    ok(port_of(l) > 0, "bind to port 0 chooses one");
    is_int(connect(c, (struct sockaddr *)&a, sizeof a), 0, "connect");
    int s = accept(l, (struct sockaddr *)&peer, &len);
    ok(s >= 0, "accept");
    ok(len == sizeof peer && peer.sin_port == htons((uint16_t)port_of(c)) &&
           peer.sin_addr.s_addr == htonl(INADDR_LOOPBACK),
       "accept tells who connected");
    len = sizeof peer;
    is_int(getpeername(c, (struct sockaddr *)&peer, &len), 0, "getpeername");
    is_int(ntohs(peer.sin_port), port_of(l), "... is the listener's port");
    is_int(port_of(s), port_of(l), "the accepted socket has the listener's port, too");
    is_int(write(c, "hello", 5), 5, "write");
    is_int(recv(s, buffer, sizeof buffer, MSG_PEEK), 5, "recv with MSG_PEEK");
    int n = 0;
    is_int(ioctl(s, FIONREAD, &n), 0, "FIONREAD");
    is_int(n, 5, "... counts what waits");
    is_int(read(s, buffer, 2), 2, "read takes a part");
    is_int(read(s, buffer + 2, sizeof buffer - 2), 3, "... and then the rest");
    is_str(buffer, "hello", "... in order");
    struct iovec out[2] = {{"ab", 2}, {"cde", 3}};
    struct msghdr m = {.msg_iov = out, .msg_iovlen = 2};
    is_int(sendmsg(s, &m, 0), 5, "sendmsg of two parts");
    char first[1], rest[8];
    struct iovec in[2] = {{first, 1}, {rest, sizeof rest}};
    m = (struct msghdr){.msg_iov = in, .msg_iovlen = 2};
    is_int(recvmsg(c, &m, 0), 5, "recvmsg into two parts");
    ok(first[0] == 'a' && memcmp(rest, "bcde", 4) == 0, "... has them");
    is_int(shutdown(c, SHUT_WR), 0, "shutdown for writing");
    is_int(read(s, buffer, sizeof buffer), 0, "... is the end of data at the other end");
    is_int(send(s, "late", 4, 0), 4, "... which still may send");
    is_int(recv(c, buffer, 4, MSG_WAITALL), 4, "... and is heard");
    signal(SIGPIPE, SIG_IGN);
    is_int(send(c, "x", 1, 0), -1, "send after shutdown fails");
    is_errno(EPIPE, "... with EPIPE");
    close(s);
    is_int(read(c, buffer, sizeof buffer), 0, "close is the end of data");
    close(c);
    close(l);
}

static void test_v6(void)
{
    struct sockaddr_in6 a = loopback6(0), peer = {0};
    struct sockaddr_in a4;
    socklen_t len = sizeof peer;
    char c = 0;
    int l = socket(AF_INET6, SOCK_STREAM, 0), on = 0;
    a.sin6_addr = in6addr_any;
    is_int(setsockopt(l, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on), 0, "IPV6_V6ONLY off");
    is_int(bind(l, (struct sockaddr *)&a, sizeof a), 0, "bind to ::");
    is_int(listen(l, 5), 0, "listen");
    a = loopback6(port_of(l));
    a4 = loopback4(port_of(l));
    int six = socket(AF_INET6, SOCK_STREAM, 0);
    is_int(connect(six, (struct sockaddr *)&a, sizeof a), 0, "connect by IPv6");
    int s = accept(l, (struct sockaddr *)&peer, &len);
    ok(len == sizeof peer && IN6_IS_ADDR_LOOPBACK(&peer.sin6_addr), "... comes from ::1");
    ok(write(six, "6", 1) == 1 && read(s, &c, 1) == 1 && c == '6', "... and carries data");
    close(s);
    close(six);
    int four = socket(AF_INET, SOCK_STREAM, 0);
    is_int(connect(four, (struct sockaddr *)&a4, sizeof a4), 0, "connect by IPv4 to the same socket");
    len = sizeof peer;
    s = accept(l, (struct sockaddr *)&peer, &len);
    ok(s >= 0 && IN6_IS_ADDR_V4MAPPED(&peer.sin6_addr), "... comes from a mapped address");
    ok(write(s, "4", 1) == 1 && read(four, &c, 1) == 1 && c == '4', "... and carries data");
    close(s);
    close(four);
    close(l);
}

#define MEGABYTES 8

static unsigned char pattern(size_t at)
{
    return (unsigned char)(at * 7 + (at >> 12));
}

static void test_bulk(void)
{
    static unsigned char block[50000];
    int fd[2];
    connected(fd);
    pid_t pid = start_child();
    if (pid == 0) {
        close(fd[1]);
        for (size_t at = 0; at < MEGABYTES << 20;) {
            size_t n = sizeof block < (MEGABYTES << 20) - at ? sizeof block : (MEGABYTES << 20) - at;
            for (size_t i = 0; i < n; i++)
                block[i] = pattern(at + i);
            if (write(fd[0], block, n) != (ssize_t)n)
                _exit(1);
            at += n;
        }
        _exit(0);
    }
    close(fd[0]);
    size_t at = 0, wrong = 0;
    ssize_t n;
    while ((n = read(fd[1], block, sizeof block)) > 0)
        for (ssize_t i = 0; i < n; i++, at++)
            wrong += block[i] != pattern(at);
    is_int(n, 0, "a writer's death is the end of data");
    is_int(at, MEGABYTES << 20, "all bytes of a large transfer arrive");
    is_int(wrong, 0, "... each as it was sent");
    is_int(exit_status(pid), 0, "... and a blocking write takes all it is given");
    close(fd[1]);
}

int main(void)
{
    tap_plan(0);
    test_v4();
    test_v6();
    test_bulk();
    return done();
}
