/* SPDX-License-Identifier: Apache-2.0 */
/* Condition variables, semaphores, futex waits; creating and destroying objects. */
#include "core/preempt.h"
#include "object/sync_internal.h"

#define WAKE_STEP 16 /* threads woken with the bucket locked */

/* Bucket lock held: the object has no waiter of this kind. */
static bool no_waiter(struct bucket *b, const uint64_t key[2], enum sync_kind kind)
{
    return sync_best(b, key, kind) == NULL;
}

/* Bucket lock held: some of the chosen ones wake. */
static uint32_t wake_chosen_locked(struct bucket *b, const uint64_t key[2], enum sync_kind kind)
{
    uint32_t n = 0;
    list_for_each_safe(e, tmp, &b->waiters)
    {
        struct thread *t = list_entry(e, struct thread, link);
        if (!sync_is_chosen(t, key, kind))
            continue;
        sync_wake(t, 0);
        if (++n == WAKE_STEP)
            break;
    }
    return n;
}

/* Everybody who waits now, in steps; whoever comes meanwhile goes on waiting.  Returns how many. */
static uint32_t wake_all(const uint64_t key[2], enum sync_kind kind)
{
    struct bucket *b = sync_bucket(key);
    spin_lock(&b->lock);
    sync_choose(b, key, kind);
    uint32_t n = wake_chosen_locked(b, key, kind), total = n;
    spin_unlock(&b->lock);
    while (n == WAKE_STEP) {
        preempt_point();
        spin_lock(&b->lock);
        n = wake_chosen_locked(b, key, kind);
        spin_unlock(&b->lock);
        total += n;
    }
    return total;
}

/* ---- condition variables */

/* Continuation of every way out of SyncCondvarWait() but death: the result register holds the
 * outcome, the mutex is taken first. Signals stay pending until the thread has it (a handler could
 * not give it back). */
static void cond_relock(struct thread *t)
{
    int64_t outcome = (int64_t)t->regs.x[REG_A0];
    thread_timeout_clear(t);
    int64_t ret = mutex_take(t, t->sync.mutex, &sync_relock_ops, (uint32_t)-outcome);
    if (ret == KC_BLOCKED)
        return;
    if (ret != 0)
        thread_set_result(t, ret);
    if (ret == 0 || ret == -EOWNERDEAD)
        sync_cond_restore(t);
}

void sync_cond_restore(struct thread *t)
{
    struct sync_ref m;
    if (t->sync.depth == 0 || sync_ref_get(t, t->sync.mutex, &m) != 0)
        return;
    atomic_fetch_add(m.count, t->sync.depth);
    sync_ref_put(&m);
}

static void cond_disturb(struct thread *t, enum wake_cause cause, int err)
{
    if (cause == WAKE_KILL)
        atomic_store(&t->kcont, NULL);
    sync_wake(t, cause == WAKE_SIGNAL ? 0
                                      : -err); /* a signal is a spurious wake-up, as POSIX has it */
}

const struct wait_ops sync_cond_ops = {.name = "condvar", .disturb = cond_disturb};

/* The caller is queued on the condvar before it lets go of the mutex, so no signal in between is
 * lost. */
static int64_t cond_wait(struct thread *t, struct sync_ref *c, uint64_t cond_va, struct sync_ref *m,
                         uint64_t mutex_va)
{
    if (W_ID(atomic_load(c->owner)) == QRV_SYNC_DESTROYED)
        return -EINVAL;
    if (W_ID(atomic_load(m->owner)) != sync_thread_word(t))
        return -EPERM;
    struct bucket *b = sync_bucket(c->w.key);
    spin_lock(&b->lock);
    atomic_fetch_or(c->owner, W_WAITERS);
    int err = thread_timeout_start(t, STATE_CONDVAR);
    if (!err) {
        t->sync.mutex = mutex_va;
        t->sync.value = 0;
        /* However often it is held, waiting lets it go. */
        t->sync.depth = atomic_load(m->count) & COUNT_DEPTH;
        atomic_fetch_sub(m->count, t->sync.depth);
        atomic_store(&t->kcont, cond_relock);
        sync_queue(b, t, &c->w, cond_va, STATE_CONDVAR, &sync_cond_ops);
        t->blocked_aux = mutex_va;
    }
    spin_unlock(&b->lock);
    if (err)
        return err; /* the deadline is over: the mutex was never given up */
    mutex_release(t, m);
    return KC_BLOCKED;
}

int64_t sync_cond_wait(struct thread *t, uint64_t cond_va, uint64_t mutex_va)
{
    struct sync_ref c, m;
    int64_t ret = sync_ref_get(t, cond_va, &c);
    if (ret)
        return ret;
    ret = sync_ref_get(t, mutex_va, &m);
    if (!ret) {
        ret = cond_wait(t, &c, cond_va, &m, mutex_va);
        sync_ref_put(&m);
    }
    sync_ref_put(&c);
    return ret;
}

int64_t sync_cond_signal(struct thread *t, uint64_t va, bool all)
{
    struct sync_ref r;
    int err = sync_ref_get(t, va, &r);
    if (err)
        return err;
    if (W_ID(atomic_load(r.owner)) == QRV_SYNC_DESTROYED) {
        sync_ref_put(&r);
        return -EINVAL;
    }
    if (all)
        (void)wake_all(r.w.key, SYNC_COND);
    struct bucket *b = sync_bucket(r.w.key);
    spin_lock(&b->lock);
    struct thread *w = all ? NULL : sync_best(b, r.w.key, SYNC_COND);
    if (w)
        sync_wake(w, 0);
    if (no_waiter(b, r.w.key, SYNC_COND))
        atomic_fetch_and(r.owner, ~W_WAITERS);
    spin_unlock(&b->lock);
    sync_ref_put(&r);
    return 0;
}

/* ---- semaphores */

static bool sem_take(_Atomic uint32_t *count)
{
    uint32_t c = atomic_load(count);
    while ((int32_t)c > 0) {
        if (atomic_compare_exchange_weak(count, &c, c - 1))
            return true;
    }
    return false;
}

const struct wait_ops sync_sem_ops = {.name = "semaphore", .disturb = sync_interrupted};

int64_t sync_sem_wait(struct thread *t, uint64_t va, bool try)
{
    struct sync_ref r;
    int err = sync_ref_get(t, va, &r);
    if (err)
        return err;
    struct bucket *b = sync_bucket(r.w.key);
    int64_t ret = 0;
    spin_lock(&b->lock);
    /* Step 1: say that somebody waits; step 2: look.  A poster counts up first and looks for the
     * bit then. */
    uint32_t was = atomic_fetch_or(r.owner, W_WAITERS);
    if (W_ID(was) == QRV_SYNC_DESTROYED)
        ret = -EINVAL;
    else if (!sem_take(r.count))
        ret = try ? -EAGAIN : thread_timeout_start(t, STATE_SEM);
    else
        ret = 1;
    if (ret == 0) {
        sync_queue(b, t, &r.w, va, STATE_SEM, &sync_sem_ops);
        ret = KC_BLOCKED;
    } else if (no_waiter(b, r.w.key, SYNC_SEM)) {
        atomic_fetch_and(r.owner, ~W_WAITERS);
    }
    spin_unlock(&b->lock);
    sync_ref_put(&r);
    return ret == 1 ? 0 : ret;
}

static int sem_post(struct sync_ref *r)
{
    if (W_ID(atomic_load(r->owner)) == QRV_SYNC_DESTROYED)
        return -EINVAL;
    uint32_t c = atomic_load(r->count);
    do {
        if ((int32_t)c == INT32_MAX)
            return -EOVERFLOW;
    } while (!atomic_compare_exchange_weak(r->count, &c, c + 1));
    struct bucket *b = sync_bucket(r->w.key);
    spin_lock(&b->lock);
    struct thread *w;
    while ((w = sync_best(b, r->w.key, SYNC_SEM)) != NULL && sem_take(r->count))
        sync_wake(w, 0);
    if (!w)
        atomic_fetch_and(r->owner, ~W_WAITERS);
    spin_unlock(&b->lock);
    return 0;
}

int64_t sync_sem_post(struct thread *t, uint64_t va)
{
    struct sync_ref r;
    int err = sync_ref_get(t, va, &r);
    if (err)
        return err;
    err = sem_post(&r);
    sync_ref_put(&r);
    return err;
}

int sync_word_in(struct process *p, uint64_t va, struct uword *w)
{
    if (va % sizeof(uint32_t))
        return -EINVAL;
    spin_lock(&p->lock);
    struct aspace *as = atomic_load(&p->flags) & (PF_TEARDOWN | PF_DEAD) ? NULL : p->as;
    if (as)
        aspace_hold(as);
    spin_unlock(&p->lock);
    if (!as)
        return -ESRCH;
    bool shared;
    int err = aspace_pin(as, va, true, &w->frame, &shared);
    aspace_release(as);
    if (err)
        return -EFAULT;
    w->key[0] = shared ? w->frame + va % PAGE_SIZE : va;
    w->key[1] = shared ? 0 : (uint64_t)p->pid;
    w->p = (_Atomic uint32_t *)((char *)phys_to_virt(w->frame) + va % PAGE_SIZE);
    return 0;
}

int sync_sem_post_in(struct process *p, uint64_t va)
{
    struct sync_ref r = {.two = false};
    if (va % PAGE_SIZE == PAGE_SIZE - sizeof(uint32_t))
        return -EINVAL; /* across two pages */
    int err = sync_word_in(p, va, &r.w);
    if (err)
        return err;
    r.count = r.w.p;
    r.owner = r.count + 1;
    err = sem_post(&r);
    uword_put(&r.w);
    return err;
}

/* ---- futex waits */

static bool wake_best(const uint64_t key[2], enum sync_kind kind)
{
    struct bucket *b = sync_bucket(key);
    spin_lock(&b->lock);
    struct thread *w = sync_best(b, key, kind);
    if (w)
        sync_wake(w, 0);
    spin_unlock(&b->lock);
    return w != NULL;
}

const struct wait_ops sync_futex_ops = {.name = "futex", .disturb = sync_interrupted};

int64_t sync_futex_wait(struct thread *t, uint64_t va, uint32_t expected, int state)
{
    struct uword w;
    int err = uword_get(t, va, &w);
    if (err)
        return err;
    struct bucket *b = sync_bucket(w.key);
    int64_t ret = -EAGAIN;
    spin_lock(&b->lock);
    if (atomic_load(w.p) == expected) {
        ret = thread_timeout_start(t, state);
        if (!ret) {
            sync_queue(b, t, &w, va, state, &sync_futex_ops);
            ret = KC_BLOCKED;
        }
    }
    spin_unlock(&b->lock);
    uword_put(&w);
    return ret;
}

int64_t sync_futex_wake(struct thread *t, uint64_t va, uint32_t max)
{
    struct uword w;
    int err = uword_get(t, va, &w);
    if (err)
        return err;
    uint32_t woken = 0;
    if (max >= INT32_MAX) {
        woken = wake_all(w.key, SYNC_FUTEX);
        max = 0;
    }
    while (woken < max && wake_best(w.key, SYNC_FUTEX)) {
        if (++woken < max)
            preempt_point();
    }
    uword_put(&w);
    return woken;
}

/* ---- creating and destroying */

#define PRIO_PROTECT 2 /* PTHREAD_PRIO_PROTECT */
#define MUTEX_FLAGS                                                                                \
    (QRV_MUTEX_RECURSIVE | QRV_MUTEX_ERRORCHECK | QRV_MUTEX_NOINHERIT | QRV_MUTEX_ROBUST |         \
     QRV_MUTEX_NOERROR | QRV_MUTEX_WAKEUP)

static int ceiling_value(struct process *p, int prio, uint32_t *count)
{
    if (prio < 1 || prio > QRV_PRIO_MAX)
        return -EINVAL;
    if (prio > QRV_PRIO_USER_MAX && !process_can(p, TM_ABLE_PRIORITY))
        return -EPERM;
    *count |= QRV_MUTEX_PROTECT | (uint32_t)prio << QRV_MUTEX_CEILING_SHIFT;
    return 0;
}

static int start_value(struct process *p, uint32_t type, const struct _sync_attr *a, uint32_t *count)
{
    *count = 0;
    switch (type) {
    case _NTO_SYNC_MUTEX_FREE:
        if (!a)
            return 0;
        if (a->__protocol < 0 || a->__protocol > PRIO_PROTECT)
            return -EINVAL;
        *count = (uint32_t)a->__flags & MUTEX_FLAGS;
        return a->__protocol == PRIO_PROTECT ? ceiling_value(p, a->__prioceiling, count) : 0;
    case _NTO_SYNC_SEM:
        if (a && a->__flags < 0)
            return -EINVAL;
        *count = a ? (uint32_t)a->__flags : 0;
        return 0;
    case _NTO_SYNC_COND:
        if (a && a->__clockid != 0 && a->__clockid != 1)
            return -EINVAL;
        return 0;
    default:
        return -EINVAL;
    }
}

int64_t sync_type_create(struct thread *t, uint32_t type, uint64_t va,
                         const struct _sync_attr *attr)
{
    uint32_t count;
    int err = start_value(t->proc, type, attr, &count);
    if (err)
        return err;
    struct sync_ref r;
    err = sync_ref_get(t, va, &r);
    if (err)
        return err;
    atomic_store(r.count, count);
    atomic_store(r.owner, count & QRV_MUTEX_PROTECT && type == _NTO_SYNC_MUTEX_FREE ? W_WAITERS : 0);
    sync_ref_put(&r);
    return 0;
}

int64_t sync_destroy(struct thread *t, uint64_t va)
{
    struct sync_ref r;
    int err = sync_ref_get(t, va, &r);
    if (err)
        return err;
    struct bucket *b = sync_bucket(r.w.key);
    spin_lock(&b->lock);
    uint32_t w = atomic_load(r.owner);
    int64_t ret = 0;
    if (W_ID(w) == QRV_SYNC_DESTROYED)
        ret = -EINVAL;
    else if ((W_ID(w) != 0 && W_ID(w) != QRV_SYNC_DEAD) || !no_waiter(b, r.w.key, SYNC_MUTEX) ||
             !no_waiter(b, r.w.key, SYNC_COND) || !no_waiter(b, r.w.key, SYNC_SEM))
        ret = -EBUSY;
    else if (!atomic_compare_exchange_strong(r.owner, &w, QRV_SYNC_DESTROYED))
        ret = -EBUSY;
    spin_unlock(&b->lock);
    sync_ref_put(&r);
    return ret;
}
