/* SPDX-License-Identifier: Apache-2.0 */
/* Blocking calls of sockets: woken by data, a connection, room, a timeout, a signal, a peer's death; killed
 * while they wait; poll and select.
 * Documentation: POSIX recv(), send(), accept(), connect(), poll(), select(), setsockopt(). */
#include "socket.h"
#include "../interrupt_call.h"

#include <poll.h>
#include <sys/select.h>
#include <sys/time.h>

static void test_wake(void)
{
    int fd[2];
    char c = 0;
    connected(fd);
    pid_t pid = start_child();
    if (pid == 0) {
        sleep_ms(100);
        _exit(send(fd[0], "w", 1, 0) == 1 ? 0 : 1);
    }
    ok(recv(fd[1], &c, 1, 0) == 1 && c == 'w', "recv waits for data");
    is_int(exit_status(pid), 0, "... of a child");
    pid = start_child();
    if (pid == 0) {
        close(fd[0]);
        close(fd[1]);
        _exit(0);
    }
    is_int(exit_status(pid), 0, "a child closes its copies");
    ok(send(fd[0], "s", 1, 0) == 1 && recv(fd[1], &c, 1, 0) == 1, "... which ends nothing");
    close(fd[0]);
    close(fd[1]);
}

static void test_timeout(void)
{
    int fd[2];
    char c;
    struct timeval tv = {.tv_usec = 50000}, got = {0};
    socklen_t len = sizeof got;
    connected(fd);
    is_int(setsockopt(fd[1], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv), 0, "SO_RCVTIMEO");
    is_int(getsockopt(fd[1], SOL_SOCKET, SO_RCVTIMEO, &got, &len), 0, "... can be asked for");
    is_int(got.tv_usec, 50000, "... and is as set");
    is_int(recv(fd[1], &c, 1, 0), -1, "... ends recv");
    is_errno(EAGAIN, "... with EAGAIN");
    send(fd[0], "t", 1, 0);
    is_int(recv(fd[1], &c, 1, 0), 1, "... and the connection works after it");
    static char block[65536];
    is_int(setsockopt(fd[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv), 0, "SO_SNDTIMEO");
    ssize_t n;
    size_t sum = 0;
    while ((n = send(fd[0], block, sizeof block, 0)) > 0 && sum < 100 << 20)
        sum += (size_t)n;
    ok(n == -1 && errno == EAGAIN, "... ends send when nobody reads");
    size_t there = 0;
    while (there < sum && (n = recv(fd[1], block, sizeof block, 0)) > 0)
        there += (size_t)n;
    is_int(there, sum, "what was reported as sent is there");
    close(fd[0]);
    close(fd[1]);
}

static void test_signal(void)
{
    int fd[2], l = listener();
    char c;
    connected(fd);
    interrupt_soon();
    is_int(recv(fd[1], &c, 1, 0), -1, "a signal ends recv");
    is_errno(EINTR, "... with EINTR");
    interrupt_no_more();
    interrupt_soon();
    is_int(accept(l, NULL, NULL), -1, "a signal ends accept");
    is_errno(EINTR, "... with EINTR");
    interrupt_no_more();
    send(fd[0], "g", 1, 0);
    is_int(recv(fd[1], &c, 1, 0), 1, "and the connection goes on working");
    close(fd[0]);
    close(fd[1]);
    close(l);
}

static void test_killed(void)
{
    int fd[2];
    char c = 0;
    connected(fd);
    pid_t pid = start_child();
    if (pid == 0) {
        recv(fd[1], &c, 1, 0);
        _exit(0);
    }
    sleep_ms(100);
    kill(pid, SIGKILL);
    int status = 0;
    ok(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status), "a process that waits in recv can be killed");
    send(fd[0], "k", 1, 0);
    ok(recv(fd[1], &c, 1, 0) == 1 && c == 'k', "... and takes no data with it");
    pid = start_child();
    if (pid == 0) {
        close(fd[1]);
        sleep_ms(100);
        kill(getpid(), SIGKILL);
    }
    close(fd[0]);
    is_int(recv(fd[1], &c, 1, 0), 0, "the death of the peer ends a waiting recv");
    waitpid(pid, &status, 0);
    close(fd[1]);
}

static void test_reset(void)
{
    int fd[2];
    char c;
    struct linger now = {.l_onoff = 1};
    connected(fd);
    setsockopt(fd[0], SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd[0]);
    is_int(recv(fd[1], &c, 1, 0), -1, "SO_LINGER of 0: close resets");
    is_errno(ECONNRESET, "... ECONNRESET at the other end");
    is_int(send(fd[1], "x", 1, MSG_NOSIGNAL), -1, "... which cannot send any more");
    is_errno(EPIPE, "... EPIPE");
    close(fd[1]);
}

static void test_poll(void)
{
    int l = listener(), fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), error = -1;
    struct sockaddr_in a = loopback4(port_of(l));
    struct pollfd p = {.fd = l, .events = POLLIN};
    socklen_t len = sizeof error;
    is_int(poll(&p, 1, 50), 0, "poll: nobody has connected");
    pid_t pid = start_child();
    if (pid == 0) {
        sleep_ms(100);
        int c = socket(AF_INET, SOCK_STREAM, 0);
        _exit(connect(c, (struct sockaddr *)&a, sizeof a) == 0 ? 0 : 1);
    }
    ok(poll(&p, 1, -1) == 1 && p.revents == POLLIN, "poll: a connection makes a listener readable");
    int s = accept(l, NULL, NULL);
    is_int(exit_status(pid), 0, "... by a child");
    char c;
    p = (struct pollfd){.fd = s, .events = POLLIN};
    ok(poll(&p, 1, -1) == 1 && (p.revents & POLLIN) && recv(s, &c, 1, 0) == 0,
       "poll: end of data is readable");
    close(s);
    connect(fd, (struct sockaddr *)&a, sizeof a);
    p = (struct pollfd){.fd = fd, .events = POLLOUT};
    ok(poll(&p, 1, -1) == 1 && p.revents == POLLOUT, "poll: writable when it is connected");
    is_int(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len), 0, "SO_ERROR");
    is_int(error, 0, "... no error");
    close(fd);
    close(l);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    connect(fd, (struct sockaddr *)&a, sizeof a);
    p = (struct pollfd){.fd = fd, .events = POLLOUT};
    ok(poll(&p, 1, -1) == 1 && (p.revents & POLLERR), "poll: POLLERR when nobody listens");
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
    is_int(error, ECONNREFUSED, "... SO_ERROR says ECONNREFUSED");
    close(fd);
}

static void test_select(void)
{
    int fd[2];
    struct timeval tv = {.tv_sec = 10};
    fd_set in, out;
    connected(fd);
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(fd[1], &in);
    FD_SET(fd[1], &out);
    is_int(select(fd[1] + 1, &in, &out, NULL, &tv), 1, "select");
    ok(!FD_ISSET(fd[1], &in) && FD_ISSET(fd[1], &out), "... writable, not readable");
    send(fd[0], "x", 1, 0);
    FD_SET(fd[1], &in);
    FD_ZERO(&out);
    ok(select(fd[1] + 1, &in, NULL, NULL, &tv) == 1 && FD_ISSET(fd[1], &in), "... readable");
    close(fd[0]);
    close(fd[1]);
}

/* Two readers wait on one socket: each gets a part, none is forgotten. */
static void test_two_readers(void)
{
    int fd[2];
    char c;
    connected(fd);
    pid_t pid[2];
    for (int i = 0; i < 2; i++) {
        pid[i] = start_child();
        if (pid[i] == 0)
            _exit(recv(fd[1], &c, 1, 0) == 1 ? 0 : 1);
    }
    sleep_ms(100);
    send(fd[0], "ab", 2, 0);
    ok(exit_status(pid[0]) == 0 && exit_status(pid[1]) == 0, "two waiting readers get a byte each");
    close(fd[0]);
    close(fd[1]);
}

/* More than any queue holds. */
static void test_wait_all(void)
{
    static unsigned char out[300000], in[300000];
    int fd[2];
    connected(fd);
    for (size_t i = 0; i < sizeof out; i++)
        out[i] = (unsigned char)(i * 7 + i / 256);
    pid_t pid = start_child();
    if (pid == 0) {
        size_t at = 0;
        for (ssize_t n = 0; at < sizeof out && n >= 0; at += (size_t)n)
            n = write(fd[0], out + at, sizeof out - at < 7777 ? sizeof out - at : 7777);
        _exit(at == sizeof out ? 0 : 1);
    }
    is_int(recv(fd[1], in, sizeof in - 5, MSG_WAITALL), sizeof in - 5, "MSG_WAITALL waits for more than a queue holds");
    is_int(exit_status(pid), 0, "... and the sender can go on");
    close(fd[0]);
    is_int(recv(fd[1], in + sizeof in - 5, 50, MSG_WAITALL), 5, "... but not past the end");
    ok(memcmp(in, out, sizeof in) == 0, "... and all bytes are right");
    close(fd[1]);
}

int main(void)
{
    tap_plan(0);
    signal(SIGPIPE, SIG_IGN);
    test_wake();
    test_timeout();
    test_signal();
    test_killed();
    test_reset();
    test_poll();
    test_select();
    test_two_readers();
    test_wait_all();
    return done();
}
