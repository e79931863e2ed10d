/* SPDX-License-Identifier: Apache-2.0 */
/* Condition variables on sync_t: the kernel lets the mutex go, waits and takes it again, all in one
 * call. pthread_cond_t: words 0-1 sync_t, word 2 shared, word 4 clock. */
#include <errno.h>
#include <threads.h>
#include "../qrv/thread.h"

int pthread_cond_init(pthread_cond_t *restrict c, const pthread_condattr_t *restrict a)
{
    *c = (pthread_cond_t){0};
    if (a) {
        c->__u.__i[4] = (int)(a->__attr & 0x7fffffff);
        c->__u.__i[2] = a->__attr >> 31;
    }
    return 0;
}

int pthread_cond_destroy(pthread_cond_t *c)
{
    return __atomic_load_n(&__qrv_sync(c)->__owner, __ATOMIC_ACQUIRE) & QRV_SYNC_WAITERS ? EBUSY
                                                                                         : 0;
}

int __pthread_cond_timedwait(pthread_cond_t *restrict c, pthread_mutex_t *restrict m,
                             const struct timespec *restrict at)
{
    int owner = __atomic_load_n(&__qrv_sync(m)->__owner, __ATOMIC_RELAXED) & ~QRV_SYNC_WAITERS;
    if (owner != __qrv_owner())
        return EPERM;
    if (at && at->tv_nsec >= 1000000000UL)
        return EINVAL;
    __pthread_testcancel();
    if (at)
        __qrv_timeout(c->__u.__i[4], _NTO_TIMEOUT_CONDVAR, at);
    long rc = __kercall2(KC_SYNC_COND_WAIT, (long)c, (long)m);
    if (rc == -ECANCELED)
        __pthread_testcancel(); /* with the mutex held, as the cleanup handlers expect */
    return rc == -EINTR || rc == -ECANCELED ? 0 : (int)-rc;
}

int pthread_cond_wait(pthread_cond_t *restrict c, pthread_mutex_t *restrict m)
{
    return __pthread_cond_timedwait(c, m, 0);
}

int __private_cond_signal(pthread_cond_t *c, int n)
{
    sync_t *s = __qrv_sync(c);
    __atomic_thread_fence(
        __ATOMIC_SEQ_CST); /* the state that waiters look at, before the look at the waiters */
    if (!(__atomic_load_n(&s->__owner, __ATOMIC_RELAXED) & QRV_SYNC_WAITERS))
        return 0;
    return (int)-__kercall2(KC_SYNC_COND_SIGNAL, (long)s, n < 0);
}

int pthread_cond_signal(pthread_cond_t *c)
{
    return __private_cond_signal(c, 1);
}

int pthread_cond_broadcast(pthread_cond_t *c)
{
    return __private_cond_signal(c, -1);
}

int cnd_init(cnd_t *c)
{
    *c = (cnd_t){0};
    return thrd_success;
}

weak_alias(__pthread_cond_timedwait, pthread_cond_timedwait);
