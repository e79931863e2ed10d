/* SPDX-License-Identifier: Apache-2.0 */
/* The master of a pseudo terminal.  A handler never waits: a read without output, or a write that finds no room, goes to a queue, and
 * the client stays REPLY-blocked. */
struct pty_master;
#define IOFUNC_ATTR_T   struct pty_master
#define RESMGR_HANDLE_T struct pty_master

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/dcmd_chr.h>
#include <sys/iofunc.h>
#include <sys/neutrino.h>
#include <sys/stat.h>
#include <termios.h>

#include "../lib/waitq.h"
#include "ldisc.h"
#include "pty.h"

struct pty_master {
    iofunc_attr_t attr; /* first: the framework's handle */
    iofunc_notify_t notify[3];
    struct chardev *slave;
    struct ldisc *ld;
    bool is_open;
    struct waitq readers, writers; /* of struct request */
};

struct request {
    struct wait_node node;
    size_t nbytes, done;
    size_t offset; /* of the data in the client's message (writes) */
};

static bool is_user(uint32_t ioflag)
{
    return ioflag & (_IO_FLAG_RD | _IO_FLAG_WR); /* stat() and its kin open, too */
}

/* ------------------------------------------------------------------ bytes */

static bool has_output(const struct pty_master *m)
{
    return ldisc_out_pending(m->ld) || pty_slave_is_left(m->slave);
}

static bool has_room(const struct pty_master *m)
{
    return ldisc_takes_input(m->ld) || pty_slave_is_left(m->slave);
}

/* The slave's output; nothing, the end of file, when nobody has it open any more. */
static void reply_read(struct pty_master *m, int rcvid, size_t nbytes)
{
    static uint8_t buffer[LD_OUT_SIZE];
    size_t n = 0;
    int c;
    while (n < nbytes && n < sizeof buffer && (c = ldisc_out_get(m->ld)) >= 0)
        buffer[n++] = (uint8_t)c;
    if (n > 0)
        m->attr.flags |= IOFUNC_ATTR_ATIME;
    MsgReply(rcvid, (long)n, buffer, n);
}

/* Bytes of one client's message to the line discipline while it has room; a signal key is for who is in the foreground now, so that
 * what is behind it has to wait for the next call.  0 or the errno of a client that is gone. */
static int feed(struct pty_master *m, struct request *r)
{
    uint8_t buffer[1024];
    while (r->done < r->nbytes && ldisc_takes_input(m->ld)) {
        size_t want = r->nbytes - r->done, used = 0;
        ssize_t n = MsgRead(r->node.rcvid, buffer, want < sizeof buffer ? want : sizeof buffer, r->offset + r->done);
        if (n == -1)
            return errno;
        if (n == 0) { /* the client promised more than it sent */
            r->nbytes = r->done;
            break;
        }
        bool is_key = false;
        while (used < (size_t)n && !is_key && ldisc_takes_input(m->ld)) {
            ldisc_input(m->ld, buffer[used++], LD_OK);
            is_key = m->ld->events & (LD_EV_INTR | LD_EV_QUIT | LD_EV_SUSP);
        }
        r->done += used;
        m->attr.flags |= IOFUNC_ATTR_MTIME | IOFUNC_ATTR_CTIME;
        if (is_key)
            break;
    }
    return 0;
}

static bool serve_readers(struct pty_master *m)
{
    struct wait_node *node;
    bool moved = false;
    while ((node = m->readers.head) != NULL && has_output(m)) {
        struct request *r = waitq_take(&m->readers, node->rcvid);
        reply_read(m, r->node.rcvid, r->nbytes);
        free(r);
        moved = true;
    }
    return moved;
}

static bool serve_writers(struct pty_master *m)
{
    struct request *r;
    bool moved = false;
    while ((r = (struct request *)m->writers.head) != NULL) {
        size_t before = r->done;
        int error = pty_slave_is_left(m->slave) ? EIO : feed(m, r);
        moved = moved || r->done != before;
        if (error == 0 && r->done < r->nbytes)
            break;
        waitq_take(&m->writers, r->node.rcvid);
        if (error != 0 && r->done == 0)
            MsgError(r->node.rcvid, error);
        else
            MsgReply(r->node.rcvid, (long)r->done, NULL, 0);
        free(r);
    }
    return moved;
}

bool pty_master_serve(struct pty_master *m)
{
    bool moved = serve_readers(m);
    moved = serve_writers(m) || moved;
    if (has_output(m))
        iofunc_notify_trigger(m->notify, 1, IOFUNC_NOTIFY_INPUT);
    if (has_room(m))
        iofunc_notify_trigger(m->notify, 1, IOFUNC_NOTIFY_OUTPUT);
    return moved;
}

/* ------------------------------------------------------------------ callouts */

static int wait_for(struct waitq *queue, const struct request *request)
{
    struct request *r = malloc(sizeof *r);
    if (r == NULL)
        return ENOMEM;
    *r = *request;
    waitq_push(queue, &r->node);
    return _RESMGR_NOREPLY;
}

static int io_read(resmgr_context_t *ctp, io_read_t *msg, iofunc_ocb_t *ocb)
{
    struct pty_master *m = ocb->attr;
    int nonblock;
    int error = iofunc_read_verify(ctp, msg, ocb, &nonblock);
    if (error != EOK)
        return error;
    if ((msg->i.xtype & _IO_XTYPE_MASK) != _IO_XTYPE_NONE)
        return ENOSYS;
    if (msg->i.nbytes == 0) {
        _IO_SET_READ_NBYTES(ctp, 0);
        return EOK;
    }
    if (m->readers.head == NULL && has_output(m)) {
        reply_read(m, ctp->rcvid, msg->i.nbytes);
        pty_slave_service(m->slave);
        return _RESMGR_NOREPLY;
    }
    if (nonblock)
        return EAGAIN;
    return wait_for(&m->readers, &(struct request){.node.rcvid = ctp->rcvid, .nbytes = msg->i.nbytes});
}

static int io_write(resmgr_context_t *ctp, io_write_t *msg, iofunc_ocb_t *ocb)
{
    struct pty_master *m = ocb->attr;
    int nonblock;
    int error = iofunc_write_verify(ctp, msg, ocb, &nonblock);
    if (error != EOK)
        return error;
    if ((msg->i.xtype & _IO_XTYPE_MASK) != _IO_XTYPE_NONE)
        return ENOSYS;
    if (pty_slave_is_left(m->slave))
        return EIO;
    struct request now = {
        .node.rcvid = ctp->rcvid, .nbytes = msg->i.nbytes, .offset = ctp->offset + sizeof msg->i};
    size_t before;
    /* Writes keep their order: with others waiting, nobody gets ahead. */
    if (m->writers.head == NULL) {
        do { /* a reader that takes it makes room again */
            before = now.done;
            error = feed(m, &now);
            if (error != EOK)
                return error;
            pty_slave_service(m->slave);
        } while (now.done != before && now.done < now.nbytes);
    }
    if (now.done == now.nbytes || (nonblock && now.done > 0)) {
        _IO_SET_WRITE_NBYTES(ctp, (long)now.done);
        return EOK;
    }
    return nonblock ? EAGAIN : wait_for(&m->writers, &now);
}

static int io_notify(resmgr_context_t *ctp, io_notify_t *msg, iofunc_ocb_t *ocb)
{
    struct pty_master *m = ocb->attr;
    int trigger = (has_output(m) ? _NOTIFY_COND_INPUT : 0) | (has_room(m) ? _NOTIFY_COND_OUTPUT : 0);
    return iofunc_notify(ctp, msg, m->notify, trigger, NULL, NULL);
}

static int io_unblock(resmgr_context_t *ctp, io_pulse_t *msg, iofunc_ocb_t *ocb)
{
    struct pty_master *m = ocb->attr;
    struct request *r = waitq_take(&m->writers, ctp->rcvid);
    if (r != NULL && r->done > 0) {
        MsgReply(ctp->rcvid, (long)r->done, NULL, 0);
        free(r);
        return _RESMGR_NOREPLY;
    }
    if (r == NULL)
        r = waitq_take(&m->readers, ctp->rcvid);
    if (r == NULL)
        return iofunc_unblock_default(ctp, msg, ocb);
    free(r);
    return EINTR;
}

/* A number for the client. */
static int answer(resmgr_context_t *ctp, io_devctl_t *msg, int number)
{
    if (msg->i.nbytes < sizeof number)
        return EINVAL;
    memset(&msg->o, 0, sizeof msg->o);
    msg->o.nbytes = sizeof number;
    memcpy(_DEVCTL_DATA(msg->o), &number, sizeof number);
    return _RESMGR_PTR(ctp, &msg->o, sizeof msg->o + sizeof number);
}

/* The master's user sets the terminal up: its attributes, size and foreground group are the slave's.  He cannot wait for output to
 * drain that he has to read himself, and has no session there. */
static int io_devctl(resmgr_context_t *ctp, io_devctl_t *msg, iofunc_ocb_t *ocb)
{
    struct pty_master *m = ocb->attr;
    int status = iofunc_devctl_default(ctp, msg, ocb);
    if (status != (int)_RESMGR_DEFAULT)
        return status;
    switch (msg->i.dcmd) {
    case DCMD_CHR_ISCHARS:
        return answer(ctp, msg, (int)(m->ld->out_head - m->ld->out_tail));
    case DCMD_CHR_OSCHARS:
        return answer(ctp, msg, (int)(m->ld->head - m->ld->tail));
    case DCMD_CHR_TCGETPGRP:
        return answer(ctp, msg, pty_slave_group(m->slave));
    case DCMD_CHR_TCDRAIN:
        return EOK;
    case DCMD_CHR_TCSETATTRF:
        ldisc_flush_input(m->ld); /* fallthrough */
    case DCMD_CHR_TCSETATTRD:
        msg->i.dcmd = DCMD_CHR_TCSETATTR;
        break;
    case DCMD_CHR_TCGETATTR:
    case DCMD_CHR_TCSETATTR:
    case DCMD_CHR_TCFLUSH:
    case DCMD_CHR_GETSIZE:
    case DCMD_CHR_SETSIZE:
    case DCMD_CHR_ISATTY:
        break;
    default:
        return ENOTTY;
    }
    return pty_slave_devctl(m->slave, ctp, msg);
}

/* One program has the master, until all its descriptors are closed. */
static int io_open(resmgr_context_t *ctp, io_open_t *msg, struct pty_master *m, void *extra)
{
    bool uses = is_user(msg->connect.ioflag);
    struct _client_info info;
    if (uses && (m->is_open || pty_slave_is_open(m->slave)))
        return EBUSY;
    int error = iofunc_client_info(ctp, 0, &info);
    if (error == EOK)
        error = iofunc_open_default(ctp, msg, m, extra);
    if (error == EOK && uses) {
        m->is_open = true;
        pty_slave_connect(m->slave, info.cred.euid, info.cred.egid);
    }
    return error;
}

static void refuse_all(struct waitq *queue)
{
    struct request *r;
    while ((r = waitq_take(queue, 0)) != NULL) {
        MsgError(r->node.rcvid, EBADF);
        free(r);
    }
}

static int io_close_ocb(resmgr_context_t *ctp, void *reserved, iofunc_ocb_t *ocb)
{
    struct pty_master *m = ocb->attr;
    iofunc_notify_remove(ctp, m->notify);
    int status = iofunc_close_ocb_default(ctp, reserved, ocb);
    if (m->is_open && m->attr.rcount + m->attr.wcount == 0) {
        m->is_open = false;
        refuse_all(&m->readers);
        refuse_all(&m->writers);
        pty_slave_hangup(m->slave);
    }
    return status;
}

/* ------------------------------------------------------------------ set-up */

int pty_master_attach(dispatch_t *dpp, const char *path, struct chardev *slave, struct pty_master **made)
{
    static resmgr_connect_funcs_t connect_funcs;
    static resmgr_io_funcs_t io_funcs;
    resmgr_attr_t rattr = {.nparts_max = 1, .msg_max_size = 2048};
    struct pty_master *m = calloc(1, sizeof *m);
    if (m == NULL)
        return ENOMEM;
    iofunc_func_init(_RESMGR_CONNECT_NFUNCS, &connect_funcs, _RESMGR_IO_NFUNCS, &io_funcs);
    connect_funcs.open = io_open;
    io_funcs.read = io_read;
    io_funcs.write = io_write;
    io_funcs.devctl = io_devctl;
    io_funcs.notify = io_notify;
    io_funcs.unblock = io_unblock;
    io_funcs.close_ocb = io_close_ocb;
    iofunc_attr_init(&m->attr, S_IFCHR | 0666, NULL, NULL);
    IOFUNC_NOTIFY_INIT(m->notify);
    m->slave = slave;
    m->ld = pty_slave_ldisc(slave);
    if (resmgr_attach(dpp, &rattr, path, _FTYPE_ANY, 0, &connect_funcs, &io_funcs, m) == -1)
        return errno;
    *made = m;
    return EOK;
}
