/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers: arguments, masks, flags, registers across them.
 * Pages: QNX Neutrino Library Reference, SignalAction(), sigaction(), SignalProcmask(); System
 * Architecture, "Signals". */
#define _GNU_SOURCE
#include <ucontext.h>
#include "../rendezvous.h"

static volatile sig_atomic_t count, depth, max_depth, masked_in_handler;
static siginfo_t last;
static volatile double spoiled;

static void info_handler(int s, siginfo_t *si, void *uc)
{
    (void)s;
    last = *si;
    count += uc != NULL;
}

static void nest_handler(int s)
{
    sigset_t now;
    sigprocmask(SIG_BLOCK, NULL, &now);
    masked_in_handler = sigismember(&now, s) * 2 + sigismember(&now, SIGUSR2);
    depth++;
    if (depth > max_depth)
        max_depth = depth;
    if (count++ == 0)
        raise(s);
    depth--;
}

static void fp_handler(int s)
{
    (void)s;
    double x = 3.0;
    for (int i = 0; i < 20; i++)
        x = x * 1.5 + i;
    spoiled = x;
    count++;
}

/* Redirects the interrupted code: skips what it would have done. */
static void stop_loop(int s, siginfo_t *si, void *p)
{
    (void)s;
    (void)si;
    ucontext_t *uc = p;
    uc->uc_mcontext.__gregs[REG_A0] = 0; /* the loop below spins while a0 is not 0 */
}

static void install(int s, void (*fn)(int), int flags, int also)
{
    struct sigaction sa = {.sa_handler = fn, .sa_flags = flags};
    sigemptyset(&sa.sa_mask);
    if (also)
        sigaddset(&sa.sa_mask, also);
    sigaction(s, &sa, NULL);
    count = depth = max_depth = 0;
}

static void *poke(void *arg)
{
    rv_sleep_ms(30);
    pthread_kill(*(pthread_t *)arg, SIGUSR1);
    return NULL;
}

static void registers(void)
{
    pthread_t self = pthread_self(), t;
    install(SIGUSR1, fp_handler, 0, 0);
    register double keep __asm__("fs3");
    keep = 1.25;
    __asm__ volatile("" : "+f"(keep));
    pthread_create(&t, NULL, poke, &self);
    while (count == 0)
        __asm__ volatile("" : "+f"(keep));
    ok(keep == 1.25 && spoiled > 3.0, "floating-point registers survive a handler");
    pthread_join(t, NULL);

    struct sigaction sa = {.sa_sigaction = stop_loop, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &sa, NULL);
    pthread_create(&t, NULL, poke, &self);
    long r;
    __asm__ volatile("li a0, 1\n1: bnez a0, 1b\nmv %0, a0" : "=r"(r) : : "a0");
    is_int(r, 0, "a register changed in the frame is taken over");
    pthread_join(t, NULL);
}

static void ignore_and_default(void)
{
    signal(SIGUSR1, SIG_IGN);
    is_int(raise(SIGUSR1), 0, "an ignored signal does nothing");
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGUSR1, SIG_DFL);
    raise(SIGUSR1);
    sigpending(&set);
    is_int(sigismember(&set, SIGUSR1), 1, "a blocked one is pending");
    signal(SIGUSR1, SIG_IGN);
    sigpending(&set);
    is_int(sigismember(&set, SIGUSR1), 0, "ignoring it takes it away");
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGUSR2, SIG_DFL);
        raise(SIGUSR2);
        _exit(1);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR2,
       "the default ends the process with the signal's number");
}

int main(void)
{
    tap_plan(15);
    struct sigaction sa = {.sa_sigaction = info_handler, .sa_flags = SA_SIGINFO}, old;
    is_int(sigaction(SIGUSR1, &sa, NULL), 0, "sigaction");
    union sigval v = {.sival_ptr = (void *)0x123456789abcUL};
    sigqueue(getpid(), SIGUSR1, v);
    ok(count == 1 && last.si_signo == SIGUSR1 && last.si_code == SI_QUEUE &&
           last.si_pid == getpid() && last.si_value.sival_ptr == v.sival_ptr,
       "the handler sees number, code, sender and value (%d %d %d)", last.si_signo, last.si_code,
       last.si_pid);
    kill(getpid(), SIGUSR1);
    ok(count == 2 && last.si_code == SI_USER, "kill() says SI_USER");
    sigaction(SIGUSR1, NULL, &old);
    ok(old.sa_sigaction == info_handler && (old.sa_flags & SA_SIGINFO),
       "the old action is reported");

    install(SIGUSR1, nest_handler, 0, SIGUSR2);
    raise(SIGUSR1);
    ok(count == 2 && max_depth == 1 && masked_in_handler == 3,
       "a signal does not interrupt its own handler; sa_mask holds");
    install(SIGUSR1, nest_handler, SA_NODEFER, 0);
    raise(SIGUSR1);
    ok(count == 2 && max_depth == 2 && masked_in_handler == 0, "with SA_NODEFER it does");
    install(SIGUSR1, nest_handler, SA_RESETHAND, 0);
    count = 1;
    raise(SIGUSR1);
    sigaction(SIGUSR1, NULL, &old);
    ok(count == 2 && old.sa_handler == SIG_DFL, "SA_RESETHAND goes back to the default");
    registers();
    ignore_and_default();

    sa.sa_sigaction = info_handler;
    ok(sigaction(SIGKILL, &sa, NULL) == -1 && errno == EINVAL, "SIGKILL cannot be caught: EINVAL");
    ok(sigaction(0, &sa, NULL) == -1 && errno == EINVAL, "signal 0: EINVAL");
    return done();
}
