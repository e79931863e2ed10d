/* SPDX-License-Identifier: Apache-2.0 */
/* Thread-level calls that musl's own code makes as system calls: futex, scheduling, affinity.
 * pthread_create() and friends talk to the kernel directly (src/thread). */
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <abi/syspage.h>
#include <abi/thread.h>
#include <abi/time.h>
#include "qrv.h"

#define FUTEX_OP_WAIT    0
#define FUTEX_OP_WAKE    1
#define FUTEX_OP_PRIVATE 128

static long futex_wait(volatile int *addr, int val, const struct timespec *ts, unsigned fl)
{
    uint64_t ns = 0;
    if (ts) {
        if (__qrv_badts(ts))
            return -EINVAL;
        ns = __qrv_ns_sat(ts);
        __kercall5(KC_TIMER_TIMEOUT, CLOCK_MONOTONIC, _NTO_TIMEOUT_CONDVAR, 0, (long)&ns, 0);
    }
    long rc = __kercall3(KC_FUTEX_WAIT, (long)addr, val, STATE_CONDVAR);
    return rc == -ECANCELED && fl ? -EINTR : rc;
}

static long futex(volatile int *addr, int op, int val, const struct timespec *ts, unsigned fl)
{
    switch (op & ~FUTEX_OP_PRIVATE) {
    case FUTEX_OP_WAIT:
        return futex_wait(addr, val, ts, fl);
    case FUTEX_OP_WAKE:
        return __kercall2(KC_FUTEX_WAKE, (long)addr, val);
    default:
        return -EINVAL; /* not -ENOSYS: musl would try the other spelling */
    }
}

static long get_param(int pid, struct sched_param *out, int *policy)
{
    struct sched_param unused;
    long rc = __kercall3(KC_SCHED_GET, pid, 0, (long)(out ? out : &unused));
    if (rc < 0)
        return rc;
    if (policy)
        *policy = (int)rc;
    return 0;
}

static long set_param(int pid, int policy, const struct sched_param *p)
{
    long rc = __kercall4(KC_SCHED_SET, pid, 0, policy, (long)p);
    return rc < 0 ? rc : 0;
}

static long priority_limit(int policy, int max)
{
    struct _sched_info info;
    long rc = __kercall3(KC_SCHED_INFO, 0, policy, (long)&info);
    return rc < 0 ? rc : max ? info.priority_max : info.priority_min;
}

static long rr_interval(int pid, struct timespec *ts)
{
    struct _sched_info info;
    int policy;
    long rc = get_param(pid, 0, &policy);
    if (rc >= 0)
        rc = __kercall3(KC_SCHED_INFO, pid, policy, (long)&info);
    if (rc < 0)
        return rc;
    __qrv_ts(ts, info.interval);
    return 0;
}

static long get_affinity(size_t size, unsigned char *set)
{
    const struct qrv_syspage *sys = (const struct qrv_syspage *)QRV_SYSPAGE_ADDR;
    if (size < 8)
        return -EINVAL;
    for (int i = 0; i < 8; i++)
        set[i] = 0;
    for (uint32_t i = 0; i < sys->num_cpu && i < 64; i++)
        set[i / 8] |= (unsigned char)(1u << i % 8);
    return 8;
}

static long set_affinity(int pid, size_t size, const unsigned char *set)
{
    uint32_t mask = 0;
    for (size_t i = 0; i < size && i < 4; i++)
        mask |= (uint32_t)set[i] << 8 * i;
    if (pid && pid != __kercall0(KC_GETPID))
        return -ENOSYS;
    if (!mask)
        return -EINVAL;
    long rc = __kercall2(KC_THREAD_CTL, _NTO_TCTL_RUNMASK, mask);
    return rc < 0 ? rc : 0;
}

/* "nice" steps are priority steps around the default; the call returns 20 - nice as Linux does. */
static long get_nice(int which, int who)
{
    struct sched_param p;
    if (which != PRIO_PROCESS)
        return -EINVAL;
    long rc = get_param(who, &p, 0);
    if (rc < 0)
        return rc;
    rc = 20 - (QRV_PRIO_DEFAULT - p.sched_priority);
    return rc < 1 ? 1 : rc > 40 ? 40 : rc;
}

static long set_nice(int which, int who, int nice)
{
    struct sched_param p;
    int policy;
    if (which != PRIO_PROCESS)
        return -EINVAL;
    long rc = get_param(who, &p, &policy);
    if (rc < 0)
        return rc;
    nice = nice < -20 ? -20 : nice > 19 ? 19 : nice;
    int prio = QRV_PRIO_DEFAULT - nice;
    p.sched_priority = prio < 1 ? 1 : prio;
    rc = set_param(who, policy, &p);
    return rc == -EPERM ? -EACCES : rc;
}

long __qrv_threads(long n, long a, long b, long c, long d, unsigned fl)
{
    int policy;
    long rc;
    switch (n) {
    case SYS_exit:
        return __kercall2(KC_THREAD_EXIT, a, 0);
    case SYS_set_tid_address:
    case SYS_gettid:
        return __kercall0(KC_GETTID);
    case SYS_futex:
        return futex((volatile int *)a, (int)b, (int)c, (const struct timespec *)d, fl);
    case SYS_sched_yield:
        return __kercall0(KC_SCHED_YIELD);
    case SYS_sched_getparam:
        return get_param((int)a, (struct sched_param *)b, 0);
    case SYS_sched_setparam: /* of a sporadic server all parameters, else the priority only */
        if ((rc = get_param((int)a, 0, &policy)) < 0)
            return rc;
        return set_param((int)a, policy == _KC_SCHED_SPORADIC ? policy : _KC_SCHED_NOCHANGE,
                         (const struct sched_param *)b);
    case SYS_sched_getscheduler:
        return (rc = get_param((int)a, 0, &policy)) < 0 ? rc : policy;
    case SYS_sched_setscheduler:
        return set_param((int)a, (int)b, (const struct sched_param *)c);
    case SYS_sched_get_priority_max:
        return priority_limit((int)a, 1);
    case SYS_sched_get_priority_min:
        return priority_limit((int)a, 0);
    case SYS_sched_rr_get_interval:
        return rr_interval((int)a, (struct timespec *)b);
    case SYS_sched_getaffinity:
        return get_affinity((size_t)b, (unsigned char *)c);
    case SYS_sched_setaffinity:
        return set_affinity((int)a, (size_t)b, (const unsigned char *)c);
    case SYS_riscv_flush_icache:
        return __kercall2(KC_CACHE_SYNC, a, b - a);
    case SYS_getpriority:
        return get_nice((int)a, (int)b);
    case SYS_setpriority:
        return set_nice((int)a, (int)b, (int)c);
    default:
        return -ENOSYS;
    }
}
