/* SPDX-License-Identifier: Apache-2.0 */
/* I/O messages between a client's libc and a resource manager.
 * Documentation followed: Library Reference _io_connect, "Getting Started with QNX Neutrino" (I/O messages), "Writing a Resource
 * Manager".  Member names are the documented ones, numbers are QRV's.  <sys/iomsg.h> includes this file.
 * The MsgSend status of read/write is the byte count; of connect _IO_CONNECT_RET_*. */
#pragma once
#include <stdint.h>
#include <abi/msg.h>

/* clang-format off */
#define _IO_BASE        0x100
#define _IO_CONNECT     0x100
#define _IO_READ        0x101
#define _IO_WRITE       0x102
#define _IO_RSVD_CLOSE_OCB 0x103
#define _IO_STAT        0x104
#define _IO_NOTIFY      0x105
#define _IO_DEVCTL      0x106
#define _IO_RSVD_UNBLOCK 0x107
#define _IO_PATHCONF    0x108
#define _IO_LSEEK       0x109
#define _IO_CHMOD       0x10a
#define _IO_CHOWN       0x10b
#define _IO_UTIME       0x10c
#define _IO_OPENFD      0x10d
#define _IO_FDINFO      0x10e
#define _IO_LOCK        0x10f
#define _IO_SPACE       0x110
#define _IO_SHUTDOWN    0x111
#define _IO_MMAP        0x112
#define _IO_MSG         0x113
#define _IO_RSVD        0x114
#define _IO_DUP         0x115
#define _IO_CLOSE       0x116
#define _IO_RSVD_LOCK_OCB 0x117
#define _IO_RSVD_UNLOCK_OCB 0x118
#define _IO_SYNC        0x119
#define _IO_POWER       0x11a
#define _IO_MAX         0x1ff
#define _IO_COMBINE_FLAG 0x8000 /* in combine_len: another message follows this one */

/* connect subtypes */
#define _IO_CONNECT_COMBINE       0
#define _IO_CONNECT_COMBINE_CLOSE 1
#define _IO_CONNECT_OPEN          2
#define _IO_CONNECT_UNLINK        3
#define _IO_CONNECT_RENAME        4
#define _IO_CONNECT_MKNOD         5
#define _IO_CONNECT_READLINK      6
#define _IO_CONNECT_LINK          7
#define _IO_CONNECT_RSVD_UNBLOCK  8
#define _IO_CONNECT_MOUNT         9

#define _IO_CONNECT_EXTRA_NONE    0
#define _IO_CONNECT_EXTRA_LINK    1 /* rename, link: extra = old path relative to the same server, NUL-terminated */
#define _IO_CONNECT_EXTRA_SYMLINK 2 /* mknod S_IFLNK: extra = target */
#define _IO_CONNECT_EXTRA_MQUEUE  3
#define _IO_CONNECT_EXTRA_SOCKET  5
#define _IO_CONNECT_EXTRA_SEM     6
#define _IO_CONNECT_EXTRA_RESMGR_LINK 7
#define _IO_CONNECT_EXTRA_MOUNT   9

#define _IO_CONNECT_EFLAG_DIR     0x01
#define _IO_CONNECT_EFLAG_DOT     0x02
#define _IO_CONNECT_EFLAG_DOTDOT  0x04

/* Status of a connect reply */
#define _IO_CONNECT_RET_NORMAL    0
#define _IO_CONNECT_RET_LINK      1 /* reply: struct _io_connect_link_reply + path: resolve again */

#define _FTYPE_ANY      0
#define _FTYPE_FILE     1
#define _FTYPE_LINK     2
#define _FTYPE_SYMLINK  3
#define _FTYPE_PIPE     4
#define _FTYPE_SHMEM    5
#define _FTYPE_MQUEUE   6
#define _FTYPE_SOCKET   7
#define _FTYPE_SEM      8
#define _FTYPE_MOUNT    10
#define _FTYPE_NAME     11
#define _FTYPE_TYMEM    12

/* ioflag: the low two bits are the access (open()'s O_ACCMODE + 1), the rest are libc's O_* flags */
#define _IO_FLAG_RD     1
#define _IO_FLAG_WR     2
#define _IO_FLAG_MASK   3

#define _IO_XTYPE_NONE     0
#define _IO_XTYPE_READCOND 1
#define _IO_XTYPE_MQUEUE   2
#define _IO_XTYPE_TCPIP    3
#define _IO_XTYPE_TCPIP_MSG 4
#define _IO_XTYPE_OFFSET   5
#define _IO_XTYPE_REGISTRY 6
#define _IO_XTYPE_TCPIP_MMSG 7
#define _IO_XTYPE_READDIR  8
#define _IO_XTYPE_MASK     0xff
#define _IO_XFLAG_DIR_EXTRA_HINT 0x100
#define _IO_XFLAG_NONBLOCK 0x200
#define _IO_XFLAG_BLOCK    0x400

#define _NOTIFY_ACTION_POLL    0
#define _NOTIFY_ACTION_POLLARM 1
#define _NOTIFY_ACTION_TRANARM 2
#define _NOTIFY_ACTION_CONDARM 3
#define _NOTIFY_ACTION_EDGEARM 4
#define _NOTIFY_COND_INPUT  0x10000000
#define _NOTIFY_COND_OUTPUT 0x20000000
#define _NOTIFY_COND_OBAND  0x40000000
#define _NOTIFY_COND_EXTEN  0x80000000U
#define _NOTIFY_COND_MASK   0xf0000000U
/* clang-format on */

struct _io_connect {
    uint16_t type, subtype;
    uint32_t file_type;
    uint16_t reply_max, entry_max;
    uint32_t key;
    uint32_t handle;
    uint32_t ioflag;
    uint32_t mode;
    uint16_t sflag;
    uint16_t access;
    uint16_t zero;
    uint16_t path_len; /* with NUL */
    uint8_t eflag, extra_type;
    uint16_t extra_len;
    char path[1]; /* then, aligned to 8 from the message start, extra_len bytes; a combined message follows aligned to 8 */
};
#define _IO_CONNECT_HDR 40 /* offsetof(struct _io_connect, path) */
struct _io_connect_entry {
    uint32_t nd;
    int32_t pid, chid;
    uint32_t handle, key, file_type;
    uint16_t prefix_len, zero;
};
struct _io_connect_link_reply {
    uint32_t reserved1[2];
    uint8_t eflag, reserved2[3];
    uint32_t umask;
    uint16_t nentries, path_len;
};
struct _io_connect_ftype_reply {
    uint16_t status, reserved;
    uint32_t file_type;
};
struct _io_read {
    uint16_t type, combine_len;
    uint32_t nbytes;
    uint32_t xtype;
    uint32_t zero;
};
struct _io_write {
    uint16_t type, combine_len;
    uint32_t nbytes;
    uint32_t xtype;
    uint32_t zero;
};
struct _xtype_offset {
    int64_t offset;
};
struct _io_readcond_xtype { /* behind a read header with _IO_XTYPE_READCOND; times in tenths of a second */
    uint32_t min, time, timeout, zero;
};
struct _io_close {
    uint16_t type, combine_len;
};
struct _io_stat {
    uint16_t type, combine_len;
    uint32_t zero;
}; /* reply: struct stat of libc */
struct _io_lseek {
    uint16_t type, combine_len;
    int16_t whence;
    uint16_t zero;
    uint64_t offset;
}; /* reply: uint64_t */
struct _io_devctl {
    uint16_t type, combine_len;
    int32_t dcmd;
    uint32_t nbytes;
    int32_t zero;
};
struct _io_devctl_reply {
    uint32_t zero;
    int32_t ret_val;
    uint32_t nbytes;
    int32_t zero2;
};
struct _io_chmod {
    uint16_t type, combine_len;
    uint32_t mode;
};
struct _io_chown {
    uint16_t type, combine_len;
    int32_t gid, uid;
};
struct _io_utime {
    uint16_t type, combine_len;
    int32_t cur_flag;
    int64_t atime_s, atime_ns, mtime_s, mtime_ns; /* ns may be UTIME_NOW / UTIME_OMIT */
};
struct _io_pathconf {
    uint16_t type, combine_len;
    int16_t name;
    uint16_t zero;
}; /* status = value */
struct _io_openfd {
    uint16_t type, combine_len;
    uint32_t ioflag;
    uint16_t sflag, xtype;
    struct _msg_info info;
    uint32_t reserved2, key;
};
struct _fdinfo {
    uint32_t mode, ioflag;
    uint64_t offset, size;
    uint32_t flags;
    uint16_t sflag, count, rcount, wcount, rlocks, wlocks;
    uint32_t zero[2];
};
struct _io_fdinfo {
    uint16_t type, combine_len;
    uint32_t flags;
    int32_t path_len;
    uint32_t reserved;
};
struct _io_fdinfo_reply {
    uint32_t zero[2];
    struct _fdinfo info;
}; /* then the absolute path; status = its length without NUL */
struct _io_lock {
    uint16_t type, combine_len;
    uint32_t subtype; /* F_GETLK, F_SETLK, F_SETLKW */
    int32_t nbytes;
    int32_t zero;
    int16_t l_type, l_whence;
    int32_t l_pid;
    int64_t l_start, l_len;
}; /* reply: the same structure */
struct _io_space {
    uint16_t type, combine_len;
    uint16_t subtype; /* F_ALLOCSP 1: set the size (ftruncate) to start; F_FREESP 2; fallocate 3 */
    int16_t whence;
    uint64_t start, len;
};
struct _io_shutdown {
    uint16_t type, combine_len;
    int32_t how;
};
struct _io_mmap {
    uint16_t type, combine_len;
    uint32_t prot;
    uint64_t offset;
    struct _msg_info info;
    uint32_t required_prot, zero2[5];
};
struct _io_mmap_reply {
    uint32_t zero, flags;
    uint64_t offset;
    int32_t coid, fd;
};
struct _io_msg {
    uint16_t type, combine_len;
    uint16_t mgrid, subtype;
};
struct _io_dup {
    uint16_t type, combine_len;
    uint32_t key;
    struct _msg_info info; /* pid, scoid, coid of the descriptor that is copied */
    uint32_t reserved[2];
};
struct _io_sync {
    uint16_t type, combine_len;
    uint32_t flag, reserved[2];
};
struct _io_notify {
    uint16_t type, combine_len;
    int32_t action;
    int32_t flags; /* _NOTIFY_COND_*; low bits count */
    int32_t zero;
    uint64_t event[4]; /* struct sigevent */
    int32_t mgr[2];
    int32_t flags_extra_mask, flags_exten, nfds, fd_first, nfds_ready;
    int32_t zero2;
    int64_t timo;
};
struct _io_notify_reply {
    uint32_t zero;
    int32_t flags; /* conditions that hold now */
    int32_t flags2, zero2;
};
