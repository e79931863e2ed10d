/* SPDX-License-Identifier: Apache-2.0 */
/* kernel_exit(): the one way from the kernel back to user mode, and the interrupt entry points that lead to it. */
#include "core/internal.h"
#include "mm/mm.h"
#include "object/signal.h"

/* Everything that makes a blocked thread come back and look. */
#define TF_WAKES (TF_KILL | TF_SIGNAL | TF_CANCEL)

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

/* The hart is done with its current thread, which is blocked or back in a run queue. */
static void let_go(struct hart *h)
{
    struct thread *t = h->current;
    nsec_t now = arch_now();
    arch_fp_save(t);
    t->cpu_ns += now - h->run_start;
    h->slice_end = 0;
    h->current = NULL;
    h->switch_out = false;
    bool ended = h->drop_current;
    h->drop_current = false;
    uint64_t seq = t->wait_seq;
    bool flagged = (atomic_load_explicit(&t->flags, memory_order_relaxed) & TF_WAKES) != 0;
    thread_get(t); /* it may run and end elsewhere as soon as on_cpu is clear */
    atomic_store_explicit(&t->on_cpu, false, memory_order_release);
    atomic_thread_fence(memory_order_seq_cst); /* flag set before our block is seen here, after it by thread_post() */
    if (flagged || (atomic_load_explicit(&t->flags, memory_order_relaxed) & TF_WAKES))
        disturb_if_flagged(t, seq);
    if (ended)
        thread_put(t);
    thread_put(t);
}

static void take_on(struct hart *h, struct thread *t)
{
    h->current = t;
    h->run_start = arch_now();
    h->slice_end = 0;
    if (atomic_load_explicit(&h->rq.top_prio, memory_order_relaxed) >= t->prio)
        atomic_store_explicit(&h->resched, 1, memory_order_relaxed); /* somebody waits already: its slice starts now */
}

/* Pending work of the current thread; true: start over. */
static bool thread_work(struct hart *h, struct thread *t)
{
    void (*fn)(struct thread *) = atomic_load_explicit(&t->kcont, memory_order_relaxed);
    if (fn) {
        atomic_store_explicit(&t->kcont, NULL, memory_order_relaxed);
        fn(t);
        return true;
    }
    uint32_t f = atomic_load_explicit(&t->flags, memory_order_acquire);
    if (f & TF_KILL) {
        thread_exit_self(t);
        return true;
    }
    if (f & (TF_STOP | TF_HOLD)) {
        signal_park(t);
        if (h->switch_out)
            return true;
    }
    if (f & TF_SIGNAL) {
        signal_deliver(t);
        return true;
    }
    return false;
}

/* The call's result is final: its timeout is used up, and a cancellation that it reported is no longer pending. */
static void call_over(struct thread *t)
{
    t->in_call = false;
    thread_timeout_clear(t);
    if (t->regs.x[REG_A0] == (uint64_t)-ECANCELED)
        atomic_fetch_and(&t->flags, ~(uint32_t)TF_CANCEL);
}

struct thread *kernel_exit(void)
{
    struct hart *h = this_hart();
    for (;;) {
        bool look = atomic_exchange_explicit(&h->resched, 0, memory_order_acquire) != 0;
        if (h->current && look && !h->switch_out && sched_should_preempt(h))
            sched_requeue_current(h, !(h->slice_end && arch_now() >= h->slice_end));
        if (h->current && h->switch_out)
            let_go(h);
        if (!h->current) {
            struct thread *next = sched_pick(h);
            if (!next) {
                arch_aspace_load(NULL);
                arch_idle_wait();
                continue;
            }
            take_on(h, next);
            if (atomic_load_explicit(&h->resched, memory_order_relaxed))
                continue;
        }
        struct thread *t = h->current;
        arch_aspace_load(t->proc->as);
        if (thread_work(h, t) || h->switch_out || !h->current ||
            atomic_load_explicit(&h->resched, memory_order_relaxed))
            continue;
        if (t->in_call)
            call_over(t);
        arch_fp_load(t);
        return t;
    }
}

void kernel_timer_interrupt(void)
{
    ktimer_run_expired();
    sched_slice_check();
}

void kernel_ipi(void)
{
    /* The sender has set resched; nothing else travels by IPI. */
}
