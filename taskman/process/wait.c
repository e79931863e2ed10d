/* SPDX-License-Identifier: Apache-2.0 */
/* wait(): finding a child that has something to report, and the threads that wait for one.  Tree
 * lock. */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include "main/heap.h"
#include "main/message.h"
#include "process/process.h"

#define WAIT_STOP     2
#define WAIT_EXIT     4
#define WAIT_CONTINUE 8
#define WAIT_KEEP     0x1000000
#define WAIT_KNOWN    (1 | 2 | 4 | 8 | WAIT_KEEP | 0x40000000 | 0x20000000 | (int)0x80000000)

static bool matches(int32_t wanted, int32_t own_pgrp, int32_t pid, int32_t pgrp)
{
    if (wanted > 0)
        return pid == wanted;
    if (wanted == -1)
        return true;
    return pgrp == (wanted == 0 ? own_pgrp : -wanted);
}

static void add_usage(struct tmsg_rusage *sum, const struct tmsg_rusage *one)
{
    sum->utime_ns += one->utime_ns;
    sum->stime_ns += one->stime_ns;
    if (one->maxrss_bytes > sum->maxrss_bytes)
        sum->maxrss_bytes = one->maxrss_bytes;
}

void proc_reap_locked(struct proc *child)
{
    struct proc *parent = child->parent;

    if (parent) {
        add_usage(&parent->child_usage, &child->usage);
        add_usage(&parent->child_usage, &child->child_usage);
    }
    proc_unpublish(child);
}

static bool report_child(struct proc *c, int options, struct tmsg_wait_reply *out)
{
    out->pid = c->pid;
    out->uid = c->cred.ruid;
    out->usage = c->usage;
    if (c->state == PROC_ZOMBIE) {
        if (!(options & WAIT_EXIT))
            return false;
        out->status = c->exit_status;
        if (!(options & WAIT_KEEP))
            proc_reap_locked(c);
        return true;
    }
    if ((options & WAIT_STOP) && c->has_stop_event) {
        out->status = c->stop_signal << 8 | 0x7f;
        c->has_stop_event = c->has_stop_event && (options & WAIT_KEEP);
        return true;
    }
    if ((options & WAIT_CONTINUE) && c->has_continue_event) {
        out->status = 0xffff;
        c->has_continue_event = c->has_continue_event && (options & WAIT_KEEP);
        return true;
    }
    return false;
}

/* 1: *out is a report; 0: nothing yet; -ECHILD: there is no such child. */
static int scan(struct proc *parent, int32_t wanted, int32_t pgrp, int options,
                struct tmsg_wait_reply *out)
{
    bool has_match = false;

    memset(out, 0, sizeof(*out));
    list_for_each_safe(pos, tmp, &parent->ghosts)
    {
        struct ghost *g = container_of(pos, struct ghost, link);
        if (!(options & WAIT_EXIT) || !matches(wanted, pgrp, g->pid, g->pgrp))
            continue;
        out->pid = g->pid;
        out->status = g->status;
        out->uid = g->uid;
        out->usage = g->usage;
        if (!(options & WAIT_KEEP)) {
            list_remove(&g->link);
            heap_free(g);
        }
        return 1;
    }
    list_for_each_safe(pos, tmp, &parent->children)
    {
        struct proc *c = container_of(pos, struct proc, siblings);
        if (c->is_quiet || c->start == START_SPAWN || !matches(wanted, pgrp, c->pid, c->pgrp))
            continue;
        has_match = true;
        if (report_child(c, options, out))
            return 1;
    }
    return has_match ? 0 : -ECHILD;
}

void wait_check_locked(struct proc *parent)
{
    list_for_each_safe(pos, tmp, &parent->waiters)
    {
        struct waiter *w = container_of(pos, struct waiter, link);
        struct tmsg_wait_reply out;
        int rc = scan(parent, w->pid, w->pgrp, w->options, &out);

        if (rc == 0)
            continue;
        if (rc < 0)
            k_error(w->rcvid, -rc);
        else
            k_reply(w->rcvid, out.pid, &out, sizeof(out));
        list_remove(&w->link);
        heap_free(w);
        atomic_fetch_sub_explicit(&waiter_count, 1, memory_order_relaxed);
    }
}

void wait_drop_locked(struct proc *p)
{
    list_for_each_safe(pos, tmp, &p->waiters)
    {
        list_remove(pos);
        heap_free(container_of(pos, struct waiter, link));
        atomic_fetch_sub_explicit(&waiter_count, 1, memory_order_relaxed);
    }
    list_for_each_safe(pos, tmp, &p->ghosts)
    {
        list_remove(pos);
        heap_free(container_of(pos, struct ghost, link));
    }
}

bool wait_unblock(int32_t rcvid, int32_t pid)
{
    struct proc *p = proc_get(pid);
    bool is_found = false;

    if (!p)
        return false;
    lock_acquire(&tree_lock);
    list_for_each_safe(pos, tmp, &p->waiters)
    {
        struct waiter *w = container_of(pos, struct waiter, link);
        if (w->rcvid != rcvid)
            continue;
        if (!rcvid_is_unblocked(rcvid))
            break;
        list_remove(&w->link);
        heap_free(w);
        atomic_fetch_sub_explicit(&waiter_count, 1, memory_order_relaxed);
        is_found = true;
        k_error(rcvid, EINTR);
        break;
    }
    lock_release(&tree_lock);
    proc_put(p);
    return is_found;
}

int64_t tm_process_wait(struct message *m)
{
    const struct tmsg_wait *req = message_as(m, sizeof(*req));
    struct tmsg_wait_reply *out = (void *)m->buffer;
    struct proc *p = m->proc;
    struct waiter *w;
    int32_t pgrp;
    int rc;

    if (!req || (req->options & ~WAIT_KNOWN) || req->pid == INT32_MIN)
        return -EINVAL;
    w = heap_alloc(sizeof(*w));
    if (!w)
        return -ENOMEM;
    lock_acquire(&tree_lock);
    pgrp = p->pgrp;
    rc = scan(p, req->pid, pgrp, req->options, out);
    if (rc != 0 || (req->options & WNOHANG)) {
        lock_release(&tree_lock);
        heap_free(w);
        return rc < 0 ? rc : message_answer(m, out, sizeof(*out), rc ? out->pid : 0);
    }
    *w = (struct waiter){.rcvid = m->rcvid, .pid = req->pid, .pgrp = pgrp, .options = req->options};
    list_append(&p->waiters, &w->link);
    atomic_fetch_add_explicit(&waiter_count, 1, memory_order_relaxed);
    /* An unblock pulse that came before the waiter was listed found nothing: look once more, now
     * that it would. */
    if (rcvid_is_unblocked(m->rcvid)) {
        list_remove(&w->link);
        heap_free(w);
        atomic_fetch_sub_explicit(&waiter_count, 1, memory_order_relaxed);
        lock_release(&tree_lock);
        return -EINTR;
    }
    lock_release(&tree_lock);
    return MSG_DEFERRED;
}
