/* SPDX-License-Identifier: Apache-2.0 */
/* Relations between processes: sessions, groups, parents.  Everything here runs under the tree lock
 * (rank 1); walks of all processes are bounded by QRV_PROCS_MAX. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include "main/heap.h"
#include "process/proc.h"

struct session *session_new_locked(int32_t sid)
{
    struct session *s = heap_alloc(sizeof(*s));

    if (s) {
        s->sid = sid;
        s->refs = 1;
    }
    return s;
}

void session_put_locked(struct session *s)
{
    if (--s->refs == 0)
        heap_free(s);
}

void proc_reparent_locked(struct proc *p, struct proc *parent)
{
    list_remove(&p->siblings);
    p->parent = parent;
    list_append(&parent->children, &p->siblings);
    if (p->state != PROC_ZOMBIE) {
        struct tm_proc_attr attr = {.ppid = parent->pid};
        tmk_proc_set(p->pid, &attr, TM_PA_PPID);
    }
}

bool group_exists_locked(int32_t pgrp, const struct session *s)
{
    list_for_each(pos, &all_procs)
    {
        const struct proc *p = container_of(pos, struct proc, all);
        if (p->pgrp == pgrp && p->session == s && p->state != PROC_GONE)
            return true;
    }
    return false;
}

bool proc_links_group_locked(const struct proc *p)
{
    const struct proc *parent = p->parent;

    return parent && parent != init_proc && parent->session == p->session &&
           parent->pgrp != p->pgrp;
}

static bool is_member(const struct proc *p, int32_t pgrp, const struct session *s)
{
    return p->pgrp == pgrp && p->session == s && (p->state == PROC_ALIVE || p->state == PROC_STARTING);
}

bool group_is_orphaned_locked(int32_t pgrp, const struct session *s)
{
    list_for_each(pos, &all_procs)
    {
        const struct proc *p = container_of(pos, struct proc, all);
        if (is_member(p, pgrp, s) && proc_links_group_locked(p))
            return false;
    }
    return true;
}

void group_check_orphaned_locked(int32_t pgrp, const struct session *s)
{
    bool has_stopped = false;

    if (!group_is_orphaned_locked(pgrp, s))
        return;
    list_for_each(pos, &all_procs)
    {
        const struct proc *p = container_of(pos, struct proc, all);
        has_stopped |= is_member(p, pgrp, s) && p->is_stopped;
    }
    if (has_stopped) {
        k_kill(-pgrp, SIGHUP, 0, 0, 0);
        k_kill(-pgrp, SIGCONT, 0, 0, 0);
    }
}

uint32_t procs_of_user(uint32_t ruid)
{
    uint32_t n = 0;

    lock_acquire(&tree_lock);
    list_for_each(pos, &all_procs)
    {
        const struct proc *p = container_of(pos, struct proc, all);
        n += p->cred.ruid == ruid; /* a 32-bit word: read without its lock */
    }
    lock_release(&tree_lock);
    return n;
}
