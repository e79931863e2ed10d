/* SPDX-License-Identifier: Apache-2.0 */
#include <grp.h>
#include <unistd.h>
#include "syscall.h"

int setgroups(size_t count, const gid_t list[])
{
    return syscall(SYS_setgroups, count, list);
}
