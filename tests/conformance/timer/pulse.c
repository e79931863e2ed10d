/* SPDX-License-Identifier: Apache-2.0 */
/* Timers that send pulses, post semaphores, signal one thread, or call a function.
 * Pages: QNX Neutrino Library Reference, TimerCreate(), sigevent; "Getting Started", Clocks, Timers
 * and Getting a Kick. */
#define _GNU_SOURCE
#include <semaphore.h>
#include "../rendezvous.h"

#define T(id) ((timer_t)(intptr_t)(id))

static int calls;
static sem_t called;

static void callback(union sigval v)
{
    calls += v.sival_int;
    sem_post(&called);
}

static int start(const struct sigevent *ev, uint64_t first, uint64_t interval)
{
    struct _itimer it = {first, interval};
    int id = TimerCreate(CLOCK_MONOTONIC, ev);
    if (id != -1)
        TimerSettime(T(id), 0, &it, NULL);
    return id;
}

static volatile int thread_hit;
static void on_usr1(int s)
{
    (void)s;
    thread_hit = gettid();
}

static void *thread_timer(void *arg)
{
    struct sigevent ev;
    SIGEV_SIGNAL_THREAD_INIT(&ev, SIGUSR1, 0, SI_MINAVAIL);
    *(int *)arg = start(&ev, 10000000, 0);
    for (int i = 0; i < 200 && !thread_hit; i++)
        rv_sleep_ms(5);
    return (void *)(intptr_t)(thread_hit == gettid());
}

int main(void)
{
    struct sigevent ev;
    struct _pulse p;
    struct _timer_info info;
    tap_plan(17);
    int chid = ChannelCreate(0), coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    SIGEV_PULSE_INIT(&ev, coid, 15, 7, 1234);
    int id = start(&ev, 20000000, 5000000);
    ok(id != -1, "a timer with a pulse");
    is_int(rv_receive(chid, &p, sizeof(p), NULL), 0, "it comes");
    ok(p.code == 7 && p.value.sival_int == 1234, "code and value");
    for (int i = 0; i < 3; i++)
        rv_receive(chid, &p, sizeof(p), NULL);
    ok(p.code == 7, "again and again");
    is_int(TimerInfo(0, T(id), 0, &info), id, "TimerInfo");
    ok((info.flags & _NTO_TI_ACTIVE) && info.otime.interval_nsec == 5000000 &&
           info.itime.nsec <= 5000000 && info.clockid == CLOCK_MONOTONIC &&
           (info.event.notify & SIGEV_TYPE_MASK) == SIGEV_PULSE,
       "... tells how it is set");
    is_int(TimerInfo(0, T(0), _NTO_TIMER_SEARCH, &info), id, "... and finds the first");
    is_int(TimerDestroy(T(id)), 0, "TimerDestroy");
    rv_receive_timeout(0);
    while (MsgReceive(chid, &p, sizeof(p), NULL) == 0)
        rv_receive_timeout(0);
    rv_receive_timeout(30);
    ok(MsgReceive(chid, &p, sizeof(p), NULL) == -1 && errno == ETIMEDOUT, "no more pulses");

    sem_t s;
    sem_init(&s, 0, 0);
    SIGEV_SEM_INIT(&ev, &s);
    id = start(&ev, 10000000, 10000000);
    ok(id != -1 && sem_wait(&s) == 0 && sem_wait(&s) == 0, "a timer that posts a semaphore");
    TimerDestroy(T(id));

    struct sigaction sa = {.sa_handler = on_usr1};
    sigaction(SIGUSR1, &sa, NULL);
    pthread_t t;
    void *r;
    pthread_create(&t, NULL, thread_timer, &id);
    pthread_join(t, &r);
    ok(r != NULL, "SIGEV_SIGNAL_THREAD reaches the thread that made the timer");
    TimerDestroy(T(id));

    timer_t tid;
    struct itimerspec its = {{0, 0}, {0, 10000000}};
    sem_init(&called, 0, 0);
    SIGEV_THREAD_INIT(&ev, callback, 5, NULL);
    is_int(timer_create(CLOCK_MONOTONIC, &ev, &tid), 0, "a timer that calls a function");
    timer_settime(tid, 0, &its, NULL);
    while (sem_wait(&called) == -1)
        ;
    is_int(calls, 5, "which is called with its value");
    timer_delete(tid);

    SIGEV_PULSE_INIT(&ev, coid, 0, 7, 0);
    is_int(TimerCreate_r(CLOCK_MONOTONIC, &ev), -EINVAL, "a pulse of priority 0: EINVAL");
    SIGEV_PULSE_INIT(&ev, 9999, 10, 7, 0);
    is_int(TimerCreate_r(CLOCK_MONOTONIC, &ev), -EBADF, "a pulse on no connection: EBADF");
    SIGEV_PULSE_INIT(&ev, coid, 10, -33, 0);
    is_int(TimerCreate_r(CLOCK_MONOTONIC, &ev), -EINVAL,
           "a pulse with a code of the kernel's: EINVAL");
    is_int(TimerCreate_r(CLOCK_MONOTONIC, (void *)8), -EFAULT, "an event nowhere: EFAULT");
    return done();
}
