/* SPDX-License-Identifier: Apache-2.0 */
/* Mutexes on sync_t (abi/sync.h): taken and left by one compare-and-swap of the owner word;
 * whatever else is the kernel's, which queues by priority and lends it to the owner.
 *
 * pthread_mutex_t: word 0 count and flags, word 1 owner, word 2 set for PTHREAD_PROCESS_SHARED.
 * pthread_mutexattr_t: musl's bits (type 0-1, robust 2, protocol 3, shared 7), 4: PRIO_NONE was
 * asked for, 5: NORMAL was, 6: PRIO_PROTECT was, 8: waiters can be woken, 16-23 ceiling, 0 none given.
 * musl's getters read the word: libc-qnx/musl/fixes. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <threads.h>
#include "../qrv/thread.h"

#define ATTR_ROBUST  4U
#define ATTR_INHERIT 8U
#define ATTR_NONE    16U
#define ATTR_NORMAL  32U
#define ATTR_PROTECT 64U
#define ATTR_SHARED  128U
#define ATTR_WAKEUP  256U
#define ATTR_CEILING 16 /* shift */
#define DEPTH        0xffff

#define PTHREAD_WAKEUP_DISABLE 0 /* sysroot/include/pthread.h, which needs what libc's own headers hide */
#define PTHREAD_WAKEUP_ENABLE  1

static int cas(int *p, int old, int new)
{
    return __atomic_compare_exchange_n(p, &old, new, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static int owner_of(sync_t *s)
{
    return __atomic_load_n(&s->__owner, __ATOMIC_RELAXED) & ~QRV_SYNC_WAITERS;
}

/* A lock taken before fork() is ours in the child too.  Nobody else is there to compete for it. */
static int is_mine(pthread_mutex_t *m, int me)
{
    sync_t *s = __qrv_sync(m);
    int owner = owner_of(s);
    if (owner == me)
        return 1;
    if (!owner || owner != __qrv_forked_owner || m->__u.__i[2])
        return 0;
    if (s->__count & QRV_MUTEX_PROTECT)
        owner = me | QRV_SYNC_WAITERS;
    else
        owner = me;
    __atomic_store_n(&s->__owner, owner, __ATOMIC_RELAXED);
    return 1;
}

static int again(sync_t *s)
{
    if ((s->__count & DEPTH) == DEPTH)
        return EAGAIN;
    s->__count++;
    return 0;
}

/* Apart, as unlock_slow(): the usual way needs no stack frame then. */
static __attribute__((__noinline__)) int lock_slow(pthread_mutex_t *m, int me, clockid_t clk, const struct timespec *at)
{
    sync_t *s = __qrv_sync(m);
    if (is_mine(m, me)) {
        if (s->__count & QRV_MUTEX_RECURSIVE)
            return again(s);
        if (!(s->__count & QRV_MUTEX_NOERROR))
            return EDEADLK;
    }
    if (at && at->tv_nsec >= 1000000000UL)
        return EINVAL;
    for (;;) {
        if (at)
            __qrv_timeout(clk, _NTO_TIMEOUT_MUTEX, at);
        long rc = __kercall1(KC_SYNC_MUTEX_LOCK, (long)s);
        if (rc != -ERESTART && rc != -ECANCELED)
            return (int)-rc;
    }
}

static inline int lock(pthread_mutex_t *m, clockid_t clk, const struct timespec *at)
{
    int me = __qrv_owner();
    if (cas(&__qrv_sync(m)->__owner, 0, me))
        return 0;
    return lock_slow(m, me, clk, at);
}

int __pthread_mutex_lock(pthread_mutex_t *m)
{
    return lock(m, 0, 0);
}

int __pthread_mutex_timedlock(pthread_mutex_t *restrict m, const struct timespec *restrict at)
{
    return lock(m, CLOCK_REALTIME, at);
}

int pthread_mutex_timedlock_monotonic(pthread_mutex_t *m, const struct timespec *at)
{
    return lock(m, CLOCK_MONOTONIC, at);
}

int __pthread_mutex_trylock(pthread_mutex_t *m)
{
    static const struct timespec past = {0, 0};
    sync_t *s = __qrv_sync(m);
    int me = __qrv_owner();
    if (cas(&s->__owner, 0, me))
        return 0;
    if (is_mine(m, me))
        return s->__count & QRV_MUTEX_RECURSIVE ? again(s) : EBUSY;
    int owner = owner_of(s);
    if (owner != QRV_SYNC_DEAD && owner != QRV_SYNC_DESTROYED && !(owner == 0 && s->__count & QRV_MUTEX_PROTECT))
        return EBUSY;
    int rc = lock_slow(m, me, CLOCK_MONOTONIC, &past);
    return rc == ETIMEDOUT ? EBUSY : rc;
}

static __attribute__((__noinline__)) int unlock_slow(pthread_mutex_t *m, int me)
{
    sync_t *s = __qrv_sync(m);
    if (!is_mine(m, me))
        return EPERM;
    if (s->__count & DEPTH) {
        s->__count--;
        return 0;
    }
    if (cas(&s->__owner, me, 0))
        return 0;
    return (int)-__kercall1(KC_SYNC_MUTEX_UNLOCK, (long)s);
}

int __pthread_mutex_unlock(pthread_mutex_t *m)
{
    sync_t *s = __qrv_sync(m);
    int me = __qrv_owner();
    if (!(s->__count & DEPTH) && cas(&s->__owner, me, 0))
        return 0;
    return unlock_slow(m, me);
}

static int ceiling_of(const pthread_mutexattr_t *a)
{
    int ceiling = a->__attr >> ATTR_CEILING & 255;
    return ceiling ? ceiling : QRV_PRIO_USER_MAX;
}

/* The kernel knows which ceilings this process may set. */
static int create_protected(sync_t *s, int flags, int ceiling)
{
    struct _sync_attr attr = {.__protocol = PTHREAD_PRIO_PROTECT, .__flags = flags, .__prioceiling = ceiling};
    return (int)-__kercall3(KC_SYNC_TYPE_CREATE, _NTO_SYNC_MUTEX_FREE, (long)s, (long)&attr);
}

int pthread_mutex_init(pthread_mutex_t *restrict m, const pthread_mutexattr_t *restrict a)
{
    unsigned bits = a ? a->__attr : 0;
    int flags = 0;
    switch (bits & 3) {
    case PTHREAD_MUTEX_RECURSIVE:
        flags = QRV_MUTEX_RECURSIVE;
        break;
    case PTHREAD_MUTEX_ERRORCHECK:
        flags = QRV_MUTEX_ERRORCHECK;
        break;
    default:
        flags = bits & ATTR_NORMAL ? QRV_MUTEX_NOERROR : 0;
    }
    if (bits & ATTR_ROBUST)
        flags |= QRV_MUTEX_ROBUST;
    if (bits & ATTR_NONE)
        flags |= QRV_MUTEX_NOINHERIT;
    if (bits & ATTR_WAKEUP)
        flags |= QRV_MUTEX_WAKEUP;
    *m = (pthread_mutex_t){0};
    m->__u.__i[2] = bits & ATTR_SHARED;
    if (bits & ATTR_PROTECT)
        return create_protected(__qrv_sync(m), flags, ceiling_of(a));
    __qrv_sync(m)->__count = flags;
    return 0;
}

int pthread_mutex_destroy(pthread_mutex_t *m)
{
    sync_t *s = __qrv_sync(m);
    if (owner_of(s) != 0 && owner_of(s) != QRV_SYNC_DEAD && owner_of(s) != QRV_SYNC_DESTROYED)
        return EBUSY;
    return 0;
}

int pthread_mutex_consistent(pthread_mutex_t *m)
{
    sync_t *s = __qrv_sync(m);
    if (!(s->__count & QRV_MUTEX_ROBUST))
        return EINVAL;
    return (int)-__kercall1(KC_SYNC_MUTEX_REVIVE, (long)s);
}

int pthread_mutex_getprioceiling(const pthread_mutex_t *restrict m, int *restrict ceiling)
{
    return (int)-__kercall3(KC_SYNC_CTL, _NTO_SCTL_GETPRIOCEILING, (long)m, (long)ceiling);
}

/* While another thread holds it: takes it first, which a thread above the ceiling may do for this. */
int pthread_mutex_setprioceiling(pthread_mutex_t *restrict m, int ceiling, int *restrict old)
{
    long taken = -1, rc;
    while ((rc = __kercall3(KC_SYNC_CTL, _NTO_SCTL_SETPRIOCEILING, (long)m, (long)&ceiling)) == -EBUSY) {
        taken = __kercall3(KC_SYNC_CTL, _KC_SCTL_LOCK, (long)m, 0);
        if (taken < 0 && taken != -ERESTART && taken != -ECANCELED)
            return (int)-taken;
    }
    if (taken == 0)
        __kercall1(KC_SYNC_MUTEX_UNLOCK, (long)m);
    if (rc < 0)
        return (int)-rc;
    if (old)
        *old = (int)rc;
    return 0;
}

/* pid and tid as the documentation has them; a thread of this process by its pthread_t, of another by its number. */
int pthread_mutex_wakeup_np(pthread_mutex_t *m, pid_t pid, pthread_t t)
{
    struct _sync_wakeup who = {.pid = pid, .tid = t && !pid ? t->tid : (int)(intptr_t)t};
    return (int)-__kercall3(KC_SYNC_CTL, _NTO_SCTL_MUTEX_WAKEUP, (long)m, (long)&who);
}

int pthread_mutexattr_settype(pthread_mutexattr_t *a, int type)
{
    if ((unsigned)type > 2)
        return EINVAL;
    a->__attr = (a->__attr & ~(3U | ATTR_NORMAL)) | (unsigned)type |
                (type == PTHREAD_MUTEX_NORMAL ? ATTR_NORMAL : 0);
    return 0;
}

int pthread_mutexattr_setrecursive(pthread_mutexattr_t *a, int on)
{
    if (on != 0 && on != 1)
        return EINVAL;
    a->__attr = (a->__attr & ~(3U | ATTR_NORMAL)) | (on ? PTHREAD_MUTEX_RECURSIVE : 0);
    return 0;
}

int pthread_mutexattr_getrecursive(const pthread_mutexattr_t *a, int *on)
{
    *on = (a->__attr & 3) == PTHREAD_MUTEX_RECURSIVE;
    return 0;
}

int pthread_mutexattr_setprotocol(pthread_mutexattr_t *a, int protocol)
{
    static const unsigned bits[] = {
        [PTHREAD_PRIO_NONE] = ATTR_NONE, [PTHREAD_PRIO_INHERIT] = ATTR_INHERIT, [PTHREAD_PRIO_PROTECT] = ATTR_PROTECT};
    if ((unsigned)protocol > PTHREAD_PRIO_PROTECT)
        return ENOTSUP;
    a->__attr = (a->__attr & ~(ATTR_NONE | ATTR_INHERIT | ATTR_PROTECT)) | bits[protocol];
    return 0;
}

int pthread_mutexattr_setprioceiling(pthread_mutexattr_t *a, int ceiling)
{
    sync_t probe;
    int rc = create_protected(&probe, 0, ceiling);
    if (rc == 0)
        a->__attr = (a->__attr & ~(255U << ATTR_CEILING)) | (unsigned)ceiling << ATTR_CEILING;
    return rc;
}

int pthread_mutexattr_getprioceiling(const pthread_mutexattr_t *restrict a, int *restrict ceiling)
{
    *ceiling = ceiling_of(a);
    return 0;
}

int pthread_mutexattr_setwakeup_np(pthread_mutexattr_t *a, int wakeup)
{
    if (wakeup != PTHREAD_WAKEUP_DISABLE && wakeup != PTHREAD_WAKEUP_ENABLE)
        return EINVAL;
    a->__attr = (a->__attr & ~ATTR_WAKEUP) | (wakeup ? ATTR_WAKEUP : 0);
    return 0;
}

int pthread_mutexattr_getwakeup_np(const pthread_mutexattr_t *a, int *wakeup)
{
    *wakeup = (a->__attr & ATTR_WAKEUP) != 0;
    return 0;
}

int pthread_mutexattr_setrobust(pthread_mutexattr_t *a, int robust)
{
    if (robust != 0 && robust != 1)
        return EINVAL;
    a->__attr = (a->__attr & ~ATTR_ROBUST) | (robust ? ATTR_ROBUST : 0);
    return 0;
}

int mtx_init(mtx_t *m, int type)
{
    *m = (mtx_t){0};
    ((sync_t *)m)->__count = type & mtx_recursive ? QRV_MUTEX_RECURSIVE : QRV_MUTEX_NOERROR;
    return thrd_success;
}

int mtx_lock(mtx_t *m)
{
    return __pthread_mutex_lock((pthread_mutex_t *)m) ? thrd_error : thrd_success;
}

int mtx_trylock(mtx_t *m)
{
    int rc = __pthread_mutex_trylock((pthread_mutex_t *)m);
    return rc == 0 ? thrd_success : rc == EBUSY ? thrd_busy : thrd_error;
}

weak_alias(__pthread_mutex_lock, pthread_mutex_lock);
weak_alias(__pthread_mutex_timedlock, pthread_mutex_timedlock);
weak_alias(__pthread_mutex_trylock, pthread_mutex_trylock);
weak_alias(__pthread_mutex_unlock, pthread_mutex_unlock);
