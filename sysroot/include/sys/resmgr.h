/* SPDX-License-Identifier: Apache-2.0 */
/* Resource managers: attaching a path, handler tables, contexts, OCB binding, message helpers.
 * RESMGR_OCB_T and RESMGR_HANDLE_T may be defined before the first include.
 * Documentation followed: Library Reference resmgr_attach(), resmgr_connect_funcs_t,
 * resmgr_io_funcs_t, resmgr_context_t, "Writing a Resource Manager". */
#pragma once
#include <limits.h>
#include <stdint.h>
#include <sys/cdefs.h>
#include <sys/ftype.h>
#include <sys/iomsg.h>
#include <sys/neutrino.h>

__BEGIN_DECLS

typedef struct _dispatch dispatch_t;

#ifndef RESMGR_OCB_T
#ifdef IOFUNC_OCB_T
#define RESMGR_OCB_T IOFUNC_OCB_T
#else
#define RESMGR_OCB_T struct _iofunc_ocb
#endif
#endif
#ifndef RESMGR_HANDLE_T
#ifdef IOFUNC_ATTR_T
#define RESMGR_HANDLE_T IOFUNC_ATTR_T
#else
#define RESMGR_HANDLE_T struct _iofunc_attr
#endif
#endif
struct _iofunc_ocb;
struct _iofunc_attr;

/* The message area of a context; larger messages go on behind it, up to msg_max_size. */
typedef union _resmgr_iomsgs {
    uint16_t type;
    struct _pulse pulse;
    io_connect_t connect;
    io_open_t open;
    io_unlink_t unlink;
    io_rename_t rename;
    io_mknod_t mknod;
    io_readlink_t readlink;
    io_link_t link;
    io_mount_t mount;
    io_read_t read;
    io_write_t write;
    io_close_t close;
    io_stat_t stat;
    io_notify_t notify;
    io_devctl_t devctl;
    io_pathconf_t pathconf;
    io_lseek_t lseek;
    io_chmod_t chmod;
    io_chown_t chown;
    io_utime_t utime;
    io_openfd_t openfd;
    io_fdinfo_t fdinfo;
    io_lock_t lock;
    io_space_t space;
    io_shutdown_t shutdown;
    io_mmap_t mmap;
    io_msg_t msg;
    io_dup_t dup;
    io_sync_t sync;
    io_power_t power;
} resmgr_iomsgs_t;

/* rcvid 0: a pulse; -1: dispatch_block() timed out.  Only iov is for handlers to write. */
typedef struct _resmgr_context {
    int rcvid;
    struct _msg_info info;
    resmgr_iomsgs_t *msg;
    dispatch_t *dpp;
    int id; /* link of resmgr_attach() or message_attach() */
    size_t msg_max_size;
    long status;   /* what MsgSend() of the client returns */
    size_t offset; /* of the part of a combine message that is being handled */
    size_t size;   /* valid bytes at msg */
    iov_t iov[1];  /* nparts_max of them */
} resmgr_context_t;
typedef resmgr_context_t message_context_t;

typedef struct _resmgr_connect_funcs {
    unsigned nfuncs;
    int (*open)(resmgr_context_t *, io_open_t *, RESMGR_HANDLE_T *, void *extra);
    int (*unlink)(resmgr_context_t *, io_unlink_t *, RESMGR_HANDLE_T *, void *reserved);
    int (*rename)(resmgr_context_t *, io_rename_t *, RESMGR_HANDLE_T *, io_rename_extra_t *);
    int (*mknod)(resmgr_context_t *, io_mknod_t *, RESMGR_HANDLE_T *, void *reserved);
    int (*readlink)(resmgr_context_t *, io_readlink_t *, RESMGR_HANDLE_T *, void *reserved);
    int (*link)(resmgr_context_t *, io_link_t *, RESMGR_HANDLE_T *, io_link_extra_t *);
    int (*unblock)(resmgr_context_t *, io_pulse_t *, RESMGR_HANDLE_T *, void *reserved);
    int (*mount)(resmgr_context_t *, io_mount_t *, RESMGR_HANDLE_T *, io_mount_extra_t *);
} resmgr_connect_funcs_t;
#define _RESMGR_CONNECT_NFUNCS 8

typedef struct _resmgr_io_funcs {
    unsigned nfuncs;
    int (*read)(resmgr_context_t *, io_read_t *, RESMGR_OCB_T *);
    int (*write)(resmgr_context_t *, io_write_t *, RESMGR_OCB_T *);
    int (*close_ocb)(resmgr_context_t *, void *reserved, RESMGR_OCB_T *);
    int (*stat)(resmgr_context_t *, io_stat_t *, RESMGR_OCB_T *);
    int (*notify)(resmgr_context_t *, io_notify_t *, RESMGR_OCB_T *);
    int (*devctl)(resmgr_context_t *, io_devctl_t *, RESMGR_OCB_T *);
    int (*unblock)(resmgr_context_t *, io_pulse_t *, RESMGR_OCB_T *);
    int (*pathconf)(resmgr_context_t *, io_pathconf_t *, RESMGR_OCB_T *);
    int (*lseek)(resmgr_context_t *, io_lseek_t *, RESMGR_OCB_T *);
    int (*chmod)(resmgr_context_t *, io_chmod_t *, RESMGR_OCB_T *);
    int (*chown)(resmgr_context_t *, io_chown_t *, RESMGR_OCB_T *);
    int (*utime)(resmgr_context_t *, io_utime_t *, RESMGR_OCB_T *);
    int (*openfd)(resmgr_context_t *, io_openfd_t *, RESMGR_OCB_T *);
    int (*fdinfo)(resmgr_context_t *, io_fdinfo_t *, RESMGR_OCB_T *);
    int (*lock)(resmgr_context_t *, io_lock_t *, RESMGR_OCB_T *);
    int (*space)(resmgr_context_t *, io_space_t *, RESMGR_OCB_T *);
    int (*shutdown)(resmgr_context_t *, io_shutdown_t *, RESMGR_OCB_T *);
    int (*mmap)(resmgr_context_t *, io_mmap_t *, RESMGR_OCB_T *);
    int (*msg)(resmgr_context_t *, io_msg_t *, RESMGR_OCB_T *);
    int (*reserved)(resmgr_context_t *, void *, RESMGR_OCB_T *);
    int (*dup)(resmgr_context_t *, io_dup_t *, RESMGR_OCB_T *);
    int (*close_dup)(resmgr_context_t *, io_close_t *, RESMGR_OCB_T *);
    int (*lock_ocb)(resmgr_context_t *, void *reserved, RESMGR_OCB_T *);
    int (*unlock_ocb)(resmgr_context_t *, void *reserved, RESMGR_OCB_T *);
    int (*sync)(resmgr_context_t *, io_sync_t *, RESMGR_OCB_T *);
    int (*power)(resmgr_context_t *, io_power_t *, RESMGR_OCB_T *);
} resmgr_io_funcs_t;
#define _RESMGR_IO_NFUNCS 26

typedef struct _resmgr_attr {
    unsigned flags; /* RESMGR_FLAG_* */
    unsigned nparts_max;
    size_t msg_max_size;
    int (*other_func)(resmgr_context_t *, void *msg);
    unsigned reserved[4];
} resmgr_attr_t;
#define RESMGR_FLAG_ATTACH_LOCAL     0x0001 /* handler tables only: no path is registered */
#define RESMGR_FLAG_ATTACH_OTHERFUNC 0x0002 /* other_func gets messages nothing else handles */
#define RESMGR_FLAG_CROSS_ENDIAN     0x0004
#define RESMGR_FLAG_NO_DEVNO         0x0008
#define RESMGR_FLAG_RCM              0x0010

/* resmgr_attach() */
#define _RESMGR_FLAG_BEFORE    0x0001
#define _RESMGR_FLAG_AFTER     0x0002
#define _RESMGR_FLAG_DIR       0x0004 /* names below the path are this manager's too */
#define _RESMGR_FLAG_OPAQUE    0x0008 /* shorter prefixes are not tried */
#define _RESMGR_FLAG_SELF      0x0010 /* this process's own opens may resolve to it */
#define _RESMGR_FLAG_FTYPEONLY 0x0020
#define _RESMGR_FLAG_FTYPEALL  0x0040

/* resmgr_detach() */
#define _RESMGR_DETACH_ALL      0x0000 /* the path and every open descriptor */
#define _RESMGR_DETACH_PATHNAME 0x0001 /* the path only */
#define _RESMGR_DETACH_CLOSE    0x0002

/* What a handler returns. */
#define _RESMGR_NOREPLY                (INT_MIN)
#define _RESMGR_DEFAULT                (INT_MIN + 1)
#define _RESMGR_ERRNO(e)               (e)
#define _RESMGR_NPARTS(n)              (-(n))
#define _RESMGR_PTR(ctp, addr, len)    (SETIOV((ctp)->iov, (addr), (len)), _RESMGR_NPARTS(1))
#define _RESMGR_STATUS(ctp, s)         ((void)((ctp)->status = (long)(s)))
#define _IO_SET_READ_NBYTES(ctp, n)    _RESMGR_STATUS(ctp, n)
#define _IO_SET_WRITE_NBYTES(ctp, n)   _RESMGR_STATUS(ctp, n)
#define _IO_SET_CONNECT_RET(ctp, ret)  _RESMGR_STATUS(ctp, ret)
#define _IO_SET_PATHCONF_VALUE(ctp, v) _RESMGR_STATUS(ctp, v)
#define _IO_SET_FDINFO_LEN(ctp, n)     _RESMGR_STATUS(ctp, n)

/* Registers path (NULL: only makes sure of the channel) for this process: link id or -1 (errno).
 * The tables and handle are kept by reference. */
int resmgr_attach(dispatch_t *dpp, resmgr_attr_t *attr, const char *path, unsigned file_type,
                  unsigned flags, const resmgr_connect_funcs_t *connect_funcs,
                  const resmgr_io_funcs_t *io_funcs, RESMGR_HANDLE_T *handle);
int resmgr_detach(dispatch_t *dpp, int id, unsigned flags);
/* The absolute path of a link: its length with NUL, or -1. */
ssize_t resmgr_pathname(int id, unsigned flags, char *path, size_t maxbuf);
int resmgr_devino(int id, dev_t *devno, ino_t *inode);

resmgr_context_t *resmgr_context_alloc(dispatch_t *dpp);
void resmgr_context_free(resmgr_context_t *ctp);
resmgr_context_t *resmgr_block(resmgr_context_t *ctp);
int resmgr_handler(resmgr_context_t *ctp);
void resmgr_unblock(resmgr_context_t *ctp);

/* Ties ocb to the descriptor the connect message in ctp opens: EOK or -1 (errno). */
int resmgr_open_bind(resmgr_context_t *ctp, void *ocb, const resmgr_io_funcs_t *io_funcs);
/* Undoes resmgr_open_bind() for the descriptor in ctp->info without calling close_ocb: EOK or -1.
 */
int resmgr_unbind(resmgr_context_t *ctp);
void *resmgr_ocb(resmgr_context_t *ctp);
void *_resmgr_ocb(int rcvid, const struct _msg_info *info);

/* As MsgRead() and so on, with offsets relative to the part of the message that is being handled.
 */
ssize_t resmgr_msgread(resmgr_context_t *ctp, void *msg, size_t nbytes, size_t offset);
ssize_t resmgr_msgreadv(resmgr_context_t *ctp, const iov_t *rmsg, size_t rparts, size_t offset);
ssize_t resmgr_msgwrite(resmgr_context_t *ctp, const void *msg, size_t nbytes, size_t offset);
ssize_t resmgr_msgwritev(resmgr_context_t *ctp, const iov_t *smsg, size_t sparts, size_t offset);
/* Like resmgr_msgread(), but takes what is in the context already and reads only the rest. */
ssize_t resmgr_msgget(resmgr_context_t *ctp, void *msg, size_t nbytes, size_t offset);
ssize_t resmgr_msggetv(resmgr_context_t *ctp, const iov_t *rmsg, size_t rparts, size_t offset);
int resmgr_msgreply(resmgr_context_t *ctp, const void *msg, size_t nbytes);
int resmgr_msgreplyv(resmgr_context_t *ctp, const iov_t *smsg, size_t sparts);
/* Handles the message of a client that was left waiting once more. */
int resmgr_msg_again(resmgr_context_t *ctp, int rcvid);

__END_DECLS
