/* SPDX-License-Identifier: Apache-2.0 */
/* What a file system says of itself.  f_basetype is its type as a string ("" when the server does
 * not answer DCMD_FSYS_STATVFS: then sizes are those that any client may assume). */
#pragma once
#include <features.h>
#include <stdint.h>
#include <sys/cdefs.h>

#define __NEED_fsblkcnt_t
#define __NEED_fsfilcnt_t
#include <bits/alltypes.h>

__BEGIN_DECLS

#define FSTYPSZ 16

struct statvfs {
    unsigned long f_bsize, f_frsize; /* bytes: preferred, and the unit of the counts below */
    fsblkcnt_t f_blocks, f_bfree, f_bavail;
    fsfilcnt_t f_files, f_ffree, f_favail;
    unsigned long f_fsid;
    unsigned long f_flag, f_namemax;
    char f_basetype[FSTYPSZ];
    int __reserved[2];
};

/* The same between client and server, where it must not depend on the client's word size. */
struct __msg_statvfs {
    uint32_t f_bsize, f_frsize;
    uint64_t f_blocks, f_bfree, f_bavail;
    uint64_t f_files, f_ffree, f_favail;
    uint32_t f_fsid, f_flag, f_namemax;
    char f_basetype[FSTYPSZ];
    uint32_t zero;
};

/* clang-format off */
#define ST_RDONLY   0x01
#define ST_NOSUID   0x02
#define ST_NODEV    0x04
#define ST_NOEXEC   0x08
#define ST_SYNCHRONOUS 0x10
#define ST_NOATIME  0x400
/* clang-format on */

/* 0, or -1 with errno: of stat() or fstat(), EOVERFLOW.  They wait for the server. */
int statvfs(const char *__restrict path, struct statvfs *__restrict buf);
int fstatvfs(int fd, struct statvfs *buf);

/* For servers: the message of a structure and back.  What does not fit is capped. */
void __msg_statvfs_init64(struct __msg_statvfs *msg, const struct statvfs *st);
void __msg_statvfs_copy64(struct statvfs *st, const struct __msg_statvfs *msg);
#define __msg_statvfs_init(msg, st) \
    __msg_statvfs_init64((msg), (const struct statvfs *)(st))
#define __msg_statvfs_copy(st, msg) __msg_statvfs_copy64((struct statvfs *)(st), (msg))

#if defined(_LARGEFILE64_SOURCE)
#define statvfs64      statvfs
#define fstatvfs64     fstatvfs
#define fsblkcnt64_t   fsblkcnt_t
#define fsfilcnt64_t   fsfilcnt_t
#endif

__END_DECLS
