/* SPDX-License-Identifier: Apache-2.0 */
/* From a received message to the handlers of a link, and from what they return to the reply.
 * Foreign lengths were checked by resmgr_decode.c; an OCB is counted while its handler runs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include "resmgr_impl.h"

static size_t whole_size(const resmgr_context_t *ctp)
{
    size_t sent = ctp->info.srcmsglen > 0 ? (size_t)ctp->info.srcmsglen : 0;

    return sent > ctp->size ? sent : ctp->size;
}

void __resmgr_finish(resmgr_context_t *ctp, int ret)
{
    int rc;

    if (ret == _RESMGR_NOREPLY) {
        __resmgr_park(&ctp->info, context_private(ctp)->seq);
        __resmgr_unblock_late(ctp);
        return;
    }
    if (ret == _RESMGR_DEFAULT)
        ret = ENOSYS;
    if (ret > 0)
        rc = MsgError(ctp->rcvid, ret);
    else if (ret == 0)
        rc = MsgReply(ctp->rcvid, ctp->status, NULL, 0);
    else if (-ret > NPARTS_LIMIT)
        rc = MsgError(ctp->rcvid, EINVAL); /* the handler claims parts no context can have */
    else
        rc = MsgReplyv(ctp->rcvid, ctp->status, ctp->iov, (size_t)-ret);
    /* Bad memory of ours in iov: the client must not wait for ever. */
    if (rc == -1 && errno == EFAULT)
        MsgError(ctp->rcvid, EFAULT);
}

void __resmgr_ref_put(resmgr_context_t *ctp, struct resmgr_ocbref *ref)
{
    if (ref == NULL || --ref->refs != 0)
        return;
    if (!ref->unbound && HAS_FUNC(ref->io, close_ocb))
        ref->io->close_ocb(ctp, NULL, ref->ocb);
    __resmgr_link_put(ref->link);
    free(ref);
}

void __resmgr_lock(resmgr_context_t *ctp, struct resmgr_ocbref *ref)
{
    if (HAS_FUNC(ref->io, lock_ocb))
        ref->io->lock_ocb(ctp, NULL, ref->ocb);
}

void __resmgr_unlock(resmgr_context_t *ctp, struct resmgr_ocbref *ref)
{
    if (HAS_FUNC(ref->io, unlock_ocb))
        ref->io->unlock_ocb(ctp, NULL, ref->ocb);
}

int __resmgr_close_dup(resmgr_context_t *ctp, io_close_t *msg, struct resmgr_ocbref *ref)
{
    int ret;

    if (!HAS_FUNC(ref->io, close_dup))
        return EOK;
    __resmgr_lock(ctp, ref);
    ret = ref->io->close_dup(ctp, msg, ref->ocb);
    __resmgr_unlock(ctp, ref);
    return ret == _RESMGR_DEFAULT || ret == _RESMGR_NOREPLY ? EOK : ret;
}

/* ------------------------------------------------------------------ I/O messages */

#define CALL(member, msg)                                                                          \
    (HAS_FUNC(ref->io, member) ? ref->io->member(ctp, &(msg), ref->ocb) : ENOSYS)

static int call_read(resmgr_context_t *ctp, io_read_t *msg, struct resmgr_ocbref *ref)
{
    /* To managers written by the documentation a readdir() is a plain read(). */
    if ((msg->i.xtype & _IO_XTYPE_MASK) == _IO_XTYPE_READDIR)
        msg->i.xtype = (msg->i.xtype & ~(uint32_t)_IO_XTYPE_MASK) | _IO_XTYPE_NONE;
    return CALL(read, *msg);
}

static int call_devctl(resmgr_context_t *ctp, io_devctl_t *msg, struct resmgr_ocbref *ref)
{
    int ret = HAS_FUNC(ref->io, devctl) ? ref->io->devctl(ctp, msg, ref->ocb) : _RESMGR_DEFAULT;

    return ret == _RESMGR_DEFAULT ? ENOTTY : ret;
}

static int call_sync(resmgr_context_t *ctp, resmgr_iomsgs_t *m, struct resmgr_ocbref *ref)
{
    switch (m->type) {
    case _IO_LOCK:
        return CALL(lock, m->lock);
    case _IO_SPACE:
        return CALL(space, m->space);
    case _IO_SHUTDOWN:
        return CALL(shutdown, m->shutdown);
    case _IO_MMAP:
        return CALL(mmap, m->mmap);
    case _IO_MSG:
        return CALL(msg, m->msg);
    case _IO_SYNC:
        return CALL(sync, m->sync);
    case _IO_POWER:
        return CALL(power, m->power);
    default:
        return ENOSYS;
    }
}

static int call_handler(resmgr_context_t *ctp, resmgr_iomsgs_t *m, struct resmgr_ocbref *ref)
{
    switch (m->type) {
    case _IO_READ:
        return call_read(ctp, &m->read, ref);
    case _IO_WRITE:
        return CALL(write, m->write);
    case _IO_STAT:
        return CALL(stat, m->stat);
    case _IO_NOTIFY:
        return CALL(notify, m->notify);
    case _IO_DEVCTL:
        return call_devctl(ctp, &m->devctl, ref);
    case _IO_PATHCONF:
        return CALL(pathconf, m->pathconf);
    case _IO_LSEEK:
        return CALL(lseek, m->lseek);
    case _IO_CHMOD:
        return CALL(chmod, m->chmod);
    case _IO_CHOWN:
        return CALL(chown, m->chown);
    case _IO_UTIME:
        return CALL(utime, m->utime);
    case _IO_FDINFO:
        return CALL(fdinfo, m->fdinfo);
    default:
        return call_sync(ctp, m, ref);
    }
}

static resmgr_iomsgs_t *message_at(resmgr_context_t *ctp, size_t offset)
{
    return (resmgr_iomsgs_t *)(void *)((char *)ctp->msg + offset);
}

/* The reply goes out before the lock is released: its parts may lie in what the lock protects. */
static void answer(resmgr_context_t *ctp, struct resmgr_ocbref *ref, int ret)
{
    __resmgr_finish(ctp, ret);
    __resmgr_unlock(ctp, ref);
}

void __resmgr_io_parts(resmgr_context_t *ctp, struct resmgr_ocbref *ref, size_t offset)
{
    struct io_part part;
    int ret;

    for (;; offset = part.next) {
        ret = __resmgr_check_io(ctp->msg, ctp->size, whole_size(ctp), offset, &part);
        if (ret != 0) {
            MsgError(ctp->rcvid, ret);
            return;
        }
        ctp->offset = offset;
        ctp->status = 0;
        __resmgr_lock(ctp, ref);
        ret = call_handler(ctp, message_at(ctp, offset), ref);
        if (part.next == 0 || ret > 0 || ret == _RESMGR_NOREPLY || ret == _RESMGR_DEFAULT) {
            answer(ctp, ref, ret);
            return;
        }
        __resmgr_unlock(ctp, ref);
    }
}

/* close(): the descriptor is gone and its OCB closed when the client goes on. */
static void close_message(resmgr_context_t *ctp, struct resmgr_ocbref *ref)
{
    int ret = __resmgr_close_dup(ctp, &ctp->msg->close, ref);
    struct resmgr_ocbref *bound = __resmgr_unbind_fd(ctp->info.scoid, ctp->info.coid);

    __resmgr_ref_put(ctp, bound);
    __resmgr_ref_put(ctp, ref);
    context_private(ctp)->ref = NULL;
    __resmgr_finish(ctp, ret);
}

static void io_message(resmgr_context_t *ctp, struct resmgr_ocbref *ref)
{
    ctp->id = ref->link->id;
    if (ctp->msg->type == _IO_CLOSE) {
        close_message(ctp, ref);
        return;
    }
    __resmgr_io_parts(ctp, ref, 0);
    __resmgr_ref_put(ctp, ref);
}

/* ------------------------------------------------------------------ connect messages */

#define CONNECT(member, extra)                                                                     \
    (HAS_FUNC(link->connect, member) ? link->connect->member(ctp, &m->member, link->handle, extra) \
                                     : ENOSYS)

/* stat(), chmod() ... on a path: open, the I/O message behind it, close. */
static void combine(resmgr_context_t *ctp, size_t io_off, bool close_it)
{
    int scoid = ctp->info.scoid, coid = ctp->info.coid;
    struct resmgr_ocbref *ref = __resmgr_lookup(scoid, coid);

    if (ref == NULL) {
        MsgError(ctp->rcvid, EBADF); /* the handler succeeded without binding an OCB */
        return;
    }
    context_private(ctp)->ref = ref;
    __resmgr_io_parts(ctp, ref, io_off);
    if (close_it) {
        /* No close_dup: the client had no descriptor, so its record locks stay. */
        struct resmgr_ocbref *bound = __resmgr_unbind_fd(scoid, coid);

        if (bound != NULL)
            __resmgr_ref_put(ctp, bound);
    }
    context_private(ctp)->ref = NULL;
    __resmgr_ref_put(ctp, ref);
}

static int call_connect(resmgr_context_t *ctp, struct resmgr_link *link, void *extra)
{
    resmgr_iomsgs_t *m = ctp->msg;

    switch (m->connect.connect.subtype) {
    case _IO_CONNECT_COMBINE:
    case _IO_CONNECT_COMBINE_CLOSE:
    case _IO_CONNECT_OPEN:
        return CONNECT(open, extra);
    case _IO_CONNECT_UNLINK:
        return CONNECT(unlink, NULL);
    case _IO_CONNECT_RENAME:
        return CONNECT(rename, extra);
    case _IO_CONNECT_MKNOD:
        return CONNECT(mknod, extra);
    case _IO_CONNECT_READLINK:
        return CONNECT(readlink, NULL);
    case _IO_CONNECT_LINK:
        return CONNECT(link, extra);
    case _IO_CONNECT_MOUNT:
        return CONNECT(mount, extra);
    default:
        return ENOSYS;
    }
}

static void connect_message(resmgr_context_t *ctp)
{
    struct context_private *priv = context_private(ctp);
    struct _io_connect *c = &ctp->msg->connect.connect;
    struct connect_parts parts;
    struct resmgr_link *link;
    int ret = __resmgr_check_connect(ctp->msg, ctp->size, whole_size(ctp), &parts);

    if (ret != 0) {
        MsgError(ctp->rcvid, ret);
        return;
    }
    link = __resmgr_link_get((int)c->handle, ctp->dpp);
    if (link == NULL) {
        MsgError(ctp->rcvid, ENXIO); /* detached since the client was told of it */
        return;
    }
    /* The handler may build its reply over the message: what is needed later is taken now. */
    bool combined = parts.io_off != 0;
    bool close_it = c->subtype == _IO_CONNECT_COMBINE_CLOSE;

    ctp->id = link->id;
    priv->path = c->path;
    ret = call_connect(ctp, link, parts.extra_off ? (char *)ctp->msg + parts.extra_off : NULL);
    priv->path = NULL;
    if (combined && ret == EOK && ctp->status == _IO_CONNECT_RET_NORMAL)
        combine(ctp, parts.io_off, close_it);
    else
        __resmgr_finish(ctp, ret);
    __resmgr_link_put(link);
}

int __resmgr_message(resmgr_context_t *ctp)
{
    struct context_private *priv = context_private(ctp);

    priv->ref = __resmgr_arrive(&ctp->info, &priv->seq);
    priv->path = NULL;
    ctp->status = 0;
    ctp->offset = 0;
    if (ctp->msg->type == _IO_CONNECT) {
        struct resmgr_ocbref *ref = priv->ref;

        priv->ref = NULL;
        connect_message(ctp);
        __resmgr_ref_put(ctp, ref);
    } else if (ctp->msg->type == _IO_DUP || ctp->msg->type == _IO_OPENFD) {
        struct resmgr_ocbref *ref = priv->ref;

        priv->ref = NULL;
        if (ctp->msg->type == _IO_DUP)
            __resmgr_dup(ctp);
        else
            __resmgr_openfd(ctp);
        __resmgr_ref_put(ctp, ref);
    } else if (priv->ref == NULL) {
        MsgError(ctp->rcvid, __resmgr_io_min(ctp->msg->type) != 0 ? EBADF : ENOSYS);
    } else {
        io_message(ctp, priv->ref);
    }
    priv->ref = NULL;
    __resmgr_ref_put(ctp, priv->stale);
    priv->stale = NULL;
    return 0;
}
