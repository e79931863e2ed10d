/* SPDX-License-Identifier: Apache-2.0 */
/* The processes that are debugged, through /proc/<pid>/as (docs/architecture/debug.md).  One thread uses all of this. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <sys/procfs.h>

#include "changes.h"
#include "startup.h"
#include "step.h"

#define TARGETS_MAX 16
#define REPORTED_MAX 64

struct stepping { /* stepping.c */
    int tid;          /* the thread that steps */
    int mover;        /* the one that was let go alone, 0: others, too */
    bool is_begun;    /* tid has been let go */
    unsigned rounds;
    uint64_t start;   /* of the instruction */
    struct step step; /* that it does */
    uint64_t placed[STEP_NEXT_MAX]; /* breakpoints that GDB does not know */
    unsigned count;
    uint64_t lifted;  /* one of GDB's, out of the way */
    bool has_lifted;
};

struct target {
    pid_t pid; /* 0: free */
    int fd;
    bool is_ours;    /* started by us: killed with the connection */
    bool is_running; /* resumed since the last report */
    bool has_ended, has_execed;
    bool is_new_program; /* that exec has been noted, and nothing of it has run */
    bool is_secret;  /* a forked child that GDB has not been told of */
    pid_t parent;    /* of it, and the thread there that made it */
    int parent_tid;
    int status;      /* wait status, once it has ended */
    int reported[REPORTED_MAX], num_reported; /* threads whose stop GDB knows */
    struct change changes[CHANGES_MAX]; /* of the siginfo of threads that stand still: siginfo.c */
    struct stepping stepping; /* of the last resumption; tid 0: nobody stepped */
};

extern struct target targets[TARGETS_MAX];

/* Pulses with value pid come to coid when something has happened to a target. */
void target_setup(int coid, int code);
/* All of these: 0 or an errno. */
int target_attach(pid_t pid, bool is_ours, struct target **out);
int target_spawn(const struct startup *how, char *const argv[], struct target **out);
int target_detach(struct target *t);
int target_kill(struct target *t);
int target_stop(struct target *t); /* returns when it stands still, or has ended */
int target_stop_thread(const struct target *t, int tid); /* returns at once */
void target_look(struct target *t); /* finds out about its end, exec, forks while it runs */

struct target *target_find(pid_t pid); /* 0: the first one; NULL: none */

/* First thread with a tid >= tid: false when there is none. */
bool target_thread(const struct target *t, int tid, procfs_status *status);
/* A thread with a stop that GDB does not know yet; false: none. */
bool target_pending(struct target *t, procfs_status *status);
/* It trapped where the breakpoint is gone again, which is nothing to speak of. */
bool target_is_stale(const struct target *t, const procfs_status *status);
void target_set_reported(struct target *t, int tid);

/* What a stopped thread is to do: 0 nothing, 'c' go on, 's' one instruction, 'r' instructions as long as they are in a range. */
struct resume {
    char what;
    int signo;         /* of the target, 0 none */
    uint64_t from, to; /* r */
};
/* Asks plan for every thread and lets them go; steps are stepping.c's. */
int target_resume(struct target *t, struct resume (*plan)(const struct target *t, int tid));
/* One thread alone. */
int target_go(struct target *t, int tid, int signo);
/* All of t stands still: one thread takes signo and stands still again, by stopper, which is pending. */
int target_deliver(struct target *t, int tid, int signo, int stopper);
/* A forked child of t that GDB does not know yet, NULL none. */
struct target *target_child(const struct target *t);
/* _DEBUG_FLAG_* of all targets, and those to come. */
void target_set_flag(uint32_t flag, bool is_set);
/* Signals that do not stop a target from now on. */
void target_pass_signals(uint64_t set);

/* f may be NULL. */
int target_get_regs(const struct target *t, int tid, procfs_greg *g, procfs_fpreg *f);
int target_set_regs(const struct target *t, int tid, const procfs_greg *g, const procfs_fpreg *f);
/* Bytes, or -1: not even one. */
ssize_t target_read(const struct target *t, uint64_t addr, void *data, size_t bytes);
ssize_t target_write(const struct target *t, uint64_t addr, const void *data, size_t bytes);
int target_break(const struct target *t, uint64_t addr, bool is_set);
int target_trap(const struct target *t, uint64_t addr, bool is_set); /* the same, and nobody is to know */
bool target_is_break(const struct target *t, uint64_t addr);
