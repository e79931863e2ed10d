/* SPDX-License-Identifier: Apache-2.0 */
/* Identity of processes: ids, groups, sessions, controlling terminal, credentials.  POSIX's rules,
 * and telling the kernel. */
#include <errno.h>
#include <string.h>
#include "main/heap.h"
#include "process/process.h"

uint32_t cred_abilities(const struct _cred_info *cred)
{
    return cred->euid == 0 ? TM_ABLE_ALL : 0;
}

/* What the kernel is to know of p: reads p under p->lock, group and session as they are now. */
void proc_fill_attr(struct proc *p, struct tm_proc_attr *attr)
{
    memset(attr, 0, sizeof(*attr));
    lock_acquire(&p->lock);
    attr->cred = p->cred;
    attr->umask = p->umask;
    memcpy(attr->name, p->name, sizeof(attr->name));
    attr->max_bytes = p->limit[9].cur == LIMIT_NONE
                          ? 0
                          : p->limit[9].cur; /* RLIMIT_AS: 0 is "none" to the kernel */
    attr->max_connections =
        p->limit[7].cur < QRV_COID_MAX ? (uint32_t)p->limit[7].cur : QRV_COID_MAX;
    lock_release(&p->lock);
    attr->abilities = cred_abilities(&attr->cred);
    attr->pgrp = p->pgrp;
    attr->sid = p->session ? p->session->sid : TASKMAN_PID;
    attr->ppid = p->parent ? p->parent->pid : TASKMAN_PID;
}

void proc_push_attr(struct proc *p, unsigned mask)
{
    struct tm_proc_attr attr;

    lock_acquire(&tree_lock);
    proc_fill_attr(p, &attr);
    tmk_proc_set(p->pid, &attr, mask);
    lock_release(&tree_lock);
}

/* pid 0 is the caller.  Referenced, or NULL. */
static struct proc *target_of(struct message *m, int32_t pid)
{
    if (pid == 0 || pid == m->proc->pid) {
        proc_ref(m->proc);
        return m->proc;
    }
    return proc_get(pid);
}

int64_t tm_process_getid(struct message *m)
{
    const struct tmsg_id *req = message_as(m, sizeof(*req));
    struct tmsg_ids *out = (void *)m->buffer;
    struct proc *p;

    if (!req)
        return -EINVAL;
    p = target_of(m, req->pid);
    if (!p)
        return -ESRCH;
    memset(out, 0, sizeof(*out));
    lock_acquire(&tree_lock);
    out->pid = p->pid;
    out->ppid = p->parent ? p->parent->pid : 0;
    out->pgrp = p->pgrp;
    out->sid = p->session ? p->session->sid : 0;
    lock_acquire(&p->lock);
    out->umask = p->umask;
    out->cred = p->cred;
    lock_release(&p->lock);
    lock_release(&tree_lock);
    proc_put(p);
    return message_answer(m, out, sizeof(*out), 0);
}

static int set_group_locked(struct proc *caller, struct proc *p, int32_t pgrp)
{
    struct session *s = p->session;
    int32_t old = p->pgrp;
    bool was_link;

    if (p != caller && p->parent != caller)
        return -ESRCH;
    if (p->state == PROC_ZOMBIE || p->state == PROC_GONE)
        return -ESRCH;
    if (p != caller && p->has_execed)
        return -EACCES;
    if (s != caller->session || !s || s->sid == p->pid)
        return -EPERM;
    if (pgrp == 0)
        pgrp = p->pid;
    if (pgrp != p->pid && !group_exists_locked(pgrp, s))
        return -EPERM;
    was_link = proc_links_group_locked(p);
    p->pgrp = pgrp;
    if (was_link && old != pgrp)
        group_check_orphaned_locked(old, s);
    return 0;
}

int64_t tm_process_setpgid(struct message *m)
{
    const struct tmsg_id *req = message_as(m, sizeof(*req));
    struct proc *p;
    int rc;

    if (!req || req->value < 0 || req->pid < 0)
        return -EINVAL;
    p = target_of(m, req->pid);
    if (!p)
        return -ESRCH;
    lock_acquire(&tree_lock);
    rc = set_group_locked(m->proc, p, req->value);
    lock_release(&tree_lock);
    if (rc == 0)
        proc_push_attr(p, TM_PA_PGRP);
    proc_put(p);
    return rc;
}

int64_t tm_process_setsid(struct message *m)
{
    struct proc *p = m->proc;
    struct session *old, *s;

    lock_acquire(&tree_lock);
    old = p->session;
    list_for_each(pos, &all_procs)
    {
        if (container_of(pos, struct proc, all)->pgrp ==
            p->pid) { /* a leader, or a group of that id lives on */
            lock_release(&tree_lock);
            return -EPERM;
        }
    }
    s = session_new_locked(p->pid);
    if (!s) {
        lock_release(&tree_lock);
        return -ENOMEM;
    }
    p->session = s;
    p->pgrp = p->pid;
    if (old)
        session_put_locked(old);
    lock_release(&tree_lock);
    proc_push_attr(p, TM_PA_PGRP | TM_PA_SID);
    return p->pid;
}

/* Header and path: the leader names its session's terminal; an empty path asks for it. */
int64_t tm_process_terminal(struct message *m)
{
    const struct tmsg_hdr *req = message_as(m, sizeof(*req));
    const char *path =
        m->bytes > sizeof(*req) ? path_checked(req + 1, m->bytes - sizeof(*req)) : "";
    struct session *s;
    int64_t rc = 0;

    if (!req || !path || strlen(path) >= NAME_BYTES || (path[0] && path[0] != '/'))
        return -EINVAL;
    lock_acquire(&tree_lock);
    s = m->proc->session;
    if (!s) {
        rc = -ESRCH;
    } else if (path[0]) {
        if (s->sid != m->proc->pid)
            rc = -EPERM;
        else
            strcpy(s->terminal, path);
    } else if (s->terminal[0] == '\0') {
        rc = -ENXIO;
    } else {
        size_t n = strlen(s->terminal) + 1;
        memcpy(m->buffer, s->terminal, n);
        rc = message_answer(m, m->buffer, n, (int64_t)n - 1);
    }
    lock_release(&tree_lock);
    return rc;
}

static bool is_one_of(uint32_t id, uint32_t a, uint32_t b, uint32_t c)
{
    return id == a || id == b || id == c;
}

static int check_cred(const struct _cred_info *old, const struct tmsg_cred *req)
{
    const struct _cred_info *n = &req->cred;

    if (old->euid == 0)
        return 0;
    if (req->mask & TMSG_CRED_GROUPS)
        return -EPERM;
    if (((req->mask & TMSG_CRED_RUID) && !is_one_of(n->ruid, old->ruid, old->euid, old->suid)) ||
        ((req->mask & TMSG_CRED_EUID) && !is_one_of(n->euid, old->ruid, old->euid, old->suid)) ||
        ((req->mask & TMSG_CRED_SUID) && !is_one_of(n->suid, old->ruid, old->euid, old->suid)) ||
        ((req->mask & TMSG_CRED_RGID) && !is_one_of(n->rgid, old->rgid, old->egid, old->sgid)) ||
        ((req->mask & TMSG_CRED_EGID) && !is_one_of(n->egid, old->rgid, old->egid, old->sgid)) ||
        ((req->mask & TMSG_CRED_SGID) && !is_one_of(n->sgid, old->rgid, old->egid, old->sgid)))
        return -EPERM;
    return 0;
}

static void apply_cred(struct _cred_info *c, const struct tmsg_cred *req)
{
    const struct _cred_info *n = &req->cred;

    c->ruid = req->mask & TMSG_CRED_RUID ? n->ruid : c->ruid;
    c->euid = req->mask & TMSG_CRED_EUID ? n->euid : c->euid;
    c->suid = req->mask & TMSG_CRED_SUID ? n->suid : c->suid;
    c->rgid = req->mask & TMSG_CRED_RGID ? n->rgid : c->rgid;
    c->egid = req->mask & TMSG_CRED_EGID ? n->egid : c->egid;
    c->sgid = req->mask & TMSG_CRED_SGID ? n->sgid : c->sgid;
    if (req->mask & TMSG_CRED_GROUPS) {
        c->ngroups = n->ngroups;
        memcpy(c->grouplist, n->grouplist, sizeof(c->grouplist));
    }
}

int64_t tm_process_setcred(struct message *m)
{
    const struct tmsg_cred *req = message_as(m, sizeof(*req));
    struct proc *p = m->proc;
    int rc;

    if (!req || (req->mask & ~0x7fu) ||
        ((req->mask & TMSG_CRED_GROUPS) && req->cred.ngroups > _KC_NGROUPS_MAX))
        return -EINVAL;
    lock_acquire(&p->lock);
    rc = check_cred(&p->cred, req);
    if (rc == 0)
        apply_cred(&p->cred, req);
    lock_release(&p->lock);
    if (rc == 0)
        proc_push_attr(p, TM_PA_CRED | TM_PA_ABILITIES);
    return rc;
}
