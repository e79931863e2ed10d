/* SPDX-License-Identifier: Apache-2.0 */
/* The wait-queue table of all synchronisation objects.
 *
 * A waiter sits in the bucket its key hashes to and is guarded by that bucket's lock.  Words in
 * user memory are changed with atomics because user code changes them without any lock; WAITERS is
 * only set and cleared under the bucket lock. A waiter for a mutex is also in the `held` list of
 * the thread that holds the mutex (object/inherit.c).
 */
#include "core/preempt.h"
#include "object/channel.h"
#include "object/sync_internal.h"

#define BUCKETS 256

static struct bucket buckets[BUCKETS];
static _Atomic uint32_t waiter_count;
static _Atomic uint32_t event_count;
static struct slab event_slab = SLAB_INIT("sync_event", struct sync_event, link);
#define EVENTS_MAX 4096
#define FINI_STEP  32 /* events freed with their bucket locked */

void sync_init(void)
{
    for (int i = 0; i < BUCKETS; i++) {
        spin_init(&buckets[i].lock, RANK_WAIT);
        list_init(&buckets[i].waiters);
        list_init(&buckets[i].events);
    }
    inherit_init();
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
    t->sync.chosen = false;
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

void sync_choose(struct bucket *b, const uint64_t key[2], enum sync_kind kind)
{
    list_for_each(e, &b->waiters)
    {
        struct thread *t = list_entry(e, struct thread, link);
        if (sync_same_key(t->sync.key, key) && is_kind(t, kind))
            t->sync.chosen = true;
    }
}

bool sync_is_chosen(const struct thread *t, const uint64_t key[2], enum sync_kind kind)
{
    return t->sync.chosen && sync_same_key(t->sync.key, key) && is_kind(t, kind);
}

void sync_interrupted(struct thread *t, enum wake_cause cause, int err)
{
    thread_may_restart(t, cause);
    sync_wake(t, -err);
}

bool sync_waits_for_mutex(const struct thread *t)
{
    return is_kind(t, SYNC_MUTEX);
}

void sync_thread_free(struct thread *t)
{
    ceiling_drop_all(t);
    pi_release_all(t);
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

/* Bucket lock held, which keeps lockers out.  The mutex of se, in shared memory, is held by a process that is at its end: it is DEAD now. */
static bool dies_with_locked(const struct sync_event *se, const struct process *p)
{
    if (!se->frame || (se->key[0] & (PAGE_SIZE - 1)) > PAGE_SIZE - 2 * sizeof(uint32_t))
        return false;
    _Atomic uint32_t *count = phys_to_virt(se->key[0]), *owner = count + 1;
    uint32_t w = atomic_load(owner), id = W_ID(w);
    if ((int32_t)(id >> 16) != p->pid || id == QRV_SYNC_DEAD || id == QRV_SYNC_DESTROYED || (atomic_load(count) & QRV_MUTEX_ROBUST))
        return false;
    return atomic_compare_exchange_strong(owner, &w, (uint32_t)QRV_SYNC_DEAD | W_WAITERS);
}

/* The first mutex of the bucket that dies with p: its event, delivered with the lock dropped. */
static bool tell_one(struct bucket *b, struct process *p)
{
    struct sync_event *found = NULL;
    struct _kc_sigevent ev;
    int32_t pid = 0;
    spin_lock(&b->lock);
    list_for_each(e, &b->events)
    {
        struct sync_event *se = list_entry(e, struct sync_event, link);
        if (se->pid == p->pid || !dies_with_locked(se, p))
            continue;
        found = se;
        ev = se->ev;
        pid = se->pid;
        break;
    }
    spin_unlock(&b->lock);
    struct process *to = found ? process_get(pid) : NULL;
    if (to) {
        (void)event_deliver(to, NULL, &ev);
        process_put(to);
    }
    return found != NULL;
}

/* The process has no thread any more that runs its program.  What waiters found out by themselves is done (sync_thread_exit()). */
static void tell_owner_died(struct process *p)
{
    for (int i = 0; i < BUCKETS && atomic_load(&event_count) > 0; i++) {
        while (tell_one(&buckets[i], p))
            preempt_point();
        preempt_point();
    }
}

/* Some of p's in b; true: there are no more. */
static bool free_events(struct bucket *b, const struct process *p)
{
    int n = 0;
    spin_lock(&b->lock);
    list_for_each_safe(e, tmp, &b->events)
    {
        struct sync_event *se = list_entry(e, struct sync_event, link);
        if (se->pid == p->pid && ++n <= FINI_STEP)
            event_free_locked(se);
        if (n > FINI_STEP)
            break;
    }
    spin_unlock(&b->lock);
    return n <= FINI_STEP;
}

void sync_process_fini(struct process *p)
{
    tell_owner_died(p);
    for (int i = 0; i < BUCKETS && atomic_load(&event_count) > 0;) {
        i += free_events(&buckets[i], p) ? 1 : 0;
        preempt_point();
    }
}
