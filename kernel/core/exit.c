/* SPDX-License-Identifier: Apache-2.0 */
/* kernel_exit(): the one way from the kernel back to user mode (kernel_exit_switched() is its second half), and the interrupt entry points that lead to it. */
#include "core/handover.h"
#include "core/trace.h"
#include "mm/mm.h"
#include "object/meter.h"
#include "object/signal.h"

/* Everything that makes a blocked thread come back and look. */
#define TF_WAKES (TF_KILL | TF_SIGNAL | TF_CANCEL)
/* Everything that matters when its hart has let go of it. */
#define TF_LET_GO (TF_WAKES | TF_METER | TF_DEBUG)
/* Everything that thread_work() has to look at. */
#define TF_WORK (TF_KILL | TF_STOP | TF_HOLD | TF_DEBUG | TF_SIGNAL | TF_METER)

static void disturb_if_flagged(struct thread *t, uint64_t seq)
{
    uint32_t f = atomic_load_explicit(&t->flags, memory_order_acquire);
    if (f & TF_KILL)
        thread_disturb(t, seq, WAKE_KILL, EINTR);
    if (f & TF_CANCEL)
        thread_disturb(t, seq, WAKE_CANCEL, ECANCELED);
    if (f & TF_SIGNAL)
        thread_disturb(t, seq, WAKE_SIGNAL, EINTR);
}

/* t, which this hart has let go of, had something pending when it blocked. */
static __attribute__((noinline)) void disturb_after(struct thread *t, uint64_t seq)
{
    uint32_t f = load_relaxed(&t->flags);
    if (f & TF_METER)
        meter_stop();
    if ((f & TF_LET_GO) && thread_get_live(t)) {
        if (f & TF_METER)
            meter_let_go(t);
        if (f & TF_DEBUG)
            process_notify_taskman(t->proc, _PULSE_CODE_TM_DEBUG);
        disturb_if_flagged(t, seq);
        thread_put(t);
    }
}

/* The last step of letting go: from here on t may run and end elsewhere; its memory stays a thread, and wait_seq tells its lives apart.  true: it had
 * flags that matter now when it blocked. */
static inline bool released_flagged(struct thread *t)
{
    store_release(&t->on_cpu, false);
    atomic_thread_fence(memory_order_seq_cst); /* flag set before our block is seen here, after it by thread_post() */
    return (load_relaxed(&t->flags) & TF_LET_GO) != 0;
}

/* The hart is done with its current thread, which is blocked or back in a run queue. */
static void let_go(struct hart *h)
{ /* model: B3, D6 */
    struct thread *t = h->current;
    if (h->fp_loaded == t)
        arch_fp_save(t);
    hart_account(h, t);
    h->switch_out = false;
    h->current = NULL;
    bool ended = h->drop_current;
    h->drop_current = false;
    uint64_t seq = t->wait_seq;
    if (released_flagged(t))
        disturb_after(t, seq);
    if (ended)
        thread_put(t);
}

/* Somebody waits here: t may have to give way at once, or to share its level. */
static void look_behind(struct hart *h, const struct thread *t, int waits)
{
    if (waits > racy_read(t->prio))
        store_relaxed(&h->resched, 1);
    else if (waits == racy_read(t->prio))
        sched_slice_start(h, h->current);
    if (num_harts > 1)
        sched_share(h);
}

static void take_on(struct hart *h, struct thread *t)
{
    h->current = t;
    int waits = load_relaxed(&h->rq.top_prio);
    if (waits >= 0)
        look_behind(h, t, waits);
    arch_aspace_load(t->proc->as);
    if (t->fp.eager)
        arch_fp_load(t);
}

static inline struct thread *take_next(struct hart *h)
{
    struct thread *t = h->next;
    h->next = NULL;
    return t;
}

/* Pending work of the current thread; true: start over. */
static bool thread_work(struct thread *t)
{
    struct hart *h = this_hart_anew();
    void (*fn)(struct thread *);
    while ((fn = load_relaxed(&t->kcont))) {
        store_relaxed(&t->kcont, NULL);
        fn(t);
        h = this_hart_anew(); /* it may have given way (core/preempt.c) */
        if (h->switch_out || !h->current || load_relaxed(&h->resched))
            return true;
    }
    if (load_relaxed(&t->flags) & TF_METER)
        meter_run(t);
    uint32_t f = atomic_load_explicit(&t->flags, memory_order_acquire);
    if (f & TF_KILL) {
        thread_exit_self(t);
        return true;
    }
    if (f & (TF_STOP | TF_HOLD | TF_DEBUG)) {
        signal_park(t);
        return true; /* parked, or let go meanwhile and perhaps given a signal: f is old */
    }
    if (f & TF_TRACED) {
        atomic_fetch_and_explicit(&t->flags, ~(uint32_t)TF_TRACED, memory_order_relaxed);
        trace_event(_NTO_TRACE_KERCALLEXIT, (unsigned)t->call, t->regs.x[REG_A0], 0);
    }
    if (f & TF_SIGNAL) {
        signal_deliver(t);
        return true;
    }
    return false;
}

/* A call's result is final: its timeout is used up, a cancellation that it reported is no longer pending, and nothing makes it again. */
static void call_over(struct thread *t)
{
    uint32_t f = load_relaxed(&t->flags);
    if (f & TF_RESTART) /* no signal came to use it up */
        atomic_fetch_and_explicit(&t->flags, ~(uint32_t)TF_RESTART, memory_order_relaxed);
    if (t->call_done)
        return;
    t->call_done = true;
    if (f & TF_TIMEOUT)
        thread_timeout_clear(t);
    if ((f & TF_CANCEL) && t->regs.x[REG_A0] == (uint64_t)-ECANCELED)
        atomic_fetch_and(&t->flags, ~(uint32_t)TF_CANCEL);
}

/* The current thread is given up if it has to be, the next one taken on; false: nothing to run, come again. */
static bool switch_thread(struct hart *h)
{
    bool look = atomic_exchange_explicit(&h->resched, 0, memory_order_acquire) != 0;
    if (look && load_relaxed(&h->offered))
        h->takes_any = atomic_exchange_explicit(&h->offered, false, memory_order_acquire);
    if (h->current && look && !h->switch_out && sched_should_preempt(h))
        sched_requeue_current(h, !(h->slice_end && arch_ticks() >= h->slice_end));
    if (h->current && h->switch_out)
        let_go(h);
    if (h->current) {
        h->takes_any = false;
        return true;
    }
    struct thread *next = take_next(h);
    if (next && look)
        store_relaxed(&h->resched, 1); /* it was for the thread before: look again */
    if (!next)
        next = sched_pick(h);
    if (next) {
        take_on(h, next);
        if (trace_on(h))
            trace_thread_state(next, STATE_RUNNING);
        return load_relaxed(&h->resched) == 0;
    }
    arch_aspace_load(NULL);
    arch_idle_wait();
    h->run_start = arch_ticks();
    return false;
}

/* Apart, so that the quick way needs no stack frame. */
static __attribute__((noinline)) struct thread *exit_slowly(struct hart *h)
{
    for (;; h = this_hart_anew()) {
        if (!switch_thread(h))
            continue;
        struct thread *t = h->current;
        arch_aspace_load(t->proc->as); /* an IPI may have dropped it */
        if (thread_work(t)) {
            arch_poll_interrupts(); /* the next one may just end, or block again, too */
            continue;
        }
        h = this_hart_anew();
        if (h->switch_out || !h->current || load_relaxed(&h->resched))
            continue;
        call_over(t);
        return t;
    }
}

/* t has something to finish in the kernel first, usually no more than that. */
static __attribute__((noinline)) struct thread *continue_and_exit(struct thread *t)
{
    void (*fn)(struct thread *) = load_relaxed(&t->kcont);
    store_relaxed(&t->kcont, NULL);
    fn(t);
    struct hart *h = this_hart_anew(); /* it may have given way (core/preempt.c) */
    if (h->switch_out || !h->current || load_relaxed(&h->resched) || load_relaxed(&t->kcont) || (load_relaxed(&t->flags) & TF_ON_EXIT))
        return exit_slowly(h);
    return t;
}

static __attribute__((noinline)) struct thread *change_over_slowly(struct hart *h)
{
    let_go(h);
    take_on(h, take_next(h));
    return exit_slowly(h);
}

/* old had flags that matter now, or a slice has begun that the timer does not know of. */
static __attribute__((noinline)) struct thread *switched_rest(struct hart *h, struct thread *old, uint64_t seq)
{
    disturb_after(old, seq);
    ktimer_rearm();
    return exit_slowly(h);
}

/* The hart has changed from old to current.  late: the timer is set too late for the slice. */
static inline struct thread *switched(struct hart *h, struct thread *old, bool late)
{ /* model: B3, D6 */
    struct thread *t = h->current;
    uint64_t seq = old->wait_seq;
    if (released_flagged(old) || late)
        return switched_rest(h, old, seq);
    if (load_relaxed(&t->flags) & TF_ON_EXIT)
        return exit_slowly(h);
    if (load_relaxed(&t->kcont))
        return continue_and_exit(t);
    return t;
}

struct thread *kernel_exit_switched(struct thread *old)
{
    return switched(this_hart(), old, false);
}

/* n has been given the hart.  let_go() and take_on() for the usual case, without a call and so without a stack frame. */
static inline struct thread *change_over(struct hart *h, struct thread *n)
{
    struct thread *old = h->current;
    int waits = load_relaxed(&h->rq.top_prio), prio = racy_read(n->prio);
    if (waits > prio || !change_over_now(h, old, n, h->others && waits >= 0))
        return change_over_slowly(h);
    h->switch_out = false;
    h->next = NULL;
    arch_aspace_switch(h, n->proc->as);
    if (waits == prio && thread_is_sliced(n))
        h->slice_end = slice_end_of(h, n);
    return switched(h, old, h->slice_end && h->slice_end < h->armed);
}

struct thread *kernel_exit(void)
{
    struct hart *h = this_hart();
    struct thread *t = h->next;
    /* The two usual ways: somebody has been given the hart, or nothing has happened.  entry.S has a shorter one for the latter after calls. */
    if (t && !load_relaxed(&h->resched))
        return change_over(h, t);
    t = h->current;
    if (!t || h->switch_out || h->aspace != t->proc->as || load_relaxed(&h->resched) || load_relaxed(&t->kcont) ||
        (load_relaxed(&t->flags) & TF_ON_EXIT))
        return exit_slowly(h);
    return t;
}

/* pc of the program that was interrupted, 0 when the hart was idle or in the kernel. */
static uint64_t interrupted_pc(const struct hart *h)
{
    return h->current && h->current->call_done ? h->current->regs.pc : 0;
}

void kernel_timer_interrupt(void)
{
    struct hart *h = this_hart();
    if (trace_on(h))
        trace_event(_NTO_TRACE_INTENTER, QRV_TRACE_INT_CLOCK, interrupted_pc(h), 0);
    h->in_interrupt = true;
    ktimer_run_expired();
    sched_timer_check();
    h->in_interrupt = false;
    if (trace_on(h))
        trace_event(_NTO_TRACE_INTEXIT, QRV_TRACE_INT_CLOCK, 0, 0);
}

void kernel_ipi(void)
{
    /* The sender has set resched; nothing else travels by IPI. */
    if (trace_on(this_hart()))
        trace_event(_NTO_TRACE_SYSTEM, _NTO_TRACE_SYS_IPI, 0, 0);
}
