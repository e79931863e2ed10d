/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel calls of synchronisation objects and futex waits.  Documentation followed: Library
 * Reference SyncTypeCreate(), SyncDestroy(), SyncMutexLock(), SyncMutexUnlock(), SyncMutexEvent(),
 * SyncMutexRevive(), SyncCondvarWait(), SyncCondvarSignal(), SyncSemPost(), SyncSemWait(),
 * SyncCtl(). */
#include "kercall/kercall.h"
#include "mm/mm.h"
#include "object/channel.h"
#include "object/sync.h"

KC_HANDLER(sync_type_create)
{
    struct _sync_attr attr;
    if (a[2] && copy_from_user(&attr, UADDR(a[2]), sizeof(attr)))
        return -EFAULT;
    return sync_type_create(t, (uint32_t)a[0], a[1], a[2] ? &attr : NULL);
}

KC_HANDLER(sync_destroy)
{
    int64_t ret = sync_destroy(t, a[0]);
    if (ret == 0)
        (void)sync_mutex_event(t, a[0], NULL);
    return ret;
}

KC_HANDLER(sync_mutex_lock)
{
    return sync_mutex_lock(t, a[0]);
}

KC_HANDLER(sync_mutex_unlock)
{
    return sync_mutex_unlock(t, a[0]);
}

KC_HANDLER(sync_cond_wait)
{
    return sync_cond_wait(t, a[0], a[1]);
}

KC_HANDLER(sync_cond_signal)
{
    return sync_cond_signal(t, a[0], a[1] != 0);
}

KC_HANDLER(sync_sem_post)
{
    return sync_sem_post(t, a[0]);
}

KC_HANDLER(sync_sem_wait)
{
    return sync_sem_wait(t, a[0], a[1] != 0);
}

static int64_t mutex_event(struct thread *t, uint64_t va, uint64_t event_va)
{
    struct _kc_sigevent ev;
    if (!event_va)
        return sync_mutex_event(t, va, NULL);
    if (copy_from_user(&ev, UADDR(event_va), sizeof(ev)))
        return -EFAULT;
    int err = event_check(t->proc, &ev);
    return err ? err : sync_mutex_event(t, va, &ev);
}

KC_HANDLER(sync_mutex_event)
{
    return mutex_event(t, a[0], a[1]);
}

KC_HANDLER(sync_mutex_revive)
{
    return sync_mutex_revive(t, a[0]);
}

/* The old ceiling, which is not 0. */
static int64_t set_ceiling(struct thread *t, uint64_t va, uint64_t data)
{
    int32_t prio;
    if (copy_from_user(&prio, UADDR(data), sizeof(prio)))
        return -EFAULT;
    if (prio < 1 || prio > QRV_PRIO_MAX)
        return -EINVAL;
    if (prio > QRV_PRIO_USER_MAX && !process_can(t->proc, TM_ABLE_PRIORITY))
        return -EPERM;
    return sync_mutex_ceiling(t, va, prio);
}

static int64_t get_ceiling(struct thread *t, uint64_t va, uint64_t data)
{
    int64_t ret = sync_mutex_ceiling(t, va, 0);
    int32_t prio = (int32_t)ret;
    return ret < 0 ? ret : copy_to_user(UADDR(data), &prio, sizeof(prio));
}

static int64_t wakeup(struct thread *t, uint64_t va, uint64_t data)
{
    struct _sync_wakeup who;
    if (copy_from_user(&who, UADDR(data), sizeof(who)))
        return -EFAULT;
    return sync_mutex_wakeup(t, va, who.pid, who.tid);
}

KC_HANDLER(sync_ctl)
{
    switch ((uint32_t)a[0]) {
    case _NTO_SCTL_SETEVENT:
        return mutex_event(t, a[1], a[2]);
    case _NTO_SCTL_SETPRIOCEILING:
        return set_ceiling(t, a[1], a[2]);
    case _NTO_SCTL_GETPRIOCEILING:
        return get_ceiling(t, a[1], a[2]);
    case _NTO_SCTL_MUTEX_WAKEUP:
        return wakeup(t, a[1], a[2]);
    case _KC_SCTL_LOCK:
        return sync_mutex_lock_any(t, a[1]);
    default:
        return -EINVAL;
    }
}

/* States a futex wait may be shown as. */
static bool is_sync_state(uint64_t state)
{
    return state == STATE_MUTEX || state == STATE_CONDVAR || state == STATE_SEM ||
           state == STATE_JOIN;
}

KC_HANDLER(futex_wait)
{
    if (!is_sync_state(a[2]))
        return -EINVAL;
    return sync_futex_wait(t, a[0], (uint32_t)a[1], (int)a[2]);
}

KC_HANDLER(futex_wake)
{
    return sync_futex_wake(t, a[0], a[1] > UINT32_MAX ? UINT32_MAX : (uint32_t)a[1]);
}
