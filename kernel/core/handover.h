/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of core/sched.c that a message takes, inline for ipc/quick.c.  Caller holds the lock of the threads' wait. */
#pragma once
#include "core/internal.h"
#include "core/runqueue.h"

/* r, blocked, may have this hart now without passing by anybody in a queue. */
static inline bool hand_over_ok(const struct hart *h, const struct thread *r)
{
    /* Acquire: its registers and FP state are complete; pairs with the release in let_go(). */
    return (r->runmask >> h->index & 1) && rq_top(&h->rq) < r->prio &&
           !atomic_load_explicit(&r->on_cpu, memory_order_acquire) && (num_harts == 1 || !sched_better_elsewhere(h, r->prio));
}

/* The current thread t blocks, guarded by *l (held) from now on; r, taken out of its wait under *l, has the hart. */
static inline void hand_over(struct hart *h, struct thread *t, int state, struct spinlock *l, struct thread *r)
{
    kassert(t == h->current && !h->switch_out);
    atomic_store_explicit(&r->on_cpu, true, memory_order_relaxed);
    spin_lock(&h->rq.lock);
    t->state = (uint8_t)state;
    t->wait_seq++;
    h->switch_out = true;
    h->next = r;
    r->state = STATE_RUNNING;
    r->wait_ops = NULL;
    r->hart = (int16_t)h->index;
    atomic_store_explicit(&h->rq.cur_prio, r->prio, memory_order_relaxed);
    atomic_store_explicit(&r->lockp, &h->rq.lock, memory_order_release);
    atomic_store_explicit(&t->lockp, l, memory_order_release);
    spin_unlock(&h->rq.lock);
}

/* The current thread t blocks as above; the one thread of the own queue is next if it may be. */
static inline void block_for_own(struct hart *h, struct thread *t, int state, struct spinlock *l)
{
    kassert(t == h->current && !h->switch_out);
    spin_lock(&h->rq.lock);
    t->state = (uint8_t)state;
    t->wait_seq++;
    h->switch_out = true;
    struct thread *n = h->rq.only;
    if (n && num_harts == 1 && (n->runmask & 1) && !atomic_load_explicit(&n->on_cpu, memory_order_acquire)) {
        h->rq.only = NULL;
        atomic_store_explicit(&h->rq.top_prio, -1, memory_order_relaxed);
        n->state = STATE_RUNNING;
        atomic_store_explicit(&n->on_cpu, true, memory_order_relaxed);
        atomic_store_explicit(&h->rq.cur_prio, n->prio, memory_order_relaxed);
        h->next = n;
    } else {
        atomic_store_explicit(&h->rq.cur_prio, -1, memory_order_relaxed);
        sched_pick_own_locked(h);
    }
    atomic_store_explicit(&t->lockp, l, memory_order_release);
    spin_unlock(&h->rq.lock);
}

/* An answered client may run again, on the hart of its server, which goes on: false when that needs more thought. */
static inline bool ready_behind_server(struct hart *h, struct thread *server, struct thread *c, bool head)
{
    if (!(c->runmask >> h->index & 1) || c->prio > server->prio || h->switch_out || server->msg.lingers)
        return false;
    c->wait_ops = NULL;
    spin_lock(&h->rq.lock);
    c->state = STATE_READY;
    c->hart = (int16_t)h->index;
    rq_insert(&h->rq, c, head);
    int prio = c->prio;
    uint32_t elsewhere = c->runmask & ~(1U << h->index);
    atomic_store_explicit(&c->lockp, &h->rq.lock, memory_order_release);
    spin_unlock(&h->rq.lock);
    if (prio == server->prio && h->slice_end == 0)
        sched_slice_start(h);
    if (num_harts > 1)
        sched_share_later(h, elsewhere);
    return true;
}
