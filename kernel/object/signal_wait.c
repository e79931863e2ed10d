/* SPDX-License-Identifier: Apache-2.0 */
/* sigsuspend() and sigwaitinfo().  Both go to sleep with process.lock held, so nothing posted in
 * between is missed, and look again in their own context when woken: another thread may have taken
 * the signal. */
#include "object/signal_internal.h"

/* Leaves the wait with the result already set; both locks were the caller's. */
static void leave(struct thread *t, int64_t result, void (*then)(struct thread *))
{
    thread_set_result(t, result);
    atomic_store(&t->kcont, then);
    thread_ready_locked(t);
}

/* ---- sigsuspend */

static void suspend_restore(struct thread *t)
{
    t->sig_restore_mask = false;
    signal_set_mask(t, t->sig_saved_mask);
}

static void suspend_disturb(struct thread *t, enum wake_cause cause, int err)
{
    leave(t, -err,
          cause == WAKE_SIGNAL ? signal_suspend_again
          : cause == WAKE_KILL ? NULL
                               : suspend_restore);
}

static const struct wait_ops suspend_ops = {.name = "sigsuspend", .disturb = suspend_disturb};

/* proc->lock held.  -EINTR with a signal to deliver (which restores the mask), KC_BLOCKED,
 * -ETIMEDOUT. */
static int64_t suspend_locked(struct thread *t)
{
    if ((t->sig_pending | t->proc->sig_pending) & ~sig_blocked(t)) {
        atomic_fetch_or(&t->flags, TF_SIGNAL);
        return -EINTR;
    }
    atomic_fetch_and(
        &t->flags,
        ~(uint32_t)TF_SIGNAL); /* left by a signal that is gone: it would end every wait at once */
    spin_lock(&t->wait_lock);
    int64_t ret = thread_timeout_start(t, STATE_SIGSUSPEND);
    if (!ret) {
        t->wait_ops = &suspend_ops;
        t->blocked_on = t->blocked_aux = 0;
        thread_block_locked(t, STATE_SIGSUSPEND, &t->wait_lock);
        ret = KC_BLOCKED;
    }
    spin_unlock(&t->wait_lock);
    return ret;
}

static int64_t suspend(struct thread *t)
{
    spin_lock(&t->proc->lock);
    int64_t ret = suspend_locked(t);
    spin_unlock(&t->proc->lock);
    if (ret != KC_BLOCKED && ret != -EINTR)
        suspend_restore(t);
    return ret;
}

void signal_suspend_again(struct thread *t)
{
    int64_t ret = suspend(t);
    if (ret != KC_BLOCKED)
        thread_set_result(t, ret);
}

int64_t signal_suspend(struct thread *t, uint64_t mask)
{
    if (!t->sig_restore_mask)
        t->sig_saved_mask = t->sig_mask;
    t->sig_restore_mask = true;
    signal_set_mask(t, mask);
    return suspend(t);
}

/* ---- sigwaitinfo */

static void wait_again(struct thread *t);

/* Gives up waiting; a signal that was kept for this thread goes to another one. */
static void wait_abandon(struct thread *t)
{
    struct process *p = t->proc;
    spin_lock(&p->lock);
    uint64_t set = t->sig_wait;
    t->sig_wait = 0;
    if ((t->sig_pending | p->sig_pending) & ~sig_blocked(t))
        atomic_fetch_or(&t->flags, TF_SIGNAL);
    sig_retarget_locked(p, set, t);
    spin_unlock(&p->lock);
}

static void wait_disturb(struct thread *t, enum wake_cause cause, int err)
{
    leave(t, -err, cause == WAKE_SIGNAL ? wait_again : cause == WAKE_KILL ? NULL : wait_abandon);
}

static const struct wait_ops wait_ops = {.name = "sigwaitinfo", .disturb = wait_disturb};

/* proc->lock held.  A signal number with its info, -EINTR (another signal wants a handler),
 * KC_BLOCKED, -ETIMEDOUT. */
static int64_t wait_locked(struct thread *t, struct _kc_siginfo *info)
{
    struct process *p = t->proc;
    int signo = sig_take_locked(t, t->sig_wait, info);
    if (signo)
        return signo;
    if ((t->sig_pending | p->sig_pending) & ~sig_blocked(t)) {
        atomic_fetch_or(&t->flags, TF_SIGNAL);
        return -EINTR;
    }
    atomic_fetch_and(&t->flags, ~(uint32_t)TF_SIGNAL);
    spin_lock(&t->wait_lock);
    int64_t ret = thread_timeout_start(t, STATE_SIGWAITINFO);
    if (!ret) {
        t->wait_ops = &wait_ops;
        t->blocked_on = t->blocked_aux = 0;
        thread_block_locked(t, STATE_SIGWAITINFO, &t->wait_lock);
        ret = KC_BLOCKED;
    }
    spin_unlock(&t->wait_lock);
    return ret;
}

static int64_t wait_step(struct thread *t)
{
    struct _kc_siginfo info;
    spin_lock(&t->proc->lock);
    int64_t ret = wait_locked(t, &info);
    spin_unlock(&t->proc->lock);
    if (ret == KC_BLOCKED)
        return ret;
    wait_abandon(t);
    if (ret > 0 && t->sig_info_uaddr && copy_to_user(UADDR(t->sig_info_uaddr), &info, sizeof(info)))
        return -EFAULT;
    return ret;
}

static void wait_again(struct thread *t)
{
    int64_t ret = wait_step(t);
    if (ret != KC_BLOCKED)
        thread_set_result(t, ret);
}

int64_t signal_waitinfo(struct thread *t, uint64_t set, uint64_t info_uaddr)
{
    t->sig_info_uaddr = info_uaddr;
    spin_lock(&t->proc->lock);
    t->sig_wait = set & ~SIGS_SURE;
    spin_unlock(&t->proc->lock);
    return wait_step(t);
}
