/* SPDX-License-Identifier: Apache-2.0 */
/* What a debugger sees and does, through taskman (abi/tm.h, TM_DEBUG_*).
 *
 * A thread that is held (TF_DEBUG) parks in STOPPED before its next user instruction.  A wait that it is in goes on and ends as it
 * would without a debugger: the thread parks then, so it keeps its Neutrino state and loses no message, reply or pulse.  PF_HALTED says
 * the same of the whole process, for threads that are made meanwhile.
 *
 * A fault, or a signal that the debugger asked for, is remembered in thread.debug instead of acting, and halts the process; with
 * PF_ALONE it holds that thread and no other.  The thread acts on it when it is let go with it.  The same is done, once, with a process without a debugger that a signal is about to
 * end with a core file, if somebody writes such files: it ends when it is let go.  All of it is under process.lock; the registers are complete when on_cpu is clear.
 */
#pragma once
#include "object/process.h"

/* 0 or -EPERM, -EBUSY, -ESRCH. */
int debug_attach(struct process *p, uint64_t signals, bool is_alone);
void debug_detach(struct process *p);
int debug_stop(struct process *p, int32_t tid);
int debug_run(struct process *p, int32_t tid, int signo, bool keeps);
int debug_regs(struct thread *t, struct tm_regs *r, uint32_t what);
void debug_thread_info(struct thread *t, struct tm_thread_info *i);

/* taskman has, or has not, somebody who writes core files. */
void debug_set_dumper(bool is_there);
int debug_core_written(struct process *p);

/* ---- for object/signal*.c */
/* process.lock held: signo would end p with a core file, and somebody would write it, or writes that of an earlier signal. */
bool debug_dumps_locked(const struct process *p, int signo);
/* t is about to end its process by this signal: true: the process stops instead, for whoever writes the core file. */
bool debug_core(struct thread *t, const struct _kc_siginfo *info, bool is_fault);
/* process.lock held: signo is to stop p for its debugger. */
bool debug_wants_locked(const struct process *p, int signo);
/* process.lock held; the current thread is about to act on its signals: true: one of them stops it instead. */
bool debug_signal_locked(struct thread *t);
/* The current thread has faulted: true: that stops it, nothing else happens. */
bool debug_fault(struct thread *t, const struct _kc_siginfo *info);
/* process.lock held: the signal that t was let go with, 0 none. */
int debug_take_locked(struct thread *t, struct _kc_siginfo *info, bool *is_fault);
