/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel keeps what stopped a thread and hands it to the program as it was, so what GDB writes is put where the program finds it: into the
 * frame of its handler.  The thread gets its signal while everybody else stands still, and a SIGSTOP of ours stops it again when the
 * frame is made and nothing of the handler has run.  GDB does not hear of that SIGSTOP: the thread goes on without it.  Of other signals none
 * stops a thread meanwhile, so the SIGSTOP does, whatever else is pending. */
#include "siginfo.h"

#include <abi/signal.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/neutrino.h>
#include <unistd.h>

enum { REGISTER_SP = 2, REGISTER_A0 = 10, REGISTER_A1 = 11 };

static bool find(const struct target *t, int tid, procfs_status *status)
{
    return target_thread(t, tid, status) && status->tid == tid &&
           (status->why == _DEBUG_WHY_FAULTED || status->why == _DEBUG_WHY_SIGNALLED);
}

int siginfo_read(struct target *t, int tid, struct _kc_siginfo *info)
{
    procfs_status status;
    const struct change *c = changes_find(t->changes, tid);
    if (!find(t, tid, &status))
        return ESRCH;
    *info = c != NULL ? c->info : status.info;
    return EOK;
}

/* With its default action the thread would not come back. */
static bool stops_jobs(int signo)
{
    return signo == SIGSTOP || signo == SIGTSTP || signo == SIGTTIN || signo == SIGTTOU;
}

int siginfo_write(struct target *t, int tid, uint64_t offset, const void *data, size_t bytes)
{
    procfs_status status;
    if (!find(t, tid, &status))
        return ESRCH;
    if (stops_jobs(status.what))
        return ENOTSUP;
    return changes_write(t->changes, tid, &status.info, offset, data, bytes);
}

/* The handler's frame is at the top of the stack, where it was not before: a signal that is ignored, for instance, has none. */
static void change_frame(const struct target *t, const struct change *c, uint64_t sp_before)
{
    procfs_greg g;
    struct _kc_siginfo found;
    if (target_get_regs(t, c->tid, &g, NULL) != EOK || g.x[REGISTER_SP] == sp_before ||
        g.x[REGISTER_A0] != (uint64_t)c->info.signo || g.x[REGISTER_A1] != g.x[REGISTER_SP])
        return;
    uint64_t at = g.x[REGISTER_SP] + offsetof(struct _kc_sigframe, info);
    if (target_read(t, at, &found, sizeof found) == sizeof found && found.signo == c->info.signo)
        target_write(t, at, &c->info, sizeof c->info);
}

void siginfo_deliver(struct target *t, int tid, int signo)
{
    procfs_greg g;
    struct change *c = changes_find(t->changes, tid);
    if (!changes_fit(c, signo) || c->is_delivered || stops_jobs(signo) || target_get_regs(t, tid, &g, NULL) != EOK)
        return;
    if (SignalKill(0, t->pid, tid, SIGSTOP, SI_USER, 0) == -1)
        return; /* it goes on with what it had */
    c->is_delivered = true;
    if (target_deliver(t, tid, signo, SIGSTOP) == EOK && !t->has_ended)
        change_frame(t, c, g.x[REGISTER_SP]);
}
