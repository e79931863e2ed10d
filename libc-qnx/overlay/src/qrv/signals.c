/* SPDX-License-Identifier: Apache-2.0 */
/* Signals.  siginfo_t, ucontext_t and the first word of sigset_t are the kernel's own records. */
#include <sys/syscall.h>
#include <abi/signal.h>
#include <abi/time.h>
#include "ksigaction.h"
#include "qrv.h"

static long send_signal(int pid, int tid, int sig, int code, uint64_t value)
{
    return __kercall5(KC_SIGNAL_KILL, pid, tid, sig, code, (long)value);
}

static long action(int sig, const struct k_sigaction *sa, struct k_sigaction *old)
{
    struct _kc_sigaction k, ko;
    if (sa) {
        k = (struct _kc_sigaction){.handler = (uint64_t)sa->handler, .flags = sa->flags};
        __qrv_copy(&k.mask, sa->mask, sizeof k.mask);
    }
    long rc = __kercall4(KC_SIGNAL_ACTION, sig, (long)__restore_rt, sa ? (long)&k : 0,
                         old ? (long)&ko : 0);
    if (rc >= 0 && old) {
        old->handler = (void (*)(int))ko.handler;
        old->flags = ko.flags;
        __qrv_copy(old->mask, &ko.mask, sizeof ko.mask);
    }
    return rc < 0 ? rc : 0;
}

static long wait_signal(const uint64_t *set, siginfo_t *si, const struct timespec *ts, unsigned fl)
{
    siginfo_t own;
    uint64_t ns = 0;
    if (ts) {
        if (__qrv_badts(ts))
            return -EINVAL;
        ns = __qrv_ns_sat(ts);
    }
    for (;;) {
        if (ts)
            __kercall5(KC_TIMER_TIMEOUT, CLOCK_MONOTONIC, _NTO_TIMEOUT_SIGWAITINFO, 0, (long)&ns,
                       0);
        long rc = __kercall2(KC_SIGNAL_WAITINFO, (long)set, (long)(si ? si : &own));
        if (rc == -ECANCELED && fl)
            continue;
        return rc == -ETIMEDOUT ? -EAGAIN : rc;
    }
}

static long suspend(const uint64_t *mask, unsigned fl)
{
    for (;;) {
        long rc = __kercall1(KC_SIGNAL_SUSPEND, (long)mask);
        if (rc == -ECANCELED && fl)
            continue;
        return rc >= 0 ? -EINTR : rc;
    }
}

/* A queued signal carries who and why as its sender wrote them, but only for codes a program may
 * use. */
static long queue(int pid, int sig, const siginfo_t *si)
{
    if (si->si_code >= 0 && si->si_code < SI_MINAVAIL)
        return -EPERM;
    return send_signal(pid, 0, sig, si->si_code, (uint64_t)si->si_value.sival_ptr);
}

long __qrv_signals(long n, long a, long b, long c, unsigned fl)
{
    switch (n) {
    case SYS_kill:
        return send_signal((int)a, 0, (int)b, SI_USER, 0);
    case SYS_tkill:
        return send_signal((int)__kercall0(KC_GETPID), (int)a, (int)b, SI_TKILL, 0);
    case SYS_tgkill:
        return send_signal((int)a, (int)b, (int)c, SI_TKILL, 0);
    case SYS_rt_sigaction:
        return action((int)a, (const struct k_sigaction *)b, (struct k_sigaction *)c);
    case SYS_rt_sigprocmask:
        return __kercall3(KC_SIGNAL_PROCMASK, a, b, c);
    case SYS_rt_sigpending:
        return __kercall1(KC_SIGNAL_PENDING, a);
    case SYS_rt_sigsuspend:
        return suspend((const uint64_t *)a, fl);
    case SYS_rt_sigtimedwait:
        return wait_signal((const uint64_t *)a, (siginfo_t *)b, (const struct timespec *)c, fl);
    case SYS_rt_sigqueueinfo:
        return queue((int)a, (int)b, (const siginfo_t *)c);
    case SYS_sigaltstack:
        return __kercall2(KC_SIGNAL_ALTSTACK, a, b);
    default:
        return -ENOSYS;
    }
}
