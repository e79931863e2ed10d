/* SPDX-License-Identifier: Apache-2.0 */
/* SIGCHLD: who, why, with which status; none is lost to a waiting parent.
 * Pages: QNX Neutrino Library Reference, siginfo_t, waitpid(); POSIX <signal.h> (CLD_*). */
#include "../rendezvous.h"

static sigset_t chld;

static pid_t child(void (*fn)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        fn();
        _exit(42);
    }
    return pid;
}

static void nothing(void) {}

static void die(void)
{
    raise(SIGTERM);
}

static void sleep_on(void)
{
    for (;;)
        pause();
}

static int next(siginfo_t *si)
{
    struct timespec ts = {5, 0};
    return sigtimedwait(&chld, si, &ts);
}

int main(void)
{
    siginfo_t si;
    tap_plan(10);
    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    sigprocmask(SIG_BLOCK, &chld, NULL);
    pid_t pid = child(nothing);
    is_int(next(&si), SIGCHLD, "a child ends: SIGCHLD");
    is_int(si.si_pid, pid, "si_pid is the child");
    ok(si.si_code == CLD_EXITED && si.si_status == 42, "CLD_EXITED and its status (%d %d)",
       si.si_code, si.si_status);
    waitpid(pid, NULL, 0);
    pid = child(die);
    is_int(next(&si), SIGCHLD, "one is ended by a signal");
    ok(si.si_pid == pid && si.si_code == CLD_KILLED && si.si_status == SIGTERM,
       "CLD_KILLED and its number (%d %d)", si.si_code, si.si_status);
    waitpid(pid, NULL, 0);
    pid = child(sleep_on);
    kill(pid, SIGSTOP);
    is_int(next(&si), SIGCHLD, "one is stopped");
    ok(si.si_pid == pid && si.si_code == CLD_STOPPED && si.si_status == SIGSTOP,
       "CLD_STOPPED and its number (%d %d)", si.si_code, si.si_status);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    struct sigaction quiet = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDSTOP};
    sigaction(SIGCHLD, &quiet, NULL);
    while (sigtimedwait(&chld, &si, &(struct timespec){0, 0}) == SIGCHLD)
        ;
    pid = child(sleep_on);
    kill(pid, SIGSTOP);
    int status;
    waitpid(pid, &status, WUNTRACED);
    ok(sigtimedwait(&chld, &si, &(struct timespec){0, 30000000}) == -1,
       "with SA_NOCLDSTOP a stop is not told");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    int ended = 0;
    for (int i = 0; i < 20; i++)
        child(nothing);
    while (ended < 20) {
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ended++;
        if (ended < 20 && next(&si) != SIGCHLD)
            break;
    }
    is_int(ended, 20, "twenty children, waited for by signal");
    signal(SIGCHLD, SIG_IGN);
    pid = child(nothing);
    rv_sleep_ms(100);
    ok(waitpid(pid, NULL, 0) == -1 && errno == ECHILD,
       "ignored, children leave nothing behind: ECHILD");
    return done();
}
