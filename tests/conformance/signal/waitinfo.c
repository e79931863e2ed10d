/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for signals.  Pages: QNX Neutrino Library Reference, SignalWaitinfo(), sigwaitinfo(),
 * sigtimedwait(), TimerTimeout(). */
#include "../rendezvous.h"

static volatile sig_atomic_t handled;
static sigset_t usr1;

static void on_usr2(int s)
{
    (void)s;
    handled++;
}

static void *sender(void *arg)
{
    rv_sleep_ms(30);
    sigqueue(getpid(), (int)(intptr_t)arg, (union sigval){.sival_int = 9});
    return NULL;
}

static void *interrupter(void *arg)
{
    rv_sleep_ms(30);
    pthread_kill(*(pthread_t *)arg, SIGUSR2);
    return NULL;
}

static void *waiter(void *arg)
{
    siginfo_t si;
    struct timespec ts = {5, 0};
    int r = sigtimedwait(&usr1, &si, &ts);
    *(int *)arg = r == SIGUSR1 ? si.si_value.sival_int : -errno;
    return NULL;
}

int main(void)
{
    siginfo_t si;
    pthread_t t, u;
    int a = 0, b = 0;
    tap_plan(14);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &usr1, NULL);
    raise(SIGUSR1);
    is_int(sigwaitinfo(&usr1, &si), SIGUSR1, "a pending signal is taken at once");
    pthread_create(&t, NULL, sender, (void *)(intptr_t)SIGUSR1);
    is_int(sigwaitinfo(&usr1, &si), SIGUSR1, "one that comes later ends the wait");
    ok(si.si_value.sival_int == 9 && si.si_code == SI_QUEUE && si.si_pid == getpid(),
       "with its information");
    pthread_join(t, NULL);

    struct timespec ts = {0, 30000000}, t0, t1;
    clock_gettime(CLOCK_MONOTONIC, &t0);
    ok(sigtimedwait(&usr1, &si, &ts) == -1 && errno == EAGAIN, "nothing comes: EAGAIN");
    clock_gettime(CLOCK_MONOTONIC, &t1);
    ok((t1.tv_sec - t0.tv_sec) * 1000000000L + t1.tv_nsec - t0.tv_nsec >= 30000000,
       "... not early");
    ts.tv_nsec = 0;
    ok(sigtimedwait(&usr1, &si, &ts) == -1 && errno == EAGAIN, "no time: a poll");
    uint64_t ns = 1000000;
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_SIGWAITINFO, NULL, &ns, NULL);
    is_int(SignalWaitinfo_r(&usr1, &si), -ETIMEDOUT, "TimerTimeout ends SignalWaitinfo");

    struct sigaction sa = {.sa_handler = on_usr2, .sa_flags = SA_RESTART};
    sigaction(SIGUSR2, &sa, NULL);
    pthread_t self = pthread_self();
    pthread_create(&t, NULL, interrupter, &self);
    ok(SignalWaitinfo(&usr1, &si) == -1 && errno == EINTR && handled == 1,
       "another signal is handled and ends the wait: EINTR");
    pthread_join(t, NULL);

    /* SIGCHLD is ignored by default, but not while somebody waits for it. */
    sigset_t chld;
    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &chld, NULL);
    pid_t pid = fork();
    if (pid == 0)
        _exit(3);
    is_int(sigwaitinfo(&chld, &si), SIGCHLD, "the end of a child is waited for");
    is_int(waitpid(pid, NULL, 0), pid, "and it is there");

    pthread_create(&t, NULL, waiter, &a);
    pthread_create(&u, NULL, waiter, &b);
    rv_sleep_ms(30);
    sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 1});
    sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 1});
    rv_sleep_ms(20);
    sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 1});
    pthread_join(t, NULL);
    pthread_join(u, NULL);
    ok(a == 1 && b == 1, "two waiters get one signal each (%d %d)", a, b);
    struct timespec zero = {0, 0};
    while (sigtimedwait(&usr1, &si, &zero) == SIGUSR1)
        ;
    is_int(SignalWaitinfo_r((void *)8, &si), -EFAULT, "a set nowhere: EFAULT");
    raise(SIGUSR1);
    is_int(SignalWaitinfo_r(&usr1, (void *)8), -EFAULT, "an info nowhere: EFAULT");
    is_int(sigtimedwait(&usr1, NULL, &zero) == -1 ? errno : 0, EAGAIN,
           "... and the signal was consumed");
    return done();
}
