/* SPDX-License-Identifier: Apache-2.0 */
/* Holding threads for a debugger; see debug.h. */
#include "object/debug.h"
#include "object/signal_internal.h"

#define WAIT_CORE 0x80 /* in what wait() reports */

#define SIGS_CORE                                                                                                               \
    (QRV_SIG_BIT(SIGQUIT) | QRV_SIG_BIT(SIGILL) | QRV_SIG_BIT(SIGTRAP) | QRV_SIG_BIT(SIGABRT) | QRV_SIG_BIT(SIGBUS) |              \
     QRV_SIG_BIT(SIGFPE) | QRV_SIG_BIT(SIGSEGV) | QRV_SIG_BIT(SIGXCPU) | QRV_SIG_BIT(SIGXFSZ) | QRV_SIG_BIT(SIGSYS))

static _Atomic bool has_dumper;

static bool is_debugged(const struct process *p)
{
    return (atomic_load(&p->flags) & (PF_DEBUG | PF_DYING)) == PF_DEBUG;
}

bool debug_wants_locked(const struct process *p, int signo)
{
    return is_debugged(p) && (p->debug_signals & QRV_SIG_BIT(signo));
}

static void hold(struct thread *t)
{
    if (racy_read(t->state) != STATE_DEAD)
        thread_post(t, TF_DEBUG, WAKE_SIGNAL, EINTR); /* as job control: a wait goes on */
}

static void let_go(struct thread *t)
{
    atomic_fetch_and(&t->flags, ~(uint32_t)TF_DEBUG);
    signal_unpark(t);
}

static void halt_locked(struct process *p)
{
    atomic_fetch_or(&p->flags, PF_HALTED);
    list_for_each(e, &p->thread_list)
        hold(list_entry(e, struct thread, proc_link));
}

/* ---- what happens to the current thread */

static void record_locked(struct thread *t, int why, const struct _kc_siginfo *info)
{
    t->debug.why = (uint16_t)why;
    t->debug.what = (uint16_t)info->signo;
    t->debug.is_passed = false;
    t->debug.info = *info;
    if (atomic_load(&t->proc->flags) & PF_ALONE)
        hold(t);
    else
        halt_locked(t->proc);
}

bool debug_fault(struct thread *t, const struct _kc_siginfo *info)
{
    struct process *p = t->proc;
    if (!(atomic_load(&p->flags) & PF_DEBUG))
        return false;
    spin_lock(&p->lock);
    bool stops = debug_wants_locked(p, info->signo);
    if (stops)
        record_locked(t, _DEBUG_WHY_FAULTED, info);
    spin_unlock(&p->lock);
    return stops;
}

/* Signals that would do nothing do not stop it either. */
static uint64_t not_ignored(const struct process *p, uint64_t set)
{
    for (uint64_t left = set; left; left &= left - 1) {
        int signo = __builtin_ctzl(left) + 1;
        if (sig_action_locked(p, signo) == ACT_IGNORE)
            set &= ~QRV_SIG_BIT(signo);
    }
    return set;
}

bool debug_signal_locked(struct thread *t)
{
    struct process *p = t->proc;
    struct _kc_siginfo info;
    if (!is_debugged(p) || t->debug.is_passed)
        return false;
    uint64_t set = (t->sig_pending | p->sig_pending) & p->debug_signals & ~sig_blocked(t);
    if (!sig_take_locked(t, not_ignored(p, set), &info))
        return false;
    record_locked(t, _DEBUG_WHY_SIGNALLED, &info);
    return true;
}

/* Two threads crash at once more often than not: the second one's signal must not take away the first one's core file. */
static bool stands_for_core(const struct process *p)
{
    return p->core_signo && (atomic_load(&p->flags) & (PF_HALTED | PF_DYING)) == PF_HALTED;
}

bool debug_dumps_locked(const struct process *p, int signo)
{
    if (!(SIGS_CORE & QRV_SIG_BIT(signo)))
        return false;
    if (stands_for_core(p))
        return true;
    return atomic_load_explicit(&has_dumper, memory_order_relaxed) && p != taskman && !p->core_signo &&
           !(atomic_load(&p->flags) & (PF_DEBUG | PF_DYING | PF_DEAD | PF_NEW));
}

bool debug_core(struct thread *t, const struct _kc_siginfo *info, bool is_fault)
{
    struct process *p = t->proc;
    spin_lock(&p->lock);
    bool stops = debug_dumps_locked(p, info->signo), is_first = stops && !p->core_signo;
    if (!is_first && !(atomic_load(&t->flags) & TF_DEBUG))
        stops = false; /* a debugger has let it go with this signal */
    if (is_first) {
        p->core_signo = (uint8_t)info->signo;
        p->debug_signals = 0;
        atomic_fetch_or(&p->flags, PF_DEBUG);
        record_locked(t, is_fault ? _DEBUG_WHY_FAULTED : _DEBUG_WHY_SIGNALLED, info);
    }
    spin_unlock(&p->lock);
    if (is_first)
        process_notify_taskman(p, _PULSE_CODE_TM_CORE);
    return stops;
}

int debug_take_locked(struct thread *t, struct _kc_siginfo *info, bool *is_fault)
{
    if (!t->debug.is_passed)
        return 0;
    *info = t->debug.info;
    *is_fault = t->debug.why == _DEBUG_WHY_FAULTED;
    t->debug.why = 0;
    t->debug.is_passed = false;
    return info->signo;
}

/* ---- what the debugger does */

int debug_attach(struct process *p, uint64_t signals, bool is_alone)
{
    if (p == taskman)
        return -EPERM;
    spin_lock(&p->lock);
    bool is_over = (atomic_load(&p->flags) & (PF_DYING | PF_DEAD)) != 0;
    if (!is_over) {
        p->debug_signals = signals & ~QRV_SIG_BIT(SIGKILL);
        atomic_fetch_and(&p->flags, is_alone ? ~0U : ~(uint32_t)PF_ALONE);
        atomic_fetch_or(&p->flags, PF_DEBUG | (is_alone ? PF_ALONE : 0));
    }
    spin_unlock(&p->lock);
    return is_over ? -ESRCH : 0;
}

/* A signal is passed on so that nothing is lost; a fault will happen again by itself. */
static void release_locked(struct thread *t)
{
    if (t->debug.why == _DEBUG_WHY_SIGNALLED) {
        t->debug.is_passed = true;
        atomic_fetch_or(&t->flags, TF_SIGNAL);
    } else if (!t->debug.is_passed) {
        t->debug.why = 0;
    }
    let_go(t);
}

void debug_set_dumper(bool is_there)
{
    atomic_store_explicit(&has_dumper, is_there, memory_order_relaxed);
}

int debug_core_written(struct process *p)
{
    spin_lock(&p->lock);
    bool is_waiting = p->core_signo != 0;
    if (is_waiting)
        atomic_fetch_or(&p->flags, PF_CORED);
    spin_unlock(&p->lock);
    return is_waiting ? 0 : -ESRCH;
}

void debug_detach(struct process *p)
{
    spin_lock(&p->lock);
    int status = p->core_signo | (atomic_load(&p->flags) & PF_CORED ? WAIT_CORE : 0);
    if (p->core_signo) { /* it was over already: not one more instruction */
        spin_unlock(&p->lock);
        process_kill(p, status);
        return;
    }
    atomic_fetch_and(&p->flags, ~(uint32_t)(PF_DEBUG | PF_HALTED | PF_ALONE));
    p->debug_signals = 0;
    list_for_each(e, &p->thread_list)
        release_locked(list_entry(e, struct thread, proc_link));
    spin_unlock(&p->lock);
}

/* process.lock held: a thread that has not ended, or NULL. */
static struct thread *find_locked(struct process *p, int32_t tid)
{
    struct thread *t = tid > 0 ? idtable_get(&p->threads, (uint32_t)tid) : NULL;
    return t && racy_read(t->state) != STATE_DEAD ? t : NULL;
}

int debug_stop(struct process *p, int32_t tid)
{
    int err = 0;
    spin_lock(&p->lock);
    struct thread *t = find_locked(p, tid);
    if (!is_debugged(p) || (tid && !t))
        err = -ESRCH;
    else if (t)
        hold(t);
    else
        halt_locked(p);
    spin_unlock(&p->lock);
    return err;
}

/* What t goes on with: signo, or with keeps what had stopped it.  What it was let go with before and has not come to stays: that is not
 * what stopped it. */
static void resume_locked(struct thread *t, int signo, bool keeps)
{
    if (!signo && t->debug.is_passed) {
        let_go(t);
        return;
    }
    bool has = t->debug.why == _DEBUG_WHY_SIGNALLED || t->debug.why == _DEBUG_WHY_FAULTED;
    if (signo && !(has && t->debug.what == signo)) {
        t->debug.why = _DEBUG_WHY_SIGNALLED;
        t->debug.what = (uint16_t)signo;
        t->debug.info = (struct _kc_siginfo){ .signo = signo };
    }
    t->debug.is_passed = signo || (keeps && has);
    if (t->debug.is_passed)
        atomic_fetch_or(&t->flags, TF_SIGNAL);
    else
        t->debug.why = 0;
    let_go(t);
}

int debug_run(struct process *p, int32_t tid, int signo, bool keeps)
{
    if (signo < 0 || signo >= QRV_SIGSPECIAL_MIN || (signo && !tid))
        return -EINVAL;
    int err = 0;
    spin_lock(&p->lock);
    struct thread *t = find_locked(p, tid);
    if (!is_debugged(p) || (tid && !t)) {
        err = -ESRCH;
    } else if (t) {
        if (atomic_load(&p->flags) & PF_ALONE) /* a thread that is made from now on runs */
            atomic_fetch_and(&p->flags, ~(uint32_t)PF_HALTED);
        resume_locked(t, signo, keeps);
    } else {
        atomic_fetch_and(&p->flags, ~(uint32_t)PF_HALTED);
        list_for_each(e, &p->thread_list) {
            struct thread *o = list_entry(e, struct thread, proc_link);
            if (atomic_load(&o->flags) & TF_DEBUG) /* others were let go, with a signal perhaps */
                resume_locked(o, 0, keeps);
        }
    }
    spin_unlock(&p->lock);
    return err;
}

/* ---- looking */

void debug_thread_info(struct thread *t, struct tm_thread_info *i)
{
    struct process *p = t->proc;
    spin_lock(&p->lock);
    bool is_held = (atomic_load(&t->flags) & TF_DEBUG) != 0;
    struct spinlock *l = thread_lock(t);
    bool rests = t->state != STATE_RUNNING && !atomic_load_explicit(&t->on_cpu, memory_order_acquire);
    thread_unlock(l);
    i->debug = (is_held ? TM_TD_HELD : 0) | (is_held && rests ? TM_TD_STOPPED : 0);
    if (!t->debug.is_passed && t->debug.why) {
        i->why = t->debug.why;
        i->what = t->debug.what;
        i->info = t->debug.info;
    }
    spin_unlock(&p->lock);
}

static void regs_read(const struct thread *t, struct tm_regs *r)
{
    __builtin_memset(r, 0, sizeof(*r));
    for (int i = 1; i < 32; i++)
        r->x[i] = t->regs.x[i];
    r->pc = t->regs.pc;
    if (t->fp.valid) {
        __builtin_memcpy(r->f, t->fp.f, sizeof(r->f));
        r->fcsr = t->fp.fcsr;
    }
}

/* A call that the thread is in, or that would be made again, is over with this. */
static void regs_write(struct thread *t, const struct tm_regs *r, uint32_t what)
{
    if (what & TM_REGS_WRITE) {
        for (int i = 1; i < 32; i++)
            t->regs.x[i] = r->x[i];
        t->regs.pc = r->pc & ~1UL;
        t->call_done = true;
        atomic_fetch_and(&t->flags, ~(uint32_t)TF_RESTART);
    }
    if (what & TM_REGS_WRITE_F) {
        __builtin_memcpy(t->fp.f, r->f, sizeof(t->fp.f));
        t->fp.fcsr = r->fcsr & 0xff;
        t->fp.valid = 1;
    }
}

/* *lockp held, on_cpu clear: its registers are those that it will have in user mode. */
static bool is_between_calls(const struct thread *t)
{
    if (load_relaxed(&t->kcont))
        return false;
    return t->state == STATE_STOPPED || (t->state == STATE_READY && (t->call_done || t->debug.why));
}

int debug_regs(struct thread *t, struct tm_regs *r, uint32_t what)
{
    struct process *p = t->proc;
    int err = -EBUSY;
    spin_lock(&p->lock);
    struct spinlock *l = thread_lock(t);
    bool rests = t->state != STATE_RUNNING && t->state != STATE_DEAD && !atomic_load_explicit(&t->on_cpu, memory_order_acquire);
    if (rests && (atomic_load(&t->flags) & TF_DEBUG) && (what == TM_REGS_READ || is_between_calls(t))) {
        if (what == TM_REGS_READ)
            regs_read(t, r);
        else
            regs_write(t, r, what);
        err = 0;
    }
    thread_unlock(l);
    spin_unlock(&p->lock);
    return err;
}
