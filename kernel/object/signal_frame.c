/* SPDX-License-Identifier: Apache-2.0 */
/* Delivering a signal to the current thread: handler frames (abi/signal.h), faults, return from a
 * handler. Nothing read back from a frame is trusted beyond what user code may set by itself:
 * registers, pc, FP state, mask. */
#include "object/debug.h"
#include "object/process.h"
#include "object/signal_internal.h"

static bool on_altstack(const struct thread *t)
{
    return t->altstack_size && t->regs.x[REG_SP] - t->altstack_sp < t->altstack_size;
}

static void frame_fill(struct thread *t, struct _kc_sigframe *f, uint64_t mask)
{
    struct _kc_ucontext *uc = &f->uc;
    __builtin_memset(uc, 0, sizeof(*uc));
    uc->ss_sp = t->altstack_sp;
    uc->ss_size = t->altstack_size;
    uc->ss_flags = !t->altstack_size ? K_SS_DISABLE : on_altstack(t) ? K_SS_ONSTACK : 0;
    uc->sigmask[0] = mask;
    uc->gregs[0] = t->regs.pc;
    for (int i = 1; i < 32; i++)
        uc->gregs[i] = t->regs.x[i];
    arch_fp_save(t);
    if (t->fp.valid) {
        __builtin_memcpy(uc->fregs, t->fp.f, sizeof(uc->fregs));
        uc->fcsr = t->fp.fcsr;
    }
}

/* Makes t run the handler; -EFAULT: no room on its stack. */
static int frame_push(struct thread *t, const struct _kc_sigaction *act,
                      const struct _kc_siginfo *info, uint64_t mask, uint64_t stub)
{
    struct _kc_sigframe f;
    frame_fill(t, &f, mask);
    f.info = *info;
    uint64_t sp = t->regs.x[REG_SP];
    if ((act->flags & K_SA_ONSTACK) && t->altstack_size && !on_altstack(t))
        sp = t->altstack_sp + t->altstack_size;
    sp = (sp - sizeof(f)) & ~15UL;
    if (copy_to_user(UADDR(sp), &f, sizeof(f)))
        return -EFAULT;
    t->regs.pc = act->handler;
    t->regs.x[REG_SP] = sp;
    t->regs.x[REG_RA] = stub;
    t->regs.x[REG_A0] = (uint64_t)info->signo;
    t->regs.x[REG_A1] = sp + offsetof(struct _kc_sigframe, info);
    t->regs.x[REG_A2] = sp + offsetof(struct _kc_sigframe, uc);
    return 0;
}

/* proc->lock held: mask and action change as entering the handler demands; the mask to come back
 * to. */
static uint64_t enter_locked(struct thread *t, int signo, struct _kc_sigaction *act)
{
    struct process *p = t->proc;
    *act = p->action[signo];
    uint64_t back = t->sig_restore_mask ? t->sig_saved_mask : t->sig_mask;
    t->sig_restore_mask = false;
    t->sig_mask |= act->mask | (act->flags & K_SA_NODEFER ? 0 : QRV_SIG_BIT(signo));
    t->sig_mask &= ~SIGS_SURE;
    if (act->flags & K_SA_RESETHAND)
        p->action[signo] = (struct _kc_sigaction){.handler = K_SIG_DFL};
    return back;
}

static void end_process(struct process *p, int signo)
{
    if (p == taskman)
        panic("taskman was ended by signal %d", signo);
    process_kill(p, signo);
}

/* Stopped for its core file, it ends when taskman lets go of it. */
static void end_or_dump(struct thread *t, const struct _kc_siginfo *info, bool is_fault)
{
    if (!debug_core(t, info, is_fault))
        end_process(t->proc, info->signo);
}

enum step { STEP_LAST, STEP_MORE, STEP_HELD };

/* One pending signal, its own or, in the same step, its debugger's: what comes later finds TF_SIGNAL cleared, and sets it. */
static enum step deliver_one(struct thread *t, bool interrupted)
{
    struct process *p = t->proc;
    struct _kc_siginfo info;
    struct _kc_sigaction act;
    spin_lock(&p->lock);
    if (debug_signal_locked(t)) {
        spin_unlock(&p->lock);
        return STEP_HELD;
    }
    atomic_fetch_and(&t->flags, ~(uint32_t)TF_SIGNAL);
    bool is_fault = false; /* that a debugger lets happen: nobody can ignore it */
    int signo = debug_take_locked(t, &info, &is_fault);
    if (!signo)
        signo = sig_take_locked(t, ~sig_blocked(t), &info);
    enum sig_action what = signo ? sig_action_locked(p, signo) : ACT_IGNORE;
    if (is_fault && (what == ACT_IGNORE || (sig_blocked(t) & QRV_SIG_BIT(signo))))
        what = ACT_END;
    uint64_t back = what == ACT_CATCH ? enter_locked(t, signo, &act) : 0;
    uint64_t stub = p->stub;
    bool stopped = what == ACT_STOP && sig_stop_locked(p, signo);
    if ((t->sig_pending | p->sig_pending) & ~sig_blocked(t))
        atomic_fetch_or(&t->flags, TF_SIGNAL);
    spin_unlock(&p->lock);
    if (stopped)
        process_notify_taskman(p, _PULSE_CODE_TM_JOB);
    if (what == ACT_END) {
        if (signo == SIGABRT)
            fault_report(t);
        end_or_dump(t, &info, is_fault);
    }
    if (what != ACT_CATCH)
        return signo && what != ACT_END && (atomic_load(&t->flags) & TF_SIGNAL) ? STEP_MORE : STEP_LAST;
    if (interrupted && (act.flags & K_SA_RESTART))
        thread_call_again(t);
    if (frame_push(t, &act, &info, back, stub))
        end_process(p, SIGSEGV);
    return STEP_LAST;
}

void signal_deliver(struct thread *t)
{
    bool interrupted = (load_relaxed(&t->flags) & TF_RESTART) != 0;
    uint64_t pc = t->regs.pc, sp = t->regs.x[REG_SP];
    enum step s;
    do
        s = deliver_one(t, interrupted);
    while (s == STEP_MORE);
    if (s == STEP_HELD)
        return; /* it stops first, and comes again */
    if (interrupted)
        atomic_fetch_and(&t->flags, ~(uint32_t)TF_RESTART);
    if (t->regs.pc != pc || t->regs.x[REG_SP] != sp)
        return;                /* a handler runs */
    if (t->sig_restore_mask) /* sigsuspend ends only with a handler: it goes on, with the deadline it has */
        atomic_store(&t->kcont, signal_suspend_again);
    else if (interrupted)
        thread_call_again(t);
}

static const char *fault_name(int signo)
{
    switch (signo) {
    case SIGSEGV:
        return "SIGSEGV";
    case SIGBUS:
        return "SIGBUS";
    case SIGILL:
        return "SIGILL";
    case SIGFPE:
        return "SIGFPE";
    case SIGTRAP:
        return "SIGTRAP";
    default:
        return "signal";
    }
}

void signal_fault(struct thread *t, int signo, int code, uint64_t addr)
{
    struct process *p = t->proc;
    struct _kc_siginfo info = {.signo = signo, .code = code, .u.f.addr = addr};
    struct _kc_sigaction act;
    if (debug_fault(t, &info))
        return;
    spin_lock(&p->lock);
    bool caught =
        sig_action_locked(p, signo) == ACT_CATCH && !(sig_blocked(t) & QRV_SIG_BIT(signo));
    uint64_t back = caught ? enter_locked(t, signo, &act) : 0;
    uint64_t stub = p->stub;
    spin_unlock(&p->lock);
    if (caught && frame_push(t, &act, &info, back, stub) == 0)
        return;
    if (!(atomic_load(&p->flags) & PF_DYING))
        kprintf("%s[%d] thread %d: %s code %d address %#lx pc %#lx sp %#lx ra %#lx\n", p->name,
                p->pid, t->tid, fault_name(signo), code, addr, t->regs.pc, t->regs.x[REG_SP],
                t->regs.x[REG_RA]);
    fault_report(t);
    end_or_dump(t, &info, true);
}

/* The frame's registers replace all of t's: once those of the call are saved, and its result no longer matters. */
static void return_finish(struct thread *t)
{
    uint64_t at = t->arg[0] + offsetof(struct _kc_sigframe, uc);
    struct _kc_ucontext uc;
    if ((t->arg[0] & 15) || copy_from_user(&uc, UADDR(at), sizeof(uc))) {
        end_process(t->proc, SIGSEGV);
        return;
    }
    t->regs.pc = uc.gregs[0] & ~1UL;
    for (int i = 1; i < 32; i++)
        t->regs.x[i] = uc.gregs[i];
    arch_fp_save(t); /* the registers are not the current copy any more */
    __builtin_memcpy(t->fp.f, uc.fregs, sizeof(t->fp.f));
    t->fp.fcsr = uc.fcsr & 0xff;
    t->fp.valid = 1;
    atomic_fetch_and(&t->flags, ~(uint32_t)TF_RESTART);
    t->call_done = true;
    signal_set_mask(t, uc.sigmask[0]);
}

int64_t signal_return(struct thread *t)
{
    atomic_store_explicit(&t->kcont, return_finish, memory_order_relaxed);
    return KC_BLOCKED;
}

void kernel_fault(struct thread *t, int signo, int code, uint64_t addr)
{
    signal_fault(t, signo, code, addr);
}
