/* SPDX-License-Identifier: Apache-2.0 */
/* procmgr_event_notify(): one registration per process, delivered each time one of its conditions
 * happens. Lock: tree lock.  An event is delivered to the process that registered, through the
 * rcvid of its request. */
#include <errno.h>
#include <string.h>
#include "main/heap.h"
#include "process/process.h"

struct watch {
    struct list link;
    int32_t pid, rcvid;
    uint32_t flags;
    struct _kc_sigevent event;
};
static struct list watches = LIST_INIT(watches); /* tree lock */
static _Atomic uint32_t watched; /* flags of all of them: the common case costs one load */

#define EVENTS_KNOWN                                                                               \
    (EVENT_PATHSPACE | EVENT_DAEMON_DEATH | EVENT_PROCESS_DEATH | EVENT_PROCESS_CREATE |           \
     PROCMGR_EVENT_SYNC | PROCMGR_EVENT_CONTIG_ALLOC_FAIL)

void event_raise(uint32_t flags)
{
    if (!(atomic_load_explicit(&watched, memory_order_acquire) & flags))
        return;
    lock_acquire(&tree_lock);
    list_for_each(pos, &watches)
    {
        const struct watch *w = container_of(pos, struct watch, link);
        if (w->flags & flags)
            k_deliver_event(w->rcvid, &w->event);
    }
    lock_release(&tree_lock);
}

static void drop_locked(int32_t pid)
{
    uint32_t all = 0;

    list_for_each_safe(pos, tmp, &watches)
    {
        struct watch *w = container_of(pos, struct watch, link);
        if (w->pid == pid) {
            list_remove(&w->link);
            heap_free(w);
        } else {
            all |= w->flags;
        }
    }
    atomic_store_explicit(&watched, all, memory_order_release);
}

void event_drop(int32_t pid)
{
    lock_acquire(&tree_lock);
    drop_locked(pid);
    lock_release(&tree_lock);
}

int64_t tm_process_event(struct message *m)
{
    const struct tmsg_event *req = message_as(m, sizeof(*req));
    struct watch *w;

    if (!req || (req->flags & ~(uint32_t)EVENTS_KNOWN))
        return -EINVAL;
    if (req->flags == 0) {
        event_drop(m->proc->pid);
        return 0;
    }
    w = heap_alloc(sizeof(*w));
    if (!w)
        return -ENOMEM;
    w->pid = m->proc->pid;
    w->rcvid = m->rcvid;
    w->flags = req->flags;
    memcpy(&w->event, req->event, sizeof(w->event));
    lock_acquire(&tree_lock);
    drop_locked(w->pid);
    list_append(&watches, &w->link);
    atomic_fetch_or_explicit(&watched, w->flags, memory_order_acq_rel);
    lock_release(&tree_lock);
    return 0;
}
