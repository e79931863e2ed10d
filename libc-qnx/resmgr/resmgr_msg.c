/* SPDX-License-Identifier: Apache-2.0 */
/* What handlers call: message data at offsets of the current part, replies, OCB binding, paths. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include "resmgr_impl.h"

static int fail(int error)
{
    errno = error;
    return -1;
}

ssize_t resmgr_msgread(resmgr_context_t *ctp, void *msg, size_t nbytes, size_t offset)
{
    return MsgRead(ctp->rcvid, msg, nbytes, offset + ctp->offset);
}

ssize_t resmgr_msgreadv(resmgr_context_t *ctp, const iov_t *rmsg, size_t rparts, size_t offset)
{
    return MsgReadv(ctp->rcvid, rmsg, rparts, offset + ctp->offset);
}

ssize_t resmgr_msgwrite(resmgr_context_t *ctp, const void *msg, size_t nbytes, size_t offset)
{
    return MsgWrite(ctp->rcvid, msg, nbytes, offset);
}

ssize_t resmgr_msgwritev(resmgr_context_t *ctp, const iov_t *smsg, size_t sparts, size_t offset)
{
    return MsgWritev(ctp->rcvid, smsg, sparts, offset);
}

ssize_t resmgr_msgget(resmgr_context_t *ctp, void *msg, size_t nbytes, size_t offset)
{
    size_t at = offset + ctp->offset, have = 0;
    ssize_t more;

    if (at < ctp->size) {
        have = ctp->size - at < nbytes ? ctp->size - at : nbytes;
        memcpy(msg, (const char *)ctp->msg + at, have);
    }
    if (have == nbytes || (ctp->info.srcmsglen >= 0 && (size_t)ctp->info.srcmsglen <= at + have))
        return (ssize_t)have;
    more = MsgRead(ctp->rcvid, (char *)msg + have, nbytes - have, at + have);
    return more == -1 ? -1 : (ssize_t)have + more;
}

ssize_t resmgr_msggetv(resmgr_context_t *ctp, const iov_t *rmsg, size_t rparts, size_t offset)
{
    ssize_t total = 0;

    for (size_t i = 0; i < rparts; i++) {
        ssize_t n = resmgr_msgget(ctp, GETIOVBASE(&rmsg[i]), GETIOVLEN(&rmsg[i]), offset);

        if (n == -1)
            return total > 0 ? total : -1;
        total += n;
        offset += (size_t)n;
        if ((size_t)n < GETIOVLEN(&rmsg[i]))
            break;
    }
    return total;
}

int resmgr_msgreply(resmgr_context_t *ctp, const void *msg, size_t nbytes)
{
    return MsgReply(ctp->rcvid, ctp->status, msg, nbytes);
}

int resmgr_msgreplyv(resmgr_context_t *ctp, const iov_t *smsg, size_t sparts)
{
    return MsgReplyv(ctp->rcvid, ctp->status, smsg, sparts);
}

/* The context is used for the old request and is free for the next one afterwards. */
int resmgr_msg_again(resmgr_context_t *ctp, int rcvid)
{
    size_t room = ctp->msg_max_size + sizeof(resmgr_iomsgs_t);
    ssize_t n;

    if (MsgInfo(rcvid, &ctp->info) == -1)
        return -1;
    n = MsgRead(rcvid, ctp->msg, room, 0);
    if (n == -1)
        return -1;
    if ((size_t)n < sizeof(resmgr_iomsgs_t))
        memset((char *)ctp->msg + n, 0, sizeof(resmgr_iomsgs_t) - (size_t)n);
    ctp->rcvid = rcvid;
    ctp->id = -1;
    ctp->size = (size_t)n;
    return resmgr_handler(ctp);
}

/* ------------------------------------------------------------------ binding */

/* The name, below its link, of what the message in ctp opens. */
static const char *opened_name(resmgr_context_t *ctp)
{
    const struct context_private *priv = context_private(ctp);

    return priv->path != NULL ? priv->path : priv->source != NULL ? priv->source->path : "";
}

int resmgr_open_bind(resmgr_context_t *ctp, void *ocb, const resmgr_io_funcs_t *io_funcs)
{
    const char *name = opened_name(ctp);
    struct resmgr_link *link = __resmgr_link_get(ctp->id, ctp->dpp);
    struct resmgr_ocbref *ref, *stale;
    size_t len = strlen(name) + 1;
    int rc;

    if (link == NULL || ocb == NULL) {
        __resmgr_link_put(link);
        return fail(EINVAL);
    }
    ref = calloc(1, sizeof(*ref) + len);
    if (ref == NULL) {
        __resmgr_link_put(link);
        return fail(ENOMEM);
    }
    ref->refs = 1;
    ref->ocb = ocb;
    ref->io = io_funcs != NULL ? io_funcs : link->io;
    ref->link = link;
    memcpy(ref->path, name, len);
    rc = __resmgr_bind(&ctp->info, ref, &stale);
    if (rc != EOK) {
        ref->unbound = true; /* the caller still owns its OCB */
        __resmgr_ref_put(ctp, ref);
        return fail(rc);
    }
    /* The caller may hold the lock of one attribute: closing an OCB of another has to wait. */
    if (context_private(ctp)->stale == NULL)
        context_private(ctp)->stale = stale;
    else
        __resmgr_ref_put(ctp, stale);
    return 0;
}

int resmgr_unbind(resmgr_context_t *ctp)
{
    struct resmgr_ocbref *ref = __resmgr_unbind_fd(ctp->info.scoid, ctp->info.coid);

    if (ref == NULL)
        return fail(EINVAL);
    ref->unbound = true;
    __resmgr_ref_put(ctp, ref);
    return 0;
}

void *_resmgr_ocb(int rcvid, const struct _msg_info *info)
{
    struct resmgr_ocbref *ref = __resmgr_lookup(info->scoid, info->coid);
    void *ocb = ref != NULL ? ref->ocb : NULL;

    (void)rcvid;
    /* The caller handles a request of that descriptor, which keeps the OCB alive without our count.
     */
    if (ref != NULL)
        ref->refs--;
    return ocb;
}

void *resmgr_ocb(resmgr_context_t *ctp)
{
    return _resmgr_ocb(ctp->rcvid, &ctp->info);
}

ssize_t __resmgr_open_path(resmgr_context_t *ctp, char *buf, size_t size)
{
    struct resmgr_ocbref *ref = __resmgr_lookup(ctp->info.scoid, ctp->info.coid);
    size_t link_len, len;

    if (ref == NULL)
        return fail(EBADF);
    link_len = strlen(ref->link->path);
    if (link_len > 0 && ref->link->path[link_len - 1] == '/')
        link_len--; /* "/" itself */
    len = link_len + (ref->path[0] != '\0' ? 1 + strlen(ref->path) : 0);
    if (len == 0)
        len = 1;
    if (len + 1 > size) {
        __resmgr_ref_put(ctp, ref);
        return fail(ENAMETOOLONG);
    }
    memcpy(buf, ref->link->path, link_len);
    buf[link_len] = '/';
    strcpy(buf + link_len + (ref->path[0] != '\0' ? 1 : 0), ref->path);
    if (link_len == 0 && ref->path[0] == '\0')
        strcpy(buf, "/");
    __resmgr_ref_put(ctp, ref);
    return (ssize_t)len;
}
