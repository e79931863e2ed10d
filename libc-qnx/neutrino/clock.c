/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks, timers, kernel timeouts and the short sleeps built on them.  Times are nanoseconds. */
#include <time.h>
#include <unistd.h>
#include <abi/syspage.h>
#include "../qrv/thread.h"
#include "kcall.h"

int ClockTime_r(clockid_t id, const uint64_t *new_time, uint64_t *old_time)
{
    return __qrv_pos(__kercall3(KC_CLOCK_TIME, id, (long)new_time, (long)old_time));
}

int ClockTime(clockid_t id, const uint64_t *new_time, uint64_t *old_time)
{
    return __qrv_ok(-(long)ClockTime_r(id, new_time, old_time));
}

int ClockAdjust_r(clockid_t id, const struct _clockadjust *new_adj, struct _clockadjust *old_adj)
{
    return __qrv_pos(__kercall3(KC_CLOCK_ADJUST, id, (long)new_adj, (long)old_adj));
}

int ClockAdjust(clockid_t id, const struct _clockadjust *new_adj, struct _clockadjust *old_adj)
{
    return __qrv_ok(-(long)ClockAdjust_r(id, new_adj, old_adj));
}

int ClockPeriod_r(clockid_t id, const struct _clockperiod *new_period,
                  struct _clockperiod *old_period, int reserved)
{
    return __qrv_pos(__kercall4(KC_CLOCK_PERIOD, id, (long)new_period, (long)old_period, reserved));
}

int ClockPeriod(clockid_t id, const struct _clockperiod *new_period,
                struct _clockperiod *old_period, int reserved)
{
    return __qrv_ok(-(long)ClockPeriod_r(id, new_period, old_period, reserved));
}

int ClockId_r(pid_t pid, int tid)
{
    return (int)__kercall2(KC_CLOCK_ID, pid, tid);
}

int ClockId(pid_t pid, int tid)
{
    return (int)__qrv_neg(ClockId_r(pid, tid));
}

uint64_t ClockCycles(void)
{
    uint64_t cycles;
    __asm__ __volatile__("rdtime %0" : "=r"(cycles));
    return cycles;
}

int TimerCreate_r(clockid_t id, const struct sigevent *event)
{
    static const struct sigevent alarm_event = {.sigev_notify = SIGEV_SIGNAL,
                                                .sigev_signo = SIGALRM};
    return (int)__kercall2(KC_TIMER_CREATE, id, (long)(event ? event : &alarm_event));
}

int TimerCreate(clockid_t id, const struct sigevent *event)
{
    return (int)__qrv_neg(TimerCreate_r(id, event));
}

int TimerDestroy_r(timer_t id)
{
    return __qrv_pos(__kercall1(KC_TIMER_DESTROY, id));
}

int TimerDestroy(timer_t id)
{
    return __qrv_ok(-(long)TimerDestroy_r(id));
}

int TimerSettime_r(timer_t id, int flags, const struct _itimer *itime, struct _itimer *oitime)
{
    return __qrv_pos(__kercall4(KC_TIMER_SETTIME, id, flags, (long)itime, (long)oitime));
}

int TimerSettime(timer_t id, int flags, const struct _itimer *itime, struct _itimer *oitime)
{
    return __qrv_ok(-(long)TimerSettime_r(id, flags, itime, oitime));
}

int TimerInfo_r(pid_t pid, timer_t id, int flags, struct _timer_info *info)
{
    return (int)__kercall4(KC_TIMER_INFO, pid, id, flags, (long)info);
}

int TimerInfo(pid_t pid, timer_t id, int flags, struct _timer_info *info)
{
    return (int)__qrv_neg(TimerInfo_r(pid, id, flags, info));
}

int TimerAlarm_r(clockid_t id, const struct _itimer *itime, struct _itimer *oitime)
{
    return __qrv_pos(__kercall3(KC_TIMER_ALARM, id, (long)itime, (long)oitime));
}

int TimerAlarm(clockid_t id, const struct _itimer *itime, struct _itimer *oitime)
{
    return __qrv_ok(-(long)TimerAlarm_r(id, itime, oitime));
}

/* The timeout is for the next kernel call: pthread_mutex_lock() must not have to ask for the
 * thread's identity first, and InterruptWait() of a thread with InterruptAttach() handlers is a
 * semaphore wait. */
int TimerTimeout_r(clockid_t id, int flags, const struct sigevent *notify, const uint64_t *ntime,
                   uint64_t *otime)
{
    (void)__qrv_owner();
    if (flags & _NTO_TIMEOUT_INTR)
        flags |= _NTO_TIMEOUT_SEM;
    return (int)__kercall5(KC_TIMER_TIMEOUT, id, flags, (long)notify, (long)ntime, (long)otime);
}

int TimerTimeout(clockid_t id, int flags, const struct sigevent *notify, const uint64_t *ntime,
                 uint64_t *otime)
{
    return (int)__qrv_neg(TimerTimeout_r(id, flags, notify, ntime, otime));
}

void nsec2timespec(struct timespec *ts, uint64_t nsec)
{
    ts->tv_sec = (time_t)(nsec / 1000000000UL);
    ts->tv_nsec = (long)(nsec % 1000000000UL);
}

uint64_t timespec2nsec(const struct timespec *ts)
{
    return (uint64_t)ts->tv_sec * 1000000000UL + (uint64_t)ts->tv_nsec;
}

int timer_timeout_r(clockid_t id, int flags, const struct sigevent *notify,
                    const struct timespec *ntime, struct timespec *otime)
{
    uint64_t n = ntime ? timespec2nsec(ntime) : 0, o = 0;
    int rc = TimerTimeout_r(id, flags, notify, ntime ? &n : 0, otime ? &o : 0);
    if (rc < 0)
        return -rc;
    if (otime)
        nsec2timespec(otime, o);
    return EOK;
}

int timer_timeout(clockid_t id, int flags, const struct sigevent *notify,
                  const struct timespec *ntime, struct timespec *otime)
{
    return __qrv_ok(-(long)timer_timeout_r(id, flags, notify, ntime, otime));
}

unsigned delay(unsigned milliseconds)
{
    struct timespec req = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000000},
                    rem = {0, 0};
    if (nanosleep(&req, &rem) == 0)
        return 0;
    return (unsigned)(rem.tv_sec * 1000 + (rem.tv_nsec + 999999) / 1000000);
}

int nap(unsigned milliseconds)
{
    return (int)delay(milliseconds);
}

int napms(int milliseconds)
{
    return milliseconds < 0 ? 0 : (int)delay((unsigned)milliseconds);
}

/* Keeps the hart busy: for waits shorter than a trip to the scheduler. */
void nanospin_ns(unsigned long nsec)
{
    const struct qrv_syspage *sys = (const struct qrv_syspage *)QRV_SYSPAGE_ADDR;
    uint64_t start = ClockCycles();
    uint64_t ticks = (uint64_t)((unsigned __int128)nsec * sys->cycles_per_sec / 1000000000UL) + 1;
    while (ClockCycles() - start < ticks)
        ;
}

int nanospin(const struct timespec *when)
{
    if (when->tv_sec < 0 || (unsigned long)when->tv_nsec >= 1000000000UL)
        return EINVAL;
    nanospin_ns(timespec2nsec(when));
    return EOK;
}
