/* SPDX-License-Identifier: Apache-2.0 */
/* Table of descriptors: a hash of (scoid, coid).  See ocb.h for the locks. */
#include <errno.h>
#include <string.h>
#include <abi/iomsg.h>
#include "builtin/ocb.h"
#include "builtin/nodes.h"
#include "main/heap.h"

#define BUCKETS 1024

struct binding {
    struct list link;
    int32_t scoid, coid, pid;
    struct ocb *ocb; /* a reference */
};

static struct lock table_lock = LOCK_INIT(RANK_OCBS);
static struct list buckets[BUCKETS]; /* table_lock; a zeroed head is an empty one */
static _Atomic uint32_t live_ocbs;

static struct list *bucket_of(int32_t scoid, int32_t coid)
{
    struct list *b = &buckets[((uint32_t)scoid * 31u + (uint32_t)coid) % BUCKETS];

    if (!b->next)
        list_init(b);
    return b;
}

struct ocb *ocb_new(const struct node_ops *ops, const char *path, uint32_t ioflag)
{
    struct ocb *o = heap_alloc(sizeof(*o));

    if (!o)
        return NULL;
    o->path = heap_string(path);
    if (!o->path) {
        heap_free(o);
        return NULL;
    }
    atomic_init(&o->refs, 1);
    lock_init(&o->lock, RANK_OCB);
    o->ops = ops;
    o->ioflag = ioflag;
    atomic_fetch_add_explicit(&live_ocbs, 1, memory_order_relaxed);
    return o;
}

void ocb_put(struct ocb *o)
{
    if (atomic_fetch_sub_explicit(&o->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (o->ops->close)
        o->ops->close(o);
    heap_free(o->path);
    heap_free(o);
    atomic_fetch_sub_explicit(&live_ocbs, 1, memory_order_relaxed);
}

uint32_t ocb_count(void)
{
    return atomic_load_explicit(&live_ocbs, memory_order_relaxed);
}

static struct binding *find_locked(int32_t scoid, int32_t coid)
{
    list_for_each(pos, bucket_of(scoid, coid))
    {
        struct binding *b = container_of(pos, struct binding, link);
        if (b->scoid == scoid && b->coid == coid)
            return b;
    }
    return NULL;
}

struct ocb *ocb_find(int32_t scoid, int32_t coid)
{
    struct binding *b;
    struct ocb *o = NULL;

    lock_acquire(&table_lock);
    b = find_locked(scoid, coid);
    if (b) {
        o = b->ocb;
        atomic_fetch_add_explicit(&o->refs, 1, memory_order_relaxed);
    }
    lock_release(&table_lock);
    return o;
}

int32_t ocb_holder(int32_t scoid, int32_t coid)
{
    struct binding *b;
    int32_t pid;

    lock_acquire(&table_lock);
    b = find_locked(scoid, coid);
    pid = b ? b->pid : 0;
    lock_release(&table_lock);
    return pid;
}

int ocb_bind(struct ocb *o, int32_t scoid, int32_t coid, int32_t pid)
{
    struct binding *b = heap_alloc(sizeof(*b)), *old;

    if (!b)
        return -ENOMEM;
    *b = (struct binding){.scoid = scoid, .coid = coid, .pid = pid, .ocb = o};
    atomic_fetch_add_explicit(&o->refs, 1, memory_order_relaxed);
    lock_acquire(&table_lock);
    old = find_locked(scoid, coid);
    if (old)
        list_remove(&old->link);
    list_append(bucket_of(scoid, coid), &b->link);
    lock_release(&table_lock);
    if (old) {
        ocb_put(old->ocb);
        heap_free(old);
    }
    return 0;
}

int ocb_unbind(int32_t scoid, int32_t coid)
{
    struct binding *b;

    lock_acquire(&table_lock);
    b = find_locked(scoid, coid);
    if (b)
        list_remove(&b->link);
    lock_release(&table_lock);
    if (!b)
        return -EBADF;
    ocb_put(b->ocb);
    heap_free(b);
    return 0;
}

/* Closes every binding of a client: one pass per lock hold and bucket, so other clients wait for
 * one bucket at most. */
static void drop(int32_t scoid, int32_t pid)
{
    for (unsigned i = 0; i < BUCKETS; i++) {
        struct list gone = LIST_INIT(gone);
        const struct list *first = __atomic_load_n(&buckets[i].next, __ATOMIC_RELAXED);

        /* Nearly all buckets are empty, and the client is gone: nothing of it can come in now. */
        if (!first || first == &buckets[i])
            continue;
        lock_acquire(&table_lock);
        if (buckets[i].next) {
            list_for_each_safe(pos, tmp, &buckets[i])
            {
                struct binding *b = container_of(pos, struct binding, link);
                if ((scoid && b->scoid == scoid) || (pid && b->pid == pid)) {
                    list_remove(&b->link);
                    list_append(&gone, &b->link);
                }
            }
        }
        lock_release(&table_lock);
        list_for_each_safe(pos, tmp, &gone)
        {
            struct binding *b = container_of(pos, struct binding, link);
            list_remove(&b->link);
            ocb_put(b->ocb);
            heap_free(b);
        }
    }
}

void ocb_connection_gone(int32_t scoid)
{
    if (scoid > 0)
        drop(scoid, 0);
}

void ocb_process_died(int32_t pid)
{
    drop(0, pid);
}

int ocb_memory(int32_t scoid, int32_t coid, struct ocb_memory *out)
{
    struct ocb *o = ocb_find(scoid, coid);
    int rc;

    memset(out, 0, sizeof(*out));
    if (!o)
        return -EBADF;
    out->may_read = (o->ioflag & _IO_FLAG_RD) != 0;
    out->may_write = (o->ioflag & _IO_FLAG_WR) != 0;
    if (!o->ops->memory) {
        rc = -ENODEV;
    } else if (o->ops == &shm_ops && shm_physical(o->shm, &out->paddr, &out->paddr_bytes)) {
        rc = 0;
    } else {
        rc = o->ops->memory(o, &out->obj);
        if (rc == 0)
            out->bytes = memobj_size(out->obj);
    }
    ocb_put(o);
    return rc;
}

int ocb_set_memory(int32_t scoid, int32_t coid, uint64_t paddr, uint64_t bytes)
{
    struct ocb *o = ocb_find(scoid, coid);
    int rc;

    if (!o)
        return -EBADF;
    if (o->ops != &shm_ops)
        rc = -EINVAL;
    else if (!(o->ioflag & _IO_FLAG_WR))
        rc = -EBADF;
    else if (paddr)
        rc = shm_set_physical(o->shm, paddr, bytes);
    else
        rc = o->ops->resize(o, bytes);
    ocb_put(o);
    return rc;
}
