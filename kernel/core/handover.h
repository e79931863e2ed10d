/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of core/sched.c and core/exit.c that a message takes, inline for ipc/quick.c.  Caller holds the lock of the threads' wait, and
 * for the _locked ones the run queue's lock of this hart too. */
#pragma once
#include "core/internal.h"
#include "core/runqueue.h"
#include "object/process.h"
#include "quick.h"

#define QUICK inline __attribute__((always_inline)) /* a call on the usual way would have registers saved around it */

/* Another hart's queue has something above prio that is for us. */
static QUICK bool better_elsewhere(const struct hart *h, int prio)
{
    for (uint32_t i = 0; i < num_harts; i++) {
        int top = load_relaxed(&harts[i].rq.top_prio);
        if (&harts[i] != h && top > prio && load_relaxed(&harts[i].rq.cur_prio) >= top)
            return true;
    }
    return false;
}

/* n, blocked or first in this hart's queue, may run here, and its state is complete. */
static QUICK bool fits_here(const struct hart *h, const struct thread *n)
{
    /* Acquire: its registers and FP state; pairs with the release in released_flagged(). */
    return (n->runmask & h->bit) && !atomic_load_explicit(&n->on_cpu, memory_order_acquire);
}

/* ... and may be run now, for all that other harts have to offer, when a thread of priority before gives way.  They are not asked unless n is
 * less important: whoever makes something ready that is better than what runs here tells us. */
static QUICK bool may_take_own(const struct hart *h, const struct thread *n, int before)
{
    return fits_here(h, n) && (n->prio >= before || h->others == 0 || !better_elsewhere(h, n->prio));
}

/* n, taken out of its wait or queue, is RUNNING here from now on; what remains is to change over. */
static QUICK void is_next_locked(struct hart *h, struct thread *n)
{
    racy_write(n->state, STATE_RUNNING);
    store_relaxed(&n->on_cpu, true);
    store_relaxed(&h->rq.cur_prio, n->prio);
}

/* The current thread t is blocked from now on. */
static QUICK void stops_locked(struct thread *t, int state)
{
    racy_write(t->state, (uint8_t)state);
    t->wait_seq++;
    t->slice_used = 0;
}

/* The current thread t blocks, guarded by *l (held) from now on; r, taken out of its wait under *l, has the hart. */
static QUICK void hand_over_locked(struct hart *h, struct thread *t, int state, struct spinlock *l, struct thread *r)
{
    stops_locked(t, state);
    is_next_locked(h, r);
    r->wait_ops = NULL;
    r->hart = (int16_t)h->index;
    arch_release();
    store_released(&r->lockp, &h->rq.lock);
    store_released(&t->lockp, l);
}

/* The current thread t blocks as above, and n, alone in the queue of this hart, is next. */
static QUICK void block_for_locked(struct hart *h, struct thread *t, int state, struct spinlock *l, struct thread *n)
{
    stops_locked(t, state);
    h->rq.only = NULL;
    store_relaxed(&h->rq.top_prio, -1);
    is_next_locked(h, n);
    store_release(&t->lockp, l);
}

/* After either: kernel_exit() changes over. */
static QUICK void change_over_later(struct hart *h, struct thread *n)
{
    h->next = n;
    h->switch_out = true;
}

/* ... or it is done here, but for loading n's address space and what has to wait until entry.S has saved the registers of t
 * (kernel_exit_switched()).  false: not so simple.  shares: somebody waits here whom idle harts are to be offered. */
static QUICK bool change_over_now(struct hart *h, struct thread *t, struct thread *n, bool shares)
{
    if (h->fp_loaded == t || n->fp.eager || load_relaxed(&h->resched) || shares)
        return false;
    hart_account(h, t);
    h->current = n;
    return true;
}

/* After something was queued here: harts that have nothing to do, for all that is known without looking at each.  Pairs with sched_pick(). */
static QUICK bool others_idle(const struct hart *h)
{
    atomic_thread_fence(memory_order_seq_cst);
    return (load_relaxed(&idle_harts) & ~h->bit) != 0;
}

/* The client that was queued here is offered to others in a while; true: the timer has to know. */
static QUICK bool share_begins(struct hart *h)
{
    if (h->share_at != 0)
        return false;
    h->share_at = arch_ticks() + h->share_wait;
    if (h->share_at >= h->armed)
        return false;
    h->share_armed = true;
    return true;
}

/* c, answered by the server that runs here, may wait for this hart: it is no more important, and the server usually blocks soon. */
static QUICK bool may_follow(const struct hart *h, const struct thread *server, const struct thread *c)
{
    return (c->runmask & h->bit) && c->prio <= racy_read(server->prio) && !server->msg.lingers;
}

/* ... and does: it is READY in the queue of this hart, which is empty.  The caller sees to idle harts and the server's slice. */
static QUICK void ready_behind_locked(struct hart *h, struct thread *c)
{
    c->wait_ops = NULL;
    racy_write(c->state, STATE_READY);
    c->hart = (int16_t)h->index;
    h->rq.only = c;
    store_relaxed(&h->rq.top_prio, c->prio);
    store_release(&c->lockp, &h->rq.lock);
}
