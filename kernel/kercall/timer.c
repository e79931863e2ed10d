/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel calls of timers and timeouts.  Documentation followed: Library Reference TimerCreate(),
 * TimerDestroy(), TimerSettime(), TimerInfo(), TimerAlarm(), TimerTimeout(), nanosleep(). */
#include "kercall/kercall.h"
#include "mm/mm.h"
#include "object/channel.h"
#include "object/timer.h"

KC_HANDLER(timer_create)
{
    struct _kc_sigevent ev;
    if (copy_from_user(&ev, UADDR(a[1]), sizeof(ev)))
        return -EFAULT;
    int err = event_check(t->proc, &ev);
    if (!err && (ev.notify & SIGEV_TYPE_MASK) == SIGEV_UNBLOCK)
        err = -EINVAL;
    return err ? err : timer_create(t, (int32_t)a[0], &ev);
}

KC_HANDLER(timer_destroy)
{
    return timer_destroy(t->proc, (int32_t)a[0]);
}

KC_HANDLER(timer_settime)
{
    struct _itimer new, old;
    if (a[2] && copy_from_user(&new, UADDR(a[2]), sizeof(new)))
        return -EFAULT;
    int err = timer_settime(t->proc, (int32_t)a[0], (uint32_t)a[1], a[2] ? &new : NULL, &old);
    if (err)
        return err;
    return a[3] ? copy_to_user(UADDR(a[3]), &old, sizeof(old)) : 0;
}

/* Information about another process' timers is for those who may signal it. */
static int64_t info_of(struct thread *t, int32_t pid, int32_t id, uint32_t flags, uint64_t out)
{
    struct process *p = pid ? process_get(pid) : t->proc;
    struct _timer_info info;
    if (!p)
        return -ESRCH;
    int ret = process_may_signal(t->proc, p) ? timer_info(p, id, flags, &info) : -EPERM;
    if (pid)
        process_put(p);
    if (ret >= 0 && copy_to_user(UADDR(out), &info, sizeof(info)))
        return -EFAULT;
    return ret;
}

KC_HANDLER(timer_info)
{
    return info_of(t, (int32_t)a[0], (int32_t)a[1], (uint32_t)a[2], a[3]);
}

KC_HANDLER(timer_alarm)
{
    struct _itimer new = {0}, old;
    nsec_t deadline = 0;
    if (a[1] && copy_from_user(&new, UADDR(a[1]), sizeof(new)))
        return -EFAULT;
    int err = clock_deadline((int32_t)a[0], false, new.nsec, &deadline);
    if (err)
        return err;
    if (!a[1])
        deadline = (nsec_t)-1;
    else if (new.nsec == 0)
        deadline = 0;
    alarm_set(t->proc, deadline, new.interval_nsec, &old);
    return a[2] ? copy_to_user(UADDR(a[2]), &old, sizeof(old)) : 0;
}

KC_HANDLER(timer_timeout)
{
    t->call_done = true; /* the timeout it arms is for the call after it */
    uint32_t flags = (uint32_t)a[1], before = t->tmo.flags;
    bool absolute = (flags & _KC_TIMEOUT_ABSTIME) != 0;
    struct _kc_sigevent ev = {.notify = SIGEV_UNBLOCK};
    uint64_t ns = 0;
    nsec_t deadline;
    if (flags & ~(_NTO_TIMEOUT_MASK | _KC_TIMEOUT_ABSTIME))
        return -EINVAL;
    if ((a[2] && copy_from_user(&ev, UADDR(a[2]), sizeof(ev))) ||
        (a[3] && copy_from_user(&ns, UADDR(a[3]), sizeof(ns))))
        return -EFAULT;
    int err = event_check(t->proc, &ev);
    if (!err)
        err = clock_deadline((int32_t)a[0], absolute && a[3], ns, &deadline);
    if (err)
        return err;
    flags &= _NTO_TIMEOUT_MASK;
    bool daytime = absolute && a[3] && (int32_t)a[0] != _KC_CLOCK_MONOTONIC;
    if (flags & _NTO_TIMEOUT_NANOSLEEP) {
        t->call_done = false; /* sleeps here and now: there is no other call in that state */
        return thread_sleep(t, deadline, daytime ? ns : 0, a[4]);
    }
    timeout_arm(t, flags, deadline, daytime ? ns : 0, &ev);
    return before;
}

KC_HANDLER(nanosleep)
{
    uint64_t ns;
    nsec_t deadline;
    bool absolute = (a[1] & _KC_TIMER_ABSTIME) != 0;
    if (a[1] & ~(uint64_t)_KC_TIMER_ABSTIME)
        return -EINVAL;
    if (copy_from_user(&ns, UADDR(a[2]), sizeof(ns)))
        return -EFAULT;
    int err = clock_deadline((int32_t)a[0], absolute, ns, &deadline);
    if (err)
        return err;
    bool daytime = absolute && (int32_t)a[0] != _KC_CLOCK_MONOTONIC;
    return thread_sleep(t, deadline, daytime ? ns : 0, absolute ? 0 : a[3]);
}
