/* SPDX-License-Identifier: Apache-2.0 */
/* Scheduler: per-hart run queues, who locks a thread's state, blocking and waking.
 *
 * thread.lockp names the lock that guards the thread's state and wait fields at this moment (the container the thread is in):
 *   READY, RUNNING   run queue of thread.hart
 *   SEND, RECEIVE, REPLY   the channel's lock
 *   MUTEX, CONDVAR, SEM, futex waits   the sync bucket's lock
 *   everything else  thread.wait_lock
 * It changes only while the old lock is held.  All those locks live in type-stable memory.
 *
 * A blocked thread has no kernel stack: it is registers plus, optionally, a continuation (thread.kcont) that the hart which
 * dispatches it runs first, in the thread's own address space.  A hart that takes a thread off another hart waits until
 * thread.on_cpu is clear, so its registers and FP state are complete (release store in sched_switch pairs with the acquire there).
 */
#pragma once
#include "core/hart.h"

struct thread;

struct spinlock *thread_lock(struct thread *t); /* returns the lock taken */
static inline void thread_unlock(struct spinlock *l)
{
    spin_unlock(l);
}

/* The current thread stops running: guarded by *l (held, RANK_WAIT) from now on.  The switch happens in kernel_exit(). */
void thread_block_locked(struct thread *t, int state, struct spinlock *l);
/* Both at once: the current thread t stops as above, and r, blocked under the same lock and unlinked, gets its hart without
 * going through a queue.  false: that would pass somebody by; nothing has changed. */
bool sched_hand_over(struct thread *t, int state, struct spinlock *l, struct thread *r);
/* A blocked thread may run again.  Caller holds *t->lockp (RANK_WAIT) and has unlinked it from its wait object. */
void thread_ready_locked(struct thread *t);
/* As above, for a client that the current thread, a server, has answered.  head: before others of its priority (nc sends). */
void thread_ready_replied_locked(struct thread *t, bool head);

/* Changes the effective priority (queues follow).  Caller holds *t->lockp. */
void thread_set_prio_locked(struct thread *t, int prio);

/* A READY thread goes to the head or tail of its level; any other stays.  Caller holds *t->lockp. */
void thread_move_locked(struct thread *t, bool head);

void sched_init(void);
void sched_start_hart(void);                   /* each hart, before its first kernel_exit() */
void sched_yield(struct thread *t);            /* current thread to the tail of its level */
void sched_timer_check(void);                  /* timer interrupt: slices, clients left waiting by a server */
void sched_set_tick(nsec_t tick_ns);           /* ClockPeriod(): a slice is four of these */
