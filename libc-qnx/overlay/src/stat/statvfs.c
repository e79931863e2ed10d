/* SPDX-License-Identifier: Apache-2.0 */
/* statvfs() and its kin: the server of the file is asked with DCMD_FSYS_STATVFS.  Of one that does
 * not know the command nothing is known but what holds for every file, so that callers who only
 * want a block size or a name's length still get one. */
#include <limits.h>
#include <string.h>
#include <sys/dcmd_blk.h>
#include <sys/statfs.h>
#include <unistd.h>
#include "../qrv/qrv.h"

#define BLOCK 4096

static uint32_t capped(uint64_t n)
{
    return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

void __msg_statvfs_init64(struct __msg_statvfs *msg, const struct statvfs *st)
{
    *msg = (struct __msg_statvfs){
        .f_bsize = capped(st->f_bsize),
        .f_frsize = capped(st->f_frsize),
        .f_blocks = st->f_blocks,
        .f_bfree = st->f_bfree,
        .f_bavail = st->f_bavail,
        .f_files = st->f_files,
        .f_ffree = st->f_ffree,
        .f_favail = st->f_favail,
        .f_fsid = (uint32_t)st->f_fsid,
        .f_flag = (uint32_t)st->f_flag,
        .f_namemax = capped(st->f_namemax),
    };
    memcpy(msg->f_basetype, st->f_basetype, strnlen(st->f_basetype, FSTYPSZ - 1));
}

void __msg_statvfs_copy64(struct statvfs *st, const struct __msg_statvfs *msg)
{
    *st = (struct statvfs){
        .f_bsize = msg->f_bsize,
        .f_frsize = msg->f_frsize ? msg->f_frsize : msg->f_bsize,
        .f_blocks = msg->f_blocks,
        .f_bfree = msg->f_bfree,
        .f_bavail = msg->f_bavail,
        .f_files = msg->f_files,
        .f_ffree = msg->f_ffree,
        .f_favail = msg->f_favail,
        .f_fsid = msg->f_fsid,
        .f_flag = msg->f_flag,
        .f_namemax = msg->f_namemax,
    };
    /* The server's bytes: nobody promised a NUL. */
    memcpy(st->f_basetype, msg->f_basetype, strnlen(msg->f_basetype, FSTYPSZ - 1));
}

/* rc is what the command brought; exists, whether the file is there at all. */
static int filled(struct statvfs *buf, long rc, const struct __msg_statvfs *msg, long exists)
{
    if (rc == -ENOTTY || rc == -ENOSYS || rc == -EOPNOTSUPP) {
        *buf = (struct statvfs){.f_bsize = BLOCK, .f_frsize = BLOCK, .f_namemax = NAME_MAX};
        rc = exists;
    } else if (rc >= 0) {
        __msg_statvfs_copy(buf, msg);
        rc = buf->f_bsize == 0 ? -EIO : 0;
    }
    if (rc >= 0)
        return 0;
    errno = (int)-rc;
    return -1;
}

int statvfs(const char *restrict path, struct statvfs *restrict buf)
{
    struct __msg_statvfs msg = {0};
    struct stat st;
    long rc = __qrv_devctl_at(path, DCMD_FSYS_STATVFS, &msg, sizeof msg);
    long exists = rc < 0 ? __qrv_stat_at(AT_FDCWD, path, &st, 0) : 0;
    return filled(buf, rc, &msg, exists);
}

int fstatvfs(int fd, struct statvfs *buf)
{
    struct __msg_statvfs msg = {0};
    struct stat st;
    long rc = __qrv_devctl(fd, DCMD_FSYS_STATVFS, 0, 0, &msg, sizeof msg, 0);
    long exists = rc < 0 ? __qrv_fstat(fd, &st) : 0;
    return filled(buf, rc, &msg, exists);
}

/* musl's older pair, which has no place for a type's name. */
static int narrowed(int rc, struct statfs *out, const struct statvfs *in)
{
    if (rc == 0)
        *out = (struct statfs){.f_bsize = in->f_bsize,
                               .f_frsize = in->f_frsize,
                               .f_blocks = in->f_blocks,
                               .f_bfree = in->f_bfree,
                               .f_bavail = in->f_bavail,
                               .f_files = in->f_files,
                               .f_ffree = in->f_ffree,
                               .f_fsid.__val[0] = (int)in->f_fsid,
                               .f_namelen = in->f_namemax,
                               .f_flags = in->f_flag};
    return rc;
}

int statfs(const char *path, struct statfs *buf)
{
    struct statvfs st;
    return narrowed(statvfs(path, &st), buf, &st);
}

int fstatfs(int fd, struct statfs *buf)
{
    struct statvfs st;
    return narrowed(fstatvfs(fd, &st), buf, &st);
}
