/* SPDX-License-Identifier: Apache-2.0 */
/* The request behind execve(), posix_spawn() and spawn*(). */
#pragma once
#include <spawn.h>
#include "qrv.h"

struct qrv_spawn {
    struct tmsg_spawn h; /* flags, nfds, pgrp, policy, priority, masks: set by the caller */
    const char *path;
    char *const *argv, *const *envp;
    const int32_t *fds; /* h.nfds of them when >= 0 */
    const posix_spawn_file_actions_t *fa;
};
/* May `path` be run by us?  0, -ENOENT, -EACCES, -ENOEXEC ...  With script != 0 a file of no known
 * format is fine. */
hidden long __qrv_may_exec(const char *path, int script);
/* Sends; `sub` is TMSG_PROC_SPAWN or TMSG_PROC_EXEC. */
hidden long __qrv_spawn(const struct qrv_spawn *s, uint16_t sub);
