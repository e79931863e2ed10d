/* SPDX-License-Identifier: Apache-2.0 */
/* What the socket functions refuse, with which errno, and what they do with bad pointers.
 * Documentation: POSIX socket(), bind(), connect(), listen(), accept(), getsockopt(), setsockopt(). */
#include "socket.h"

#include <sys/time.h>
#include <sys/un.h>

#define BAD ((void *)16) /* nothing is mapped there */

static void test_socket(void)
{
    is_int(socket(12345, SOCK_STREAM, 0), -1, "a family nobody knows");
    is_errno(EAFNOSUPPORT, "... EAFNOSUPPORT");
    is_int(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP), -1, "a stream of UDP");
    is_errno(EPROTONOSUPPORT, "... EPROTONOSUPPORT");
    is_int(socket(AF_INET, SOCK_SEQPACKET, 0), -1, "a type that is not there");
    is_errno(ESOCKTNOSUPPORT, "... ESOCKTNOSUPPORT");
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ok(fcntl(fd, F_GETFD) == FD_CLOEXEC && (fcntl(fd, F_GETFL) & O_NONBLOCK),
       "SOCK_CLOEXEC and SOCK_NONBLOCK");
    close(fd);
}

static void test_not_a_socket(void)
{
    struct sockaddr_in a = loopback4(1);
    socklen_t len = sizeof a;
    int file = open("/dev/null", O_RDWR), pipes[2];
    is_int(bind(999, (struct sockaddr *)&a, sizeof a), -1, "bind of no descriptor");
    is_errno(EBADF, "... EBADF");
    is_int(bind(file, (struct sockaddr *)&a, sizeof a), -1, "bind of /dev/null");
    is_errno(ENOTSOCK, "... ENOTSOCK");
    is_int(getsockname(file, (struct sockaddr *)&a, &len), -1, "getsockname of /dev/null");
    is_errno(ENOTSOCK, "... ENOTSOCK");
    if (pipe(pipes) == 0) {
        is_int(send(pipes[1], "x", 1, 0), -1, "send to a pipe");
        is_errno(ENOTSOCK, "... ENOTSOCK");
        close(pipes[0]);
        close(pipes[1]);
    }
    close(file);
}

static void test_bind(void)
{
    struct sockaddr_in a = loopback4(0);
    struct sockaddr_in6 six = loopback6(0);
    int l = listener(), fd = socket(AF_INET, SOCK_STREAM, 0);
    is_int(bind(fd, (struct sockaddr *)&six, sizeof six), -1, "an IPv6 address on an IPv4 socket");
    is_errno(EAFNOSUPPORT, "... EAFNOSUPPORT");
    is_int(bind(fd, (struct sockaddr *)&a, 4), -1, "a short address");
    is_errno(EINVAL, "... EINVAL");
    is_int(bind(fd, (struct sockaddr *)&a, 200), -1, "a long one");
    is_errno(EINVAL, "... EINVAL");
    a.sin_port = htons((uint16_t)port_of(l));
    is_int(bind(fd, (struct sockaddr *)&a, sizeof a), -1, "a port that is in use");
    is_errno(EADDRINUSE, "... EADDRINUSE");
    is_int(bind(fd, BAD, sizeof a), -1, "an address that cannot be read");
    is_errno(EFAULT, "... EFAULT");
    a.sin_port = 0;
    is_int(bind(fd, (struct sockaddr *)&a, sizeof a), 0, "a good one at last");
    is_int(bind(fd, (struct sockaddr *)&a, sizeof a), -1, "a second bind");
    is_errno(EINVAL, "... EINVAL");
    close(fd);
    close(l);
}

static void test_connect(void)
{
    int l = listener(), fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = loopback4(port_of(l)), far = loopback4(9);
    socklen_t len = sizeof a;
    close(l);
    is_int(connect(fd, (struct sockaddr *)&a, sizeof a), -1, "nobody listens");
    is_errno(ECONNREFUSED, "... ECONNREFUSED");
    is_int(getpeername(fd, (struct sockaddr *)&a, &len), -1, "no peer then");
    is_errno(ENOTCONN, "... ENOTCONN");
    is_int(recv(fd, &a, 1, 0), -1, "no data");
    is_errno(ENOTCONN, "... ENOTCONN");
    is_int(send(fd, "x", 1, MSG_NOSIGNAL), -1, "no sending");
    ok(errno == ENOTCONN || errno == EPIPE, "... ENOTCONN or EPIPE");
    is_int(shutdown(fd, SHUT_WR), -1, "no shutdown");
    is_errno(ENOTCONN, "... ENOTCONN");
    close(fd);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    l = listener();
    a = loopback4(port_of(l));
    is_int(connect(fd, (struct sockaddr *)&a, sizeof a), -1, "connect without waiting");
    is_errno(EINPROGRESS, "... EINPROGRESS");
    int s = accept(l, NULL, NULL);
    ok(s >= 0, "... which comes about");
    is_int(connect(fd, (struct sockaddr *)&a, sizeof a), -1, "a second connect");
    is_errno(EISCONN, "... EISCONN");
    is_int(sendto(fd, "x", 1, 0, (struct sockaddr *)&far, sizeof far), -1, "a stream has one peer");
    is_errno(EISCONN, "... EISCONN");
    close(s);
    close(fd);
    close(l);
}

static void test_pointers(void)
{
    int fd[2];
    char c = 0;
    connected(fd);
    is_int(send(fd[0], BAD, 10, 0), -1, "send from memory that is not there");
    is_errno(EFAULT, "... EFAULT");
    is_int(send(fd[0], "ok", 2, 0), 2, "the connection is as it was");
    is_int(recv(fd[1], BAD, 10, 0), -1, "recv into memory that is not there");
    is_errno(EFAULT, "... EFAULT");
    ok(recv(fd[1], &c, 1, 0) == 1 && c == 'o', "... has taken nothing");
    is_int(setsockopt(fd[0], SOL_SOCKET, SO_KEEPALIVE, BAD, sizeof(int)), -1, "setsockopt from there");
    is_errno(EFAULT, "... EFAULT");
    close(fd[0]);
    close(fd[1]);
}

static void test_options(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), value = -1;
    socklen_t len = sizeof value;
    is_int(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &len), 0, "SO_TYPE");
    is_int(value, SOCK_STREAM, "... is SOCK_STREAM");
    is_int(getsockopt(fd, SOL_SOCKET, 9999, &value, &len), -1, "an option nobody knows");
    is_errno(ENOPROTOOPT, "... ENOPROTOOPT");
    is_int(setsockopt(fd, 9999, 1, &value, sizeof value), -1, "a level nobody knows");
    is_errno(ENOPROTOOPT, "... ENOPROTOOPT");
    is_int(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, 1), -1, "a value that is too short");
    is_errno(EINVAL, "... EINVAL");
    value = 1;
    is_int(setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &value, sizeof value), 0, "TCP_NODELAY");
    value = 0;
    is_int(getsockopt(fd, IPPROTO_TCP, 1, &value, &len), 0, "... can be asked for");
    ok(value != 0, "... and is set");
    is_int(accept(fd, NULL, NULL), -1, "accept of a socket that does not listen");
    is_errno(EINVAL, "... EINVAL");
    close(fd);
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    is_int(listen(fd, 1), -1, "listen of a datagram socket");
    is_errno(EOPNOTSUPP, "... EOPNOTSUPP");
    is_int(lseek(fd, 0, SEEK_SET), -1, "lseek of a socket");
    is_errno(ESPIPE, "... ESPIPE");
    close(fd);
}

static void test_privilege(void)
{
    pid_t pid = start_child();
    if (pid == 0) {
        struct sockaddr_in a = loopback4(80);
        if (setuid(1000) != 0)
            _exit(2);
        int raw = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), raw_error = errno;
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        int rc = bind(fd, (struct sockaddr *)&a, sizeof a);
        _exit(raw == -1 && raw_error == EPERM && rc == -1 && errno == EACCES ? 0 : 1);
    }
    is_int(exit_status(pid), 0, "other users get no raw socket (EPERM) and no port below 1024 (EACCES)");
}

int main(void)
{
    tap_plan(0);
    signal(SIGPIPE, SIG_IGN);
    test_socket();
    test_not_a_socket();
    test_bind();
    test_connect();
    test_pointers();
    test_options();
    test_privilege();
    return done();
}
