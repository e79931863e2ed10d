/* SPDX-License-Identifier: Apache-2.0 */
/* Between object/signal.c, signal_wait.c and signal_frame.c only.  Everything here wants
 * process.lock. */
#pragma once
#include "mm/mm.h"
#include "object/signal.h"

/* clang-format off */
#define SIGQUIT  3
#define SIGILL   4
#define SIGTRAP  5
#define SIGABRT  6
#define SIGBUS   7
#define SIGFPE   8
#define SIGKILL  9
#define SIGSEGV  11
#define SIGCHLD  17
#define SIGCONT  18
#define SIGSTOP  19
#define SIGTSTP  20
#define SIGTTIN  21
#define SIGTTOU  22
#define SIGURG   23
#define SIGXCPU  24
#define SIGXFSZ  25
#define SIGWINCH 28
#define SIGSYS   31

#define K_SA_NOCLDSTOP 0x00000001UL
#define K_CLD_STOPPED  5 /* CLD_CONTINUED is 6 */
#define K_SA_SIGINFO   0x00000004UL
#define K_SA_ONSTACK   0x08000000UL
#define K_SA_RESTART   0x10000000UL
#define K_SA_NODEFER   0x40000000UL
#define K_SA_RESETHAND 0x80000000UL
#define K_SS_ONSTACK   1
#define K_SS_DISABLE   2
#define K_SIG_DFL      0
#define K_SIG_IGN      1
/* clang-format on */

#define SIGS_SPECIAL (~0UL << (QRV_SIGSPECIAL_MIN - 1)) /* always blocked */
#define SIGS_SURE    (QRV_SIG_BIT(SIGKILL) | QRV_SIG_BIT(SIGSTOP))
#define SIGS_STOP                                                                                  \
    (QRV_SIG_BIT(SIGSTOP) | QRV_SIG_BIT(SIGTSTP) | QRV_SIG_BIT(SIGTTIN) | QRV_SIG_BIT(SIGTTOU))

struct siginfo_node {
    struct list link;
    struct _kc_siginfo info;
};

enum sig_action { ACT_IGNORE, ACT_STOP, ACT_END, ACT_CATCH };
enum sig_action sig_action_locked(const struct process *p, int signo);

static inline uint64_t sig_blocked(const struct thread *t)
{
    return (t->sig_mask | SIGS_SPECIAL) & ~SIGS_SURE;
}
/* Takes the lowest signal of set that is pending for t (its own first), with its info; 0 none. */
int sig_take_locked(struct thread *t, uint64_t set, struct _kc_siginfo *info);
/* Signals of set pending for the process find another thread than except that can take them. */
void sig_retarget_locked(struct process *p, uint64_t set, const struct thread *except);
/* Stops p; false: it is stopped or ending already.  The caller notifies taskman without the lock.
 */
bool sig_stop_locked(struct process *p, int signo);
