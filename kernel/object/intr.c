/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupt attachments.
 *
 * A vector has a chain of attachments and a mask count; the source is open at the PLIC while the
 * count is 0 and the chain is not empty.  Every delivery masks the vector once for each attachment,
 * which its process undoes with InterruptUnmask().  A count is always kept with the attachment it
 * belongs to, so the end of a driver takes its masks along and never leaves a neighbour shut out.
 * Lock order: process.lock (id table) -> vector.lock (RANK_WAIT: chain, counts).  Events are
 * delivered with no lock held.
 */
#include "object/intr.h"
#include "core/trace.h"
#include "mm/mm.h"
#include "object/channel.h"
#include "object/timer.h"
#include "platform/plic.h"

#define VECTORS_MAX 1024
#define CHAIN_MAX   8 /* attachments of one vector */
#define FLAGS_KNOWN                                                                                \
    (_NTO_INTR_FLAGS_END | _NTO_INTR_FLAGS_PROCESS | _NTO_INTR_FLAGS_TRK_MSK |                     \
     _NTO_INTR_FLAGS_NO_UNMASK | _NTO_INTR_FLAGS_EXCLUSIVE)

struct intr {
    struct process *proc; /* weak: the process detaches before it goes */
    int32_t id, tid;
    uint32_t vector, flags;
    uint32_t masks; /* vector.lock: how often this attachment masks the vector */
    struct _kc_sigevent event;
    struct list link; /* vector.lock */
};

struct vector {
    struct spinlock lock;
    struct list chain;
    uint32_t length, mask_count; /* mask_count: sum of the chain's masks */
};

struct delivery {
    struct process *proc;
    struct thread *thread; /* who attached, NULL when it has ended */
    struct thread *ref;    /* what the id table gave, referenced */
    int32_t tid;
    struct _kc_sigevent event;
};

static struct vector vectors[VECTORS_MAX];
static struct slab intr_slab = SLAB_INIT("intr", struct intr, link);
static _Atomic uint32_t attached;

void intr_init(void)
{
    for (int i = 0; i < VECTORS_MAX; i++) {
        spin_init(&vectors[i].lock, RANK_WAIT);
        list_init(&vectors[i].chain);
    }
}

uint32_t intr_count(void)
{
    return atomic_load_explicit(&attached, memory_order_relaxed);
}

static bool is_vector(uint32_t vector)
{
    return vector != 0 && vector <= plic_sources() && vector < VECTORS_MAX;
}

/* ---- attaching */

static int chain_check(const struct vector *v, uint32_t flags)
{
    if (v->length == 0)
        return 0;
    const struct intr *first = list_entry(v->chain.next, struct intr, link);
    if ((flags | first->flags) & _NTO_INTR_FLAGS_EXCLUSIVE)
        return -EBUSY;
    return v->length >= CHAIN_MAX ? -EAGAIN : 0;
}

static int chain_add(struct intr *it)
{
    struct vector *v = &vectors[it->vector];
    spin_lock(&v->lock);
    int err = chain_check(v, it->flags);
    if (!err) {
        if (it->flags & _NTO_INTR_FLAGS_END)
            list_push_tail(&v->chain, &it->link);
        else
            list_push_head(&v->chain, &it->link);
        v->length++;
        it->masks = it->flags & _NTO_INTR_FLAGS_NO_UNMASK ? 1 : 0;
        v->mask_count += it->masks;
        if (v->mask_count)
            plic_mask(it->vector);
        else
            plic_unmask(it->vector);
    }
    spin_unlock(&v->lock);
    return err;
}

static void chain_remove(struct intr *it)
{
    struct vector *v = &vectors[it->vector];
    spin_lock(&v->lock);
    list_remove(&it->link);
    v->length--;
    v->mask_count -= it->masks;
    if (v->length == 0)
        plic_mask(it->vector);
    else if (v->mask_count == 0)
        plic_unmask(it->vector);
    spin_unlock(&v->lock);
}

static bool is_process_event(const struct _kc_sigevent *ev)
{
    int type = ev->notify & SIGEV_TYPE_MASK;
    return type == SIGEV_SIGNAL || type == SIGEV_SIGNAL_CODE || type == SIGEV_PULSE ||
           type == SIGEV_SEM || type == SIGEV_MEMORY;
}

int intr_attach_event(struct thread *t, uint32_t vector, const struct _kc_sigevent *ev,
                      uint32_t flags)
{
    struct process *p = t->proc;
    if (!process_can(p, TM_ABLE_IO))
        return -EPERM;
    if (!is_vector(vector) || (flags & ~(uint32_t)FLAGS_KNOWN))
        return -EINVAL;
    struct intr *it = slab_alloc(&intr_slab);
    if (!it)
        return -EAGAIN;
    *it = (struct intr){.proc = p, .tid = t->tid, .vector = vector, .flags = flags, .event = *ev};
    list_init(&it->link);
    if (is_process_event(ev))
        it->flags |= _NTO_INTR_FLAGS_PROCESS;
    spin_lock(&p->lock);
    int id = idtable_alloc(&p->intrs, 0, it);
    if (id >= 0) {
        it->id = id;
        int err = chain_add(it);
        if (err) {
            idtable_remove(&p->intrs, (uint32_t)id);
            id = err;
        }
    }
    spin_unlock(&p->lock);
    if (id < 0)
        slab_free(&intr_slab, it);
    else
        atomic_fetch_add(&attached, 1);
    if (id >= 0 && trace_on(this_hart()))
        trace_event(_NTO_TRACE_SYSTEM, _NTO_TRACE_SYS_IST_ATTACH, vector, (uint64_t)id);
    return id == -ENOMEM ? -EAGAIN : id;
}

/* proc->lock held. */
static void detach_locked(struct process *p, struct intr *it)
{
    if (trace_on(this_hart()))
        trace_event(_NTO_TRACE_SYSTEM, _NTO_TRACE_SYS_IST_DETACH, it->vector, (uint64_t)it->id);
    idtable_remove(&p->intrs, (uint32_t)it->id);
    chain_remove(it);
    slab_free(&intr_slab, it);
    atomic_fetch_sub(&attached, 1);
}

int intr_detach(struct process *p, int32_t id)
{
    spin_lock(&p->lock);
    struct intr *it = id < 0 ? NULL : idtable_get(&p->intrs, (uint32_t)id);
    if (it)
        detach_locked(p, it);
    spin_unlock(&p->lock);
    return it ? 0 : -EINVAL;
}

/* t NULL: every attachment of p. */
static void detach_all(struct process *p, const struct thread *t)
{
    spin_lock(&p->lock);
    for (int id = idtable_next(&p->intrs, 0); id >= 0;
         id = idtable_next(&p->intrs, (uint32_t)id + 1)) {
        struct intr *it = idtable_get(&p->intrs, (uint32_t)id);
        if (!t || (it->tid == t->tid && !(it->flags & _NTO_INTR_FLAGS_PROCESS)))
            detach_locked(p, it);
    }
    spin_unlock(&p->lock);
}

void intr_thread_fini(struct thread *t)
{
    if (intr_count())
        detach_all(t->proc, t);
}

void intr_process_fini(struct process *p)
{
    detach_all(p, NULL);
}

/* ---- masking */

/* proc->lock held: the attachment id, or for -1 the process' first one on the vector. */
static struct intr *find(struct process *p, uint32_t vector, int32_t id)
{
    if (id >= 0) {
        struct intr *it = idtable_get(&p->intrs, (uint32_t)id);
        return it && it->vector == vector ? it : NULL;
    }
    for (int i = idtable_next(&p->intrs, 0); id == -1 && i >= 0;
         i = idtable_next(&p->intrs, (uint32_t)i + 1)) {
        struct intr *it = idtable_get(&p->intrs, (uint32_t)i);
        if (it->vector == vector)
            return it;
    }
    return NULL;
}

int intr_mask(struct process *p, uint32_t vector, int32_t id)
{
    if (!is_vector(vector))
        return -EINVAL;
    int ret = -EINVAL;
    struct vector *v = &vectors[vector];
    spin_lock(&p->lock);
    struct intr *it = find(p, vector, id);
    if (it) {
        spin_lock(&v->lock);
        if (it->masks < INT16_MAX) {
            it->masks++;
            v->mask_count++;
        }
        plic_mask(vector);
        ret = (int)v->mask_count;
        spin_unlock(&v->lock);
    }
    spin_unlock(&p->lock);
    return ret;
}

int intr_unmask(struct process *p, uint32_t vector, int32_t id)
{
    if (!is_vector(vector))
        return -EINVAL;
    int ret = -EINVAL;
    struct vector *v = &vectors[vector];
    spin_lock(&p->lock);
    struct intr *it = find(p, vector, id);
    if (it) {
        spin_lock(&v->lock);
        if (it->masks) {
            it->masks--;
            v->mask_count--;
            if (v->mask_count == 0)
                plic_unmask(vector);
        }
        ret = (int)v->mask_count;
        spin_unlock(&v->lock);
    }
    spin_unlock(&p->lock);
    return ret;
}

/* ---- delivery */

static void deliver(struct delivery *d, uint32_t vector)
{
    struct hart *h = this_hart();
    uint64_t who = (uint64_t)d->proc->pid << 32 | (uint32_t)d->tid;
    if (trace_on(h))
        trace_event(_NTO_TRACE_INT_HANDLER_ENTER, vector, who, 0);
    (void)event_deliver(d->proc, d->thread, &d->event);
    if (trace_on(h))
        trace_event(_NTO_TRACE_INT_HANDLER_EXIT, vector, who, 0);
    if (d->ref)
        thread_put(d->ref);
    process_put(d->proc);
}

/* vector.lock held.  The owner of an attachment cannot be freed while the chain has it. */
static void collect(struct intr *it, struct delivery *d)
{
    d->proc = it->proc;
    atomic_fetch_add_explicit(&d->proc->refs, 1, memory_order_relaxed);
    d->event = it->event;
    d->tid = it->tid;
    struct thread *t = idtable_get(&it->proc->threads, (uint32_t)it->tid);
    d->ref = t && thread_get_live(t) ? t : NULL;
    d->thread = d->ref && t->proc == it->proc && t->tid == it->tid ? t : NULL;
}

void kernel_external_interrupt(uint32_t vector)
{
    struct delivery d[CHAIN_MAX];
    int n = 0;
    if (trace_on(this_hart()))
        trace_event(_NTO_TRACE_INTENTER, vector, 0, 0);
    if (is_vector(vector)) {
        struct vector *v = &vectors[vector];
        spin_lock(&v->lock);
        list_for_each(e, &v->chain)
        {
            struct intr *it = list_entry(e, struct intr, link);
            it->masks++;
            v->mask_count++;
            collect(it, &d[n++]);
        }
        spin_unlock(&v->lock);
    }
    plic_complete(vector);
    struct hart *h = this_hart();
    h->in_interrupt = true;
    for (int i = 0; i < n; i++)
        deliver(&d[i], vector);
    h->in_interrupt = false;
    if (trace_on(h))
        trace_event(_NTO_TRACE_INTEXIT, vector, 0, 0);
}

/* ---- InterruptWait() */

static void intr_disturb(struct thread *t, enum wake_cause cause, int err)
{
    thread_may_restart(t, cause);
    thread_set_result(t, -err);
    thread_ready_locked(t);
}

static const struct wait_ops intr_ops = {.name = "interrupt", .disturb = intr_disturb};

/* wait_lock decides: either the waiter sees the pending flag, or the event sees the waiter. */
void intr_notify_thread(struct thread *t)
{
    spin_lock(&t->wait_lock);
    if (atomic_load(&t->lockp) == &t->wait_lock && t->state == STATE_INTR &&
        t->wait_ops == &intr_ops) {
        thread_set_result(t, 0);
        thread_ready_locked(t);
    } else {
        atomic_store(&t->intr_pending, 1);
    }
    spin_unlock(&t->wait_lock);
}

/* For pidin: the first vector t has attached, 0 none. */
static uint32_t vector_of(struct thread *t)
{
    struct process *p = t->proc;
    uint32_t vector = 0;
    spin_lock(&p->lock);
    for (int id = idtable_next(&p->intrs, 0); id >= 0 && !vector;
         id = idtable_next(&p->intrs, (uint32_t)id + 1)) {
        struct intr *it = idtable_get(&p->intrs, (uint32_t)id);
        if (it->tid == t->tid)
            vector = it->vector;
    }
    spin_unlock(&p->lock);
    return vector;
}

int64_t intr_wait(struct thread *t)
{
    int64_t ret = 0;
    uint32_t vector = vector_of(t);
    spin_lock(&t->wait_lock);
    if (!atomic_exchange(&t->intr_pending, 0)) {
        ret = thread_timeout_start(t, STATE_INTR);
        if (!ret) {
            t->blocked_on = vector;
            t->blocked_aux = 0;
            t->wait_ops = &intr_ops;
            thread_block_locked(t, STATE_INTR, &t->wait_lock);
            ret = KC_BLOCKED;
        }
    }
    spin_unlock(&t->wait_lock);
    return ret;
}
