/* SPDX-License-Identifier: Apache-2.0 */
/* The wait-queue table of all synchronisation objects, and priority inheritance.
 *
 * A waiter sits in the bucket its key hashes to and is guarded by that bucket's lock.  Words in
 * user memory are changed with atomics because user code changes them without any lock; WAITERS is
 * only set and cleared under the bucket lock. A waiter for a mutex is also in the `held` list of
 * the thread that holds the mutex (lock: PI, hashed by that thread). Priorities travel owner by
 * owner without holding two wait locks: each step recomputes from the list, so the last one is
 * right.
 */
#include "object/sync_internal.h"

#define BUCKETS  256
#define PI_LOCKS 64
#define PI_HOPS  16 /* longer chains, and cycles (user deadlocks), get no further boost */

static struct bucket buckets[BUCKETS];
static struct spinlock pi_locks[PI_LOCKS];
static _Atomic uint32_t waiter_count;
static _Atomic uint32_t event_count;
static struct slab event_slab = SLAB_INIT("sync_event", struct sync_event, link);
#define EVENTS_MAX 4096

void sync_init(void)
{
    for (int i = 0; i < BUCKETS; i++) {
        spin_init(&buckets[i].lock, RANK_WAIT);
        list_init(&buckets[i].waiters);
        list_init(&buckets[i].events);
    }
    for (int i = 0; i < PI_LOCKS; i++)
        spin_init(&pi_locks[i], RANK_PI);
}

uint32_t sync_waiter_count(void)
{
    return atomic_load_explicit(&waiter_count, memory_order_relaxed);
}

/* ---- objects in user memory */

int sync_ref_get(struct thread *t, uint64_t va, struct sync_ref *r)
{
    int err = uword_get(t, va, &r->w);
    if (err)
        return err;
    r->count = r->w.p;
    r->two = (va & (PAGE_SIZE - 1)) == PAGE_SIZE - sizeof(uint32_t);
    if (!r->two) {
        r->owner = r->w.p + 1;
        return 0;
    }
    err = uword_get(t, va + sizeof(uint32_t), &r->w2);
    if (err)
        uword_put(&r->w);
    else
        r->owner = r->w2.p;
    return err;
}

void sync_ref_put(struct sync_ref *r)
{
    uword_put(&r->w);
    if (r->two)
        uword_put(&r->w2);
}

struct bucket *sync_bucket(const uint64_t key[2])
{
    uint64_t h = (key[0] >> 2) * 0x9e3779b97f4a7c15UL ^ key[1] * 0xc2b2ae3d27d4eb4fUL;
    return &buckets[(h >> 32) % BUCKETS];
}

/* ---- queueing */

void sync_queue(struct bucket *b, struct thread *t, const struct uword *w, uint64_t va, int state,
                const struct wait_ops *ops)
{
    t->sync.key[0] = w->key[0];
    t->sync.key[1] = w->key[1];
    t->sync.addr = va;
    t->sync.frame = 0;
    if (w->key[1] == 0) {
        frame_get(w->frame);
        t->sync.frame = w->frame;
    }
    t->blocked_on = va;
    t->blocked_aux = 0;
    t->wait_ops = ops;
    list_push_tail(&b->waiters, &t->link);
    atomic_fetch_add_explicit(&waiter_count, 1, memory_order_relaxed);
    thread_block_locked(t, state, &b->lock);
}

void sync_leave(struct thread *t)
{
    list_remove(&t->link);
    pi_detach(t);
    if (t->sync.frame)
        frame_put(t->sync.frame);
    t->sync.frame = 0;
    atomic_fetch_sub_explicit(&waiter_count, 1, memory_order_relaxed);
}

void sync_wake(struct thread *t, int64_t result)
{
    sync_leave(t);
    thread_set_result(t, result);
    t->wait_ops = NULL;
    thread_ready_locked(t);
}

static bool is_kind(const struct thread *t, enum sync_kind kind)
{
    const struct wait_ops *o = t->wait_ops;
    switch (kind) {
    case SYNC_MUTEX:
        return o == &sync_mutex_ops || o == &sync_relock_ops;
    case SYNC_COND:
        return o == &sync_cond_ops;
    case SYNC_SEM:
        return o == &sync_sem_ops;
    case SYNC_FUTEX:
        return o == &sync_futex_ops;
    }
    return false;
}

struct thread *sync_best(struct bucket *b, const uint64_t key[2], enum sync_kind kind)
{
    struct thread *best = NULL;
    list_for_each(e, &b->waiters)
    {
        struct thread *t = list_entry(e, struct thread, link);
        if (sync_same_key(t->sync.key, key) && is_kind(t, kind) && (!best || t->prio > best->prio))
            best = t;
    }
    return best;
}

void sync_interrupted(struct thread *t, enum wake_cause cause, int err)
{
    thread_may_restart(t, cause);
    sync_wake(t, -err);
}

/* ---- priority inheritance */

static struct spinlock *pi_lock(const struct thread *owner)
{
    struct spinlock *l = &pi_locks[((uintptr_t)owner >> 6) % PI_LOCKS];
    spin_lock(l);
    return l;
}

bool pi_attach(struct thread *waiter, struct thread *owner)
{
    struct spinlock *l = pi_lock(owner);
    bool alive = !owner->sync.closed;
    if (alive) {
        __atomic_store_n(&waiter->sync.owner, owner, __ATOMIC_RELAXED);
        list_push_tail(&owner->held, &waiter->sync.pi_link);
    }
    spin_unlock(l);
    return alive;
}

/* The owner may let go of its waiters at the same time (sync_thread_free), holding only the PI
 * lock. */
void pi_detach(struct thread *waiter)
{
    struct thread *owner;
    while ((owner = __atomic_load_n(&waiter->sync.owner, __ATOMIC_RELAXED)) != NULL) {
        struct spinlock *l = pi_lock(owner);
        if (waiter->sync.owner == owner) {
            list_remove(&waiter->sync.pi_link);
            __atomic_store_n(&waiter->sync.owner, NULL, __ATOMIC_RELAXED);
        }
        spin_unlock(l);
    }
}

/* Safe on a thread that has ended meanwhile: whatever lives in its memory now gets the value of its
 * own list. */
void pi_update(struct thread *owner)
{
    for (int hop = 0; owner && hop < PI_HOPS; hop++) {
        struct spinlock *l = thread_lock(owner);
        uint8_t prio = 0;
        struct spinlock *pi = pi_lock(owner);
        list_for_each(e, &owner->held)
        {
            struct thread *w = list_entry(e, struct thread, sync.pi_link);
            if (!(w->sync.value & MW_NOINHERIT) && w->prio > prio)
                prio = w->prio;
        }
        spin_unlock(pi);
        struct thread *next = NULL;
        if (owner->mutex_prio != prio) {
            owner->mutex_prio = prio;
            thread_recompute_prio_locked(owner);
            if (owner->wait_ops && is_kind(owner, SYNC_MUTEX))
                next = owner->sync.owner;
        }
        thread_unlock(l);
        owner = next;
    }
}

void sync_prio_changed(struct thread *t)
{
    struct spinlock *l = thread_lock(t);
    struct thread *owner = t->wait_ops && is_kind(t, SYNC_MUTEX) ? t->sync.owner : NULL;
    thread_unlock(l);
    pi_update(owner);
}

struct thread *pi_close(struct thread *t)
{
    struct spinlock *l = pi_lock(t);
    t->sync.closed = true;
    struct thread *w =
        list_empty(&t->held) ? NULL : list_entry(t->held.next, struct thread, sync.pi_link);
    spin_unlock(l);
    return w;
}

void sync_thread_free(struct thread *t)
{
    ceiling_drop_all(t);
    struct spinlock *l = pi_lock(t);
    t->sync.closed = true;
    while (!list_empty(&t->held)) {
        struct thread *w = list_entry(list_pop_head(&t->held), struct thread, sync.pi_link);
        __atomic_store_n(&w->sync.owner, NULL, __ATOMIC_RELAXED);
    }
    spin_unlock(l);
}

/* ---- owner-death events */

/* Bucket lock held. */
static struct sync_event *event_find(struct bucket *b, const uint64_t key[2])
{
    list_for_each(e, &b->events)
    {
        struct sync_event *se = list_entry(e, struct sync_event, link);
        if (sync_same_key(se->key, key))
            return se;
    }
    return NULL;
}

static void event_free_locked(struct sync_event *se)
{
    list_remove(&se->link);
    if (se->frame)
        frame_put(se->frame);
    slab_free(&event_slab, se);
    atomic_fetch_sub(&event_count, 1);
}

int64_t sync_mutex_event(struct thread *t, uint64_t va, const struct _kc_sigevent *ev)
{
    struct uword w;
    int err = uword_get(t, va, &w);
    if (err)
        return err;
    struct bucket *b = sync_bucket(w.key);
    struct sync_event *se = NULL;
    if (ev && atomic_load(&event_count) < EVENTS_MAX)
        se = slab_alloc(&event_slab);
    spin_lock(&b->lock);
    struct sync_event *old = event_find(b, w.key);
    if (old && (!ev || se))
        event_free_locked(old);
    if (se) {
        atomic_fetch_add(&event_count, 1);
        *se = (struct sync_event){.key = {w.key[0], w.key[1]}, .pid = t->proc->pid, .ev = *ev};
        if (w.key[1] == 0) {
            frame_get(w.frame);
            se->frame = w.frame;
        }
        list_push_tail(&b->events, &se->link);
    }
    spin_unlock(&b->lock);
    uword_put(&w);
    return ev && !se ? -EAGAIN : 0;
}

bool sync_event_get(const uint64_t key[2], int32_t *pid, struct _kc_sigevent *ev)
{
    struct bucket *b = sync_bucket(key);
    if (atomic_load(&event_count) == 0)
        return false;
    spin_lock(&b->lock);
    struct sync_event *se = event_find(b, key);
    if (se) {
        *pid = se->pid;
        *ev = se->ev;
    }
    spin_unlock(&b->lock);
    return se != NULL;
}

void sync_process_fini(struct process *p)
{
    for (int i = 0; i < BUCKETS && atomic_load(&event_count) > 0; i++) {
        struct bucket *b = &buckets[i];
        spin_lock(&b->lock);
        list_for_each_safe(e, tmp, &b->events)
        {
            struct sync_event *se = list_entry(e, struct sync_event, link);
            if (se->pid == p->pid)
                event_free_locked(se);
        }
        spin_unlock(&b->lock);
    }
}
