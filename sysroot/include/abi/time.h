/* SPDX-License-Identifier: Apache-2.0 */
/* Clock, timer and kernel-timeout records.  Documentation followed: Library Reference ClockTime(), ClockAdjust(),
 * ClockPeriod(), TimerSettime(), TimerInfo(), TimerTimeout().  Clock ids 0..3 are musl's. */
#pragma once
#include <stdint.h>
#include <abi/sigevent.h>

#define _KC_CLOCK_REALTIME           0
#define _KC_CLOCK_MONOTONIC          1
#define _KC_CLOCK_PROCESS_CPUTIME_ID 2
#define _KC_CLOCK_THREAD_CPUTIME_ID  3
#define _KC_CLOCK_SOFTTIME           15
/* ClockId(pid, tid): 0x40000000 | pid << 12 | tid (tid 0: the process) */
#define _KC_CLOCK_CPU_FLAG           0x40000000
#define _KC_TIMER_ABSTIME            1

struct _clockadjust {
    int64_t  tick_nsec_inc;
    uint64_t tick_count;
};
struct _clockperiod {
    uint32_t nsec;
    int32_t  fract;
};
struct _itimer {
    uint64_t nsec;
    uint64_t interval_nsec;
};
struct _timer_info {
    struct _itimer       itime; /* remaining */
    struct _itimer       otime; /* as set */
    uint32_t             flags;
    int32_t              tid;
    int32_t              notify;
    int32_t              clockid;
    uint32_t             overruns;
    uint32_t             reserved;
    struct _kc_sigevent  event;
};
#define _NTO_TIMER_SEARCH          0x1
#define _NTO_TIMER_RESET_OVERRUNS  0x2
#define _NTO_TI_ACTIVE             0x1
#define _NTO_TI_ABSOLUTE           0x2

/* TimerTimeout(): one bit per blocking state */
#define _NTO_TIMEOUT_RECEIVE     (1 << 5)
#define _NTO_TIMEOUT_SEND        (1 << 4)
#define _NTO_TIMEOUT_REPLY       (1 << 6)
#define _NTO_TIMEOUT_SIGSUSPEND  (1 << 10)
#define _NTO_TIMEOUT_SIGWAITINFO (1 << 11)
#define _NTO_TIMEOUT_NANOSLEEP   (1 << 12)
#define _NTO_TIMEOUT_MUTEX       (1 << 13)
#define _NTO_TIMEOUT_CONDVAR     (1 << 14)
#define _NTO_TIMEOUT_JOIN        (1 << 15)
#define _NTO_TIMEOUT_INTR        (1 << 16)
#define _NTO_TIMEOUT_SEM         (1 << 17)
#define _NTO_TIMEOUT_MASK        0x3fff0
#define _KC_TIMEOUT_ABSTIME      0x80000000U /* TIMER_ABSTIME in TimerTimeout's flags */
