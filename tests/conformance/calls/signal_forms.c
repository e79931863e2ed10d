/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signal kernel calls in both forms: every errno, every pointer, both waits disturbed.
 * Page: QNX Neutrino Library Reference, SignalAction(), SignalKill(), SignalProcmask(), SignalSuspend(), SignalWaitinfo(),
 * SignalReturn().
 */
#include "../blocked.h"

#define NOBODY 32000

static volatile sig_atomic_t caught;

static void on_signal(int sig)
{
    caught = sig;
}

static void actions(void)
{
    struct sigaction sa = {.sa_handler = on_signal}, old;
    works(SignalAction, 0, NULL, SIGUSR2, &sa, &old);
    works(SignalAction, getpid(), NULL, SIGUSR2, NULL, &old);
    ok(old.sa_handler == on_signal, "the old action");
    fails_status(SignalAction, EINVAL, "signal 0", 0, NULL, 0, &sa, NULL);
    fails_status(SignalAction, EINVAL, "signal 65", 0, NULL, 65, &sa, NULL);
    fails_status(SignalAction, EINVAL, "SIGKILL", 0, NULL, SIGKILL, &sa, NULL);
    fails_status(SignalAction, EINVAL, "a signal of the system's", 0, NULL, SIGRTMAX + 1, &sa, NULL);
    fails_status(SignalAction, EPERM, "another process", 1, NULL, SIGUSR2, &sa, NULL);
}

static void killing(void)
{
    caught = 0;
    works(SignalKill, 0, getpid(), 0, SIGUSR2, SI_USER, 0);
    for (int i = 0; i < 1000 && !caught; i++)
        rv_sleep_ms(1);
    is_int(caught, SIGUSR2, "the handler ran");
    works(SignalKill, 0, getpid(), gettid(), SIGUSR2, SI_USER, 0);
    works(SignalKill, 0, getpid(), 0, 0, 0, 0);
    fails_status(SignalKill, EINVAL, "signal 65", 0, getpid(), 0, 65, 0, 0);
    fails_status(SignalKill, EINVAL, "signal -1", 0, getpid(), 0, -1, 0, 0);
    fails_status(SignalKill, ESRCH, "no such process", 0, NOBODY, 0, SIGUSR2, 0, 0);
    fails_status(SignalKill, ESRCH, "no such thread", 0, getpid(), 4000, SIGUSR2, 0, 0);
    fails_status(SignalKill, EHOSTUNREACH, "another node", 5, getpid(), 0, SIGUSR2, 0, 0);
    pid_t me = getpid();
    covers("SignalKill:EPERM SignalKill_r:EPERM");
    ok(unprivileged(FAIL_BOTH_STATUS(SignalKill, EPERM, 0, me, 0, SIGUSR2, 0, 0)), "somebody else's process: EPERM");
    covers("SignalKill:EAGAIN SignalKill_r:EAGAIN");
    ok(unprivileged(({
           sigset_t set;
           int n = 0;
           sigemptyset(&set);
           sigaddset(&set, SIGRTMIN);
           sigprocmask(SIG_BLOCK, &set, NULL);
           while (n < 1000000 && SignalKill_r(0, getpid(), 0, SIGRTMIN, SI_QUEUE, n) == EOK)
               n++;
           n >= 32 && FAIL_BOTH_STATUS(SignalKill, EAGAIN, 0, getpid(), 0, SIGRTMIN, SI_QUEUE, 0);
       })),
       "queued signals are bounded: EAGAIN");
}

static void killing_with_a_value(void)
{
    union sigval v = {.sival_ptr = &v};
    pid_t me = getpid();
    works(SignalKillSigval, 0, me, 0, SIGUSR2, SI_USER, &v);
    fails_status(SignalKillSigval, EINVAL, "signal 65", 0, me, 0, 65, 0, &v);
    fails_status(SignalKillSigval, ESRCH, "no such process", 0, NOBODY, 0, SIGUSR2, 0, &v);
    fails_status(SignalKillSigval, EHOSTUNREACH, "another node", 5, me, 0, SIGUSR2, 0, &v);
    covers("SignalKillSigval:EPERM SignalKillSigval_r:EPERM");
    ok(unprivileged(FAIL_BOTH_STATUS(SignalKillSigval, EPERM, 0, me, 0, SIGUSR2, 0, &v)), "somebody else's process: EPERM");
    covers("SignalKillSigval:EAGAIN SignalKillSigval_r:EAGAIN");
    ok(unprivileged(({
           sigset_t set;
           int n = 0;
           sigemptyset(&set);
           sigaddset(&set, SIGRTMIN);
           sigprocmask(SIG_BLOCK, &set, NULL);
           while (n < 1000000 && SignalKillSigval_r(0, getpid(), 0, SIGRTMIN, SI_QUEUE, &v) == EOK)
               n++;
           n >= 32 && FAIL_BOTH_STATUS(SignalKillSigval, EAGAIN, 0, getpid(), 0, SIGRTMIN, SI_QUEUE, &v);
       })),
       "queued signals are bounded: EAGAIN");
}

static void masks(void)
{
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    works(SignalProcmask, 0, 0, SIG_BLOCK, &set, &old);
    works(SignalProcmask, getpid(), gettid(), SIG_UNBLOCK, &set, &old);
    fails_status(SignalProcmask, EINVAL, "an unknown operation", 0, 0, 99, &set, NULL);
    bad_status(SignalProcmask, set, 0, 0, SIG_BLOCK, BAD, NULL);
    bad_status(SignalProcmask, oldset, 0, 0, SIG_BLOCK, NULL, BAD);
    bad_status(SignalProcmask, oldset, 0, 0, SIG_BLOCK, NULL, IN_KERNEL);
    fails_status(SignalProcmask, EPERM, "another process", 1, 0, SIG_BLOCK, &set, NULL);
}

/* ---- the two waits */

static sigset_t none, usr2;
static siginfo_t info;

static long suspend_form(void *arg)
{
    return *(int *)arg ? R_STATUS(SignalSuspend_r(&none)) : PLAIN(SignalSuspend(&none));
}

static long wait_form(void *arg)
{
    return *(int *)arg ? R_VALUE(SignalWaitinfo_r(&usr2, &info)) : PLAIN(SignalWaitinfo(&usr2, &info));
}

static void suspending(int form)
{
    static const char *const names[] = {"SignalSuspend", "SignalSuspend_r"};
    blocked_times_out(names[form], suspend_form, &form, _NTO_TIMEOUT_SIGSUSPEND);
    covers("%s:ok", names[form]); /* its success is to be interrupted */
    blocked_is_interrupted(names[form], suspend_form, &form, STATE_SIGSUSPEND);
    blocked_is_cancelled(names[form], suspend_form, &form, STATE_SIGSUSPEND);
    blocked_is_killed(names[form], suspend_form, &form, STATE_SIGSUSPEND);
}

static void waiting(int form)
{
    static const char *const names[] = {"SignalWaitinfo", "SignalWaitinfo_r"};
    blocked_times_out(names[form], wait_form, &form, _NTO_TIMEOUT_SIGWAITINFO);
    blocked_is_interrupted(names[form], wait_form, &form, STATE_SIGWAITINFO);
    blocked_is_cancelled(names[form], wait_form, &form, STATE_SIGWAITINFO);
    blocked_is_killed(names[form], wait_form, &form, STATE_SIGWAITINFO);
    struct blocked b = {.call = wait_form, .arg = &form};
    int there = blocked_enter(&b, STATE_SIGWAITINFO);
    SignalKill(0, getpid(), b.tid, SIGUSR2, SI_MINAVAIL, 77);
    long got = blocked_join(&b);
    covers("%s:ok", names[form]);
    ok(there && got == SIGUSR2 && info.si_signo == SIGUSR2 && info.si_code == SI_MINAVAIL && info.si_value.sival_int == 77,
       "%s: the signal with its code and value (%ld)", names[form], got);
    SignalKill(0, getpid(), gettid(), SIGUSR2, SI_USER, 0);
    covers("%s:bad_info %s:EFAULT", names[form], names[form]);
    is_int(form ? R_VALUE(SignalWaitinfo_r(&usr2, BAD)) : PLAIN(SignalWaitinfo(&usr2, BAD)), -EFAULT, "bad info: EFAULT");
}

/* A handler's end is SignalReturn(): registers and mask are as before. */
static void returning(void)
{
    sigset_t before, after;
    sigprocmask(SIG_SETMASK, NULL, &before);
    caught = 0;
    register long kept __asm__("s5") = 0x1234567;
    __asm__ volatile("" : "+r"(kept));
    SignalKill(0, getpid(), gettid(), SIGALRM, SI_USER, 0);
    __asm__ volatile("" : "+r"(kept));
    sigprocmask(SIG_SETMASK, NULL, &after);
    covers("SignalReturn:ok");
    ok(caught == SIGALRM && kept == 0x1234567 && memcmp(&before, &after, sizeof before) == 0,
       "a handler returns to where it came from, with the mask of before");
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        SignalReturn(BAD);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    covers("SignalReturn:bad_frame");
    ok(WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) == 0),
       "a bad frame is an error or the end of the process, no more (%#x)", status);
}

int main(void)
{
    struct sigaction sa = {.sa_handler = on_signal};
    sigaction(SIGALRM, &sa, NULL);
    blocked_handle(SIGUSR1);
    sigemptyset(&none);
    sigemptyset(&usr2);
    sigaddset(&usr2, SIGUSR2);
    actions();
    killing();
    killing_with_a_value();
    masks();
    returning();
    suspending(0);
    suspending(1);
    pthread_sigmask(SIG_BLOCK, &usr2, NULL);
    waiting(0);
    waiting(1);
    bad_status(SignalSuspend, set, BAD);
    bad_status(SignalSuspend, set, IN_KERNEL);
    bad_value(SignalWaitinfo, set, BAD, &info);
    return done();
}
