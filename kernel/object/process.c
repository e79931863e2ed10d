/* SPDX-License-Identifier: Apache-2.0 */
/* Processes: finding them by pid without a lock, creating; their end is object/process_end.c.
 *
 * A pid is slot + generation * QRV_PROCS_MAX.  slots[] entries are written under pid_lock; readers take a reference with
 * "increment unless zero" on type-stable memory and re-check the pid.
 */
#include "core/arch.h"
#include "core/preempt.h"
#include "core/trace.h"
#include "mm/mm.h"
#include "object/channel.h"
#include "object/signal.h"
#include "object/timer.h"

#define SLOTS_STEP 512 /* process slots looked at */

struct slab process_slab = SLAB_INIT("process", struct process, thread_list);
struct process *taskman;

static struct process *_Atomic slots[QRV_PROCS_MAX];
static uint8_t slot_generation[QRV_PROCS_MAX];
static struct spinlock pid_lock = SPINLOCK_INIT(RANK_PROC);
static uint32_t pid_cursor = TASKMAN_PID;

bool process_get_live(struct process *p)
{
    uint32_t n = atomic_load_explicit(&p->refs, memory_order_relaxed);
    while (n) {
        if (atomic_compare_exchange_weak_explicit(&p->refs, &n, n + 1, memory_order_acquire,
                                                  memory_order_relaxed))
            return true;
    }
    return false;
}

struct process *process_get(int32_t pid)
{
    if (pid <= 0 || pid > QRV_PID_MAX)
        return NULL;
    struct process *p = atomic_load_explicit(&slots[pid % QRV_PROCS_MAX], memory_order_acquire);
    if (!p || !process_get_live(p))
        return NULL;
    if (p->pid == pid && !(atomic_load(&p->flags) & PF_RELEASED))
        return p;
    process_put(p);
    return NULL;
}

struct process *process_next(int32_t from)
{
    struct process *best = NULL;
    for (uint32_t i = 1; i < QRV_PROCS_MAX; i++) {
        if (i % SLOTS_STEP == 0)
            preempt_point();
        struct process *p = atomic_load_explicit(&slots[i], memory_order_acquire);
        if (!p || p->pid < from || (best && p->pid >= best->pid) || !process_get_live(p))
            continue;
        if (p->pid < from || (best && p->pid >= best->pid) || (atomic_load(&p->flags) & PF_RELEASED)) {
            process_put(p);
            continue;
        }
        if (best)
            process_put(best);
        best = p;
    }
    return best;
}

struct process *process_at(uint32_t slot)
{
    struct process *p = slot < QRV_PROCS_MAX ? atomic_load_explicit(&slots[slot], memory_order_acquire) : NULL;
    if (!p || !process_get_live(p))
        return NULL;
    if ((uint32_t)p->pid % QRV_PROCS_MAX == slot && !(atomic_load(&p->flags) & PF_RELEASED))
        return p;
    process_put(p);
    return NULL;
}

static void tables_init(struct process *p)
{
    idtable_init(&p->threads, QRV_TID_MAX + 1);
    idtable_init(&p->channels, QRV_CHID_MAX + 1);
    idtable_init(&p->fds, QRV_COID_MAX + 1);
    idtable_init(&p->side, QRV_COID_MAX + 1);
    idtable_init(&p->sconns, QRV_SCOID_MAX + 1);
    idtable_init(&p->timers, QRV_TIMER_MAX + 1);
    idtable_init(&p->intrs, 256);
    idtable_init(&p->events, QRV_EVENT_MAX + 1);
}

static void tables_fini(struct process *p)
{
    idtable_fini(&p->threads);
    idtable_fini(&p->channels);
    idtable_fini(&p->fds);
    idtable_fini(&p->side);
    idtable_fini(&p->sconns);
    idtable_fini(&p->timers);
    idtable_fini(&p->intrs);
    idtable_fini(&p->events);
}

static void notes_free(struct process *p)
{
    for (size_t i = 0; i < ARRAY_SIZE(p->note); i++) {
        if (p->note[i])
            kfree(p->note[i], sizeof(*p->note[i]));
        p->note[i] = NULL;
    }
}

/* One may still lie in taskman's channel: that of a thread which its hart let go of after the process had ended. */
static void notes_cancel(struct process *p)
{
    bool any = false;
    for (size_t i = 0; i < ARRAY_SIZE(p->note); i++)
        any |= p->note[i] && atomic_load(&p->note[i]->queued);
    struct channel *ch = any ? idtable_get(&taskman->channels, TASKMAN_CHID) : NULL;
    if (!ch || !channel_get_live(ch))
        return;
    spin_lock(&ch->lock);
    for (size_t i = 0; i < ARRAY_SIZE(p->note); i++)
        if (p->note[i] && atomic_load(&p->note[i]->queued))
            pulse_cancel_locked(ch, p->note[i]);
    spin_unlock(&ch->lock);
    channel_put(ch);
}

static bool notes_alloc(struct process *p)
{
    for (size_t i = 0; i < ARRAY_SIZE(p->note); i++) {
        p->note[i] = kmalloc(sizeof(*p->note[i]));
        if (!p->note[i]) {
            notes_free(p);
            return false;
        }
        p->note[i]->reserved = true;
        list_init(&p->note[i]->link);
    }
    return true;
}

void process_put(struct process *p)
{
    if (atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1)
        return;
    kassert(p->live_threads == 0 && !p->as);
    if (trace_on(this_hart()))
        trace_event(_NTO_TRACE_PROCESS, _NTO_TRACE_PROCDESTROY, (uint64_t)p->pid << 32 | (uint32_t)p->ppid,
                    (uint32_t)p->exit_status);
    notes_cancel(p);
    notes_free(p);
    tables_fini(p);
    spin_lock(&pid_lock);
    uint32_t slot = (uint32_t)p->pid % QRV_PROCS_MAX;
    atomic_store_explicit(&slots[slot], NULL, memory_order_release);
    slot_generation[slot] = (uint8_t)((slot_generation[slot] + 1) % ((QRV_PID_MAX + 1) / QRV_PROCS_MAX));
    spin_unlock(&pid_lock);
    slab_free(&process_slab, p);
}

static int pid_assign(struct process *p)
{
    int pid = -EAGAIN;
    spin_lock(&pid_lock);
    for (uint32_t n = 1; n < QRV_PROCS_MAX; n++) {
        uint32_t slot = pid_cursor;
        pid_cursor = pid_cursor + 1 < QRV_PROCS_MAX ? pid_cursor + 1 : 1;
        if (atomic_load_explicit(&slots[slot], memory_order_relaxed))
            continue;
        pid = (int)(slot + slot_generation[slot] * QRV_PROCS_MAX);
        p->pid = pid;
        atomic_store_explicit(&slots[slot], p, memory_order_release);
        break;
    }
    spin_unlock(&pid_lock);
    return pid;
}

static void cred_set(struct process *p, const struct _cred_info *cred)
{
    p->cred = *cred;
    racy_write(p->mi_flags, (uint64_t)(_NTO_MI_BITS_64 | (cred->euid == 0 ? _NTO_MI_ROOT : 0)) << 48);
}

static void attr_apply(struct process *p, const struct tm_proc_attr *a, uint32_t mask)
{
    if (mask & TM_PA_PPID)
        p->ppid = a->ppid;
    if (mask & TM_PA_PGRP)
        p->pgrp = a->pgrp;
    if (mask & TM_PA_SID)
        p->sid = a->sid;
    if (mask & TM_PA_CRED)
        cred_set(p, &a->cred);
    if (mask & TM_PA_ABILITIES)
        p->abilities = a->abilities;
    if (mask & TM_PA_NAME) {
        __builtin_memcpy(p->name, a->name, sizeof(p->name));
        p->name[sizeof(p->name) - 1] = 0;
    }
    if (mask & TM_PA_LIMITS) {
        p->max_pages = a->max_bytes / PAGE_SIZE;
        p->max_threads = a->max_threads ? a->max_threads : QRV_TID_MAX;
        p->max_channels = a->max_channels ? a->max_channels : QRV_CHID_MAX;
        p->max_connections = a->max_connections ? a->max_connections : QRV_COID_MAX;
        p->max_timers = a->max_timers ? a->max_timers : QRV_TIMER_MAX;
    }
}

void process_set(struct process *p, const struct tm_proc_attr *a, uint32_t mask)
{
    spin_lock(&p->lock);
    attr_apply(p, a, mask);
    struct aspace *as = p->as;
    uint64_t pages = p->max_pages;
    if ((mask & TM_PA_NAME) && trace_on(this_hart()))
        trace_process_name(p);
    spin_unlock(&p->lock);
    if (as && (mask & TM_PA_LIMITS)) {
        spin_lock(&as->lock);
        as->max_pages = pages;
        spin_unlock(&as->lock);
    }
}

static void process_reset(struct process *p)
{
    if (p->lock.rank == 0) {
        spin_init(&p->lock, RANK_PROC);
        alarm_init(p);
    }
    atomic_store(&p->flags, PF_NEW);
    list_init(&p->thread_list);
    list_init(&p->cpu_timers);
    p->live_threads = p->death_channels = p->event_serial = 0;
    tables_init(p);
    __builtin_memset(p->action, 0, sizeof(p->action));
    p->stub = p->sig_pending = 0;
    list_init(&p->sig_queue);
    p->sig_queued = 0;
    p->exec_tid = 0;
    p->ppid = p->pgrp = p->sid = 0;
    p->umask = 022;
    cred_set(p, &(struct _cred_info){ 0 });
    p->abilities = 0;
    p->max_pages = 0;
    p->exit_status = 0;
    p->job_serial = 0;
    p->reaper = NULL;
    p->teardown_phase = p->teardown_pos = 0;
    p->start_ns = arch_now();
    p->cpu_ns = p->alarm_interval = 0;
    p->debug_signals = 0;
    p->core_signo = 0;
    p->init_sigmask = 0;
    p->init_runmask = (1U << QRV_HARTS_MAX) - 1;
    p->init_policy = _KC_SCHED_RR;
    p->init_sched = (struct _kc_sched_param){ .sched_priority = QRV_PRIO_DEFAULT };
    for (size_t i = 0; i < ARRAY_SIZE(p->note); i++)
        p->note[i] = NULL;
}

void process_init_from(struct process *p, struct thread *t)
{
    spin_lock(&p->lock);
    p->init_sigmask = t->sig_mask;
    p->init_runmask = t->inherit_mask;
    p->init_policy = (uint8_t)thread_sched_get(t, &p->init_sched);
    spin_unlock(&p->lock);
}

/* A process with a pid and an empty address space; one reference. */
static int process_new(struct process **out)
{
    struct process *p = slab_alloc(&process_slab);
    if (!p)
        return -ENOMEM;
    process_reset(p);
    p->as = aspace_create();
    if (!p->as || !notes_alloc(p)) {
        if (p->as)
            aspace_destroy(p->as);
        p->as = NULL;
        slab_free(&process_slab, p);
        return -ENOMEM;
    }
    int pid = pid_assign(p);
    if (pid < 0) {
        notes_free(p);
        aspace_destroy(p->as);
        p->as = NULL;
        slab_free(&process_slab, p);
        return pid;
    }
    atomic_store_explicit(&p->refs, 1, memory_order_release);
    if (trace_on(this_hart()))
        trace_event(_NTO_TRACE_PROCESS, _NTO_TRACE_PROCCREATE, (uint64_t)p->pid << 32, 0);
    *out = p;
    return 0;
}

/* Undoes process_new and what was added since; nobody else knows the process. */
static void process_discard(struct process *p)
{
    atomic_fetch_or(&p->flags, PF_DYING | PF_DEAD);
    process_teardown_all(p);
    process_put(p);
}

/* The process is complete: what was posted meanwhile waits for its first thread. */
static void process_complete(struct process *p)
{
    spin_lock(&p->lock);
    atomic_fetch_and(&p->flags, ~(uint32_t)PF_NEW);
    spin_unlock(&p->lock);
}

static int connect_taskman(struct process *p)
{
    if (!taskman)
        return 0;
    int coid = connect_attach(p, taskman, TASKMAN_CHID, _NTO_SIDE_CHANNEL, 0);
    return coid < 0 ? coid : 0;
}

/* Ignored signals, mask and scheduling come from the spawning thread, unless pc says otherwise. */
static int inherit(struct process *p, const struct tm_proc_create *pc, const struct _kc_sched_param *sched)
{
    struct process *from = pc->inherit_pid ? process_get(pc->inherit_pid) : NULL;
    if (from) {
        signal_spawn_inherit(p, from, pc->sigdefault);
        struct thread *t = idtable_get(&from->threads, (uint32_t)pc->inherit_tid);
        if (t && thread_get_live(t)) {
            process_init_from(p, t);
            thread_put(t);
        }
        process_put(from);
    }
    if (pc->flags & TM_PC_SIGMASK)
        p->init_sigmask = pc->sigmask;
    if (!(pc->flags & TM_PC_SCHED))
        return 0;
    if (sched->sched_priority > QRV_PRIO_USER_MAX && !process_can(p, TM_ABLE_PRIORITY))
        return -EPERM;
    p->init_policy = (uint8_t)pc->policy;
    p->init_sched = *sched;
    return 0;
}

int process_create(const struct tm_proc_create *pc, const struct _kc_sched_param *sched, struct process **out)
{
    struct process *p;
    int err = process_new(&p);
    if (err)
        return err;
    process_set(p, &pc->attr, TM_PA_ALL);
    err = inherit(p, pc, sched);
    if (!err)
        err = connect_taskman(p);
    if (err) {
        process_discard(p);
        return err;
    }
    process_complete(p);
    *out = p;
    return 0;
}

static void fork_identity(struct process *c, struct process *p)
{
    struct tm_proc_attr a = { 0 };
    spin_lock(&p->lock);
    a.ppid = p->pid;
    a.pgrp = p->pgrp;
    a.sid = p->sid;
    a.cred = p->cred;
    a.abilities = p->abilities;
    __builtin_memcpy(a.name, p->name, sizeof(a.name));
    a.max_bytes = p->max_pages * PAGE_SIZE;
    a.max_threads = p->max_threads;
    a.max_channels = p->max_channels;
    a.max_connections = p->max_connections;
    a.max_timers = p->max_timers;
    spin_unlock(&p->lock);
    process_set(c, &a, TM_PA_ALL);
}

/* pt: the forking thread, REPLY-blocked on taskman and kept so by the caller (msg.xfers). */
int process_fork(struct thread *pt, struct process **out)
{
    struct process *parent = pt->proc, *c;
    while (atomic_load_explicit(&pt->on_cpu, memory_order_acquire)) /* its registers are complete: pairs with let_go() */
        arch_relax();
    int err = process_new(&c);
    if (err)
        return err;
    fork_identity(c, parent);
    preempt_point();
    err = aspace_fork(parent->as, c->as);
    if (!err)
        err = connect_taskman(c);
    preempt_point();
    if (!err) {
        struct _kc_thread_create tc = { .flags = _KC_TC_HOLD, .stack_lo = pt->stack_lo, .stack_size = pt->stack_size };
        int tid = thread_create(c, &tc, NULL, pt);
        err = tid < 0 ? tid : 0;
    }
    if (err) {
        process_discard(c);
        return err;
    }
    struct thread *ct = idtable_get(&c->threads, 1);
    ct->regs = pt->regs;
    ct->fp = pt->fp;
    thread_set_result(ct, 0);
    __builtin_memcpy(ct->name, pt->name, sizeof(ct->name));
    signal_fork_copy(c, parent, ct, pt);
    process_complete(c);
    *out = c;
    return 0;
}

bool process_may_signal(const struct process *from, const struct process *to)
{
    const struct _cred_info *f = &from->cred, *t = &to->cred;
    return from == to || f->euid == 0 || process_can(from, TM_ABLE_SIGNAL) || f->euid == t->ruid ||
           f->euid == t->suid || f->ruid == t->ruid || f->ruid == t->suid;
}
