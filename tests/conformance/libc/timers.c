/* SPDX-License-Identifier: Apache-2.0 */
/* timer_create() with SIGEV_THREAD and signals, alarm(), setitimer(), clocks and sleeps of POSIX on
 * the kernel's. Pages: POSIX timer_create(), alarm(), setitimer(), clock_nanosleep(). */
#include <sys/time.h>
#include "../rendezvous.h"

static volatile int fired, sum;
static volatile int alarms;

static void on_timer(union sigval v)
{
    fired++;
    sum += v.sival_int;
}

static void on_alarm(int sig)
{
    (void)sig;
    alarms++;
}

static void by_thread(void)
{
    struct sigevent ev;
    struct itimerspec its = {{0, 20000000}, {0, 20000000}}, cur;
    timer_t t;
    SIGEV_THREAD_INIT(&ev, on_timer, 3, NULL);
    is_int(timer_create(CLOCK_MONOTONIC, &ev, &t), 0, "timer_create() with SIGEV_THREAD");
    is_int(timer_settime(t, 0, &its, NULL), 0, "armed every 20 ms");
    for (int i = 0; i < 250 && fired < 3; i++)
        rv_sleep_ms(20);
    ok(fired >= 3, "the function is called again and again (%d)", fired);
    ok(sum == 3 * fired || sum == 3 * (fired - 1), "with its value");
    ok(timer_gettime(t, &cur) == 0 && cur.it_interval.tv_nsec == 20000000 &&
           cur.it_value.tv_nsec <= 20000000,
       "timer_gettime()");
    is_int(timer_delete(t), 0, "deleted");
    int then = fired;
    rv_sleep_ms(100);
    ok(fired <= then + 1, "it is quiet");
    its.it_value.tv_nsec = 1000000000;
    SIGEV_NONE_INIT(&ev);
    is_int(timer_create(CLOCK_REALTIME, &ev, &t), 0, "a timer without event");
    ok(timer_settime(t, 0, &its, NULL) == -1 && errno == EINVAL, "10^9 nanoseconds: EINVAL");
    its = (struct itimerspec){{0, 0}, {100, 0}};
    is_int(timer_settime(t, 0, &its, NULL), 0, "armed for 100 s");
    ok(timer_settime(t, 0, &its, &cur) == 0 && cur.it_value.tv_sec >= 98 &&
           cur.it_value.tv_sec <= 100,
       "the old setting comes back");
    timer_delete(t);
    ok(timer_delete((timer_t)(intptr_t)4000) == -1 && errno == EINVAL, "no such timer: EINVAL");
    ok(timer_create(77, NULL, &t) == -1 && errno == EINVAL, "no such clock: EINVAL");
}

static void by_alarm(void)
{
    struct itimerval it = {{0, 0}, {0, 40000}}, old;
    signal(SIGALRM, on_alarm);
    is_int(alarm(100), 0, "alarm()");
    int left = (int)alarm(0);
    ok(left == 100 || left == 99, "alarm(0) says what was left (%d)", left);
    is_int(setitimer(ITIMER_REAL, &it, NULL), 0, "setitimer()");
    for (int i = 0; i < 5000 && !alarms; i++) /* pause() would miss one that comes before it */
        rv_sleep_ms(1);
    is_int(alarms, 1, "SIGALRM");
    it.it_value.tv_sec = 50;
    setitimer(ITIMER_REAL, &it, NULL);
    ok(getitimer(ITIMER_REAL, &old) == 0 && old.it_value.tv_sec >= 48, "getitimer()");
    it.it_value = (struct timeval){0, 0};
    ok(setitimer(ITIMER_REAL, &it, &old) == 0 && old.it_value.tv_sec >= 48, "and switched off");
    it.it_value.tv_usec = 1000000;
    ok(setitimer(ITIMER_REAL, &it, NULL) == -1 && errno == EINVAL, "10^6 microseconds: EINVAL");
}

/* Library Reference, t/timer_getexpstatus. */
static void expired(void)
{
    struct sigevent ev;
    struct itimerspec far = {.it_value = {100, 0}}, soon = {.it_value = {0, 1000000}}, left;
    timer_t id;
    SIGEV_NONE_INIT(&ev);
    timer_create(CLOCK_MONOTONIC, &ev, &id);
    timer_settime(id, 0, &far, NULL);
    ok(timer_getexpstatus(id) == -1 && errno == EBUSY, "timer_getexpstatus() of one that runs: -1");
    timer_settime(id, 0, &soon, NULL);
    for (int i = 0; i < 5000 && timer_gettime(id, &left) == 0 && left.it_value.tv_nsec; i++)
        rv_sleep_ms(1);
    is_int(timer_getexpstatus(id), 0, "0 when it has expired");
    timer_delete(id);
    ok(timer_getexpstatus(id) == -1 && errno == EINVAL, "no such timer: EINVAL");
}

static void clocks(void)
{
    struct timespec a, b, ts;
    clock_gettime(CLOCK_MONOTONIC, &a);
    ts = a;
    ts.tv_nsec += 30000000;
    if (ts.tv_nsec >= 1000000000) {
        ts.tv_sec++;
        ts.tv_nsec -= 1000000000;
    }
    is_int(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL), 0, "sleep until a time");
    clock_gettime(CLOCK_MONOTONIC, &b);
    ok(b.tv_sec > ts.tv_sec || (b.tv_sec == ts.tv_sec && b.tv_nsec >= ts.tv_nsec),
       "not a nanosecond less");
    is_int(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &a, NULL), 0, "a past time is no wait");
    ts = (struct timespec){0, -1};
    is_int(clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL), EINVAL, "negative: EINVAL");
    ok(clock_gettime(77, &ts) == -1 && errno == EINVAL, "no such clock: EINVAL");
    ok(clock_getres(CLOCK_MONOTONIC, &ts) == 0 && ts.tv_sec == 0 && ts.tv_nsec > 0,
       "clock_getres()");
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
    for (volatile int i = 0; i < 1000000; i++)
        ;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
    ok(b.tv_sec > a.tv_sec || b.tv_nsec > a.tv_nsec, "CPU time passes while working");
    is_int(delay(5), 0, "delay()");
}

int main(void)
{
    tap_plan(31);
    expired();
    by_thread();
    by_alarm();
    clocks();
    return done();
}
