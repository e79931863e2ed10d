/* SPDX-License-Identifier: Apache-2.0 */
/* pthread_cancel(): every kind of blocking call is ended, cleanup handlers run with what the thread
 * held, a disabled thread goes on.  Pages: POSIX pthread_cancel(), Library Reference MsgSend() and
 * MsgSendnc() (cancellation points). */
#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include "../rendezvous.h"

static int fds[2], chid, coid;
static sem_t never;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int had_mutex;

static void *in_read(void *arg)
{
    char c;
    (void)!read(fds[0], &c, 1);
    return arg;
}

static void *in_sleep(void *arg)
{
    rv_sleep_ms(5000);
    return arg;
}

static void *in_poll(void *arg)
{
    struct pollfd p = {fds[0], POLLIN, 0};
    poll(&p, 1, 5000);
    return arg;
}

static void *in_sem(void *arg)
{
    sem_wait(&never);
    return arg;
}

static void *in_receive(void *arg)
{
    struct _pulse p;
    MsgReceivePulse(chid, &p, sizeof(p), NULL);
    return arg;
}

static void *in_send(void *arg)
{
    MsgSend(coid, "x", 1, NULL, 0);
    return arg;
}

static void *in_sigwait(void *arg)
{
    sigset_t set;
    int sig;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigwait(&set, &sig);
    return arg;
}

static void unlock(void *m)
{
    had_mutex = pthread_mutex_unlock(m) == 0;
}

static void *in_cond(void *arg)
{
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(unlock, &mutex);
    for (;;)
        pthread_cond_wait(&cond, &mutex);
    pthread_cleanup_pop(1);
    return arg;
}

static void *in_join(void *arg)
{
    pthread_join(*(pthread_t *)arg, NULL);
    return arg;
}

static void *spinning(void *arg)
{
    int old;
    volatile unsigned *n = arg;
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old);
    for (;;)
        (*n)++;
    return NULL;
}

static void *disabled(void *arg)
{
    int old;
    char c = 0;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    *(long *)arg = read(fds[0], &c, 1) == 1 && c == 'd';
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old);
    pthread_testcancel();
    *(long *)arg = -1;
    return NULL;
}

static void *pending(void *arg)
{
    int old;
    struct timespec ts = {5, 0};
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    rv_sleep_ms(150);
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old);
    nanosleep(&ts, NULL);
    return arg;
}

static void check(void *(*fn)(void *), void *arg, const char *what)
{
    pthread_t t;
    void *result = NULL;
    struct timespec a, b;
    pthread_create(&t, NULL, fn, arg);
    rv_sleep_ms(60);
    clock_gettime(CLOCK_MONOTONIC, &a);
    int rc = pthread_cancel(t);
    pthread_join(t, &result);
    clock_gettime(CLOCK_MONOTONIC, &b);
    ok(rc == 0 && result == PTHREAD_CANCELED && b.tv_sec - a.tv_sec < 4, "%s is ended (%d, %p)",
       what, rc, result);
}

static void keeps_going_while_disabled(void)
{
    pthread_t t;
    void *result;
    long got = 0;
    pthread_create(&t, NULL, disabled, &got);
    rv_sleep_ms(60);
    pthread_cancel(t);
    rv_sleep_ms(60);
    (void)!write(fds[1], "d", 1);
    pthread_join(t, &result);
    ok(got == 1, "a thread that has it disabled finishes its read()");
    ok(result == PTHREAD_CANCELED, "and is ended where it allows it");
    check(pending, NULL, "a sleep after a request that was pending");
}

int main(void)
{
    pthread_t sleeper;
    volatile unsigned turns = 0;
    tap_plan(17);
    if (pipe(fds) != 0)
        bail_out("pipe");
    sem_init(&never, 0, 0);
    chid = ChannelCreate(0);
    coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    check(in_read, NULL, "read()");
    check(in_sleep, NULL, "nanosleep()");
    check(in_poll, NULL, "poll()");
    check(in_sem, NULL, "sem_wait()");
    check(in_receive, NULL, "MsgReceivePulse()");
    check(in_send, NULL, "MsgSend()");
    check(in_sigwait, NULL, "sigwait()");
    check(in_cond, NULL, "pthread_cond_wait()");
    is_int(had_mutex, 1, "the cleanup handler of a condvar wait has the mutex");
    is_int(pthread_mutex_trylock(&mutex), 0, "and gave it back");
    pthread_mutex_unlock(&mutex);
    pthread_create(&sleeper, NULL, in_sleep, NULL);
    check(in_join, &sleeper, "pthread_join()");
    ok(pthread_cancel(sleeper) == 0 && pthread_join(sleeper, NULL) == 0,
       "the thread it waited for can be joined still");
    check(spinning, (void *)&turns, "a loop without calls, in asynchronous mode,");
    ok(turns > 0, "which had been running");
    keeps_going_while_disabled();
    return done();
}
