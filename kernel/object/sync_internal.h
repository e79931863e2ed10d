/* SPDX-License-Identifier: Apache-2.0 */
/* Between object/sync.c (table), inherit.c, sync_ceiling.c, sync_mutex.c and sync_wait.c (condvar,
 * semaphore, futex) only. */
#pragma once
#include "mm/mm.h"
#include "object/sync.h"

struct bucket {
    struct spinlock lock; /* RANK_WAIT: guards every thread that waits in it */
    struct list waiters;  /* arrival order; all keys that hash here */
    struct list events;   /* struct sync_event */
};

/* Both words of a sync_t, pinned. */
struct sync_ref {
    struct uword w, w2; /* w2 only when the object straddles a page (two) */
    bool two;
    _Atomic uint32_t *count, *owner;
};

struct sync_event {
    struct list link;
    uint64_t key[2];
    uint64_t frame; /* shared: pinned, so that the key stays this object's */
    int32_t pid;
    struct _kc_sigevent ev;
};

#define W_WAITERS   ((uint32_t)QRV_SYNC_WAITERS)
#define W_ID(w)     ((w) & ~W_WAITERS)
#define COUNT_DEPTH 0xffffU

/* thread.sync.value of a mutex waiter: errno to report when it gets the mutex, and flags */
#define MW_ERRNO     0xffffU
#define MW_NOINHERIT 0x10000U
#define MW_DEADLK    0x20000U /* SIGDEADLK sent */

#define W_CEILING(count) ((int)((count) >> QRV_MUTEX_CEILING_SHIFT))

enum sync_kind { SYNC_MUTEX, SYNC_COND, SYNC_SEM, SYNC_FUTEX };

int sync_ref_get(struct thread *t, uint64_t va, struct sync_ref *r);
void sync_ref_put(struct sync_ref *r);

struct bucket *sync_bucket(const uint64_t key[2]);
static inline bool sync_same_key(const uint64_t a[2], const uint64_t b[2])
{
    return a[0] == b[0] && a[1] == b[1];
}
static inline uint32_t sync_thread_word(const struct thread *t)
{
    return (uint32_t)t->proc->pid << 16 | (uint32_t)t->tid;
}

/* All below: bucket lock held.
 * sync_queue: t (current) becomes a waiter; sync_leave: a waiter leaves, result and readying are
 * the caller's. */
void sync_queue(struct bucket *b, struct thread *t, const struct uword *w, uint64_t va, int state,
                const struct wait_ops *ops);
void sync_leave(struct thread *t);
/* Highest priority, then longest wait. */
struct thread *sync_best(struct bucket *b, const uint64_t key[2], enum sync_kind kind);
/* Bucket lock held: marks those who wait now; a mark ends with the wait. */
void sync_choose(struct bucket *b, const uint64_t key[2], enum sync_kind kind);
bool sync_is_chosen(const struct thread *t, const uint64_t key[2], enum sync_kind kind);
void sync_wake(struct thread *t, int64_t result); /* leave, result, ready */
/* A wait that a signal ends: -EINTR, to be restarted after an SA_RESTART handler unless a deadline
 * was set. */
void sync_interrupted(struct thread *t, enum wake_cause cause, int err);

extern const struct wait_ops sync_mutex_ops, sync_relock_ops, sync_cond_ops, sync_sem_ops,
    sync_futex_ops;

bool sync_waits_for_mutex(const struct thread *t);
/* Priority inheritance (object/inherit.c).  pi_attach fails when owner has ended; pi_update wants no lock at all. */
bool pi_attach(struct thread *waiter, struct thread *owner);
void pi_detach(struct thread *waiter);
void pi_update(struct thread *owner);
struct thread *pi_close(struct thread *t); /* first waiter on t, which accepts no more; NULL none */
void pi_release_all(struct thread *t);     /* nobody hangs on t any more */

/* Event registered for the owner death of the object: pid to deliver to.  No lock held. */
bool sync_event_get(const uint64_t key[2], int32_t *pid, struct _kc_sigevent *ev);

/* sync_mutex.c for the condvar: takes the mutex for t; res is the result it gets with the mutex if
 * it has to wait. */
int64_t mutex_take(struct thread *t, uint64_t va, const struct wait_ops *ops, uint32_t res_errno);
/* sync_ceiling.c.  t is about to lock a mutex with this ceiling: memory for it is set aside.  -EAGAIN. */
int ceiling_prepare(struct thread *t);
/* t has got the mutex: it is current, or waits under b->lock, which is held.  Any lock up to WAIT. */
void ceiling_enter(struct thread *t, const uint64_t key[2], int prio);
void ceiling_leave(struct thread *t, const uint64_t key[2]); /* t is current; locks up to WAIT */
void ceiling_change(struct thread *t, const uint64_t key[2], int prio);
void ceiling_drop_all(struct thread *t); /* nobody else knows t any more, or t is current */

/* Continuation of a condvar's waiter that was handed the mutex: gives it the recursion back that it had. */
void sync_cond_restore(struct thread *t);
/* Gives up the mutex r, which t owns, to the next waiter. */
void mutex_release(struct thread *t, struct sync_ref *r);
