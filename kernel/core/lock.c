/* SPDX-License-Identifier: Apache-2.0 */
/* Spinlocks and, with QRV_LOCK_DEBUG, the check of the order in core/lock.h. */
#include "core/arch.h"
#include "core/hart.h"

/* Whoever comes first, not whoever has waited longest: where harts are threads of an emulator, the next in a line is often not running,
 * and a strict order makes everybody wait for the host's scheduler. */
static void take(struct spinlock *l)
{
    while (atomic_exchange_explicit(&l->held, 1, memory_order_acquire) != 0) {
        do
            arch_relax();
        while (atomic_load_explicit(&l->held, memory_order_relaxed) != 0);
    }
}

void spin_init(struct spinlock *l, enum lock_rank rank)
{
    atomic_init(&l->held, 0);
    l->rank = (uint16_t)rank;
    atomic_init(&l->hart, 0);
}

const char *lock_rank_name(unsigned rank)
{
    switch (rank) {
    case RANK_PROC:
        return "process";
    case RANK_WAIT:
        return "wait";
    case RANK_RQ:
        return "runqueue";
    case RANK_TIMER:
        return "timer";
    case RANK_ASPACE:
        return "aspace";
    case RANK_MEMOBJ:
        return "memobj";
    case RANK_HEAP:
        return "heap";
    case RANK_FRAMES:
        return "frames";
    }
    return "no such rank";
}

#if QRV_LOCK_DEBUG
/* pair: a second lock of the rank on top is right, at a higher address. */
static void check_order(const struct hart *h, const struct spinlock *l, bool pair)
{
    for (uint32_t i = 0; i < h->lock_depth; i++) {
        const struct spinlock *held = h->locks[i];
        if (held == l)
            panic("lock (%s, %p) taken twice", lock_rank_name(l->rank), (const void *)l);
        if (held->rank < l->rank || (pair && held->rank == l->rank && held < l))
            continue;
        panic("lock order: (%s, %p) taken while holding (%s, %p)", lock_rank_name(l->rank), (const void *)l,
              lock_rank_name(held->rank), (const void *)held);
    }
}

static void note_taken(struct hart *h, const struct spinlock *l)
{
    if (h->lock_depth == ARRAY_SIZE(h->locks))
        panic("more than %lu locks held", ARRAY_SIZE(h->locks));
    h->locks[h->lock_depth++] = l;
}

static void note_dropped(struct hart *h, const struct spinlock *l)
{
    for (uint32_t i = h->lock_depth; i-- > 0;) {
        if (h->locks[i] == l) {
            for (; i + 1 < h->lock_depth; i++)
                h->locks[i] = h->locks[i + 1];
            h->lock_depth--;
            return;
        }
    }
    panic("lock (%s, %p) dropped by a hart that does not hold it", lock_rank_name(l->rank), (const void *)l);
}

static void lock_checked(struct spinlock *l, bool pair)
{
    struct hart *h = this_hart();
    check_order(h, l, pair);
    take(l);
    atomic_store_explicit(&l->hart, (uint16_t)(h->index + 1), memory_order_relaxed);
    note_taken(h, l);
}

void spin_lock(struct spinlock *l)
{
    lock_checked(l, false);
}

bool spin_trylock(struct spinlock *l)
{
    struct hart *h = this_hart();
    if (atomic_exchange_explicit(&l->held, 1, memory_order_acquire) != 0)
        return false;
    atomic_store_explicit(&l->hart, (uint16_t)(h->index + 1), memory_order_relaxed);
    note_taken(h, l);
    return true;
}

void spin_unlock(struct spinlock *l)
{
    note_dropped(this_hart(), l);
    atomic_store_explicit(&l->hart, 0, memory_order_relaxed);
    atomic_store_explicit(&l->held, 0, memory_order_release);
}

bool spin_is_held(const struct spinlock *l)
{
    return atomic_load_explicit(&l->hart, memory_order_relaxed) == this_hart()->index + 1;
}

#else
static void lock_checked(struct spinlock *l, bool pair)
{
    (void)pair;
    spin_lock(l);
}

void spin_wait(struct spinlock *l)
{
    take(l);
}
#endif

void spin_lock_pair(struct spinlock *a, struct spinlock *b)
{
    struct spinlock *first = a < b ? a : b;
    spin_lock(first);
    if (a != b)
        lock_checked(a < b ? b : a, true);
}

void spin_unlock_pair(struct spinlock *a, struct spinlock *b)
{
    spin_unlock(a);
    if (a != b)
        spin_unlock(b);
}
