/* SPDX-License-Identifier: Apache-2.0 */
/* Signals: posting, choosing a thread, queues, actions, job control.
 *
 * process.lock guards actions, masks, pending sets and queues.  Under it a thread that can take the
 * signal is flagged (thread_post), so a thread that blocks with that lock held, or whose flag is
 * looked at after it has blocked, misses nothing. Signals that end or stop the process by default
 * act at once, without waiting for a thread to notice. A pending set has a bit per signal; queued
 * infos hang behind it and a bit without an info is a plain kill().
 */
#include "core/preempt.h"
#include "core/trace.h"
#include "object/debug.h"
#include "object/signal_internal.h"

#define QUEUED_MAX 256 /* infos per process */
#define FINI_STEP  32  /* of them freed with the process locked */

static struct slab node_slab = SLAB_INIT("siginfo", struct siginfo_node, link);

enum sig_action sig_action_locked(const struct process *p, int signo)
{
    uint64_t h = p->action[signo].handler;
    if (signo == SIGKILL)
        return ACT_END;
    if (signo == SIGSTOP)
        return ACT_STOP;
    if (h == K_SIG_IGN)
        return ACT_IGNORE;
    if (h != K_SIG_DFL)
        return ACT_CATCH;
    if (signo == SIGCHLD || signo == SIGCONT || signo == SIGURG || signo == SIGWINCH)
        return ACT_IGNORE;
    return SIGS_STOP & QRV_SIG_BIT(signo) ? ACT_STOP : ACT_END;
}

/* ---- queues */

static void node_free(struct process *p, struct siginfo_node *n)
{
    list_remove(&n->link);
    p->sig_queued--;
    slab_free(&node_slab, n);
}

static void queue_drop(struct process *p, struct list *queue, uint64_t set)
{
    list_for_each_safe(e, tmp, queue)
    {
        struct siginfo_node *n = list_entry(e, struct siginfo_node, link);
        if (QRV_SIG_BIT(n->info.signo) & set)
            node_free(p, n);
    }
}

static void discard_locked(struct process *p, uint64_t set)
{
    p->sig_pending &= ~set;
    queue_drop(p, &p->sig_queue, set);
    list_for_each(e, &p->thread_list)
    {
        struct thread *t = list_entry(e, struct thread, proc_link);
        t->sig_pending &= ~set;
        queue_drop(p, &t->sig_queue, set);
    }
}

/* Without memory, or past the limit, the bit alone remains; -EAGAIN when even that was set. */
static int enqueue(struct process *p, uint64_t *pending, struct list *queue,
                   const struct _kc_siginfo *info)
{
    uint64_t bit = QRV_SIG_BIT(info->signo);
    bool queued = info->signo >= QRV_SIGRTMIN || (p->action[info->signo].flags & K_SA_SIGINFO);
    if ((*pending & bit) && !queued)
        return 0;
    struct siginfo_node *n = p->sig_queued < QUEUED_MAX ? slab_alloc(&node_slab) : NULL;
    if (!n && (*pending & bit))
        return -EAGAIN;
    *pending |= bit;
    if (n) {
        n->info = *info;
        list_push_tail(queue, &n->link);
        p->sig_queued++;
    }
    return 0;
}

static void dequeue(struct process *p, uint64_t *pending, struct list *queue, int signo,
                    struct _kc_siginfo *info)
{
    struct siginfo_node *found = NULL;
    bool more = false;
    list_for_each(e, queue)
    {
        struct siginfo_node *n = list_entry(e, struct siginfo_node, link);
        if (n->info.signo != signo)
            continue;
        more = found != NULL;
        if (more)
            break;
        found = n;
    }
    if (!more)
        *pending &= ~QRV_SIG_BIT(signo);
    *info = found ? found->info : (struct _kc_siginfo){.signo = signo};
    if (found)
        node_free(p, found);
}

int sig_take_locked(struct thread *t, uint64_t set, struct _kc_siginfo *info)
{
    struct process *p = t->proc;
    uint64_t pend = (t->sig_pending | p->sig_pending) & set;
    if (!pend)
        return 0;
    int signo = __builtin_ctzl(pend) + 1;
    if (t->sig_pending & QRV_SIG_BIT(signo))
        dequeue(p, &t->sig_pending, &t->sig_queue, signo, info);
    else
        dequeue(p, &p->sig_pending, &p->sig_queue, signo, info);
    return signo;
}

/* ---- choosing */

static bool takes(const struct thread *t, uint64_t bit)
{
    return (t->sig_wait & bit) || !(sig_blocked(t) & bit);
}

/* Who gets a signal to the process: a thread in sigwaitinfo, else the caller, else any that does
 * not block it; NULL: all block it. */
static struct thread *choose_locked(struct process *p, uint64_t bit)
{
    struct thread *best = NULL, *here = this_hart()->current;
    list_for_each(e, &p->thread_list)
    {
        struct thread *t = list_entry(e, struct thread, proc_link);
        if (racy_read(t->state) == STATE_DEAD)
            continue;
        if (t->sig_wait & bit)
            return t;
        if (!(sig_blocked(t) & bit) && (!best || t == here))
            best = t;
    }
    return best;
}

void sig_retarget_locked(struct process *p, uint64_t set, const struct thread *except)
{
    set &= p->sig_pending;
    if (!set)
        return;
    list_for_each(e, &p->thread_list)
    {
        struct thread *t = list_entry(e, struct thread, proc_link);
        uint64_t can = set & (t->sig_wait | ~sig_blocked(t));
        if (t == except || racy_read(t->state) == STATE_DEAD || !can)
            continue;
        thread_post(t, TF_SIGNAL, WAKE_SIGNAL, EINTR);
        set &= ~can;
    }
}

/* ---- job control */

bool sig_stop_locked(struct process *p, int signo)
{
    uint32_t flags = atomic_load(&p->flags);
    if (p == taskman || (flags & PF_DYING))
        return false;
    if (flags & PF_STOPPED) {
        if (signo == SIGSTOP) /* from now on signal_undo_stop() leaves it alone */
            p->exit_status = signo << 8 | 0x7f;
        return false;
    }
    atomic_fetch_or(&p->flags, PF_STOPPED);
    p->exit_status = signo << 8 | 0x7f;
    p->job_serial++;
    list_for_each(e, &p->thread_list)
    {
        struct thread *t = list_entry(e, struct thread, proc_link);
        thread_post(t, TF_STOP, WAKE_SIGNAL,
                    EINTR); /* noticed on the way to user mode; a wait goes on */
    }
    return true;
}

static void park_disturb(struct thread *t, enum wake_cause cause, int err)
{
    (void)err;
    if (cause == WAKE_KILL)
        thread_ready_locked(t);
}

static const struct wait_ops park_ops = {.name = "stopped", .disturb = park_disturb};

/* Caller holds *t->lockp. */
static void unpark_locked(struct thread *t)
{
    if (t->state == STATE_STOPPED && t->wait_ops == &park_ops &&
        !(atomic_load(&t->flags) & (TF_STOP | TF_HOLD | TF_DEBUG)))
        thread_ready_locked(t);
}

void signal_unpark(struct thread *t)
{
    struct spinlock *l = thread_lock(t);
    unpark_locked(t);
    thread_unlock(l);
}

void signal_park(struct thread *t)
{
    struct process *p = t->proc;
    spin_lock(&p->lock);
    if (!(atomic_load(&p->flags) & PF_STOPPED))
        atomic_fetch_and(&t->flags, ~(uint32_t)TF_STOP);
    if ((atomic_load(&t->flags) & (TF_STOP | TF_HOLD | TF_DEBUG)) && !(atomic_load(&t->flags) & TF_KILL)) {
        spin_lock(&t->wait_lock);
        t->wait_ops = &park_ops;
        t->blocked_on = t->blocked_aux = 0;
        thread_block_locked(t, STATE_STOPPED, &t->wait_lock);
        unpark_locked(t); /* a hold released since the check found us running */
        spin_unlock(&t->wait_lock);
    }
    spin_unlock(&p->lock);
}

/* true: it was stopped, taskman wants to know. */
static bool continue_locked(struct process *p)
{
    if (!(atomic_fetch_and(&p->flags, ~(uint32_t)PF_STOPPED) & PF_STOPPED))
        return false;
    if (!(atomic_load(&p->flags) & PF_DYING))
        p->exit_status = 0xffff;
    p->job_serial++;
    list_for_each(e, &p->thread_list)
    {
        struct thread *t = list_entry(e, struct thread, proc_link);
        atomic_fetch_and(&t->flags, ~(uint32_t)TF_STOP);
        signal_unpark(t);
    }
    return true;
}

int signal_undo_stop(struct process *p)
{
    int r = 0;
    spin_lock(&p->lock);
    if ((atomic_load(&p->flags) & (PF_STOPPED | PF_DYING)) == PF_STOPPED)
        r = p->exit_status == (SIGSTOP << 8 | 0x7f) ? SIGSTOP : 0;
    if (r == 0)
        (void)continue_locked(p);
    spin_unlock(&p->lock);
    return r;
}

/* ---- posting */

/* What is left to do without the lock. */
struct aftermath {
    int note; /* pulse code for taskman */
    bool end; /* the process dies of the signal */
};

static int post_locked(struct process *p, struct thread *t, const struct _kc_siginfo *info,
                       struct aftermath *after)
{
    int signo = info->signo;
    uint64_t bit = QRV_SIG_BIT(signo);
    if (signo == SIGCONT) {
        discard_locked(p, SIGS_STOP);
        if (continue_locked(p))
            after->note = _PULSE_CODE_TM_JOB;
    } else if (bit & SIGS_STOP) {
        discard_locked(p, QRV_SIG_BIT(SIGCONT));
    }
    if (signo == SIGCHLD && (p->action[signo].flags & K_SA_NOCLDSTOP) &&
        info->code >= K_CLD_STOPPED)
        return 0;
    bool is_new = (atomic_load(&p->flags) & PF_NEW) != 0; /* found by its group while fork makes it */
    if (signo == SIGKILL && !is_new) { /* also without a thread to take it */
        after->end = true;
        return 0;
    }
    struct thread *target = is_new ? NULL : t ? (takes(t, bit) ? t : NULL) : choose_locked(p, bit);
    if (target && !(target->sig_wait & bit)) {
        enum sig_action act = sig_action_locked(p, signo);
        /* Then the thread finds it, and stops. */
        bool is_debugged = debug_wants_locked(p, signo) || debug_dumps_locked(p, signo);
        if (act == ACT_IGNORE)
            return 0;
        if (act == ACT_STOP && !is_debugged) {
            if (sig_stop_locked(p, signo))
                after->note = _PULSE_CODE_TM_JOB;
            return 0;
        }
        if (act == ACT_END && !is_debugged) {
            after->end = true;
            return 0;
        }
    }
    int err = t ? enqueue(p, &t->sig_pending, &t->sig_queue, info)
                : enqueue(p, &p->sig_pending, &p->sig_queue, info);
    if (!err && target)
        thread_post(target, TF_SIGNAL, WAKE_SIGNAL, EINTR);
    return err;
}

int signal_post(struct process *p, struct thread *t, int signo, int code, uint64_t value,
                int32_t from_pid, uint32_t from_uid)
{
    if (signo < 1 || signo >= QRV_NSIG)
        return -EINVAL;
    struct _kc_siginfo info = {.signo = signo, .code = code};
    info.u.k.pid = from_pid;
    info.u.k.uid = from_uid;
    info.u.k.value = value;
    struct aftermath after = {0};
    spin_lock(&p->lock);
    int err = 0;
    if (t && (t->proc != p || racy_read(t->state) == STATE_DEAD))
        err = -ESRCH;
    else if (!(atomic_load(&p->flags) & (PF_DYING | PF_DEAD)))
        err = post_locked(p, t, &info, &after);
    spin_unlock(&p->lock);
    if (!err && trace_on(this_hart()))
        trace_event(_NTO_TRACE_COMM, _NTO_TRACE_COMM_SIGNAL, (uint64_t)(uint32_t)code << 32 | (uint32_t)signo,
                    (uint64_t)p->pid << 32 | (uint32_t)(t ? t->tid : 0));
    if (after.note)
        process_notify_taskman(p, after.note);
    if (after.end && p != taskman)
        process_kill(p, signo);
    return err;
}

int signal_send(struct thread *from, struct process *p, int32_t tid, const struct signal_msg *m)
{
    bool same_session = m->signo == SIGCONT && from->proc->sid == p->sid;
    if (!process_may_signal(from->proc, p) && !same_session)
        return -EPERM;
    if (p == taskman && from->proc != taskman)
        return -EPERM;
    struct thread *t = NULL;
    if (tid) {
        spin_lock(&p->lock);
        t = tid > 0 ? idtable_get(&p->threads, (uint32_t)tid) : NULL;
        if (t && racy_read(t->state) == STATE_DEAD)
            t = NULL;
        if (t)
            thread_get(t);
        spin_unlock(&p->lock);
        if (!t)
            return -ESRCH;
    }
    int err = m->signo
                  ? signal_post(p, t, m->signo, m->code, m->value, m->about, from->proc->cred.ruid)
                  : 0;
    if (t)
        thread_put(t);
    return err;
}

bool signal_is_pending(struct thread *t)
{
    struct process *p = t->proc;
    spin_lock(&p->lock);
    bool yes = ((t->sig_pending | p->sig_pending) & ~sig_blocked(t)) != 0;
    spin_unlock(&p->lock);
    return yes;
}

/* ---- actions and masks */

int signal_set_action(struct process *p, int signo, const struct _kc_sigaction *act, uint64_t stub,
                      struct _kc_sigaction *old)
{
    if (signo < 1 || signo >= QRV_NSIG)
        return -EINVAL;
    if (act && (signo == SIGKILL || signo == SIGSTOP || signo >= QRV_SIGSPECIAL_MIN))
        return -EINVAL;
    spin_lock(&p->lock);
    if (old)
        *old = p->action[signo];
    if (act) {
        p->action[signo] = *act;
        p->action[signo].mask &= ~SIGS_SURE;
        if (stub) /* with it: the signal may come to another thread at once */
            p->stub = stub;
        if (sig_action_locked(p, signo) == ACT_IGNORE)
            discard_locked(p, QRV_SIG_BIT(signo));
    }
    spin_unlock(&p->lock);
    return 0;
}

void signal_set_mask(struct thread *t, uint64_t mask)
{
    struct process *p = t->proc;
    spin_lock(&p->lock);
    uint64_t newly = mask & ~t->sig_mask;
    t->sig_mask = mask & ~SIGS_SURE;
    if ((t->sig_pending | p->sig_pending) & ~sig_blocked(t))
        atomic_fetch_or(&t->flags, TF_SIGNAL);
    sig_retarget_locked(p, newly, t); /* what was meant for this thread may be another's now */
    spin_unlock(&p->lock);
}

/* ---- life cycle */

void signal_exec_reset(struct process *p)
{
    spin_lock(&p->lock);
    for (int s = 1; s < QRV_NSIG; s++) {
        bool ignored = p->action[s].handler == K_SIG_IGN;
        p->action[s] = (struct _kc_sigaction){.handler = ignored ? K_SIG_IGN : K_SIG_DFL};
    }
    p->stub = 0;
    p->exec_tid = 0;
    spin_unlock(&p->lock);
}

void signal_fork_copy(struct process *child, struct process *parent, struct thread *ct,
                      struct thread *pt)
{
    spin_lock(&parent->lock); /* the child is not running and has no handler to race with */
    __builtin_memcpy(child->action, parent->action, sizeof(child->action));
    child->stub = parent->stub;
    ct->sig_mask = pt->sig_mask;
    ct->altstack_sp = pt->altstack_sp;
    ct->altstack_size = pt->altstack_size;
    spin_unlock(&parent->lock);
}

void signal_spawn_inherit(struct process *p, struct process *from, uint64_t sigdefault)
{
    spin_lock(&from->lock);
    for (int s = 1; s < QRV_NSIG; s++) {
        if (from->action[s].handler == K_SIG_IGN && !(sigdefault & QRV_SIG_BIT(s)))
            p->action[s].handler = K_SIG_IGN;
    }
    spin_unlock(&from->lock);
}

void signal_process_fini(struct process *p)
{
    for (bool more = true; more; preempt_point()) {
        spin_lock(&p->lock);
        p->sig_pending = 0;
        for (int n = 0; n < FINI_STEP && !list_empty(&p->sig_queue); n++)
            node_free(p, list_entry(p->sig_queue.next, struct siginfo_node, link));
        more = !list_empty(&p->sig_queue);
        spin_unlock(&p->lock);
    }
}

/* What is pending for the thread that execs stays pending in the new program; for another one it goes. */
static void leave_to_next_program(struct thread *t)
{
    struct process *p = t->proc;
    p->sig_pending |= t->sig_pending;
    while (!list_empty(&t->sig_queue))
        list_push_tail(&p->sig_queue, list_pop_head(&t->sig_queue));
}

/* proc->lock held. */
void signal_thread_fini(struct thread *t)
{
    struct process *p = t->proc;
    if (p->exec_tid == t->tid)
        leave_to_next_program(t);
    t->sig_pending = t->sig_wait = 0;
    queue_drop(p, &t->sig_queue, ~0UL);
    sig_retarget_locked(p, ~0UL, t);
}
