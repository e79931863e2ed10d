/* SPDX-License-Identifier: Apache-2.0 */
/* Mutexes with a priority ceiling: the owner runs at the highest ceiling it holds, waiters or not.
 * Pages: QNX Neutrino Library Reference, pthread_mutexattr_setprotocol(), pthread_mutexattr_setprioceiling(),
 * pthread_mutex_setprioceiling(), pthread_mutex_getprioceiling(), SyncTypeCreate(), SyncCtl(). */
#define _GNU_SOURCE
#include "../rendezvous.h"
#include "prio.h"

static pthread_mutex_t low_m, high_m, plain = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;

static int make(pthread_mutex_t *m, int ceiling, int robust, int type)
{
    pthread_mutexattr_t a;
    pthread_mutexattr_init(&a);
    pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_PROTECT);
    pthread_mutexattr_setprioceiling(&a, ceiling);
    pthread_mutexattr_setrobust(&a, robust);
    if (type != PTHREAD_MUTEX_DEFAULT) /* given outright it is PTHREAD_MUTEX_NORMAL */
        pthread_mutexattr_settype(&a, type);
    return pthread_mutex_init(m, &a);
}

static void attributes(void)
{
    pthread_mutexattr_t a;
    int v = -1;
    pthread_mutexattr_init(&a);
    pthread_mutexattr_getprotocol(&a, &v);
    is_int(v, PTHREAD_PRIO_INHERIT, "the protocol is inheritance unless told otherwise");
    is_int(pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_PROTECT), 0, "PTHREAD_PRIO_PROTECT");
    pthread_mutexattr_getprotocol(&a, &v);
    is_int(v, PTHREAD_PRIO_PROTECT, "... is read back");
    is_int(pthread_mutexattr_setprotocol(&a, 7), ENOTSUP, "another protocol: ENOTSUP");
    is_int(pthread_mutexattr_setprioceiling(&a, 33), 0, "a ceiling");
    pthread_mutexattr_getprioceiling(&a, &v);
    is_int(v, 33, "... is read back");
    is_int(pthread_mutexattr_setprioceiling(&a, 0), EINVAL, "ceiling 0: EINVAL");
    is_int(pthread_mutexattr_setprioceiling(&a, 256), EINVAL, "ceiling 256: EINVAL");
    pthread_mutexattr_getprioceiling(&a, &v);
    is_int(v, 33, "a failure changes nothing");
    pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_NONE);
    pthread_mutexattr_getprotocol(&a, &v);
    is_int(v, PTHREAD_PRIO_NONE, "and PTHREAD_PRIO_NONE");
}

static void nesting(void)
{
    set_prio(10);
    pthread_mutex_lock(&low_m);
    is_int(prio_of(0), 20, "the owner runs at the ceiling without any waiter");
    pthread_mutex_lock(&high_m);
    is_int(prio_of(0), 30, "two ceilings: the higher one");
    pthread_mutex_unlock(&low_m);
    is_int(prio_of(0), 30, "unlocked in the other order: the one that is left");
    pthread_mutex_unlock(&high_m);
    is_int(prio_of(0), 10, "none left: its own priority");
    is_int(pthread_mutex_trylock(&low_m), 0, "trylock takes it, too");
    is_int(prio_of(0), 20, "... at the ceiling");
    is_int(pthread_mutex_lock(&low_m), EDEADLK, "locked twice: EDEADLK");
    set_prio(12);
    is_int(prio_of(0), 20, "a new priority of its own below the ceiling does not show");
    pthread_mutex_unlock(&low_m);
    is_int(prio_of(0), 12, "... until the unlock");
    is_int(pthread_mutex_unlock(&low_m), EPERM, "unlocked twice: EPERM");
}

static void above(void)
{
    int old = 0;
    set_prio(21);
    is_int(pthread_mutex_lock(&low_m), EINVAL, "a thread above the ceiling: EINVAL");
    is_int(pthread_mutex_trylock(&low_m), EINVAL, "... from trylock, too");
    is_int(pthread_mutex_setprioceiling(&low_m, 25, &old), 0, "but it may change the ceiling");
    is_int(old, 20, "... and learns the old one");
    pthread_mutex_getprioceiling(&low_m, &old);
    is_int(old, 25, "the new one is read back");
    is_int(pthread_mutex_lock(&low_m), 0, "now it locks");
    pthread_mutex_setprioceiling(&low_m, 40, NULL);
    is_int(prio_of(0), 40, "raised while held: at once");
    pthread_mutex_unlock(&low_m);
    is_int(prio_of(0), 21, "over");
    is_int(pthread_mutex_setprioceiling(&low_m, 0, NULL), EINVAL, "new ceiling 0: EINVAL");
    is_int(pthread_mutex_setprioceiling(&plain, 20, NULL), EINVAL, "no ceiling mutex: EINVAL");
    is_int(pthread_mutex_getprioceiling(&plain, &old), EINVAL, "... nor to ask");
    pthread_mutex_setprioceiling(&low_m, 20, NULL);
    set_prio(10);
}

static volatile int tid, step;

static void *waiter(void *arg)
{
    set_prio(11);
    tid = gettid();
    int rc = pthread_mutex_lock(arg);
    step = 1;
    if (rc == 0) {
        step = prio_of(0);
        while (step != 99)
            rv_sleep_ms(1);
        pthread_mutex_unlock(arg);
    }
    step = prio_of(0);
    return (void *)(intptr_t)rc;
}

static void *raise_ceiling(void *arg)
{
    int old = -1;
    set_prio(50); /* above the ceiling */
    step = pthread_mutex_setprioceiling(arg, 26, &old) * 1000 + old;
    return NULL;
}

static void contended(void)
{
    pthread_t t;
    void *rc;
    struct timespec at;
    step = 0;
    pthread_mutex_lock(&low_m);
    pthread_create(&t, NULL, waiter, &low_m);
    rv_sleep_ms(20);
    is_int(prio_of(tid), 11, "a waiter waits at its own priority");
    pthread_mutex_unlock(&low_m);
    rv_sleep_ms(20);
    is_int(step, 20, "handed over: the new owner is at the ceiling");
    is_int(pthread_mutex_trylock(&low_m), EBUSY, "held by another: EBUSY");
    clock_gettime(CLOCK_REALTIME, &at);
    is_int(pthread_mutex_timedlock(&low_m, &at), ETIMEDOUT, "a deadline: ETIMEDOUT");
    is_int(prio_of(0), 10, "who gave up has no ceiling");
    is_int(prio_of(tid), 20, "and lent nothing");
    step = 99;
    pthread_join(t, &rc);
    is_int((intptr_t)rc, 0, "the waiter's lock");
    is_int(step, 11, "its unlock ends it");

    pthread_mutex_lock(&low_m);
    pthread_create(&t, NULL, raise_ceiling, &low_m);
    rv_sleep_ms(20);
    is_int(step, 11, "changing the ceiling waits for the owner");
    pthread_mutex_unlock(&low_m);
    pthread_join(t, NULL);
    is_int(step, 20, "... then happens");
    pthread_mutex_getprioceiling(&low_m, (int *)&step);
    is_int(step, 26, "... and lasts");
    pthread_mutex_setprioceiling(&low_m, 20, NULL);
}

static void *cond_waiter(void *arg)
{
    set_prio(11);
    pthread_mutex_lock(arg);
    tid = gettid();
    step = 1;
    while (step != 2)
        pthread_cond_wait(&cond, arg);
    step = prio_of(0);
    pthread_mutex_unlock(arg);
    return NULL;
}

static void condvar(void)
{
    pthread_t t;
    step = 0;
    pthread_create(&t, NULL, cond_waiter, &high_m);
    while (step != 1)
        rv_sleep_ms(1);
    rv_sleep_ms(20);
    is_int(prio_of(tid), 11, "waiting on a condvar gives the ceiling up");
    pthread_mutex_lock(&high_m);
    step = 2;
    pthread_cond_signal(&cond);
    pthread_mutex_unlock(&high_m);
    pthread_join(t, NULL);
    is_int(step, 30, "and has it again afterwards");
}

static void *die(void *arg)
{
    pthread_mutex_lock(arg);
    return NULL;
}

static void robust(void)
{
    pthread_mutex_t m;
    pthread_t t;
    make(&m, 22, 1, PTHREAD_MUTEX_RECURSIVE);
    pthread_create(&t, NULL, die, &m);
    pthread_join(t, NULL);
    is_int(pthread_mutex_lock(&m), EOWNERDEAD, "robust with a ceiling: EOWNERDEAD");
    is_int(prio_of(0), 22, "... at the ceiling");
    is_int(pthread_mutex_consistent(&m), 0, "made consistent");
    pthread_mutex_lock(&m);
    pthread_mutex_unlock(&m);
    is_int(prio_of(0), 22, "recursion keeps it");
    pthread_mutex_unlock(&m);
    is_int(prio_of(0), 10, "the last unlock ends it");
    is_int(pthread_mutex_destroy(&m), 0, "destroyed");
}

static int unprivileged(void)
{
    pthread_mutexattr_t a;
    if (setuid(1000) != 0)
        return 1;
    pthread_mutexattr_init(&a);
    if (pthread_mutexattr_setprioceiling(&a, 64) != EPERM || pthread_mutexattr_setprioceiling(&a, 63) != 0)
        return 2;
    if (pthread_mutex_setprioceiling(&low_m, 64, NULL) != EPERM)
        return 3;
    /* A ceiling written past the library raises nobody above what the process may have. */
    int count = (int)(QRV_MUTEX_PROTECT | 200U << QRV_MUTEX_CEILING_SHIFT);
    memcpy(&low_m, &count, sizeof count);
    if (pthread_mutex_lock(&low_m) != 0 || prio_of(0) != 63)
        return 4;
    return 0;
}

static void errors(void)
{
    struct _sync_attr attr = {.__protocol = PTHREAD_PRIO_PROTECT, .__prioceiling = 17};
    sync_t s;
    int v, status = -1;
    is_int(SyncTypeCreate(_NTO_SYNC_MUTEX_FREE, &s, &attr), 0, "SyncTypeCreate() with a ceiling");
    is_int(SyncMutexLock(&s), 0, "SyncMutexLock()");
    is_int(prio_of(0), 17, "... at the ceiling");
    is_int(SyncMutexUnlock(&s), 0, "SyncMutexUnlock()");
    v = 18;
    is_int(SyncCtl(_NTO_SCTL_SETPRIOCEILING, &s, &v), 17, "SyncCtl() gives the old ceiling");
    is_int(SyncCtl_r(_NTO_SCTL_SETPRIOCEILING, &s, &v), EOK, "SyncCtl_r() EOK");
    is_int(SyncCtl(_NTO_SCTL_GETPRIOCEILING, &s, NULL), -1, "data nowhere");
    is_errno(EFAULT, "... EFAULT");
    is_int(SyncCtl_r(_NTO_SCTL_SETPRIOCEILING, &s, NULL), EFAULT, "data nowhere for a new one: EFAULT");
    is_int(SyncCtl_r(_NTO_SCTL_SETPRIOCEILING, NULL, &v), EFAULT, "mutex nowhere: EFAULT");
    is_int(SyncCtl_r(77, &s, &v), EINVAL, "no such command: EINVAL");
    attr.__prioceiling = 256;
    is_int(SyncTypeCreate_r(_NTO_SYNC_MUTEX_FREE, &s, &attr), EINVAL, "created with ceiling 256: EINVAL");
    pid_t child = fork();
    if (child == 0)
        _exit(unprivileged());
    waitpid(child, &status, 0);
    is_int(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0, "privileged ceilings are refused to others");
}

static void forked(void)
{
    int status = -1;
    pthread_mutex_lock(&low_m);
    pid_t child = fork();
    if (child == 0) {
        /* The copy is the child's; used again it has its ceiling. */
        int bad = pthread_mutex_unlock(&low_m) != 0;
        set_prio(10);
        bad |= pthread_mutex_lock(&low_m) != 0 || prio_of(0) != 20;
        _exit(bad);
    }
    waitpid(child, &status, 0);
    is_int(status, 0, "a held one across fork()");
    pthread_mutex_unlock(&low_m);
}

int main(void)
{
    tap_plan(0);
    is_int(make(&low_m, 20, 0, PTHREAD_MUTEX_DEFAULT), 0, "a mutex with ceiling 20");
    is_int(make(&high_m, 30, 0, PTHREAD_MUTEX_DEFAULT), 0, "a mutex with ceiling 30");
    attributes();
    nesting();
    above();
    contended();
    condvar();
    robust();
    forked();
    errors();
    return done();
}
