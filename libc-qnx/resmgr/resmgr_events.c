/* SPDX-License-Identifier: Apache-2.0 */
/* What happens to descriptors and requests from outside of a request: duplication for another
 * process, a client that is gone, a client that wants out of its wait. */
#include <errno.h>
#include <string.h>
#include <abi/taskman.h>
#include <sys/neutrino.h>
#include "resmgr_impl.h"

/* Descriptors travel from a process to itself and to its children; root may take any. */
static bool may_copy(const struct _msg_info *info, int pid)
{
    struct tmsg_id msg = {.type = TMSG_PROC, .subtype = TMSG_PROC_GETID, .pid = info->pid};
    struct _client_info client;
    struct tmsg_ids ids;

    if (info->pid == pid)
        return true;
    if (ConnectClientInfo(info->scoid, &client, 0) != -1 && client.cred.euid == 0)
        return true;
    return MsgSend(SYSMGR_COID, &msg, sizeof(msg), &ids, sizeof(ids)) != -1 && ids.ppid == pid;
}

/* The counted OCB of the descriptor that *from names, NULL after the client has got an error. */
static struct resmgr_ocbref *source_of(resmgr_context_t *ctp, const struct _msg_info *from)
{
    struct resmgr_ocbref *ref = __resmgr_lookup_other(from->pid, from->scoid, from->coid);

    if (ref == NULL || ref->link->dpp != ctp->dpp) {
        __resmgr_ref_put(ctp, ref);
        MsgError(ctp->rcvid, EBADF);
        return NULL;
    }
    if (!may_copy(&ctp->info, from->pid)) {
        __resmgr_ref_put(ctp, ref);
        MsgError(ctp->rcvid, EPERM);
        return NULL;
    }
    ctp->id = ref->link->id;
    return ref;
}

static int check(resmgr_context_t *ctp)
{
    struct io_part part;
    int rc = __resmgr_check_io(ctp->msg, ctp->size, ctp->size, 0, &part);

    if (rc == 0 && part.next != 0)
        rc = EINVAL;
    if (rc != 0)
        MsgError(ctp->rcvid, rc);
    return rc;
}

void __resmgr_dup(resmgr_context_t *ctp)
{
    struct resmgr_ocbref *ref, *stale = NULL;
    int ret = _RESMGR_DEFAULT;

    if (check(ctp) != 0 || (ref = source_of(ctp, &ctp->msg->dup.i.info)) == NULL)
        return;
    if (HAS_FUNC(ref->io, dup)) {
        __resmgr_lock(ctp, ref);
        ret = ref->io->dup(ctp, &ctp->msg->dup, ref->ocb);
        __resmgr_unlock(ctp, ref);
    }
    if (ret != _RESMGR_DEFAULT && ret != EOK) {
        __resmgr_finish(ctp, ret);
        __resmgr_ref_put(ctp, ref);
        return;
    }
    ret = __resmgr_bind(&ctp->info, ref, &stale); /* the count goes to the new descriptor */
    if (ret != EOK)
        __resmgr_ref_put(ctp, ref);
    __resmgr_ref_put(ctp, stale);
    __resmgr_finish(ctp, ret);
}

void __resmgr_openfd(resmgr_context_t *ctp)
{
    struct resmgr_ocbref *ref;

    if (check(ctp) != 0 || (ref = source_of(ctp, &ctp->msg->openfd.i.info)) == NULL)
        return;
    context_private(ctp)->source = ref;
    __resmgr_lock(ctp, ref);
    __resmgr_finish(ctp, HAS_FUNC(ref->io, openfd)
                             ? ref->io->openfd(ctp, &ctp->msg->openfd, ref->ocb)
                             : ENOSYS);
    __resmgr_unlock(ctp, ref);
    context_private(ctp)->source = NULL;
    __resmgr_ref_put(ctp, ref);
}

void __resmgr_close_all(resmgr_context_t *ctp, int scoid, struct resmgr_link *link)
{
    struct resmgr_ocbref *ref;

    for (;;) {
        io_close_t msg = {.i = {_IO_CLOSE, sizeof(msg.i)}};

        memset(&ctp->info, 0, sizeof(ctp->info));
        ctp->info.scoid = scoid;
        ref = __resmgr_unbind_any(&ctp->info, link);
        if (ref == NULL)
            return;
        ctp->id = ref->link->id;
        __resmgr_close_dup(ctp, &msg, ref);
        __resmgr_ref_put(ctp, ref);
    }
}

void __resmgr_disconnect(resmgr_context_t *ctp, int scoid)
{
    __resmgr_close_all(ctp, scoid, NULL);
    __resmgr_client_gone(scoid);
}

/* ------------------------------------------------------------------ unblocking */

static int unblock_io(resmgr_context_t *ctp, struct resmgr_ocbref *ref)
{
    int ret = _RESMGR_DEFAULT;

    ctp->id = ref->link->id;
    if (HAS_FUNC(ref->io, unblock)) {
        __resmgr_lock(ctp, ref);
        ret = ref->io->unblock(ctp, (io_pulse_t *)&ctp->msg->pulse, ref->ocb);
        __resmgr_unlock(ctp, ref);
    }
    return ret;
}

/* A client that waits in an open(): its message says for which link. */
static int unblock_connect(resmgr_context_t *ctp)
{
    struct _io_connect c = {0};
    struct resmgr_link *link;
    int ret = _RESMGR_DEFAULT;

    if (MsgRead(ctp->rcvid, &c, sizeof(c), 0) < _IO_CONNECT_HDR || c.type != _IO_CONNECT)
        return ret;
    link = __resmgr_link_get((int)c.handle, ctp->dpp);
    if (link == NULL)
        return ret;
    ctp->id = link->id;
    if (HAS_FUNC(link->connect, unblock))
        ret = link->connect->unblock(ctp, (io_pulse_t *)&ctp->msg->pulse, link->handle, NULL);
    __resmgr_link_put(link);
    return ret;
}

/* Nobody but us knows of the request any more: it ends with the error of what disturbed the client.
 */
static void end_parked(const struct _msg_info *info, int rcvid)
{
    if (__resmgr_unpark(info))
        MsgError(rcvid, -1);
}

void __resmgr_unblock_pulse(resmgr_context_t *ctp, int rcvid)
{
    struct resmgr_ocbref *ref;
    int ret;

    if (MsgInfo(rcvid, &ctp->info) == -1 || !(ctp->info.flags & _NTO_MI_UNBLOCK_REQ))
        return; /* answered already */
    ctp->rcvid = rcvid;
    ctp->status = 0;
    ctp->offset = 0;
    ref = __resmgr_lookup(ctp->info.scoid, ctp->info.coid);
    ret = ref != NULL ? unblock_io(ctp, ref) : unblock_connect(ctp);
    if (ret == _RESMGR_DEFAULT)
        end_parked(&ctp->info, rcvid);
    else if (ret > 0)
        MsgError(rcvid, ret);
    else if (ret < 0 && ret != _RESMGR_NOREPLY)
        __resmgr_finish(ctp, ret);
    __resmgr_ref_put(ctp, ref);
    ctp->rcvid = 0;
}

/* A request was just parked.  Had its unblock pulse come while the handler ran, nobody acted on it.
 */
void __resmgr_unblock_late(resmgr_context_t *ctp)
{
    struct resmgr_ocbref *ref = context_private(ctp)->ref;
    struct _msg_info now;

    if (ref != NULL && HAS_FUNC(ref->io, unblock) && ref->io->unblock != iofunc_unblock_default)
        return; /* the manager checks for that itself */
    if (MsgInfo(ctp->rcvid, &now) == -1 || !(now.flags & _NTO_MI_UNBLOCK_REQ))
        return;
    if (ref != NULL && iofunc_unblock_default(ctp, NULL, ref->ocb) != _RESMGR_DEFAULT)
        __resmgr_unpark(&now);
    else
        end_parked(&now, ctp->rcvid);
}
