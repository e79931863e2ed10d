/* SPDX-License-Identifier: Apache-2.0 */
/* Process: id tables, credentials, signal state, life cycle.  Type-stable memory, found by pid without a lock.
 *
 * Death: anybody sets PF_DYING with the status (first wins) and posts TF_KILL to every thread; each thread leaves through
 * thread_exit_self(); the last one becomes the reaper: it runs process_teardown_step() as its continuation until everything
 * is gone, then taskman gets _PULSE_CODE_TM_DEATH.  TM_PROC_RELEASE drops the last reference.
 * exec is the same walk with PF_EXEC instead: connections stay, and the process stays.
 */
#pragma once
#include <abi/tm.h>
#include <abi/signal.h>
#include "object/idtable.h"
#include "object/thread.h"

struct aspace;

#define PF_DYING 0x1
#define PF_DEAD 0x2
#define PF_STOPPED 0x4
#define PF_EXEC 0x8
#define PF_RELEASED 0x20 /* taskman is done with it: the pid answers no more */
#define PF_TEARDOWN 0x10 /* the reaper is at work */
#define PF_DEBUG 0x80    /* lock to change: a debugger is attached (object/debug.h) */
#define PF_HALTED 0x100  /* lock to change: its threads, and new ones, are born held by the debugger */
#define PF_CORED 0x200   /* lock to change: its core file is written */
#define PF_ALONE 0x400  /* lock to change: what stops a thread for the debugger does not halt the process */
#define PF_NEW 0x40 /* being made: signals wait, nothing ends it yet */

struct process {
    int32_t pid;               /* constant while refs > 0 */
    _Atomic uint32_t refs;     /* 0: free memory */
    _Atomic uint32_t flags;    /* PF_* */
    struct spinlock lock;      /* RANK_PROC */
    struct aspace *as;         /* constant until teardown */

    /* lock */
    struct idtable threads;    /* struct thread, tid from 1 */
    struct list thread_list;   /* every thread that has not finished exiting */
    uint32_t live_threads;     /* those that can still run user code */
    struct idtable channels;   /* struct channel, chid from 1 */
    uint32_t death_channels;   /* how many of them have _NTO_CHF_THREAD_DEATH */
    struct idtable fds;        /* struct conn: coid < _NTO_SIDE_CHANNEL */
    struct idtable side;       /* struct conn: coid - _NTO_SIDE_CHANNEL */
    struct idtable sconns;     /* struct sconn: scoid - QRV_SCOID_BASE, from 1 */
    struct idtable timers;     /* struct timer, id from 0 */
    struct list cpu_timers;    /* struct timer: on a CPU-time clock of this process */
    struct idtable intrs;      /* struct intr, id from 0 */
    struct idtable events;     /* struct event_reg (object/event_handle.c), from 0 */
    uint32_t event_serial;
    uint32_t generation;       /* of pid slot */

    /* signals: lock */
    struct _kc_sigaction action[QRV_NSIG];
    uint64_t stub;             /* return trampoline of libc */
    uint64_t sig_pending;
    struct list sig_queue;     /* struct siginfo_node */
    uint32_t sig_queued;
    int32_t exec_tid;          /* PF_EXEC: the thread whose pending signals the next program inherits; 0 none */

    /* identity: lock; 32-bit fields may be read without it */
    int32_t ppid, pgrp, sid;
    uint32_t umask;
    struct _cred_info cred;
    uint64_t mi_flags;         /* what messages of its threads say of it: flags as in a struct _msg_info, in the word's upper 16 bits */
    uint32_t abilities;
    char name[64];
    uint64_t max_pages;
    uint32_t max_threads, max_channels, max_connections, max_timers;

    /* what a thread that taskman creates in it starts with: lock */
    uint64_t init_sigmask;
    uint32_t init_runmask;
    uint8_t init_policy;
    struct _kc_sched_param init_sched;
    uint64_t debug_signals;    /* those that stop it for the debugger: lock */
    uint8_t core_signo;        /* the signal that ends it, once its core file is written: lock; 0 none */
    struct pulse *note[5];     /* reserved pulses to taskman: death, exec, job, debug, core */
    int32_t exit_status;
    uint32_t job_serial;       /* how often job control has stopped or continued it: lock */
    struct thread *reaper;
    uint32_t teardown_phase;   /* reaper only */
    uint32_t teardown_pos;
    nsec_t start_ns, cpu_ns;   /* cpu_ns: of threads that have ended */
    struct ktimer alarm;       /* TimerAlarm */
    uint64_t alarm_interval;
};

/* Takes a reference: NULL when there is no such live pid. */
struct process *process_get(int32_t pid);
bool process_get_live(struct process *p);
void process_put(struct process *p);
/* pid >= from, for walks; referenced. NULL at the end. */
struct process *process_next(int32_t from);
/* The live process in one of QRV_PROCS_MAX slots, for walks in pieces; referenced, or NULL. */
struct process *process_at(uint32_t slot);

/* sched: checked, with TM_PC_SCHED. */
int process_create(const struct tm_proc_create *pc, const struct _kc_sched_param *sched, struct process **out);
int process_fork(struct thread *parent_thread, struct process **out);
/* Remembers t's mask, runmask, policy and priority for the process's next first thread. */
void process_init_from(struct process *p, struct thread *t);
/* Ends p with a wait() status.  Safe from any context without locks. */
void process_kill(struct process *p, int32_t status);
/* Ends all threads of p but caller (NULL: all), which taskman lets go last; what is pending for it is the next program's. */
void process_begin_exec(struct process *p, const struct thread *caller);
/* Continuation of the reaper: one bounded step; re-installs itself until done. */
void process_teardown_step(struct thread *reaper);
/* Tells taskman: pulse on its channel; never fails (pulse memory is reserved per process). */
/* The same all at once, for a process without threads (never started, or killed between two programs). */
void process_teardown_all(struct process *p);
void process_set(struct process *p, const struct tm_proc_attr *a, uint32_t mask); /* mask: TM_PA_* */
void process_notify_taskman(struct process *p, int code);

static inline bool process_can(const struct process *p, uint32_t ability)
{
    return (p->abilities & ability) != 0;
}
/* kill(2)'s rule: same real/effective uid, root, or TM_ABLE_SIGNAL. */
bool process_may_signal(const struct process *from, const struct process *to);

extern struct process *taskman; /* pid 1, set at boot, never dies (its death is a panic) */
