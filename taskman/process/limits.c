/* SPDX-License-Identifier: Apache-2.0 */
/* umask, resource limits, resource usage, and procmgr_daemon(). */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include "main/heap.h"
#include "process/process.h"

int64_t tm_process_umask(struct message *m)
{
    const struct tmsg_id *req = message_as(m, sizeof(*req));
    struct proc *p = m->proc;
    uint32_t old;

    if (!req)
        return -EINVAL;
    lock_acquire(&p->lock);
    old = p->umask;
    p->umask = (uint32_t)req->value & 0777;
    lock_release(&p->lock);
    return old;
}

static int set_limit(struct message *m, struct proc *p, const struct tmsg_rlimit *req)
{
    struct _cred_info own;

    lock_acquire(&m->proc->lock);
    own = m->proc->cred;
    lock_release(&m->proc->lock);
    if (req->cur > req->max)
        return -EINVAL;
    lock_acquire(&p->lock);
    if (own.euid != 0 && (req->max > p->limit[req->resource].max || own.ruid != p->cred.ruid)) {
        lock_release(&p->lock);
        return -EPERM;
    }
    p->limit[req->resource].cur = req->cur;
    p->limit[req->resource].max = req->max;
    lock_release(&p->lock);
    proc_push_attr(p, TM_PA_LIMITS);
    return 0;
}

int64_t tm_process_rlimit(struct message *m)
{
    const struct tmsg_rlimit *req = message_as(m, sizeof(*req));
    struct tmsg_rlimit *old = (void *)m->buffer;
    struct proc *p;
    int rc = 0;

    if (!req || req->resource < 0 || req->resource >= RLIMITS || req->set > 1)
        return -EINVAL;
    p = proc_get(req->pid ? req->pid : m->proc->pid);
    if (!p)
        return -ESRCH;
    *old = *req;
    lock_acquire(&p->lock);
    old->cur = p->limit[req->resource].cur;
    old->max = p->limit[req->resource].max;
    lock_release(&p->lock);
    if (req->set)
        rc = set_limit(m, p, req);
    proc_put(p);
    return rc < 0 ? rc : message_answer(m, old, sizeof(*old), 0);
}

int64_t tm_process_rusage(struct message *m)
{
    const struct tmsg_id *req = message_as(m, sizeof(*req));
    struct tmsg_rusage *out = (void *)m->buffer;
    struct tm_proc_info info;
    long rc;

    if (!req || (req->value != 0 && req->value != -1))
        return -EINVAL;
    if (req->value == -1) {
        lock_acquire(&tree_lock);
        *out = m->proc->child_usage;
        lock_release(&tree_lock);
        return message_answer(m, out, sizeof(*out), 0);
    }
    rc = tmk_proc_info(m->proc->pid, &info);
    if (rc < 0)
        return rc;
    *out = (struct tmsg_rusage){info.utime_ns, info.stime_ns, info.pages * QRV_PAGE_SIZE};
    return message_answer(m, out, sizeof(*out), 0);
}

/* procmgr_daemon(): the process goes on, an orphan in session 1; its parent's wait() gets the
 * status as if it had exited. */
int64_t tm_process_daemon(struct message *m)
{
    const struct tmsg_status *req = message_as(m, sizeof(struct tmsg_hdr));
    struct proc *p = m->proc, *parent;
    struct ghost *g;

    if (!req)
        return -EINVAL;
    g = heap_alloc(sizeof(*g));
    if (!g)
        return -ENOMEM;
    lock_acquire(&tree_lock);
    parent = p->parent;
    if (parent && parent != init_proc) {
        bool was_link = proc_links_group_locked(p);
        int32_t pgrp = p->pgrp;

        *g = (struct ghost){
            .pid = p->pid, .pgrp = pgrp, .status = (req->status & 0xff) << 8, .uid = p->cred.ruid};
        list_append(&parent->ghosts, &g->link);
        g = NULL;
        proc_reparent_locked(p, init_proc);
        if (was_link)
            group_check_orphaned_locked(pgrp, p->session);
        k_kill(parent->pid, SIGCHLD, 1 /* CLD_EXITED */, (uint64_t)(req->status & 0xff), p->pid);
        wait_check_locked(parent);
    }
    if (p->session && p->session != init_proc->session) {
        session_put_locked(p->session);
        p->session = init_proc->session;
        p->session->refs++;
        p->pgrp = p->pid;
    }
    lock_release(&tree_lock);
    heap_free(g);
    proc_push_attr(p, TM_PA_PGRP | TM_PA_SID);
    return 0;
}
