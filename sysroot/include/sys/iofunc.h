/* SPDX-License-Identifier: Apache-2.0 */
/* POSIX-layer helpers of resource managers: OCB, attribute and mount structures, default handlers.
 * Define IOFUNC_OCB_T, IOFUNC_ATTR_T, IOFUNC_MOUNT_T before the first include to extend the
 * structures (the standard one must come first in yours).  Handlers return what resmgr handlers
 * return. Documentation followed: Library Reference iofunc_*(), "Writing a Resource Manager". */
#pragma once

#ifndef IOFUNC_OCB_T
#define IOFUNC_OCB_T struct _iofunc_ocb
#endif
#ifndef IOFUNC_ATTR_T
#define IOFUNC_ATTR_T struct _iofunc_attr
#endif
#ifndef IOFUNC_MOUNT_T
#define IOFUNC_MOUNT_T struct _iofunc_mount
#endif
#ifndef RESMGR_OCB_T
#define RESMGR_OCB_T IOFUNC_OCB_T
#endif
#ifndef RESMGR_HANDLE_T
#define RESMGR_HANDLE_T IOFUNC_ATTR_T
#endif

#include <pthread.h>
#include <stdint.h>
#include <sys/cdefs.h>
#include <sys/resmgr.h>
#include <sys/stat.h>
#include <sys/types.h>

__BEGIN_DECLS

typedef struct _iofunc_funcs {
    unsigned nfuncs; /* _IOFUNC_NFUNCS */
    IOFUNC_OCB_T *(*ocb_calloc)(resmgr_context_t *ctp, IOFUNC_ATTR_T *attr);
    void (*ocb_free)(IOFUNC_OCB_T *ocb);
} iofunc_funcs_t;
#define _IOFUNC_NFUNCS 2

typedef struct _iofunc_mount {
    uint32_t flags; /* IOFUNC_MOUNT_* */
    uint32_t conf;  /* IOFUNC_PC_* */
    dev_t dev;
    int32_t blocksize;
    iofunc_funcs_t *funcs;
    uint32_t reserved[4];
} iofunc_mount_t;
#define IOFUNC_MOUNT_32BIT         0x0001
#define IOFUNC_MOUNT_FLAGS_PRIVATE 0xff00
#define IOFUNC_PC_CHOWN_RESTRICTED 0x0001
#define IOFUNC_PC_NO_TRUNC         0x0002
#define IOFUNC_PC_SYNC_IO          0x0004
#define IOFUNC_PC_LINK_DIR         0x0008
#define IOFUNC_PC_ACL              0x0010

struct _iofunc_mmap_list;
struct _iofunc_lock_list;

typedef struct _iofunc_attr {
    IOFUNC_MOUNT_T *mount;
    uint32_t flags;      /* IOFUNC_ATTR_* */
    int32_t lock_tid;    /* holder of the attribute lock */
    uint16_t lock_count; /* how often it holds it */
    uint16_t count;      /* OCBs */
    uint16_t rcount, wcount;
    uint16_t rlocks, wlocks;
    struct _iofunc_mmap_list *mmap_list;
    struct _iofunc_lock_list *lock_list;
    void *list;
    uint32_t list_size;
    uint32_t reserved;
    off_t nbytes;
    ino_t inode;
    uid_t uid;
    gid_t gid;
    time_t mtime, atime, ctime;
    mode_t mode;
    nlink_t nlink;
    dev_t rdev;
    uint32_t mtime_ns, atime_ns, ctime_ns;
    pthread_mutex_t lock;
} iofunc_attr_t;
#define IOFUNC_ATTR_ATIME       0x0001 /* the time is due for an update */
#define IOFUNC_ATTR_MTIME       0x0002
#define IOFUNC_ATTR_CTIME       0x0004
#define IOFUNC_ATTR_DIRTY_TIME  0x0010
#define IOFUNC_ATTR_DIRTY_MODE  0x0020
#define IOFUNC_ATTR_DIRTY_OWNER 0x0040
#define IOFUNC_ATTR_DIRTY_RDEV  0x0080
#define IOFUNC_ATTR_DIRTY_SIZE  0x0100
#define IOFUNC_ATTR_DIRTY_NLINK 0x0200
#define IOFUNC_ATTR_PRIVATE     0xffff0000U

typedef struct _iofunc_ocb {
    IOFUNC_ATTR_T *attr;
    int32_t ioflag; /* _IO_FLAG_RD, _IO_FLAG_WR and O_* */
    off_t offset;
    uint16_t sflag;
    uint16_t flags; /* IOFUNC_OCB_* */
    void *reserved;
} iofunc_ocb_t;
#define IOFUNC_OCB_PRIVILEGED    0x0001
#define IOFUNC_OCB_MMAP          0x0002
#define IOFUNC_OCB_MMAP_UNIQUE   0x0004
#define IOFUNC_OCB_FLAGS_PRIVATE 0xf000

/* Structures. */
void iofunc_func_init(unsigned nconnect, resmgr_connect_funcs_t *connect, unsigned nio,
                      resmgr_io_funcs_t *io);
/* Fills attr from mode and from dattr (may be NULL); the owner is info's or else the process's. */
void iofunc_attr_init(iofunc_attr_t *attr, mode_t mode, iofunc_attr_t *dattr,
                      struct _client_info *info);
int iofunc_attr_lock(iofunc_attr_t *attr); /* recursive; EOK or an errno value */
int iofunc_attr_unlock(iofunc_attr_t *attr);
int iofunc_attr_trylock(iofunc_attr_t *attr);
int iofunc_mount_init(iofunc_mount_t *mount, size_t size);
IOFUNC_OCB_T *iofunc_ocb_calloc(resmgr_context_t *ctp, IOFUNC_ATTR_T *attr);
void iofunc_ocb_free(IOFUNC_OCB_T *ocb);
int iofunc_ocb_attach(resmgr_context_t *ctp, io_open_t *msg, IOFUNC_OCB_T *ocb, IOFUNC_ATTR_T *attr,
                      const resmgr_io_funcs_t *io_funcs);
int iofunc_ocb_detach(resmgr_context_t *ctp, IOFUNC_OCB_T *ocb);
int iofunc_time_update(IOFUNC_ATTR_T *attr);

/* Clients. */
int iofunc_client_info(resmgr_context_t *ctp, int ioflag, struct _client_info *info);
int iofunc_client_info_ext(resmgr_context_t *ctp, int ioflag, struct _client_info **info);
int iofunc_client_info_ext_free(struct _client_info **info);
int iofunc_client_info_able(resmgr_context_t *ctp, int ioflag, struct _client_info **info,
                            int flags, struct _client_able *abilities, int nable);
int iofunc_check_access(resmgr_context_t *ctp, const IOFUNC_ATTR_T *attr, mode_t checkmode,
                        const struct _client_info *info);

/* Connect messages. */
int iofunc_open(resmgr_context_t *ctp, io_open_t *msg, IOFUNC_ATTR_T *attr, IOFUNC_ATTR_T *dattr,
                struct _client_info *info);
int iofunc_open_default(resmgr_context_t *ctp, io_open_t *msg, IOFUNC_ATTR_T *attr, void *extra);
int iofunc_link(resmgr_context_t *ctp, io_link_t *msg, IOFUNC_ATTR_T *attr, IOFUNC_ATTR_T *dattr,
                struct _client_info *info);
int iofunc_unlink(resmgr_context_t *ctp, io_unlink_t *msg, IOFUNC_ATTR_T *attr,
                  IOFUNC_ATTR_T *dattr, struct _client_info *info);
int iofunc_mknod(resmgr_context_t *ctp, io_mknod_t *msg, IOFUNC_ATTR_T *attr, IOFUNC_ATTR_T *dattr,
                 struct _client_info *info);
int iofunc_readlink(resmgr_context_t *ctp, io_readlink_t *msg, IOFUNC_ATTR_T *attr,
                    struct _client_info *info);
int iofunc_rename(resmgr_context_t *ctp, io_rename_t *msg, IOFUNC_ATTR_T *oldattr,
                  IOFUNC_ATTR_T *olddattr, IOFUNC_ATTR_T *newattr, IOFUNC_ATTR_T *newdattr,
                  struct _client_info *info);

/* I/O messages: helpers. */
int iofunc_read_verify(resmgr_context_t *ctp, io_read_t *msg, IOFUNC_OCB_T *ocb, int *nonblock);
int iofunc_write_verify(resmgr_context_t *ctp, io_write_t *msg, IOFUNC_OCB_T *ocb, int *nonblock);
int iofunc_sync_verify(resmgr_context_t *ctp, io_sync_t *msg, IOFUNC_OCB_T *ocb);
int iofunc_space_verify(resmgr_context_t *ctp, io_space_t *msg, IOFUNC_OCB_T *ocb, int *nonblock);
#define _IOFUNC_DEVCTL_VERIFY_PRIV      0x0001 /* only privileged clients */
#define _IOFUNC_DEVCTL_VERIFY_LEN       0x0002 /* nbytes must be what the command says */
#define _IOFUNC_DEVCTL_VERIFY_MSG_LEN   0x0004 /* the data must be there */
#define _IOFUNC_DEVCTL_VERIFY_OCB_READ  0x0008
#define _IOFUNC_DEVCTL_VERIFY_OCB_WRITE 0x0010
int iofunc_devctl_verify(resmgr_context_t *ctp, io_devctl_t *msg, IOFUNC_OCB_T *ocb,
                         unsigned flags);
int iofunc_stat(resmgr_context_t *ctp, IOFUNC_ATTR_T *attr, struct stat *stat);
int iofunc_devctl(resmgr_context_t *ctp, io_devctl_t *msg, IOFUNC_OCB_T *ocb, IOFUNC_ATTR_T *attr);
int iofunc_lseek(resmgr_context_t *ctp, io_lseek_t *msg, IOFUNC_OCB_T *ocb, IOFUNC_ATTR_T *attr);
int iofunc_chmod(resmgr_context_t *ctp, io_chmod_t *msg, IOFUNC_OCB_T *ocb, IOFUNC_ATTR_T *attr);
int iofunc_chown(resmgr_context_t *ctp, io_chown_t *msg, IOFUNC_OCB_T *ocb, IOFUNC_ATTR_T *attr);
int iofunc_utime(resmgr_context_t *ctp, io_utime_t *msg, IOFUNC_OCB_T *ocb, IOFUNC_ATTR_T *attr);
int iofunc_pathconf(resmgr_context_t *ctp, io_pathconf_t *msg, IOFUNC_OCB_T *ocb,
                    IOFUNC_ATTR_T *attr);
int iofunc_openfd(resmgr_context_t *ctp, io_openfd_t *msg, IOFUNC_OCB_T *ocb, IOFUNC_ATTR_T *attr);
int iofunc_fdinfo(resmgr_context_t *ctp, IOFUNC_OCB_T *ocb, IOFUNC_ATTR_T *attr,
                  struct _fdinfo *info);
int iofunc_lock(resmgr_context_t *ctp, io_lock_t *msg, IOFUNC_OCB_T *ocb, IOFUNC_ATTR_T *attr);
int iofunc_mmap(resmgr_context_t *ctp, io_mmap_t *msg, IOFUNC_OCB_T *ocb, IOFUNC_ATTR_T *attr);
int iofunc_sync(resmgr_context_t *ctp, io_sync_t *msg, IOFUNC_OCB_T *ocb);
int iofunc_close_dup(resmgr_context_t *ctp, io_close_t *msg, IOFUNC_OCB_T *ocb,
                     IOFUNC_ATTR_T *attr);
int iofunc_close_ocb(resmgr_context_t *ctp, IOFUNC_OCB_T *ocb, IOFUNC_ATTR_T *attr);
int iofunc_unblock(resmgr_context_t *ctp, iofunc_attr_t *attr);

/* I/O messages: default handlers. */
int iofunc_read_default(resmgr_context_t *ctp, io_read_t *msg, IOFUNC_OCB_T *ocb);
int iofunc_write_default(resmgr_context_t *ctp, io_write_t *msg, IOFUNC_OCB_T *ocb);
int iofunc_close_ocb_default(resmgr_context_t *ctp, void *reserved, IOFUNC_OCB_T *ocb);
int iofunc_close_dup_default(resmgr_context_t *ctp, io_close_t *msg, IOFUNC_OCB_T *ocb);
int iofunc_stat_default(resmgr_context_t *ctp, io_stat_t *msg, IOFUNC_OCB_T *ocb);
int iofunc_devctl_default(resmgr_context_t *ctp, io_devctl_t *msg, IOFUNC_OCB_T *ocb);
int iofunc_unblock_default(resmgr_context_t *ctp, io_pulse_t *msg, IOFUNC_OCB_T *ocb);
int iofunc_pathconf_default(resmgr_context_t *ctp, io_pathconf_t *msg, IOFUNC_OCB_T *ocb);
int iofunc_lseek_default(resmgr_context_t *ctp, io_lseek_t *msg, IOFUNC_OCB_T *ocb);
int iofunc_chmod_default(resmgr_context_t *ctp, io_chmod_t *msg, IOFUNC_OCB_T *ocb);
int iofunc_chown_default(resmgr_context_t *ctp, io_chown_t *msg, IOFUNC_OCB_T *ocb);
int iofunc_utime_default(resmgr_context_t *ctp, io_utime_t *msg, IOFUNC_OCB_T *ocb);
int iofunc_openfd_default(resmgr_context_t *ctp, io_openfd_t *msg, IOFUNC_OCB_T *ocb);
int iofunc_fdinfo_default(resmgr_context_t *ctp, io_fdinfo_t *msg, IOFUNC_OCB_T *ocb);
int iofunc_lock_default(resmgr_context_t *ctp, io_lock_t *msg, IOFUNC_OCB_T *ocb);
int iofunc_mmap_default(resmgr_context_t *ctp, io_mmap_t *msg, IOFUNC_OCB_T *ocb);
int iofunc_sync_default(resmgr_context_t *ctp, io_sync_t *msg, IOFUNC_OCB_T *ocb);
int iofunc_lock_ocb_default(resmgr_context_t *ctp, void *reserved, IOFUNC_OCB_T *ocb);
int iofunc_unlock_ocb_default(resmgr_context_t *ctp, void *reserved, IOFUNC_OCB_T *ocb);

/* Notification: one array of three per device, indexed by IOFUNC_NOTIFY_*. */
struct _iofunc_notify_event;
typedef struct _iofunc_notify {
    int cnt; /* a waiter is armed for at least this many: INT_MAX when nobody is */
    struct _iofunc_notify_event *list;
} iofunc_notify_t;
#define IOFUNC_NOTIFY_INPUT  0
#define IOFUNC_NOTIFY_OUTPUT 1
#define IOFUNC_NOTIFY_OBAND  2
#define IOFUNC_NOTIFY_EXTEN  3
/* clang-format off */
#define IOFUNC_NOTIFY_INIT(nop) \
    ((void)((nop)[0].cnt = (nop)[1].cnt = (nop)[2].cnt = INT_MAX, \
            (nop)[0].list = (nop)[1].list = (nop)[2].list = 0))
/* clang-format on */
#define __IOFUNC_NOTIFY_CHECK(nop, count, index) ((count) >= (nop)[index].cnt)
#define IOFUNC_NOTIFY_INPUT_CHECK(nop, count, trig)                                                \
    (__IOFUNC_NOTIFY_CHECK(nop, count, IOFUNC_NOTIFY_INPUT) || (trig))
#define IOFUNC_NOTIFY_OUTPUT_CHECK(nop, count, trig)                                               \
    (__IOFUNC_NOTIFY_CHECK(nop, count, IOFUNC_NOTIFY_OUTPUT) || (trig))
#define IOFUNC_NOTIFY_OBAND_CHECK(nop, count, trig)                                                \
    (__IOFUNC_NOTIFY_CHECK(nop, count, IOFUNC_NOTIFY_OBAND) || (trig))
#define IOFUNC_NOTIFY_DISARM(nop) IOFUNC_NOTIFY_INIT(nop)
/* trig: _NOTIFY_COND_* that hold now; notifycounts: three counts, NULL for 1 each. */
int iofunc_notify(resmgr_context_t *ctp, io_notify_t *msg, iofunc_notify_t *nop, int trig,
                  const int *notifycounts, int *armed);
void iofunc_notify_trigger(iofunc_notify_t *nop, int count, int index);
void iofunc_notify_trigger_strict(resmgr_context_t *ctp, iofunc_notify_t *nop, int count,
                                  int index);
void iofunc_notify_remove(resmgr_context_t *ctp, iofunc_notify_t *nop);
void iofunc_notify_remove_strict(resmgr_context_t *ctp, iofunc_notify_t *nop);

__END_DECLS
