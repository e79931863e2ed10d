/* SPDX-License-Identifier: Apache-2.0 */
/* Blocking reads and writes of a pipe: woken by data, room, end of file, a signal, death of the
 * other end. Documentation: POSIX read(), write(). */
#include "../interrupt_call.h"
#include "../tap.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static void sleep_ms(unsigned ms)
{
    nanosleep(&(struct timespec){ms / 1000, (long)(ms % 1000) * 1000000}, NULL);
}

static pid_t start_child(void)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == -1)
        bail_out("fork: %s", strerror(errno));
    return pid;
}

static int exit_status(pid_t pid)
{
    int status = -1;
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_read_waits(void)
{
    int fd[2];
    char buffer[16];
    if (pipe(fd) != 0)
        bail_out("pipe");
    pid_t pid = start_child();
    if (pid == 0) {
        sleep_ms(100);
        _exit(write(fd[1], "late", 4) == 4 ? 0 : 1);
    }
    is_int(read(fd[0], buffer, sizeof buffer), 4, "a read waits for data");
    is_int(exit_status(pid), 0, "... that a child wrote");

    pid = start_child();
    if (pid == 0) {
        close(fd[0]);
        sleep_ms(100);
        _exit(0); /* its copy of the write end goes with it */
    }
    close(fd[1]);
    is_int(read(fd[0], buffer, sizeof buffer), 0,
           "the death of the last writer ends a waiting read");
    is_int(exit_status(pid), 0, "... the child had ended");
    close(fd[0]);
}

static void test_write_waits(void)
{
    static char block[PIPE_BUF];
    int fd[2];
    if (pipe(fd) != 0)
        bail_out("pipe");
    fcntl(fd[1], F_SETFL, O_NONBLOCK);
    while (write(fd[1], block, sizeof block) > 0)
        ;
    ok(errno == EAGAIN && (fcntl(fd[1], F_GETFL) & O_NONBLOCK), "the pipe is full");
    fcntl(fd[1], F_SETFL, 0);
    pid_t pid = start_child();
    if (pid == 0) {
        close(fd[1]);
        sleep_ms(100);
        size_t got = 0;
        while (got < sizeof block) {
            ssize_t n = read(fd[0], block, sizeof block - got);
            if (n <= 0)
                _exit(1);
            got += (size_t)n;
        }
        sleep_ms(100);
        _exit(0);
    }
    is_int(write(fd[1], block, sizeof block), sizeof block, "a write waits for room");
    close(fd[0]);
    signal(SIGPIPE, SIG_IGN);
    ssize_t n;
    do
        n = write(fd[1], block, sizeof block);
    while (n > 0);
    ok(n == -1 && errno == EPIPE, "a waiting write ends with EPIPE when the reader dies");
    is_int(exit_status(pid), 0, "the reader was content");
    close(fd[1]);
}

static void test_signal(void)
{
    int fd[2];
    char c;
    if (pipe(fd) != 0)
        bail_out("pipe");
    interrupt_soon();
    ok(read(fd[0], &c, 1) == -1, "a signal ends a waiting read");
    is_errno(EINTR, "... with EINTR");
    interrupt_no_more();
    write(fd[1], "y", 1);
    ok(read(fd[0], &c, 1) == 1 && c == 'y', "and the pipe goes on working");
    close(fd[0]);
    close(fd[1]);
}

static void test_killed_reader(void)
{
    int fd[2];
    char c = 0;
    if (pipe(fd) != 0)
        bail_out("pipe");
    pid_t pid = start_child();
    if (pid == 0) {
        read(fd[0], &c, 1);
        _exit(0);
    }
    sleep_ms(100);
    kill(pid, SIGKILL);
    int status = 0;
    ok(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status),
       "a process that waits in read() can be killed");
    write(fd[1], "k", 1);
    ok(read(fd[0], &c, 1) == 1 && c == 'k', "... and does not take the next byte with it");
    close(fd[0]);
    close(fd[1]);
}

static void test_poll_waits(void)
{
    int fd[2];
    if (pipe(fd) != 0)
        bail_out("pipe");
    struct pollfd p = {.fd = fd[0], .events = POLLIN};
    is_int(poll(&p, 1, 50), 0, "poll times out on an empty pipe");
    pid_t pid = start_child();
    if (pid == 0) {
        sleep_ms(100);
        _exit(write(fd[1], "p", 1) == 1 ? 0 : 1);
    }
    ok(poll(&p, 1, 5000) == 1 && (p.revents & POLLIN), "poll waits until there is data");
    is_int(exit_status(pid), 0, "... that a child wrote");
    close(fd[0]);
    close(fd[1]);
}

int main(void)
{
    tap_plan(0);
    test_read_waits();
    test_write_waits();
    test_signal();
    test_killed_reader();
    test_poll_waits();
    return done();
}
