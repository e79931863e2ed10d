/* SPDX-License-Identifier: Apache-2.0 */
/* Priority ceilings: what a thread holds of mutexes with PTHREAD_PRIO_PROTECT.  A thread runs at least at the highest of them
 * from the lock to the unlock, whether anybody waits or not.  Documentation followed: Library Reference
 * pthread_mutexattr_setprotocol(), pthread_mutexattr_setprioceiling(), SyncCtl().
 *
 * One struct ceiling for each such mutex; its memory is set aside before the lock, so that getting the mutex cannot fail, and
 * kept by the thread for the next one.  The list belongs to the thread itself; whoever hands it a mutex it waits for holds the
 * bucket lock that guards it then.  The mutex' words are the user's: an entry whose mutex was overwritten stays until its
 * thread ends, and raises no other thread.
 */
#include "object/sync_internal.h"

#define CEILINGS_MAX 64 /* mutexes with a ceiling that one thread holds at a time */

struct ceiling {
    struct list link;
    uint64_t key[2];
    uint8_t prio;
};

static struct slab ceiling_slab = SLAB_INIT("ceiling", struct ceiling, link);

int ceiling_prepare(struct thread *t)
{
    if (t->num_ceilings >= CEILINGS_MAX)
        return -EAGAIN;
    if (!t->ceil_spare)
        t->ceil_spare = slab_alloc(&ceiling_slab);
    return t->ceil_spare ? 0 : -EAGAIN;
}

static uint8_t highest(const struct thread *t)
{
    uint8_t prio = 0;
    list_for_each(e, &t->ceilings)
        prio = MAX(prio, list_entry(e, struct ceiling, link)->prio);
    return prio;
}

static void apply_locked(struct thread *t)
{
    racy_write(t->ceil_prio, highest(t));
    thread_recompute_prio_locked(t);
}

static void apply(struct thread *t)
{
    struct spinlock *l = thread_lock(t);
    apply_locked(t);
    thread_unlock(l);
}

void ceiling_enter(struct thread *t, const uint64_t key[2], int prio)
{
    struct ceiling *c = t->ceil_spare;
    if (!c)
        return; /* the ceiling appeared after the call looked: the program writes the mutex' words itself */
    t->ceil_spare = NULL;
    *c = (struct ceiling){.key = {key[0], key[1]}, .prio = (uint8_t)prio};
    list_push_tail(&t->ceilings, &c->link);
    t->num_ceilings++;
    if (t->wait_ops)
        apply_locked(t);
    else
        apply(t);
}

static struct ceiling *find(const struct thread *t, const uint64_t key[2])
{
    list_for_each(e, &t->ceilings)
    {
        struct ceiling *c = list_entry(e, struct ceiling, link);
        if (sync_same_key(c->key, key))
            return c;
    }
    return NULL;
}

void ceiling_leave(struct thread *t, const uint64_t key[2])
{
    struct ceiling *c = find(t, key);
    if (!c)
        return;
    list_remove(&c->link);
    t->num_ceilings--;
    if (t->ceil_spare)
        slab_free(&ceiling_slab, c);
    else
        t->ceil_spare = c;
    apply(t);
}

void ceiling_change(struct thread *t, const uint64_t key[2], int prio)
{
    struct ceiling *c = find(t, key);
    if (!c)
        return;
    c->prio = (uint8_t)prio;
    apply(t);
}

void ceiling_drop_all(struct thread *t)
{
    while (!list_empty(&t->ceilings))
        slab_free(&ceiling_slab, list_entry(list_pop_head(&t->ceilings), struct ceiling, link));
    t->num_ceilings = 0;
    racy_write(t->ceil_prio, 0);
    if (t->ceil_spare)
        slab_free(&ceiling_slab, t->ceil_spare);
    t->ceil_spare = NULL;
}

/* ---- SyncCtl() */

/* Bucket lock held: count gets the new ceiling, whatever else changes in it meanwhile. */
static int64_t set_locked(struct thread *t, struct sync_ref *r, int prio)
{
    uint32_t id = W_ID(atomic_load(r->owner)), count = atomic_load(r->count);
    if (id != 0 && id != sync_thread_word(t))
        return id == QRV_SYNC_DESTROYED ? -EINVAL : -EBUSY;
    uint32_t low = (1U << QRV_MUTEX_CEILING_SHIFT) - 1;
    while (!atomic_compare_exchange_weak(r->count, &count,
                                         (count & low) | (uint32_t)prio << QRV_MUTEX_CEILING_SHIFT))
        ;
    if (id)
        ceiling_change(t, r->w.key, prio);
    return W_CEILING(count);
}

int64_t sync_mutex_ceiling(struct thread *t, uint64_t va, int prio)
{
    struct sync_ref r;
    int64_t ret = sync_ref_get(t, va, &r);
    if (ret)
        return ret;
    uint32_t count = atomic_load(r.count);
    if (!(count & QRV_MUTEX_PROTECT)) {
        ret = -EINVAL;
    } else if (prio == 0) {
        ret = W_CEILING(count);
    } else {
        struct bucket *b = sync_bucket(r.w.key);
        spin_lock(&b->lock);
        ret = set_locked(t, &r, prio);
        spin_unlock(&b->lock);
    }
    sync_ref_put(&r);
    return ret;
}
