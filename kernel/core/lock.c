/* SPDX-License-Identifier: Apache-2.0 */
/* Spinlocks and, with QRV_LOCK_DEBUG, the check of the order in core/lock.h. */
#include "core/arch.h"
#include "core/hart.h"

/* Whoever comes first, not whoever has waited longest: where harts are threads of an emulator, the next in a line is often not running,
 * and a strict order makes everybody wait for the host's scheduler.  owner and next differ while the lock is held. */
static void take(struct spinlock *l)
{
    for (;;) {
        /* Acquire: pairs with the release in spin_unlock(), which is a store to this word, not to next. */
        uint32_t owner = atomic_load_explicit(&l->owner, memory_order_acquire);
        if (atomic_load_explicit(&l->next, memory_order_relaxed) == owner &&
            atomic_compare_exchange_weak_explicit(&l->next, &owner, owner + 1, memory_order_acquire,
                                                  memory_order_relaxed))
            return;
        arch_relax();
    }
}

#if QRV_LOCK_DEBUG
static const char *rank_name(unsigned rank)
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
    case RANK_CONSOLE:
        return "console";
    }
    return "no such rank";
}

/* pair: a second lock of the rank on top is right, at a higher address. */
static void check_order(const struct hart *h, const struct spinlock *l, bool pair)
{
    for (uint32_t i = 0; i < h->lock_depth; i++) {
        const struct spinlock *held = h->locks[i];
        if (held == l)
            panic("lock (%s, %p) taken twice", rank_name(l->rank), (const void *)l);
        if (held->rank < l->rank || (pair && held->rank == l->rank && held < l))
            continue;
        panic("lock order: (%s, %p) taken while holding (%s, %p)", rank_name(l->rank), (const void *)l,
              rank_name(held->rank), (const void *)held);
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
    panic("lock (%s, %p) dropped by a hart that does not hold it", rank_name(l->rank), (const void *)l);
}
#else
static void check_order(const struct hart *h, const struct spinlock *l, bool pair)
{
    (void)h;
    (void)l;
    (void)pair;
}
#define note_taken(h, l) ((void)(h), (void)(l))
#define note_dropped(h, l) ((void)(h), (void)(l))
#endif

void spin_init(struct spinlock *l, enum lock_rank rank)
{
    atomic_init(&l->next, 0);
    atomic_init(&l->owner, 0);
    l->rank = (uint16_t)rank;
    atomic_init(&l->hart, 0);
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
    uint32_t ticket = atomic_load_explicit(&l->owner, memory_order_relaxed);
    if (!atomic_compare_exchange_strong_explicit(&l->next, &ticket, ticket + 1, memory_order_acquire,
                                                 memory_order_relaxed))
        return false;
    /* next was equal to an owner read before: nobody can have come in between, but the last holder's release must be seen. */
    while (atomic_load_explicit(&l->owner, memory_order_acquire) != ticket)
        arch_relax();
    atomic_store_explicit(&l->hart, (uint16_t)(h->index + 1), memory_order_relaxed);
    note_taken(h, l);
    return true;
}

void spin_unlock(struct spinlock *l)
{
    note_dropped(this_hart(), l);
    atomic_store_explicit(&l->hart, 0, memory_order_relaxed);
    uint32_t ticket = atomic_load_explicit(&l->owner, memory_order_relaxed);
    atomic_store_explicit(&l->owner, ticket + 1, memory_order_release);
}

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

bool spin_is_held(const struct spinlock *l)
{
    return atomic_load_explicit(&l->hart, memory_order_relaxed) == this_hart()->index + 1;
}
