/* SPDX-License-Identifier: Apache-2.0 */
/* Synchronisation objects: one keyed wait-queue table for mutexes, condvars, semaphores and futex
 * waits. Words and bits are those of abi/sync.h; the key of an object is that of its first word
 * (uword.key). */
#pragma once
#include <abi/sync.h>
#include "object/process.h"

void sync_init(void); /* boot, before the first process */

/* Bodies of the kernel calls: t is current, addresses are untrusted.  0, -errno or KC_BLOCKED. */
int64_t sync_mutex_lock(struct thread *t, uint64_t va);
int64_t sync_mutex_unlock(struct thread *t, uint64_t va);
int64_t sync_mutex_revive(struct thread *t, uint64_t va);
/* _NTO_SCTL_SETPRIOCEILING (prio > 0: the old one, -EBUSY while another thread holds the mutex), _NTO_SCTL_GETPRIOCEILING
 * (prio 0), _NTO_SCTL_MUTEX_WAKEUP. */
int64_t sync_mutex_ceiling(struct thread *t, uint64_t va, int prio);
int64_t sync_mutex_wakeup(struct thread *t, uint64_t va, int32_t pid, int32_t tid);
/* As sync_mutex_lock(), even for a thread above the ceiling. */
int64_t sync_mutex_lock_any(struct thread *t, uint64_t va);
int64_t sync_mutex_event(struct thread *t, uint64_t va,
                         const struct _kc_sigevent *ev); /* NULL removes */
int64_t sync_cond_wait(struct thread *t, uint64_t cond_va, uint64_t mutex_va);
int64_t sync_cond_signal(struct thread *t, uint64_t va, bool all);
int64_t sync_sem_wait(struct thread *t, uint64_t va, bool try);
int64_t sync_sem_post(struct thread *t, uint64_t va);
int64_t sync_type_create(struct thread *t, uint32_t type, uint64_t va,
                         const struct _sync_attr *attr);
int64_t sync_destroy(struct thread *t, uint64_t va);
int64_t sync_futex_wait(struct thread *t, uint64_t va, uint32_t expected, int state);
/* Wakes up to max futex waiters of the word at va in t's (loaded) address space; number woken or
 * -errno. */
int64_t sync_futex_wake(struct thread *t, uint64_t va, uint32_t max);

/* The word at va in p, from any context without locks; give it back with uword_put().  0, -EINVAL, -EFAULT, -ESRCH. */
struct uword;
int sync_word_in(struct process *p, uint64_t va, struct uword *w);
/* Posts the semaphore at va in p from any context without locks: 0, -EFAULT, -ESRCH, -EOVERFLOW. */
int sync_sem_post_in(struct process *p, uint64_t va);

/* object/inherit.c.  The priority of t has changed: so does that of whom it waits for.  No lock held. */
void inherit_prio_changed(struct thread *t);
/* A message or pulse of this priority waits on ch, which the caller keeps alive: whoever serves ch works at it.  No lock held. */
struct channel;
void inherit_message(struct channel *ch, int prio);
void inherit_init(void); /* boot */
/* t is ending (current, address space still loaded): contended mutexes it holds go to DEAD or,
 * robust, to a waiter. */
void sync_thread_exit(struct thread *t);
/* Memory of t is given back: nobody may stay queued on a thread that never got to
 * sync_thread_exit().  Any locks up to WAIT. */
void sync_thread_free(struct thread *t);
/* Owner-death events registered by p are dropped. */
void sync_process_fini(struct process *p);
uint32_t sync_waiter_count(void);
