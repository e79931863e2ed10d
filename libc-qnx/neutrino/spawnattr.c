/* SPDX-License-Identifier: Apache-2.0 */
/* Neutrino's additions to posix_spawnattr_t: extended flags are the flags, in full width; the last byte
 * of what musl keeps free says where the program lies. */
#include <errno.h>
#include <sched.h>
#include <spawn.h>
#include <string.h>

int posix_spawnattr_setxflags(posix_spawnattr_t *attr, uint32_t flags)
{
    const uint32_t known = POSIX_SPAWN_RESETIDS | POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSCHEDPARAM |
                           POSIX_SPAWN_SETSCHEDULER | POSIX_SPAWN_USEVFORK | POSIX_SPAWN_SETSID |
                           POSIX_SPAWN_ASLR_INVERT | POSIX_SPAWN_EXEC | POSIX_SPAWN_HOLD |
                           POSIX_SPAWN_NOZOMBIE;
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

_Static_assert(sizeof(struct sched_param) < sizeof(((posix_spawnattr_t *)0)->__pad),
               "the scheduling parameters lie before the byte");
#define ASLR(attr) ((attr)->__pad[sizeof (attr)->__pad - 1])

int posix_spawnattr_setaslr(posix_spawnattr_t *attr, posix_spawnattr_aslr_t aslr)
{
    if ((unsigned)aslr > POSIX_SPAWN_ASLR_DISABLE)
        return EINVAL;
    ASLR(attr) = (char)aslr;
    return 0;
}

int posix_spawnattr_getaslr(const posix_spawnattr_t *attr, posix_spawnattr_aslr_t *aslr)
{
    *aslr = (posix_spawnattr_aslr_t)ASLR(attr);
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
