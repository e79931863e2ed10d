/* SPDX-License-Identifier: Apache-2.0 */
/* taskman's mutex: the kernel's priority-inheriting sync_t with the usual user-mode fast path, not
 * recursive.
 *
 * Lock order, outermost first (a thread only ever takes a lock of a larger rank than those it holds):
 *  1 tree        process tree, groups, sessions, waiters             process/proc.c
 *  2 proc        one process: credentials, limits, cwd, request      struct proc.lock
 *  3 debug       debuggers and their breakpoints                     process/debug.c
 *  4 aspace      one address space: its regions                      struct aspace.lock
 *  5 paths       prefix tree and its links                           path/path.c
 *  6 shm         names of /dev/shmem                                 builtin/shm.c
 *  7 ocb table   (scoid, coid) -> open file                          builtin/ocb.c
 *  8 ocb         one open file: offset                               struct ocb.lock
 *  9 object      one memory object: size, contents, own mapping      struct memobj.lock
 * 10 pid table, 11 random, 12 heap: leaves
 * Two locks of one rank are never held together.  Checked on every lock: a bit test.
 */
#pragma once
#include <stdatomic.h>
#include <abi/sync.h>
#include "main/kcall.h"

enum lock_rank {
    RANK_TREE = 1,
    RANK_PROC,
    RANK_DEBUG,
    RANK_ASPACE,
    RANK_PATHS,
    RANK_SHM,
    RANK_OCBS,
    RANK_OCB,
    RANK_OBJECT,
    RANK_PIDS,
    RANK_RANDOM,
    RANK_HEAP,
};

struct lock {
    _Atomic int32_t count; /* layout of sync_t */
    _Atomic int32_t owner;
    uint32_t rank;
};
#define LOCK_INIT(r)                                                                               \
    {                                                                                              \
        .count = 0, .owner = 0, .rank = (r)                                                        \
    }

/* What tp points at in every thread of taskman. */
struct self {
    int32_t owner;    /* word of a mutex that this thread holds: pid << 16 | tid */
    uint32_t held;    /* bit per rank held */
    uint8_t *request; /* MESSAGE_BYTES each */
    uint8_t *reply;
};

static inline struct self *self(void)
{
    struct self *s;

    __asm__("mv %0, tp" : "=r"(s));
    return s;
}

_Noreturn void tm_panic(const char *what, long value);

static inline void lock_init(struct lock *l, enum lock_rank rank)
{
    atomic_init(&l->count, 0);
    atomic_init(&l->owner, 0);
    l->rank = rank;
}

static inline void lock_acquire(struct lock *l)
{
    struct self *me = self();
    int32_t expected = 0;

    if (me->held >> l->rank)
        tm_panic("lock order", (long)l->rank);
    if (!atomic_compare_exchange_strong_explicit(&l->owner, &expected, me->owner,
                                                 memory_order_acquire, memory_order_relaxed)) {
        long rc = k_mutex_lock(l);
        if (rc < 0)
            tm_panic("mutex lock", rc);
    }
    me->held |= 1u << l->rank;
}

static inline void lock_release(struct lock *l)
{
    struct self *me = self();
    int32_t expected = me->owner;

    me->held &= ~(1u << l->rank);
    if (!atomic_compare_exchange_strong_explicit(&l->owner, &expected, 0, memory_order_release,
                                                 memory_order_relaxed)) {
        long rc = k_mutex_unlock(l);
        if (rc < 0)
            tm_panic("mutex unlock", rc);
    }
}
