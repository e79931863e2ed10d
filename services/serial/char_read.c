/* SPDX-License-Identifier: Apache-2.0 */
/* Reads: the clients that wait for input, their timers, and what a signal key makes of them. */
#include "chardev.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#define NS_PER_DS 100000000UL

static void reply_read(struct chardev *dev, int rcvid, size_t nbytes)
{
    static uint8_t buffer[LD_IN_SIZE];
    size_t n = ldisc_read(&dev->ld, buffer, nbytes < sizeof buffer ? nbytes : sizeof buffer);
    if (n > 0)
        dev->attr.flags |= IOFUNC_ATTR_ATIME;
    MsgReply(rcvid, (long)n, buffer, n);
}

/* May this waiter's read be answered?  Keeps its timer right otherwise. */
static bool read_is_ready(struct chardev *dev, struct waiter *w, uint64_t now)
{
    unsigned arm_ds;
    bool expired =
        (w->deadline_ns != 0 && now >= w->deadline_ns) || (w->limit_ns != 0 && now >= w->limit_ns);
    if (ldisc_read_state(&dev->ld, w->nbytes, &w->cond, expired, &arm_ds))
        return true;
    if (arm_ds == 0) {
        w->deadline_ns = 0;
    } else if (w->deadline_ns == 0 || (w->cond.min > 0 && w->seen != dev->ld.head)) {
        w->deadline_ns = now + arm_ds * NS_PER_DS;
        w->seen = dev->ld.head;
    }
    return false;
}

void chardev_serve_readers(struct chardev *dev)
{
    uint64_t now = dev->readers.head != NULL ? chardev_now_ns() : 0;
    struct waiter *w;
    while ((w = waiter_first(&dev->readers)) != NULL) {
        if (!w->own_cond)
            w->cond = (struct ld_cond){dev->ld.tio.c_cc[VMIN], dev->ld.tio.c_cc[VTIME]};
        if (!dev->hung_up && !read_is_ready(dev, w, now))
            break;
        waitq_take(&dev->readers, w->node.rcvid);
        reply_read(dev, w->node.rcvid, w->nbytes);
        free(w);
    }
    if (dev->readers.head == NULL)
        return;
    /* Behind the first one only a total timeout can run out. */
    for (w = waiter_next(waiter_first(&dev->readers)); w != NULL;) {
        struct waiter *next = waiter_next(w);
        uint64_t limit = w->limit_ns != 0 ? w->limit_ns : w->cond.min == 0 ? w->deadline_ns : 0;
        if (limit != 0 && now >= limit) {
            waitq_take(&dev->readers, w->node.rcvid);
            MsgReply(w->node.rcvid, 0, NULL, 0);
            free(w);
        }
        w = next;
    }
}

/* What comes next is for whoever reads from now on: a process that the keyboard has stopped or ended, or that is in the background now,
 * would take another one's line along.  The others send again and do not notice. */
void chardev_restart_readers(struct chardev *dev)
{
    struct waiter *w;
    while ((w = waiter_first(&dev->readers)) != NULL) {
        struct _msg_info info;
        int rcvid = w->node.rcvid;
        free(waitq_take(&dev->readers, rcvid));
        bool is_interrupted = MsgInfo(rcvid, &info) == 0 && (info.flags & _NTO_MI_UNBLOCK_REQ);
        MsgError(rcvid, is_interrupted ? EINTR : ERESTART);
    }
}

/* A read that was under way when a signal key came: true once for each thread, which then has to leave the kernel before it can send
 * again, and stops or ends there if the key was meant for it. */
static bool must_look_first(struct chardev *dev, const struct _msg_info *info)
{
    if (dev->aware_count == -1 || dev->aware_count == (int)(sizeof dev->aware / sizeof dev->aware[0]))
        return false;
    for (int i = 0; i < dev->aware_count; i++)
        if (dev->aware[i].pid == info->pid && dev->aware[i].tid == info->tid)
            return false;
    dev->aware[dev->aware_count].pid = info->pid;
    dev->aware[dev->aware_count++].tid = info->tid;
    return true;
}

/* Non-blocking: whatever is there; nothing there is EAGAIN, but MIN 0 TIME 0 reads 0 bytes as it
 * always does. */
static int read_nonblocking(struct chardev *dev, resmgr_context_t *ctp, size_t nbytes,
                            const struct ld_cond *cond)
{
    bool canonical = dev->ld.tio.c_lflag & ICANON;
    if (!ldisc_has_input(&dev->ld) && (canonical || cond->min > 0 || cond->time_ds > 0))
        return EAGAIN;
    reply_read(dev, ctp->rcvid, nbytes);
    chardev_service(dev);
    return _RESMGR_NOREPLY;
}

int chardev_read(resmgr_context_t *ctp, io_read_t *msg, iofunc_ocb_t *ocb)
{
    struct chardev *dev = ocb->attr;
    int nonblock;
    int error = iofunc_read_verify(ctp, msg, ocb, &nonblock);
    if (error != EOK)
        return error;
    struct ld_cond cond = {dev->ld.tio.c_cc[VMIN], dev->ld.tio.c_cc[VTIME]};
    unsigned limit_ds = 0;
    unsigned xtype = msg->i.xtype & _IO_XTYPE_MASK;
    if (xtype == _IO_XTYPE_READCOND) {
        const struct _io_readcond_xtype *extra = (const void *)(&msg->i + 1);
        if (ctp->size - ctp->offset < sizeof msg->i + sizeof *extra)
            return EBADMSG;
        cond = (struct ld_cond){extra->min, extra->time};
        limit_ds = extra->timeout;
    } else if (xtype != _IO_XTYPE_NONE) {
        return ENOSYS;
    }
    if (msg->i.nbytes == 0 || dev->hung_up) {
        _IO_SET_READ_NBYTES(ctp, 0);
        return EOK;
    }
    error = chardev_may_access(dev, ctp, SIGTTIN);
    if (error != EOK)
        return error;
    if (must_look_first(dev, &ctp->info))
        return ERESTART;
    if (nonblock)
        return read_nonblocking(dev, ctp, msg->i.nbytes, &cond);

    struct waiter *w = calloc(1, sizeof *w);
    if (w == NULL)
        return ENOMEM;
    w->node.rcvid = ctp->rcvid;
    w->nbytes = msg->i.nbytes;
    w->cond = cond;
    w->own_cond = xtype == _IO_XTYPE_READCOND;
    uint64_t now = chardev_now_ns();
    if (limit_ds > 0)
        w->limit_ns = now + limit_ds * NS_PER_DS;
    if (cond.min == 0 && cond.time_ds > 0 && !(dev->ld.tio.c_lflag & ICANON))
        w->deadline_ns = now + cond.time_ds * NS_PER_DS;
    waitq_push(&dev->readers, &w->node);
    chardev_service(dev);
    return _RESMGR_NOREPLY;
}
