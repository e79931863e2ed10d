/* SPDX-License-Identifier: Apache-2.0 */
/* Checks that have to run in a process of their own. */
#pragma once
#include <sys/wait.h>
#include "../tap.h"

/* Runs f in a child: 0 when it returned 0, 1 to 255 what it returned, above that the signal that ended it (in the upper byte). */
static inline int in_child(int (*f)(void))
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0)
        _exit(f());
    if (waitpid(pid, &status, 0) != pid)
        return -1;
    return status >> 8 | status << 8;
}
