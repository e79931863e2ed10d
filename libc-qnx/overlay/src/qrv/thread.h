/* SPDX-License-Identifier: Apache-2.0 */
/* musl's struct pthread as we use it: robust_list.off caches the mutex owner word (0: not known
 * yet, as after fork()), sysinfo keeps the kernel's thread id when tid has been cleared. */
#pragma once
#include <abi/sync.h>
#include <abi/thread.h>
#include <abi/time.h>
#include "kercall.h"
#include "pthread_impl.h"

extern hidden int __qrv_forked_owner;

/* pthread_attr_t is as large as musl has it; what we add shares words: the policy with the pages to preallocate, the priority
 * with the low one and the number of replenishments. */
#define QRV_A_POLICY(a)   ((unsigned)(a)->_a_policy & 0xff)
#define QRV_A_PREALLOC(a) ((size_t)((unsigned)(a)->_a_policy >> 8) * 4096)
#define QRV_A_PERIOD      __u.__s[5] /* ns, and ... */
#define QRV_A_NOTLAZY     (1UL << 63)
#define QRV_A_BUDGET      __u.__s[6]
/* The parameters in full; what pthread_attr_setschedparam() could not keep for being wrong is 0. */
hidden void __qrv_attr_param(const pthread_attr_t *, struct sched_param *);

struct qrv_thread { /* how a new thread starts; lives on its stack */
    void *(*fn)(void *);
    void *arg;
    unsigned long mask;
    int c11;
};
hidden void __qrv_thread_entry(void *, void *);
hidden _Noreturn void __qrv_thread_begin(struct qrv_thread *);
/* Makes a thread with all of libc's trimmings; its tid, or -errno.  kflags: _KC_TC_*, or -1 to go
 * by attr.  A thread that is detached for libc but not for the kernel has its stack freed at its
 * end and is joined by ThreadJoin(). */
hidden long __qrv_thread_make(pthread_t *res, const pthread_attr_t *attr, void *(*fn)(void *),
                              void *arg, int c11, int kflags);

/* stack_cache.c: mapped memory of exactly this shape that an ended thread has left, or 0; and leaving it. */
hidden void *__qrv_stack_get(size_t size, size_t guard);
hidden void __qrv_stack_put(void *map, size_t size, size_t guard);

static inline int __qrv_owner(void)
{
    pthread_t self = __pthread_self();
    if (!self->robust_list.off)
        self->robust_list.off = __kercall0(KC_GETPID) << 16 | self->tid;
    return (int)self->robust_list.off;
}

static inline void *__qrv_gp(void)
{
    void *gp;
    __asm__("mv %0, gp" : "=r"(gp));
    return gp;
}

static inline unsigned long __qrv_abs_ns(const struct timespec *ts)
{
    if (ts->tv_sec < 0)
        return 0;
    if (ts->tv_sec > 9000000000L)
        return 9000000000000000000UL;
    return (unsigned long)ts->tv_sec * 1000000000UL + (unsigned long)ts->tv_nsec;
}

/* The next blocking kernel call of this thread ends at `at`. */
static inline void __qrv_timeout(clockid_t clk, unsigned state_bits, const struct timespec *at)
{
    unsigned long ns = __qrv_abs_ns(at);
    __kercall5(KC_TIMER_TIMEOUT, clk, (long)(state_bits | _KC_TIMEOUT_ABSTIME), 0, (long)&ns, 0);
}

static inline sync_t *__qrv_sync(void *obj)
{
    return (sync_t *)obj;
}
