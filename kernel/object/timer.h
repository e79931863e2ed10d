/* SPDX-License-Identifier: Apache-2.0 */
/* Timers, the process alarm, clocks, and deadlines of user calls (object/timer.c, object/clock.c,
 * object/timeout.c). */
#pragma once
#include <abi/time.h>
#include "object/process.h"

/* ---- clocks */
struct qrv_syspage;
/* Boot: the page processes see; its realtime_offset_ns and tick_ns are maintained from here on. */
void clock_init(struct qrv_syspage *sp);
uint64_t clock_realtime_offset(void);
nsec_t clock_tick_ns(void); /* ClockPeriod(): a round-robin slice is four of these */
/* Absolute or relative time of clock id as a monotonic deadline (saturating).  -EINVAL for another
 * clock. */
int clock_deadline(int32_t id, bool absolute, uint64_t ns, nsec_t *out);
/* Value of any clock as the caller sees it: -EINVAL, -ESRCH. */
int clock_read(struct thread *t, int32_t id, uint64_t *out);
int clock_set_realtime(uint64_t ns);
int clock_adjust(const struct _clockadjust *new, struct _clockadjust *old);
int clock_set_period(uint32_t ns);

/* ---- timers: guarded by process.lock */
struct timer {
    struct process *proc; /* weak */
    int32_t id;
    int32_t clock;
    int32_t cpu_tid; /* CPU-time clock: of this thread, 0 the process; CPU_NONE, CPU_GONE */
    int32_t tid;    /* creator: SIGEV_SIGNAL_THREAD, SIGEV_INTR */
    uint32_t flags; /* _NTO_TI_* */
    uint32_t overruns;
    nsec_t deadline;    /* monotonic, or of the CPU-time clock; valid while ACTIVE */
    uint64_t absolute;  /* CLOCK_REALTIME time of the deadline when set as such, else 0 */
    struct _itimer set; /* as given to TimerSettime() */
    struct _kc_sigevent event;
    struct ktimer kt;
    struct list cpu_link; /* in proc->cpu_timers */
    void *slab_link; /* of freed memory: the rest must stay readable to a late ktimer */
};

#define CPU_NONE (-1) /* another clock */
#define CPU_GONE (-2) /* its thread has ended */

int timer_create(struct thread *t, int32_t clock, const struct _kc_sigevent *ev);
int timer_destroy(struct process *p, int32_t id);
int timer_settime(struct process *p, int32_t id, uint32_t flags, const struct _itimer *new,
                  struct _itimer *old);
/* id found (with _NTO_TIMER_SEARCH the first >= id) or -EINVAL. */
int timer_info(struct process *p, int32_t id, uint32_t flags, struct _timer_info *out);
/* Frees a bounded number of timers and, of a dying process, stops the alarm; true when none is
 * left. */
bool timer_process_fini(struct process *p);
uint32_t timer_count(void);
/* Timers on CPU-time clocks that t, which is current, drives: those that are due fire.  CPU time until the next, or METER_NEVER.
 * No lock held. */
nsec_t timer_cpu_run(struct thread *t);
/* process.lock held: t is ending. */
void timer_thread_fini_locked(struct thread *t);
/* process.lock held: CPU time of a thread (0: the process); 0 when it has gone. */
nsec_t clock_cpu_locked(struct process *p, int32_t tid);
/* CLOCK_REALTIME jumped: deadlines given as absolute times of day are computed anew. */
void timer_clock_changed(void);

/* ---- TimerAlarm() */
void alarm_init(struct process *p); /* once per process memory */
/* deadline 0: off; (nsec_t)-1: only report. */
void alarm_set(struct process *p, nsec_t deadline, uint64_t interval, struct _itimer *old);

/* ---- deadlines of blocking calls (object/timeout.c); thread_timeout_* are in object/thread.h */
/* Arms t for its next kernel call (or, from inside a call, for the wait it is about to enter). */
void timeout_arm(struct thread *t, uint32_t states, nsec_t deadline, uint64_t absolute,
                 const struct _kc_sigevent *ev);
/* A blocked thread moves to another blocking state (SEND to REPLY) without running: *lockp held.  A
 * deadline that is over already disturbs it from the timer interrupt. */
void thread_timeout_move(struct thread *t, int state);
/* Blocks the current thread until the deadline: 0, -EINTR (time left goes to remain_uaddr unless
 * 0), -ECANCELED. */
int64_t thread_sleep(struct thread *t, nsec_t deadline, uint64_t absolute, uint64_t remain_uaddr);
/* No lock held: threads of p that wait for an absolute time of day. */
void timeout_clock_changed(struct process *p);
