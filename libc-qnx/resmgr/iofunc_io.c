/* SPDX-License-Identifier: Apache-2.0 */
/* I/O messages, part one: read and write checks, seeking, devctl, descriptor information, mmap,
 * sync. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/dcmd_all.h>
#include <unistd.h>
#include "resmgr_impl.h"

static void set_nonblock(int *nonblock, uint32_t xtype, const iofunc_ocb_t *ocb)
{
    if (nonblock != NULL)
        *nonblock = !(xtype & _IO_XFLAG_BLOCK) &&
                            ((xtype & _IO_XFLAG_NONBLOCK) || (ocb->ioflag & O_NONBLOCK))
                        ? 1
                        : 0;
}

int iofunc_read_verify(resmgr_context_t *ctp, io_read_t *msg, iofunc_ocb_t *ocb, int *nonblock)
{
    (void)ctp;
    if (!(ocb->ioflag & _IO_FLAG_RD))
        return EBADF;
    set_nonblock(nonblock, msg->i.xtype, ocb);
    return EOK;
}

int iofunc_write_verify(resmgr_context_t *ctp, io_write_t *msg, iofunc_ocb_t *ocb, int *nonblock)
{
    (void)ctp;
    if (!(ocb->ioflag & _IO_FLAG_WR))
        return EBADF;
    set_nonblock(nonblock, msg->i.xtype, ocb);
    return EOK;
}

/* Plain and positioned transfers are what the null device can do nothing with just as well. */
static bool known_xtype(uint32_t xtype)
{
    return (xtype & _IO_XTYPE_MASK) == _IO_XTYPE_NONE ||
           (xtype & _IO_XTYPE_MASK) == _IO_XTYPE_OFFSET;
}

int iofunc_read_default(resmgr_context_t *ctp, io_read_t *msg, iofunc_ocb_t *ocb)
{
    int rc = iofunc_read_verify(ctp, msg, ocb, NULL);

    if (rc != EOK)
        return rc;
    if (!known_xtype(msg->i.xtype))
        return ENOSYS;
    ocb->attr->flags |= IOFUNC_ATTR_ATIME;
    _IO_SET_READ_NBYTES(ctp, 0);
    return EOK;
}

int iofunc_write_default(resmgr_context_t *ctp, io_write_t *msg, iofunc_ocb_t *ocb)
{
    int rc = iofunc_write_verify(ctp, msg, ocb, NULL);

    if (rc != EOK)
        return rc;
    if (!known_xtype(msg->i.xtype))
        return ENOSYS;
    if (msg->i.nbytes > 0)
        ocb->attr->flags |= IOFUNC_ATTR_MTIME | IOFUNC_ATTR_CTIME;
    _IO_SET_WRITE_NBYTES(ctp, msg->i.nbytes);
    return EOK;
}

bool __iofunc_base(const iofunc_ocb_t *ocb, const iofunc_attr_t *attr, int whence, int64_t *base)
{
    switch (whence) {
    case SEEK_SET:
        *base = 0;
        return true;
    case SEEK_CUR:
        *base = ocb->offset;
        return true;
    case SEEK_END:
        *base = attr->nbytes;
        return true;
    default:
        return false;
    }
}

int iofunc_lseek(resmgr_context_t *ctp, io_lseek_t *msg, iofunc_ocb_t *ocb, iofunc_attr_t *attr)
{
    int64_t base, offset = (int64_t)msg->i.offset, to;

    (void)ctp;
    if (S_ISFIFO(attr->mode) || S_ISSOCK(attr->mode))
        return ESPIPE;
    if (!__iofunc_base(ocb, attr, msg->i.whence, &base))
        return EINVAL;
    if (__builtin_add_overflow(base, offset, &to))
        return EOVERFLOW;
    if (to < 0)
        return EINVAL;
    ocb->offset = to;
    return EOK;
}

int iofunc_lseek_default(resmgr_context_t *ctp, io_lseek_t *msg, iofunc_ocb_t *ocb)
{
    int rc = iofunc_lseek(ctp, msg, ocb, ocb->attr);

    if (rc != EOK)
        return rc;
    msg->o = (uint64_t)ocb->offset;
    return _RESMGR_PTR(ctp, &msg->o, sizeof(msg->o));
}

/* ------------------------------------------------------------------ devctl */

#define SETTABLE (O_APPEND | O_NONBLOCK | O_DSYNC | O_SYNC)

static int devctl_reply(resmgr_context_t *ctp, io_devctl_t *msg, int64_t value, size_t size)
{
    memset(&msg->o, 0, sizeof(msg->o));
    msg->o.nbytes = (uint32_t)size;
    memcpy(_DEVCTL_DATA(msg->o), &value, size);
    return _RESMGR_PTR(ctp, &msg->o, sizeof(msg->o) + size);
}

int iofunc_devctl(resmgr_context_t *ctp, io_devctl_t *msg, iofunc_ocb_t *ocb, iofunc_attr_t *attr)
{
    uint32_t flags = (uint32_t)ocb->ioflag;
    int arg = 0;

    if (get_device_direction(msg->i.dcmd) & _POSIX_DEVDIR_TO) {
        if (msg->i.nbytes < sizeof(arg))
            return (msg->i.dcmd >> 8 & 0xff) == _DCMD_ALL ? EINVAL : _RESMGR_DEFAULT;
        memcpy(&arg, _DEVCTL_DATA(msg->i), sizeof(arg));
    }
    switch (msg->i.dcmd) {
    case DCMD_ALL_GETFLAGS: /* as fcntl(F_GETFL) spells them */
        return devctl_reply(ctp, msg,
                            (int64_t)((flags & ~(uint32_t)_IO_FLAG_MASK) |
                                      (flags & _IO_FLAG_MASK ? (flags & _IO_FLAG_MASK) - 1 : 0)),
                            sizeof(int));
    case DCMD_ALL_SETFLAGS:
        ocb->ioflag = (int32_t)((flags & ~(uint32_t)SETTABLE) | ((uint32_t)arg & SETTABLE));
        return EOK;
    case DCMD_ALL_GETMOUNTFLAGS:
        return devctl_reply(
            ctp, msg, attr->mount != NULL ? (int64_t)(attr->mount->flags & 0xff) : 0, sizeof(int));
    case DCMD_ALL_GETOWN:
    case DCMD_ALL_SETOWN:
        return ENOTSUP; /* nothing here raises SIGIO or SIGURG */
    default:
        return _RESMGR_DEFAULT;
    }
}

int iofunc_devctl_default(resmgr_context_t *ctp, io_devctl_t *msg, iofunc_ocb_t *ocb)
{
    return iofunc_devctl(ctp, msg, ocb, ocb->attr);
}

int iofunc_devctl_verify(resmgr_context_t *ctp, io_devctl_t *msg, iofunc_ocb_t *ocb, unsigned flags)
{
    size_t size = (unsigned)msg->i.dcmd >> 16 & 0x3fff;
    struct _client_info info;

    if (flags & _IOFUNC_DEVCTL_VERIFY_PRIV) {
        int rc = iofunc_client_info(ctp, 0, &info);

        if (rc != EOK || info.cred.euid != 0)
            return rc != EOK ? rc : EPERM;
    }
    if ((flags & _IOFUNC_DEVCTL_VERIFY_LEN) && msg->i.nbytes < size)
        return EINVAL;
    if ((flags & _IOFUNC_DEVCTL_VERIFY_MSG_LEN) &&
        (get_device_direction(msg->i.dcmd) & _POSIX_DEVDIR_TO) &&
        (ctp->size < ctp->offset + sizeof(msg->i) ||
         ctp->size - ctp->offset - sizeof(msg->i) < msg->i.nbytes))
        return EINVAL;
    if ((flags & _IOFUNC_DEVCTL_VERIFY_OCB_READ) && !(ocb->ioflag & _IO_FLAG_RD))
        return EBADF;
    if ((flags & _IOFUNC_DEVCTL_VERIFY_OCB_WRITE) && !(ocb->ioflag & _IO_FLAG_WR))
        return EBADF;
    return EOK;
}

/* ------------------------------------------------------------------ descriptors */

int iofunc_pathconf(resmgr_context_t *ctp, io_pathconf_t *msg, iofunc_ocb_t *ocb,
                    iofunc_attr_t *attr)
{
    uint32_t conf = attr->mount != NULL ? attr->mount->conf : 0;
    long value;

    (void)ocb;
    switch (msg->i.name) {
    case _PC_LINK_MAX:
        value = 127;
        break;
    case _PC_MAX_CANON:
    case _PC_MAX_INPUT:
        value = 255;
        break;
    case _PC_NAME_MAX:
        value = 255;
        break;
    case _PC_PATH_MAX:
        value = 1024;
        break;
    case _PC_PIPE_BUF:
        value = 4096;
        break;
    case _PC_CHOWN_RESTRICTED:
        value = (conf & IOFUNC_PC_CHOWN_RESTRICTED) != 0;
        break;
    case _PC_NO_TRUNC:
        value = (conf & IOFUNC_PC_NO_TRUNC) != 0;
        break;
    case _PC_SYNC_IO:
        value = (conf & IOFUNC_PC_SYNC_IO) != 0;
        break;
    case _PC_VDISABLE:
        value = 0;
        break;
    default:
        return EINVAL;
    }
    _IO_SET_PATHCONF_VALUE(ctp, value);
    return EOK;
}

int iofunc_pathconf_default(resmgr_context_t *ctp, io_pathconf_t *msg, iofunc_ocb_t *ocb)
{
    return iofunc_pathconf(ctp, msg, ocb, ocb->attr);
}

/* A second open of what a descriptor stands for; ioflag is the new one's. */
int iofunc_openfd(resmgr_context_t *ctp, io_openfd_t *msg, iofunc_ocb_t *ocb, iofunc_attr_t *attr)
{
    struct _client_info info;
    mode_t want =
        (msg->i.ioflag & _IO_FLAG_RD ? S_IRUSR : 0U) | (msg->i.ioflag & _IO_FLAG_WR ? S_IWUSR : 0U);
    int rc = iofunc_client_info(ctp, 0, &info);

    (void)ocb;
    if (rc != EOK)
        return rc;
    if (S_ISDIR(attr->mode) && (want & S_IWUSR))
        return EISDIR;
    return iofunc_check_access(ctp, attr, want, &info);
}

int iofunc_openfd_default(resmgr_context_t *ctp, io_openfd_t *msg, iofunc_ocb_t *ocb)
{
    iofunc_attr_t *attr = ocb->attr;
    iofunc_ocb_t *fresh;
    int rc = iofunc_openfd(ctp, msg, ocb, attr);

    if (rc != EOK)
        return rc;
    fresh = __iofunc_ocb_alloc(ctp, attr);
    if (fresh == NULL)
        return ENOMEM;
    fresh->attr = attr;
    fresh->ioflag = (int32_t)msg->i.ioflag;
    fresh->sflag = msg->i.sflag;
    rc = iofunc_ocb_attach(ctp, NULL, fresh, attr, NULL);
    if (rc != EOK)
        __iofunc_ocb_release(fresh, attr);
    return rc;
}

int iofunc_fdinfo(resmgr_context_t *ctp, iofunc_ocb_t *ocb, iofunc_attr_t *attr,
                  struct _fdinfo *info)
{
    (void)ctp;
    memset(info, 0, sizeof(*info));
    info->mode = attr->mode;
    info->size = (uint64_t)attr->nbytes;
    info->flags = attr->flags;
    info->count = attr->count;
    info->rcount = attr->rcount;
    info->wcount = attr->wcount;
    info->rlocks = attr->rlocks;
    info->wlocks = attr->wlocks;
    if (ocb != NULL) {
        info->ioflag = (uint32_t)ocb->ioflag;
        info->offset = (uint64_t)ocb->offset;
        info->sflag = ocb->sflag;
    }
    return EOK;
}

/* The reply is the structure and the absolute path, which nothing but the library knows. */
int iofunc_fdinfo_default(resmgr_context_t *ctp, io_fdinfo_t *msg, iofunc_ocb_t *ocb)
{
    struct {
        struct _io_fdinfo_reply head;
        char path[1024];
    } reply;
    ssize_t len = __resmgr_open_path(ctp, reply.path, sizeof(reply.path));
    size_t size = sizeof(reply.head);

    (void)msg;
    memset(&reply.head, 0, sizeof(reply.head));
    iofunc_fdinfo(ctp, ocb, ocb->attr, &reply.head.info);
    if (len >= 0)
        size += (size_t)len + 1;
    return MsgReply(ctp->rcvid, len >= 0 ? len : 0, &reply, size) == -1 ? errno : _RESMGR_NOREPLY;
}

int iofunc_mmap(resmgr_context_t *ctp, io_mmap_t *msg, iofunc_ocb_t *ocb, iofunc_attr_t *attr)
{
    (void)ctp;
    (void)attr;
    if (!(ocb->ioflag & _IO_FLAG_RD))
        return EACCES;
    if ((msg->i.required_prot & 2 /* PROT_WRITE */) && !(ocb->ioflag & _IO_FLAG_WR))
        return EACCES;
    return EOK;
}

int iofunc_mmap_default(resmgr_context_t *ctp, io_mmap_t *msg, iofunc_ocb_t *ocb)
{
    uint64_t offset = msg->i.offset;
    int rc = iofunc_mmap(ctp, msg, ocb, ocb->attr);

    if (rc != EOK)
        return rc;
    memset(&msg->o, 0, sizeof(msg->o));
    msg->o.offset = offset;
    msg->o.coid = -1; /* the mapper reads the pages through its descriptor */
    msg->o.fd = -1;
    return _RESMGR_PTR(ctp, &msg->o, sizeof(msg->o));
}

int iofunc_sync_verify(resmgr_context_t *ctp, io_sync_t *msg, iofunc_ocb_t *ocb)
{
    (void)ctp;
    (void)msg;
    return ocb->attr->mount != NULL && !(ocb->attr->mount->conf & IOFUNC_PC_SYNC_IO) ? EINVAL : EOK;
}

int iofunc_sync(resmgr_context_t *ctp, io_sync_t *msg, iofunc_ocb_t *ocb)
{
    return iofunc_sync_verify(ctp, msg, ocb);
}

int iofunc_sync_default(resmgr_context_t *ctp, io_sync_t *msg, iofunc_ocb_t *ocb)
{
    return iofunc_sync(ctp, msg, ocb);
}

int iofunc_space_verify(resmgr_context_t *ctp, io_space_t *msg, iofunc_ocb_t *ocb, int *nonblock)
{
    (void)ctp;
    if (nonblock != NULL)
        *nonblock = (ocb->ioflag & O_NONBLOCK) != 0;
    if (!(ocb->ioflag & _IO_FLAG_WR))
        return EBADF;
    return (int64_t)msg->i.start < 0 || (int64_t)msg->i.len < 0 ? EINVAL : EOK;
}
