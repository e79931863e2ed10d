/* SPDX-License-Identifier: Apache-2.0 */
/* taskman's calls about processes and threads (abi/tm.h). */
#include "ipc/ipc.h"
#include "kercall/kercall.h"
#include "mm/mm.h"
#include "object/debug.h"
#include "object/meter.h"
#include "object/signal.h"
#include "object/timer.h"

#define SIGCHLD_NUMBER 17
#define SA_NOCLDWAIT 2

KC_HANDLER(tm_proc_create)
{
    (void)t;
    struct tm_proc_create pc;
    struct _kc_sched_param sched = { 0 };
    if (copy_from_user(&pc, UADDR(a[0]), sizeof(pc)))
        return -EFAULT;
    if ((pc.flags & TM_PC_SCHED) && copy_from_user(&sched, UADDR(a[1]), sizeof(sched)))
        return -EFAULT;
    if ((pc.flags & TM_PC_SCHED) && (!sched_is_policy(pc.policy) || !sched_param_is_valid(pc.policy, &sched)))
        return -EINVAL;
    struct process *p;
    int err = process_create(&pc, &sched, &p);
    return err ? err : p->pid;
}

KC_HANDLER(tm_proc_fork)
{
    struct client c;
    int64_t err = client_begin(t, (int32_t)a[0], true, &c);
    if (err)
        return err;
    while (atomic_load_explicit(&c.t->on_cpu, memory_order_acquire))
        arch_relax(); /* its registers are complete once its hart has let go */
    struct process *child;
    err = process_fork(c.t, &child);
    client_end(&c);
    return err ? err : child->pid;
}

KC_HANDLER(tm_proc_exec)
{
    int32_t id = (int32_t)a[0];
    struct process *p;
    if (id < 0) {
        p = process_get(-id);
        if (!p)
            return -ESRCH;
        process_begin_exec(p, NULL);
    } else {
        struct client c;
        int64_t err = client_begin(t, id, true, &c);
        if (err)
            return err;
        p = c.t->proc;
        (void)process_get_live(p);
        process_init_from(p, c.t);
        /* The client goes last: once it runs, the whole teardown may be over on its hart before the next line here. */
        process_begin_exec(p, c.t);
        atomic_fetch_or(&c.t->flags, TF_KILL);
        client_finish(&c, 0); /* never reaches user mode */
    }
    process_put(p);
    return 0;
}

static bool has_reaper(const struct process *p)
{
    return p == taskman || p->live_threads || (atomic_load(&p->flags) & PF_TEARDOWN && p->as);
}

/* Not done by whoever killed it: that may be anybody, and the teardown takes its time. */
KC_HANDLER(tm_proc_empty)
{
    (void)t;
    struct process *p = process_get((int32_t)a[0]);
    if (!p)
        return -ESRCH;
    bool can = !has_reaper(p) && (atomic_load(&p->flags) & PF_DEAD);
    if (can)
        process_teardown_all(p);
    process_put(p);
    return can ? 0 : -EBUSY;
}

KC_HANDLER(tm_proc_release)
{
    (void)t;
    struct process *p = process_get((int32_t)a[0]);
    if (!p)
        return -ESRCH;
    if (has_reaper(p)) {
        process_put(p);
        return -EBUSY;
    }
    if (atomic_fetch_or(&p->flags, PF_RELEASED | PF_DYING | PF_DEAD) & PF_RELEASED) {
        process_put(p);
        return -ESRCH;
    }
    process_teardown_all(p);
    process_put(p);
    process_put(p); /* the creation reference */
    return 0;
}

KC_HANDLER(tm_proc_set)
{
    (void)t;
    struct tm_proc_attr attr;
    if (copy_from_user(&attr, UADDR(a[1]), sizeof(attr)))
        return -EFAULT;
    struct process *p = process_get((int32_t)a[0]);
    if (!p)
        return -ESRCH;
    process_set(p, &attr, (uint32_t)a[2]);
    process_put(p);
    return 0;
}

static uint64_t cpu_of(struct process *p)
{
    uint64_t ns = p->cpu_ns;
    list_for_each(e, &p->thread_list)
        ns += arch_ticks_ns(list_entry(e, struct thread, proc_link)->cpu_ticks);
    return ns;
}

static void proc_info(struct process *p, struct tm_proc_info *i)
{
    __builtin_memset(i, 0, sizeof(*i));
    spin_lock(&p->lock);
    uint32_t f = atomic_load(&p->flags);
    i->pid = p->pid;
    i->ppid = p->ppid;
    i->pgrp = p->pgrp;
    i->sid = p->sid;
    i->flags = (f & PF_DYING ? TM_PF_DYING : 0) | (f & PF_DEAD ? TM_PF_DEAD : 0) | (f & PF_STOPPED ? TM_PF_STOPPED : 0);
    i->num_threads = p->live_threads;
    i->num_channels = p->channels.count;
    i->num_connections = p->fds.count + p->side.count;
    i->num_timers = p->timers.count;
    i->exit_status = p->exit_status;
    i->job_serial = p->job_serial;
    i->start_ns = p->start_ns;
    i->utime_ns = cpu_of(p);
    for (int s = 1; s < QRV_NSIG; s++) {
        if (p->action[s].handler == 1)
            i->sig_ignore |= QRV_SIG_BIT(s);
        else if (p->action[s].handler)
            i->sig_caught |= QRV_SIG_BIT(s);
    }
    if (p->action[SIGCHLD_NUMBER].flags & SA_NOCLDWAIT)
        i->sig_ignore |= QRV_SIG_BIT(SIGCHLD_NUMBER); /* to taskman both mean: no zombies */
    i->sig_pending = p->sig_pending;
    i->cred = p->cred;
    __builtin_memcpy(i->name, p->name, sizeof(i->name));
    i->pages = p->as ? p->as->pages : 0;
    spin_unlock(&p->lock);
}

KC_HANDLER(tm_proc_info)
{
    (void)t;
    int32_t pid = (int32_t)a[0];
    struct process *p = pid & TM_INFO_NEXT ? process_next(pid & ~TM_INFO_NEXT) : process_get(pid);
    if (!p)
        return -ESRCH;
    struct tm_proc_info info;
    proc_info(p, &info);
    process_put(p);
    return copy_to_user(UADDR(a[1]), &info, sizeof(info)) ? -EFAULT : info.pid;
}

/* o's lock held: what it is blocked on (abi/tm.h). */
static void wait_info(const struct thread *o, struct tm_thread_info *i)
{
    const struct channel *ch = o->msg.chan;
    i->blocked_on = o->blocked_on;
    i->blocked_aux = o->blocked_aux;
    if (o->state == STATE_RECEIVE) {
        i->blocked_on = (uint64_t)ch->chid;
    } else if (o->state == STATE_SEND || o->state == STATE_REPLY) {
        i->blocked_on = (uint64_t)ch->proc->pid;
        i->blocked_aux = (uint64_t)(uint32_t)ch->chid << 32 | (uint32_t)o->msg.conn->coid;
    }
}

static void thread_info(struct thread *o, struct tm_thread_info *i)
{
    __builtin_memset(i, 0, sizeof(*i));
    struct spinlock *l = thread_lock(o);
    i->pid = o->proc->pid;
    i->tid = o->tid;
    i->state = o->state;
    i->policy = o->policy;
    i->real_priority = o->base_prio;
    i->priority = o->prio;
    i->flags = atomic_load(&o->flags);
    i->hart = o->hart;
    i->runmask = o->runmask;
    wait_info(o, i);
    i->ip = o->regs.pc;
    i->sp = o->regs.x[REG_SP];
    i->tls = o->regs.x[REG_TP];
    i->stack_lo = o->stack_lo;
    i->stack_size = o->stack_size;
    i->sutime_ns = arch_ticks_ns(o->cpu_ticks);
    i->sig_mask = o->sig_mask;
    i->sig_pending = o->sig_pending;
    i->last_kercall = (uint32_t)o->call;
    __builtin_memcpy(i->name, o->name, sizeof(i->name));
    thread_unlock(l);
    debug_thread_info(o, i);
}

KC_HANDLER(tm_thread_info)
{
    (void)t;
    struct process *p = process_get((int32_t)a[0]);
    if (!p)
        return -ESRCH;
    struct thread *o = NULL;
    for (int tid = idtable_next(&p->threads, (uint32_t)a[1]); tid >= 0 && !o;
         tid = idtable_next(&p->threads, (uint32_t)tid + 1)) {
        struct thread *x = idtable_get(&p->threads, (uint32_t)tid);
        if (x && thread_get_live(x))
            o = x;
    }
    process_put(p);
    if (!o)
        return -ESRCH;
    struct tm_thread_info info;
    thread_info(o, &info);
    thread_put(o);
    return copy_to_user(UADDR(a[2]), &info, sizeof(info)) ? -EFAULT : info.tid;
}

KC_HANDLER(tm_thread_cont)
{
    (void)t;
    struct process *p = process_get((int32_t)a[0]);
    if (!p)
        return -ESRCH;
    if (a[1]) {
        int r = signal_undo_stop(p);
        process_put(p);
        return r;
    }
    spin_lock(&p->lock);
    list_for_each(e, &p->thread_list)
        thread_release_hold(list_entry(e, struct thread, proc_link));
    spin_unlock(&p->lock);
    process_put(p);
    return 0;
}

KC_HANDLER(tm_channel_info)
{
    (void)t;
    struct process *p = process_get((int32_t)a[0]);
    if (!p)
        return -ESRCH;
    struct tm_channel_info ci;
    int id = idtable_next(&p->channels, (uint32_t)a[1]);
    struct channel *ch = id >= 0 ? idtable_get(&p->channels, (uint32_t)id) : NULL;
    bool found = ch && channel_get_live(ch);
    if (found) {
        spin_lock(&ch->lock);
        ci = (struct tm_channel_info){ .chid = ch->chid, .flags = ch->flags, .num_send = ch->num_send,
                                       .num_receive = list_length(&ch->receivers),
                                       .num_reply = list_length(&ch->repliers), .num_pulse = ch->num_pulse };
        spin_unlock(&ch->lock);
        channel_put(ch);
    }
    process_put(p);
    if (!found)
        return -ESRCH;
    return copy_to_user(UADDR(a[2]), &ci, sizeof(ci)) ? -EFAULT : ci.chid;
}

KC_HANDLER(tm_timer_info)
{
    (void)t;
    struct process *p = process_get((int32_t)a[0]);
    if (!p)
        return -ESRCH;
    struct _timer_info ti;
    int r = timer_info(p, (int32_t)a[1], _NTO_TIMER_SEARCH, &ti);
    process_put(p);
    if (r < 0)
        return r;
    return copy_to_user(UADDR(a[2]), &ti, sizeof(ti)) ? -EFAULT : r;
}
