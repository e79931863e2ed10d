/* SPDX-License-Identifier: Apache-2.0 */
/* Thread creation, ending, joining; disturbing a blocked thread; effective priority. */
#include <abi/kercall.h>
#include "core/trace.h"
#include "mm/mm.h"
#include "object/channel.h"
#include "object/intr.h"
#include "object/meter.h"
#include "object/signal.h"
#include "object/sync.h"
#include "object/timer.h"

struct slab thread_slab = SLAB_INIT("thread", struct thread, link);

void thread_put(struct thread *t)
{
    if (atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1)
        return;
    struct process *p = t->proc;
    if (trace_on(this_hart()))
        trace_event(_NTO_TRACE_THREAD, _NTO_TRACE_THDESTROY, QRV_TRACE_THREAD(p->pid, t->tid, 0), 0);
    sync_thread_free(t);
    sporadic_drop(t);
    slab_free(&thread_slab, t);
    process_put(p);
}

/* ---- disturbing */

void thread_disturb(struct thread *t, uint64_t seq, enum wake_cause cause, int err)
{ /* model: D2 */
    struct spinlock *l = thread_lock(t);
    if (thread_is_blocked(t) && (seq == 0 || seq == t->wait_seq))
        t->wait_ops->disturb(t, cause, err);
    thread_unlock(l);
}

void thread_post(struct thread *t, uint32_t flags, enum wake_cause cause, int err)
{ /* model: D1, D2 */
    atomic_fetch_or_explicit(&t->flags, flags, memory_order_seq_cst); /* pairs with let_go()'s fence */
    struct spinlock *l = thread_lock(t);
    struct hart *kick = NULL;
    if (t->state == STATE_RUNNING)
        kick = &harts[t->hart];
    else if (thread_is_blocked(t) && (flags & ~(TF_STOP | TF_HOLD | TF_DEBUG)))
        t->wait_ops->disturb(t, cause, err);
    thread_unlock(l);
    if (kick) {
        atomic_store_explicit(&kick->resched, 1, memory_order_release);
        if (kick != this_hart())
            arch_kick(kick);
    }
}

/* ---- priority */

static int clip_prio(const struct thread *t, int prio)
{
    if (prio > QRV_PRIO_USER_MAX && !process_can(t->proc, TM_ABLE_PRIORITY))
        return MAX(QRV_PRIO_USER_MAX, (int)t->base_prio);
    return prio;
}

void thread_recompute_prio_locked(struct thread *t)
{
    thread_set_prio_locked(t, clip_prio(t, MAX(MAX(t->run_prio, racy_read(t->ceil_prio)), MAX(t->boost_prio, racy_read(t->mutex_prio)))));
}

/* ---- creation */

/* A thread that has not been let go yet: only its end disturbs it. */
static void hold_disturb(struct thread *t, enum wake_cause cause, int err)
{
    (void)err;
    if (cause == WAKE_KILL)
        thread_ready_locked(t);
}

static const struct wait_ops hold_ops = { .name = "hold", .disturb = hold_disturb };

/* Clears what a previous life left; locks and timers keep their identity (type-stable memory). */
static void thread_reset(struct thread *t)
{
    size_t head = offsetof(struct thread, proc);
    __builtin_memset(t, 0, head);
    atomic_store(&t->flags, 0);
    atomic_store(&t->on_cpu, false);
    atomic_store(&t->kcont, NULL);
    __builtin_memset(&t->msg, 0, sizeof(t->msg));
    __builtin_memset(&t->sync, 0, sizeof(t->sync));
    list_init(&t->link);
    list_init(&t->held);
    list_init(&t->sig_queue);
    list_init(&t->proc_link);
    t->blocked_on = t->blocked_aux = 0;
    t->wait_seq++; /* never reused: a late timeout of the previous life must not match */
    t->tmo.flags = t->tmo.active = 0;
    t->sig_mask = t->sig_pending = t->sig_saved_mask = t->sig_wait = 0;
    t->sig_restore_mask = false;
    t->altstack_sp = t->altstack_size = t->sig_info_uaddr = 0;
    t->debug.why = 0;
    t->debug.is_passed = false;
    t->exit_status = 0;
    t->joiner = t->join_target = NULL;
    atomic_store(&t->intr_pending, 0);
    t->exit_clear = t->stack_lo = t->stack_size = 0;
    t->cpu_ticks = t->slice_used = 0;
    t->ss = NULL;
    t->call = 0;
    t->msg.last_slot = NULL;
    t->call_done = true;
    t->boost_prio = t->mutex_prio = t->ceil_prio = 0;
    list_init(&t->ceilings);
    t->ceil_spare = NULL;
    t->num_ceilings = 0;
    t->name[0] = 0;
}

int thread_sched_get(struct thread *t, struct _kc_sched_param *sp)
{
    struct spinlock *l = thread_lock(t);
    *sp = (struct _kc_sched_param){ .sched_priority = thread_own_prio(t), .sched_curpriority = t->prio };
    sporadic_get_locked(t, sp);
    int policy = t->policy;
    thread_unlock(l);
    return policy;
}

/* The policy that a new thread begins with, and its parameters. */
static int first_sched(const struct process *p, const struct _kc_thread_create *tc, const struct _kc_sched_param *given,
                       struct thread *creator, struct _kc_sched_param *sp)
{
    if (tc->flags & _KC_TC_SCHED) {
        *sp = given ? *given : (struct _kc_sched_param){ .sched_priority = tc->priority };
        return tc->policy;
    }
    if (creator)
        return thread_sched_get(creator, sp);
    *sp = p->init_sched;
    return p->init_policy;
}

/* from: the creating thread of the same process (or the forking one); NULL: the first thread of a spawned process. */
static void thread_inherit(struct thread *t, const struct thread *from)
{
    const struct process *p = t->proc;
    t->runmask = t->inherit_mask = from ? from->inherit_mask : p->init_runmask;
    t->sig_mask = from ? from->sig_mask : p->init_sigmask;
}

static int check_sched(const struct process *p, const struct _kc_thread_create *tc, const struct _kc_sched_param *sp)
{
    if (!(tc->flags & _KC_TC_SCHED))
        return 0;
    if (!sched_is_policy(tc->policy) || (tc->policy == _KC_SCHED_SPORADIC && !sp) || tc->priority < 1 ||
        tc->priority > QRV_PRIO_MAX)
        return -EINVAL;
    if (tc->priority > QRV_PRIO_USER_MAX && !process_can(p, TM_ABLE_PRIORITY))
        return -EPERM;
    return 0;
}

/* Gives t a tid and a place in p; fails when p is ending. */
static int thread_enlist(struct process *p, struct thread *t)
{
    int tid;
    spin_lock(&p->lock);
    if (atomic_load(&p->flags) & (PF_DYING | PF_EXEC))
        tid = -ESRCH;
    else if (p->threads.count >= p->max_threads)
        tid = -EAGAIN;
    else
        tid = idtable_alloc(&p->threads, 1, t);
    if (tid > 0) {
        racy_write(t->tid, tid); /* it is in the table already */
        t->mi_who = (uint32_t)p->pid | (uint64_t)(uint32_t)tid << 32;
        list_push_tail(&p->thread_list, &t->proc_link);
        p->live_threads++;
        if (!list_empty(&p->cpu_timers))
            atomic_fetch_or(&t->flags, TF_METER);
        if (atomic_load(&p->flags) & PF_HALTED)
            atomic_fetch_or(&t->flags, TF_DEBUG);
    }
    spin_unlock(&p->lock);
    return tid;
}

int thread_create(struct process *p, const struct _kc_thread_create *tc, const struct _kc_sched_param *given,
                  struct thread *creator)
{
    struct _kc_sched_param sp;
    int err = check_sched(p, tc, given);
    if (err)
        return err;
    int policy = first_sched(p, tc, given, creator, &sp);
    struct thread *t = slab_alloc(&thread_slab);
    if (!t)
        return -EAGAIN;
    if (t->wait_lock.rank == 0) {
        spin_init(&t->wait_lock, RANK_WAIT);
        thread_timeout_init(t);
    }
    spin_lock(&t->wait_lock); /* who still looks at its former life, which ended under this lock, sees one or the other */
    thread_reset(t);
    t->proc = p;
    thread_inherit(t, creator);
    t->policy = (uint8_t)policy;
    t->base_prio = (uint8_t)sp.sched_priority;
    if (policy == _KC_SCHED_SPORADIC && sporadic_begin(t, &sp) != 0) {
        spin_unlock(&t->wait_lock);
        slab_free(&thread_slab, t);
        return -EAGAIN;
    }
    t->prio = t->run_prio = t->base_prio;
    t->regs.pc = tc->entry;
    t->regs.x[REG_A0] = tc->arg;
    t->regs.x[REG_A1] = tc->arg1;
    t->regs.x[REG_SP] = tc->sp;
    t->regs.x[REG_TP] = tc->tls;
    t->regs.x[REG_RA] = tc->ret;
    t->stack_lo = tc->stack_lo;
    t->stack_size = tc->stack_size;
    t->hart = (int16_t)this_hart()->index;
    t->state = STATE_STOPPED;
    t->wait_ops = &hold_ops;
    atomic_store(&t->lockp, &t->wait_lock);
    uint32_t flags = TF_SIGNAL | /* one may be pending for the process since before it had a thread */
                     (tc->flags & _KC_TC_DETACHED ? TF_DETACHED : 0) | (tc->flags & _KC_TC_HOLD ? TF_HOLD : 0);
    if (atomic_load(&p->flags) & PF_STOPPED)
        flags |= TF_STOP;
    atomic_fetch_or(&t->flags, flags);
    spin_unlock(&t->wait_lock);
    if (!process_get_live(p)) {
        sporadic_drop(t);
        slab_free(&thread_slab, t);
        return -ESRCH;
    }
    atomic_store_explicit(&t->refs, 2, memory_order_release); /* list + ours */
    int tid = thread_enlist(p, t);
    if (tid < 0) {
        atomic_store(&t->refs, 1);
        thread_put(t);
        return tid;
    }
    if (tc->tid_addr && creator && creator->proc == p)
        (void)copy_to_user(UADDR(tc->tid_addr), &t->tid, sizeof(t->tid));
    if (trace_on(this_hart())) {
        trace_thread_create(t);
        trace_thread_state(t, STATE_STOPPED);
    }
    if (!(tc->flags & _KC_TC_HOLD)) {
        struct spinlock *l = thread_lock(t);
        if (t->state == STATE_STOPPED)
            thread_ready_locked(t);
        thread_unlock(l);
    }
    thread_put(t);
    return tid;
}

void thread_release_hold(struct thread *t)
{
    atomic_fetch_and(&t->flags, ~(uint32_t)TF_HOLD);
    struct spinlock *l = thread_lock(t);
    if (t->state == STATE_STOPPED && t->wait_ops == &hold_ops)
        thread_ready_locked(t);
    thread_unlock(l);
    signal_unpark(t);
}

/* ---- joining */

static void join_finish(struct thread *t)
{
    struct thread *target = t->join_target;
    uint64_t status = target->exit_status;
    t->join_target = NULL;
    thread_put(target);
    if (t->join_uaddr && copy_to_user(UADDR(t->join_uaddr), &status, sizeof(status)))
        thread_set_result(t, -EFAULT);
    else
        thread_set_result(t, 0);
}

static void join_disturb(struct thread *t, enum wake_cause cause, int err)
{
    (void)cause;
    struct thread *target = t->join_target;
    t->join_target = NULL;
    thread_set_result(t, -err);
    thread_ready_locked(t);
    thread_put(target);
}

static const struct wait_ops join_ops = { .name = "join", .disturb = join_disturb };

/* proc->lock held: a thread that still waits for target to end, or NULL. */
static bool joiner_waits(struct thread *target)
{
    struct thread *j = target->joiner;
    if (!j)
        return false;
    struct spinlock *l = thread_lock(j);
    bool waits = j->state == STATE_JOIN && j->join_target == target;
    thread_unlock(l);
    return waits;
}

/* Removes an ended thread from its process; the table's reference goes to the caller. */
static void unlist_locked(struct process *p, struct thread *t)
{
    idtable_remove(&p->threads, (uint32_t)t->tid);
    list_remove(&t->proc_link);
}

int64_t thread_join(struct thread *t, int32_t tid, uint64_t status_uaddr)
{
    struct process *p = t->proc;
    if (tid == t->tid)
        return -EDEADLK;
    spin_lock(&p->lock);
    struct thread *target = tid > 0 ? idtable_get(&p->threads, (uint32_t)tid) : NULL;
    int64_t ret = 0;
    if (!target)
        ret = -ESRCH;
    else if (atomic_load(&target->flags) & TF_DETACHED)
        ret = -EINVAL;
    else if (joiner_waits(target))
        ret = -EBUSY;
    if (ret) {
        spin_unlock(&p->lock);
        return ret;
    }
    t->join_uaddr = status_uaddr;
    t->join_target = target;
    if (racy_read(target->state) == STATE_DEAD) {
        unlist_locked(p, target); /* its reference becomes ours, dropped by join_finish */
        spin_unlock(&p->lock);
        atomic_store(&t->kcont, join_finish);
        return KC_BLOCKED;
    }
    spin_lock(&t->wait_lock);
    ret = thread_timeout_start(t, STATE_JOIN);
    if (ret) {
        t->join_target = NULL;
    } else {
        thread_get(target);
        target->joiner = t;
        t->wait_ops = &join_ops;
        t->blocked_on = (uint64_t)tid;
        thread_block_locked(t, STATE_JOIN, &t->wait_lock);
        ret = KC_BLOCKED;
    }
    spin_unlock(&t->wait_lock);
    spin_unlock(&p->lock);
    return ret;
}

int64_t thread_detach(struct thread *self, int32_t tid)
{
    struct process *p = self->proc;
    struct thread *gone = NULL;
    int64_t ret = 0;
    spin_lock(&p->lock);
    struct thread *t = tid == 0 ? self : tid > 0 ? idtable_get(&p->threads, (uint32_t)tid) : NULL;
    if (!t) {
        ret = -ESRCH;
    } else if (atomic_fetch_or(&t->flags, TF_DETACHED) & TF_DETACHED) {
        ret = -EINVAL;
    } else if (racy_read(t->state) == STATE_DEAD) {
        unlist_locked(p, t);
        gone = t;
    }
    spin_unlock(&p->lock);
    if (gone)
        thread_put(gone);
    return ret;
}

/* proc->lock held.  Hands the exit status to the joiner; true when somebody took it. */
static bool wake_joiner(struct thread *t)
{
    struct thread *j = t->joiner;
    if (!j)
        return false;
    struct spinlock *l = thread_lock(j);
    bool waits = j->state == STATE_JOIN && j->join_target == t;
    if (waits) {
        atomic_store(&j->kcont, join_finish); /* the reference join_target holds goes with it */
        thread_ready_locked(j);
    }
    thread_unlock(l);
    return waits;
}

/* ---- ending */

/* The hart stops having a current thread once kernel_exit() lets go of it, and drops a reference then: the list's, or one of its
 * own, because a joiner that sees STATE_DEAD may take and drop the list's while let_go() still works on t. */
static void leave_hart(struct thread *t, bool drop)
{
    struct hart *h = this_hart();
    if (!drop)
        thread_get(t);
    spin_lock(&h->rq.lock);
    racy_write(t->state, STATE_DEAD);
    if (trace_on(h))
        trace_thread_state(t, STATE_DEAD);
    t->wait_ops = NULL;
    h->switch_out = true;
    h->drop_current = true;
    atomic_store_explicit(&h->rq.cur_prio, -1, memory_order_relaxed);
    atomic_store_explicit(&t->lockp, &t->wait_lock, memory_order_release);
    spin_unlock(&h->rq.lock);
}

/* proc->lock held by the caller.  true: the last reference is dropped by kernel_exit(). */
static void thread_end_locked(struct process *p, struct thread *t)
{
    bool taken = wake_joiner(t);
    bool drop = taken || (atomic_load(&t->flags) & TF_DETACHED) ||
                (atomic_load(&p->flags) & (PF_DYING | PF_EXEC));
    if (drop)
        unlist_locked(p, t);
    leave_hart(t, drop);
}

void thread_finish_reaper(struct thread *t)
{
    struct process *p = t->proc;
    spin_lock(&p->lock);
    unlist_locked(p, t);
    leave_hart(t, true);
    spin_unlock(&p->lock);
}

static void thread_clear_word(struct thread *t)
{
    uint32_t zero = 0;
    if (t->exit_clear && copy_to_user(UADDR(t->exit_clear), &zero, sizeof(zero)) == 0)
        sync_futex_wake(t, t->exit_clear, 1);
    t->exit_clear = 0;
}

void thread_exit_self(struct thread *t)
{ /* model: X1 */
    struct process *p = t->proc;
    if (atomic_load(&p->flags) & PF_TEARDOWN)
        return; /* the reaper: its continuation is the work that is left */
    thread_clear_word(t);
    thread_timeout_clear(t);
    t->call_done = true;
    sync_thread_exit(t);
    sporadic_drop(t);
    intr_thread_fini(t);
    channel_thread_fini(t);
    spin_lock(&p->lock);
    signal_thread_fini(t);
    timer_thread_fini_locked(t);
    p->cpu_ns += arch_ticks_ns(t->cpu_ticks);
    if (--p->live_threads == 0) {
        if (!(atomic_load(&p->flags) & PF_EXEC))
            atomic_fetch_or(&p->flags, PF_DYING);
        wake_joiner(t);
        atomic_fetch_or(&p->flags, PF_TEARDOWN);
        atomic_fetch_or(&t->flags, TF_KILL);
        p->reaper = t;
        p->teardown_phase = p->teardown_pos = 0;
        atomic_store(&t->kcont, process_teardown_step);
    } else {
        channel_tell_death_locked(p, t->tid);
        thread_end_locked(p, t);
    }
    spin_unlock(&p->lock);
}
