/* SPDX-License-Identifier: Apache-2.0 */
/* socketpair(): data both ways, ends, full buffers.
 * Documentation: POSIX socketpair(). */
#include "socket.h"

#include <poll.h>

static void test_both_ways(void)
{
    int fd[2];
    char buffer[16] = "";
    is_int(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0, "socketpair");
    is_int(write(fd[0], "there", 5), 5, "one end writes");
    is_int(read(fd[1], buffer, sizeof buffer), 5, "... the other reads");
    is_int(write(fd[1], "back", 4), 4, "and the other way");
    is_int(recv(fd[0], buffer, sizeof buffer, 0), 4, "... as well");
    is_int(recv(fd[0], buffer, sizeof buffer, MSG_DONTWAIT), -1, "then there is nothing");
    is_errno(EAGAIN, "... EAGAIN");
    is_int(shutdown(fd[0], SHUT_WR), 0, "shutdown");
    is_int(read(fd[1], buffer, sizeof buffer), 0, "... is the end of data");
    close(fd[0]);
    is_int(send(fd[1], "x", 1, MSG_NOSIGNAL), -1, "nobody reads any more");
    is_errno(EPIPE, "... EPIPE");
    close(fd[1]);
}

static void test_full(void)
{
    static char block[100000];
    int fd[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) != 0)
        bail_out("socketpair");
    fcntl(fd[0], F_SETFL, O_NONBLOCK);
    size_t sum = 0;
    ssize_t n;
    while ((n = write(fd[0], block, sizeof block)) > 0)
        sum += (size_t)n;
    ok(n == -1 && errno == EAGAIN && sum > 0, "a full socket refuses");
    struct pollfd p = {.fd = fd[0], .events = POLLOUT};
    is_int(poll(&p, 1, 0), 0, "... and poll says so");
    fcntl(fd[0], F_SETFL, 0);
    pid_t pid = start_child();
    if (pid == 0) {
        close(fd[0]);
        size_t got = 0;
        while ((n = read(fd[1], block, sizeof block)) > 0)
            got += (size_t)n;
        _exit(got == sum + sizeof block ? 0 : 1);
    }
    close(fd[1]);
    is_int(write(fd[0], block, sizeof block), sizeof block, "a blocking write waits for room");
    close(fd[0]);
    is_int(exit_status(pid), 0, "... and nothing is lost");
}

#define BOTH 200000

static pid_t writer(int fd)
{
    static char block[BOTH];
    pid_t pid = start_child();
    if (pid == 0)
        _exit(write(fd, block, sizeof block) == sizeof block ? 0 : 1);
    return pid;
}

/* Writers that wait on both ends, and a reader that comes late: each end's room wakes the other. */
static void test_both_full(void)
{
    static char block[BOTH];
    int fd[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) != 0)
        bail_out("socketpair");
    pid_t a = writer(fd[0]), b = writer(fd[1]);
    sleep_ms(100);
    size_t one = 0, two = 0;
    ssize_t n;
    while (one < BOTH && (n = read(fd[0], block, 10000)) > 0)
        one += (size_t)n;
    while (two < BOTH && (n = read(fd[1], block, 10000)) > 0)
        two += (size_t)n;
    ok(one == BOTH && two == BOTH, "both ends full: %zu and %zu bytes", one, two);
    is_int(exit_status(a), 0, "... one writer is done");
    is_int(exit_status(b), 0, "... and the other");
    close(fd[0]);
    close(fd[1]);
}

int main(void)
{
    tap_plan(0);
    test_both_ways();
    test_full();
    test_both_full();
    return done();
}
