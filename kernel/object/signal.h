/* SPDX-License-Identifier: Apache-2.0 */
/* Signals: actions and pending sets per process, masks per thread; all under process.lock. */
#pragma once
#include "object/process.h"

/* Posts a signal to p (t: that thread only).  Never blocks; a queued siginfo that finds no memory falls back to the bit alone.
 * 0 or -errno (ESRCH, EAGAIN).  Any context without locks. */
int signal_post(struct process *p, struct thread *t, int signo, int code, uint64_t value, int32_t from_pid, uint32_t from_uid);
/* Fault of the current thread: the signal cannot be blocked or ignored. */
void signal_fault(struct thread *t, int signo, int code, uint64_t addr);
/* Prints what explains the death of the current thread's program, if the boot arguments ask for it. */
void fault_report(struct thread *t);
/* TF_SIGNAL seen on the way to user mode: builds a handler frame, stops, ends the process, or nothing.  t is current. */
void signal_deliver(struct thread *t);
/* TF_STOP seen: parks t in STOPPED if the process is (still) stopped. */
void signal_park(struct thread *t);
/* true when t has an unblocked pending signal: blocking calls then return EINTR at once. */
bool signal_is_pending(struct thread *t);
/* exec: handlers to default, queue of the old image dropped as POSIX says. */
void signal_exec_reset(struct process *p);
void signal_fork_copy(struct process *child, struct process *parent, struct thread *ct, struct thread *pt);
/* spawn: signals ignored by from stay ignored, except those in sigdefault. */
void signal_spawn_inherit(struct process *p, struct process *from, uint64_t sigdefault);
void signal_process_fini(struct process *p); /* frees queued infos */
void signal_thread_fini(struct thread *t);  /* proc->lock held */
/* TF_HOLD of t was cleared: it goes on unless the process is stopped. */
void signal_unpark(struct thread *t);
/* A stop by SIGTSTP, SIGTTIN or SIGTTOU never was: the threads go on, nobody is told.  SIGSTOP, which this leaves alone, or 0. */
int signal_undo_stop(struct process *p);
/* Bodies of the kernel calls; t is current, user addresses untrusted. */
int64_t signal_suspend(struct thread *t, uint64_t mask);
void signal_suspend_again(struct thread *t); /* continuation: what woke it was for somebody else */
int64_t signal_waitinfo(struct thread *t, uint64_t set, uint64_t info_uaddr);
int64_t signal_return(struct thread *t); /* from the frame that the call names */
int signal_set_action(struct process *p, int signo, const struct _kc_sigaction *act, uint64_t stub, struct _kc_sigaction *old);
/* The mask of t (current) becomes mask; what is pending and now unblocked is looked at on the way out. */
void signal_set_mask(struct thread *t, uint64_t mask);
/* What a sender says; about is the pid that the receiver sees as si_pid (only taskman may name another than itself). */
struct signal_msg {
    int signo, code;
    uint64_t value;
    int32_t about;
};
/* Sends to one thread of p by tid, or (tid 0) the process; signo 0 only checks.  -ESRCH, -EPERM, -EAGAIN. */
int signal_send(struct thread *from, struct process *p, int32_t tid, const struct signal_msg *m);
