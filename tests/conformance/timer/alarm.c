/* SPDX-License-Identifier: Apache-2.0 */
/* The process' alarm.  Pages: QNX Neutrino Library Reference, TimerAlarm(), alarm(), setitimer().
 */
#include <sys/time.h>
#include "../rendezvous.h"

static volatile sig_atomic_t rings;

static void on_alarm(int s)
{
    (void)s;
    rings++;
}

int main(void)
{
    struct itimerval it = {{0, 20000}, {0, 30000}}, old;
    tap_plan(10);
    signal(SIGALRM, on_alarm);
    is_int(setitimer(ITIMER_REAL, &it, NULL), 0, "a periodic alarm");
    for (int i = 0; i < 300 && rings < 3; i++)
        rv_sleep_ms(2);
    ok(rings >= 3, "rings again and again");
    it = (struct itimerval){{0, 0}, {0, 0}};
    is_int(setitimer(ITIMER_REAL, &it, &old), 0, "switched off");
    is_int(old.it_interval.tv_usec, 20000, "the old interval is reported");
    int n = rings;
    rv_sleep_ms(60);
    is_int(rings, n, "quiet");
    is_int(alarm(2), 0, "alarm() of two seconds");
    unsigned left = alarm(0);
    ok(left >= 1 && left <= 2, "has some left (%u)", left);
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGALRM, SIG_DFL);
        it.it_value.tv_usec = 10000;
        setitimer(ITIMER_REAL, &it, NULL);
        for (;;)
            pause();
    }
    int status = 0;
    waitpid(pid, &status, 0);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM, "uncaught it ends the process");
    pid = fork();
    if (pid == 0) {
        signal(SIGALRM, SIG_DFL);
        it.it_value.tv_usec = 300000;
        setitimer(ITIMER_REAL, &it, NULL);
        execlp("sleep", "sleep", "10", (char *)NULL);
        _exit(1);
    }
    waitpid(pid, &status, 0);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM, "an alarm goes on through exec (%#x)",
       status);
    struct _itimer k = {1, 0};
    is_int(TimerAlarm_r(77, &k, NULL), EINVAL, "unknown clock: EINVAL");
    return done();
}
