/* SPDX-License-Identifier: Apache-2.0 */
/* Queued real-time signals, and the special signals above them.
 * Pages: QNX Neutrino System Architecture, "Signals: special signals"; Library Reference,
 * SignalKill(), sigqueue(). */
#include "../rendezvous.h"

static int got[64], value[64], n;

static void note(int s, siginfo_t *si, void *uc)
{
    (void)uc;
    if (n < 64) {
        got[n] = s;
        value[n++] = si->si_value.sival_int;
    }
}

static void install(int s)
{
    struct sigaction sa = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
    sigfillset(&sa.sa_mask);
    sigaction(s, &sa, NULL);
}

int main(void)
{
    sigset_t set, none;
    tap_plan(15);
    sigfillset(&set);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &set, NULL);
    for (int s = SIGRTMIN; s <= SIGRTMAX; s++)
        install(s);
    install(SIGUSR1);
    ok(SIGRTMIN == 41 && SIGRTMAX == 56, "sixteen real-time signals, 41 to 56");
    for (int i = 0; i < 3; i++) {
        sigqueue(getpid(), SIGRTMIN + 2, (union sigval){.sival_int = 20 + i});
        sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i});
        sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 50 + i});
    }
    sigprocmask(SIG_SETMASK, &none, NULL);
    is_int(n, 9, "all are delivered");
    ok(got[0] == SIGUSR1 && value[0] == 50 && value[2] == 52,
       "SA_SIGINFO queues a classic signal, too");
    ok(got[3] == SIGRTMIN && value[3] == 0 && value[4] == 1 && value[5] == 2,
       "lower numbers first, each in order");
    ok(got[6] == SIGRTMIN + 2 && value[6] == 20 && value[8] == 22, "then the higher one");

    int queued = 0;
    sigprocmask(SIG_SETMASK, &set, NULL);
    while (queued < 5000 &&
           sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = queued}) == 0)
        queued++;
    ok(queued >= 32 && queued < 5000 && errno == EAGAIN, "the queue is bounded: EAGAIN after %d",
       queued);
    int drained = 0;
    siginfo_t si;
    struct timespec zero = {0, 0};
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, SIGRTMIN + 1);
    while (sigtimedwait(&one, &si, &zero) == SIGRTMIN + 1 && si.si_value.sival_int == drained)
        drained++;
    is_int(drained, queued, "every queued one is there");

    struct sigaction sa = {.sa_handler = SIG_IGN};
    is_int(SignalAction_r(0, NULL, SIGRTMAX + 1, &sa, NULL), EINVAL,
           "a special signal cannot be caught or ignored: EINVAL");
    sigprocmask(SIG_SETMASK, &none, NULL);
    is_int(SignalKill_r(0, getpid(), 0, SIGRTMAX + 8, SI_USER, 81), 0, "one is sent to ourselves");
    is_int(SignalKill_r(0, getpid(), 0, SIGRTMAX + 8, SI_USER, 82), 0, "and another");
    sigpending(&one);
    is_int(sigismember(&one, SIGRTMAX + 8), 1, "it is pending: always blocked");
    sigemptyset(&one);
    sigaddset(&one, SIGRTMAX + 8);
    is_int(SignalWaitinfo(&one, &si), SIGRTMAX + 8, "SignalWaitinfo takes it");
    is_int(si.si_value.sival_int, 81, "the first first");
    is_int(SignalWaitinfo(&one, &si), SIGRTMAX + 8, "again");
    covers("semantic:21");
    is_int(si.si_value.sival_int, 82, "queued");
    return done();
}
