/* SPDX-License-Identifier: Apache-2.0 */
/* Priorities of this process' threads, for the tests of what mutexes lend. */
#pragma once
#include <sys/neutrino.h>

/* What thread tid runs at now. */
static inline int prio_of(int tid)
{
    struct sched_param sp = {0};
    SchedGet(0, tid, &sp);
    return sp.sched_curpriority;
}

/* The calling thread's own. */
static inline void set_prio(int prio)
{
    struct sched_param sp = {.sched_priority = prio};
    SchedSet(0, 0, SCHED_RR, &sp);
}
