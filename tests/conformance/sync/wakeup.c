/* SPDX-License-Identifier: Apache-2.0 */
/* Waking the waiters of a mutex without giving it to them; a condvar's wait with a recursive mutex held more than once.
 * Pages: QNX Neutrino Library Reference, pthread_mutex_wakeup_np(), pthread_mutexattr_setwakeup_np(), SyncCtl(),
 * SyncCondvarWait(), pthread_cond_wait(). */
#define _GNU_SOURCE
#include <sys/mman.h>
#include "../rendezvous.h"

static pthread_mutex_t m, plain = PTHREAD_MUTEX_INITIALIZER;

struct waiter {
    pthread_t thread;
    volatile int tid;
    int rc;
};

static void *wait_for(void *arg)
{
    struct waiter *w = arg;
    w->tid = gettid();
    w->rc = pthread_mutex_lock(&m);
    if (w->rc == 0)
        pthread_mutex_unlock(&m);
    return NULL;
}

static void start(struct waiter *w)
{
    w->tid = 0;
    w->rc = -1;
    pthread_create(&w->thread, NULL, wait_for, w);
    while (!w->tid)
        rv_sleep_ms(1);
    rv_sleep_ms(20);
}

static void attribute(void)
{
    pthread_mutexattr_t a;
    int v = -1;
    pthread_mutexattr_init(&a);
    pthread_mutexattr_getwakeup_np(&a, &v);
    is_int(v, PTHREAD_WAKEUP_DISABLE, "off by default");
    is_int(pthread_mutexattr_setwakeup_np(&a, 2), EINVAL, "neither on nor off: EINVAL");
    is_int(pthread_mutexattr_setwakeup_np(&a, PTHREAD_WAKEUP_ENABLE), 0, "on");
    pthread_mutexattr_getwakeup_np(&a, &v);
    is_int(v, PTHREAD_WAKEUP_ENABLE, "... is read back");
    pthread_mutex_init(&m, &a);
}

static void waking(void)
{
    struct waiter a, b;
    pthread_mutex_lock(&m);
    start(&a);
    start(&b);
    is_int(pthread_mutex_wakeup_np(&m, 0, a.thread), 0, "one thread is woken");
    pthread_join(a.thread, NULL);
    is_int(a.rc, EINTR, "its lock returns EINTR");
    is_int(b.rc, -1, "the other still waits");
    start(&a);
    is_int(pthread_mutex_wakeup_np(&m, 0, 0), 0, "everybody");
    pthread_join(a.thread, NULL);
    pthread_join(b.thread, NULL);
    is_int(a.rc, EINTR, "EINTR");
    is_int(b.rc, EINTR, "EINTR");
    is_int(pthread_mutex_wakeup_np(&m, 0, 0), 0, "nobody waits: nothing to do");
    is_int(pthread_mutex_wakeup_np(&m, 0, pthread_self()), EINVAL, "a thread that does not wait for it: EINVAL");
    is_int(pthread_mutex_wakeup_np(&m, getpid(), (pthread_t)3000), ESRCH, "no such thread: ESRCH");
    is_int(pthread_mutex_wakeup_np(&m, 32000, 0), ESRCH, "no such process: ESRCH");
    is_int(pthread_mutex_wakeup_np(&plain, 0, 0), EINVAL, "a mutex without the flag: EINVAL");
    is_int(SyncCtl_r(_NTO_SCTL_MUTEX_WAKEUP, (sync_t *)&m, NULL), EFAULT, "data nowhere: EFAULT");
    is_int(SyncCtl_r(_NTO_SCTL_MUTEX_WAKEUP, NULL, &(struct _sync_wakeup){0, 0}), EFAULT, "mutex nowhere: EFAULT");
    is_int(pthread_mutex_unlock(&m), 0, "the owner is not disturbed");
    is_int(pthread_mutex_lock(&m), 0, "and the mutex still works");
    pthread_mutex_unlock(&m);
}

static volatile int handled;

static void handler(int sig)
{
    (void)sig;
    handled++;
}

static void signals_are_no_wakeups(void)
{
    struct waiter a;
    signal(SIGUSR1, handler);
    pthread_mutex_lock(&m);
    start(&a);
    pthread_kill(a.thread, SIGUSR1);
    rv_sleep_ms(20);
    is_int(handled, 1, "a signal's handler runs during the wait");
    is_int(a.rc, -1, "... which goes on");
    pthread_mutex_unlock(&m);
    pthread_join(a.thread, NULL);
    is_int(a.rc, 0, "and gets the mutex");
}

static pthread_mutex_t *recursive;
static pthread_cond_t *cond;
static volatile int ready, woken;

static void *waits_deep(void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++)
        pthread_mutex_lock(recursive);
    ready = 1;
    while (!woken)
        pthread_cond_wait(cond, recursive);
    int rc = 0;
    for (int i = 0; i < 3; i++)
        rc |= pthread_mutex_unlock(recursive);
    rc |= pthread_mutex_unlock(recursive) != EPERM ? 0x1000 : 0;
    return (void *)(intptr_t)rc;
}

/* hold: the waiter has to wait for the mutex once more after the signal. */
static void deep(int hold, const char *name)
{
    pthread_t t;
    void *rc = NULL;
    struct timespec at;
    ready = woken = 0;
    pthread_create(&t, NULL, waits_deep, NULL);
    while (!ready)
        rv_sleep_ms(1);
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_sec += 5;
    is_int(pthread_mutex_timedlock(recursive, &at), 0, "waiting lets a mutex go that is held three times");
    woken = 1;
    if (!hold)
        pthread_mutex_unlock(recursive);
    pthread_cond_signal(cond);
    if (hold) {
        rv_sleep_ms(20);
        pthread_mutex_unlock(recursive);
    }
    pthread_join(t, &rc);
    is_int((intptr_t)rc, 0, name);
}

int main(void)
{
    pthread_mutexattr_t a;
    tap_plan(0);
    attribute();
    waking();
    signals_are_no_wakeups();
    recursive = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
    cond = (pthread_cond_t *)(recursive + 1);
    pthread_mutexattr_init(&a);
    pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(recursive, &a);
    pthread_cond_init(cond, NULL);
    deep(0, "and holds it three times afterwards");
    deep(1, "the same when the signaller holds it");
    return done();
}
