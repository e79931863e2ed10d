/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel checks size and flags, in its own order. */
#include <signal.h>
#include "syscall.h"

int sigaltstack(const stack_t *restrict ss, stack_t *restrict old)
{
    return syscall(SYS_sigaltstack, ss, old);
}
