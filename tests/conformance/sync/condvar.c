/* SPDX-License-Identifier: Apache-2.0 */
/* Condition variables.  Pages: QNX Neutrino Library Reference, SyncCondvarWait(),
 * SyncCondvarSignal(), pthread_cond_wait(), pthread_cond_timedwait(). */
#include "../rendezvous.h"

#define THREADS 6
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int waiting, turn, woken;
static volatile sig_atomic_t handled;

static void on_usr1(int s)
{
    (void)s;
    handled++;
}

static void *waiter(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    waiting++;
    while (turn == 0)
        pthread_cond_wait(&c, &m);
    turn--;
    woken++;
    intptr_t mine = pthread_mutex_trylock(&m) == EBUSY;
    pthread_mutex_unlock(&m);
    return (void *)mine;
}

static void wait_for(int n)
{
    for (int i = 0; i < 500; i++) {
        pthread_mutex_lock(&m);
        int now = waiting;
        pthread_mutex_unlock(&m);
        if (now == n)
            return;
        rv_sleep_ms(2);
    }
}

static int timed(pthread_cond_t *cond, clockid_t clk, long ms, long *took)
{
    struct timespec at, t0, t1;
    clock_gettime(CLOCK_MONOTONIC, &t0);
    clock_gettime(clk, &at);
    at.tv_nsec += ms * 1000000;
    while (at.tv_nsec >= 1000000000)
        at.tv_sec++, at.tv_nsec -= 1000000000;
    int r = pthread_cond_timedwait(cond, &m, &at);
    clock_gettime(CLOCK_MONOTONIC, &t1);
    *took = (t1.tv_sec - t0.tv_sec) * 1000000000L + t1.tv_nsec - t0.tv_nsec;
    return r;
}

static volatile int timed_begun;

static void *timed_main(void *arg)
{
    pthread_mutex_lock(&m);
    timed_begun = 1;
    int r = timed(&c, CLOCK_REALTIME, 80, arg);
    pthread_mutex_unlock(&m);
    return (void *)(intptr_t)r;
}

static void signals_and_timeouts(void)
{
    pthread_cond_t mono;
    pthread_condattr_t a;
    pthread_t t;
    long took;
    void *r;
    pthread_mutex_lock(&m);
    is_int(timed(&c, CLOCK_REALTIME, 40, &took), ETIMEDOUT, "a timed wait times out");
    ok(took >= 40000000 && took < 1000000000, "... not early (%ld ns)", took);
    is_int(pthread_mutex_trylock(&m), EBUSY, "... and has the mutex again");
    pthread_condattr_init(&a);
    pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
    pthread_cond_init(&mono, &a);
    is_int(timed(&mono, CLOCK_MONOTONIC, 30, &took), ETIMEDOUT, "on CLOCK_MONOTONIC, too");
    pthread_mutex_unlock(&m);

    pthread_create(&t, NULL, timed_main, &took);
    while (!timed_begun)
        rv_sleep_ms(1);
    pthread_mutex_lock(&m); /* when it waits */
    rv_sleep_ms(120); /* its time is over, but we have the mutex */
    pthread_mutex_unlock(&m);
    pthread_join(t, &r);
    ok((intptr_t)r == ETIMEDOUT && took >= 120000000, "it returns only with the mutex (%ld ns)",
       took);

    struct sigaction sa = {.sa_handler = on_usr1};
    sigaction(SIGUSR1, &sa, NULL);
    turn = 0;
    waiting = 0;
    pthread_create(&t, NULL, waiter, NULL);
    wait_for(1);
    rv_sleep_ms(10);
    pthread_kill(t, SIGUSR1);
    rv_sleep_ms(20);
    is_int(handled, 1, "a signal is handled during the wait");
    pthread_mutex_lock(&m);
    turn = 1;
    pthread_cond_signal(&c);
    pthread_mutex_unlock(&m);
    pthread_join(t, &r);
    ok(r != NULL, "... which ends normally");
}

static void errors(void)
{
    sync_t cond = {0, 0}, mutex = {0, 0};
    is_int(SyncCondvarWait_r(&cond, &mutex), EPERM, "waiting without the mutex: EPERM");
    SyncMutexLock(&mutex);
    is_int(SyncCondvarWait_r((sync_t *)8, &mutex), EFAULT, "a condvar nowhere: EFAULT");
    is_int(SyncCondvarWait_r(&cond, (sync_t *)8), EFAULT, "a mutex nowhere: EFAULT");
    uint64_t ns = 1000000;
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_CONDVAR, NULL, &ns, NULL);
    is_int(SyncCondvarWait_r(&cond, &mutex), ETIMEDOUT, "TimerTimeout ends the wait");
    is_int(SyncMutexUnlock_r(&mutex), 0, "... with the mutex held");
    is_int(SyncCondvarSignal_r((sync_t *)8, 0), EFAULT, "signalling nowhere: EFAULT");
    is_int(SyncCondvarSignal_r(&cond, 1), 0, "signalling nobody is fine");
}

int main(void)
{
    pthread_t t[THREADS];
    void *r;
    int held = 0;
    tap_plan(18);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&t[i], NULL, waiter, NULL);
    wait_for(THREADS);
    rv_sleep_ms(20);
    pthread_mutex_lock(&m);
    turn = 1;
    pthread_cond_signal(&c);
    pthread_mutex_unlock(&m);
    rv_sleep_ms(30);
    is_int(woken, 1, "a signal wakes one");
    pthread_mutex_lock(&m);
    turn = THREADS - 1;
    pthread_cond_broadcast(&c);
    pthread_mutex_unlock(&m);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(t[i], &r);
        held += r != NULL;
    }
    is_int(woken, THREADS, "a broadcast wakes the others");
    is_int(held, THREADS, "every one had the mutex");
    is_int(pthread_cond_destroy(&c), 0, "destroyed without waiters");
    pthread_cond_init(&c, NULL);
    signals_and_timeouts();
    errors();
    return done();
}
