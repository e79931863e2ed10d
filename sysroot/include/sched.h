/* SPDX-License-Identifier: Apache-2.0 */
/* musl's <sched.h> with Neutrino's struct sched_param and policies. */
#pragma once

/* musl's structure and the three functions that take it step aside; ours follow. */
#define sched_param        __musl_sched_param
#define sched_getparam     __musl_sched_getparam
#define sched_setparam     __musl_sched_setparam
#define sched_setscheduler __musl_sched_setscheduler
#include <musl/sched.h>
#undef sched_param
#undef sched_getparam
#undef sched_setparam
#undef sched_setscheduler
#undef SCHED_BATCH
#undef SCHED_IDLE
#undef SCHED_DEADLINE
#undef SCHED_RESET_ON_FORK

#include <abi/thread.h>
#include <sys/cdefs.h>

__BEGIN_DECLS

#define SCHED_SPORADIC  _KC_SCHED_SPORADIC
#define SCHED_NOCHANGE  _KC_SCHED_NOCHANGE
#define SCHED_ADJTOHEAD _KC_SCHED_ADJTOHEAD
#define SCHED_ADJTOTAIL _KC_SCHED_ADJTOTAIL

/* Wrap a priority: fail, or use the highest allowed one, when the caller may not have it. */
#define SCHED_PRIO_LIMIT_ERROR(p)    (p)
#define SCHED_PRIO_LIMIT_SATURATE(p) ((p) > QRV_PRIO_USER_MAX ? (int)QRV_PRIO_USER_MAX : (int)(p))

#define SS_REPL_MAX 65535

/* The sched_ss_ members are those of SCHED_SPORADIC: 1 <= low priority < priority, budget <= period, and at most so many
 * replenishments wait at a time. */
struct sched_param {
    int sched_priority;
    int sched_curpriority; /* effective, read only */
    int sched_ss_low_priority;
    int sched_ss_max_repl;
    struct timespec sched_ss_repl_period;
    struct timespec sched_ss_init_budget;
};

int sched_getparam(pid_t pid, struct sched_param *param);
int sched_setparam(pid_t pid, const struct sched_param *param);
int sched_setscheduler(pid_t pid, int policy, const struct sched_param *param);
int sched_get_priority_adjust(int prio, int policy, int adjust);
int getprio(pid_t pid);
int setprio(pid_t pid, int prio);

__END_DECLS
