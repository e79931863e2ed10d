/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of core/sched.c that a message takes, inline for ipc/quick.c.  Caller holds the lock of the threads' wait, and for the
 * _locked ones the run queue's lock of this hart too, which they drop. */
#pragma once
#include "core/internal.h"
#include "core/runqueue.h"

/* Another hart's queue has something above prio that is for us. */
static inline bool better_elsewhere(const struct hart *h, int prio)
{
    for (uint32_t i = 0; i < num_harts; i++) {
        int top = load_relaxed(&harts[i].rq.top_prio);
        if (&harts[i] != h && top > prio && load_relaxed(&harts[i].rq.cur_prio) >= top)
            return true;
    }
    return false;
}

/* n, blocked or alone in this hart's queue, may be run here now, for all that other harts have to offer. */
static inline __attribute__((always_inline)) bool may_take_own(const struct hart *h, const struct thread *n)
{
    /* Acquire: its registers and FP state are complete; pairs with the release in released_flagged(). */
    return (n->runmask >> h->index & 1) && !atomic_load_explicit(&n->on_cpu, memory_order_acquire) &&
           (num_harts == 1 || !better_elsewhere(h, n->prio));
}

/* r, blocked, may have this hart now without passing by anybody in a queue. */
static inline bool hand_over_ok(const struct hart *h, const struct thread *r)
{
    return rq_top(&h->rq) < r->prio && may_take_own(h, r);
}

static inline void set_next(struct hart *h, struct thread *n)
{
    h->next = n;
    racy_write(n->state, STATE_RUNNING);
    store_relaxed(&n->on_cpu, true);
    store_relaxed(&h->rq.cur_prio, n->prio);
}

static inline void stop_running(struct hart *h, struct thread *t, int state)
{
    racy_write(t->state, (uint8_t)state);
    t->wait_seq++;
    t->slice_used = 0;
    h->switch_out = true;
}

/* The current thread t blocks, guarded by *l (held) from now on; r, taken out of its wait under *l, has the hart. */
static inline void hand_over_locked(struct hart *h, struct thread *t, int state, struct spinlock *l, struct thread *r)
{
    stop_running(h, t, state);
    set_next(h, r);
    r->wait_ops = NULL;
    r->hart = (int16_t)h->index;
    store_release(&r->lockp, &h->rq.lock);
    store_release(&t->lockp, l);
    spin_unlock(&h->rq.lock);
}

/* The current thread t blocks as above, and n, alone in the queue of this hart, is next. */
static inline void block_for_locked(struct hart *h, struct thread *t, int state, struct spinlock *l, struct thread *n)
{
    stop_running(h, t, state);
    h->rq.only = NULL;
    store_relaxed(&h->rq.top_prio, -1);
    set_next(h, n);
    store_release(&t->lockp, l);
    spin_unlock(&h->rq.lock);
}

/* c, answered by the server that runs here, may wait for this hart: it is no more important, and the server usually blocks soon. */
static inline bool may_follow(const struct hart *h, const struct thread *server, const struct thread *c)
{
    return (c->runmask >> h->index & 1) && c->prio <= racy_read(server->prio) && !h->switch_out && !server->msg.lingers;
}

/* ... and does: it is READY in the queue of this hart, which is empty.  The caller sees to idle harts and the server's slice. */
static inline void ready_behind_locked(struct hart *h, struct thread *c)
{
    c->wait_ops = NULL;
    racy_write(c->state, STATE_READY);
    c->hart = (int16_t)h->index;
    h->rq.only = c;
    store_relaxed(&h->rq.top_prio, c->prio);
    store_release(&c->lockp, &h->rq.lock);
    spin_unlock(&h->rq.lock);
}
