/* SPDX-License-Identifier: Apache-2.0 */
/* Functions whose page knows no EINTR, under a rain of signals without SA_RESTART: they ask servers, but the caller does not see it.
 * Pages: POSIX pipe(), socket(), socketpair(), bind(), listen(), getsockname(), getsockopt(), setsockopt(), shutdown(), dup(), fstat(),
 * lseek(), close(). */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include "../tap.h"

enum { ROUNDS = 60 };

static volatile sig_atomic_t drops;

static void on_alarm(int signo)
{
    (void)signo;
    drops++;
}

static void rain(suseconds_t every)
{
    struct sigaction act = {.sa_handler = on_alarm};
    struct itimerval t = {.it_value = {0, every}, .it_interval = {0, every}};
    sigaction(SIGALRM, &act, NULL);
    setitimer(ITIMER_REAL, &t, NULL);
}

/* Each gives what the failed call said, and its place in the list; 0 when none has failed. */
#define TRY(call) (++at, (call) == -1 ? (void)(failed = failed ? failed : at * 1000 + errno) : (void)0)

static int pipes(void)
{
    int fd[2] = {-1, -1}, failed = 0, at = 0;
    struct stat st;
    TRY(pipe(fd));
    TRY(fstat(fd[0], &st));
    int copy = dup(fd[1]);
    TRY(copy);
    TRY(close(copy));
    TRY(close(fd[0]));
    TRY(close(fd[1]));
    return failed;
}

static int files(int fd)
{
    int failed = 0, at = 0;
    struct stat st;
    TRY(lseek(fd, 1, SEEK_SET));
    TRY(fstat(fd, &st));
    return failed;
}

static int sockets(void)
{
    int failed = 0, at = 0, pair[2] = {-1, -1}, one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_storage a = {.ss_family = AF_INET};
    socklen_t len = sizeof(struct sockaddr_in), n = sizeof one;
    TRY(fd);
    TRY(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one));
    TRY(getsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, &n));
    TRY(bind(fd, (struct sockaddr *)&a, len));
    TRY(listen(fd, 1));
    TRY(getsockname(fd, (struct sockaddr *)&a, &len));
    TRY(close(fd));
    TRY(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    TRY(shutdown(pair[0], SHUT_WR));
    TRY(close(pair[0]));
    TRY(close(pair[1]));
    return failed;
}

int main(int argc, char **argv)
{
    int failed[3] = {0};
    tap_plan(4);
    (void)argc;
    int file = open(argv[0], O_RDONLY);
    rain(150);
    for (int i = 0; i < ROUNDS; i++) {
        failed[0] = failed[0] ? failed[0] : pipes();
        failed[1] = failed[1] ? failed[1] : files(file);
        failed[2] = failed[2] ? failed[2] : sockets();
    }
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
    is_int(failed[0], 0, "pipe(), fstat(), dup(), close() of pipes (call * 1000 + errno)");
    is_int(failed[1], 0, "lseek(), fstat() of a file");
    is_int(failed[2], 0, "socket(), its options, bind(), listen(), getsockname(), socketpair(), shutdown(), close()");
    ok(drops > 0, "signals came (%d)", (int)drops);
    return done();
}
