/* SPDX-License-Identifier: Apache-2.0 */
/* pipe(): data, end of file, EPIPE, non-blocking ends, what a pipe cannot do.
 * Documentation: POSIX pipe(), read(), write(); Library Reference pipe(). */
#include "../tap.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

static volatile sig_atomic_t sigpipes;

static void on_sigpipe(int signo)
{
    (void)signo;
    sigpipes++;
}

static void test_data(void)
{
    int fd[2];
    char buffer[64];
    struct stat st;
    int available = -1;
    ok(pipe(fd) == 0, "pipe()");
    ok(write(fd[1], "hello", 5) == 5, "write to the write end");
    ok(fstat(fd[0], &st) == 0 && S_ISFIFO(st.st_mode), "fstat says FIFO");
    ok(ioctl(fd[0], FIONREAD, &available) == 0 && available == 5, "FIONREAD counts");
    is_int(read(fd[0], buffer, 3), 3, "a short read takes a part");
    is_int(read(fd[0], buffer + 3, 60), 2, "the next one takes what is left");
    ok(memcmp(buffer, "hello", 5) == 0, "the bytes are the same");
    errno = 0;
    ok(write(fd[0], "x", 1) == -1, "the read end cannot be written");
    is_errno(EBADF, "... EBADF");
    errno = 0;
    ok(read(fd[1], buffer, 1) == -1, "the write end cannot be read");
    is_errno(EBADF, "... EBADF");
    errno = 0;
    ok(lseek(fd[0], 0, SEEK_SET) == -1, "lseek fails");
    is_errno(ESPIPE, "... ESPIPE");
    errno = 0;
    ok(pread(fd[0], buffer, 1, 0) == -1, "pread fails");
    is_errno(ESPIPE, "... ESPIPE");
    is_int(read(fd[0], buffer, 0), 0, "a read of nothing");
    close(fd[0]);
    close(fd[1]);
}

static void test_ends(void)
{
    int fd[2], other;
    char buffer[8];
    if (pipe(fd) != 0)
        bail_out("pipe");
    write(fd[1], "z", 1);
    other = dup(fd[1]);
    close(fd[1]);
    is_int(read(fd[0], buffer, 8), 1, "data after the first close of a copied write end");
    close(other);
    is_int(read(fd[0], buffer, 8), 0, "end of file once the last copy is closed");
    is_int(read(fd[0], buffer, 8), 0, "... and again");
    close(fd[0]);

    if (pipe(fd) != 0)
        bail_out("pipe");
    signal(SIGPIPE, on_sigpipe);
    close(fd[0]);
    errno = 0;
    ok(write(fd[1], "x", 1) == -1, "write without a reader fails");
    is_errno(EPIPE, "... EPIPE");
    is_int(sigpipes, 1, "... and raises SIGPIPE once");
    signal(SIGPIPE, SIG_IGN);
    ok(write(fd[1], "x", 1) == -1 && errno == EPIPE, "the same with SIGPIPE ignored");
    close(fd[1]);
}

static void test_nonblocking(void)
{
    int fd[2];
    static char block[PIPE_BUF];
    size_t total = 0;
    ssize_t n;
    if (pipe2(fd, O_NONBLOCK) != 0)
        bail_out("pipe2");
    errno = 0;
    ok(read(fd[0], block, 1) == -1, "an empty pipe");
    is_errno(EAGAIN, "... EAGAIN");
    while ((n = write(fd[1], block, sizeof block)) == (ssize_t)sizeof block && total < (1 << 24))
        total += (size_t)n;
    ok(n == -1 && errno == EAGAIN, "a full pipe: EAGAIN after %zu bytes", total);
    ok(total >= PIPE_BUF, "it holds at least PIPE_BUF");
    read(fd[0], block, 100);
    errno = 0;
    ok(write(fd[1], block, PIPE_BUF) == -1 && errno == EAGAIN,
       "PIPE_BUF bytes are not written in pieces");
    n = write(fd[1], block, 100);
    is_int(n, 100, "what fits is written");

    struct pollfd p[2] = {{.fd = fd[0], .events = POLLIN}, {.fd = fd[1], .events = POLLOUT}};
    ok(poll(p, 2, 0) == 1 && (p[0].revents & POLLIN) && p[1].revents == 0,
       "poll: readable, not writable");
    while (read(fd[0], block, sizeof block) > 0)
        ;
    ok(poll(p, 2, 0) == 1 && p[0].revents == 0 && (p[1].revents & POLLOUT),
       "poll: writable, not readable");
    close(fd[1]);
    ok(poll(p, 1, 0) == 1 && p[0].revents != 0, "poll tells of the end of file");
    close(fd[0]);
}

static void test_many(void)
{
    enum { COUNT = 60 };
    int fd[COUNT][2];
    int made = 0;
    for (made = 0; made < COUNT; made++) {
        if (pipe(fd[made]) != 0)
            break;
    }
    is_int(made, COUNT, "sixty pipes at once");
    int good = 1;
    for (int i = 0; i < made; i++)
        good = good && write(fd[i][1], &i, sizeof i) == (ssize_t)sizeof i;
    for (int i = made - 1; i >= 0; i--) {
        int got = -1;
        good = good && read(fd[i][0], &got, sizeof got) == (ssize_t)sizeof got && got == i;
        close(fd[i][0]);
        close(fd[i][1]);
    }
    ok(good, "they do not mix");
}

int main(void)
{
    tap_plan(0);
    test_data();
    test_ends();
    test_nonblocking();
    test_many();
    return done();
}
