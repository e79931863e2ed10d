/* SPDX-License-Identifier: Apache-2.0 */
/* Priority inheritance: who waits for whom, and the priorities that travel along.  Documentation followed: System Architecture
 * "Mutexes: mutual exclusion locks", "Priority inheritance and messages", "Server boost".
 *
 * An edge goes from a thread that waits to those it waits for: a mutex' owner (`held` lists, lock: PI, hashed by the owner), or the
 * threads that serve the channel it is SEND- or REPLY-blocked on.  A change is carried on one edge after the other without two
 * wait locks at a time: each step recomputes a value from its source under that thread's own lock, so concurrent walks settle on
 * the right one whatever their order.
 *
 * Every walk ends.  Along mutexes each thread has one edge, and a cycle (the program's deadlock) is noticed by Brent's method
 * (1980), after at most three times its length.  Along messages a walk goes on only from threads it has raised; their boost falls
 * again only when they receive, which is their own doing.
 */
#include "object/channel.h"
#include "object/sync_internal.h"

#define PI_LOCKS 64

static struct spinlock pi_locks[PI_LOCKS];

/* Threads to go on from: linked through inherit_next, referenced, with inherit_queued set by the walk they are in. */
struct walk {
    struct thread *head;
};

void inherit_init(void)
{
    for (int i = 0; i < PI_LOCKS; i++)
        spin_init(&pi_locks[i], RANK_PI);
}

/* ---- mutex waiters */

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

/* The owner may let go of its waiters at the same time (pi_release_all), holding only the PI
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

struct thread *pi_close(struct thread *t)
{
    struct spinlock *l = pi_lock(t);
    racy_write(t->sync.closed, true);
    struct thread *w =
        list_empty(&t->held) ? NULL : list_entry(t->held.next, struct thread, sync.pi_link);
    spin_unlock(l);
    return w;
}

void pi_release_all(struct thread *t)
{
    struct spinlock *l = pi_lock(t);
    racy_write(t->sync.closed, true);
    while (!list_empty(&t->held)) {
        struct thread *w = list_entry(list_pop_head(&t->held), struct thread, sync.pi_link);
        __atomic_store_n(&w->sync.owner, NULL, __ATOMIC_RELAXED);
    }
    spin_unlock(l);
}

/* What the mutex waiters of owner lend it now; true: that has changed.  Safe on a thread that has ended meanwhile: whatever
 * lives in its memory now gets the value of its own list. */
static bool recompute(struct thread *owner)
{
    struct spinlock *l = thread_lock(owner);
    uint8_t prio = 0;
    struct spinlock *pi = pi_lock(owner);
    list_for_each(e, &owner->held)
    {
        struct thread *w = list_entry(e, struct thread, sync.pi_link);
        if (!(w->sync.value & MW_NOINHERIT) && racy_read(w->prio) > prio)
            prio = racy_read(w->prio);
    }
    spin_unlock(pi);
    bool changed = racy_read(owner->mutex_prio) != prio;
    if (changed) {
        racy_write(owner->mutex_prio, prio);
        thread_recompute_prio_locked(owner);
    }
    thread_unlock(l);
    return changed;
}

/* ---- walking */

/* t is kept from ending by the caller. */
static void push(struct walk *w, struct thread *t)
{
    if (atomic_exchange(&t->inherit_queued, true))
        return; /* another walk is about to look at it */
    thread_get(t);
    t->inherit_next = w->head;
    w->head = t;
}

static struct thread *pop(struct walk *w)
{
    struct thread *t = w->head;
    if (t) {
        w->head = t->inherit_next;
        atomic_store(&t->inherit_queued, false); /* before the look at it: a change after that queues it again */
    }
    return t;
}

/* The threads that serve ch run at prio at least, while a message of that importance waits or is worked on. */
static void boost_servers(struct walk *w, struct channel *ch, int prio)
{
    struct process *p = ch->proc;
    if (ch->flags & _NTO_CHF_FIXED_PRIORITY)
        return;
    spin_lock(&p->lock);
    list_for_each(e, &p->thread_list)
    {
        struct thread *t = list_entry(e, struct thread, proc_link);
        if (racy_read(t->msg.serving) != ch || racy_read(t->prio) >= prio)
            continue;
        struct spinlock *l = thread_lock(t);
        bool raise = t->boost_prio < prio && t->state != STATE_DEAD && t->state != STATE_RECEIVE;
        if (raise) {
            t->boost_prio = (uint8_t)prio;
            thread_recompute_prio_locked(t);
        }
        thread_unlock(l);
        if (raise)
            push(w, t);
    }
    spin_unlock(&p->lock);
}

/* What t waits for: the owner of a mutex (weak), or a channel (referenced). */
static struct thread *waits_for(struct thread *t, struct channel **ch, int *prio)
{
    struct thread *owner = NULL;
    struct spinlock *l = thread_lock(t);
    *ch = NULL;
    *prio = t->prio;
    bool blocked = thread_is_blocked(t);
    if (blocked && sync_waits_for_mutex(t))
        owner = t->sync.owner;
    else if (blocked && (t->state == STATE_SEND || t->state == STATE_REPLY) && channel_get_live(t->msg.chan))
        *ch = t->msg.chan;
    thread_unlock(l);
    return owner;
}

/* The priority of t has changed. */
static void follow(struct walk *w, struct thread *t)
{
    struct thread *mark = t;
    struct channel *ch;
    unsigned hops = 0, limit = 1;
    int prio;
    while ((t = waits_for(t, &ch, &prio)) != NULL && t != mark && recompute(t)) {
        if (++hops == limit) {
            mark = t;
            hops = 0;
            limit *= 2;
        }
    }
    if (!t && ch) {
        boost_servers(w, ch, prio);
        channel_put(ch);
    }
}

static void finish(struct walk *w)
{
    struct thread *t;
    while ((t = pop(w)) != NULL) {
        follow(w, t);
        thread_put(t);
    }
}

void pi_update(struct thread *owner)
{
    struct walk w = { NULL };
    if (!owner || !recompute(owner))
        return;
    follow(&w, owner);
    finish(&w);
}

void inherit_prio_changed(struct thread *t)
{
    struct walk w = { NULL };
    follow(&w, t);
    finish(&w);
}

void inherit_message(struct channel *ch, int prio)
{
    struct walk w = { NULL };
    boost_servers(&w, ch, prio);
    finish(&w);
}
