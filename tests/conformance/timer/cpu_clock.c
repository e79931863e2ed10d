/* SPDX-License-Identifier: Apache-2.0 */
/* Timers on CPU-time clocks: of the process, the calling thread, another thread of the process.  They do not run while nobody
 * computes, and never fire early.
 * Pages: QNX Neutrino Library Reference, TimerCreate(), TimerSettime(), TimerInfo(), ClockId(), timer_create(), timer_settime(),
 * clock_getcpuclockid(), pthread_getcpuclockid(). */
#define _GNU_SOURCE
#include "../rendezvous.h"

#define MS 1000000L

static volatile int fired;
static volatile long long fired_at;
static clockid_t watched;

static long long clock_ns(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void handler(int sig)
{
    (void)sig;
    fired_at = clock_ns(watched);
    fired++;
}

/* Computes until n expiries have been seen; false after ten seconds. */
static int spin_until(int n)
{
    long long limit = clock_ns(CLOCK_MONOTONIC) + 10000 * MS;
    while (fired < n)
        if (clock_ns(CLOCK_MONOTONIC) > limit)
            return 0;
    return 1;
}

static timer_t start(clockid_t id, int flags, long long ns, long ms_interval)
{
    struct sigevent ev;
    struct itimerspec it = {.it_value = {ns / 1000000000, ns % 1000000000}, .it_interval = {0, ms_interval * MS}};
    timer_t t;
    SIGEV_SIGNAL_INIT(&ev, SIGUSR1);
    fired = 0;
    watched = id;
    if (timer_create(id, &ev, &t) != 0 || timer_settime(t, flags, &it, NULL) != 0)
        bail_out("timer on clock 0x%x: %s", (unsigned)id, strerror(errno));
    return t;
}

static void one_clock(clockid_t id, const char *name)
{
    struct itimerspec left;
    struct _timer_info info;
    long long began = clock_ns(id);
    timer_t t = start(id, 0, 50 * MS, 0);
    ok(spin_until(1), "%s: the timer fires", name);
    ok(fired_at - began >= 50 * MS, "... not early (%lld us)", (fired_at - began) / 1000);
    timer_gettime(t, &left);
    ok(left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0, "... once");
    timer_delete(t);

    t = start(id, TIMER_ABSTIME, clock_ns(id) + 30 * MS, 20);
    ok(spin_until(3), "absolute, with an interval: again and again");
    timer_delete(t);
    fired = 0;
    began = clock_ns(id);
    while (clock_ns(id) < began + 50 * MS)
        ;
    is_int(fired, 0, "deleted: no more");

    t = start(id, 0, 60000 * MS, 0);
    rv_sleep_ms(100);
    timer_gettime(t, &left);
    ok(fired == 0 && left.it_value.tv_sec > 0, "sleeping does not use it up");
    is_int(TimerInfo(0, t, 0, &info), t, "TimerInfo()");
    ok(info.clockid == (int)id && info.flags & _NTO_TI_ACTIVE && info.itime.nsec <= 60000UL * MS && info.itime.nsec > 0,
       "... tells clock and time left");
    timer_delete(t);

    t = start(id, TIMER_ABSTIME, 1, 0);
    ok(spin_until(1), "an absolute time that is over: at once");
    timer_delete(t);
}

static volatile int tid, mode;
static volatile clockid_t others;

static void *worker(void *arg)
{
    (void)arg;
    tid = gettid();
    while (mode != 2) {
        if (mode == 0)
            rv_sleep_ms(1);
    }
    return NULL;
}

static void another_thread(void)
{
    pthread_t t;
    clockid_t id;
    struct itimerspec it = {.it_value = {1, 0}};
    mode = 0;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_create(&t, NULL, worker, NULL); /* signals are for this thread */
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    while (!tid)
        rv_sleep_ms(1);
    is_int(pthread_getcpuclockid(t, &id), 0, "pthread_getcpuclockid()");
    is_int(id, ClockId(0, tid), "is ClockId()");
    timer_t tm = start(id, 0, 1000 * MS, 0);
    long long own = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < own + 1200 * MS)
        ;
    is_int(fired, 0, "another thread's clock: what this thread computes does not count");
    timer_delete(tm);
    long long began = clock_ns(id);
    tm = start(id, 0, 50 * MS, 0);
    mode = 1;
    for (int i = 0; i < 10000 && !fired; i++)
        rv_sleep_ms(1);
    is_int(fired, 1, "... what that one computes does");
    ok(fired_at - began >= 50 * MS, "... not early (%lld us)", (fired_at - began) / 1000);
    mode = 0;
    timer_delete(tm);
    tm = start(id, TIMER_ABSTIME, 1, 0);
    for (int i = 0; i < 10000 && !fired; i++)
        rv_sleep_ms(1);
    is_int(fired, 1, "a time that is over, of a thread that sleeps");
    mode = 2;
    pthread_join(t, NULL);
    is_int(timer_settime(tm, 0, &it, NULL), -1, "its thread has ended");
    is_errno(EINVAL, "... EINVAL");
    timer_delete(tm);
    is_int(timer_create(id, NULL, &tm), -1, "nor is there a new one");
    is_errno(EINVAL, "... EINVAL");
}

static void *spinner(void *arg)
{
    (void)arg;
    while (mode == 0)
        ;
    return NULL;
}

static void several_threads(void)
{
    pthread_t t[3];
    sigset_t set;
    mode = 0;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    long long began = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, spinner, NULL);
    timer_t tm = start(CLOCK_PROCESS_CPUTIME_ID, 0, 100 * MS, 0);
    pthread_create(&t[2], NULL, spinner, NULL); /* joins in later */
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    for (int i = 0; i < 10000 && !fired; i++)
        rv_sleep_ms(1);
    is_int(fired, 1, "three threads use the process' time together");
    ok(fired_at - began >= 100 * MS, "... not early (%lld us)", (fired_at - began) / 1000);
    mode = 1;
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    timer_delete(tm);
}

static void errors(void)
{
    struct sigevent ev;
    SIGEV_NONE_INIT(&ev);
    clockid_t init;
    is_int(TimerCreate(CLOCK_THREAD_CPUTIME_ID, (struct sigevent *)8), -1, "event nowhere");
    is_errno(EFAULT, "... EFAULT");
    is_int(clock_getcpuclockid(1, &init), 0, "the clock of another process");
    is_int(TimerCreate_r(init, &ev), -ENOTSUP, "no timer on it: ENOTSUP");
    is_int(TimerCreate_r(ClockId(0, 0) | 3000, &ev), -EINVAL, "no such thread: EINVAL");
    is_int(TimerCreate_r(77, &ev), -EINVAL, "no such clock: EINVAL");
    int id = TimerCreate(ClockId(0, 0), &ev);
    ok(id >= 0, "by the number that ClockId() gives this process");
    is_int(TimerSettime_r(id, 0, NULL, NULL), EOK, "asked for nothing");
    is_int(TimerDestroy(id), 0, "destroyed");
}

int main(void)
{
    struct sigaction sa = {.sa_handler = handler};
    tap_plan(0);
    sigaction(SIGUSR1, &sa, NULL);
    one_clock(CLOCK_THREAD_CPUTIME_ID, "the thread's clock");
    one_clock(CLOCK_PROCESS_CPUTIME_ID, "the process' clock");
    another_thread();
    several_threads();
    errors();
    return done();
}
