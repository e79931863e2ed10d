/* SPDX-License-Identifier: Apache-2.0 */
/* Neutrino's additions to posix_spawnattr_t: extended flags are the flags, in full width. */
#include <errno.h>
#include <spawn.h>
#include <string.h>

int posix_spawnattr_setxflags(posix_spawnattr_t *attr, uint32_t flags)
{
    const uint32_t known = POSIX_SPAWN_RESETIDS | POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSCHEDPARAM |
                           POSIX_SPAWN_SETSCHEDULER | POSIX_SPAWN_USEVFORK | POSIX_SPAWN_SETSID;
    if (flags & ~known)
        return flags & ~(known | 0xffff) ? EINVAL : ENOTSUP;
    attr->__flags = (int)flags;
    return 0;
}

int posix_spawnattr_getxflags(const posix_spawnattr_t *attr, uint32_t *flags)
{
    *flags = (uint32_t)attr->__flags;
    return 0;
}

int posix_spawnattr_setcred(posix_spawnattr_t *attr, uid_t uid, gid_t gid)
{
    (void)attr, (void)uid, (void)gid;
    return ENOTSUP;
}

int posix_spawnattr_getcred(const posix_spawnattr_t *attr, uid_t *uid, gid_t *gid)
{
    (void)attr, (void)uid, (void)gid;
    return ENOTSUP;
}
