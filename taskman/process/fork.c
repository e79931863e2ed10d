/* SPDX-License-Identifier: Apache-2.0 */
/* fork(): the kernel copies the address space copy-on-write and makes one stopped thread; taskman
 * copies its region list under the same aspace lock, so both agree.  The parent is answered when
 * the child has re-opened its descriptors (FORK_DONE). */
#include <errno.h>
#include <string.h>
#include "main/heap.h"
#include "process/debug.h"
#include "process/process.h"

static void copy_args(struct proc *child, struct proc *parent)
{
    lock_acquire(&parent->lock);
    if (parent->args_bytes) {
        child->args = heap_alloc(parent->args_bytes);
        if (child->args) {
            memcpy(child->args, parent->args, parent->args_bytes);
            child->args_bytes = parent->args_bytes;
        }
    }
    if (parent->exefile)
        child->exefile = heap_string(parent->exefile);
    child->initial_stack = parent->initial_stack;
    lock_release(&parent->lock);
}

static void join_parent(struct proc *child, struct proc *parent, const struct message *m)
{
    lock_acquire(&tree_lock);
    child->pgrp = parent->pgrp;
    child->session = parent->session;
    if (child->session)
        child->session->refs++;
    child->start = START_FORK;
    child->starter_rcvid = m->rcvid;
    child->starter_tid = m->info.tid;
    child->fd_source = parent->pid;
    lock_release(&tree_lock);
}

int64_t tm_process_fork(struct message *m)
{
    struct proc *parent = m->proc, *child;
    bool is_alive, is_debugged;
    long pid;
    int rc = proc_check_count(parent);

    if (rc < 0)
        return rc;
    if (parent->state != PROC_ALIVE)
        return -EAGAIN;
    child = proc_new(parent);
    if (!child)
        return -ENOMEM;
    copy_args(child, parent);
    is_debugged = debug_fork_begin();
    pid = aspace_fork(&parent->as, &child->as, m->rcvid);
    if (is_debugged)
        debug_fork_end(parent->pid, (int32_t)pid);
    if (pid < 0) {
        proc_put(child);
        return pid;
    }
    child->pid = (int32_t)pid;
    join_parent(child, parent, m);
    is_alive = proc_publish(child, parent);
    proc_push_attr(child, TM_PA_ALL);
    if (!start_unblock_of(child, m->rcvid))
        kcall(TM_THREAD_CONT, pid, 0, 0, 0, 0, 0);
    if (!is_alive) /* the DEATH pulse came before the record was in the table */
        proc_died(child);
    proc_put(child);
    event_raise(EVENT_PROCESS_CREATE);
    return MSG_DEFERRED;
}

int64_t tm_process_fork_done(struct message *m)
{
    const struct tmsg_status *req = message_as(m, sizeof(struct tmsg_hdr));
    struct proc *p = m->proc;
    int32_t starter, parent;

    if (!req || req->status < 0 || req->status > 4095)
        return -EINVAL;
    lock_acquire(&tree_lock);
    if (p->start != START_FORK) {
        lock_release(&tree_lock);
        return -EINVAL;
    }
    starter = p->starter_rcvid;
    p->starter_rcvid = 0;
    p->start = START_NONE;
    parent = p->fd_source;
    p->fd_source = 0;
    if (req->status == 0)
        p->state = PROC_ALIVE;
    else
        p->is_quiet = true;
    lock_release(&tree_lock);
    if (starter && req->status == 0)
        debug_forked(parent, p->starter_tid, p->pid); /* before either of them can go on */
    if (starter && req->status == 0)
        k_reply(starter, p->pid, NULL, 0);
    else if (starter)
        k_error(starter, req->status);
    return 0;
}
