/* SPDX-License-Identifier: Apache-2.0 */
/* Timeouts and signals while waiting for a mutex.
 * Pages: QNX Neutrino Library Reference, TimerTimeout(), SyncMutexLock(),
 * pthread_mutex_timedlock(). */
#include "../rendezvous.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static volatile sig_atomic_t handled;
static volatile int locked;

static void on_usr1(int s)
{
    (void)s;
    handled++;
}

static void *locker(void *arg)
{
    (void)arg;
    int r = pthread_mutex_lock(&m);
    locked = 1;
    pthread_mutex_unlock(&m);
    return (void *)(intptr_t)r;
}

static void *timed(void *arg)
{
    struct timespec at, t0, t1;
    clock_gettime(CLOCK_MONOTONIC, &t0);
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_nsec += 100000000;
    if (at.tv_nsec >= 1000000000)
        at.tv_sec++, at.tv_nsec -= 1000000000;
    int r = pthread_mutex_timedlock(&m, &at);
    clock_gettime(CLOCK_MONOTONIC, &t1);
    *(long *)arg = (t1.tv_sec - t0.tv_sec) * 1000000000L + t1.tv_nsec - t0.tv_nsec;
    return (void *)(intptr_t)r;
}

static void *raw(void *arg)
{
    uint64_t ns = 30000000;
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_MUTEX, NULL, arg ? &ns : NULL, NULL);
    return (void *)(intptr_t)SyncMutexLock_r((sync_t *)&m);
}

int main(void)
{
    pthread_t t;
    void *r;
    long took = 0;
    tap_plan(9);
    struct sigaction sa = {.sa_handler = on_usr1};
    sigaction(SIGUSR1, &sa, NULL);
    pthread_mutex_lock(&m);

    pthread_create(&t, NULL, raw, &m);
    pthread_join(t, &r);
    is_int((intptr_t)r, ETIMEDOUT, "TimerTimeout ends SyncMutexLock");
    pthread_create(&t, NULL, raw, NULL);
    pthread_join(t, &r);
    is_int((intptr_t)r, ETIMEDOUT, "no time at all polls");

    pthread_create(&t, NULL, timed, &took);
    rv_sleep_ms(20);
    pthread_kill(t, SIGUSR1);
    pthread_join(t, &r);
    is_int((intptr_t)r, ETIMEDOUT, "a timed lock times out");
    ok(took >= 100000000 && took < 1000000000, "... after its time, signal or not (%ld ns)", took);
    is_int(handled, 1, "... and the handler ran");

    pthread_create(&t, NULL, locker, NULL);
    rv_sleep_ms(20);
    pthread_kill(t, SIGUSR1);
    rv_sleep_ms(20);
    is_int(handled, 2, "a handler runs during an untimed wait");
    is_int(locked, 0, "... and the wait goes on");
    pthread_mutex_unlock(&m);
    pthread_join(t, &r);
    is_int((intptr_t)r, 0, "... until the mutex is free: no EINTR");
    is_int(locked, 1, "it had it");
    return done();
}
