/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel calls of clocks.  Documentation followed: Library Reference ClockTime(), ClockAdjust(),
 * ClockPeriod(), ClockId(). */
#include "kercall/kercall.h"
#include "mm/mm.h"
#include "object/timer.h"

KC_HANDLER(clock_time)
{
    int32_t id = (int32_t)a[0];
    uint64_t new = 0, old;
    if (a[1] && copy_from_user(&new, UADDR(a[1]), sizeof(new)))
        return -EFAULT;
    int err = clock_read(t, id, &old);
    if (err)
        return err;
    if (a[1] && id != _KC_CLOCK_REALTIME)
        return -EINVAL;
    if (a[1] && !process_can(t->proc, TM_ABLE_CLOCK))
        return -EPERM;
    if (a[2] && copy_to_user(UADDR(a[2]), &old, sizeof(old)))
        return -EFAULT;
    return a[1] ? clock_set_realtime(new) : 0;
}

KC_HANDLER(clock_adjust)
{
    struct _clockadjust new, old;
    if ((int32_t)a[0] != _KC_CLOCK_REALTIME)
        return -EINVAL;
    if (a[1] && copy_from_user(&new, UADDR(a[1]), sizeof(new)))
        return -EFAULT;
    if (a[1] && !process_can(t->proc, TM_ABLE_CLOCK))
        return -EPERM;
    int err = clock_adjust(a[1] ? &new : NULL, &old);
    if (err)
        return err;
    return a[2] ? copy_to_user(UADDR(a[2]), &old, sizeof(old)) : 0;
}

KC_HANDLER(clock_period)
{
    struct _clockperiod new, old = {.nsec = (uint32_t)clock_tick_ns()};
    if ((int32_t)a[0] != _KC_CLOCK_REALTIME || a[3] != 0)
        return -EINVAL;
    if (a[1] && copy_from_user(&new, UADDR(a[1]), sizeof(new)))
        return -EFAULT;
    if (a[1] && !process_can(t->proc, TM_ABLE_CLOCK))
        return -EPERM;
    if (a[2] && copy_to_user(UADDR(a[2]), &old, sizeof(old)))
        return -EFAULT;
    return a[1] ? clock_set_period(new.nsec) : 0;
}

KC_HANDLER(clock_id)
{
    int32_t pid = a[0] ? (int32_t)a[0] : t->proc->pid, tid = (int32_t)a[1];
    if (tid < 0 || tid > QRV_TID_MAX)
        return -ESRCH;
    struct process *p = process_get(pid);
    if (!p)
        return -ESRCH;
    bool found = !tid || idtable_get(&p->threads, (uint32_t)tid);
    process_put(p);
    return found ? _KC_CLOCK_CPU_FLAG | pid << 12 | tid : -ESRCH;
}
