/* SPDX-License-Identifier: Apache-2.0 */
/* Mutex kinds, ownership, hand-over to the most important waiter.
 * Pages: QNX Neutrino Library Reference, SyncMutexLock(), SyncMutexUnlock(), SyncTypeCreate(),
 * pthread_mutex_lock(). */
#include "../rendezvous.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int order[3], arrived;

static void *waiter(void *arg)
{
    int prio = (int)(intptr_t)arg;
    struct sched_param sp = {.sched_priority = prio};
    SchedSet(0, 0, SCHED_RR, &sp);
    pthread_mutex_lock(&m);
    order[arrived++] = prio;
    pthread_mutex_unlock(&m);
    return NULL;
}

static void *try_it(void *arg)
{
    (void)arg;
    return (void *)(intptr_t)(pthread_mutex_trylock(&m) * 1000 + pthread_mutex_unlock(&m));
}

static void kinds(void)
{
    pthread_mutexattr_t a;
    pthread_mutex_t r;
    pthread_mutexattr_init(&a);
    pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&r, &a);
    ok(pthread_mutex_lock(&r) == 0 && pthread_mutex_lock(&r) == 0,
       "a recursive mutex is taken twice");
    ok(pthread_mutex_unlock(&r) == 0 && pthread_mutex_unlock(&r) == 0, "... and given back twice");
    is_int(pthread_mutex_unlock(&r), EPERM, "... a third time is EPERM");
    pthread_mutexattr_settype(&a, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&r, &a);
    pthread_mutex_lock(&r);
    is_int(pthread_mutex_lock(&r), EDEADLK, "an error-checking mutex is not taken twice: EDEADLK");
    is_int(pthread_mutex_destroy(&r), EBUSY, "destroying a held mutex: EBUSY");
    pthread_mutex_unlock(&r);
    is_int(pthread_mutex_destroy(&r), 0, "destroying a free one");
}

static void kernel_entry(void)
{
    sync_t s = {0, 0};
    is_int(SyncTypeCreate(_NTO_SYNC_MUTEX_FREE, &s, NULL), 0, "SyncTypeCreate makes a mutex");
    is_int(SyncMutexLock(&s), 0, "SyncMutexLock takes it");
    is_int(SyncMutexLock_r(&s), EDEADLK, "again: EDEADLK");
    is_int(SyncDestroy_r(&s), EBUSY, "SyncDestroy of a held mutex: EBUSY");
    is_int(SyncMutexUnlock(&s), 0, "SyncMutexUnlock gives it back");
    is_int(SyncMutexUnlock_r(&s), EINVAL, "again: EINVAL");
    is_int(SyncDestroy(&s), 0, "SyncDestroy");
    is_int(SyncMutexLock_r(&s), EINVAL, "a destroyed mutex: EINVAL");
}

int main(void)
{
    tap_plan(18);
    pthread_t t[3];
    void *result;
    pthread_mutex_lock(&m);
    pthread_create(&t[0], NULL, try_it, NULL);
    pthread_join(t[0], &result);
    is_int((intptr_t)result, EBUSY * 1000 + EPERM, "another thread: trylock EBUSY, unlock EPERM");
    static const int prio[] = {12, 30, 20};
    for (int i = 0; i < 3; i++) {
        pthread_create(&t[i], NULL, waiter, (void *)(intptr_t)prio[i]);
        rv_sleep_ms(20);
    }
    pthread_mutex_unlock(&m);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    ok(order[0] == 30 && order[1] == 20 && order[2] == 12, "waiters get it by priority (%d %d %d)",
       order[0], order[1], order[2]);
    ok(pthread_mutex_trylock(&m) == 0 && pthread_mutex_unlock(&m) == 0, "it is free afterwards");
    pthread_mutex_lock(&m);
    is_int(pthread_mutex_lock(&m), EDEADLK, "the default kind reports a relock");
    kinds();
    kernel_entry();
    return done();
}
