/* SPDX-License-Identifier: Apache-2.0 */
/* See debug.h: who debugs whom, what state it is in, and what happens to it. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <abi/iomsg.h>
#include <abi/procfs.h>
#include "main/heap.h"
#include "process/debug_internal.h"

struct lock debug_lock = LOCK_INIT(RANK_DEBUG);
static struct list debugs = LIST_INIT(debugs); /* debug_lock */
static _Atomic uint32_t debug_count;           /* nearly always 0: then nobody takes the lock */

static bool is_any(void)
{
    return atomic_load_explicit(&debug_count, memory_order_acquire) != 0;
}

struct debug *debug_find_locked(int32_t pid)
{
    list_for_each(pos, &debugs)
    {
        struct debug *d = container_of(pos, struct debug, link);
        if (d->pid == pid && !d->is_dead)
            return d;
    }
    return NULL;
}

struct debug *debug_owned_locked(const struct ocb *o)
{
    list_for_each(pos, &debugs)
    {
        struct debug *d = container_of(pos, struct debug, link);
        if (d->owner == o)
            return d;
    }
    return NULL;
}

/* ---- memory of a process with breakpoints */

void debug_hide(int32_t pid, uint64_t va, uint8_t *bytes, size_t count)
{
    struct debug *d;

    if (!is_any())
        return;
    lock_acquire(&debug_lock);
    d = debug_find_locked(pid);
    if (d)
        breaks_overlay(&d->breaks, va, bytes, count, false);
    lock_release(&debug_lock);
}

int debug_write_mode(const struct ocb *o, uint64_t va, uint8_t *bytes, size_t count)
{
    struct debug *d;
    bool is_debugger;

    if (!is_any())
        return TM_COPY_WRITE;
    lock_acquire(&debug_lock);
    d = debug_find_locked(o->pid);
    if (d)
        breaks_overlay(&d->breaks, va, bytes, count, true);
    is_debugger = d && d->owner == o;
    lock_release(&debug_lock);
    return is_debugger ? TM_COPY_POKE : TM_COPY_WRITE;
}

/* ---- states */

bool debug_thread_at(int32_t pid, int32_t tid, struct tm_thread_info *i)
{
    return kcall(TM_THREAD_INFO, pid, tid > 0 ? tid : 1, (long)i, 0, 0, 0) >= 0;
}

/* There are threads, and all of them stand still.  (None: between two programs.) */
bool debug_has_stopped(int32_t pid)
{
    struct tm_thread_info i;
    bool is_any_there = false;

    for (int32_t tid = 1; debug_thread_at(pid, tid, &i); tid = i.tid + 1) {
        if (i.state == STATE_DEAD)
            continue;
        if (!(i.debug & TM_TD_STOPPED))
            return false;
        is_any_there = true;
    }
    return is_any_there;
}

/* The first child is told before anything else that has happened. */
static int status_of_fork(const struct debug *d, struct tm_thread_info *out)
{
    const struct fork *f = container_of(d->forks.next, struct fork, link);

    if (!debug_thread_at(d->pid, f->tid, out))
        return -ESRCH;
    out->why = _DEBUG_WHY_CHILD;
    out->what = 0;
    memset(&out->info, 0, sizeof(out->info));
    out->info.u.k.pid = f->child;
    return 0;
}

/* The current thread's state, 0 or -ESRCH: as DCMD_PROC_STATUS has it. */
int debug_status_of(const struct debug *d, int32_t pid, struct tm_thread_info *out)
{
    struct tm_thread_info i;
    bool is_found = false;

    if (d && d->is_dead) {
        memset(out, 0, sizeof(*out));
        out->pid = pid;
        out->why = _DEBUG_WHY_TERMINATED;
        out->what = (uint16_t)d->exit_status;
        return 0;
    }
    if (d && !list_empty(&d->forks))
        return status_of_fork(d, out);
    if (d && d->tid)
        return debug_thread_at(pid, d->tid, out) ? 0 : -ESRCH;
    for (int32_t tid = 1; debug_thread_at(pid, tid, &i); tid = i.tid + 1) {
        if (i.state != STATE_DEAD && (!is_found || i.why)) {
            *out = i;
            is_found = true;
        }
        if (is_found && out->why)
            break;
    }
    if (is_found && !out->why && d && d->has_execed)
        out->why = _DEBUG_WHY_EXEC;
    return is_found ? 0 : -ESRCH;
}

int debug_fill_reply(struct debug *d, struct status_reply *r)
{
    memset(r, 0, sizeof(*r));
    r->head.nbytes = sizeof(r->status);
    return debug_status_of(d, d->pid, &r->status);
}

static void answer_waiter(struct debug *d)
{
    struct status_reply r;
    int32_t rcvid = d->waiter;

    d->waiter = 0;
    if (rcvid) {
        int rc = debug_fill_reply(d, &r);
        if (rc < 0)
            k_error(rcvid, -rc);
        else
            k_reply(rcvid, 0, &r, sizeof(r));
    }
}

static void tell_event(struct debug *d)
{
    if ((d->is_armed || (d->flags & _DEBUG_FLAG_THREAD)) && d->event_rcvid)
        k_deliver_event(d->event_rcvid, &d->event);
    d->is_armed = false;
}

static void tell_locked(struct debug *d)
{
    answer_waiter(d);
    tell_event(d);
}

/* ---- forked children */

/* Nobody debugs it: let goes of it. */
static void fork_drop(struct fork *f, bool lets_go)
{
    if (lets_go)
        kcall(TM_DEBUG_DETACH, f->child, 0, 0, 0, 0, 0);
    list_remove(&f->link);
    heap_free(f);
}

void debug_forks_drop(struct debug *d, int32_t tid)
{
    list_for_each_safe(pos, tmp, &d->forks)
    {
        struct fork *f = container_of(pos, struct fork, link);
        if (!tid || f->tid == tid)
            fork_drop(f, true);
    }
}

/* child has a debugger of its own from now on, or is gone. */
void debug_fork_forget(int32_t child)
{
    list_for_each(pos, &debugs)
    {
        struct debug *d = container_of(pos, struct debug, link);
        list_for_each_safe(e, tmp, &d->forks)
        {
            struct fork *f = container_of(e, struct fork, link);
            if (f->child == child)
                fork_drop(f, false);
        }
    }
}

/* Without memory the child goes on as if nobody had asked for it. */
static void fork_hold(struct debug *d, int32_t tid, int32_t child)
{
    struct fork *f = heap_alloc(sizeof(*f));

    if (!f)
        return;
    if (kcall(TM_DEBUG_ATTACH, child, -1, 0, 0, 0, 0) < 0) {
        heap_free(f);
        return;
    }
    kcall(TM_DEBUG_STOP, child, 0, 0, 0, 0, 0);
    f->child = child;
    f->tid = tid;
    list_append(&d->forks, &f->link);
    kcall(TM_DEBUG_STOP, d->pid, d->flags & _DEBUG_FLAG_THREAD ? tid : 0, 0, 0, 0, 0);
}

/* ---- records */

struct debug *debug_new(const struct ocb *o)
{
    struct debug *d = heap_alloc(sizeof(*d));

    if (d) {
        d->pid = o->pid;
        d->owner = o;
        d->signals = ~0UL;
        list_init(&d->breaks.all);
        list_init(&d->forks);
        list_append(&debugs, &d->link);
        atomic_fetch_add_explicit(&debug_count, 1, memory_order_release);
    }
    return d;
}

void debug_free(struct debug *d)
{
    breaks_forget(&d->breaks);
    debug_forks_drop(d, 0);
    list_remove(&d->link);
    heap_free(d);
    atomic_fetch_sub_explicit(&debug_count, 1, memory_order_release);
}

void debug_closed(struct ocb *o)
{
    struct debug *d;
    int32_t victim = 0;

    if (!is_any())
        return;
    lock_acquire(&debug_lock);
    d = debug_owned_locked(o);
    if (d && !d->is_dead) {
        breaks_undo(&d->breaks, d->pid);
        if (d->flags & _DEBUG_FLAG_KLC)
            victim = d->pid;
        else
            kcall(TM_DEBUG_DETACH, d->pid, 0, 0, 0, 0, 0);
    }
    if (d)
        debug_free(d);
    if (victim) /* it has not run since */
        k_kill(victim, SIGKILL, 0, 0, 0);
    lock_release(&debug_lock);
}

/* ---- what happens to processes */

void debug_changed(int32_t pid)
{
    struct debug *d;

    if (!is_any())
        return;
    lock_acquire(&debug_lock);
    d = debug_find_locked(pid);
    if (d && debug_has_stopped(pid))
        tell_locked(d);
    else if (d && (d->flags & _DEBUG_FLAG_THREAD))
        tell_event(d);
    lock_release(&debug_lock);
}

void debug_died(int32_t pid, int32_t status)
{
    struct debug *d;

    if (!is_any())
        return;
    lock_acquire(&debug_lock);
    debug_fork_forget(pid);
    d = debug_find_locked(pid);
    if (d) {
        d->is_dead = true;
        d->exit_status = status;
        breaks_forget(&d->breaks);
        d->is_armed = true; /* its end is always told */
        tell_locked(d);
    }
    lock_release(&debug_lock);
}

void debug_emptied(int32_t pid)
{
    struct debug *d;

    if (!is_any())
        return;
    lock_acquire(&debug_lock);
    d = debug_find_locked(pid);
    if (d) {
        breaks_forget(&d->breaks);
        d->tid = 0;
    }
    lock_release(&debug_lock);
}

void debug_loaded(int32_t pid)
{
    struct debug *d;

    if (!is_any())
        return;
    lock_acquire(&debug_lock);
    d = debug_find_locked(pid);
    if (d) {
        d->has_execed = true;
        kcall(TM_DEBUG_STOP, pid, 0, 0, 0, 0, 0);
    }
    lock_release(&debug_lock);
}

bool debug_fork_begin(void)
{
    if (!is_any())
        return false;
    lock_acquire(&debug_lock);
    return true;
}

void debug_fork_end(int32_t parent, int32_t child)
{
    struct debug *d = debug_find_locked(parent);

    if (d && child > 0)
        breaks_undo(&d->breaks, child);
    lock_release(&debug_lock);
}

void debug_forked(int32_t parent, int32_t tid, int32_t child)
{
    struct debug *d;

    if (!is_any())
        return;
    lock_acquire(&debug_lock);
    d = debug_find_locked(parent);
    if (d && (d->flags & _DEBUG_FLAG_FORK) && !debug_find_locked(child))
        fork_hold(d, tid, child);
    lock_release(&debug_lock);
}

bool debug_unblock(int32_t rcvid)
{
    bool is_found = false;

    if (!is_any())
        return false;
    lock_acquire(&debug_lock);
    list_for_each(pos, &debugs)
    {
        struct debug *d = container_of(pos, struct debug, link);
        if (d->waiter != rcvid)
            continue;
        if (!rcvid_is_unblocked(rcvid))
            break;
        d->waiter = 0;
        is_found = true;
        k_error(rcvid, EINTR);
        break;
    }
    lock_release(&debug_lock);
    return is_found;
}
