/* SPDX-License-Identifier: Apache-2.0 */
/* Attribute and OCB structures: their start values, the attribute lock, binding, counts, times.
 * An attribute's counts and lists are under its lock, which is recursive per thread. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "resmgr_impl.h"

void iofunc_func_init(unsigned nconnect, resmgr_connect_funcs_t *connect, unsigned nio,
                      resmgr_io_funcs_t *io)
{
    static const resmgr_connect_funcs_t connect_defaults = {
        .nfuncs = _RESMGR_CONNECT_NFUNCS,
        .open = iofunc_open_default,
    };
    static const resmgr_io_funcs_t io_defaults = {
        .nfuncs = _RESMGR_IO_NFUNCS,
        .read = iofunc_read_default,
        .write = iofunc_write_default,
        .close_ocb = iofunc_close_ocb_default,
        .stat = iofunc_stat_default,
        .devctl = iofunc_devctl_default,
        .unblock = iofunc_unblock_default,
        .pathconf = iofunc_pathconf_default,
        .lseek = iofunc_lseek_default,
        .chmod = iofunc_chmod_default,
        .chown = iofunc_chown_default,
        .utime = iofunc_utime_default,
        .openfd = iofunc_openfd_default,
        .fdinfo = iofunc_fdinfo_default,
        .lock = iofunc_lock_default,
        .mmap = iofunc_mmap_default,
        .close_dup = iofunc_close_dup_default,
        .lock_ocb = iofunc_lock_ocb_default,
        .unlock_ocb = iofunc_unlock_ocb_default,
        .sync = iofunc_sync_default,
    };

    /* A program built for a shorter table keeps what lies behind it. */
    if (connect != NULL) {
        if (nconnect > _RESMGR_CONNECT_NFUNCS)
            nconnect = _RESMGR_CONNECT_NFUNCS;
        memcpy(connect, &connect_defaults, sizeof(void *) * (nconnect + 1));
        connect->nfuncs = nconnect;
    }
    if (io != NULL) {
        if (nio > _RESMGR_IO_NFUNCS)
            nio = _RESMGR_IO_NFUNCS;
        memcpy(io, &io_defaults, sizeof(void *) * (nio + 1));
        io->nfuncs = nio;
    }
}

void iofunc_attr_init(iofunc_attr_t *attr, mode_t mode, iofunc_attr_t *dattr,
                      struct _client_info *info)
{
    struct timespec now;

    memset(attr, 0, sizeof(*attr));
    attr->mode = mode;
    if (dattr != NULL) {
        attr->mount = dattr->mount;
        attr->uid = dattr->uid;
        attr->gid = dattr->gid;
    }
    if (info != NULL) {
        attr->uid = info->cred.euid;
        attr->gid = dattr != NULL && (dattr->mode & S_ISGID) ? dattr->gid : info->cred.egid;
    } else if (dattr == NULL) {
        attr->uid = geteuid();
        attr->gid = getegid();
    }
    attr->nlink = 1;
    clock_gettime(CLOCK_REALTIME, &now);
    attr->atime = attr->mtime = attr->ctime = now.tv_sec;
    attr->atime_ns = attr->mtime_ns = attr->ctime_ns = (uint32_t)now.tv_nsec;
    attr->flags = IOFUNC_ATTR_DIRTY_TIME;
}

int iofunc_mount_init(iofunc_mount_t *mount, size_t size)
{
    if (mount == NULL || size < sizeof(*mount))
        return EINVAL;
    memset(mount, 0, size);
    return EOK;
}

/* ------------------------------------------------------------------ locks */

/* gettid() needs no kernel call.  It is 0 in a thread that is almost gone, which holds nothing
 * then. */
static bool held_by(const iofunc_attr_t *attr, int me)
{
    return me != 0 && __atomic_load_n(&attr->lock_tid, __ATOMIC_RELAXED) == me;
}

int iofunc_attr_lock(iofunc_attr_t *attr)
{
    int me = gettid(), rc;

    if (held_by(attr, me)) {
        attr->lock_count++;
        return EOK;
    }
    rc = pthread_mutex_lock(&attr->lock);
    if (rc != 0)
        return rc;
    __atomic_store_n(&attr->lock_tid, me, __ATOMIC_RELAXED);
    attr->lock_count = 1;
    return EOK;
}

int iofunc_attr_trylock(iofunc_attr_t *attr)
{
    int me = gettid(), rc;

    if (held_by(attr, me)) {
        attr->lock_count++;
        return EOK;
    }
    rc = pthread_mutex_trylock(&attr->lock);
    if (rc != 0)
        return rc;
    __atomic_store_n(&attr->lock_tid, me, __ATOMIC_RELAXED);
    attr->lock_count = 1;
    return EOK;
}

int iofunc_attr_unlock(iofunc_attr_t *attr)
{
    if (!held_by(attr, gettid()))
        return EPERM;
    if (--attr->lock_count > 0)
        return EOK;
    __atomic_store_n(&attr->lock_tid, 0, __ATOMIC_RELAXED);
    return pthread_mutex_unlock(&attr->lock);
}

int iofunc_lock_ocb_default(resmgr_context_t *ctp, void *reserved, iofunc_ocb_t *ocb)
{
    (void)ctp;
    (void)reserved;
    return iofunc_attr_lock(ocb->attr);
}

int iofunc_unlock_ocb_default(resmgr_context_t *ctp, void *reserved, iofunc_ocb_t *ocb)
{
    (void)ctp;
    (void)reserved;
    return iofunc_attr_unlock(ocb->attr);
}

/* ------------------------------------------------------------------ OCBs */

static iofunc_funcs_t *mount_funcs(const iofunc_attr_t *attr)
{
    return attr != NULL && attr->mount != NULL ? attr->mount->funcs : NULL;
}

iofunc_ocb_t *iofunc_ocb_calloc(resmgr_context_t *ctp, iofunc_attr_t *attr)
{
    (void)ctp;
    (void)attr;
    return calloc(1, sizeof(iofunc_ocb_t));
}

void iofunc_ocb_free(iofunc_ocb_t *ocb)
{
    free(ocb);
}

/* The manager's own allocator, when its mount structure names one. */
iofunc_ocb_t *__iofunc_ocb_alloc(resmgr_context_t *ctp, iofunc_attr_t *attr)
{
    iofunc_funcs_t *funcs = mount_funcs(attr);

    if (funcs != NULL && funcs->nfuncs >= 1 && funcs->ocb_calloc != NULL)
        return funcs->ocb_calloc(ctp, attr);
    return iofunc_ocb_calloc(ctp, attr);
}

void __iofunc_ocb_release(iofunc_ocb_t *ocb, iofunc_attr_t *attr)
{
    iofunc_funcs_t *funcs = mount_funcs(attr);

    if (funcs != NULL && funcs->nfuncs >= 2 && funcs->ocb_free != NULL)
        funcs->ocb_free(ocb);
    else
        iofunc_ocb_free(ocb);
}

static void count_ocb(iofunc_attr_t *attr, uint32_t ioflag, int by)
{
    attr->count = (uint16_t)(attr->count + by);
    if (ioflag & _IO_FLAG_RD)
        attr->rcount = (uint16_t)(attr->rcount + by);
    if (ioflag & _IO_FLAG_WR)
        attr->wcount = (uint16_t)(attr->wcount + by);
}

int iofunc_ocb_attach(resmgr_context_t *ctp, io_open_t *msg, iofunc_ocb_t *ocb, iofunc_attr_t *attr,
                      const resmgr_io_funcs_t *io_funcs)
{
    iofunc_ocb_t *mine = NULL;

    if (attr->count == UINT16_MAX)
        return ENFILE;
    if (ocb == NULL) {
        ocb = mine = __iofunc_ocb_alloc(ctp, attr);
        if (ocb == NULL)
            return ENOMEM;
    }
    ocb->attr = attr;
    if (msg != NULL) {
        ocb->ioflag =
            (int32_t)(msg->connect.ioflag & ~(uint32_t)(O_CREAT | O_EXCL | O_TRUNC | O_NOCTTY));
        ocb->sflag = msg->connect.sflag;
        ocb->offset = 0;
    }
    if (resmgr_open_bind(ctp, ocb, io_funcs) == -1) {
        int error = errno;

        if (mine != NULL)
            __iofunc_ocb_release(mine, attr);
        return error;
    }
    count_ocb(attr, (uint32_t)ocb->ioflag, 1);
    return EOK;
}

int iofunc_ocb_detach(resmgr_context_t *ctp, iofunc_ocb_t *ocb)
{
    iofunc_attr_t *attr = ocb->attr;

    (void)ctp;
    iofunc_attr_lock(attr);
    if (attr->count > 0)
        count_ocb(attr, (uint32_t)ocb->ioflag, -1);
    iofunc_attr_unlock(attr);
    return EOK;
}

int iofunc_close_ocb(resmgr_context_t *ctp, iofunc_ocb_t *ocb, iofunc_attr_t *attr)
{
    iofunc_attr_lock(attr);
    iofunc_time_update(attr);
    iofunc_ocb_detach(ctp, ocb);
    iofunc_attr_unlock(attr);
    return EOK;
}

int iofunc_close_ocb_default(resmgr_context_t *ctp, void *reserved, iofunc_ocb_t *ocb)
{
    iofunc_attr_t *attr = ocb->attr;

    (void)reserved;
    iofunc_close_ocb(ctp, ocb, attr);
    __iofunc_ocb_release(ocb, attr);
    return EOK;
}

/* ------------------------------------------------------------------ times, stat */

int iofunc_time_update(iofunc_attr_t *attr)
{
    const uint32_t due = IOFUNC_ATTR_ATIME | IOFUNC_ATTR_MTIME | IOFUNC_ATTR_CTIME;
    struct timespec now;

    if (!(attr->flags & due))
        return EOK;
    clock_gettime(CLOCK_REALTIME, &now);
    if (attr->flags & IOFUNC_ATTR_ATIME) {
        attr->atime = now.tv_sec;
        attr->atime_ns = (uint32_t)now.tv_nsec;
    }
    if (attr->flags & IOFUNC_ATTR_MTIME) {
        attr->mtime = now.tv_sec;
        attr->mtime_ns = (uint32_t)now.tv_nsec;
    }
    if (attr->flags & IOFUNC_ATTR_CTIME) {
        attr->ctime = now.tv_sec;
        attr->ctime_ns = (uint32_t)now.tv_nsec;
    }
    attr->flags = (attr->flags & ~due) | IOFUNC_ATTR_DIRTY_TIME;
    return EOK;
}

int iofunc_stat(resmgr_context_t *ctp, iofunc_attr_t *attr, struct stat *st)
{
    dev_t dev = 0;
    ino_t inode = 0;

    iofunc_time_update(attr);
    if ((attr->mount == NULL || attr->inode == 0) && ctp != NULL)
        resmgr_devino(ctp->id, &dev, &inode);
    memset(st, 0, sizeof(*st));
    st->st_dev = attr->mount != NULL ? attr->mount->dev : dev;
    st->st_ino = attr->inode != 0 ? attr->inode : inode;
    st->st_mode = attr->mode;
    st->st_nlink = attr->nlink;
    st->st_uid = attr->uid;
    st->st_gid = attr->gid;
    st->st_rdev = attr->rdev;
    st->st_size = attr->nbytes;
    st->st_blksize =
        attr->mount != NULL && attr->mount->blocksize > 0 ? attr->mount->blocksize : 4096;
    st->st_blocks = (attr->nbytes + 511) / 512;
    st->st_atim = (struct timespec){.tv_sec = attr->atime, .tv_nsec = attr->atime_ns};
    st->st_mtim = (struct timespec){.tv_sec = attr->mtime, .tv_nsec = attr->mtime_ns};
    st->st_ctim = (struct timespec){.tv_sec = attr->ctime, .tv_nsec = attr->ctime_ns};
    return EOK;
}

int iofunc_stat_default(resmgr_context_t *ctp, io_stat_t *msg, iofunc_ocb_t *ocb)
{
    int rc = iofunc_stat(ctp, ocb->attr, &msg->o);

    return rc != EOK ? rc : _RESMGR_PTR(ctp, &msg->o, sizeof(msg->o));
}
