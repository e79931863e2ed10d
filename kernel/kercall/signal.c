/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel calls of signals.  Documentation followed: Library Reference SignalAction(), SignalKill(),
 * SignalProcmask(), SignalSuspend(), SignalWaitinfo(), SignalReturn(); System Architecture
 * "Signals". */
#include "kercall/kercall.h"
#include "mm/mm.h"
#include "object/signal.h"

#define HOW_BLOCK    0
#define HOW_UNBLOCK  1
#define HOW_SETMASK  2
#define ALTSTACK_MIN 2048

KC_HANDLER(signal_action)
{
    struct _kc_sigaction act, old;
    if (a[2] && copy_from_user(&act, UADDR(a[2]), sizeof(act)))
        return -EFAULT;
    int err = signal_set_action(t->proc, (int)a[0], a[2] ? &act : NULL, a[1], &old);
    if (err)
        return err;
    return a[3] ? copy_to_user(UADDR(a[3]), &old, sizeof(old)) : 0;
}

/* kill() to several: fine when one could be signalled. */
static int64_t kill_many(struct thread *t, int32_t pgrp, const struct signal_msg *m)
{
    int64_t ret = -ESRCH;
    int32_t next = 0;
    struct process *p;
    while ((p = process_next(next)) != NULL) {
        next = p->pid + 1;
        bool match = p != taskman && (pgrp < 0 ? p != t->proc : p->pgrp == pgrp);
        int err = match ? signal_send(t, p, 0, m) : -ESRCH;
        if (match && (err == 0 || ret == -ESRCH))
            ret = err;
        process_put(p);
    }
    return ret;
}

KC_HANDLER(signal_kill)
{
    int32_t pid = (int32_t)a[0], tid = (int32_t)a[1];
    struct signal_msg m = {(int)a[2], (int)a[3], a[4], t->proc->pid};
    if (m.signo < 0 || m.signo >= QRV_NSIG || m.code > INT16_MAX || m.code < INT16_MIN)
        return -EINVAL;
    if (t->proc == taskman && a[5])
        m.about = (int32_t)a[5];
    if (pid == 0 && tid != 0)
        return signal_send(t, t->proc, tid, &m);
    if (pid == 0)
        return kill_many(t, t->proc->pgrp, &m);
    if (pid == -1)
        return kill_many(t, -1, &m);
    if (pid < 0)
        return pid == INT32_MIN ? -ESRCH : kill_many(t, -pid, &m);
    struct process *p = process_get(pid);
    if (!p)
        return -ESRCH;
    int64_t ret = signal_send(t, p, tid, &m);
    process_put(p);
    return ret;
}

KC_HANDLER(signal_procmask)
{
    uint64_t set = 0, old = t->sig_mask;
    if (a[1] && copy_from_user(&set, UADDR(a[1]), sizeof(set)))
        return -EFAULT;
    if (a[1] && a[0] > HOW_SETMASK)
        return -EINVAL;
    if (a[2] && copy_to_user(UADDR(a[2]), &old, sizeof(old)))
        return -EFAULT;
    if (a[1])
        signal_set_mask(t, a[0] == HOW_BLOCK ? old | set : a[0] == HOW_UNBLOCK ? old & ~set : set);
    return 0;
}

KC_HANDLER(signal_suspend)
{
    uint64_t mask;
    if (copy_from_user(&mask, UADDR(a[0]), sizeof(mask)))
        return -EFAULT;
    return signal_suspend(t, mask);
}

KC_HANDLER(signal_waitinfo)
{
    uint64_t set;
    if (copy_from_user(&set, UADDR(a[0]), sizeof(set)))
        return -EFAULT;
    return signal_waitinfo(t, set, a[1]);
}

KC_HANDLER(signal_return)
{
    (void)a;
    return signal_return(t);
}

KC_HANDLER(signal_pending)
{
    struct process *p = t->proc;
    spin_lock(&p->lock);
    uint64_t set = t->sig_pending | p->sig_pending;
    spin_unlock(&p->lock);
    return copy_to_user(UADDR(a[0]), &set, sizeof(set));
}

KC_HANDLER(signal_altstack)
{
    struct {
        uint64_t sp;
        int32_t flags, pad;
        uint64_t size;
    } new, old = {.sp = t->altstack_sp, .size = t->altstack_size};
    bool in_use = t->altstack_size && t->regs.x[REG_SP] - t->altstack_sp < t->altstack_size;
    old.flags = !t->altstack_size ? 2 : in_use; /* SS_DISABLE, SS_ONSTACK */
    if (a[0] && copy_from_user(&new, UADDR(a[0]), sizeof(new)))
        return -EFAULT;
    if (a[0] && in_use)
        return -EPERM;
    if (a[0] && (new.flags & ~2))
        return -EINVAL;
    if (a[0] && !(new.flags & 2) && new.size < ALTSTACK_MIN)
        return -ENOMEM;
    if (a[1] && copy_to_user(UADDR(a[1]), &old, sizeof(old)))
        return -EFAULT;
    if (a[0]) {
        t->altstack_sp = new.flags & 2 ? 0 : new.sp;
        t->altstack_size = new.flags & 2 ? 0 : new.size;
    }
    return 0;
}
