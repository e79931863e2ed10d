/* SPDX-License-Identifier: Apache-2.0 */
/* sigwait() knows no EINTR. */
#include <errno.h>
#include <signal.h>

int sigwait(const sigset_t *restrict mask, int *restrict sig)
{
    siginfo_t si;
    int saved = errno;
    while (sigtimedwait(mask, &si, 0) < 0)
        if (errno != EINTR)
            return errno;
    errno = saved;
    *sig = si.si_signo;
    return 0;
}
