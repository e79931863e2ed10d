/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines of blocking calls: TimerTimeout() and sleeping.
 *
 * A thread is armed (tmo.flags) for its next kernel call; the ktimer runs from the moment it enters
 * one of the named states. The ktimer's cookie is the wait_seq of that wait, so a callback that
 * comes late finds another wait and does nothing; a callback that reads the cookie of a newer wait
 * is stopped by that wait's deadline. tmo is owner-only while the thread runs and guarded by *lockp
 * while it is blocked.
 */
#include "core/preempt.h"
#include "mm/mm.h"
#include "object/channel.h"
#include "object/timer.h"

#define CLOCK_STEP 16 /* threads looked at with their process locked */

static bool ends_wait(const struct _kc_sigevent *ev)
{
    return (ev->notify & SIGEV_TYPE_MASK) == SIGEV_UNBLOCK;
}

static void timeout_fire(struct ktimer *kt)
{ /* model: T3 */
    struct thread *t = container_of(kt, struct thread, tmo.timer);
    if (!thread_get_live(t))
        return;
    uint64_t seq = racy_read(kt->cookie);
    struct spinlock *l = thread_lock(t);
    bool due = thread_is_blocked(t) && seq == t->wait_seq && t->tmo.active && arch_now() >= t->tmo.deadline;
    struct _kc_sigevent ev = { .notify = SIGEV_UNBLOCK };
    if (due)
        ev = t->tmo.event;
    bool ends = ends_wait(&ev);
    /* With the same look: a wait goes on as another (SEND, REPLY) under this lock, and has no deadline then. */
    if (due && ends)
        t->wait_ops->disturb(t, WAKE_TIMEOUT, ETIMEDOUT);
    thread_unlock(l);
    if (due && !ends)
        (void)event_deliver(t->proc, t, &ev);
    thread_put(t);
}

void thread_timeout_init(struct thread *t)
{
    ktimer_init(&t->tmo.timer, timeout_fire);
}

void timeout_arm(struct thread *t, uint32_t states, nsec_t deadline, uint64_t absolute,
                 const struct _kc_sigevent *ev)
{
    thread_timeout_clear(t);
    t->tmo.deadline = deadline;
    t->tmo.rt_absolute = absolute;
    t->tmo.event = ev ? *ev : (struct _kc_sigevent){.notify = SIGEV_UNBLOCK};
    t->tmo.flags = states;
    if (states)
        atomic_fetch_or_explicit(&t->flags, TF_TIMEOUT, memory_order_relaxed);
}

int thread_timeout_start(struct thread *t, int state)
{ /* model: T1 */
    if (!(t->tmo.flags & 1U << state))
        return 0;
    if (ends_wait(&t->tmo.event) && arch_now() >= t->tmo.deadline)
        return -ETIMEDOUT;
    t->tmo.active = 1;
    racy_write(t->tmo.timer.cookie, t->wait_seq + 1); /* thread_block_locked() counts up */
    ktimer_set(&t->tmo.timer, t->tmo.deadline);
    return 0;
}

void thread_timeout_move(struct thread *t, int state)
{ /* model: T2 */
    if (!t->tmo.flags)
        return;
    if (!(t->tmo.flags & 1U << state)) {
        if (t->tmo.active)
            ktimer_cancel(&t->tmo.timer);
        t->tmo.active = 0;
    } else if (!t->tmo.active) {
        t->tmo.active = 1;
        racy_write(t->tmo.timer.cookie, t->wait_seq);
        ktimer_set(&t->tmo.timer, t->tmo.deadline);
    }
}

void thread_timeout_clear(struct thread *t)
{ /* model: T4 */
    if (!t->tmo.flags)
        return;
    if (t->tmo.active)
        ktimer_cancel(&t->tmo.timer);
    t->tmo.flags = t->tmo.active = 0;
    atomic_fetch_and_explicit(&t->flags, ~(uint32_t)TF_TIMEOUT, memory_order_relaxed);
}

static void clock_changed_for(struct thread *t)
{
    struct spinlock *l = thread_lock(t);
    nsec_t deadline;
    if (thread_is_blocked(t) && t->tmo.active && t->tmo.rt_absolute &&
        clock_deadline(_KC_CLOCK_REALTIME, true, t->tmo.rt_absolute, &deadline) == 0) {
        t->tmo.deadline = deadline;
        ktimer_set(&t->tmo.timer, deadline);
    }
    thread_unlock(l);
}

void timeout_clock_changed(struct process *p)
{
    for (int tid = 0; tid >= 0;) {
        spin_lock(&p->lock);
        for (int n = 0; n < CLOCK_STEP && (tid = idtable_next(&p->threads, (uint32_t)tid)) >= 0; n++, tid++)
            clock_changed_for(idtable_get(&p->threads, (uint32_t)tid));
        spin_unlock(&p->lock);
        preempt_point();
    }
}

/* ---- sleeping: the wait is nothing but its deadline */

static void sleep_report(struct thread *t)
{
    nsec_t now = arch_now();
    uint64_t left = t->tmo.deadline > now ? t->tmo.deadline - now : 0;
    if (copy_to_user(UADDR(t->sync.addr), &left, sizeof(left)))
        thread_set_result(t, -EFAULT);
}

static void sleep_disturb(struct thread *t, enum wake_cause cause, int err)
{
    thread_set_result(t, cause == WAKE_TIMEOUT ? 0 : -err);
    if (cause != WAKE_TIMEOUT && t->sync.addr)
        atomic_store(&t->kcont, sleep_report);
    thread_ready_locked(t);
}

static const struct wait_ops sleep_ops = {.name = "nanosleep", .disturb = sleep_disturb};

int64_t thread_sleep(struct thread *t, nsec_t deadline, uint64_t absolute, uint64_t remain_uaddr)
{
    timeout_arm(t, _NTO_TIMEOUT_NANOSLEEP, deadline, absolute, NULL);
    spin_lock(&t->wait_lock);
    int over = thread_timeout_start(t, STATE_NANOSLEEP);
    if (!over) {
        t->sync.addr = remain_uaddr;
        t->blocked_on = t->blocked_aux = 0;
        t->wait_ops = &sleep_ops;
        thread_block_locked(t, STATE_NANOSLEEP, &t->wait_lock);
    }
    spin_unlock(&t->wait_lock);
    return over ? 0 : KC_BLOCKED;
}
