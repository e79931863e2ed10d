/* SPDX-License-Identifier: Apache-2.0 */
#include <sched.h>
#include "syscall.h"

int sched_setscheduler(pid_t pid, int policy, const struct sched_param *param)
{
    int old = syscall(SYS_sched_getscheduler, pid);
    if (old < 0 || syscall(SYS_sched_setscheduler, pid, policy, param) < 0)
        return -1;
    return old;
}
