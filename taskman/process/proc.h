/* SPDX-License-Identifier: Apache-2.0 */
/* Processes as taskman knows them: the record, its place in the tree, and how one is found.
 *
 * Life: proc_new() -> STARTING (loader or forked child at work) -> ALIVE -> (DEATH pulse) ZOMBIE ->
 * reaped: out of the table, pid given back to the kernel.  A record is freed with its last
 * reference; the table holds one while the pid exists. */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <abi/taskman.h>
#include "main/list.h"
#include "main/lock.h"
#include "memory/aspace.h"
#include "path/normal.h"

#define RLIMITS 16 /* RLIMIT_* of libc are below this */

enum proc_state { PROC_STARTING, PROC_ALIVE, PROC_ZOMBIE, PROC_GONE };
enum start_kind { START_NONE, START_SPAWN, START_FORK, START_EXEC };

struct session { /* tree lock */
    int32_t sid;
    uint32_t refs; /* processes in it */
    char terminal[NAME_BYTES];
};

struct waiter {       /* a thread blocked in wait(): tree lock */
    struct list link; /* proc->waiters */
    int32_t rcvid, pid, pgrp, options;
};
struct ghost {        /* what is left for the parent of a process that became a daemon: tree lock */
    struct list link; /* parent->ghosts */
    int32_t pid, pgrp, status;
    uint32_t uid;
    struct tmsg_rusage usage;
};

struct proc {
    int32_t pid; /* constant */
    _Atomic uint32_t refs;

    /* tree lock */
    struct list all;      /* all_procs */
    struct list siblings; /* parent->children */
    struct list children, waiters, ghosts;
    struct proc *parent; /* NULL only for pid 1 and once GONE */
    struct session *session;
    int32_t pgrp;
    enum proc_state state;
    enum start_kind start; /* while a reply to starter_rcvid, or the child's report, is due */
    int32_t starter_rcvid; /* 0: nobody waits any more */
    int32_t starter_tid;   /* of a fork */
    int32_t fd_source;     /* pid whose descriptors it may duplicate, 0 none */
    bool is_quiet;         /* its program never loaded: no zombie, no SIGCHLD */
    bool no_zombie, is_stopped, has_stop_event, has_continue_event, hold_after_load;
    bool has_execed;
    int32_t stop_signal, exit_status;
    uint32_t job_serial; /* the kernel's, when it was last asked */
    struct tmsg_rusage usage, child_usage;

    /* lock */
    struct lock lock;
    struct _cred_info cred;
    uint32_t umask;
    struct {
        uint64_t cur, max;
    } limit[RLIMITS];
    char cwd[PATH_BYTES];
    char name[64];
    uint8_t *request; /* spawn message for the loader, until LOADED */
    uint32_t request_bytes;
    char *args; /* argument strings for pidin */
    uint32_t args_bytes;
    char *exefile;          /* absolute path of the program, NULL unknown */
    uint64_t initial_stack; /* address of argc */

    struct aspace as; /* own lock */
};

#define LIMIT_NONE UINT64_MAX

extern struct lock tree_lock;
extern struct list all_procs;  /* tree lock */
extern struct proc *init_proc; /* pid 1: taskman, parent of orphans */
extern _Atomic uint32_t waiter_count, proc_count;

int procs_init(void);
struct proc *proc_get(int32_t pid); /* referenced, also zombies; NULL */
void proc_ref(struct proc *p);
void proc_put(struct proc *p);
/* Fills a new record with parent's inheritable things; not in the table yet.  NULL when memory is
 * out. */
struct proc *proc_new(struct proc *parent);
/* Enters p (pid set) into table and tree.  False: it died in between, the caller has to run
 * proc_died(p) when it is done. */
bool proc_publish(struct proc *p, struct proc *parent);
/* Table slot of a pid that died before it was published; called by the DEATH pulse only. */
struct proc *proc_get_or_mark_dead(int32_t pid);
int32_t proc_next_pid(int32_t from); /* smallest pid >= from in the table, -1 */
void proc_unpublish(struct proc *p); /* tree lock held: out of tree and table, pid released */

/* tree.c: tree lock held by the caller of *_locked */
struct session *session_new_locked(int32_t sid);
void session_put_locked(struct session *s);
void proc_reparent_locked(struct proc *p, struct proc *parent);
bool group_exists_locked(int32_t pgrp, const struct session *s);
/* No member has a parent in the session but outside of the group. */
bool group_is_orphaned_locked(int32_t pgrp, const struct session *s);
/* SIGHUP + SIGCONT to the group if it is orphaned now and has a stopped member. */
void group_check_orphaned_locked(int32_t pgrp, const struct session *s);
bool proc_links_group_locked(
    const struct proc *p); /* its parent is in another group of its session */
uint32_t procs_of_user(uint32_t ruid);

/* death.c */
void proc_died(struct proc *p);
void proc_job_changed(int32_t pid);
/* wait.c */
void wait_check_locked(struct proc *parent); /* a child changed: answers whoever can be answered */
void wait_drop_locked(struct proc *p);       /* p is dead: its waiters are gone */
bool wait_unblock(int32_t rcvid, int32_t pid); /* EINTR for a waiter of that rcvid */
void proc_reap_locked(struct proc *child);
/* spawn.c, fork.c */
void proc_exec_ready(int32_t pid);
/* Unblock pulse for whoever waits for a start: EINTR, and the half-started process ends.  libc blocks signals around spawn and
 * fork, so only a thread that is being killed gets that. */
void start_unblock(int32_t rcvid);
bool start_unblock_of(struct proc *p, int32_t rcvid); /* the same for one start, which may have ended: false */
/* ids.c: what the kernel has to know */
void proc_push_attr(struct proc *p,
                    unsigned mask); /* TM_PA_*: reads under p->lock / tree lock itself */
void proc_fill_attr(struct proc *p, struct tm_proc_attr *attr);
uint32_t cred_abilities(const struct _cred_info *cred);
/* event.c */
void event_raise(uint32_t flags);
void event_drop(int32_t pid);
