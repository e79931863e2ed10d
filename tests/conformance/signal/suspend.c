/* SPDX-License-Identifier: Apache-2.0 */
/* sigsuspend(): the mask, what ends it, what does not.
 * Pages: QNX Neutrino Library Reference, SignalSuspend(), sigsuspend(), pause(), TimerTimeout(). */
#include "../rendezvous.h"

static volatile sig_atomic_t handled;
static sigset_t in_handler;

static void on_usr1(int s)
{
    (void)s;
    handled++;
    sigprocmask(SIG_BLOCK, NULL, &in_handler);
}

static void *sender(void *arg)
{
    rv_sleep_ms(20);
    kill(getpid(), SIGWINCH); /* ignored by default: must not end the wait */
    rv_sleep_ms(20);
    pthread_kill(*(pthread_t *)arg, SIGUSR1);
    return NULL;
}

int main(void)
{
    sigset_t block, old, none, now;
    pthread_t t, self = pthread_self();
    struct timespec t0, t1;
    tap_plan(11);
    struct sigaction sa = {.sa_handler = on_usr1, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &sa, NULL);
    sigemptyset(&none);
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    sigaddset(&block, SIGUSR2);
    sigprocmask(SIG_SETMASK, &block, &old);
    raise(SIGUSR1);
    is_int(handled, 0, "blocked");
    ok(sigsuspend(&none) == -1 && errno == EINTR,
       "a pending signal ends it at once: EINTR, SA_RESTART or not");
    is_int(handled, 1, "... after its handler");
    ok(sigismember(&in_handler, SIGUSR1) == 1 && sigismember(&in_handler, SIGUSR2) == 0,
       "which ran under the new mask");
    sigprocmask(SIG_BLOCK, NULL, &now);
    ok(sigismember(&now, SIGUSR1) == 1 && sigismember(&now, SIGUSR2) == 1, "the old mask is back");
    clock_gettime(CLOCK_MONOTONIC, &t0);
    pthread_create(&t, NULL, sender, &self);
    ok(sigsuspend(&none) == -1 && errno == EINTR && handled == 2,
       "a signal that comes later ends it");
    clock_gettime(CLOCK_MONOTONIC, &t1);
    ok((t1.tv_sec - t0.tv_sec) * 1000000000L + t1.tv_nsec - t0.tv_nsec >= 40000000,
       "an ignored one before does not");
    pthread_join(t, NULL);
    uint64_t ns = 20000000;
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_SIGSUSPEND, NULL, &ns, NULL);
    is_int(SignalSuspend_r(&none), ETIMEDOUT, "TimerTimeout ends it");
    sigprocmask(SIG_BLOCK, NULL, &now);
    is_int(sigismember(&now, SIGUSR1), 1, "... and the old mask is back");
    is_int(SignalSuspend_r((void *)8), EFAULT, "a mask nowhere: EFAULT");
    sigprocmask(SIG_SETMASK, &old, NULL);
    is_int(SignalProcmask(0, 0, 77, &none, NULL), -1, "an unknown way to change the mask fails");
    return done();
}
