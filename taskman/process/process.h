/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of process/ share with each other: handlers and events. */
#pragma once
#include <sys/procmgr.h>
#include "main/message.h"
#include "process/proc.h"

#define EVENT_PATHSPACE      PROCMGR_EVENT_PATHSPACE
#define EVENT_DAEMON_DEATH   PROCMGR_EVENT_DAEMON_DEATH
#define EVENT_PROCESS_DEATH  PROCMGR_EVENT_PROCESS_DEATH
#define EVENT_PROCESS_CREATE PROCMGR_EVENT_PROCESS_CREATE

int64_t tm_process_spawn(struct message *m);
int64_t tm_process_exec(struct message *m);
int64_t tm_process_getargs(struct message *m);
int64_t tm_process_loaded(struct message *m);
int64_t tm_process_fork(struct message *m);
int64_t tm_process_fork_done(struct message *m);
int64_t tm_process_wait(struct message *m);
int64_t tm_process_getid(struct message *m);
int64_t tm_process_setpgid(struct message *m);
int64_t tm_process_setsid(struct message *m);
int64_t tm_process_setcred(struct message *m);
int64_t tm_process_umask(struct message *m);
int64_t tm_process_daemon(struct message *m);
int64_t tm_process_terminal(struct message *m);
int64_t tm_process_rlimit(struct message *m);
int64_t tm_process_rusage(struct message *m);
int64_t tm_process_event(struct message *m);

/* Spawns a program on taskman's own behalf, child of pid 1.  Takes ownership of request (checked).
 * pid or -errno. */
int64_t spawn_start(struct proc *parent, uint8_t *request, uint32_t bytes, int32_t rcvid);
/* Is the unblock request of rcvid set already, or its client gone?  A rcvid names a thread of a client, not one of its requests: ask
 * under the lock that guards those who wait, with the request in there.  Else it may have been answered meanwhile, and what is
 * seen is that thread's next one. */
bool rcvid_is_unblocked(int32_t rcvid);
/* -EAGAIN when the user of p has as many processes as RLIMIT_NPROC allows. */
int proc_check_count(struct proc *p);
/* Ends a process that could not be started; the caller has told the starter. */
void proc_abort(struct proc *p);
