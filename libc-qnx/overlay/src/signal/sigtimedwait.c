/* SPDX-License-Identifier: Apache-2.0 */
/* Unlike musl's, a handler that ran ends the wait with EINTR. */
#include <signal.h>
#include "syscall.h"

int sigtimedwait(const sigset_t *restrict mask, siginfo_t *restrict si,
                 const struct timespec *restrict timeout)
{
    return syscall_cp(SYS_rt_sigtimedwait, mask, si, timeout, _NSIG / 8);
}
