/* SPDX-License-Identifier: Apache-2.0 */
/* Signals that meet a process while it execs: none is lost, whichever part of the exec they meet.
 * Page: QNX Neutrino Library Reference, execv(), kill(), sigpending(), waitpid(); POSIX.1-2017 exec: pending signals and the mask are
 * kept, caught signals become the default ones, ignored ones stay ignored. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/neutrino.h>
#include <sys/wait.h>
#include <time.h>
#include "../tap.h"

#define SELF   "/proc/boot/tests/process_exec_signals"
#define ROUNDS 60
#define STEP   97000 /* ns from one round's delay to the next one's: some execs long in the end */

static void handler(int signo)
{
    (void)signo;
}

/* Execs itself again and again. */
static void chain(void)
{
    char *av[] = { SELF, "chain", NULL };
    execv(SELF, av);
    _exit(9);
}

static pid_t start_chain(void)
{
    pid_t pid = fork();
    if (pid == 0)
        chain();
    return pid;
}

static void pass_time(int round)
{
    struct timespec t = { 0, (long)round * STEP };
    nanosleep(&t, NULL);
}

static void ends(int signo)
{
    int died = 0;
    for (int i = 0; i < ROUNDS; i++) {
        int st = 0;
        pid_t pid = start_chain();
        pass_time(i);
        died += pid > 0 && kill(pid, signo) == 0 && waitpid(pid, &st, 0) == pid && WIFSIGNALED(st) && WTERMSIG(st) == signo;
    }
    ok(died == ROUNDS, "signal %d ends a process at any time of an exec (%d of %d)", signo, died, ROUNDS);
}

/* The handler is the old program's: the new one starts with the default action, and the signal may be what ends it. */
static void caught(void)
{
    int fine = 0;
    for (int i = 0; i < ROUNDS; i++) {
        int st = 0;
        pid_t pid = fork();
        if (pid == 0) {
            signal(SIGUSR1, handler);
            chain();
        }
        pass_time(i % 8);
        kill(pid, SIGUSR1);
        kill(pid, SIGTERM);
        fine += waitpid(pid, &st, 0) == pid && WIFSIGNALED(st) && (WTERMSIG(st) == SIGUSR1 || WTERMSIG(st) == SIGTERM);
    }
    is_int(fine, ROUNDS, "a caught signal runs its handler or ends the new program, which never runs the old handler");
}

static void stops(void)
{
    int fine = 0;
    for (int i = 0; i < ROUNDS; i++) {
        int st = 0;
        pid_t pid = start_chain();
        pass_time(i);
        int good = kill(pid, SIGSTOP) == 0 && waitpid(pid, &st, WUNTRACED) == pid && WIFSTOPPED(st);
        good &= kill(pid, SIGCONT) == 0 && waitpid(pid, &st, WCONTINUED) == pid && WIFCONTINUED(st);
        good &= kill(pid, SIGTERM) == 0 && waitpid(pid, &st, 0) == pid && WIFSIGNALED(st);
        fine += good;
    }
    is_int(fine, ROUNDS, "SIGSTOP and SIGCONT stop and continue it at any time of an exec");
}

/* What the program after an exec finds: 0 all as it was. */
static int look(void)
{
    sigset_t pending, mask, rt;
    struct sigaction usr2, hup;
    siginfo_t info;
    struct timespec none = { 0 };
    sigemptyset(&rt);
    sigaddset(&rt, SIGRTMIN);
    sigpending(&pending);
    sigprocmask(SIG_SETMASK, NULL, &mask);
    sigaction(SIGUSR2, NULL, &usr2);
    sigaction(SIGHUP, NULL, &hup);
    if (sigismember(&pending, SIGUSR1) != 1)
        return 1;
    if (sigismember(&mask, SIGUSR1) != 1 || sigismember(&mask, SIGUSR2))
        return 2;
    if (usr2.sa_handler != SIG_DFL || hup.sa_handler != SIG_IGN)
        return 3;
    for (int value = 1; value <= 3; value++)
        if (sigtimedwait(&rt, &info, &none) != SIGRTMIN || info.si_value.sival_int != value)
            return 4;
    return alarm(0) == 0 ? 5 : 0;
}

static void kept(void)
{
    int st = 0;
    pid_t pid = fork();
    if (pid == 0) {
        char *av[] = { SELF, "look", NULL };
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGUSR1);
        sigaddset(&set, SIGRTMIN);
        sigprocmask(SIG_BLOCK, &set, NULL);
        signal(SIGUSR2, handler);
        signal(SIGHUP, SIG_IGN);
        raise(SIGUSR1); /* to this thread */
        for (int value = 1; value <= 3; value++)
            SignalKill(0, getpid(), 1, SIGRTMIN, SI_QUEUE, value);
        alarm(100);
        execv(SELF, av);
    }
    ok(waitpid(pid, &st, 0) == pid && WIFEXITED(st), "a program with signals pending execs");
    is_int(WEXITSTATUS(st), 0, "kept are what is pending (1), the mask (2), what is ignored, not the handler (3), queued values (4), the alarm (5)");
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "chain") == 0)
        chain();
    if (argc > 1)
        return look();
    ends(SIGTERM);
    ends(SIGKILL);
    caught();
    stops();
    kept();
    return done();
}
