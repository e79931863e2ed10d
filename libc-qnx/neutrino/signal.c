/* SPDX-License-Identifier: Apache-2.0 */
/* Signals as kernel calls.  Handlers and masks belong to the caller: another pid is refused with
 * EPERM. */
#include <signal.h>
#include "kcall.h"

static int is_self(pid_t pid)
{
    return pid == 0 || pid == __kercall0(KC_GETPID);
}

/* sigstub, where a handler returns to, is libc's own. */
int SignalAction_r(pid_t pid, void (*sigstub)(void), int signo, const struct sigaction *act,
                   struct sigaction *oact)
{
    int saved = errno;
    (void)sigstub;
    if (!is_self(pid))
        return EPERM;
    if (sigaction(signo, act, oact) == 0)
        return EOK;
    int rc = errno;
    errno = saved;
    return rc;
}

int SignalAction(pid_t pid, void (*sigstub)(void), int signo, const struct sigaction *act,
                 struct sigaction *oact)
{
    return __qrv_ok(-(long)SignalAction_r(pid, sigstub, signo, act, oact));
}

int SignalKillSigval_r(uint32_t nd, pid_t pid, int tid, int signo, int code, const union sigval *value)
{
    if (nd != ND_LOCAL_NODE)
        return EHOSTUNREACH;
    if (tid && pid == 0)
        pid = (pid_t)__kercall0(KC_GETPID);
    return __qrv_pos(__kercall5(KC_SIGNAL_KILL, pid, tid, signo, code, value ? (long)value->sival_ptr : 0));
}

int SignalKillSigval(uint32_t nd, pid_t pid, int tid, int signo, int code, const union sigval *value)
{
    return __qrv_ok(-(long)SignalKillSigval_r(nd, pid, tid, signo, code, value));
}

int SignalKill_r(uint32_t nd, pid_t pid, int tid, int signo, int code, int value)
{
    if (nd != ND_LOCAL_NODE)
        return EHOSTUNREACH;
    if (tid && pid == 0)
        pid = (pid_t)__kercall0(KC_GETPID);
    return __qrv_pos(__kercall5(KC_SIGNAL_KILL, pid, tid, signo, code, (uint32_t)value));
}

int SignalKill(uint32_t nd, pid_t pid, int tid, int signo, int code, int value)
{
    return __qrv_ok(-(long)SignalKill_r(nd, pid, tid, signo, code, value));
}

int SignalProcmask_r(pid_t pid, int tid, int how, const sigset_t *set, sigset_t *oldset)
{
    if (!is_self(pid) || (tid && tid != __kercall0(KC_GETTID)))
        return EPERM;
    return pthread_sigmask(how, set, oldset);
}

int SignalProcmask(pid_t pid, int tid, int how, const sigset_t *set, sigset_t *oldset)
{
    return __qrv_ok(-(long)SignalProcmask_r(pid, tid, how, set, oldset));
}

int SignalSuspend_r(const sigset_t *set)
{
    long rc;
    QRV_CP(rc, __kercall1(KC_SIGNAL_SUSPEND, (long)set));
    return rc >= 0 ? EINTR : (int)-rc;
}

int SignalSuspend(const sigset_t *set)
{
    errno = SignalSuspend_r(set);
    return -1;
}

int SignalWaitinfo_r(const sigset_t *set, siginfo_t *info)
{
    siginfo_t own;
    long rc;
    QRV_CP(rc, __kercall2(KC_SIGNAL_WAITINFO, (long)set, (long)(info ? info : &own)));
    return (int)rc;
}

int SignalWaitinfo(const sigset_t *set, siginfo_t *info)
{
    return (int)__qrv_neg(SignalWaitinfo_r(set, info));
}

int SignalReturn(void *frame)
{
    return __qrv_ok(__kercall1(KC_SIGNAL_RETURN, (long)frame));
}
