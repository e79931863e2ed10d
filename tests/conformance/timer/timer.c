/* SPDX-License-Identifier: Apache-2.0 */
/* Timers that send signals: one-shot, periodic, absolute, overruns, information.
 * Pages: QNX Neutrino Library Reference, TimerCreate(), TimerSettime(), TimerInfo(),
 * TimerDestroy(), timer_getoverrun(). */
#include "../rendezvous.h"

static sigset_t rt;

static uint64_t now(void)
{
    uint64_t t = 0;
    ClockTime(CLOCK_MONOTONIC, NULL, &t);
    return t;
}

/* The next signal's value, or -1 after ms. */
static long next(long ms, int *code)
{
    siginfo_t si;
    struct timespec ts = {ms / 1000, ms % 1000 * 1000000};
    if (sigtimedwait(&rt, &si, &ts) == -1)
        return -1;
    *code = si.si_code;
    return si.si_value.sival_int;
}

int main(void)
{
    struct sigevent ev;
    struct itimerspec set = {{0, 0}, {0, 30000000}}, cur;
    timer_t id;
    int code = 0;
    tap_plan(17);
    sigemptyset(&rt);
    sigaddset(&rt, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &rt, NULL);
    SIGEV_SIGNAL_INIT(&ev, SIGRTMIN);
    ev.sigev_value.sival_int = 4711;
    is_int(timer_create(CLOCK_MONOTONIC, &ev, &id), 0, "timer_create");
    uint64_t t0 = now();
    is_int(timer_settime(id, 0, &set, NULL), 0, "timer_settime");
    timer_gettime(id, &cur);
    /* On a busy host it may be over already. */
    ok(cur.it_value.tv_nsec <= 30000000 && (cur.it_value.tv_nsec > 0 || now() - t0 >= 30000000), "it runs");
    is_int(next(2000, &code), 4711, "it fires once with its value");
    ok(now() - t0 >= 30000000, "not early");
    is_int(code, SI_TIMER, "SI_TIMER");
    is_int(next(60, &code), -1, "and not again");
    timer_gettime(id, &cur);
    ok(cur.it_value.tv_sec == 0 && cur.it_value.tv_nsec == 0, "it is off");

    set.it_interval.tv_nsec = 10000000;
    t0 = now();
    timer_settime(id, 0, &set, NULL);
    int n = 0;
    while (n < 5 && next(1000, &code) == 4711)
        n++;
    uint64_t took = now() - t0;
    ok(n == 5 && took >= 70000000, "a period: five times (%lu ns)", took);
    rv_sleep_ms(120);
    next(1000, &code);
    ok(timer_getoverrun(id) >= 5, "expiries while the signal was pending are overruns (%d)",
       timer_getoverrun(id));
    set = (struct itimerspec){{0, 0}, {0, 0}};
    timer_settime(id, 0, &set, &cur);
    ok(cur.it_interval.tv_nsec == 10000000 && cur.it_value.tv_nsec <= 10000000,
       "stopping reports what was set");
    while (next(0, &code) != -1)
        ;
    is_int(next(40, &code), -1, "stopped");

    clock_gettime(CLOCK_MONOTONIC, &set.it_value);
    set.it_value.tv_nsec += 20000000;
    if (set.it_value.tv_nsec >= 1000000000)
        set.it_value.tv_sec++, set.it_value.tv_nsec -= 1000000000;
    t0 = now();
    timer_settime(id, TIMER_ABSTIME, &set, NULL);
    ok(next(1000, &code) == 4711 && now() - t0 >= 19000000, "an absolute time");
    set.it_value = (struct timespec){0, 1};
    timer_settime(id, TIMER_ABSTIME, &set, NULL);
    is_int(next(1000, &code), 4711, "one that is over fires at once");
    is_int(timer_delete(id), 0, "timer_delete");
    ok(timer_delete(id) == -1 && errno == EINVAL, "again: EINVAL");
    ok(timer_settime(id, 0, &set, NULL) == -1 && errno == EINVAL, "setting a deleted one: EINVAL");
    return done();
}
