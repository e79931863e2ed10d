/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of one hart; everything here with rq->lock held.  A thread that is alone in its queue stays out of the levels: so a client
 * waits that has been answered and runs as soon as its server blocks. */
#pragma once
#include "core/hart.h"
#include "object/thread.h"

/* The queue is not empty. */
void rq_insert_more(struct runqueue *rq, struct thread *t, bool head);
void rq_remove_more(struct runqueue *rq, struct thread *t, int prio);

static inline int rq_top(const struct runqueue *rq)
{
    return load_relaxed(&rq->top_prio);
}

static inline void rq_insert(struct runqueue *rq, struct thread *t, bool head)
{
    if (rq_top(rq) >= 0) {
        rq_insert_more(rq, t, head);
        return;
    }
    rq->only = t;
    store_relaxed(&rq->top_prio, t->prio);
}

/* prio: the level it is queued at, which thread_set_prio_locked() is about to change. */
static inline void rq_remove(struct runqueue *rq, struct thread *t, int prio)
{
    if (rq->only != t) {
        rq_remove_more(rq, t, prio);
        return;
    }
    rq->only = NULL;
    store_relaxed(&rq->top_prio, -1);
}

/* First of the best level, which is not empty. */
static inline struct thread *rq_first(const struct runqueue *rq, int top)
{
    return rq->only ? rq->only : list_entry(rq->level[top].next, struct thread, link);
}
