/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks, sleeping, the interval timer.  The kernel counts in nanoseconds. */
#include <sys/syscall.h>
#include <sys/time.h>
#include <abi/time.h>
#include "qrv.h"

static long get_time(int id, struct timespec *ts)
{
    uint64_t ns = 0;
    long rc = __kercall3(KC_CLOCK_TIME, id, 0, (long)&ns);
    if (rc < 0)
        return rc;
    __qrv_ts(ts, ns);
    return 0;
}

static long set_time(int id, const struct timespec *ts)
{
    if (__qrv_badts(ts))
        return -EINVAL;
    uint64_t ns = __qrv_ns_sat(ts);
    return __kercall3(KC_CLOCK_TIME, id, (long)&ns, 0);
}

static long get_res(int id, struct timespec *ts)
{
    struct _clockperiod p = {0, 0};
    uint64_t now;
    long rc = __kercall3(KC_CLOCK_TIME, id, 0, (long)&now); /* is it a clock? */
    if (rc < 0)
        return rc;
    if (id == CLOCK_REALTIME || id == CLOCK_MONOTONIC)
        rc = __kercall4(KC_CLOCK_PERIOD, CLOCK_REALTIME, 0, (long)&p, 0);
    if (rc < 0)
        return rc;
    if (ts)
        *ts = (struct timespec){0, p.nsec ? (long)p.nsec : 1};
    return 0;
}

static long do_sleep(int id, int flags, const struct timespec *req, struct timespec *rem,
                     unsigned fl)
{
    uint64_t ns, left = 0;
    if (__qrv_badts(req))
        return -EINVAL;
    if (id == CLOCK_THREAD_CPUTIME_ID)
        return -EINVAL;
    ns = __qrv_ns_sat(req);
    for (;;) {
        long rc = __kercall4(KC_NANOSLEEP, id, flags & TIMER_ABSTIME, (long)&ns, (long)&left);
        if (rc == -ETIMEDOUT)
            return 0;
        if (rc == -ECANCELED && fl) { /* not a cancellation point here: go on */
            if (!(flags & TIMER_ABSTIME))
                ns = left;
            continue;
        }
        if (rc == -EINTR && rem && !(flags & TIMER_ABSTIME))
            __qrv_ts(rem, left);
        return rc < 0 ? rc : 0;
    }
}

static uint64_t tv_ns(const struct timeval *tv)
{
    return (uint64_t)tv->tv_sec * NSEC_PER_SEC + (uint64_t)tv->tv_usec * 1000;
}

static void ns_tv(struct timeval *tv, uint64_t ns)
{
    ns += 999; /* a running timer must not read as zero */
    tv->tv_sec = (time_t)(ns / NSEC_PER_SEC);
    tv->tv_usec = (suseconds_t)(ns % NSEC_PER_SEC / 1000);
}

static long real_timer(int which, const struct itimerval *new, struct itimerval *old)
{
    struct _itimer n, o = {0, 0};
    if (which != ITIMER_REAL)
        return -EINVAL;
    if (new) {
        if (new->it_value.tv_sec < 0 || new->it_interval.tv_sec < 0 ||
            (unsigned long)new->it_value.tv_usec >= 1000000 ||
            (unsigned long)new->it_interval.tv_usec >= 1000000)
            return -EINVAL;
        n = (struct _itimer){tv_ns(&new->it_value), tv_ns(&new->it_interval)};
    }
    long rc = __kercall3(KC_TIMER_ALARM, CLOCK_MONOTONIC, new ? (long)&n : 0, (long)&o);
    if (rc < 0)
        return rc;
    if (old) {
        *old = (struct itimerval){0};
        if (o.nsec)
            ns_tv(&old->it_value, o.nsec);
        if (o.interval_nsec)
            ns_tv(&old->it_interval, o.interval_nsec);
    }
    return 0;
}

long __qrv_time(long n, long a, long b, long c, long d, unsigned fl)
{
    struct timespec ts;
    long rc;
    switch (n) {
    case SYS_clock_gettime:
        return get_time((int)a, (struct timespec *)b);
    case SYS_clock_settime:
        return set_time((int)a, (const struct timespec *)b);
    case SYS_clock_getres:
        return get_res((int)a, (struct timespec *)b);
    case SYS_clock_nanosleep:
        return do_sleep((int)a, (int)b, (const struct timespec *)c, (struct timespec *)d, fl);
    case SYS_nanosleep:
        return do_sleep(CLOCK_REALTIME, 0, (const struct timespec *)a, (struct timespec *)b, fl);
    case SYS_gettimeofday:
        if (a && (rc = get_time(CLOCK_REALTIME, &ts)) < 0)
            return rc;
        if (a)
            *(struct timeval *)a = (struct timeval){ts.tv_sec, ts.tv_nsec / 1000};
        return 0;
    case SYS_settimeofday: {
        const struct timeval *tv = (const struct timeval *)a;
        ts = (struct timespec){tv->tv_sec, tv->tv_usec * 1000};
        return set_time(CLOCK_REALTIME, &ts);
    }
    case SYS_setitimer:
        return real_timer((int)a, (const struct itimerval *)b, (struct itimerval *)c);
    case SYS_getitimer:
        return real_timer((int)a, 0, (struct itimerval *)b);
    default:
        return -ENOSYS;
    }
}
