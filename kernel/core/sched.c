/* SPDX-License-Identifier: Apache-2.0 */
/* Run queues: choosing a hart for a waking thread, choosing a thread for a hart.
 *
 * Only the highest-priority READY thread is guaranteed to run.  A waking thread goes to its last hart when that is idle, else
 * to any idle hart, else to the hart that runs the least important thread; a client that is answered stays on its server's
 * hart (thread_ready_replied_locked()).  A hart that looks for work takes from another's
 * queue what is more important than its own best.
 * Idle race: a hart publishes cur_prio = -1, fences, then looks at all queues; a waker inserts, fences, then looks for idle
 * harts.  One of the two sees the other (store buffering, both fences seq_cst).
 */
#include "core/sched.h"
#include "core/internal.h"
#include "core/handover.h"
#include "core/trace.h"
#include "object/process.h"

#define SLICE_TICKS 4 /* ClockPeriod's documented relation */
#define TICK_NS 1000000UL /* its default */

_Atomic uint32_t idle_harts;
_Atomic uint64_t sched_slice; /* arch_ticks() */

void sched_set_tick(nsec_t tick_ns)
{
    store_relaxed(&sched_slice, arch_ticks_for(SLICE_TICKS * tick_ns));
}

struct spinlock *thread_lock(struct thread *t)
{ /* model: B1 */
    for (;;) {
        struct spinlock *l = atomic_load_explicit(&t->lockp, memory_order_acquire);
        spin_lock(l);
        if (l == atomic_load_explicit(&t->lockp, memory_order_relaxed))
            return l;
        spin_unlock(l);
    }
}

/* No level above from has anybody. */
static void rq_publish_top(struct runqueue *rq, int from)
{
    int w = from / 64;
    while (w >= 0 && !rq->bitmap[w])
        w--;
    int top = w < 0 ? -1 : w * 64 + 63 - __builtin_clzl(rq->bitmap[w]);
    atomic_store_explicit(&rq->top_prio, top, memory_order_relaxed);
}

static void level_push(struct runqueue *rq, struct thread *t, bool head)
{
    if (head)
        list_push_head(&rq->level[t->prio], &t->link);
    else
        list_push_tail(&rq->level[t->prio], &t->link);
    rq->bitmap[t->prio / 64] |= 1UL << (t->prio % 64);
}

void rq_insert_more(struct runqueue *rq, struct thread *t, bool head)
{
    if (rq->only) {
        level_push(rq, rq->only, false);
        rq->only = NULL;
    }
    level_push(rq, t, head);
    if (t->prio > rq_top(rq))
        atomic_store_explicit(&rq->top_prio, t->prio, memory_order_relaxed);
}

void rq_remove_more(struct runqueue *rq, struct thread *t, int prio)
{
    list_remove(&t->link);
    if (list_empty(&rq->level[prio])) {
        rq->bitmap[prio / 64] &= ~(1UL << (prio % 64));
        if (prio == rq_top(rq))
            rq_publish_top(rq, prio);
    }
}

static int cur_prio(const struct hart *h)
{
    return atomic_load_explicit(&h->rq.cur_prio, memory_order_relaxed);
}

static bool hart_is_idle(const struct hart *h)
{
    return cur_prio(h) < 0 && atomic_load_explicit(&h->rq.top_prio, memory_order_relaxed) < 0;
}

static struct hart *find_idle(uint32_t runmask)
{
    for (uint32_t i = 0; i < num_harts; i++) {
        if ((runmask & 1U << i) && hart_is_idle(&harts[i]))
            return &harts[i];
    }
    return NULL;
}

static struct hart *choose_hart(const struct thread *t)
{
    struct hart *here = this_hart();
    if (num_harts == 1)
        return here;
    struct hart *last = &harts[t->hart];
    if ((t->runmask & 1U << here->index) && hart_is_idle(here))
        return here; /* the current thread has just blocked: hand over without an IPI */
    if ((t->runmask & 1U << last->index) && hart_is_idle(last))
        return last;
    struct hart *idle = find_idle(t->runmask);
    if (idle)
        return idle;
    struct hart *best = (t->runmask & 1U << last->index) ? last : NULL;
    for (uint32_t i = 0; i < num_harts; i++) {
        if ((t->runmask & 1U << i) && (!best || cur_prio(&harts[i]) < cur_prio(best)))
            best = &harts[i];
    }
    return best ? best : last;
}

/* The hart with the most important thread that waits, above the given priority, for a hart that is busy with something better; when
 * something was offered to h, for any hart: one that is between two threads runs nothing now, and what it leaves in its queue it offers to
 * nobody again. */
static struct hart *busiest_elsewhere(const struct hart *h, int above)
{
    struct hart *best = NULL;
    for (uint32_t i = 0; i < num_harts; i++) {
        int top = atomic_load_explicit(&harts[i].rq.top_prio, memory_order_relaxed);
        if (&harts[i] != h && top > above && (h->takes_any || cur_prio(&harts[i]) >= top)) {
            above = top;
            best = &harts[i];
        }
    }
    return best;
}

/* h->rq.lock held, the current thread, of priority before, is on its way out: the best of the own queue is next, when that is clear without
 * looking further.  Else sched_pick() finds out. */
static void pick_own_locked(struct hart *h, int before)
{
    struct runqueue *rq = &h->rq;
    int top = atomic_load_explicit(&rq->top_prio, memory_order_relaxed);
    if (top < 0)
        return;
    struct thread *n = rq_first(rq, top);
    if (!may_take_own(h, n, before))
        return;
    rq_remove(rq, n, top);
    is_next_locked(h, n);
    h->next = n;
}

void hart_resched(struct hart *h)
{
    atomic_store_explicit(&h->resched, 1, memory_order_release);
    if (h != this_hart())
        arch_kick(h);
}

/* h has got a thread whose priority may matter to it; true: nobody else need be told. */
static bool tell_hart(struct hart *h, int prio)
{
    int cur = cur_prio(h);
    if (h != this_hart()) {
        if (prio < cur)
            return false;
        hart_resched(h); /* it knows the policy of its current thread */
        return true;
    }
    if (h->switch_out && !h->next)
        return prio > cur; /* kernel_exit() is about to choose */
    if (prio > cur || !h->current) {
        hart_resched(h);
        return true;
    }
    if (prio == cur && !h->switch_out)
        sched_slice_start(h, h->current);
    return false;
}

/* Puts t into the queue of h; *prio and *elsewhere are what the caller may still know of it. */
static void enqueue(struct hart *h, struct thread *t, bool head, int *prio, uint32_t *elsewhere)
{
    t->wait_ops = NULL;
    spin_lock(&h->rq.lock);
    racy_write(t->state, STATE_READY);
    t->hart = (int16_t)h->index;
    rq_insert(&h->rq, t, head);
    if (trace_on(this_hart()))
        trace_thread_state(t, STATE_READY);
    *prio = t->prio;
    *elsewhere = t->runmask & ~(1U << h->index);
    atomic_store_explicit(&t->lockp, &h->rq.lock, memory_order_release);
    spin_unlock(&h->rq.lock);
}

static void make_ready(struct thread *t, bool head)
{ /* model: B4 */
    struct hart *h = choose_hart(t);
    int prio;
    uint32_t elsewhere;
    enqueue(h, t, head, &prio, &elsewhere);
    if (tell_hart(h, prio) || num_harts == 1)
        return;
    atomic_thread_fence(memory_order_seq_cst); /* pairs with the fence in sched_pick() */
    struct hart *idle = find_idle(elsewhere);
    if (idle)
        hart_resched(idle);
}

void thread_ready_locked(struct thread *t)
{
    make_ready(t, false);
}

/* A server that has answered usually waits for its next message at once, and its hart is free for the client: no other hart need
 * be woken.  If it goes on computing instead, the client is offered to idle harts after SHARE_NS, and for its next LINGERS replies
 * it is taken for one that does so.  Each time that the timer came for nothing the wait is doubled, up to SHARE_MAX_NS. */
#define SHARE_NS 50000
#define SHARE_MAX_NS 1000000
#define LINGERS 16

void sched_share_later(struct hart *h, uint32_t elsewhere)
{
    atomic_thread_fence(memory_order_seq_cst); /* pairs with the fence in sched_pick() */
    if (h->share_at == 0 && find_idle(elsewhere) && share_begins(h))
        ktimer_rearm();
}

void thread_ready_replied_locked(struct thread *t, bool head)
{
    struct hart *h = this_hart();
    struct thread *server = h->current;
    if (num_harts == 1 || !(t->runmask & 1U << h->index) || h->switch_out || server->msg.lingers) {
        if (server->msg.lingers)
            server->msg.lingers--;
        make_ready(t, head);
        return;
    }
    int prio;
    uint32_t elsewhere;
    enqueue(h, t, head, &prio, &elsewhere);
    if (!tell_hart(h, prio))
        sched_share_later(h, elsewhere);
}

/* The next thread comes by kernel_exit()'s slow way then, which records that it runs; the quick one need not know of tracing. */
static __attribute__((noinline)) void trace_leaves(struct hart *h, const struct thread *t, unsigned state)
{
    trace_thread_state(t, state);
    atomic_store_explicit(&h->resched, 1, memory_order_relaxed);
}

void thread_block_locked(struct thread *t, int state, struct spinlock *l)
{ /* model: B2 */
    struct hart *h = this_hart();
    kassert(t == h->current && !h->switch_out);
    spin_lock(&h->rq.lock);
    racy_write(t->state, (uint8_t)state);
    t->wait_seq++;
    t->slice_used = 0;
    h->switch_out = true;
    if (trace_on(h))
        trace_leaves(h, t, (unsigned)state);
    atomic_store_explicit(&h->rq.cur_prio, -1, memory_order_relaxed);
    pick_own_locked(h, t->prio);
    atomic_store_explicit(&t->lockp, l, memory_order_release);
    spin_unlock(&h->rq.lock);
}

/* t, READY in the queue of h, which runs something as important: the hart that runs the least important thread, if that is less so. */
static void offer_elsewhere(const struct hart *h, const struct thread *t, int prio)
{
    struct hart *best = NULL;
    atomic_thread_fence(memory_order_seq_cst); /* pairs with the fence in sched_pick() */
    for (uint32_t i = 0; i < num_harts; i++) {
        if (&harts[i] != h && (t->runmask & 1U << i) && cur_prio(&harts[i]) < prio && (!best || cur_prio(&harts[i]) < cur_prio(best)))
            best = &harts[i];
    }
    if (best) {
        store_release(&best->offered, true); /* pairs with the look in switch_thread() */
        hart_resched(best);
    }
}

void thread_set_prio_locked(struct thread *t, int prio)
{
    int old = t->prio;
    if (prio == old)
        return;
    struct hart *h = &harts[t->hart];
    if (t->state == STATE_READY) {
        rq_remove(&h->rq, t, old);
        racy_write(t->prio, (uint8_t)prio);
        rq_insert(&h->rq, t, prio < old);
        if (prio > cur_prio(h))
            hart_resched(h);
        else if (prio > old && num_harts > 1)
            offer_elsewhere(h, t, prio);
    } else if (t->state == STATE_RUNNING) {
        racy_write(t->prio, (uint8_t)prio);
        atomic_store_explicit(&h->rq.cur_prio, prio, memory_order_relaxed);
        if (prio < old)
            hart_resched(h);
    } else {
        racy_write(t->prio, (uint8_t)prio);
        if (t->wait_ops && t->wait_ops->prio_changed)
            t->wait_ops->prio_changed(t);
    }
}

void thread_move_locked(struct thread *t, bool head)
{
    struct runqueue *rq = &harts[t->hart].rq;
    if (t->state != STATE_READY)
        return;
    rq_remove(rq, t, t->prio);
    rq_insert(rq, t, head);
}

/* Both run queue lock and current thread are h's.  The one thread that waits here is next, and t waits in its stead. */
static bool change_places_locked(struct hart *h, struct thread *t, bool head)
{
    struct thread *n = h->rq.only;
    if (!n || n->prio + !head <= t->prio || !may_take_own(h, n, t->prio))
        return false;
    h->rq.only = t;
    store_relaxed(&h->rq.top_prio, t->prio);
    is_next_locked(h, n);
    h->next = n;
    return true;
}

/* The current thread goes back to its queue; kernel_exit() lets go of it. */
void sched_requeue_current(struct hart *h, bool head)
{
    struct thread *t = h->current;
    /* A runmask that no longer has this hart: its queue would never be looked at by one that may run the thread. */
    struct hart *to = t->runmask & 1U << h->index ? h : choose_hart(t);
    if (to == h)
        spin_lock(&h->rq.lock);
    else
        spin_lock_pair(&h->rq.lock, &to->rq.lock);
    t->slice_used = head ? t->slice_used + (arch_ticks() - h->run_start) : 0;
    racy_write(t->state, STATE_READY);
    t->hart = (int16_t)to->index;
    if (trace_on(h))
        trace_leaves(h, t, STATE_READY);
    h->switch_out = true;
    if (to != h || !change_places_locked(h, t, head)) {
        rq_insert(&to->rq, t, head);
        store_relaxed(&h->rq.cur_prio, -1);
        pick_own_locked(h, t->prio);
    }
    store_release(&t->lockp, &to->rq.lock);
    spin_unlock(&h->rq.lock);
    if (to != h) {
        spin_unlock(&to->rq.lock);
        hart_resched(to);
    }
}

void sched_yield(struct thread *t)
{
    struct hart *h = this_hart();
    if (t == h->current && !h->switch_out &&
        atomic_load_explicit(&h->rq.top_prio, memory_order_relaxed) >= racy_read(t->prio))
        sched_requeue_current(h, false);
}

/* The best thread of rq that may run on a hart of mask. */
static __attribute__((noinline)) struct thread *rq_search(struct runqueue *rq, uint32_t mask)
{
    if (rq->only)
        return NULL; /* the caller has seen it */
    for (int w = PRIO_LEVELS / 64 - 1; w >= 0; w--) {
        for (uint64_t bits = rq->bitmap[w]; bits;) {
            int bit = 63 - __builtin_clzl(bits);
            bits &= ~(1UL << bit);
            list_for_each(e, &rq->level[w * 64 + bit]) {
                struct thread *t = list_entry(e, struct thread, link);
                if (t->runmask & mask)
                    return t;
            }
        }
    }
    return NULL;
}

static inline struct thread *rq_take(struct runqueue *rq, uint32_t mask)
{
    int top = atomic_load_explicit(&rq->top_prio, memory_order_relaxed);
    if (top < 0)
        return NULL;
    struct thread *t = rq_first(rq, top);
    if (!(t->runmask & mask))
        t = rq_search(rq, mask);
    if (t)
        rq_remove(rq, t, t->prio);
    return t;
}

/* Takes the best thread for h out of src's queue and makes it RUNNING on h. */
static struct thread *take_from(struct hart *src, struct hart *h)
{ /* model: B5 */
    spin_lock(&src->rq.lock);
    struct thread *t = rq_take(&src->rq, 1U << h->index);
    if (t) {
        racy_write(t->state, STATE_RUNNING);
        t->hart = (int16_t)h->index;
        if (src == h)
            atomic_store_explicit(&h->rq.cur_prio, t->prio, memory_order_relaxed);
        atomic_store_explicit(&t->lockp, &h->rq.lock, memory_order_release);
    }
    spin_unlock(&src->rq.lock);
    if (t && src != h) {
        spin_lock(&h->rq.lock);
        atomic_store_explicit(&h->rq.cur_prio, t->prio, memory_order_relaxed);
        spin_unlock(&h->rq.lock);
    }
    return t;
}

/* t, RUNNING on this hart by now, is off the hart that ran it last. */
static void await_off_cpu(struct thread *t)
{ /* model: B6 */
    /* Acquire: its registers and FP state are complete; pairs with the release in let_go(). */
    while (atomic_load_explicit(&t->on_cpu, memory_order_acquire))
        arch_relax();
    atomic_store_explicit(&t->on_cpu, true, memory_order_relaxed);
}

/* Best thread for h, made RUNNING there and taken over from the hart that ran it last; NULL: nothing to do. */
struct thread *sched_pick(struct hart *h)
{ /* model: B8 */
    store_relaxed(&h->rq.cur_prio, -1);
    if (h->others && !(load_relaxed(&idle_harts) & h->bit))
        atomic_fetch_or_explicit(&idle_harts, h->bit, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst); /* pairs with the fences in make_ready() and others_idle() */
    int own = rq_top(&h->rq);
    struct hart *from = num_harts > 1 ? busiest_elsewhere(h, own) : NULL;
    struct thread *t = from ? take_from(from, h) : NULL;
    if (!t)
        t = take_from(h, h);
    h->takes_any = false;
    if (!t)
        return NULL;
    if (h->others)
        atomic_fetch_and_explicit(&idle_harts, ~h->bit, memory_order_relaxed);
    await_off_cpu(t);
    return t;
}

/* Where the first threads of the queue, at most n, may run.  rq->lock held. */
static uint32_t waiting_masks(const struct runqueue *rq, uint32_t *masks, uint32_t n)
{
    uint32_t found = 0;
    if (rq->only) {
        masks[0] = rq->only->runmask;
        return 1;
    }
    for (int w = PRIO_LEVELS / 64 - 1; w >= 0; w--) {
        for (uint64_t bits = rq->bitmap[w]; bits;) {
            int bit = 63 - __builtin_clzl(bits);
            bits &= ~(1UL << bit);
            list_for_each(e, &rq->level[w * 64 + bit]) {
                if (found == n)
                    return found;
                masks[found++] = list_entry(e, struct thread, link)->runmask;
            }
        }
    }
    return found;
}

/* For each of the first threads that wait here an idle hart that may run it. */
static __attribute__((noinline)) void wake_idle(struct hart *h)
{
    uint32_t masks[QRV_HARTS_MAX], taken = 1U << h->index;
    spin_lock(&h->rq.lock);
    uint32_t n = rq_top(&h->rq) < 0 ? 0 : waiting_masks(&h->rq, masks, num_harts - 1);
    spin_unlock(&h->rq.lock);
    for (uint32_t i = 0; i < n; i++) {
        struct hart *idle = find_idle(masks[i] & ~taken);
        if (!idle)
            continue;
        taken |= 1U << idle->index;
        hart_resched(idle);
    }
}

/* Threads that wait here although harts are idle: two wakers may have chosen the same one, or a prompt server was not. */
void sched_share(struct hart *h)
{
    if (atomic_load_explicit(&h->rq.top_prio, memory_order_relaxed) < 0)
        return;
    /* Ours of cur_prio before another's: a hart that becomes idle meanwhile sees us busy with something as important, or is seen.  Pairs with
     * the fence in sched_pick(). model: B7 */
    atomic_thread_fence(memory_order_seq_cst);
    if (find_idle(~(1U << h->index)))
        wake_idle(h);
}

bool sched_hand_over(struct thread *t, int state, struct spinlock *l, struct thread *r)
{
    struct hart *h = this_hart();
    kassert(t == h->current && !h->switch_out);
    if (rq_top(&h->rq) >= r->prio || !may_take_own(h, r, racy_read(t->prio)))
        return false;
    if (trace_on(h))
        trace_leaves(h, t, (unsigned)state);
    spin_lock(&h->rq.lock);
    hand_over_locked(h, t, state, l, r);
    spin_unlock(&h->rq.lock);
    change_over_later(h, r);
    return true;
}

/* true when the current thread should give way: something at least as important waits and its slice is over, or something more
 * important is ready here or, unclaimed, elsewhere. */
bool sched_should_preempt(struct hart *h)
{
    struct thread *t = h->current;
    int own = atomic_load_explicit(&h->rq.top_prio, memory_order_relaxed), prio = racy_read(t->prio); /* a change kicks us */
    if (own > prio || !(t->runmask & 1U << h->index) || (num_harts > 1 && busiest_elsewhere(h, prio)))
        return true;
    if (own == prio && thread_is_sliced(t)) {
        sched_slice_start(h, h->current);
        return arch_ticks() >= h->slice_end;
    }
    return false;
}

/* Is it time to offer what a reply has left here?  The server computes. */
static void share_check(struct hart *h)
{
    bool due = h->share_at && arch_ticks() >= h->share_at;
    if (due) {
        h->share_at = 0;
        h->share_wait = arch_ticks_for(SHARE_NS);
        h->current->msg.lingers = LINGERS;
        sched_share(h);
    } else if (h->share_armed) {
        h->share_wait = MIN(2 * h->share_wait, arch_ticks_for(SHARE_MAX_NS));
    }
    h->share_armed = false;
}

void sched_timer_check(void)
{
    struct hart *h = this_hart();
    if (h->slice_end && arch_ticks() >= h->slice_end) {
        if (atomic_load_explicit(&h->rq.top_prio, memory_order_relaxed) >= racy_read(h->current->prio))
            atomic_store_explicit(&h->resched, 1, memory_order_relaxed);
        else
            h->slice_end = 0; /* nobody shares its level any more */
    }
    share_check(h);
}

void sched_init(void)
{
    for (int i = 0; i < QRV_HARTS_MAX; i++) {
        struct runqueue *rq = &harts[i].rq;
        spin_init(&rq->lock, RANK_RQ);
        for (int p = 0; p < PRIO_LEVELS; p++)
            list_init(&rq->level[p]);
        atomic_store(&rq->top_prio, -1);
        atomic_store(&rq->cur_prio, -1);
    }
}

void sched_start_hart(void)
{
    struct hart *h = this_hart();
    h->current = NULL;
    h->switch_out = false;
    if (load_relaxed(&sched_slice) == 0)
        sched_set_tick(TICK_NS);
    h->share_wait = arch_ticks_for(SHARE_NS);
    atomic_store_explicit(&h->resched, 1, memory_order_relaxed);
}
