/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes and the rest of the thread and time interfaces that no other program here looks at: what is set is what one gets, and what
 * counts for the thread that is made. Pages: Library Reference, pthread_attr_*(), pthread_mutexattr_*(), pthread_condattr_*(),
 * pthread_rwlockattr_*(), pthread_mutex_timedlock_monotonic(), pthread_rwlock_*(), sched_getparam(), sched_setscheduler(),
 * sched_get_priority_adjust(), sched_rr_get_interval(), timer_timeout(), nsec2timespec(), nanospin(), nap(), ualarm(). */
#include <sched.h>
#include <semaphore.h>
#include "../rendezvous.h"

static char stack[128 * 1024] __attribute__((aligned(4096)));

static void *where_am_i(void *arg)
{
    int here;
    struct sched_param sp;
    int policy;
    pthread_getschedparam(pthread_self(), &policy, &sp);
    *(int *)arg = (char *)&here >= stack && (char *)&here < stack + sizeof stack && policy == SCHED_FIFO && sp.sched_priority == 9;
    pthread_exit((void *)5);
}

static void thread_attributes(void)
{
    pthread_attr_t a;
    struct sched_param sp = {.sched_priority = 9};
    int v = -1, inside = 0;
    size_t n = 0;
    void *p = NULL;
    pthread_t t;
    pthread_attr_init(&a);
    ok(pthread_attr_getdetachstate(&a, &v) == 0 && v == PTHREAD_CREATE_JOINABLE, "joinable by default");
    ok(pthread_attr_getscope(&a, &v) == 0 && v == PTHREAD_SCOPE_SYSTEM && pthread_attr_setscope(&a, PTHREAD_SCOPE_SYSTEM) == 0,
       "system scope");
    ok(pthread_attr_getinheritsched(&a, &v) == 0 && v == PTHREAD_INHERIT_SCHED, "scheduling is inherited");
    ok(pthread_attr_setguardsize(&a, 8192) == 0 && pthread_attr_getguardsize(&a, &n) == 0 && n == 8192, "guard size");
    ok(pthread_attr_setstacksize(&a, 65536) == 0 && pthread_attr_getstacksize(&a, &n) == 0 && n == 65536, "stack size");
    is_int(pthread_attr_setstacksize(&a, 16), EINVAL, "too small: EINVAL");
    ok(pthread_attr_getstacklazy(&a, &v) == 0 && v == PTHREAD_STACK_LAZY && pthread_attr_setstacklazy(&a, PTHREAD_STACK_NOTLAZY) == 0 &&
           pthread_attr_getstacklazy(&a, &v) == 0 && v == PTHREAD_STACK_NOTLAZY,
       "lazy stacks");
    is_int(pthread_attr_setstacklazy(&a, 77), EINVAL, "neither: EINVAL");
    ok(pthread_attr_setstackprealloc(&a, 8192) == 0 && pthread_attr_getstackprealloc(&a, &n) == 0 && n == 8192, "preallocation");
    pthread_attr_setstacklazy(&a, PTHREAD_STACK_LAZY);
    ok(pthread_attr_setstackaddr(&a, stack) == 0 && pthread_attr_getstackaddr(&a, &p) == 0 && p == stack, "stack address");
    ok(pthread_attr_setstack(&a, stack, sizeof stack) == 0 && pthread_attr_getstack(&a, &p, &n) == 0 && p == stack && n == sizeof stack,
       "address and size");
    pthread_attr_setinheritsched(&a, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(&a, SCHED_FIFO);
    pthread_attr_setschedparam(&a, &sp);
    sp.sched_priority = 0;
    ok(pthread_attr_getinheritsched(&a, &v) == 0 && v == PTHREAD_EXPLICIT_SCHED && pthread_attr_getschedpolicy(&a, &v) == 0 &&
           v == SCHED_FIFO && pthread_attr_getschedparam(&a, &sp) == 0 && sp.sched_priority == 9,
       "explicit policy and priority");
    ok(pthread_create(&t, &a, where_am_i, &inside) == 0 && pthread_join(t, &p) == 0 && inside == 1 && p == (void *)5,
       "a thread has them all, and pthread_exit() gives its status");
    is_int(pthread_attr_destroy(&a), 0, "destroyed");
}

static void *lock_until(void *arg)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (void *)(intptr_t)pthread_mutex_timedlock_monotonic(arg, &at);
}

static void mutex_attributes(void)
{
    pthread_mutexattr_t a;
    pthread_condattr_t c;
    pthread_mutex_t m;
    clockid_t clk = -1;
    pthread_t t;
    void *p = NULL;
    int v = -1;
    pthread_mutexattr_init(&a);
    ok(pthread_mutexattr_getpshared(&a, &v) == 0 && v == PTHREAD_PROCESS_PRIVATE, "a mutex is private");
    ok(pthread_mutexattr_settype(&a, PTHREAD_MUTEX_ERRORCHECK) == 0 && pthread_mutexattr_gettype(&a, &v) == 0 &&
           v == PTHREAD_MUTEX_ERRORCHECK,
       "its type");
    ok(pthread_mutexattr_setrecursive(&a, PTHREAD_RECURSIVE_ENABLE) == 0 && pthread_mutexattr_getrecursive(&a, &v) == 0 &&
           v == PTHREAD_RECURSIVE_ENABLE,
       "recursive");
    pthread_mutex_init(&m, &a);
    ok(pthread_mutex_lock(&m) == 0 && pthread_mutex_lock(&m) == 0 && pthread_mutex_unlock(&m) == 0, "which it is");
    pthread_create(&t, NULL, lock_until, &m);
    pthread_join(t, &p);
    is_int((long)p, ETIMEDOUT, "pthread_mutex_timedlock_monotonic(): ETIMEDOUT");
    is_int(pthread_mutex_unlock(&m), 0, "unlocked");
    pthread_create(&t, NULL, lock_until, &m);
    pthread_join(t, &p);
    is_int((long)p, 0, "one that is free it gets");
    is_int(pthread_mutexattr_destroy(&a), 0, "destroyed");
    pthread_condattr_init(&c);
    ok(pthread_condattr_getpshared(&c, &v) == 0 && v == PTHREAD_PROCESS_PRIVATE && pthread_condattr_setclock(&c, CLOCK_MONOTONIC) == 0 &&
           pthread_condattr_getclock(&c, &clk) == 0 && clk == CLOCK_MONOTONIC && pthread_condattr_destroy(&c) == 0,
       "attributes of a condition variable");
}

static void *try_both(void *arg)
{
    pthread_rwlock_t *rw = arg;
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    long got = pthread_rwlock_tryrdlock(rw) == 0 ? (pthread_rwlock_unlock(rw), 1) : 0;
    got |= pthread_rwlock_trywrlock(rw) == 0 ? (pthread_rwlock_unlock(rw), 2) : 0;
    got |= pthread_rwlock_timedwrlock(rw, &at) == ETIMEDOUT ? 4 : 0;
    return (void *)got;
}

static long others_may(pthread_rwlock_t *rw)
{
    pthread_t t;
    void *p;
    pthread_create(&t, NULL, try_both, rw);
    pthread_join(t, &p);
    return (long)p;
}

static void readers_and_writers(void)
{
    pthread_rwlockattr_t a;
    pthread_rwlock_t rw;
    pthread_barrier_t b;
    pthread_key_t key;
    int v = -1;
    pthread_rwlockattr_init(&a);
    ok(pthread_rwlockattr_getpshared(&a, &v) == 0 && v == PTHREAD_PROCESS_PRIVATE &&
           pthread_rwlockattr_setpshared(&a, PTHREAD_PROCESS_SHARED) == 0 && pthread_rwlockattr_getpshared(&a, &v) == 0 &&
           v == PTHREAD_PROCESS_SHARED && pthread_rwlock_init(&rw, &a) == 0 && pthread_rwlockattr_destroy(&a) == 0,
       "attributes of a read-write lock");
    pthread_rwlock_rdlock(&rw);
    is_int(others_may(&rw), 1 | 4, "a reader keeps writers out only");
    pthread_rwlock_unlock(&rw);
    pthread_rwlock_wrlock(&rw);
    is_int(others_may(&rw), 4, "a writer everybody");
    pthread_rwlock_unlock(&rw);
    is_int(others_may(&rw), 1 | 2, "nobody nobody");
    is_int(pthread_rwlock_destroy(&rw), 0, "destroyed");
    pthread_barrier_init(&b, NULL, 1);
    ok(pthread_barrier_wait(&b) == PTHREAD_BARRIER_SERIAL_THREAD && pthread_barrier_destroy(&b) == 0, "a barrier for one");
    ok(pthread_key_create(&key, NULL) == 0 && pthread_setspecific(key, &v) == 0 && pthread_getspecific(key) == &v &&
           pthread_key_delete(key) == 0,
       "a key comes and goes");
}

static void scheduling(void)
{
    struct sched_param sp = {0};
    struct timespec slice;
    int lo = sched_get_priority_min(SCHED_RR), hi = sched_get_priority_max(SCHED_RR);
    ok(lo == 1 && hi > lo, "priorities of round robin: %d to %d", lo, hi);
    ok(sched_getparam(0, &sp) == 0 && sp.sched_priority > 0, "sched_getparam()");
    int was = sched_getscheduler(0), prio = sp.sched_priority;
    sp.sched_priority = prio + 1;
    ok(sched_setparam(0, &sp) == 0 && sched_getparam(0, &sp) == 0 && sp.sched_priority == prio + 1, "sched_setparam()");
    sp.sched_priority = prio;
    int old = sched_setscheduler(0, SCHED_FIFO, &sp);
    ok(old == was && sched_getscheduler(0) == SCHED_FIFO, "sched_setscheduler() gives the old policy");
    sched_setscheduler(0, was, &sp);
    sp.sched_priority = 300;
    ok(sched_setparam(0, &sp) == -1 && errno == EINVAL, "priority 300: EINVAL");
    ok(sched_rr_get_interval(0, &slice) == 0 && slice.tv_sec == 0 && slice.tv_nsec > 0, "a slice of %ld ns", slice.tv_nsec);
    ok(sched_get_priority_adjust(10, SCHED_RR, 2) == 12 && sched_get_priority_adjust(10, SCHED_RR, -2) == 8 &&
           sched_get_priority_adjust(hi, SCHED_RR, 100) == hi,
       "sched_get_priority_adjust() stays in the range");
}

static volatile sig_atomic_t alarms;

static void on_alarm(int signo)
{
    alarms += signo == SIGALRM;
}

static void times_of_all_kinds(void)
{
    struct timespec ts, soon = {0, 1000000}, set = {1700000000, 5}, got;
    struct sigaction sa = {.sa_handler = on_alarm};
    uint64_t before, after;
    sigset_t s;
    sem_t sem;
    nsec2timespec(&ts, 3000000007UL);
    ok(ts.tv_sec == 3 && ts.tv_nsec == 7 && timespec2nsec(&ts) == 3000000007UL, "nsec2timespec(), timespec2nsec()");
    sem_init(&sem, 0, 0);
    ok(timer_timeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_SEM, NULL, &soon, NULL) != -1 && sem_wait(&sem) == -1 && errno == ETIMEDOUT,
       "timer_timeout()");
    ok(timer_timeout_r(CLOCK_MONOTONIC, _NTO_TIMEOUT_SEM, NULL, &soon, NULL) == EOK && sem_wait(&sem) == -1 && errno == ETIMEDOUT,
       "timer_timeout_r()");
    is_int(timer_timeout_r(77, _NTO_TIMEOUT_SEM, NULL, &soon, NULL), EINVAL, "no such clock: EINVAL");
    is_int(sem_destroy(&sem), 0, "sem_destroy() of one that a wait has given up");
    ClockTime(CLOCK_MONOTONIC, NULL, &before);
    is_int(nanospin(&soon), EOK, "nanospin()");
    ClockTime(CLOCK_MONOTONIC, NULL, &after);
    ok(after - before >= 1000000, "not less than asked for");
    before = after;
    napms(2);
    nap(2);
    ClockTime(CLOCK_MONOTONIC, NULL, &after);
    ok(after - before >= 4000000, "napms() and nap(), neither");
    sigaction(SIGALRM, &sa, NULL);
    ualarm(1000, 0);
    for (int i = 0; i < 5000 && !alarms; i++)
        rv_sleep_ms(1);
    is_int(alarms, 1, "ualarm()");
    sigfillset(&s);
    ok(sigdelset(&s, SIGINT) == 0 && !sigismember(&s, SIGINT) && sigismember(&s, SIGTERM) == 1, "sigdelset()");
    clock_gettime(CLOCK_REALTIME, &ts);
    ok(clock_settime(CLOCK_REALTIME, &set) == 0 && clock_gettime(CLOCK_REALTIME, &got) == 0 && got.tv_sec - set.tv_sec < 100 &&
           got.tv_sec >= set.tv_sec,
       "clock_settime()");
    clock_settime(CLOCK_REALTIME, &ts);
    ok(clock_settime(CLOCK_MONOTONIC, &set) == -1 && errno == EINVAL, "the monotonic clock cannot be set: EINVAL");
}

int main(void)
{
    tap_plan(0);
    thread_attributes();
    mutex_attributes();
    readers_and_writers();
    scheduling();
    times_of_all_kinds();
    return done();
}
