/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clocks, timers and timeouts in both forms: every errno, every pointer; the system page and the end of the machine.
 * Page: QNX Neutrino Library Reference, ClockTime(), ClockAdjust(), ClockPeriod(), ClockId(), ClockCycles(), TimerCreate(),
 * TimerDestroy(), TimerSettime(), TimerInfo(), TimerAlarm(), TimerTimeout().
 */
#include <sys/sysmgr.h>
#include <sys/syspage.h>
#include "../blocked.h"

#define NOBODY 32000
#define T(id)  ((timer_t)(intptr_t)(id))

static void clocks(void)
{
    uint64_t t = 0, now;
    struct _clockadjust adj = {0, 0}, old;
    struct _clockperiod period = {0, 0}, was;
    works(ClockTime, CLOCK_MONOTONIC, NULL, &t);
    works(ClockTime, CLOCK_REALTIME, NULL, &now);
    ok(t > 0, "the time");
    now += 1000000000; /* a clock is not set to before the start of the machine */
    works(ClockTime, CLOCK_REALTIME, &now, NULL);
    fails_status(ClockTime, EINVAL, "no such clock", 99, NULL, &t);
    fails_status(ClockTime, EINVAL, "the monotonic clock is not set", CLOCK_MONOTONIC, &t, NULL);
    bad_status(ClockTime, new, CLOCK_REALTIME, BAD, NULL);
    bad_status(ClockTime, old, CLOCK_REALTIME, NULL, BAD);
    bad_status(ClockTime, old, CLOCK_REALTIME, NULL, IN_KERNEL);
    works(ClockAdjust, CLOCK_REALTIME, &adj, &old);
    fails_status(ClockAdjust, EINVAL, "the monotonic clock", CLOCK_MONOTONIC, &adj, NULL);
    bad_status(ClockAdjust, new, CLOCK_REALTIME, BAD, NULL);
    bad_status(ClockAdjust, old, CLOCK_REALTIME, NULL, BAD);
    works(ClockPeriod, CLOCK_REALTIME, NULL, &was, 0);
    period = was;
    works(ClockPeriod, CLOCK_REALTIME, &period, NULL, 0);
    period.nsec = 1;
    fails_status(ClockPeriod, EINVAL, "a nanosecond", CLOCK_REALTIME, &period, NULL, 0);
    fails_status(ClockPeriod, EINVAL, "no such clock", 99, NULL, &was, 0);
    bad_status(ClockPeriod, new, CLOCK_REALTIME, BAD, NULL, 0);
    bad_status(ClockPeriod, old, CLOCK_REALTIME, NULL, BAD, 0);
    covers("ClockTime:EPERM ClockTime_r:EPERM ClockAdjust:EPERM ClockAdjust_r:EPERM ClockPeriod:EPERM ClockPeriod_r:EPERM");
    ok(unprivileged(FAIL_BOTH_STATUS(ClockTime, EPERM, CLOCK_REALTIME, &now, NULL) &&
                    FAIL_BOTH_STATUS(ClockAdjust, EPERM, CLOCK_REALTIME, &adj, NULL) &&
                    FAIL_BOTH_STATUS(ClockPeriod, EPERM, CLOCK_REALTIME, &was, NULL, 0)),
       "setting a clock without the ability: EPERM");
}

static void cpu_clocks(void)
{
    uint64_t a = 0, b = 0;
    int id = ClockId(0, 0), mine = ClockId(getpid(), gettid());
    gives(ClockId, id, 0, 0);
    fails_value(ClockId, ESRCH, "no such process", NOBODY, 0);
    fails_value(ClockId, ESRCH, "no such thread", 0, 4000);
    fails_value(ClockId, ESRCH, "a negative thread", 0, -1);
    ok(ClockTime(mine, NULL, &a) == 0 && ClockTime(id, NULL, &b) == 0 && a > 0 && b >= a, "thread and process have run");
    pid_t pid = fork();
    if (pid == 0)
        for (;;)
            pause();
    int theirs = ClockId(pid, 0);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    fails_status(ClockTime, ESRCH, "the process has gone", theirs, NULL, &a);
    uint64_t c0 = ClockCycles(), c1;
    do
        c1 = ClockCycles();
    while (c1 == c0);
    covers("ClockCycles:ok SYSPAGE_ENTRY:ok _syspage_ptr:ok");
    ok(c1 > c0 && _syspage_ptr != NULL && SYSPAGE_ENTRY(qtime)->cycles_per_sec > 0, "cycles count up at a known rate");
}

static void machine(void)
{
    covers("sysmgr_reboot:EPERM");
    ok(unprivileged(PLAIN(sysmgr_reboot()) == -EPERM), "without the ability nobody reboots: EPERM");
}

static void timers(void)
{
    struct sigevent ev, wrong;
    struct _itimer it = {1000000000, 0}, zero = {0, 0}, old;
    struct _timer_info ti;
    SIGEV_SIGNAL_INIT(&ev, SIGUSR2);
    SIGEV_SIGNAL_INIT(&wrong, 99);
    int a = TimerCreate(CLOCK_MONOTONIC, &ev);
    errno = UNTOUCHED;
    int b = TimerCreate_r(CLOCK_REALTIME, NULL);
    covers("TimerCreate:ok TimerCreate_r:ok");
    ok(a >= 0 && b >= 0 && a != b && errno == UNTOUCHED, "two timers (%d, %d)", a, b);
    fails_value(TimerCreate, EINVAL, "no such clock", 99, &ev);
    fails_value(TimerCreate, EINVAL, "an event of no signal", CLOCK_MONOTONIC, &wrong);
    bad_value(TimerCreate, event, CLOCK_MONOTONIC, BAD);
    bad_value(TimerCreate, event, CLOCK_MONOTONIC, IN_KERNEL);
    works(TimerSettime, T(a), 0, &it, &old);
    gives(TimerInfo, a, 0, T(a), 0, &ti);
    ok(ti.itime.nsec > 0 && ti.itime.nsec <= it.nsec && ti.notify == SIGEV_SIGNAL, "tells of the timer");
    works(TimerSettime, T(a), 0, &zero, NULL);
    fails_status(TimerSettime, EINVAL, "no such timer", T(4000), 0, &it, NULL);
    bad_status(TimerSettime, itime, T(a), 0, BAD, NULL);
    bad_status(TimerSettime, oitime, T(a), 0, &zero, BAD);
    fails_value(TimerInfo, EINVAL, "no such timer", 0, T(4000), 0, &ti);
    fails_value(TimerInfo, ESRCH, "no such process", NOBODY, T(0), 0, &ti);
    bad_value(TimerInfo, info, 0, T(a), 0, BAD);
    pid_t me = getpid();
    covers("TimerInfo:EPERM TimerInfo_r:EPERM");
    ok(unprivileged(FAIL_BOTH_VALUE(TimerInfo, EPERM, me, T(a), 0, &ti)), "somebody else's timers: EPERM");
    int rc = TimerDestroy(T(a));
    errno = UNTOUCHED;
    int rr = TimerDestroy_r(T(b));
    covers("TimerDestroy:ok TimerDestroy_r:ok");
    ok(rc == 0 && rr == EOK && errno == UNTOUCHED, "both destroyed");
    fails_status(TimerDestroy, EINVAL, "again", T(a));
    works(TimerAlarm, CLOCK_REALTIME, &it, &old);
    works(TimerAlarm, CLOCK_REALTIME, &zero, &old);
    fails_status(TimerAlarm, EINVAL, "no such clock", 99, &it, NULL);
    bad_status(TimerAlarm, itime, CLOCK_REALTIME, BAD, NULL);
    bad_status(TimerAlarm, otime, CLOCK_REALTIME, &zero, BAD);
    covers("TimerCreate:EAGAIN TimerCreate_r:EAGAIN");
    ok(unprivileged(({
           int n = 0;
           while (n < 10000 && TimerCreate_r(CLOCK_MONOTONIC, &ev) >= 0)
               n++;
           n > 100 && FAIL_BOTH_VALUE(TimerCreate, EAGAIN, CLOCK_MONOTONIC, &ev);
       })),
       "timers are bounded: EAGAIN");
}

/* TimerTimeout(_NTO_TIMEOUT_NANOSLEEP) sleeps. */
static long sleep_form(void *arg)
{
    uint64_t ns = 10000000000, left = 0;
    long got = *(int *)arg ? R_VALUE(TimerTimeout_r(CLOCK_MONOTONIC, _NTO_TIMEOUT_NANOSLEEP, NULL, &ns, &left))
                           : PLAIN(TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_NANOSLEEP, NULL, &ns, &left));
    return got == -EINTR && (left == 0 || left > ns) ? -EIO : got;
}

static void timeouts(void)
{
    static const char *const names[] = {"TimerTimeout", "TimerTimeout_r"};
    struct sigevent ev;
    struct _pulse p;
    uint64_t ns = 1000000, left;
    int chid = ChannelCreate(0);
    SIGEV_PULSE_INIT(&ev, 4242, 10, 1, 1);
    covers("TimerTimeout:ok");
    ok(TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, &ns, NULL) >= 0 &&
           MsgReceive_r(chid, &p, sizeof p, NULL) == -ETIMEDOUT,
       "ends the next wait");
    errno = UNTOUCHED;
    int rr = TimerTimeout_r(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, NULL, NULL);
    covers("TimerTimeout_r:ok");
    ok(rr >= 0 && MsgReceive_r(chid, &p, sizeof p, NULL) == -ETIMEDOUT && errno == UNTOUCHED, "at once, without a time");
    fails_value(TimerTimeout, EINVAL, "no such clock", 99, _NTO_TIMEOUT_RECEIVE, NULL, &ns, NULL);
    fails_value(TimerTimeout, EINVAL, "no such state", CLOCK_MONOTONIC, 1, NULL, &ns, NULL);
    fails_value(TimerTimeout, EBADF, "a pulse on no connection", CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, &ev, &ns, NULL);
    bad_value(TimerTimeout, notify, CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, BAD, &ns, NULL);
    bad_value(TimerTimeout, ntime, CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, BAD, NULL);
    gives(TimerTimeout, 0, CLOCK_MONOTONIC, _NTO_TIMEOUT_NANOSLEEP, NULL, &ns, &left);
    for (int form = 0; form < 2; form++) {
        blocked_is_interrupted(names[form], sleep_form, &form, STATE_NANOSLEEP);
        blocked_is_killed(names[form], sleep_form, &form, STATE_NANOSLEEP);
    }
}

/* What is left is written where nothing can be. */
static long bad_otime(void *arg)
{
    uint64_t ns = 10000000000;
    return *(int *)arg ? R_VALUE(TimerTimeout_r(CLOCK_MONOTONIC, _NTO_TIMEOUT_NANOSLEEP, NULL, &ns, BAD))
                       : PLAIN(TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_NANOSLEEP, NULL, &ns, BAD));
}

static void bad_left(int form)
{
    struct blocked b = {.call = bad_otime, .arg = &form};
    int there = blocked_enter(&b, STATE_NANOSLEEP);
    pthread_kill(b.thread, SIGUSR1);
    long got = blocked_join(&b);
    covers("TimerTimeout%s:bad_otime TimerTimeout%s:EFAULT", form ? "_r" : "", form ? "_r" : "");
    ok(there && got == -EFAULT, "a sleep is interrupted, bad otime: EFAULT (%ld)", got);
}

int main(void)
{
    blocked_handle(SIGUSR1);
    blocked_handle(SIGALRM);
    clocks();
    cpu_clocks();
    machine();
    timers();
    timeouts();
    bad_left(0);
    bad_left(1);
    return done();
}
