/* SPDX-License-Identifier: Apache-2.0 */
/* poll() and select(): readiness of pipes, timeouts that hold, wake-ups from another thread,
 * signals. Pages: POSIX poll(), select(), pselect(). */
#include <fcntl.h>
#include <poll.h>
#include <sys/select.h>
#include "../rendezvous.h"

static int fds[2];

static long now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void *write_later(void *arg)
{
    rv_sleep_ms(80);
    (void)!write(fds[1], "abc", 3);
    return arg;
}

static volatile int handled;

static void handler(int sig)
{
    (void)sig;
    handled++;
}

static void *signal_later(void *arg)
{
    rv_sleep_ms(80);
    pthread_kill(*(pthread_t *)arg, SIGUSR1);
    return NULL;
}

static void polling(void)
{
    struct pollfd p[2] = {{fds[0], POLLIN, 0}, {fds[1], POLLOUT, 0}};
    char buf[8];
    pthread_t t;
    is_int(poll(p, 1, 0), 0, "an empty pipe is not ready");
    long start = now_ms();
    is_int(poll(p, 1, 100), 0, "and not within 100 ms");
    ok(now_ms() - start >= 99 && now_ms() - start < 3000, "which it waited (%ld)",
       now_ms() - start);
    pthread_create(&t, NULL, write_later, NULL);
    start = now_ms();
    ok(poll(p, 1, 10000) == 1 && p[0].revents == POLLIN,
       "it becomes ready when another thread writes");
    ok(now_ms() - start < 5000, "at once");
    pthread_join(t, NULL);
    ok(poll(p, 2, -1) == 2 && p[1].revents == POLLOUT, "both ends are ready");
    is_int(read(fds[0], buf, sizeof(buf)), 3, "the data is there");
    is_int(poll(p, 1, 0), 0, "and then no longer");
    p[0].fd = 4000;
    ok(poll(p, 1, -1) == 1 && p[0].revents == POLLNVAL, "no descriptor: POLLNVAL");
    p[0].fd = -1;
    ok(poll(p, 1, 0) == 0 && p[0].revents == 0, "negative ones are skipped");
    int null = open("/dev/null", O_RDWR);
    p[0] = (struct pollfd){null, POLLIN | POLLOUT, 0};
    ok(poll(p, 1, -1) == 1 && p[0].revents == (POLLIN | POLLOUT), "/dev/null is always ready");
    close(null);
}

static void hang_up(void)
{
    int end[2];
    char c;
    if (pipe(end) != 0)
        bail_out("pipe");
    struct pollfd p = {end[0], POLLIN, 0};
    close(end[1]);
    ok(poll(&p, 1, 1000) == 1 && (p.revents & (POLLIN | POLLHUP)),
       "a pipe without writers is ready");
    is_int(read(end[0], &c, 1), 0, "with the end of the file");
    close(end[0]);
}

static void selecting(void)
{
    fd_set r, w;
    struct timeval tv = {0, 60000};
    FD_ZERO(&r);
    FD_ZERO(&w);
    FD_SET(fds[0], &r);
    FD_SET(fds[1], &w);
    ok(select(fds[1] + 1, &r, &w, NULL, &tv) == 1 && !FD_ISSET(fds[0], &r) && FD_ISSET(fds[1], &w),
       "select() says which of two");
    FD_SET(fds[0], &r);
    is_int(select(fds[0] + 1, &r, NULL, NULL, &tv), 0, "or that none");
    ok(!FD_ISSET(fds[0], &r), "and clears the set");
    FD_ZERO(&r);
    FD_SET(900, &r);
    ok(select(901, &r, NULL, NULL, &tv) == -1 && errno == EBADF, "no descriptor: EBADF");
    long start = now_ms();
    is_int(select(0, NULL, NULL, NULL, &tv), 0, "select() as a sleep");
    ok(now_ms() - start >= 59, "of the right length");
}

static void interrupted(void)
{
    struct sigaction sa = {.sa_handler = handler};
    pthread_t self = pthread_self(), t;
    struct pollfd p = {fds[0], POLLIN, 0};
    sigset_t block, open_mask;
    struct timespec ts = {5, 0};
    sigaction(SIGUSR1, &sa, NULL);
    pthread_create(&t, NULL, signal_later, &self);
    ok(poll(&p, 1, 5000) == -1 && errno == EINTR && handled == 1, "a handler ends poll(): EINTR");
    pthread_join(t, NULL);
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &block, &open_mask);
    raise(SIGUSR1);
    is_int(handled, 1, "blocked, it is only pending");
    ok(ppoll(&p, 1, &ts, &open_mask) == -1 && errno == EINTR && handled == 2,
       "ppoll() lets it through");
    sigset_t after;
    pthread_sigmask(SIG_BLOCK, NULL, &after);
    is_int(sigismember(&after, SIGUSR1), 1, "and blocks it again");
}

int main(void)
{
    tap_plan(23);
    if (pipe(fds) != 0)
        bail_out("pipe");
    polling();
    hang_up();
    selecting();
    interrupted();
    return done();
}
