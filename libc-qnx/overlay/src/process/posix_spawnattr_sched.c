/* SPDX-License-Identifier: Apache-2.0 */
/* Scheduling of a program to be spawned: musl has no use for it, we have. */
#include <errno.h>
#include <sched.h>
#include <spawn.h>
#include <string.h>

int posix_spawnattr_getschedparam(const posix_spawnattr_t *restrict attr,
                                  struct sched_param *restrict param)
{
    memset(param, 0, sizeof *param);
    param->sched_priority = attr->__prio;
    return 0;
}

int posix_spawnattr_setschedparam(posix_spawnattr_t *restrict attr,
                                  const struct sched_param *restrict param)
{
    attr->__prio = param->sched_priority;
    return 0;
}

int posix_spawnattr_getschedpolicy(const posix_spawnattr_t *restrict attr, int *restrict policy)
{
    *policy = attr->__pol;
    return 0;
}

int posix_spawnattr_setschedpolicy(posix_spawnattr_t *attr, int policy)
{
    attr->__pol = policy;
    return 0;
}
