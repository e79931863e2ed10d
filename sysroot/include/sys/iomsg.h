/* SPDX-License-Identifier: Apache-2.0 */
/* I/O messages as a resource manager sees them: one union per message, i the request, o the reply.
 * Documentation followed: Writing a Resource Manager; Library Reference _io_connect,
 * resmgr_io_funcs_t. */
#pragma once
#include <abi/iomsg.h>
#include <devctl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/cdefs.h>
#include <sys/ftype.h>
#include <sys/neutrino.h>
#include <sys/stat.h>
#include <sys/types.h>

__BEGIN_DECLS

/* Data behind a devctl header: _DEVCTL_DATA(msg->i), _DEVCTL_DATA(msg->o). */
#define _DEVCTL_DATA(msg)         ((void *)(sizeof(msg) + (char *)&(msg)))
#define _IO_READ_GET_NBYTES(msg)  ((size_t)(msg)->i.nbytes)
#define _IO_WRITE_GET_NBYTES(msg) ((size_t)(msg)->i.nbytes)

struct _io_power {
    uint16_t type, combine_len;
    uint32_t mode, reserved[2];
};

/* struct _io_notify of the ABI, with its event under the type that handlers expect. */
struct _io_notify_event {
    uint16_t type, combine_len;
    int32_t action;
    int32_t flags;
    int32_t zero;
    struct sigevent event;
    int32_t mgr[2];
    int32_t flags_extra_mask, flags_exten, nfds, fd_first, nfds_ready;
    int32_t zero2;
    int64_t timo;
};
#ifdef __cplusplus
static_assert(sizeof(struct _io_notify_event) == sizeof(struct _io_notify), "message layout");
#else
_Static_assert(sizeof(struct _io_notify_event) == sizeof(struct _io_notify), "message layout");
#endif

typedef union {
    uint16_t type;
    struct _io_connect connect;
    struct _io_connect_link_reply link_reply;
    struct _io_connect_ftype_reply ftype_reply;
} io_connect_t;
typedef io_connect_t io_open_t, io_unlink_t, io_rename_t, io_mknod_t, io_readlink_t, io_link_t,
    io_mount_t;

typedef union {
    char path[1]; /* the old name, relative to the manager, NUL-terminated */
} io_rename_extra_t;
typedef union {
    struct _msg_info info;
    char path[1]; /* the existing name, relative to the manager, NUL-terminated */
} io_link_extra_t;
/* Mount data: options and special device are NUL-terminated strings one behind the other. */
typedef struct {
    uint32_t flags;
    uint32_t nbytes, datalen;
    uint32_t zero;
    char type[32];
    char data[1];
} io_mount_extra_t;

typedef union {
    struct _io_read i;
} io_read_t;
typedef union {
    struct _io_write i;
} io_write_t;
typedef union {
    struct _io_close i;
} io_close_t;
typedef union {
    struct _io_stat i;
    struct stat o;
} io_stat_t;
typedef union {
    struct _io_notify_event i;
    struct _io_notify_reply o;
} io_notify_t;
typedef union {
    struct _io_devctl i;
    struct _io_devctl_reply o;
} io_devctl_t;
typedef union {
    struct _io_pathconf i;
} io_pathconf_t;
typedef union {
    struct _io_lseek i;
    uint64_t o;
} io_lseek_t;
typedef union {
    struct _io_chmod i;
} io_chmod_t;
typedef union {
    struct _io_chown i;
} io_chown_t;
typedef union {
    struct _io_utime i;
} io_utime_t;
typedef union {
    struct _io_openfd i;
} io_openfd_t;
typedef union {
    struct _io_fdinfo i;
    struct _io_fdinfo_reply o;
} io_fdinfo_t;
typedef union {
    struct _io_lock i;
    struct _io_lock o;
} io_lock_t;
typedef union {
    struct _io_space i;
    uint64_t o;
} io_space_t;
typedef union {
    struct _io_shutdown i;
} io_shutdown_t;
typedef union {
    struct _io_mmap i;
    struct _io_mmap_reply o;
} io_mmap_t;
typedef union {
    struct _io_msg i;
} io_msg_t;
typedef union {
    struct _io_dup i;
} io_dup_t;
typedef union {
    struct _io_sync i;
} io_sync_t;
typedef union {
    struct _io_power i;
} io_power_t;
typedef union {
    struct _pulse i;
} io_pulse_t;

/* Arms or queries the conditions of a descriptor: the conditions that hold now, 0 when armed, -1
 * errno. */
int ionotify(int fd, int action, int flags, const struct sigevent *event);
/* What the server of (pid, fd) knows of the descriptor; path may be NULL; its length, -1 errno. */
int iofdinfo(int fd, unsigned flags, struct _fdinfo *info, char *path, int maxlen);

__END_DECLS
