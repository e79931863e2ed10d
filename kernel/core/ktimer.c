/* SPDX-License-Identifier: Apache-2.0 */
/* Deadline queues: one leftist heap per hart (Crane 1972), linked through the timers themselves, so arming needs no memory and
 * every operation is O(log n).  Lock: the queue's (RANK_TIMER); a timer's `hart` changes only under the lock of the queue
 * it enters or leaves. */
#include "core/ktimer.h"
#include "core/arch.h"
#include "core/hart.h"

#define RUN_STEP 16

struct queue {
    struct spinlock lock;
    struct ktimer *top; /* earliest */
};

static struct queue queues[QRV_HARTS_MAX] = {
    [0 ... QRV_HARTS_MAX - 1] = { .lock = SPINLOCK_INIT(RANK_TIMER) },
};

static uint32_t rank_of(const struct ktimer *t)
{
    return t ? t->rank : 0;
}

/* Puts the child of higher rank left; true when t's rank changed. */
static bool fix_rank(struct ktimer *t)
{
    if (rank_of(t->left) < rank_of(t->right)) {
        struct ktimer *x = t->left;
        t->left = t->right;
        t->right = x;
    }
    uint32_t r = rank_of(t->right) + 1;
    bool changed = r != t->rank;
    t->rank = r;
    return changed;
}

/* Merges along the right spines, then repairs ranks from the bottom up.  The result's parent is NULL. */
static struct ktimer *merge(struct ktimer *a, struct ktimer *b)
{
    struct ktimer *top = NULL, *last = NULL;
    while (a && b) {
        if (b->deadline < a->deadline) {
            struct ktimer *x = a;
            a = b;
            b = x;
        }
        struct ktimer *next = a->right;
        a->parent = last;
        if (last)
            last->right = a;
        else
            top = a;
        last = a;
        a = next;
    }
    struct ktimer *rest = a ? a : b;
    if (!last) {
        if (rest)
            rest->parent = NULL;
        return rest;
    }
    last->right = rest;
    if (rest)
        rest->parent = last;
    for (struct ktimer *t = last; t; t = t->parent)
        fix_rank(t);
    return top;
}

static void remove(struct queue *q, struct ktimer *t)
{
    struct ktimer *up = t->parent;
    struct ktimer *sub = merge(t->left, t->right);
    if (sub)
        sub->parent = up;
    if (!up) {
        q->top = sub;
    } else {
        if (up->left == t)
            up->left = sub;
        else
            up->right = sub;
        while (up && fix_rank(up))
            up = up->parent;
    }
    t->parent = t->left = t->right = NULL;
    atomic_store_explicit(&t->hart, -1, memory_order_release);
}

void ktimer_init(struct ktimer *kt, void (*fn)(struct ktimer *))
{
    *kt = (struct ktimer){ .fn = fn };
    atomic_store_explicit(&kt->hart, -1, memory_order_relaxed);
}

void ktimer_cancel(struct ktimer *kt)
{
    int32_t i;
    while ((i = atomic_load_explicit(&kt->hart, memory_order_acquire)) >= 0) {
        struct queue *q = &queues[i];
        spin_lock(&q->lock);
        bool mine = atomic_load_explicit(&kt->hart, memory_order_relaxed) == i;
        if (mine)
            remove(q, kt);
        spin_unlock(&q->lock);
        if (mine)
            return;
    }
}

void ktimer_set(struct ktimer *kt, nsec_t deadline)
{
    struct hart *h = this_hart();
    struct queue *q = &queues[h->index];
    for (;;) {
        ktimer_cancel(kt);
        spin_lock(&q->lock);
        int32_t none = -1;
        if (atomic_compare_exchange_strong_explicit(&kt->hart, &none, (int32_t)h->index, memory_order_acq_rel,
                                                    memory_order_relaxed))
            break;
        spin_unlock(&q->lock); /* armed by another hart meanwhile: the last one wins */
    }
    kt->deadline = deadline;
    kt->parent = kt->left = kt->right = NULL;
    kt->rank = 1;
    q->top = merge(q->top, kt);
    bool first = q->top == kt;
    spin_unlock(&q->lock);
    if (first)
        ktimer_rearm();
}

bool ktimer_pending(const struct ktimer *kt)
{
    return atomic_load_explicit(&kt->hart, memory_order_acquire) >= 0;
}

/* When this hart needs its timer interrupt next. */
static nsec_t next_event(struct hart *h, nsec_t slice_end, nsec_t share_at)
{
    struct queue *q = &queues[h->index];
    spin_lock(&q->lock);
    nsec_t when = q->top ? q->top->deadline : (nsec_t)-1;
    spin_unlock(&q->lock);
    if (share_at != 0 && share_at < when)
        when = share_at;
    return slice_end != 0 && slice_end < when ? slice_end : when;
}

static void arm_hardware(struct hart *h, nsec_t when)
{
    h->timer_armed = when;
    h->armed = arch_reading_at(when);
    arch_timer_set(when);
}

void ktimer_rearm(void)
{
    struct hart *h = this_hart();
    nsec_t when = next_event(h, h->slice_end ? arch_time_of(h->slice_end) : 0, h->share_at ? arch_time_of(h->share_at) : 0);
    /* Armed for something earlier that may be gone: its interrupt comes and arms it for this. */
    if (when < h->timer_armed)
        arm_hardware(h, when);
}

void ktimer_run_expired(void)
{
    struct hart *h = this_hart();
    struct queue *q = &queues[h->index];
    spin_lock(&q->lock);
    /* Many that are due together: the rest has the next interrupt, which comes at once. */
    for (int n = 0; n < RUN_STEP && q->top && q->top->deadline <= arch_now(); n++) {
        struct ktimer *kt = q->top;
        remove(q, kt);
        spin_unlock(&q->lock);
        kt->fn(kt);
        spin_lock(&q->lock);
    }
    spin_unlock(&q->lock);
    /* Always: the interrupt stays pending until the hardware is set again.  What is over for the scheduler has had its interrupt:
     * sched_timer_check() comes next. */
    nsec_t now = arch_now();
    nsec_t slice_end = h->slice_end ? arch_time_of(h->slice_end) : 0, share_at = h->share_at ? arch_time_of(h->share_at) : 0;
    arm_hardware(h, next_event(h, slice_end > now ? slice_end : 0, share_at > now ? share_at : 0));
}
