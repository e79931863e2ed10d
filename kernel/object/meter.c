/* SPDX-License-Identifier: Apache-2.0 */
/* SCHED_SPORADIC: a thread runs at its normal priority until it has used its budget of CPU time, then at its low one; what it has
 * used comes back one replenishment period after it began to use it.  Documentation followed: System Architecture "Sporadic
 * scheduling"; Library Reference SchedSet(); POSIX, Scheduling Policies.
 *
 * The state of a server is guarded like the thread's other scheduling fields, by *thread.lockp.  It changes when the thread
 *   runs (meter_run: the budget is up), waits (meter_let_go: charged; what it used is to come back),
 *   and when a replenishment is due (ktimer of its own, interrupt context).
 * The hart's meter timer runs only while a metered thread is current there; its callback says no more than "look again", and
 * meter_run() does so on the way out of that interrupt.
 * An activity counts from when the thread first runs, not from when it became ready: later, so never more than its share.
 */
#include "object/meter.h"
#include "mm/mm.h"
#include "object/sync.h"
#include "object/timer.h"

#define REPL_KEPT 32 /* replenishments kept apart; more of them are joined to the latest */
#define TIME_MIN 10000U /* ns: less is rounded up, so that nobody makes a hart do nothing but serve its budget */
#define NS_PER_SEC 1000000000

struct sporadic {
    struct thread *t;        /* weak; NULL: free */
    uint8_t normal, low;
    bool is_low;
    uint32_t max_repl;
    nsec_t period, budget_max;
    nsec_t budget;           /* what is left */
    nsec_t active_since;     /* 0: has not run since it last blocked */
    nsec_t used;             /* since then */
    nsec_t seen;             /* CPU time of t that is accounted for */
    struct {
        nsec_t when, amount;
    } repl[REPL_KEPT];       /* in order of time */
    uint32_t num_repl;
    struct ktimer timer;     /* for repl[0] */
    void *slab_link;         /* of freed memory: the rest must stay readable to a late ktimer */
};

static struct slab sporadic_slab = SLAB_INIT("sporadic", struct sporadic, slab_link);

static struct meter {
    struct ktimer timer;
    const struct thread *seen; /* this hart only: has been looked at since it was dispatched at `since` */
    uint64_t since;
    _Atomic bool stale;  /* any hart: look again */
} meters[QRV_HARTS_MAX];

/* ---- CPU time */

nsec_t meter_cpu_locked(const struct thread *t)
{
    uint64_t now = arch_ticks(), start = t->state == STATE_RUNNING ? harts[t->hart].run_start : now;
    return arch_ticks_ns(t->cpu_ticks + (now > start ? now - start : 0));
}

void meter_watch(struct thread *t)
{
    atomic_fetch_or(&t->flags, TF_METER);
    struct spinlock *l = thread_lock(t);
    struct hart *h = t->state == STATE_RUNNING ? &harts[t->hart] : NULL;
    thread_unlock(l);
    if (!h)
        return;
    atomic_store(&meters[h->index].stale, true);
    if (h == this_hart())
        return; /* on its way out */
    atomic_store_explicit(&h->resched, 1, memory_order_release);
    arch_kick(h);
}

/* ---- the server's account; *t->lockp held */

/* The thread's own priority changes; what it has from a client stays. */
static void set_own_prio(struct thread *t, int prio)
{
    bool own = t->run_prio == t->base_prio;
    t->base_prio = (uint8_t)prio;
    if (own)
        t->run_prio = (uint8_t)prio;
    thread_recompute_prio_locked(t);
}

static void charge(struct sporadic *s, nsec_t cpu)
{
    nsec_t d = cpu > s->seen ? cpu - s->seen : 0;
    s->seen = cpu;
    if (s->is_low)
        return;
    s->used += d;
    s->budget -= MIN(d, s->budget);
}

/* What was used since active_since is to come back. */
static void plan_replenishment(struct thread *t, struct sporadic *s)
{
    nsec_t when = s->active_since + s->period;
    if (s->used) {
        if (s->num_repl == REPL_KEPT) {
            s->repl[REPL_KEPT - 1].when = when;
            s->repl[REPL_KEPT - 1].amount += s->used;
        } else {
            s->repl[s->num_repl].when = when;
            s->repl[s->num_repl++].amount = s->used;
        }
        ktimer_set(&s->timer, s->repl[0].when);
    }
    s->used = 0;
    s->active_since = 0;
    if (!s->is_low && (s->budget == 0 || s->num_repl >= s->max_repl)) {
        s->is_low = true;
        set_own_prio(t, s->low);
    }
}

static void replenish(struct thread *t, struct sporadic *s, nsec_t now)
{
    uint32_t n = 0;
    for (; n < s->num_repl && s->repl[n].when <= now; n++)
        s->budget = MIN(s->budget + s->repl[n].amount, s->budget_max);
    s->num_repl -= n;
    for (uint32_t i = 0; n && i < s->num_repl; i++)
        s->repl[i] = s->repl[i + n];
    if (s->num_repl)
        ktimer_set(&s->timer, s->repl[0].when);
    if (n == 0 || !s->is_low || s->budget == 0)
        return;
    charge(s, meter_cpu_locked(t)); /* so far at the low priority: free */
    s->is_low = false;
    s->active_since = t->state == STATE_RUNNING || t->state == STATE_READY ? now : 0;
    set_own_prio(t, s->normal);
}

static void repl_fire(struct ktimer *kt)
{
    struct sporadic *s = container_of(kt, struct sporadic, timer);
    struct thread *t = __atomic_load_n(&s->t, __ATOMIC_RELAXED);
    if (!t || !thread_get_live(t))
        return;
    struct spinlock *l = thread_lock(t);
    bool mine = t->ss == s; /* the memory may have become another server's: then its own times decide */
    if (mine)
        replenish(t, s, arch_now());
    thread_unlock(l);
    if (mine) {
        inherit_prio_changed(t);
        meter_watch(t);
    }
    thread_put(t);
}

/* ---- while it runs */

static void meter_fire(struct ktimer *kt)
{
    struct meter *m = container_of(kt, struct meter, timer);
    m->seen = NULL; /* armed and fired by this hart */
}

/* How long t may go on at its normal priority. */
static nsec_t sporadic_run(struct thread *t)
{
    nsec_t left = METER_NEVER;
    struct spinlock *l = thread_lock(t);
    struct sporadic *s = t->ss;
    if (s) {
        if (!s->active_since)
            s->active_since = arch_time_of(this_hart()->run_start);
        charge(s, meter_cpu_locked(t));
        if (!s->is_low && s->budget == 0)
            plan_replenishment(t, s);
        else if (!s->is_low)
            left = s->budget;
    }
    thread_unlock(l);
    return left;
}

void meter_run(struct thread *t)
{
    struct hart *h = this_hart();
    struct meter *m = &meters[h->index];
    if (!atomic_exchange(&m->stale, false) && m->seen == t && m->since == h->run_start)
        return;
    if (!m->timer.fn)
        ktimer_init(&m->timer, meter_fire);
    m->seen = t;
    m->since = h->run_start;
    /* Cleared before the look: what begins to matter meanwhile sets it again (meter_watch()). */
    atomic_fetch_and(&t->flags, ~(uint32_t)TF_METER);
    nsec_t left = MIN(sporadic_run(t), timer_cpu_run(t));
    if (left != METER_NEVER || t->ss)
        atomic_fetch_or(&t->flags, TF_METER);
    if (left != METER_NEVER)
        ktimer_set(&m->timer, arch_now() + left);
    else
        ktimer_cancel(&m->timer);
}

void meter_stop(void)
{
    struct meter *m = &meters[this_hart()->index];
    m->seen = NULL;
    if (m->timer.fn)
        ktimer_cancel(&m->timer);
}

/* t may be anywhere by now, even another thread: whatever is done here is true of it at any time. */
void meter_let_go(struct thread *t)
{
    struct spinlock *l = thread_lock(t);
    struct sporadic *s = t->ss;
    bool waits = s && t->state != STATE_RUNNING && t->state != STATE_READY;
    if (waits) {
        charge(s, meter_cpu_locked(t));
        if (!s->is_low && s->active_since)
            plan_replenishment(t, s);
    }
    bool told = waits && s->is_low;
    thread_unlock(l);
    if (told)
        inherit_prio_changed(t);
}

/* ---- becoming one */

static nsec_t to_ns(const struct _kc_timespec *ts)
{
    return (nsec_t)ts->sec * NS_PER_SEC + (nsec_t)ts->nsec;
}

static bool is_time(const struct _kc_timespec *ts)
{
    return ts->sec >= 0 && ts->sec < NS_PER_SEC && ts->nsec >= 0 && ts->nsec < NS_PER_SEC;
}

static bool sporadic_is_valid(const struct _kc_sched_param *sp)
{
    return sp->ss_low_priority >= 1 && sp->ss_low_priority < sp->sched_priority && sp->ss_max_repl >= 1 &&
           sp->ss_max_repl <= SS_REPL_MAX && is_time(&sp->ss_repl_period) && is_time(&sp->ss_init_budget) &&
           to_ns(&sp->ss_init_budget) > 0 && to_ns(&sp->ss_init_budget) <= to_ns(&sp->ss_repl_period);
}

bool sched_param_is_valid(int policy, const struct _kc_sched_param *sp)
{
    return sp->sched_priority >= 1 && sp->sched_priority <= QRV_PRIO_MAX &&
           (policy != _KC_SCHED_SPORADIC || sporadic_is_valid(sp));
}

static struct sporadic *sporadic_new(struct thread *t, const struct _kc_sched_param *sp)
{
    struct sporadic *s = slab_alloc(&sporadic_slab);
    if (!s)
        return NULL;
    if (!s->timer.fn)
        ktimer_init(&s->timer, repl_fire);
    s->num_repl = 0;
    s->active_since = s->used = 0;
    s->seen = 0;
    s->is_low = false;
    s->normal = (uint8_t)sp->sched_priority;
    s->low = (uint8_t)sp->ss_low_priority;
    s->max_repl = (uint32_t)sp->ss_max_repl;
    s->period = MAX(to_ns(&sp->ss_repl_period), (nsec_t)TIME_MIN);
    s->budget = s->budget_max = MAX(to_ns(&sp->ss_init_budget), (nsec_t)TIME_MIN);
    __atomic_store_n(&s->t, t, __ATOMIC_RELAXED);
    return s;
}

int sporadic_set(struct thread *t, const struct _kc_sched_param *sp)
{
    struct sporadic *s = sporadic_new(t, sp);
    if (!s)
        return -EAGAIN;
    struct spinlock *l = thread_lock(t);
    struct sporadic *old = sporadic_take_locked(t);
    s->seen = meter_cpu_locked(t);
    s->active_since = t->state == STATE_RUNNING ? arch_now() : 0; /* what it did before does not count */
    racy_write(t->ss, s);
    t->policy = _KC_SCHED_SPORADIC;
    t->base_prio = t->run_prio = s->normal;
    thread_recompute_prio_locked(t);
    thread_unlock(l);
    if (old)
        sporadic_free(old);
    meter_watch(t);
    return 0;
}

int sporadic_begin(struct thread *t, const struct _kc_sched_param *sp)
{
    struct sporadic *s = sporadic_new(t, sp);
    if (!s)
        return -EAGAIN;
    racy_write(t->ss, s);
    t->base_prio = s->normal;
    atomic_fetch_or(&t->flags, TF_METER);
    return 0;
}

struct sporadic *sporadic_take_locked(struct thread *t)
{
    struct sporadic *s = t->ss;
    racy_write(t->ss, NULL);
    return s;
}

void sporadic_free(struct sporadic *s)
{
    ktimer_cancel(&s->timer);
    __atomic_store_n(&s->t, NULL, __ATOMIC_RELAXED);
    slab_free(&sporadic_slab, s);
}

void sporadic_drop(struct thread *t)
{
    if (!racy_read(t->ss))
        return;
    struct spinlock *l = thread_lock(t);
    struct sporadic *s = sporadic_take_locked(t);
    thread_unlock(l);
    if (s) /* SchedSet() of another thread may have been faster */
        sporadic_free(s);
}

bool sporadic_set_prio_locked(struct thread *t, int prio)
{
    struct sporadic *s = t->ss;
    if (!s)
        return false;
    s->normal = (uint8_t)prio;
    s->low = MIN(s->low, s->normal);
    t->base_prio = t->run_prio = s->is_low ? s->low : s->normal;
    thread_recompute_prio_locked(t);
    return true;
}

static struct _kc_timespec to_timespec(nsec_t ns)
{
    return (struct _kc_timespec){ .sec = (int64_t)(ns / NS_PER_SEC), .nsec = (int64_t)(ns % NS_PER_SEC) };
}

void sporadic_get_locked(const struct thread *t, struct _kc_sched_param *sp)
{
    const struct sporadic *s = t->ss;
    if (!s)
        return;
    sp->ss_low_priority = s->low;
    sp->ss_max_repl = (int32_t)s->max_repl;
    sp->ss_repl_period = to_timespec(s->period);
    sp->ss_init_budget = to_timespec(s->budget_max);
}

int thread_own_prio(const struct thread *t)
{
    return t->ss ? t->ss->normal : t->base_prio;
}
