/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks: reading, setting, slewing, period, CPU time, the system page.
 * Pages: QNX Neutrino Library Reference, ClockTime(), ClockAdjust(), ClockPeriod(), ClockId(),
 * ClockCycles(). */
#define _GNU_SOURCE
#include <sys/syspage.h>
#include "../rendezvous.h"

static uint64_t now(clockid_t id)
{
    uint64_t t = 0;
    ClockTime(id, NULL, &t);
    return t;
}

static void *absolute_sleeper(void *arg)
{
    uint64_t ns = now(CLOCK_REALTIME) + 3000000000u;
    struct timespec ts = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
    uint64_t t0 = now(CLOCK_MONOTONIC);
    clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &ts, NULL);
    *(uint64_t *)arg = now(CLOCK_MONOTONIC) - t0;
    return NULL;
}

static void setting(void)
{
    pthread_t t;
    uint64_t took = 0, mono = now(CLOCK_MONOTONIC), day = now(CLOCK_REALTIME);
    pthread_create(&t, NULL, absolute_sleeper, &took);
    rv_sleep_ms(50);
    uint64_t new = day + 10000000000u, old = 0;
    is_int(ClockTime_r(CLOCK_REALTIME, &new, &old), 0, "the clock is set ten seconds ahead");
    ok(old >= day && old - day < 2000000000, "the old time is reported");
    uint64_t after = now(CLOCK_REALTIME);
    ok(after >= new &&after - new < 1000000000, "it has the new time");
    ok(now(CLOCK_MONOTONIC) - mono < 5000000000u, "CLOCK_MONOTONIC does not jump");
    pthread_join(t, NULL);
    ok(took < 2000000000, "a sleep until a time of day that is now over ends (%lu ms)",
       took / 1000000);
    new = now(CLOCK_REALTIME) - 10000000000u;
    ClockTime(CLOCK_REALTIME, &new, NULL);
    is_int(ClockTime_r(CLOCK_MONOTONIC, &new, NULL), EINVAL, "CLOCK_MONOTONIC is not set: EINVAL");
}

/* Time of day less monotonic time, read in one go: somebody else may have the hart in between. */
static uint64_t offset(void)
{
    uint64_t best = UINT64_MAX, value = 0;
    for (int i = 0; i < 200; i++) {
        uint64_t m0 = now(CLOCK_MONOTONIC), r = now(CLOCK_REALTIME), m1 = now(CLOCK_MONOTONIC);
        if (m1 - m0 < best) {
            best = m1 - m0;
            value = r - m0;
        }
    }
    return value;
}

static void slewing(void)
{
    struct _clockadjust adj = {.tick_nsec_inc = 100000, .tick_count = 100}, old, zero = {0, 0};
    uint64_t d0 = offset();
    is_int(ClockAdjust_r(CLOCK_REALTIME, &adj, NULL), 0, "100 ticks of 0.1 ms more");
    do
        rv_sleep_ms(20);
    while (ClockAdjust_r(CLOCK_REALTIME, NULL, &old) == EOK && old.tick_count > 0);
    uint64_t d1 = offset();
    ok(d1 - d0 > 9000000 && d1 - d0 < 11000000, "make 10 ms (%ld us)", (long)(d1 - d0) / 1000);
    ClockAdjust(CLOCK_REALTIME, NULL, &old);
    is_int(old.tick_count, 0, "and it is over");
    adj.tick_nsec_inc = -100000;
    ClockAdjust(CLOCK_REALTIME, &adj, NULL);
    ClockAdjust(CLOCK_REALTIME, &zero, &old);
    ok(old.tick_nsec_inc == -100000 && old.tick_count > 0, "setting nothing cancels");
    is_int(ClockAdjust_r(CLOCK_MONOTONIC, &adj, NULL), EINVAL, "only CLOCK_REALTIME: EINVAL");
}

static void cpu_time(void)
{
    int self = ClockId(0, gettid()), proc = ClockId(0, 0);
    ok(self != -1 && proc != -1, "ClockId");
    uint64_t p = now(proc), a = now(self);
    for (volatile int i = 0; i < 30000000; i++)
        ;
    uint64_t used = now(self) - a;
    ok(used > 1000000, "work uses CPU time (%lu us)", used / 1000);
    ok(now(proc) - p >= used, "the process used at least as much");
    a = now(CLOCK_THREAD_CPUTIME_ID);
    rv_sleep_ms(100);
    ok(now(CLOCK_THREAD_CPUTIME_ID) - a < 50000000, "sleeping uses none");
    is_int(ClockId_r(31999, 0), -ESRCH, "nobody's clock: ESRCH");
}

int main(void)
{
    struct _clockperiod per = {0, 0};
    tap_plan(27);
    uint64_t a = now(CLOCK_MONOTONIC), b = now(CLOCK_MONOTONIC);
    ok(a && b >= a, "CLOCK_MONOTONIC goes on");
    a = now(CLOCK_MONOTONIC);
    ok(now(CLOCK_REALTIME) >= a, "CLOCK_REALTIME counts from before the boot");
    is_int(ClockPeriod_r(CLOCK_REALTIME, NULL, &per, 0), 0, "ClockPeriod");
    is_int(per.nsec, 1000000, "a tick is 1 ms");
    per.nsec = 1;
    is_int(ClockPeriod_r(CLOCK_REALTIME, &per, NULL, 0), EINVAL, "a tick of 1 ns: EINVAL");
    per.nsec = 2000000;
    is_int(ClockPeriod_r(CLOCK_REALTIME, &per, NULL, 0), 0, "a tick of 2 ms");
    struct _sched_info si;
    is_int(SchedInfo(0, SCHED_RR, &si), 0, "SchedInfo");
    is_int(si.interval, 8000000, "a slice is four ticks");
    per.nsec = 1000000;
    ClockPeriod(CLOCK_REALTIME, &per, NULL, 0);
    uint64_t t;
    is_int(ClockTime_r(99, NULL, &t), EINVAL, "unknown clock: EINVAL");
    is_int(ClockTime_r(CLOCK_REALTIME, (void *)8, NULL), EFAULT, "a time nowhere: EFAULT");
    setting();
    slewing();
    cpu_time();
    pid_t pid = fork();
    if (pid == 0) {
        uint64_t n = now(CLOCK_REALTIME);
        if (setuid(99) != 0)
            _exit(9);
        _exit(ClockTime_r(CLOCK_REALTIME, &n, NULL) == EPERM ? 0 : 1);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    is_int(status, 0, "setting without the right: EPERM");
    return done();
}
