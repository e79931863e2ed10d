/* SPDX-License-Identifier: Apache-2.0 */
/* posix_spawnp(): the first file of that name along PATH that may be run. */
#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include "../qrv/spawnmsg.h"

hidden long __qrv_search_path(const char *file, char *buf, size_t size, int script);

/* 0 with the name in buf, or -errno: EACCES when something was there that may not be run, else
 * ENOENT. */
long __qrv_search_path(const char *file, char *buf, size_t size, int script)
{
    const char *path = getenv("PATH"), *end;
    size_t n = strlen(file), k;
    long best = -ENOENT;
    if (!*file)
        return -ENOENT;
    if (n > NAME_MAX)
        return -ENAMETOOLONG;
    if (!path)
        path = "/proc/boot:/usr/bin:/bin";
    for (;; path = end + 1) {
        end = path + strcspn(path, ":");
        k = (size_t)(end - path);
        if (k + n + 2 <= size) {
            memcpy(buf, path, k);
            buf[k] = '/';
            memcpy(buf + k + !!k, file, n + 1);
            long rc = __qrv_may_exec(buf, script);
            if (rc == 0)
                return 0;
            if (rc == -EACCES || rc == -ENOEXEC)
                best = rc;
        }
        if (!*end)
            return best;
    }
}

int posix_spawnp(pid_t *restrict res, const char *restrict file,
                 const posix_spawn_file_actions_t *fa, const posix_spawnattr_t *restrict attr,
                 char *const argv[restrict], char *const envp[restrict])
{
    char path[QRV_PATH_MAX];
    if (strchr(file, '/'))
        return posix_spawn(res, file, fa, attr, argv, envp);
    long rc = __qrv_search_path(file, path, sizeof path, 0);
    return rc < 0 ? (int)-rc : posix_spawn(res, path, fa, attr, argv, envp);
}
