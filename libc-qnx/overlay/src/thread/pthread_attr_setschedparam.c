/* SPDX-License-Identifier: Apache-2.0 */
/* Scheduling of a thread to be made, SCHED_SPORADIC's parameters included, in the room that musl's pthread_attr_t has.
 * They are judged when the thread is made: which count depends on the policy, and that may be set later. */
#include <sched.h>
#include "../qrv/thread.h"

#define MAX_SEC 1000000000 /* 31 years: more than SchedSet() takes does not get this far */

static unsigned in_range(int v, int max)
{
    return v > 0 && v <= max ? (unsigned)v : 0;
}

static unsigned long to_ns(const struct timespec *ts)
{
    if (ts->tv_sec < 0 || ts->tv_sec >= MAX_SEC || ts->tv_nsec < 0 || ts->tv_nsec > 999999999)
        return 0;
    return (unsigned long)ts->tv_sec * 1000000000UL + (unsigned long)ts->tv_nsec;
}

int pthread_attr_setschedparam(pthread_attr_t *restrict a, const struct sched_param *restrict p)
{
    a->_a_prio = (int)(in_range(p->sched_priority, 0xff) | in_range(p->sched_ss_low_priority, 0xff) << 8 |
                       in_range(p->sched_ss_max_repl, SS_REPL_MAX) << 16);
    a->QRV_A_PERIOD = (a->QRV_A_PERIOD & QRV_A_NOTLAZY) | to_ns(&p->sched_ss_repl_period);
    a->QRV_A_BUDGET = to_ns(&p->sched_ss_init_budget);
    return 0;
}

static struct timespec to_ts(unsigned long ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / 1000000000UL), .tv_nsec = (long)(ns % 1000000000UL)};
}

void __qrv_attr_param(const pthread_attr_t *a, struct sched_param *p)
{
    unsigned packed = (unsigned)a->_a_prio;
    *p = (struct sched_param){.sched_priority = (int)(packed & 0xff),
                              .sched_ss_low_priority = (int)(packed >> 8 & 0xff),
                              .sched_ss_max_repl = (int)(packed >> 16),
                              .sched_ss_repl_period = to_ts(a->QRV_A_PERIOD & ~QRV_A_NOTLAZY),
                              .sched_ss_init_budget = to_ts(a->QRV_A_BUDGET)};
}

int pthread_attr_setschedpolicy(pthread_attr_t *a, int policy)
{
    if (policy < 0 || policy > 0xff)
        return EINVAL;
    a->_a_policy = (int)(((unsigned)a->_a_policy & ~0xffU) | (unsigned)policy);
    return 0;
}
