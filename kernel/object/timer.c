/* SPDX-License-Identifier: Apache-2.0 */
/* Timers and the process alarm.
 *
 * A struct timer is guarded by the lock of its process and found through the process' id table; its
 * ktimer fires in interrupt context, looks the timer up again under that lock and delivers the
 * event after dropping it. A period is served at most every PERIOD_MIN times the number of timers
 * of the process, and the rest counted as overruns, so that no program can make a hart do nothing
 * but fire its timers.  A signal that is still pending is not queued again: an overrun, too.
 *
 * A timer on a CPU-time clock is in its process' list cpu_timers; while it runs, every thread that drives its clock carries
 * TF_METER and looks at the list while it uses CPU time (object/meter.c).  Its ktimer only serves a time that is over already
 * when it is set.
 */
#include "core/preempt.h"
#include "mm/mm.h"
#include "object/channel.h"
#include "object/meter.h"
#include "object/signal.h"
#include "object/timer.h"

#define PERIOD_MIN 10000U /* ns */
#define FINI_STEP  16
#define REARM_STEP 16
#define SI_TIMER   (-2)
#define SIGALRM    14

static struct slab timer_slab = SLAB_INIT("timer", struct timer, slab_link);
static _Atomic uint32_t timers_live;

uint32_t timer_count(void)
{
    return atomic_load_explicit(&timers_live, memory_order_relaxed);
}

/* The next deadline of a periodic timer that was due at last, and how many were missed on the way.
 */
static nsec_t next_deadline(const struct process *p, nsec_t last, uint64_t interval, nsec_t now,
                            uint64_t *missed)
{
    nsec_t next = last + interval, pause = (nsec_t)PERIOD_MIN * MAX(p->timers.count, 1U);
    *missed = 0;
    if (next < now + pause) {
        *missed = (now + pause - next + interval - 1) / interval;
        next += *missed * interval;
    }
    return next;
}

/* proc->lock held: the signal of the last expiry has not been taken yet. */
static bool still_pending(const struct timer *tm, const struct thread *t)
{
    int type = tm->event.notify & SIGEV_TYPE_MASK;
    if (type == SIGEV_SIGNAL || type == SIGEV_SIGNAL_CODE)
        return (tm->proc->sig_pending & QRV_SIG_BIT(tm->event.id)) != 0;
    return type == SIGEV_SIGNAL_THREAD && t && (t->sig_pending & QRV_SIG_BIT(tm->event.id));
}

/* proc->lock held: the creating thread, referenced, or NULL. */
static struct thread *creator(struct process *p, const struct timer *tm)
{
    struct thread *t = idtable_get(&p->threads, (uint32_t)tm->tid);
    if (t)
        thread_get(t);
    return t;
}

/* proc->lock held: the timer's clock. */
static nsec_t now_of(const struct timer *tm)
{
    return tm->cpu_tid == CPU_NONE ? arch_now() : clock_cpu_locked(tm->proc, tm->cpu_tid);
}

/* proc->lock held.  true: *ev is to be delivered. */
static bool expire_locked(struct timer *tm, struct thread *t, struct _kc_sigevent *ev)
{
    nsec_t now = now_of(tm);
    if (!(tm->flags & _NTO_TI_ACTIVE) || now < tm->deadline)
        return false;
    bool overrun = still_pending(tm, t);
    uint64_t missed = 0;
    if (tm->set.interval_nsec) {
        tm->deadline = next_deadline(tm->proc, tm->deadline, tm->set.interval_nsec, now, &missed);
        tm->absolute = 0; /* only the first expiry was a time of day */
        if (tm->cpu_tid == CPU_NONE)
            ktimer_set(&tm->kt, tm->deadline);
    } else {
        tm->flags &= ~(uint32_t)_NTO_TI_ACTIVE;
    }
    uint64_t total = tm->overruns + missed + overrun;
    tm->overruns = (uint32_t)MIN(total, (uint64_t)INT32_MAX);
    *ev = tm->event;
    return !overrun;
}

static void deliver(struct process *p, struct thread *t, const struct _kc_sigevent *ev)
{
    if ((ev->notify & SIGEV_TYPE_MASK) == SIGEV_SIGNAL)
        (void)signal_post(p, NULL, ev->id, SI_TIMER, ev->value, p->pid, p->cred.ruid);
    else
        (void)event_deliver(p, t, ev);
}

static void timer_fire(struct ktimer *kt)
{
    struct timer *tm = container_of(kt, struct timer, kt);
    struct process *p = __atomic_load_n(&tm->proc, __ATOMIC_RELAXED);
    if (!p || !process_get_live(p))
        return;
    struct _kc_sigevent ev;
    struct thread *t = NULL;
    bool fire = false;
    spin_lock(&p->lock);
    /* The memory may have become another timer's: then it is that one's deadline that decides. */
    if (racy_read(tm->proc) == p && idtable_get(&p->timers, (uint32_t)tm->id) == tm) {
        t = creator(p, tm);
        fire = expire_locked(tm, t, &ev);
    }
    spin_unlock(&p->lock);
    if (fire)
        deliver(p, t, &ev);
    if (t)
        thread_put(t);
    process_put(p);
}

/* ---- CPU-time clocks */

#define CPU_STEP_MIN 10000U /* ns between two looks at one clock */

/* proc->lock held: the first timer that t drives and that is due, else NULL with the CPU time until the next in *left. */
static struct timer *cpu_due_locked(struct process *p, const struct thread *t, nsec_t *left)
{
    nsec_t used = METER_NEVER; /* by the process: added up once, if anybody asks */
    *left = METER_NEVER;
    list_for_each(e, &p->cpu_timers)
    {
        struct timer *tm = list_entry(e, struct timer, cpu_link);
        if (!(tm->flags & _NTO_TI_ACTIVE) || (tm->cpu_tid != 0 && tm->cpu_tid != t->tid))
            continue;
        if (tm->cpu_tid == 0 && used == METER_NEVER)
            used = clock_cpu_locked(p, 0);
        nsec_t now = tm->cpu_tid ? clock_cpu_locked(p, t->tid) : used;
        if (now >= tm->deadline)
            return tm;
        /* Every hart may be running a thread of the process. */
        nsec_t rest = (tm->deadline - now) / (tm->cpu_tid ? 1 : num_harts);
        *left = MIN(*left, MAX(rest, (nsec_t)CPU_STEP_MIN));
    }
    return NULL;
}

nsec_t timer_cpu_run(struct thread *t)
{
    struct process *p = t->proc;
    for (;;) {
        struct _kc_sigevent ev;
        struct thread *to = NULL;
        bool fire = false;
        nsec_t left;
        spin_lock(&p->lock);
        struct timer *tm = cpu_due_locked(p, t, &left);
        if (tm) {
            to = creator(p, tm);
            fire = expire_locked(tm, to, &ev);
        }
        spin_unlock(&p->lock);
        if (fire)
            deliver(p, to, &ev);
        if (to)
            thread_put(to);
        if (!tm)
            return left;
    }
}

void timer_thread_fini_locked(struct thread *t)
{
    list_for_each(e, &t->proc->cpu_timers)
    {
        struct timer *tm = list_entry(e, struct timer, cpu_link);
        if (tm->cpu_tid == t->tid) {
            tm->flags &= ~(uint32_t)_NTO_TI_ACTIVE;
            tm->cpu_tid = CPU_GONE;
        }
    }
}

/* Which threads drive the timer's clock from now on: they look at it. */
static void watch(struct process *p, int32_t tid)
{
    spin_lock(&p->lock);
    list_for_each(e, &p->thread_list)
    {
        struct thread *t = list_entry(e, struct thread, proc_link);
        if (tid == 0 || t->tid == tid)
            meter_watch(t);
    }
    spin_unlock(&p->lock);
}

/* proc->lock held: the thread whose CPU time clock is, 0 the process, CPU_NONE another clock, or -errno. */
static int cpu_clock_of(struct thread *t, int32_t clock, int32_t *tid)
{
    switch (clock) {
    case _KC_CLOCK_REALTIME:
    case _KC_CLOCK_MONOTONIC:
    case _KC_CLOCK_SOFTTIME:
        *tid = CPU_NONE;
        return 0;
    case _KC_CLOCK_PROCESS_CPUTIME_ID:
        *tid = 0;
        return 0;
    case _KC_CLOCK_THREAD_CPUTIME_ID:
        *tid = t->tid;
        return 0;
    }
    if (clock < 0 || !(clock & _KC_CLOCK_CPU_FLAG))
        return -EINVAL;
    if ((clock >> 12 & 0x7fff) != t->proc->pid)
        return -ENOTSUP; /* POSIX leaves clocks of others to the system */
    *tid = clock & 0xfff;
    return *tid == 0 || idtable_get(&t->proc->threads, (uint32_t)*tid) ? 0 : -EINVAL;
}

/* ---- calls */

int timer_create(struct thread *t, int32_t clock, const struct _kc_sigevent *ev)
{
    struct process *p = t->proc;
    int32_t cpu_tid;
    int err = cpu_clock_of(t, clock, &cpu_tid);
    if (err)
        return err;
    struct timer *tm = slab_alloc(&timer_slab);
    if (!tm)
        return -EAGAIN;
    if (!tm->kt.fn)
        ktimer_init(&tm->kt, timer_fire);
    spin_lock(&p->lock);
    tm->clock = clock;
    tm->cpu_tid = cpu_tid;
    list_init(&tm->cpu_link);
    tm->tid = t->tid;
    tm->flags = tm->overruns = 0;
    tm->deadline = 0;
    tm->absolute = 0;
    tm->set = (struct _itimer){0};
    tm->event = *ev;
    int id = -EAGAIN;
    if (p->timers.count < p->max_timers)
        id = idtable_alloc(&p->timers, 0, tm);
    if (id >= 0) {
        tm->id = id;
        if (cpu_tid != CPU_NONE)
            list_push_tail(&p->cpu_timers, &tm->cpu_link);
        __atomic_store_n(&tm->proc, p, __ATOMIC_RELAXED);
        atomic_fetch_add(&timers_live, 1);
    }
    spin_unlock(&p->lock);
    if (id < 0)
        slab_free(&timer_slab, tm);
    return id == -ENOMEM ? -EAGAIN : id;
}

/* proc->lock held. */
static void destroy_locked(struct process *p, struct timer *tm)
{
    idtable_remove(&p->timers, (uint32_t)tm->id);
    tm->flags = 0;
    list_remove(&tm->cpu_link);
    __atomic_store_n(&tm->proc, NULL, __ATOMIC_RELAXED);
    ktimer_cancel(&tm->kt);
    slab_free(&timer_slab, tm);
    atomic_fetch_sub(&timers_live, 1);
}

int timer_destroy(struct process *p, int32_t id)
{
    spin_lock(&p->lock);
    struct timer *tm = id < 0 ? NULL : idtable_get(&p->timers, (uint32_t)id);
    if (tm)
        destroy_locked(p, tm);
    spin_unlock(&p->lock);
    return tm ? 0 : -EINVAL;
}

/* proc->lock held. */
static uint64_t time_left(const struct timer *tm)
{
    if (!(tm->flags & _NTO_TI_ACTIVE))
        return 0;
    nsec_t now = now_of(tm);
    return tm->deadline > now ? tm->deadline - now
                              : 1; /* due this moment, but not fired: not yet zero */
}

/* proc->lock held. */
static void start_cpu_locked(struct timer *tm, bool absolute, uint64_t ns)
{
    nsec_t now = now_of(tm);
    tm->deadline = absolute ? ns : now + MIN(ns, METER_NEVER - now);
    tm->flags = _NTO_TI_ACTIVE | (absolute ? _NTO_TI_ABSOLUTE : 0);
    if (tm->deadline <= now)
        ktimer_set(&tm->kt, arch_now()); /* whether its thread runs or not */
}

/* proc->lock held. */
static void start_locked(struct timer *tm, bool absolute, const struct _itimer *new)
{
    tm->set = *new;
    tm->overruns = 0;
    if (new->nsec == 0) {
        tm->flags = 0;
        ktimer_cancel(&tm->kt);
        return;
    }
    if (tm->cpu_tid != CPU_NONE) {
        start_cpu_locked(tm, absolute, new->nsec);
        return;
    }
    (void)clock_deadline(tm->clock, absolute, new->nsec,
                         &tm->deadline); /* the clock was checked at creation */
    tm->absolute = absolute && tm->clock != _KC_CLOCK_MONOTONIC ? new->nsec : 0;
    tm->flags = _NTO_TI_ACTIVE | (absolute ? _NTO_TI_ABSOLUTE : 0);
    ktimer_set(&tm->kt, tm->deadline);
}

int timer_settime(struct process *p, int32_t id, uint32_t flags, const struct _itimer *new,
                  struct _itimer *old)
{
    if (flags & ~(uint32_t)_KC_TIMER_ABSTIME)
        return -EINVAL;
    spin_lock(&p->lock);
    struct timer *tm = id < 0 ? NULL : idtable_get(&p->timers, (uint32_t)id);
    int32_t cpu_tid = tm ? tm->cpu_tid : CPU_GONE;
    if (cpu_tid == CPU_GONE) {
        spin_unlock(&p->lock);
        return -EINVAL;
    }
    if (old)
        *old = (struct _itimer){time_left(tm), tm->set.interval_nsec};
    if (new)
        start_locked(tm, (flags & _KC_TIMER_ABSTIME) != 0, new);
    spin_unlock(&p->lock);
    if (new && cpu_tid != CPU_NONE)
        watch(p, cpu_tid);
    return 0;
}

int timer_info(struct process *p, int32_t id, uint32_t flags, struct _timer_info *out)
{
    if (id < 0)
        return -EINVAL;
    spin_lock(&p->lock);
    if (flags & _NTO_TIMER_SEARCH)
        id = idtable_next(&p->timers, (uint32_t)id);
    struct timer *tm = id < 0 ? NULL : idtable_get(&p->timers, (uint32_t)id);
    if (tm) {
        *out = (struct _timer_info){
            .itime = {time_left(tm), tm->set.interval_nsec},
            .otime = tm->set,
            .flags = tm->flags,
            .tid = tm->tid,
            .notify = tm->event.notify,
            .clockid = tm->clock,
            .overruns = tm->overruns,
            .event = tm->event,
        };
        if (flags & _NTO_TIMER_RESET_OVERRUNS)
            tm->overruns = 0;
    }
    spin_unlock(&p->lock);
    return tm ? id : -EINVAL;
}

/* ---- the clock was set */

static void rearm_absolute(struct process *p)
{
    for (int id = 0; id >= 0;) {
        spin_lock(&p->lock);
        for (int n = 0; n < REARM_STEP && (id = idtable_next(&p->timers, (uint32_t)id)) >= 0; n++, id++) {
            struct timer *tm = idtable_get(&p->timers, (uint32_t)id);
            if ((tm->flags & _NTO_TI_ACTIVE) && tm->absolute) {
                (void)clock_deadline(tm->clock, true, tm->absolute, &tm->deadline);
                ktimer_set(&tm->kt, tm->deadline);
            }
        }
        spin_unlock(&p->lock);
        preempt_point();
    }
}

void timer_clock_changed(void)
{
    int32_t next = 0;
    struct process *p;
    while ((p = process_next(next)) != NULL) {
        next = p->pid + 1;
        rearm_absolute(p);
        timeout_clock_changed(p);
        process_put(p);
    }
}

/* ---- TimerAlarm() */

static void alarm_fire(struct ktimer *kt)
{
    struct process *p = container_of(kt, struct process, alarm);
    if (!process_get_live(p))
        return;
    spin_lock(&p->lock);
    nsec_t now = arch_now();
    bool due = kt->cookie && now >= kt->cookie; /* cookie: the deadline, 0 off */
    if (due && p->alarm_interval) {
        uint64_t missed;
        kt->cookie = next_deadline(p, kt->cookie, p->alarm_interval, now, &missed);
        ktimer_set(kt, kt->cookie);
    } else if (due) {
        kt->cookie = 0;
    }
    spin_unlock(&p->lock);
    if (due)
        (void)signal_post(p, NULL, SIGALRM, SI_TIMER, 0, p->pid, p->cred.ruid);
    process_put(p);
}

void alarm_init(struct process *p)
{
    ktimer_init(&p->alarm, alarm_fire);
}

void alarm_set(struct process *p, nsec_t deadline, uint64_t interval, struct _itimer *old)
{
    spin_lock(&p->lock);
    nsec_t now = arch_now();
    if (old) {
        old->nsec = !p->alarm.cookie ? 0 : p->alarm.cookie > now ? p->alarm.cookie - now : 1;
        old->interval_nsec = p->alarm.cookie ? p->alarm_interval : 0;
    }
    if (deadline != (nsec_t)-1) {
        p->alarm.cookie = deadline;
        p->alarm_interval = interval;
        if (deadline)
            ktimer_set(&p->alarm, deadline);
        else
            ktimer_cancel(&p->alarm);
    }
    spin_unlock(&p->lock);
}

bool timer_process_fini(struct process *p)
{
    int id = 0;
    spin_lock(&p->lock);
    if (atomic_load(&p->flags) & PF_DYING) { /* an alarm outlives exec */
        p->alarm.cookie = 0;
        ktimer_cancel(&p->alarm);
    }
    for (int n = 0; n < FINI_STEP && (id = idtable_next(&p->timers, (uint32_t)id)) >= 0; n++)
        destroy_locked(p, idtable_get(&p->timers, (uint32_t)id));
    bool empty = p->timers.count == 0;
    spin_unlock(&p->lock);
    return empty;
}
