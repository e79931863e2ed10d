/* SPDX-License-Identifier: Apache-2.0 */
/* Thread* and Sched* calls, and the identity of the caller. */
#include <abi/kercall.h>
#include "core/trace.h"
#include "kercall/kercall.h"
#include "mm/mm.h"
#include "object/meter.h"
#include "object/sync.h"
#include "object/timer.h"

/* Of struct sched_param only SCHED_SPORADIC has more than the priorities. */
static int param_fetch(struct _kc_sched_param *sp, uint64_t va, int policy)
{
    bool all = policy == _KC_SCHED_SPORADIC;
    if (copy_from_user(sp, UADDR(va), all ? sizeof(*sp) : sizeof(sp->sched_priority)))
        return -EFAULT;
    return sched_param_is_valid(policy, sp) ? 0 : -EINVAL;
}

KC_HANDLER(thread_create)
{
    struct _kc_thread_create tc;
    struct _kc_sched_param param, *sp = NULL;
    if (copy_from_user(&tc, UADDR(a[0]), sizeof(tc)))
        return -EFAULT;
    if ((tc.flags & _KC_TC_SCHED) && tc.policy == _KC_SCHED_SPORADIC) {
        int err = param_fetch(&param, a[1], tc.policy);
        if (err)
            return err;
        tc.priority = param.sched_priority;
        sp = &param;
    }
    if (tc.pid == 0 || tc.pid == t->proc->pid)
        return thread_create(t->proc, &tc, sp, t);
    if (t->proc != taskman)
        return -EPERM;
    struct process *p = process_get(tc.pid);
    if (!p)
        return -ESRCH;
    int r = thread_create(p, &tc, sp, NULL);
    process_put(p);
    return r;
}

/* Ends every thread of the caller's process but the caller. */
static void destroy_others(struct thread *t)
{
    struct process *p = t->proc;
    spin_lock(&p->lock);
    list_for_each(e, &p->thread_list) {
        struct thread *o = list_entry(e, struct thread, proc_link);
        if (o != t) {
            o->exit_status = 0;
            thread_post(o, TF_KILL, WAKE_KILL, EINTR);
        }
    }
    spin_unlock(&p->lock);
}

static void end_self(struct thread *t, uint64_t status)
{
    t->exit_status = status;
    atomic_fetch_or(&t->flags, TF_KILL);
}

KC_HANDLER(thread_destroy)
{
    int32_t tid = (int32_t)a[0];
    if (tid == -1) {
        destroy_others(t);
        return 0;
    }
    if (tid == 0 || tid == t->tid) {
        end_self(t, a[2]);
        return 0;
    }
    if (tid < 0)
        return -EINVAL;
    spin_lock(&t->proc->lock);
    struct thread *o = idtable_get(&t->proc->threads, (uint32_t)tid);
    if (o) {
        o->exit_status = a[2];
        thread_post(o, TF_KILL, WAKE_KILL, EINTR);
    }
    spin_unlock(&t->proc->lock);
    return o ? 0 : -ESRCH;
}

KC_HANDLER(thread_exit)
{
    t->exit_clear = a[1];
    end_self(t, a[0]);
    return 0;
}

KC_HANDLER(thread_join)
{
    return thread_join(t, (int32_t)a[0], a[1]);
}

KC_HANDLER(thread_detach)
{
    return thread_detach(t, (int32_t)a[0]);
}

/* A thread of p by tid (0: self), referenced, or NULL. */
static struct thread *find_thread(struct thread *self, struct process *p, int32_t tid)
{
    struct thread *o = tid == 0 && p == self->proc ? self
                       : tid > 0                   ? idtable_get(&p->threads, (uint32_t)tid)
                                                   : NULL;
    return o && thread_get_live(o) ? o : NULL;
}

KC_HANDLER(thread_cancel)
{
    struct thread *o = find_thread(t, t->proc, (int32_t)a[0]);
    if (!o)
        return -ESRCH;
    thread_post(o, TF_CANCEL, WAKE_CANCEL, ECANCELED);
    thread_put(o);
    return 0;
}

/* ---- ThreadCtl */

static bool is_runmask(uint32_t mask)
{
    uint32_t online = num_harts == 32 ? ~0U : (1U << num_harts) - 1;
    return (mask & online) != 0;
}

static int64_t ctl_runmask(struct thread *t, uint32_t mask)
{
    if (!is_runmask(mask))
        return -EINVAL;
    struct spinlock *l = thread_lock(t);
    t->runmask = mask;
    thread_unlock(l);
    atomic_store(&this_hart()->resched, 1);
    return 0;
}

static int64_t ctl_hold(struct thread *t, bool hold, bool one, int32_t tid)
{
    struct process *p = t->proc;
    int64_t r = one ? -ESRCH : 0;
    spin_lock(&p->lock);
    list_for_each(e, &p->thread_list) {
        struct thread *o = list_entry(e, struct thread, proc_link);
        if (one ? o->tid != tid : o == t)
            continue;
        r = 0;
        if (hold)
            thread_post(o, TF_HOLD, WAKE_SIGNAL, EINTR);
        else
            thread_release_hold(o);
    }
    spin_unlock(&p->lock);
    return r;
}

#define MASK_WORDS_MAX 64

/* Own runmask and the one that new threads get: 0 stays as it is, the old ones go back. */
static int64_t ctl_masks(struct thread *t, uint64_t data)
{
    int32_t size;
    uint32_t run, inherit, old[2] = { t->runmask, t->inherit_mask };
    if (copy_from_user(&size, UADDR(data), sizeof(size)))
        return -EFAULT;
    if (size < 1 || size > MASK_WORDS_MAX)
        return -EINVAL;
    uint64_t at[2] = { data + sizeof(size), data + sizeof(size) + (uint64_t)size * sizeof(run) };
    if (copy_from_user(&run, UADDR(at[0]), sizeof(run)) || copy_from_user(&inherit, UADDR(at[1]), sizeof(inherit)))
        return -EFAULT;
    if ((run && !is_runmask(run)) || (inherit && !is_runmask(inherit)))
        return -EINVAL;
    if (copy_to_user(UADDR(at[0]), &old[0], sizeof(run)) || copy_to_user(UADDR(at[1]), &old[1], sizeof(inherit)))
        return -EFAULT;
    if (inherit)
        t->inherit_mask = inherit;
    return run ? ctl_runmask(t, run) : 0;
}

/* t: whose name. */
static int64_t ctl_name(struct thread *t, uint64_t data)
{
    int32_t len[2]; /* new_name_len, name_buf_len */
    if (copy_from_user(len, UADDR(data), sizeof(len)))
        return -EFAULT;
    uint64_t buf = data + sizeof(len);
    char old[sizeof(t->name)], new[sizeof(t->name)] = { 0 };
    struct spinlock *l = thread_lock(t);
    __builtin_memcpy(old, t->name, sizeof(old));
    thread_unlock(l);
    if (len[0] >= (int32_t)sizeof(t->name) || len[1] < 0)
        return -EINVAL;
    if (len[0] > 0 && copy_from_user(new, UADDR(buf), (size_t)len[0]))
        return -EFAULT;
    if (len[1] > 0 && copy_to_user(UADDR(buf), old, MIN((size_t)len[1], sizeof(old))))
        return -EFAULT;
    if (len[0] >= 0) {
        l = thread_lock(t);
        __builtin_memcpy(t->name, new, sizeof(t->name));
        thread_unlock(l);
    }
    if (len[0] >= 0 && trace_on(this_hart()))
        trace_thread_name(t);
    return 0;
}

static int64_t ctl_word(struct thread *t, uint64_t data, bool runmask)
{
    uint32_t v;
    if (copy_from_user(&v, UADDR(data), sizeof(v)))
        return -EFAULT;
    uint32_t old = t->runmask;
    int64_t r = runmask && v ? ctl_runmask(t, v) : 0;
    return r ? r : copy_to_user(UADDR(data), &old, sizeof(old));
}

static int64_t thread_ctl(struct thread *t, const uint64_t a[2])
{
    switch ((int32_t)a[0]) {
    case _NTO_TCTL_IO:
        return process_can(t->proc, TM_ABLE_IO) ? 0 : -EPERM;
    case _NTO_TCTL_ALIGN_FAULT:
        return 0; /* misaligned access is the hart's or the firmware's business on RISC-V */
    case _NTO_TCTL_RUNMASK:
        return ctl_runmask(t, (uint32_t)a[1]);
    case _NTO_TCTL_RUNMASK_GET_AND_SET:
        return ctl_word(t, a[1], true);
    case _NTO_TCTL_RUNMASK_GET_AND_SET_INHERIT:
        return ctl_masks(t, a[1]);
    case _NTO_TCTL_THREADS_HOLD:
    case _NTO_TCTL_THREADS_CONT:
        return ctl_hold(t, (int32_t)a[0] == _NTO_TCTL_THREADS_HOLD, false, 0);
    case _NTO_TCTL_ONE_THREAD_HOLD:
    case _NTO_TCTL_ONE_THREAD_CONT:
        return ctl_hold(t, (int32_t)a[0] == _NTO_TCTL_ONE_THREAD_HOLD, true, (int32_t)a[1]);
    case _NTO_TCTL_NAME:
        return ctl_name(t, a[1]);
    }
    return -EINVAL;
}

KC_HANDLER(thread_ctl)
{
    return thread_ctl(t, a);
}

/* ---- scheduling */

/* The thread (pid, tid) names for SchedGet/SchedSet; referenced. */
static int sched_target(struct thread *t, int32_t pid, int32_t tid, struct thread **out)
{
    struct process *p = pid == 0 ? t->proc : process_get(pid);
    if (!p)
        return -ESRCH;
    bool allowed = p == t->proc || process_may_signal(t->proc, p);
    if (pid != 0 && p != t->proc && tid == 0)
        tid = 1;
    struct thread *o = allowed ? find_thread(t, p, tid) : NULL;
    if (pid != 0)
        process_put(p);
    if (!allowed)
        return -EPERM;
    *out = o;
    return o ? 0 : -ESRCH;
}

KC_HANDLER(thread_ctl_ext)
{
    struct thread *o;
    if (a[0] != 0 && a[1] == 0)
        return -EINVAL;
    int64_t r = sched_target(t, (int32_t)a[0], (int32_t)a[1], &o);
    if (r)
        return r;
    if (o == t)
        r = thread_ctl(t, a + 2);
    else
        r = (int32_t)a[2] == _NTO_TCTL_NAME ? ctl_name(o, a[3]) : -EINVAL;
    thread_put(o);
    return r;
}

KC_HANDLER(sched_get)
{
    struct thread *o;
    int err = sched_target(t, (int32_t)a[0], (int32_t)a[1], &o);
    if (err)
        return err;
    struct _kc_sched_param sp;
    int policy = thread_sched_get(o, &sp);
    thread_put(o);
    if (a[2] && copy_to_user(UADDR(a[2]), &sp, sizeof(sp)))
        return -EFAULT;
    return policy;
}

static int64_t sched_apply(struct thread *t, struct thread *o, int policy, const struct _kc_sched_param *sp)
{
    struct sporadic *old = NULL;
    int prio = sp->sched_priority;
    if (prio > QRV_PRIO_USER_MAX && !process_can(t->proc, TM_ABLE_PRIORITY))
        return -EPERM;
    if (policy == _KC_SCHED_SPORADIC)
        return sporadic_set(o, sp);
    struct spinlock *l = thread_lock(o);
    if (policy != _KC_SCHED_NOCHANGE || !sporadic_set_prio_locked(o, prio)) {
        old = sporadic_take_locked(o);
        if (policy != _KC_SCHED_NOCHANGE)
            racy_write(o->policy, (uint8_t)policy);
        o->base_prio = o->run_prio = (uint8_t)prio;
        thread_recompute_prio_locked(o);
    }
    thread_unlock(l);
    if (old)
        sporadic_free(old);
    return 0;
}

/* SCHED_ADJTOHEAD, SCHED_ADJTOTAIL */
static int64_t sched_move(struct thread *t, const uint64_t a[6])
{
    struct thread *o;
    int64_t r = sched_target(t, (int32_t)a[0], (int32_t)a[1], &o);
    if (r)
        return r;
    struct spinlock *l = thread_lock(o);
    thread_move_locked(o, (int32_t)a[2] == _KC_SCHED_ADJTOHEAD);
    thread_unlock(l);
    thread_put(o);
    return 0;
}

KC_HANDLER(sched_set)
{
    int policy = (int32_t)a[2];
    struct _kc_sched_param sp;
    if (policy == _KC_SCHED_ADJTOHEAD || policy == _KC_SCHED_ADJTOTAIL)
        return sched_move(t, a);
    if (!sched_is_policy(policy) && policy != _KC_SCHED_NOCHANGE)
        return -EINVAL;
    struct thread *o;
    int64_t r = param_fetch(&sp, a[3], policy);
    if (!r)
        r = sched_target(t, (int32_t)a[0], (int32_t)a[1], &o);
    if (r)
        return r;
    r = sched_apply(t, o, policy, &sp);
    if (!r)
        inherit_prio_changed(o);
    thread_put(o);
    return r;
}

KC_HANDLER(sched_info)
{
    (void)t;
    int policy = (int32_t)a[1];
    if (a[0]) { /* the limits are the same for all */
        struct process *p = process_get((int32_t)a[0]);
        if (!p)
            return -ESRCH;
        process_put(p);
    }
    if (!sched_is_policy(policy))
        return -EINVAL;
    struct _sched_info si = { .priority_min = 1, .priority_max = QRV_PRIO_MAX, .interval = 4 * clock_tick_ns(),
                              .priority_priv = QRV_PRIO_USER_MAX + 1 };
    return copy_to_user(UADDR(a[2]), &si, sizeof(si));
}

KC_HANDLER(sched_yield)
{
    (void)a;
    sched_yield(t);
    return 0;
}

/* ---- identity, end */

KC_HANDLER(getpid)
{
    (void)a;
    return t->proc->pid;
}

KC_HANDLER(gettid)
{
    (void)a;
    return t->tid;
}

KC_HANDLER(getppid)
{
    (void)a;
    return t->proc->ppid;
}

KC_HANDLER(proc_exit)
{
    if (t->proc == taskman)
        panic("taskman ended with status %d", (int)a[0]);
    process_kill(t->proc, (int32_t)a[0]);
    return 0;
}
