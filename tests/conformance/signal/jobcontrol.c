/* SPDX-License-Identifier: Apache-2.0 */
/* Stopping and continuing a process.  Pages: QNX Neutrino System Architecture, "Signals" (SIGSTOP,
 * SIGCONT), "Thread life cycle" (STOPPED); Library Reference, waitpid(). */
#include <sys/mman.h>
#include "../rendezvous.h"

static volatile struct {
    long ticks[2];
    int continued, usr1;
} * sh;

static void on_cont(int s)
{
    (void)s;
    sh->continued++;
}

static void on_usr1(int s)
{
    (void)s;
    sh->usr1++;
}

static void *tick(void *arg)
{
    for (;;) {
        sh->ticks[(intptr_t)arg]++;
        rv_sleep_ms(1);
    }
    return NULL;
}

/* own_group: then its parent, this program, could continue it; otherwise the group is that of a session's leader, an orphan. */
static pid_t start(int own_group)
{
    sh->ticks[0] = sh->ticks[1] = 0;
    pid_t pid = fork();
    if (pid == 0) {
        if (own_group)
            setpgid(0, 0);
        pthread_t t;
        signal(SIGCONT, on_cont);
        signal(SIGUSR1, on_usr1);
        pthread_create(&t, NULL, tick, (void *)1);
        tick(NULL);
    }
    for (int i = 0; i < 1000 && !(sh->ticks[0] && sh->ticks[1]); i++)
        rv_sleep_ms(2);
    return pid;
}

/* How many of the threads go on, within seconds. */
static int runs(void)
{
    long a = sh->ticks[0], b = sh->ticks[1];
    for (int i = 0; i < 2500 && (sh->ticks[0] == a || sh->ticks[1] == b); i++)
        rv_sleep_ms(2);
    return (sh->ticks[0] != a) + (sh->ticks[1] != b);
}

/* Whether none does: what was under way when the stop came may still end. */
static int stands(void)
{
    long a, b;
    int n = 0;
    do {
        a = sh->ticks[0], b = sh->ticks[1];
        rv_sleep_ms(60);
    } while ((sh->ticks[0] != a || sh->ticks[1] != b) && ++n < 20);
    return n < 20;
}

/* POSIX 2.4.3, and XBD 3.240 "Orphaned Process Group". */
static void orphaned_group(void)
{
    static const int signals[] = {SIGTSTP, SIGTTIN, SIGTTOU};
    int status, stopped = 0, going = 0;
    pid_t pid = start(0);
    for (int i = 0; i < 3; i++) {
        kill(pid, signals[i]);
        going += runs();
        stopped += waitpid(pid, &status, WUNTRACED | WCONTINUED | WNOHANG) != 0;
    }
    is_int(going, 6, "in an orphaned group SIGTSTP, SIGTTIN and SIGTTOU stop nobody");
    is_int(stopped, 0, "... and wait() does not report any");
    kill(pid, SIGSTOP);
    ok(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) && stands(), "SIGSTOP does");
    kill(pid, SIGTSTP);
    ok(stands(), "... also when SIGTSTP comes after it");
    kill(pid, SIGCONT);
    is_int(runs(), 2, "SIGCONT continues it");
    is_int(setpgid(pid, pid), 0, "moved into a group with a parent outside of it");
    kill(pid, SIGTSTP);
    ok(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) && stands(), "SIGTSTP stops it");
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
}

int main(void)
{
    int status;
    tap_plan(23);
    sh = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
    pid_t pid = start(1);
    is_int(runs(), 2, "both threads of the child run");
    is_int(kill(pid, SIGSTOP), 0, "SIGSTOP");
    is_int(waitpid(pid, &status, WUNTRACED), pid, "waitpid() reports it");
    ok(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP, "stopped by SIGSTOP (%#x)", status);
    ok(stands(), "neither thread runs");
    kill(pid, SIGUSR1);
    rv_sleep_ms(30);
    is_int(sh->usr1, 0, "a signal waits");
    is_int(kill(pid, SIGCONT), 0, "SIGCONT");
    is_int(waitpid(pid, &status, WCONTINUED), pid, "waitpid() reports it");
    ok(WIFCONTINUED(status), "continued (%#x)", status);
    is_int(runs(), 2, "both run again");
    ok(sh->continued == 1 && sh->usr1 == 1, "SIGCONT's handler and the waiting one have run");
    kill(pid, SIGTSTP);
    waitpid(pid, &status, WUNTRACED);
    ok(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP, "SIGTSTP stops by default");
    ok(stands(), "neither thread runs");
    kill(pid, SIGKILL);
    is_int(waitpid(pid, &status, 0), pid, "SIGKILL ends a stopped process");
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "... as it should");
    ok(kill(pid, 0) == -1 && errno == ESRCH, "and it is gone");
    orphaned_group();
    return done();
}
