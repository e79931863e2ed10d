/* SPDX-License-Identifier: Apache-2.0 */
/* musl's <time.h> with Neutrino's clock and timer additions.  Times are nanoseconds where they are
 * a uint64_t. */
#pragma once
#include <musl/time.h>
#include <stdint.h>
#include <sys/cdefs.h>

__BEGIN_DECLS

#define CLOCK_SOFTTIME 15

#if defined(_BSD_SOURCE) || defined(_GNU_SOURCE)
struct sigevent;

/* Arms a kernel timeout for the next kernel call of this thread; see TimerTimeout(). */
int timer_timeout(clockid_t id, int flags, const struct sigevent *notify,
                  const struct timespec *ntime, struct timespec *otime);
/* As timer_timeout(), but returns the errno value. */
int timer_timeout_r(clockid_t id, int flags, const struct sigevent *notify,
                    const struct timespec *ntime, struct timespec *otime);
/* 0: the timer has expired (or was not set); -1: it runs (EBUSY), or does not exist (EINVAL): t/timer_getexpstatus. */
int timer_getexpstatus(timer_t timerid);
void nsec2timespec(struct timespec *ts, uint64_t nsec);
uint64_t timespec2nsec(const struct timespec *ts);
int nanospin(const struct timespec *when);
void nanospin_ns(unsigned long nsec);
#endif

__END_DECLS
