/* SPDX-License-Identifier: Apache-2.0 */
/* Threads whose CPU time matters while they run: sporadic servers (object/meter.c) and timers on CPU-time clocks (object/timer.c).
 * They carry TF_METER, so that nobody else pays for them. */
#pragma once
#include "object/process.h"

#define METER_NEVER ((nsec_t)-1)
#define SS_REPL_MAX 65535 /* what SchedSet() takes */

/* core/exit.c, for a thread with TF_METER.  On the way to user mode: acts on what is due and sets the hart's timer for what comes. */
void meter_run(struct thread *t);
/* The hart has let go of such a thread; no lock held.  What it used is charged, unless it runs again already and does so itself. */
void meter_stop(void);
void meter_let_go(struct thread *t);

/* t gets TF_METER, and what it runs is looked at anew.  Any locks up to PROC. */
void meter_watch(struct thread *t);
/* CPU time of a thread so far.  *t->lockp held. */
nsec_t meter_cpu_locked(const struct thread *t);

/* One that a thread can have. */
static inline bool sched_is_policy(int policy)
{
    return (policy >= _KC_SCHED_OTHER && policy <= _KC_SCHED_RR) || policy == _KC_SCHED_SPORADIC;
}
/* The parameters are sound for that policy (or SCHED_NOCHANGE). */
bool sched_param_is_valid(int policy, const struct _kc_sched_param *sp);
/* t becomes a sporadic server, or gets new parameters and a full budget.  -EAGAIN. */
int sporadic_set(struct thread *t, const struct _kc_sched_param *sp);
/* A new thread, not yet known to anybody, begins as one; wait_lock, which guards it, may be held.  -EAGAIN. */
int sporadic_begin(struct thread *t, const struct _kc_sched_param *sp);
/* *t->lockp held.  SchedSet() with another policy (drop: what is left to free after the unlock, or NULL), with SCHED_NOCHANGE. */
struct sporadic *sporadic_take_locked(struct thread *t);
void sporadic_free(struct sporadic *s);
void sporadic_drop(struct thread *t); /* t ends */
bool sporadic_set_prio_locked(struct thread *t, int prio); /* false: it is none */
void sporadic_get_locked(const struct thread *t, struct _kc_sched_param *sp);
/* Priority of its own that a thread has while its budget lasts.  *t->lockp held, or t current. */
int thread_own_prio(const struct thread *t);
