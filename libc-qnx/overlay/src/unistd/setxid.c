/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials are the process's: one call changes them for every thread. */
#include "libc.h"
#include "syscall.h"

int __setxid(int nr, int id, int eid, int sid)
{
    return syscall(nr, id, eid, sid);
}
