/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a process: everything it held is released, its family is told.  The kernel has torn
 * the process down before it sends _PULSE_CODE_TM_DEATH, so nothing of it runs any more. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include "builtin/ocb.h"
#include "main/heap.h"
#include "path/path.h"
#include "process/core.h"
#include "process/debug.h"
#include "process/process.h"

/* SIGCHLD with the child's pid, uid is the kernel's. */
static void tell_parent(const struct proc *p, int code, int status)
{
    if (p->parent && p->parent != init_proc)
        k_kill(p->parent->pid, SIGCHLD, code, (uint32_t)status, p->pid);
}

static bool parent_ignores(const struct proc *parent)
{
    struct tm_proc_info info;

    return tmk_proc_info(parent->pid, &info) >= 0 && (info.sig_ignore & 1UL << (SIGCHLD - 1));
}

static void orphan_children_locked(struct proc *p)
{
    list_for_each_safe(pos, tmp, &p->children)
    {
        struct proc *c = container_of(pos, struct proc, siblings);
        bool was_link = proc_links_group_locked(c);
        int32_t pgrp = c->pgrp;
        struct session *s = c->session;

        if (c->start == START_SPAWN || c->start == START_FORK)
            c->starter_rcvid = 0;
        proc_reparent_locked(c, init_proc);
        if (c->state == PROC_ZOMBIE)
            proc_reap_locked(c);
        else if (was_link)
            group_check_orphaned_locked(pgrp, s);
    }
}

/* Whoever waits for this process to get going learns that it never will. */
static void fail_starter_locked(struct proc *p)
{
    int error = p->start == START_FORK ? EAGAIN : ENOEXEC;

    if (p->start == START_NONE)
        return;
    if (p->start != START_EXEC) {
        p->is_quiet = true;
        if (p->starter_rcvid)
            k_error(p->starter_rcvid, error);
    }
    p->start = START_NONE;
    p->starter_rcvid = 0;
}

static void leave_family_locked(struct proc *p, const struct tm_proc_info *info)
{
    struct proc *parent = p->parent ? p->parent : init_proc;
    bool was_link = proc_links_group_locked(p);
    int status;

    wait_drop_locked(p);
    fail_starter_locked(p);
    orphan_children_locked(p);
    if (p->session && p->session->sid == p->pid)
        p->session->terminal[0] =
            '\0'; /* the terminal belonged to the leader's session as long as it lived */
    p->state = PROC_ZOMBIE;
    p->is_stopped = p->has_stop_event = p->has_continue_event = false;
    status = p->exit_status = info->exit_status;
    p->usage = (struct tmsg_rusage){info->utime_ns, info->stime_ns, p->as.peak_bytes};
    if (was_link)
        group_check_orphaned_locked(p->pgrp, p->session);
    if (!p->is_quiet)
        tell_parent(
            p, WIFSIGNALED(status) ? (WCOREDUMP(status) ? CLD_DUMPED : CLD_KILLED) : CLD_EXITED,
            WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    if (p->is_quiet || p->no_zombie || parent == init_proc || parent_ignores(parent))
        proc_reap_locked(p);
    wait_check_locked(parent);
}

void proc_died(struct proc *p)
{
    struct tm_proc_info info = {.exit_status = SIGKILL};

    tmk_proc_info(p->pid, &info);
    kcall(TM_PROC_EMPTY, p->pid, 0, 0, 0, 0, 0); /* its servers learn now, not when its parent waits for it */
    aspace_died(&p->as);
    path_process_died(p->pid);
    ocb_process_died(p->pid);
    event_drop(p->pid);
    debug_died(p->pid, info.exit_status);
    core_died(p->pid);
    lock_acquire(&p->lock);
    heap_free(p->request);
    heap_free(p->args);
    p->request = NULL;
    p->args = NULL;
    p->request_bytes = p->args_bytes = 0;
    lock_release(&p->lock);

    lock_acquire(&tree_lock);
    if (p->state == PROC_STARTING || p->state == PROC_ALIVE)
        leave_family_locked(p, &info);
    lock_release(&tree_lock);
    event_raise(EVENT_PROCESS_DEATH);
}

/* POSIX, 2.4.3: by default SIGTSTP, SIGTTIN and SIGTTOU do nothing to a process of an orphaned group: nobody could continue it.
 * The kernel stops it and leaves this to us.  Returns the signal it is stopped by all the same, 0: it runs on. */
static int32_t still_stopped(struct proc *p, int32_t signo)
{
    if (signo == SIGSTOP || !group_is_orphaned_locked(p->pgrp, p->session))
        return signo;
    return (int32_t)kcall(TM_THREAD_CONT, p->pid, 1 /* undo the stop */, 0, 0, 0, 0);
}

static void told_stopped_locked(struct proc *p, int32_t signo)
{
    p->is_stopped = p->has_stop_event = true;
    p->has_continue_event = false;
    p->stop_signal = signo;
    tell_parent(p, CLD_STOPPED, signo);
    wait_check_locked(p->parent);
}

static void told_continued_locked(struct proc *p)
{
    if (!p->is_stopped)
        return;
    p->is_stopped = p->has_stop_event = false;
    p->has_continue_event = true;
    tell_parent(p, CLD_CONTINUED, SIGCONT);
    wait_check_locked(p->parent);
}

/* The pulses of a stop and of what continued it before can reach us in any order, by several harts and threads, or as one: what
 * counts is what the kernel says now, and whether that is news. */
void proc_job_changed(int32_t pid)
{
    struct proc *p = proc_get(pid);
    struct tm_proc_info now;

    if (!p)
        return;
    lock_acquire(&tree_lock);
    if ((p->state == PROC_ALIVE || p->state == PROC_STARTING) && tmk_proc_info(pid, &now) >= 0 &&
        now.job_serial != p->job_serial) {
        int32_t signo = now.flags & TM_PF_STOPPED ? still_stopped(p, now.exit_status >> 8 & 0xff) : 0;
        p->job_serial = now.job_serial;
        if (signo > 0)
            told_stopped_locked(p, signo);
        else
            told_continued_locked(p);
    }
    lock_release(&tree_lock);
    proc_put(p);
}
