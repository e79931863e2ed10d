/* SPDX-License-Identifier: Apache-2.0 */
/* TMSG_PROC: subtype -> handler. */
#include <errno.h>
#include "process/process.h"

static const message_handler handlers[] = {
    [TMSG_PROC_SPAWN] = tm_process_spawn,   [TMSG_PROC_EXEC] = tm_process_exec,
    [TMSG_PROC_FORK] = tm_process_fork,     [TMSG_PROC_FORK_DONE] = tm_process_fork_done,
    [TMSG_PROC_LOADED] = tm_process_loaded, [TMSG_PROC_WAIT] = tm_process_wait,
    [TMSG_PROC_GETID] = tm_process_getid,   [TMSG_PROC_SETPGID] = tm_process_setpgid,
    [TMSG_PROC_SETSID] = tm_process_setsid, [TMSG_PROC_SETCRED] = tm_process_setcred,
    [TMSG_PROC_UMASK] = tm_process_umask,   [TMSG_PROC_DAEMON] = tm_process_daemon,
    [TMSG_PROC_CTTY] = tm_process_terminal, [TMSG_PROC_RLIMIT] = tm_process_rlimit,
    [TMSG_PROC_RUSAGE] = tm_process_rusage, [TMSG_PROC_GETARGS] = tm_process_getargs,
    [TMSG_PROC_EVENT] = tm_process_event,
};

int64_t tm_process(struct message *m)
{
    const struct tmsg_hdr *req = message_as(m, 4);

    if (!req || req->subtype >= sizeof(handlers) / sizeof(handlers[0]) || !handlers[req->subtype])
        return -ENOSYS;
    return handlers[req->subtype](m);
}
