/* SPDX-License-Identifier: Apache-2.0 */
/* Threads come and go without leaving memory behind; sharing through mutex, condvar, rwlock,
 * barrier, once, keys. Pages: POSIX pthread_create(), pthread_detach(), pthread_key_create() ...;
 * Library Reference ThreadCreate(). */
#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>
#include "../rendezvous.h"
#include <abi/taskman.h>
#include <abi/tm.h>

static void *give_back(void *arg)
{
    return arg;
}

/* Memory of this process as the kernel counts it. */
static uint64_t free_bytes(void)
{
    struct tmsg_hdr m = {.type = TMSG_SYS, .subtype = TMSG_SYS_MEMINFO};
    struct tm_mem_info info = {0, 0, 0};
    MsgSend(SYSMGR_COID, &m, sizeof(m), &info, sizeof(info));
    return info.free_bytes;
}

static void come_and_go(void)
{
    pthread_attr_t at;
    pthread_t t;
    int good = 0;
    pthread_attr_init(&at);
    pthread_attr_setdetachstate(&at, PTHREAD_CREATE_DETACHED);
    for (int i = 0; i < 20; i++)
        pthread_create(&t, &at, give_back, NULL);
    rv_sleep_ms(50);
    uint64_t before = free_bytes();
    for (int i = 0; i < 300; i++) {
        good += pthread_create(&t, &at, give_back, NULL) == 0;
        if (i % 16 == 15)
            rv_sleep_ms(5);
    }
    rv_sleep_ms(50);
    is_int(good, 300, "300 detached threads");
    ok(before - free_bytes() + (1 << 20) < (2 << 20), "leave no stacks behind");
    good = 0;
    for (long i = 0; i < 200; i++) {
        void *v = NULL;
        good += pthread_create(&t, NULL, give_back, (void *)i) == 0 && pthread_join(t, &v) == 0 &&
                v == (void *)i;
    }
    is_int(good, 200, "200 joined threads, each with its value");
    good = 0;
    for (long i = 0; i < 100; i++) {
        pthread_create(&t, NULL, give_back, NULL);
        if (i & 1)
            sched_yield();
        good += pthread_detach(t) == 0;
    }
    is_int(good, 100, "100 threads detached while they run or end");
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t barrier;
static long turn, total, shared_a, shared_b, torn, serial;

static void *take_turns(void *arg)
{
    long me = (long)arg;
    for (int i = 0; i < 50; i++) {
        pthread_mutex_lock(&mutex);
        while (turn % 4 != me)
            pthread_cond_wait(&cond, &mutex);
        turn++;
        pthread_cond_broadcast(&cond);
        pthread_mutex_unlock(&mutex);
    }
    if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
        __atomic_fetch_add(&serial, 1, __ATOMIC_RELAXED);
    return NULL;
}

static void *add_up(void *arg)
{
    for (int i = 0; i < 5000; i++) {
        pthread_mutex_lock(&mutex);
        total++;
        pthread_mutex_unlock(&mutex);
    }
    return arg;
}

static void *read_or_write(void *arg)
{
    for (long i = 0; i < 1000; i++) {
        if (i % 8 == (long)arg) {
            pthread_rwlock_wrlock(&rwlock);
            shared_a++;
            shared_b++;
            pthread_rwlock_unlock(&rwlock);
        } else {
            pthread_rwlock_rdlock(&rwlock);
            if (shared_a != shared_b)
                __atomic_fetch_add(&torn, 1, __ATOMIC_RELAXED);
            pthread_rwlock_unlock(&rwlock);
        }
    }
    return NULL;
}

static void four(void *(*fn)(void *))
{
    pthread_t t[4];
    for (long i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, fn, (void *)i);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
}

static void share(void)
{
    pthread_barrier_init(&barrier, NULL, 4);
    four(add_up);
    is_int(total, 20000, "four threads count under a mutex");
    four(take_turns);
    is_int(turn, 200, "and take turns by a condvar");
    is_int(serial, 1, "one of them is the barrier's serial thread");
    four(read_or_write);
    ok(shared_a == 500 && torn == 0, "writers of an rwlock are alone (%ld, %ld)", shared_a, torn);
}

static void timed(void)
{
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_nsec += 50000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&mutex);
    is_int(pthread_cond_timedwait(&cond, &mutex, &at), ETIMEDOUT, "a timed condvar wait ends");
    is_int(pthread_mutex_unlock(&mutex), 0, "with the mutex held");
    pthread_rwlock_wrlock(&rwlock);
    is_int(pthread_rwlock_timedrdlock(&rwlock, &at), ETIMEDOUT,
           "a reader waits for the writer: ETIMEDOUT");
    pthread_rwlock_unlock(&rwlock);
    is_int(pthread_cond_wait(&cond, &mutex), EPERM, "waiting without the mutex: EPERM");
    is_int(pthread_mutex_unlock(&mutex), EPERM, "unlocking what is not held: EPERM");
}

static pthread_key_t key;
static int destroyed;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int onces;

static void destroy(void *value)
{
    destroyed += value == (void *)7;
}

static void count_once(void)
{
    onces++;
}

static void *use_key(void *arg)
{
    pthread_once(&once, count_once);
    pthread_setspecific(key, arg);
    return pthread_getspecific(key);
}

static void specifics(void)
{
    pthread_t t;
    void *v = NULL;
    pthread_key_create(&key, destroy);
    pthread_create(&t, NULL, use_key, (void *)7);
    pthread_join(t, &v);
    ok(v == (void *)7 && pthread_getspecific(key) == NULL, "a key has a value for each thread");
    is_int(destroyed, 1, "its destructor ran at the thread's end");
    pthread_create(&t, NULL, use_key, (void *)7);
    pthread_join(t, NULL);
    is_int(onces, 1, "once is once");
}

static volatile int hooked;

static void at_end(void *status)
{
    hooked = status == (void *)11;
}

static void *until_told(void *arg)
{
    while (sem_wait(arg) == -1)
        ;
    return (void *)7;
}

/* Library Reference, p/pthread_timedjoin. */
static void timed_join(int (*join)(pthread_t, void **, const struct timespec *), clockid_t clk, const char *name)
{
    struct timespec at;
    pthread_t t;
    sem_t go;
    void *v = NULL;
    sem_init(&go, 0, 0);
    pthread_create(&t, NULL, until_told, &go);
    clock_gettime(clk, &at);
    is_int(join(t, &v, &at), ETIMEDOUT, name);
    sem_post(&go);
    at.tv_sec += 100;
    ok(join(t, &v, &at) == 0 && v == (void *)7, "... and joins");
    is_int(join(pthread_self(), &v, &at), EDEADLK, "oneself: EDEADLK");
}

static void raw(void)
{
    void *v = NULL;
    struct _thread_attr at = {.__exitfunc = at_end};
    int tid = ThreadCreate(0, give_back, (void *)11, &at);
    ok(tid > 0, "ThreadCreate()");
    ok(ThreadJoin(tid, &v) == 0 && v == (void *)11, "ThreadJoin() gets its status");
    is_int(hooked, 1, "its exit function saw the status");
    ok(ThreadJoin(tid, &v) == -1 && errno == ESRCH, "joined once");
    ok(ThreadCreate(1, give_back, NULL, NULL) == -1 && errno == EPERM, "in another process: EPERM");
}

int main(void)
{
    tap_plan(27);
    come_and_go();
    share();
    timed();
    specifics();
    timed_join(pthread_timedjoin, CLOCK_REALTIME, "pthread_timedjoin() waits until its time");
    timed_join(pthread_timedjoin_monotonic, CLOCK_MONOTONIC, "pthread_timedjoin_monotonic()");
    raw();
    return done();
}
