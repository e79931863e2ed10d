/* SPDX-License-Identifier: Apache-2.0 */
/* Mutexes: taking, handing over to the most important waiter, owners that die.
 *
 * The owner word says who holds the mutex: the kernel keeps nothing per mutex, only its waiters.
 * User code moves the word only between 0 and its own id; the WAITERS bit, set here under the
 * bucket lock by compare-and-swap, sends the holder's unlock into the kernel.  An interrupted lock
 * starts over after the handler (a mutex wait has no EINTR) unless a deadline was set, which libc
 * has to set again.
 */
#include "object/channel.h"
#include "object/signal.h"
#include "object/sync_internal.h"

#define SIGDEADLK 16 /* sysroot/include/signal.h */
#define TRIES     32 /* the owner word may change under our hands; after that nobody is boosted */

/* What is known of the holder of a mutex before its bucket is locked. */
enum holder { HOLDER_NONE, HOLDER_SELF, HOLDER_LIVE, HOLDER_GONE, HOLDER_MARK };

/* ---- waits */

/* A waiter gave up: whom it boosted is recomputed in its own context. */
static void mutex_left(struct thread *t)
{
    pi_update((struct thread *)(uintptr_t)t->sync.mutex);
}

static void mutex_disturb(struct thread *t, enum wake_cause cause, int err)
{
    if (cause == WAKE_CANCEL)
        return;
    t->sync.mutex = (uint64_t)(uintptr_t)t->sync.owner;
    if (t->sync.mutex)
        atomic_store(&t->kcont, mutex_left);
    bool again = cause == WAKE_SIGNAL && !t->tmo.flags;
    if (again)
        thread_call_again(t); /* before it is ready: another hart may run it at once */
    /* EINTR is what SyncCtl(_NTO_SCTL_MUTEX_WAKEUP) gives: libc has to tell the two apart. */
    sync_wake(t, again ? (int64_t)t->arg[0] : cause == WAKE_SIGNAL ? -ERESTART : -err);
}

/* Takes the mutex again after a condvar: only the thread's end gets it out. */
static void relock_disturb(struct thread *t, enum wake_cause cause, int err)
{
    if (cause == WAKE_KILL)
        mutex_disturb(t, cause, err);
}

const struct wait_ops sync_mutex_ops = {.name = "mutex", .disturb = mutex_disturb};
const struct wait_ops sync_relock_ops = {.name = "condvar mutex", .disturb = relock_disturb};

/* ---- handing over; bucket lock held */

/* Who still waits for the mutex lends its priority to the new owner, and hears of that one's end; false: nobody waits. */
static bool adopt_locked(struct bucket *b, const uint64_t key[2], struct thread *owner)
{
    bool any = false;
    list_for_each(e, &b->waiters)
    {
        struct thread *o = list_entry(e, struct thread, link);
        if (!sync_same_key(o->sync.key, key) ||
            (o->wait_ops != &sync_mutex_ops && o->wait_ops != &sync_relock_ops))
            continue;
        any = true;
        pi_detach(o);
        (void)pi_attach(o, owner);
    }
    return any;
}

/* The best waiter becomes the owner and gets the result in its sync.value, or -err; without waiters
 * the mutex is free.  giver: who held it, if it runs, or NULL. */
static void pass_locked(struct bucket *b, const uint64_t key[2], const struct sync_ref *r, int err,
                        struct thread *giver)
{
    _Atomic uint32_t *owner = r->owner;
    uint32_t count = atomic_load_explicit(r->count, memory_order_relaxed);
    uint32_t mark = count & QRV_MUTEX_PROTECT ? W_WAITERS : 0;
    struct thread *w = sync_best(b, key, SYNC_MUTEX);
    if (!w) {
        atomic_store_explicit(owner, mark, memory_order_release);
        return;
    }
    uint32_t word = sync_thread_word(w) | mark;
    sync_leave(w);
    if (mark)
        ceiling_enter(w, key, W_CEILING(count));
    if (w->wait_ops == &sync_relock_ops && w->sync.depth)
        atomic_store(&w->kcont, sync_cond_restore);
    if (adopt_locked(b, key, w))
        word |= W_WAITERS;
    atomic_store_explicit(owner, word, memory_order_release);
    thread_set_result(w, -(int64_t)(err ? (uint32_t)err : w->sync.value & MW_ERRNO));
    if (giver && racy_read(giver->mutex_prio))
        pi_update(giver); /* before w runs: what it lent is over by then */
    thread_ready_locked(w);
}

/* SIGDEADLK to those who wait for a dead mutex without a deadline, once each. */
static void tell_deadlocked(const uint64_t key[2])
{
    struct bucket *b = sync_bucket(key);
    for (;;) {
        struct thread *found = NULL;
        spin_lock(&b->lock);
        list_for_each(e, &b->waiters)
        {
            struct thread *t = list_entry(e, struct thread, link);
            if (sync_same_key(t->sync.key, key) && t->wait_ops == &sync_mutex_ops &&
                !t->tmo.active && !(t->sync.value & MW_DEADLK)) {
                t->sync.value |= MW_DEADLK;
                thread_get(t);
                found = t;
                break;
            }
        }
        spin_unlock(&b->lock);
        if (!found)
            return;
        (void)signal_post(found->proc, found, SIGDEADLK, 0, 0, found->proc->pid, 0);
        thread_put(found);
    }
}

/* The mutex is DEAD: its event, once, or without one SIGDEADLK to who waits.  No lock held. */
static void tell_dead(const uint64_t key[2], bool just_died)
{
    int32_t pid;
    struct _kc_sigevent ev;
    if (!sync_event_get(key, &pid, &ev)) {
        tell_deadlocked(key);
        return;
    }
    struct process *p = just_died ? process_get(pid) : NULL;
    if (p) {
        (void)event_deliver(p, NULL, &ev);
        process_put(p);
    }
}

/* ---- taking */

/* The live thread that word names, referenced, or NULL. */
static struct thread *holder_get(const struct thread *self, uint32_t id, const uint64_t key[2])
{
    int32_t pid = (int32_t)(id >> 16), tid = (int32_t)(id & 0xffff);
    if (key[1] && pid != self->proc->pid)
        return NULL;
    struct process *p = pid == self->proc->pid ? self->proc : process_get(pid);
    if (!p)
        return NULL;
    struct thread *t = idtable_get(&p->threads, (uint32_t)tid);
    if (t && !thread_get_live(t))
        t = NULL;
    /* Its tid may be about to be written (thread_enlist()): then it has never held anything. */
    if (t && (t->proc != p || racy_read(t->tid) != tid || racy_read(t->sync.closed))) {
        thread_put(t);
        t = NULL;
    }
    if (p != self->proc)
        process_put(p);
    return t;
}

struct take {
    struct sync_ref r;
    uint64_t va;
    bool any; /* whatever the ceiling: pthread_mutex_setprioceiling() */
    uint32_t flags;     /* of the count word */
    uint32_t res_errno; /* reported with the mutex when it has to wait */
    const struct wait_ops *ops;
    struct thread *holder; /* HOLDER_LIVE: referenced */
    bool dead, just_died;  /* out: the mutex is DEAD, and became so now */
};

static enum holder holder_find(struct thread *t, struct take *k, uint32_t id)
{
    if (id == 0)
        return HOLDER_NONE;
    if (id == QRV_SYNC_DEAD || id == QRV_SYNC_DESTROYED)
        return HOLDER_MARK;
    if (id == sync_thread_word(t))
        return HOLDER_SELF;
    k->holder = holder_get(t, id, k->r.w.key);
    return k->holder ? HOLDER_LIVE : HOLDER_GONE;
}

/* Bucket lock held: the caller becomes owner if the word still is old.  There may be waiters: a holder that is ending is gone before
 * it has told them. */
static bool grab(struct bucket *b, struct thread *t, struct take *k, uint32_t old)
{
    bool protect = (k->flags & QRV_MUTEX_PROTECT) != 0, waited = sync_best(b, k->r.w.key, SYNC_MUTEX) != NULL;
    uint32_t me = sync_thread_word(t) | (protect || waited ? W_WAITERS : 0);
    if (!atomic_compare_exchange_strong(k->r.owner, &old, me))
        return false;
    if (protect)
        ceiling_enter(t, k->r.w.key, W_CEILING(k->flags));
    if (waited && adopt_locked(b, k->r.w.key, t))
        pi_update(t);
    return true;
}

/* Bucket lock held: waits.  The word is old and gets new, which has WAITERS.  -EBUSY: it has
 * changed. */
static int64_t wait_locked(struct bucket *b, struct thread *t, struct take *k, uint32_t old,
                           uint32_t new)
{
    if (!atomic_compare_exchange_strong(k->r.owner, &old, new))
        return -EBUSY;
    int err = k->ops == &sync_mutex_ops ? thread_timeout_start(t, STATE_MUTEX) : 0;
    if (err)
        return err;
    t->sync.value =
        k->res_errno | (k->flags & (QRV_MUTEX_NOINHERIT | QRV_MUTEX_PROTECT) ? MW_NOINHERIT : 0);
    __atomic_store_n(&t->sync.owner, NULL, __ATOMIC_RELAXED);
    if (k->holder && !pi_attach(t, k->holder))
        return -EBUSY; /* it has just ended: look again */
    sync_queue(b, t, &k->r.w, k->va, STATE_MUTEX, k->ops);
    t->blocked_aux = new;
    return KC_BLOCKED;
}

/* Bucket lock held.  -EBUSY: the word has changed. */
static int64_t take_locked(struct bucket *b, struct thread *t, struct take *k, enum holder h,
                           uint32_t w)
{
    bool robust = (k->flags & QRV_MUTEX_ROBUST) != 0;
    switch (h) {
    case HOLDER_NONE:
        return grab(b, t, k, w) ? 0 : -EBUSY;
    case HOLDER_SELF:
        if (k->flags & QRV_MUTEX_RECURSIVE) {
            if ((k->flags & COUNT_DEPTH) == COUNT_DEPTH)
                return -EAGAIN;
            atomic_fetch_add(k->r.count, 1);
            return 0;
        }
        return k->flags & QRV_MUTEX_NOERROR ? wait_locked(b, t, k, w, w | W_WAITERS) : -EDEADLK;
    case HOLDER_LIVE:
        return wait_locked(b, t, k, w, w | W_WAITERS);
    case HOLDER_GONE:
        if (robust)
            return grab(b, t, k, w) ? -EOWNERDEAD : -EBUSY;
        k->dead = k->just_died =
            k->r.w.key[1] == 0; /* within one process a forgotten lock just stays locked */
        return wait_locked(b, t, k, w,
                           k->dead ? (uint32_t)QRV_SYNC_DEAD | W_WAITERS : w | W_WAITERS);
    case HOLDER_MARK:
        if (W_ID(w) == QRV_SYNC_DESTROYED)
            return -EINVAL;
        k->dead = true;
        return wait_locked(b, t, k, w, w | W_WAITERS);
    }
    return -EINVAL;
}

static int64_t take_loop(struct thread *t, struct take *k)
{
    struct bucket *b = sync_bucket(k->r.w.key);
    int64_t ret = -EBUSY;
    for (int i = 0; ret == -EBUSY && i < TRIES; i++) {
        k->flags = atomic_load(k->r.count);
        k->holder = NULL;
        k->dead = k->just_died = false;
        uint32_t w = atomic_load(k->r.owner);
        enum holder h = holder_find(t, k, W_ID(w));
        spin_lock(&b->lock);
        ret = take_locked(b, t, k, h, w);
        spin_unlock(&b->lock);
        if (ret == KC_BLOCKED && k->holder && !(k->flags & (QRV_MUTEX_NOINHERIT | QRV_MUTEX_PROTECT)))
            pi_update(k->holder);
        if (k->holder)
            thread_put(k->holder);
    }
    return ret == -EBUSY ? -EAGAIN : ret;
}

/* A ceiling: the thread must not be above it, and needs memory before it gets the mutex.  A condvar's waiter has had both. */
static int64_t ceiling_check(struct thread *t, const struct take *k)
{
    uint32_t count = atomic_load_explicit(k->r.count, memory_order_relaxed);
    if (!(count & QRV_MUTEX_PROTECT))
        return 0;
    if (!k->any && k->ops == &sync_mutex_ops && t->base_prio > W_CEILING(count))
        return -EINVAL;
    return ceiling_prepare(t);
}

static int64_t take(struct thread *t, struct take *k)
{
    int64_t ret = sync_ref_get(t, k->va, &k->r);
    if (ret)
        return ret;
    ret = ceiling_check(t, k);
    if (!ret)
        ret = take_loop(t, k);
    if (ret == KC_BLOCKED && k->dead)
        tell_dead(k->r.w.key, k->just_died);
    sync_ref_put(&k->r);
    return ret;
}

int64_t mutex_take(struct thread *t, uint64_t va, const struct wait_ops *ops, uint32_t res_errno)
{
    struct take k; /* set where it is found out; all of it would be a memset() */
    k.va = va;
    k.any = false;
    k.ops = ops;
    k.res_errno = res_errno;
    return take(t, &k);
}

int64_t sync_mutex_lock(struct thread *t, uint64_t va)
{
    return mutex_take(t, va, &sync_mutex_ops, 0);
}

int64_t sync_mutex_lock_any(struct thread *t, uint64_t va)
{
    struct take k = {.va = va, .ops = &sync_mutex_ops, .any = true};
    return take(t, &k);
}

/* ---- waking waiters without the mutex */

static bool wakes(const struct thread *w, int32_t pid, int32_t tid)
{
    return (pid == 0 || w->proc->pid == pid) && (tid == 0 || w->tid == tid);
}

/* Bucket lock held.  How many waiters were told to go. */
static uint32_t wake_matching(struct bucket *b, const uint64_t key[2], int32_t pid, int32_t tid)
{
    uint32_t n = 0;
    list_for_each_safe(e, tmp, &b->waiters)
    {
        struct thread *w = list_entry(e, struct thread, link);
        if (!sync_same_key(w->sync.key, key) || w->wait_ops != &sync_mutex_ops ||
            !wakes(w, pid, tid))
            continue;
        w->sync.mutex = (uint64_t)(uintptr_t)w->sync.owner;
        if (w->sync.mutex)
            atomic_store(&w->kcont, mutex_left);
        sync_wake(w, -EINTR);
        n++;
    }
    return n;
}

int64_t sync_mutex_wakeup(struct thread *t, uint64_t va, int32_t pid, int32_t tid)
{
    struct sync_ref r;
    if (pid == 0 && tid != 0)
        pid = t->proc->pid;
    if (pid) {
        struct process *p = process_get(pid);
        bool there = p && (tid == 0 || (tid > 0 && idtable_get(&p->threads, (uint32_t)tid)));
        if (p)
            process_put(p);
        if (!there)
            return -ESRCH;
    }
    int64_t ret = sync_ref_get(t, va, &r);
    if (ret)
        return ret;
    if (!(atomic_load(r.count) & QRV_MUTEX_WAKEUP) || W_ID(atomic_load(r.owner)) == QRV_SYNC_DESTROYED) {
        ret = -EINVAL;
    } else {
        struct bucket *b = sync_bucket(r.w.key);
        spin_lock(&b->lock);
        uint32_t n = wake_matching(b, r.w.key, pid, tid);
        spin_unlock(&b->lock);
        ret = n == 0 && tid ? -EINVAL : 0;
    }
    sync_ref_put(&r);
    return ret;
}

/* ---- giving up */

void mutex_release(struct thread *t, struct sync_ref *r)
{
    struct bucket *b = sync_bucket(r->w.key);
    spin_lock(&b->lock);
    /* A thread that gives a mutex up to wait on a condvar is guarded by a lock of this rank: it follows after. */
    pass_locked(b, r->w.key, r, 0, racy_read(t->state) == STATE_RUNNING ? t : NULL);
    spin_unlock(&b->lock);
    if (!list_empty(&t->ceilings))
        ceiling_leave(t, r->w.key);
    if (racy_read(t->mutex_prio))
        pi_update(t);
}

int64_t sync_mutex_unlock(struct thread *t, uint64_t va)
{
    struct sync_ref r;
    int err = sync_ref_get(t, va, &r);
    if (err)
        return err;
    uint32_t id = W_ID(atomic_load(r.owner)), flags = atomic_load(r.count);
    int64_t ret = 0;
    if (id == QRV_SYNC_DESTROYED)
        ret = -EINVAL;
    else if (id != sync_thread_word(t))
        ret = -EPERM;
    else if ((flags & QRV_MUTEX_RECURSIVE) && (flags & COUNT_DEPTH))
        atomic_fetch_sub(r.count, 1);
    else
        mutex_release(t, &r);
    sync_ref_put(&r);
    return ret;
}

int64_t sync_mutex_revive(struct thread *t, uint64_t va)
{
    struct sync_ref r;
    int64_t ret = sync_ref_get(t, va, &r);
    if (ret)
        return ret;
    uint32_t count = atomic_load(r.count);
    if (count & QRV_MUTEX_PROTECT)
        ret = ceiling_prepare(t);
    if (ret) {
        sync_ref_put(&r);
        return ret;
    }
    struct bucket *b = sync_bucket(r.w.key);
    spin_lock(&b->lock);
    uint32_t w = atomic_load(r.owner);
    if (W_ID(w) == QRV_SYNC_DEAD) {
        bool more = (count & QRV_MUTEX_PROTECT) != 0;
        if (more)
            ceiling_enter(t, r.w.key, W_CEILING(count));
        more = adopt_locked(b, r.w.key, t) || more;
        atomic_store(r.owner, sync_thread_word(t) | (more ? W_WAITERS : 0));
    } else if (W_ID(w) != sync_thread_word(t)) { /* mine: a robust mutex made consistent */
        ret = -EINVAL;
    }
    spin_unlock(&b->lock);
    pi_update(t);
    sync_ref_put(&r);
    return ret;
}

/* ---- the owner ends */

/* Bucket lock held: nobody with this key hangs on t any longer. */
static void let_go_locked(struct bucket *b, const struct thread *t, const uint64_t key[2])
{
    list_for_each(e, &b->waiters)
    {
        struct thread *o = list_entry(e, struct thread, link);
        if (o->sync.owner == t && sync_same_key(o->sync.key, key))
            pi_detach(o);
    }
}

/* w waited, a moment ago, for a mutex that t holds.  true: the mutex has become DEAD. */
static bool orphan(struct thread *t, struct thread *w, const uint64_t key[2], uint64_t va)
{
    struct sync_ref r = {.count = NULL};
    bool private = key[1] != 0, dead = false;
    if (private && sync_ref_get(t, va, &r) != 0)
        r.count = NULL;
    struct bucket *b = sync_bucket(key);
    spin_lock(&b->lock);
    if (w->sync.owner == t && sync_same_key(w->sync.key, key)) {
        if (!private && (key[0] & (PAGE_SIZE - 1)) <= PAGE_SIZE - 2 * sizeof(uint32_t)) {
            r.count = phys_to_virt(key[0]); /* w keeps the frame */
            r.owner = r.count + 1;
        }
        bool mine = r.count && W_ID(atomic_load(r.owner)) == sync_thread_word(t);
        if (mine && (atomic_load(r.count) & QRV_MUTEX_ROBUST)) {
            pass_locked(b, key, &r, EOWNERDEAD, NULL);
        } else if (mine && !private) {
            atomic_store(r.owner, (uint32_t)QRV_SYNC_DEAD | W_WAITERS);
            dead = true;
        }
        let_go_locked(b, t, key);
    }
    spin_unlock(&b->lock);
    if (private && r.count)
        sync_ref_put(&r);
    return dead;
}

void sync_thread_exit(struct thread *t)
{
    struct thread *w;
    ceiling_drop_all(t);
    while ((w = pi_close(t)) != NULL) {
        struct spinlock *l = thread_lock(w);
        bool waits = thread_is_blocked(w) && w->sync.owner == t;
        uint64_t key[2] = {0}, va = 0;
        if (waits) {
            key[0] = w->sync.key[0];
            key[1] = w->sync.key[1];
            va = w->sync.addr;
        }
        thread_unlock(l);
        if (!waits)
            arch_relax(); /* it is on its way into the queue, or out of it */
        else if (orphan(t, w, key, va))
            tell_dead(key, true);
    }
    racy_write(t->mutex_prio, 0);
}
