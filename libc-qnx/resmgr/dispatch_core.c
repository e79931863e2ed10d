/* SPDX-License-Identifier: Apache-2.0 */
/* Dispatch handles, their contexts, and the block/handle loop.
 * A handle's channel is made by whatever needs it first.  Handler lists are under dispatch.lock; a
 * context belongs to the thread that blocks with it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include "resmgr_impl.h"

#define CHANNEL_FLAGS (_NTO_CHF_UNBLOCK | _NTO_CHF_DISCONNECT | _NTO_CHF_COID_DISCONNECT)

static dispatch_t *new_dispatch(int chid)
{
    dispatch_t *dpp = calloc(1, sizeof(*dpp));

    if (dpp == NULL)
        return NULL;
    pthread_mutex_init(&dpp->lock, NULL);
    dpp->chid = chid;
    dpp->coid = -1;
    dpp->timeout_ns = -1;
    dpp->nparts_max = 1;
    dpp->msg_max_size = MSG_MAX_DEFAULT;
    return dpp;
}

dispatch_t *dispatch_create(void)
{
    return new_dispatch(-1);
}

dispatch_t *dispatch_create_channel(int chid, unsigned flags)
{
    dispatch_t *dpp;

    (void)flags; /* DISPATCH_FLAG_NOLOCK: the lists are cheap to lock */
    if (chid < -1) {
        errno = EINVAL;
        return NULL;
    }
    dpp = new_dispatch(chid);
    if (dpp != NULL && chid == -1 && __dispatch_channel(dpp) == -1) {
        dispatch_destroy(dpp);
        return NULL;
    }
    return dpp;
}

int __dispatch_channel(dispatch_t *dpp)
{
    int rc = 0;

    if (dpp->chid != -1)
        return 0;
    pthread_mutex_lock(&dpp->lock);
    if (dpp->chid == -1) {
        int chid = ChannelCreate(CHANNEL_FLAGS);

        if (chid == -1) {
            rc = -1;
        } else {
            dpp->own_channel = true;
            dpp->chid = chid;
        }
    }
    pthread_mutex_unlock(&dpp->lock);
    return rc;
}

int __dispatch_self(dispatch_t *dpp)
{
    if (dpp->coid != -1)
        return dpp->coid;
    if (__dispatch_channel(dpp) == -1)
        return -1;
    pthread_mutex_lock(&dpp->lock);
    if (dpp->coid == -1)
        dpp->coid = ConnectAttach(ND_LOCAL_NODE, 0, dpp->chid, _NTO_SIDE_CHANNEL, _NTO_COF_CLOEXEC);
    pthread_mutex_unlock(&dpp->lock);
    return dpp->coid;
}

void __dispatch_limits(dispatch_t *dpp, unsigned nparts, size_t msg_max)
{
    pthread_mutex_lock(&dpp->lock);
    if (nparts > dpp->nparts_max)
        dpp->nparts_max = nparts < NPARTS_LIMIT ? nparts : NPARTS_LIMIT;
    if (msg_max > dpp->msg_max_size)
        dpp->msg_max_size = msg_max < MSG_MAX_LIMIT ? msg_max : MSG_MAX_LIMIT;
    pthread_mutex_unlock(&dpp->lock);
}

static void free_lists(dispatch_t *dpp)
{
    while (dpp->pulses != NULL) {
        struct pulse_entry *e = dpp->pulses;

        dpp->pulses = e->next;
        free(e);
    }
    while (dpp->messages != NULL) {
        struct message_entry *e = dpp->messages;

        dpp->messages = e->next;
        free(e);
    }
    while (dpp->selects != NULL) {
        struct select_entry *e = dpp->selects;

        ionotify(e->fd, _NOTIFY_ACTION_POLLARM, 0, NULL);
        dpp->selects = e->next;
        free(e);
    }
}

/* No thread may be blocked on or handling an event of dpp. */
int dispatch_destroy(dispatch_t *dpp)
{
    if (dpp == NULL) {
        errno = EINVAL;
        return -1;
    }
    __resmgr_link_detach_all(dpp);
    free_lists(dpp);
    if (dpp->coid != -1)
        ConnectDetach(dpp->coid);
    if (dpp->own_channel)
        ChannelDestroy(dpp->chid);
    pthread_mutex_destroy(&dpp->lock);
    free(dpp);
    return 0;
}

/* One allocation: our private part, the context with its parts, the message area. */
resmgr_context_t *resmgr_context_alloc(dispatch_t *dpp)
{
    unsigned nparts;
    size_t max, head;
    char *block;
    dispatch_context_t *ctp;

    if (dpp == NULL) {
        errno = EINVAL;
        return NULL;
    }
    pthread_mutex_lock(&dpp->lock);
    nparts = dpp->nparts_max;
    max = dpp->msg_max_size;
    pthread_mutex_unlock(&dpp->lock);
    head = sizeof(*ctp) + nparts * sizeof(iov_t);
    head = (head + 15) & ~(size_t)15;
    block = calloc(1, CONTEXT_PRIVATE_SIZE + head + max + sizeof(resmgr_iomsgs_t) + MSG_SLACK);
    if (block == NULL)
        return NULL;
    ctp = (dispatch_context_t *)(void *)(block + CONTEXT_PRIVATE_SIZE);
    ctp->resmgr_context.dpp = dpp;
    ctp->resmgr_context.rcvid = -1;
    ctp->resmgr_context.msg_max_size = max;
    ctp->resmgr_context.msg = (resmgr_iomsgs_t *)(void *)((char *)ctp + head);
    return &ctp->resmgr_context;
}

void resmgr_context_free(resmgr_context_t *ctp)
{
    if (ctp != NULL)
        free(context_private(ctp));
}

dispatch_context_t *dispatch_context_alloc(dispatch_t *dpp)
{
    return (dispatch_context_t *)resmgr_context_alloc(dpp);
}

void dispatch_context_free(dispatch_context_t *ctp)
{
    resmgr_context_free(&ctp->resmgr_context);
}

/* A context for the limits of now, when an attach has raised them since ctp was made. */
static resmgr_context_t *fit(resmgr_context_t *ctp)
{
    dispatch_t *dpp = ctp->dpp;
    resmgr_context_t *bigger;

    if (__atomic_load_n(&dpp->msg_max_size, __ATOMIC_RELAXED) <= ctp->msg_max_size)
        return ctp;
    bigger = resmgr_context_alloc(dpp);
    if (bigger == NULL)
        return NULL;
    resmgr_context_free(ctp);
    return bigger;
}

resmgr_context_t *resmgr_block(resmgr_context_t *ctp)
{
    dispatch_t *dpp = ctp->dpp;
    size_t room;
    int rcvid;

    if (__dispatch_channel(dpp) == -1 || (ctp = fit(ctp)) == NULL)
        return NULL;
    room = ctp->msg_max_size + sizeof(resmgr_iomsgs_t);
    if (dpp->timeout_ns >= 0) {
        uint64_t ns = (uint64_t)dpp->timeout_ns;

        TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, &ns, NULL);
    }
    rcvid = MsgReceive(dpp->chid, ctp->msg, room, &ctp->info);
    if (rcvid == -1 && errno != ETIMEDOUT)
        return NULL;
    ctp->rcvid = rcvid;
    ctp->id = -1;
    ctp->status = 0;
    ctp->offset = 0;
    ctp->size = rcvid > 0 ? (size_t)ctp->info.msglen : rcvid == 0 ? sizeof(struct _pulse) : 0;
    if (ctp->size > room)
        ctp->size = room;
    /* A handler may look at all of its fixed message: no leftovers of other clients there. */
    if (ctp->size < sizeof(resmgr_iomsgs_t))
        memset((char *)ctp->msg + ctp->size, 0, sizeof(resmgr_iomsgs_t) - ctp->size);
    return ctp;
}

dispatch_context_t *dispatch_block(dispatch_context_t *ctp)
{
    return (dispatch_context_t *)resmgr_block(&ctp->resmgr_context);
}

int dispatch_handler(dispatch_context_t *ctp)
{
    return resmgr_handler(&ctp->resmgr_context);
}

int resmgr_handler(resmgr_context_t *ctp)
{
    if (ctp->rcvid == -1)
        return 0;
    if (ctp->rcvid == 0)
        return __dispatch_pulse((dispatch_context_t *)ctp);
    if (ctp->size < sizeof(uint16_t)) {
        MsgError(ctp->rcvid, EBADMSG);
        return -1;
    }
    if (ctp->msg->type >= _IO_BASE && ctp->msg->type <= _IO_MAX && ctp->dpp->resmgr)
        return __resmgr_message(ctp);
    return __dispatch_message(ctp);
}

void resmgr_unblock(resmgr_context_t *ctp)
{
    int coid = __dispatch_self(ctp->dpp);

    if (coid != -1)
        MsgSendPulse(coid, -1, PULSE_CODE_WAKE, 0);
}

void dispatch_unblock(dispatch_context_t *ctp)
{
    resmgr_unblock(&ctp->resmgr_context);
}

int dispatch_timeout(dispatch_t *dpp, struct timespec *reltime)
{
    if (dpp == NULL ||
        (reltime != NULL && (reltime->tv_nsec < 0 || reltime->tv_nsec >= 1000000000L ||
                             reltime->tv_sec < 0 || reltime->tv_sec > 9000000000L))) {
        errno = EINVAL;
        return -1;
    }
    dpp->timeout_ns =
        reltime == NULL ? -1 : (int64_t)reltime->tv_sec * 1000000000 + reltime->tv_nsec;
    return 0;
}
