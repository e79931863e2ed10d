/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals while a busy server has yet to hear of a descriptor: dup(), dup2() and close() are done when they return, and the
 * handler has run. Pages: Library Reference dup(), dup2(), close().
 */
#include "../tap.h"

#include <pthread.h>
#include <signal.h>
#include <sys/iomsg.h>
#include <sys/neutrino.h>
#include <time.h>
#include <unistd.h>

static int chid;
static volatile int is_set, handled, dups, closes;

static void handler(int signo)
{
    (void)signo;
    handled++;
}

/* Receives a message only when the signal has come, for which its client waits then. */
static void *server(void *arg)
{
    union {
        uint16_t type;
        struct _io_dup dup;
    } m;
    for (;;) {
        while (!is_set || !handled)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        is_set = 0;
        int rcvid = MsgReceive(chid, &m, sizeof(m), NULL);
        if (rcvid <= 0)
            return arg;
        dups += m.type == _IO_DUP;
        closes += m.type == _IO_CLOSE;
        MsgReply(rcvid, 0, NULL, 0);
    }
}

/* A signal 10 ms from now, for this thread. */
static void alarm_soon(timer_t id)
{
    handled = 0;
    is_set = 1;
    timer_settime(id, 0, &(struct itimerspec){.it_value.tv_nsec = 10000000}, NULL);
}

int main(void)
{
    struct sigaction sa = {.sa_handler = handler}; /* no SA_RESTART */
    struct sigevent ev;
    sigset_t all;
    pthread_t t;
    timer_t id;
    tap_plan(7);
    sigaction(SIGUSR1, &sa, NULL);
    chid = ChannelCreate(0);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    pthread_create(&t, NULL, server, NULL);
    pthread_sigmask(SIG_UNBLOCK, &all, NULL);
    SIGEV_SIGNAL_INIT(&ev, SIGUSR1);
    timer_create(CLOCK_MONOTONIC, &ev, &id);
    int fd = ConnectAttach(0, 0, chid, 20, 0);

    alarm_soon(id);
    int copy = dup(fd);
    ok(copy >= 0 && handled == 1, "dup() of a descriptor whose server is busy (%d %d)", copy, handled);
    is_int(dups, 1, "which has heard of it");
    alarm_soon(id);
    ok(dup2(fd, 30) == 30 && handled == 1, "dup2() (%d)", handled);
    is_int(dups, 2, "which has heard of it");
    alarm_soon(id);
    ok(close(copy) == 0 && handled == 1, "close() (%d)", handled);
    is_int(closes, 1, "which has heard of it");
    is_int(close(copy), -1, "and the descriptor is gone");
    return done();
}
