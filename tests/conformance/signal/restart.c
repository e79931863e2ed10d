/* SPDX-License-Identifier: Apache-2.0 */
/* Blocking calls and handlers: EINTR, SA_RESTART.  Pages: QNX Neutrino Library Reference,
 * SignalAction(), sigaction(), MsgSend(), InterruptWait(), nanosleep(). */
#define _GNU_SOURCE /* gettid() */
#include <semaphore.h>
#include "../rendezvous.h"
#include "../state.h"

static volatile sig_atomic_t handled;
static int chid, coid, fds[2];
static sem_t never;

static void on_usr1(int s)
{
    (void)s;
    handled++;
}

static void install(int flags)
{
    struct sigaction sa = {.sa_handler = on_usr1, .sa_flags = flags};
    sigaction(SIGUSR1, &sa, NULL);
    handled = 0;
}

static void *do_read(void *arg)
{
    (void)arg;
    char c;
    long r = read(fds[0], &c, 1);
    return (void *)(r == -1 ? -errno : r);
}

static void *do_receive(void *arg)
{
    (void)arg;
    struct _pulse p;
    long r = MsgReceivePulse(chid, &p, sizeof(p), NULL);
    return (void *)(intptr_t)(r == -1 ? -errno : 100 + p.value.sival_int);
}

static void *do_sleep(void *arg)
{
    struct timespec ts = {100, 0};
    long r = nanosleep(&ts, arg);
    return (void *)(r == -1 ? -errno : r);
}

static void *do_intr(void *arg)
{
    (void)arg;
    return (void *)(long)InterruptWait_r(0, NULL);
}

struct started {
    void *(*fn)(void *);
    void *arg;
    volatile int tid;
};

static void *start(void *arg)
{
    struct started *s = arg;
    s->tid = gettid();
    return s->fn(s->arg);
}

/* Starts fn, interrupts it when it waits in that state, lets finish end it; what fn returned. */
static long interrupted(void *(*fn)(void *), void *arg, int state, void (*finish)(void))
{
    struct started s = {.fn = fn, .arg = arg};
    pthread_t t;
    void *r;
    int before = handled;
    pthread_create(&t, NULL, start, &s);
    while (!s.tid)
        rv_sleep_ms(1);
    if (!blocked_wait_state(getpid(), s.tid, state))
        bail_out("it does not wait");
    pthread_kill(t, SIGUSR1);
    while (handled == before)
        rv_sleep_ms(1);
    if (finish)
        finish();
    pthread_join(t, &r);
    return (long)r;
}

static void feed(void)
{
    (void)!write(fds[1], "x", 1);
}

static void pulse(void)
{
    MsgSendPulse(coid, 10, 1, 5);
}

int main(void)
{
    struct timespec left = {0, 0};
    tap_plan(9);
    sem_init(&never, 0, 0);
    chid = ChannelCreate(0);
    coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    if (pipe(fds) != 0)
        bail_out("pipe");
    install(0);
    is_int(interrupted(do_read, NULL, STATE_REPLY, NULL), -EINTR, "read() of a pipe: EINTR");
    is_int(interrupted(do_receive, NULL, STATE_RECEIVE, NULL), -EINTR, "MsgReceivePulse(): EINTR");
    is_int(interrupted(do_intr, NULL, STATE_INTR, NULL), EINTR, "InterruptWait(): EINTR");
    is_int(interrupted(do_sleep, &left, STATE_NANOSLEEP, NULL), -EINTR, "nanosleep(): EINTR");
    ok(left.tv_sec > 0 && left.tv_sec < 100, "... with the time left (%ld s)", (long)left.tv_sec);
    install(SA_RESTART);
    is_int(interrupted(do_read, NULL, STATE_REPLY, feed), 1, "read() with SA_RESTART goes on");
    is_int(interrupted(do_receive, NULL, STATE_RECEIVE, pulse), 105, "MsgReceivePulse() with SA_RESTART goes on");
    is_int(handled, 2, "the handler ran both times");
    is_int(interrupted(do_sleep, &left, STATE_NANOSLEEP, NULL), -EINTR, "nanosleep() never does");
    return done();
}
