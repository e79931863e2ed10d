/* SPDX-License-Identifier: Apache-2.0 */
/* Joining: the kernel knows when a thread is gone; then its memory is ours to free. */
#include <sys/mman.h>
#include "../qrv/thread.h"

static int join_until(pthread_t t, void **res, clockid_t clk, const struct timespec *at)
{
    int tid = (int)t->sysinfo;
    unsigned long status;
    __pthread_testcancel();
    if (t == __pthread_self())
        return EDEADLK;
    if (t->detach_state == DT_DETACHED)
        return EINVAL;
    if (at && at->tv_nsec >= 1000000000UL)
        return EINVAL;
    for (;;) {
        if (at)
            __qrv_timeout(clk, _NTO_TIMEOUT_JOIN, at);
        long rc = __kercall2(KC_THREAD_JOIN, tid, (long)&status);
        if (rc >= 0)
            break;
        if (rc == -ECANCELED)
            __pthread_testcancel();
        else if (rc != -EINTR)
            return (int)-rc;
    }
    if (res)
        *res = (void *)status;
    if (t->map_base)
        __qrv_stack_put(t->map_base, t->map_size, t->guard_size);
    return 0;
}

int __pthread_join(pthread_t t, void **res)
{
    return join_until(t, res, 0, 0);
}

int pthread_timedjoin_np(pthread_t t, void **res, const struct timespec *at)
{
    return join_until(t, res, CLOCK_REALTIME, at);
}

int pthread_timedjoin(pthread_t t, void **res, const struct timespec *at)
{
    return join_until(t, res, CLOCK_REALTIME, at);
}

int pthread_timedjoin_monotonic(pthread_t t, void **res, const struct timespec *at)
{
    return join_until(t, res, CLOCK_MONOTONIC, at);
}

int pthread_tryjoin_np(pthread_t t, void **res)
{
    return t->detach_state == DT_JOINABLE ? EBUSY : __pthread_join(t, res);
}

weak_alias(__pthread_join, pthread_join);
