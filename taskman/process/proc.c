/* SPDX-License-Identifier: Apache-2.0 */
/* Process records: the pid table (pids_lock, a leaf) and the list of all processes (tree lock). */
#include <errno.h>
#include <string.h>
#include "main/heap.h"
#include "main/print.h"
#include "process/proc.h"

#define DEAD_MARK ((struct proc *)1) /* the slot's process died before its record was published */

struct lock tree_lock = LOCK_INIT(RANK_TREE);
struct list all_procs = LIST_INIT(all_procs);
struct proc *init_proc;
_Atomic uint32_t waiter_count, proc_count;

static struct lock pids_lock = LOCK_INIT(RANK_PIDS);
static struct proc
    *table[QRV_PROCS_MAX]; /* pids_lock: slot = pid % QRV_PROCS_MAX, as in the kernel */

struct proc *proc_get(int32_t pid)
{
    struct proc *p = NULL;

    if (pid <= 0 || pid > QRV_PID_MAX)
        return NULL;
    lock_acquire(&pids_lock);
    p = table[pid % QRV_PROCS_MAX];
    if (p == DEAD_MARK || (p && p->pid != pid))
        p = NULL;
    if (p)
        proc_ref(p);
    lock_release(&pids_lock);
    return p;
}

struct proc *proc_get_or_mark_dead(int32_t pid)
{
    struct proc *p;

    if (pid <= 0 || pid > QRV_PID_MAX)
        return NULL;
    lock_acquire(&pids_lock);
    p = table[pid % QRV_PROCS_MAX];
    if (!p)
        table[pid % QRV_PROCS_MAX] = DEAD_MARK;
    if (p == DEAD_MARK || (p && p->pid != pid))
        p = NULL;
    if (p)
        proc_ref(p);
    lock_release(&pids_lock);
    return p;
}

int32_t proc_next_pid(int32_t from)
{
    int32_t best = -1;

    lock_acquire(&pids_lock);
    for (unsigned i = 0; i < QRV_PROCS_MAX; i++) {
        struct proc *p = table[i];
        if (p && p != DEAD_MARK && p->pid >= from && (best < 0 || p->pid < best))
            best = p->pid;
    }
    lock_release(&pids_lock);
    return best;
}

void proc_ref(struct proc *p)
{
    atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
}

void proc_put(struct proc *p)
{
    if (atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1)
        return;
    aspace_fini(&p->as);
    heap_free(p->request);
    heap_free(p->args);
    heap_free(p->exefile);
    heap_free(p);
    atomic_fetch_sub_explicit(&proc_count, 1, memory_order_relaxed);
}

struct proc *proc_new(struct proc *parent)
{
    struct proc *p = heap_alloc(sizeof(*p));

    if (!p)
        return NULL;
    atomic_fetch_add_explicit(&proc_count, 1, memory_order_relaxed);
    atomic_init(&p->refs, 1);
    lock_init(&p->lock, RANK_PROC);
    list_init(&p->all);
    list_init(&p->siblings);
    list_init(&p->children);
    list_init(&p->waiters);
    list_init(&p->ghosts);
    p->state = PROC_STARTING;
    aspace_init(&p->as, !parent || aspace_is_random(&parent->as));
    if (parent) {
        lock_acquire(&parent->lock);
        p->cred = parent->cred;
        p->umask = parent->umask;
        memcpy(p->limit, parent->limit, sizeof(p->limit));
        memcpy(p->cwd, parent->cwd, sizeof(p->cwd));
        memcpy(p->name, parent->name, sizeof(p->name));
        lock_release(&parent->lock);
    }
    return p;
}

bool proc_publish(struct proc *p, struct proc *parent)
{
    bool is_alive;

    lock_acquire(&tree_lock);
    list_append(&all_procs, &p->all);
    if (parent) {
        /* The parent may have died meanwhile: then the child is an orphan from birth. */
        p->parent =
            parent->state == PROC_ALIVE || parent->state == PROC_STARTING ? parent : init_proc;
        list_append(&p->parent->children, &p->siblings);
    }
    lock_acquire(&pids_lock);
    is_alive = table[p->pid % QRV_PROCS_MAX] != DEAD_MARK;
    table[p->pid % QRV_PROCS_MAX] = p;
    proc_ref(p);
    lock_release(&pids_lock);
    lock_release(&tree_lock);
    return is_alive;
}

void proc_unpublish(struct proc *p)
{
    p->state = PROC_GONE;
    list_remove(&p->all);
    list_remove(&p->siblings);
    p->parent = NULL;
    if (p->session)
        session_put_locked(p->session);
    p->session = NULL;
    lock_acquire(&pids_lock);
    if (table[p->pid % QRV_PROCS_MAX] == p)
        table[p->pid % QRV_PROCS_MAX] = NULL;
    lock_release(&pids_lock);
    /* Only now may the kernel hand the pid's slot to a new process. */
    kcall(TM_PROC_RELEASE, p->pid, 0, 0, 0, 0, 0);
    proc_put(p);
}

int procs_init(void)
{
    struct proc *p = proc_new(NULL);

    if (!p)
        return -ENOMEM;
    p->pid = TASKMAN_PID;
    p->pgrp = TASKMAN_PID;
    p->state = PROC_ALIVE;
    p->umask = 022;
    for (unsigned i = 0; i < RLIMITS; i++)
        p->limit[i].cur = p->limit[i].max = LIMIT_NONE;
    p->limit[3].cur = MAIN_STACK_DEFAULT; /* RLIMIT_STACK */
    p->limit[7].cur = 1024;               /* RLIMIT_NOFILE */
    p->limit[7].max = QRV_COID_MAX;
    strcpy(p->cwd, "/");
    strcpy(p->name, "taskman");
    p->session = session_new_locked(TASKMAN_PID);
    if (!p->session)
        return -ENOMEM;
    init_proc = p;
    proc_publish(p, NULL);
    return 0;
}
