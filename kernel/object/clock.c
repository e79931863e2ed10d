/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks.  CLOCK_MONOTONIC is arch_now(); CLOCK_REALTIME adds an offset that lives in the system
 * page, where programs read it under its sequence count.  Setting the clock and slewing it change
 * the offset only; nothing here touches monotonic time.
 *
 * ClockAdjust(): until tick_count ticks have passed the offset grows by tick_nsec_inc per tick, in
 * steps of STEP_TICKS ticks. Lock: clock_lock, a leaf (rank HEAP).
 */
#include <abi/syspage.h>
#include "object/meter.h"
#include "object/timer.h"

#define STEP_TICKS      10
#define TICK_NS_DEFAULT 1000000U
#define TICK_NS_MIN     10000U
#define TICK_NS_MAX     100000000U

static struct spinlock clock_lock = SPINLOCK_INIT(RANK_HEAP);
static struct qrv_syspage *page;
static struct _clockadjust slew;
static struct ktimer slew_timer;

static void offset_add(int64_t delta)
{
    page->seq++;
    atomic_thread_fence(memory_order_seq_cst); /* readers: odd or changed seq means try again */
    page->realtime_offset_ns += (uint64_t)delta;
    atomic_thread_fence(memory_order_seq_cst);
    page->seq++;
}

/* One step of the slew; interrupt context. */
static void slew_step(struct ktimer *kt)
{
    spin_lock(&clock_lock);
    uint64_t ticks = MIN(slew.tick_count, (uint64_t)STEP_TICKS);
    offset_add(slew.tick_nsec_inc * (int64_t)ticks);
    slew.tick_count -= ticks;
    bool more = slew.tick_count != 0;
    if (!more)
        slew.tick_nsec_inc = 0;
    uint64_t step = (uint64_t)page->tick_ns * STEP_TICKS;
    spin_unlock(&clock_lock);
    if (more)
        ktimer_set(kt, arch_now() + step);
}

void clock_init(struct qrv_syspage *sp)
{
    page = sp;
    if (page->tick_ns == 0)
        page->tick_ns = TICK_NS_DEFAULT;
    ktimer_init(&slew_timer, slew_step);
}

uint64_t clock_realtime_offset(void)
{
    return page->realtime_offset_ns; /* one aligned word: never torn */
}

nsec_t clock_tick_ns(void)
{
    return page ? page->tick_ns : TICK_NS_DEFAULT;
}

static nsec_t add_saturating(nsec_t a, uint64_t b)
{
    nsec_t sum;
    return __builtin_add_overflow(a, b, &sum) ? (nsec_t)-2
                                              : sum; /* -1 means disarmed to the hardware */
}

int clock_deadline(int32_t id, bool absolute, uint64_t ns, nsec_t *out)
{
    if (id != _KC_CLOCK_REALTIME && id != _KC_CLOCK_MONOTONIC && id != _KC_CLOCK_SOFTTIME)
        return -EINVAL;
    int64_t offset = (int64_t)clock_realtime_offset(); /* negative when the time of day was set to less than the uptime */
    if (!absolute)
        *out = add_saturating(arch_now(), ns);
    else if (id == _KC_CLOCK_MONOTONIC)
        *out = MIN(ns, (nsec_t)-2);
    else if (offset < 0)
        *out = add_saturating(ns, (uint64_t)-offset);
    else
        *out = ns > (uint64_t)offset ? ns - (uint64_t)offset : 0;
    return 0;
}

/* ---- CPU time */

static nsec_t thread_cpu(struct thread *t)
{
    struct spinlock *l = thread_lock(t);
    nsec_t ns = meter_cpu_locked(t);
    thread_unlock(l);
    return ns;
}

static nsec_t process_cpu_locked(struct process *p)
{
    nsec_t ns = p->cpu_ns;
    list_for_each(e, &p->thread_list)
    {
        struct thread *t = list_entry(e, struct thread, proc_link);
        if (t->state != STATE_DEAD) /* counted in p->cpu_ns when it ended */
            ns += thread_cpu(t);
    }
    return ns;
}

static nsec_t process_cpu(struct process *p)
{
    spin_lock(&p->lock);
    nsec_t ns = process_cpu_locked(p);
    spin_unlock(&p->lock);
    return ns;
}

nsec_t clock_cpu_locked(struct process *p, int32_t tid)
{
    if (tid == 0)
        return process_cpu_locked(p);
    struct thread *t = idtable_get(&p->threads, (uint32_t)tid);
    return t ? thread_cpu(t) : 0;
}

static int cpu_clock(struct thread *self, int32_t id, uint64_t *out)
{
    int32_t pid = id >> 12 & 0x7fff, tid = id & 0xfff;
    struct process *p = process_get(pid);
    if (!p)
        return -ESRCH;
    int err = 0;
    struct thread *t = NULL;
    if (!process_may_signal(self->proc, p))
        err = -EPERM;
    spin_lock(&p->lock);
    if (!err && tid) {
        t = idtable_get(&p->threads, (uint32_t)tid);
        if (t)
            thread_get(t);
        else
            err = -ESRCH;
    }
    spin_unlock(&p->lock);
    if (!err)
        *out = t ? thread_cpu(t) : process_cpu(p);
    if (t)
        thread_put(t);
    process_put(p);
    return err;
}

int clock_read(struct thread *t, int32_t id, uint64_t *out)
{
    switch (id) {
    case _KC_CLOCK_REALTIME:
    case _KC_CLOCK_SOFTTIME:
        *out = arch_now() + clock_realtime_offset();
        return 0;
    case _KC_CLOCK_MONOTONIC:
        *out = arch_now();
        return 0;
    case _KC_CLOCK_PROCESS_CPUTIME_ID:
        *out = process_cpu(t->proc);
        return 0;
    case _KC_CLOCK_THREAD_CPUTIME_ID:
        *out = thread_cpu(t);
        return 0;
    default:
        return id > 0 && (id & _KC_CLOCK_CPU_FLAG) ? cpu_clock(t, id, out) : -EINVAL;
    }
}

/* ---- setting */

int clock_set_realtime(uint64_t ns)
{
    spin_lock(&clock_lock);
    nsec_t now = arch_now();
    if (ns > INT64_MAX) {
        spin_unlock(&clock_lock);
        return -EINVAL;
    }
    offset_add((int64_t)(ns - now - page->realtime_offset_ns));
    if (page->boot_time_sec == 0 && ns >= now)
        page->boot_time_sec = (ns - now) / 1000000000U;
    spin_unlock(&clock_lock);
    timer_clock_changed();
    return 0;
}

int clock_adjust(const struct _clockadjust *new, struct _clockadjust *old)
{
    spin_lock(&clock_lock);
    if (old)
        *old = slew;
    bool start = false;
    int err = 0;
    if (new) {
        int64_t limit = (int64_t)page->tick_ns;
        if (new->tick_nsec_inc <= -limit || new->tick_nsec_inc >= limit) {
            err = -EINVAL;
        } else {
            slew = *new;
            start = slew.tick_count != 0 && slew.tick_nsec_inc != 0;
            if (!start)
                slew = (struct _clockadjust){0};
        }
    }
    uint64_t step = (uint64_t)page->tick_ns * STEP_TICKS;
    spin_unlock(&clock_lock);
    if (new && !err && start)
        ktimer_set(&slew_timer, arch_now() + step);
    else if (new && !err)
        ktimer_cancel(&slew_timer);
    return err;
}

int clock_set_period(uint32_t ns)
{
    if (ns < TICK_NS_MIN || ns > TICK_NS_MAX)
        return -EINVAL;
    spin_lock(&clock_lock);
    page->tick_ns = ns;
    spin_unlock(&clock_lock);
    sched_set_tick(ns);
    return 0;
}
