/* SPDX-License-Identifier: Apache-2.0 */
/* Spinlocks with a documented order.  There is no lock that every kernel call takes.
 *
 * The kernel runs with interrupts off, so a lock is never taken from an interrupt on the same hart.
 * Order (docs/architecture/lock-order.md is made from this file and the locks' initialisers): a hart may take a lock only of a higher rank than any it holds; two locks of one rank only through
 * spin_lock_pair() (lower address first).  Builds with QRV_LOCK_DEBUG panic on a breach, naming both (class, instance).
 *
 * Memory order: acquire on taking pairs with release on dropping; nothing else is implied.
 */
#pragma once
#include "core/types.h"
#include "machine.h"

enum lock_rank {
    RANK_PROC = 10,    /* struct process.lock: id tables, thread list, signals */
    RANK_WAIT = 20,    /* a container that holds blocked threads: channel.lock, sync bucket, thread.wait_lock, intr.lock */
    RANK_RQ = 30,      /* run queue of one hart */
    RANK_PI = 35,      /* list of the threads that wait for mutexes which a thread holds; none is taken under it */
    RANK_TIMER = 40,   /* timer queue of one hart */
    RANK_ASPACE = 50,  /* struct aspace.lock: page tables of one process */
    RANK_MEMOBJ = 55,  /* pages of one memory object, table of all */
    RANK_HEAP = 60,    /* slabs; the offset of the realtime clock */
    RANK_FRAMES = 70,  /* frame allocator */
};

struct spinlock {
    _Atomic uint32_t held;
    uint16_t rank;
    _Atomic uint16_t hart; /* QRV_LOCK_DEBUG: holder + 1 */
};

#define SPINLOCK_INIT(r) { .rank = (r) }
const char *lock_rank_name(unsigned rank);
void spin_init(struct spinlock *l, enum lock_rank rank);
void spin_lock_pair(struct spinlock *a, struct spinlock *b); /* same rank, may be equal */
void spin_unlock_pair(struct spinlock *a, struct spinlock *b);

#if QRV_LOCK_DEBUG
void spin_lock(struct spinlock *l);
bool spin_trylock(struct spinlock *l);
void spin_unlock(struct spinlock *l);
bool spin_is_held(const struct spinlock *l); /* by this hart */
static inline void spin_unlock_both(struct spinlock *a, struct spinlock *b)
{
    spin_unlock(a);
    spin_unlock(b);
}
#else
void spin_wait(struct spinlock *l); /* takes a lock that was found held */

static inline bool spin_trylock(struct spinlock *l)
{
    return arch_take(&l->held);
}

static inline void spin_lock(struct spinlock *l)
{
    if (!spin_trylock(l))
        spin_wait(l);
}

static inline void spin_unlock(struct spinlock *l)
{
    store_release(&l->held, 0);
}

static inline void spin_unlock_both(struct spinlock *a, struct spinlock *b)
{
    arch_release();
    store_released(&a->held, 0);
    store_released(&b->held, 0);
}
#endif
