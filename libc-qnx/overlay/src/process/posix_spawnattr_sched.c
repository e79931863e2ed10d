/* SPDX-License-Identifier: Apache-2.0 */
/* Scheduling of a program to be spawned: musl has no use for it, we have. */
#include <errno.h>
#include <sched.h>
#include <spawn.h>
#include <string.h>

_Static_assert(sizeof(struct sched_param) <= sizeof(((posix_spawnattr_t *)0)->__pad), "they are kept there");

int posix_spawnattr_getschedparam(const posix_spawnattr_t *restrict attr,
                                  struct sched_param *restrict param)
{
    memcpy(param, attr->__pad, sizeof *param);
    return 0;
}

int posix_spawnattr_setschedparam(posix_spawnattr_t *restrict attr,
                                  const struct sched_param *restrict param)
{
    attr->__prio = param->sched_priority;
    memcpy(attr->__pad, param, sizeof *param);
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
