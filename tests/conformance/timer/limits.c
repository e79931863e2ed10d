/* SPDX-License-Identifier: Apache-2.0 */
/* Many timers, a timer faster than anybody can serve, and a process that dies with its timers
 * running. Pages: QNX Neutrino Library Reference, TimerCreate(), TimerSettime(). */
#include "../rendezvous.h"

#define T(id) ((timer_t)(intptr_t)(id))

static void leave_running(void)
{
    struct sigevent ev;
    struct _itimer it = {10000000, 1000000};
    SIGEV_SIGNAL_INIT(&ev, SIGRTMIN);
    for (int i = 0; i < 300; i++)
        TimerSettime(T(TimerCreate(CLOCK_MONOTONIC, &ev)), 0, &it, NULL);
    rv_sleep_ms(30);
    _exit(0);
}

int main(void)
{
    struct sigevent ev;
    struct _itimer it = {1, 1};
    struct _timer_info info;
    tap_plan(6);
    signal(SIGRTMIN, SIG_IGN);
    SIGEV_SIGNAL_INIT(&ev, SIGRTMIN);
    int id = TimerCreate(CLOCK_MONOTONIC, &ev);
    TimerSettime(T(id), 0, &it, NULL);
    struct timespec t0, t1;
    clock_gettime(CLOCK_MONOTONIC, &t0);
    for (volatile int i = 0; i < 1000000; i++)
        ;
    rv_sleep_ms(20);
    clock_gettime(CLOCK_MONOTONIC, &t1);
    ok(t1.tv_sec - t0.tv_sec < 10, "a period of 1 ns leaves time for others");
    TimerInfo(0, T(id), 0, &info);
    ok(info.overruns > 1000, "and counts overruns (%u)", info.overruns);
    TimerDestroy(T(id));

    int n = 0, last = 0;
    while ((id = TimerCreate(CLOCK_MONOTONIC, &ev)) != -1) {
        last = id;
        n++;
    }
    ok(n >= 100 && errno == EAGAIN, "the number of timers is bounded: EAGAIN after %d", n);
    is_int(TimerDestroy_r(T(last)), 0, "one given back");
    ok(TimerCreate(CLOCK_MONOTONIC, &ev) != -1, "makes room for one");
    int bad = 0;
    for (int i = 0; i < 3; i++) {
        pid_t pid = fork();
        if (pid == 0)
            leave_running();
        int status = -1;
        waitpid(pid, &status, 0);
        bad += status != 0;
    }
    is_int(bad, 0, "processes end with their timers running");
    return done();
}
