/* SPDX-License-Identifier: Apache-2.0 */
/* Semaphores on sync_t: word 0 the value, word 1 the waiters flag.  A positive value is taken
 * without the kernel. */
#include <errno.h>
#include <limits.h>
#include <semaphore.h>
#include "../qrv/thread.h"

int sem_init(sem_t *sem, int shared, unsigned value)
{
    if (value > SEM_VALUE_MAX) {
        errno = EINVAL;
        return -1;
    }
    sem->__val[0] = (int)value;
    sem->__val[1] = 0;
    sem->__val[2] = shared;
    return 0;
}

int sem_destroy(sem_t *sem)
{
    /* The flag says that somebody may wait: one who gave up leaves it set.  The kernel knows. */
    if (!(__atomic_load_n(&__qrv_sync((void *)sem)->__owner, __ATOMIC_ACQUIRE) & QRV_SYNC_WAITERS))
        return 0;
    long rc = __kercall1(KC_SYNC_DESTROY, (long)sem);
    if (rc >= 0)
        return 0;
    errno = (int)-rc;
    return -1;
}

int sem_getvalue(sem_t *restrict sem, int *restrict value)
{
    int v = __atomic_load_n(&sem->__val[0], __ATOMIC_RELAXED);
    *value = v > 0 ? v : 0;
    return 0;
}

static int take(sem_t *sem)
{
    int v = __atomic_load_n(&sem->__val[0], __ATOMIC_RELAXED);
    while (v > 0)
        if (__atomic_compare_exchange_n(&sem->__val[0], &v, v - 1, 1, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED))
            return 1;
    return 0;
}

int sem_trywait(sem_t *sem)
{
    if (take(sem))
        return 0;
    errno = EAGAIN;
    return -1;
}

static int wait_clock(sem_t *sem, clockid_t clk, const struct timespec *at)
{
    __pthread_testcancel();
    if (take(sem))
        return 0;
    if (at && at->tv_nsec >= 1000000000UL) {
        errno = EINVAL;
        return -1;
    }
    for (;;) {
        if (at)
            __qrv_timeout(clk, _NTO_TIMEOUT_SEM, at);
        long rc = __kercall2(KC_SYNC_SEM_WAIT, (long)sem, 0);
        if (rc >= 0)
            return 0;
        if (rc == -ECANCELED) {
            __pthread_testcancel();
            continue;
        }
        errno = (int)-rc;
        return -1;
    }
}

int sem_timedwait(sem_t *restrict sem, const struct timespec *restrict at)
{
    return wait_clock(sem, CLOCK_REALTIME, at);
}

int sem_timedwait_monotonic(sem_t *sem, const struct timespec *at)
{
    return wait_clock(sem, CLOCK_MONOTONIC, at);
}

int sem_wait(sem_t *sem)
{
    return wait_clock(sem, 0, 0);
}

int sem_post(sem_t *sem)
{
    long rc = __kercall1(KC_SYNC_SEM_POST, (long)sem);
    if (rc >= 0)
        return 0;
    errno = (int)-rc;
    return -1;
}
