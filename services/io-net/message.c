/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of /dev/socket and of the sockets. */
#include <abi/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/dcmd_chr.h>
#include <sys/neutrino.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "iface.h"
#include "sock.h"

static resmgr_io_funcs_t *funcs;

static bool is_root(resmgr_context_t *ctp)
{
    struct _client_info info;
    return iofunc_client_info(ctp, 0, &info) == EOK && info.cred.euid == 0;
}

static void identify(resmgr_context_t *ctp, struct sock_cred *cred)
{
    struct _client_info info;
    *cred = (struct sock_cred){.pid = ctp->info.pid, .uid = UINT32_MAX, .gid = UINT32_MAX};
    if (iofunc_client_info(ctp, 0, &info) == EOK) {
        cred->uid = info.cred.euid;
        cred->gid = info.cred.egid;
    }
}

static bool nonblocking(const iofunc_ocb_t *ocb, int flags)
{
    return (ocb->ioflag & O_NONBLOCK) || (flags & MSG_DONTWAIT);
}

/* ------------------------------------------------------------------ making sockets */

/* socket(); any other use of the name is of /dev/socket itself. */
static int io_open(resmgr_context_t *ctp, io_open_t *msg, struct sock *handle, void *extra)
{
    struct _sock_open how;
    struct sock *s;
    if (S_ISSOCK(handle->attr.mode) && handle->link > 0 && msg->connect.subtype == _IO_CONNECT_OPEN)
        return EOPNOTSUPP; /* the name of a local socket is connected to, not opened */
    if (msg->connect.subtype != _IO_CONNECT_OPEN || msg->connect.extra_type != _IO_CONNECT_EXTRA_SOCKET)
        return iofunc_open_default(ctp, msg, handle, extra);
    if (extra == NULL || msg->connect.extra_len != sizeof how)
        return EBADMSG;
    memcpy(&how, extra, sizeof how);
    int error = sock_new(how.domain, how.type, how.protocol, is_root(ctp), &s);
    if (error == 0) {
        identify(ctp, &s->own_cred);
        error = iofunc_ocb_attach(ctp, msg, NULL, s, funcs);
        if (error != 0)
            sock_free(s);
    }
    return error;
}

static int bind_second(resmgr_context_t *ctp, const io_openfd_t *msg, struct sock *s)
{
    iofunc_ocb_t *ocb = iofunc_ocb_calloc(ctp, s);
    if (ocb == NULL)
        return ENOMEM;
    ocb->attr = s;
    ocb->ioflag = (int32_t)(_IO_FLAG_RD | _IO_FLAG_WR | (msg->i.ioflag & O_NONBLOCK));
    int error = iofunc_ocb_attach(ctp, NULL, ocb, s, funcs);
    if (error != 0)
        iofunc_ocb_free(ocb);
    return error;
}

static int io_openfd(resmgr_context_t *ctp, io_openfd_t *msg, iofunc_ocb_t *ocb)
{
    struct sock *from = ocb->attr, *s;
    int error = 0;
    if (from->ops == NULL)
        return ENOSYS;
    if (msg->i.xtype == _SOCK_OPENFD_PAIR)
        error = local_pair(from, &s);
    else if (msg->i.xtype != _SOCK_OPENFD_ACCEPT)
        return ENOSYS;
    else if (!from->listening)
        return EINVAL;
    else if ((s = sock_next_accepted(from)) == NULL)
        return EAGAIN;
    if (error != 0)
        return error;
    sock_accepted(s);
    error = bind_second(ctp, msg, s);
    if (error != 0)
        sock_free(s);
    return error;
}

static int io_close_ocb(resmgr_context_t *ctp, void *reserved, iofunc_ocb_t *ocb)
{
    struct sock *s = ocb->attr;
    iofunc_notify_remove(ctp, s->notify);
    iofunc_close_ocb_default(ctp, reserved, ocb);
    if (s->ops != NULL && s->attr.count == 0)
        sock_free(s);
    return EOK;
}

/* ------------------------------------------------------------------ data */

static int receive(resmgr_context_t *ctp, iofunc_ocb_t *ocb, uint32_t nbytes, int flags, bool plain)
{
    struct sock *s = ocb->attr;
    struct waiter now = {
        .node.rcvid = ctp->rcvid, .sock = s, .flags = flags, .nbytes = nbytes, .plain = plain};
    if (s->listening)
        return ENOTCONN;
    if (flags & ~(MSG_PEEK | MSG_DONTWAIT | MSG_WAITALL | MSG_TRUNC | MSG_NOSIGNAL | MSG_CMSG_CLOEXEC))
        return EOPNOTSUPP;
    if (nonblocking(ocb, flags))
        now.flags &= ~MSG_WAITALL;
    int error = s->waiting[WAIT_RECV].head == NULL ? recv_answer(s, &now) : EAGAIN;
    sock_settle(s);
    if (error == 0)
        return _RESMGR_NOREPLY;
    if (error != EAGAIN || nonblocking(ocb, flags))
        return error;
    return sock_wait(s, WAIT_RECV, &now) != NULL ? _RESMGR_NOREPLY : ENOBUFS;
}

static int transmit(resmgr_context_t *ctp, iofunc_ocb_t *ocb, struct waiter *w, int flags,
                    const struct net_addr *to)
{
    struct sock *s = ocb->attr;
    if (flags & ~(MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE | MSG_DONTROUTE | MSG_EOR))
        return EOPNOTSUPP;
    if (to != NULL && s->connected && s->stream)
        return EISCONN;
    int error = s->waiting[WAIT_SEND].head == NULL ? s->ops->send(s, w, to) : EAGAIN;
    sock_settle(s);
    if (error == 0 || (w->done > 0 && (error != EAGAIN || nonblocking(ocb, flags)))) {
        MsgReply(ctp->rcvid, (long)w->done, NULL, 0);
        return _RESMGR_NOREPLY;
    }
    if (error != EAGAIN || nonblocking(ocb, flags))
        return error;
    return sock_wait(s, WAIT_SEND, w) != NULL ? _RESMGR_NOREPLY : ENOBUFS;
}

static int io_read(resmgr_context_t *ctp, io_read_t *msg, iofunc_ocb_t *ocb)
{
    if (ocb->attr->ops == NULL)
        return ENOSYS;
    if ((msg->i.xtype & _IO_XTYPE_MASK) != _IO_XTYPE_NONE)
        return (msg->i.xtype & _IO_XTYPE_MASK) == _IO_XTYPE_OFFSET ? ESPIPE : ENOSYS;
    return receive(ctp, ocb, msg->i.nbytes, 0, true);
}

static int io_write(resmgr_context_t *ctp, io_write_t *msg, iofunc_ocb_t *ocb)
{
    struct waiter w = {.node.rcvid = ctp->rcvid,
                       .nbytes = msg->i.nbytes,
                       .offset = ctp->offset + sizeof msg->i};
    if (ocb->attr->ops == NULL)
        return ENOSYS;
    if ((msg->i.xtype & _IO_XTYPE_MASK) != _IO_XTYPE_NONE)
        return (msg->i.xtype & _IO_XTYPE_MASK) == _IO_XTYPE_OFFSET ? ESPIPE : ENOSYS;
    return transmit(ctp, ocb, &w, 0, NULL);
}

/* ------------------------------------------------------------------ the rest of a socket's life */

static int do_bind(resmgr_context_t *ctp, struct sock *s, const struct request *rq)
{
    if (rq->addr.family == NET_NONE)
        return EAFNOSUPPORT;
    if (rq->addr.port != 0 && rq->addr.port < 1024 && !is_root(ctp))
        return EACCES;
    if (rq->addr.family == NET_LOCAL)
        return local_name_bind(ctp, s, rq);
    return s->ops->bind(s, &rq->addr);
}

static int do_connect(resmgr_context_t *ctp, iofunc_ocb_t *ocb, const struct request *rq)
{
    struct sock *s = ocb->attr;
    struct waiter w = {.node.rcvid = ctp->rcvid};
    if (s->ops->connect == NULL)
        return EOPNOTSUPP;
    int error = rq->addr.family == NET_LOCAL ? local_name_access(ctp, rq->addr.scope) : 0;
    if (error == 0 && s->domain == AF_UNIX)
        identify(ctp, &s->own_cred);
    if (error == 0)
        error = s->ops->connect(s, &rq->addr);
    if (error != EINPROGRESS || nonblocking(ocb, 0))
        return error;
    return sock_wait(s, WAIT_CONNECT, &w) != NULL ? _RESMGR_NOREPLY : ENOBUFS;
}

/* Who asked last to listen is whom SO_PEERCRED of those who connect names. */
static int do_listen(resmgr_context_t *ctp, struct sock *s, int backlog)
{
    if (s->ops->listen == NULL)
        return EOPNOTSUPP;
    if (s->domain == AF_UNIX)
        identify(ctp, &s->own_cred);
    return s->ops->listen(s, backlog);
}

static int do_wait(resmgr_context_t *ctp, iofunc_ocb_t *ocb)
{
    struct sock *s = ocb->attr;
    struct waiter w = {.node.rcvid = ctp->rcvid};
    if (!s->listening)
        return s->ops->listen == NULL ? EOPNOTSUPP : EINVAL;
    if (s->accept_head != NULL)
        return EOK;
    if (nonblocking(ocb, 0))
        return EAGAIN;
    return sock_wait(s, WAIT_ACCEPT, &w) != NULL ? _RESMGR_NOREPLY : ENOBUFS;
}

static int do_name(resmgr_context_t *ctp, struct sock *s, bool peer)
{
    struct net_addr local, remote;
    struct _sock_reply r = {0};
    if (peer && !s->connected)
        return ENOTCONN;
    s->ops->name(s, &local, &remote);
    r.addr_len = (uint32_t)address_format(peer ? &remote : &local, s->domain, r.addr);
    MsgReply(ctp->rcvid, 0, &r, sizeof r);
    return _RESMGR_NOREPLY;
}

static int do_shutdown(struct sock *s, int how)
{
    if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
        return EINVAL;
    int error = s->ops->shutdown(s, how != SHUT_WR, how != SHUT_RD);
    sock_service(s);
    return error;
}

static int do_send(resmgr_context_t *ctp, iofunc_ocb_t *ocb, const struct request *rq)
{
    struct waiter w = {.node.rcvid = ctp->rcvid,
                       .flags = rq->flags,
                       .nbytes = rq->data_len,
                       .offset = ctp->offset + rq->data_offset};
    if (rq->addr.family == NET_LOCAL && !ocb->attr->stream) {
        int error = local_name_access(ctp, rq->addr.scope);
        if (error != 0)
            return error;
        w.name_id = rq->addr.scope;
    }
    return transmit(ctp, ocb, &w, rq->flags, rq->addr.family != NET_NONE ? &rq->addr : NULL);
}

static int handle(resmgr_context_t *ctp, iofunc_ocb_t *ocb, const struct request *rq)
{
    struct sock *s = ocb->attr;
    switch (rq->subtype) {
    case _SOCK_BIND:
        return do_bind(ctp, s, rq);
    case _SOCK_CONNECT:
        return do_connect(ctp, ocb, rq);
    case _SOCK_LISTEN:
        return do_listen(ctp, s, rq->flags);
    case _SOCK_WAIT:
        return do_wait(ctp, ocb);
    case _SOCK_SEND:
        return do_send(ctp, ocb, rq);
    case _SOCK_RECV:
        return receive(ctp, ocb, rq->data_len, rq->flags, false);
    case _SOCK_NAME:
        return do_name(ctp, s, false);
    case _SOCK_PEER:
        return do_name(ctp, s, true);
    case _SOCK_GETOPT:
        return option_get(ctp, s, rq);
    case _SOCK_SETOPT:
        return option_set(s, rq);
    case _SOCK_SHUTDOWN:
        return do_shutdown(s, rq->flags);
    case _SOCK_LIST:
        return iface_list(ctp, rq);
    case _SOCK_SETIF:
        return is_root(ctp) ? iface_set(rq) : EPERM;
    default:
        return ENOSYS;
    }
}

static int io_msg(resmgr_context_t *ctp, io_msg_t *msg, iofunc_ocb_t *ocb)
{
    struct request rq;
    size_t whole = ctp->info.srcmsglen > 0 ? (size_t)ctp->info.srcmsglen : 0;
    if (ocb->attr->ops == NULL)
        return ENOSYS;
    if (whole < ctp->size)
        whole = ctp->size;
    int error = request_parse(msg, ctp->size - ctp->offset, whole - ctp->offset, ocb->attr->domain, &rq);
    if (error == 0 && rq.addr.family == NET_LOCAL) {
        rq.addr.scope = (uint32_t)rq.option; /* the inode of the name, which libc has found */
        if (rq.option == 0 && (rq.subtype != _SOCK_BIND || rq.data_len == 0))
            error = ENOLINK; /* or has to find */
    }
    return error != 0 ? error : handle(ctp, ocb, &rq);
}

static int io_notify(resmgr_context_t *ctp, io_notify_t *msg, iofunc_ocb_t *ocb)
{
    struct sock *s = ocb->attr;
    if (s->ops == NULL)
        return ENOSYS;
    int trigger = (sock_readable(s) ? (int)_NOTIFY_COND_INPUT : 0) |
                  (sock_writable(s) ? (int)_NOTIFY_COND_OUTPUT : 0);
    bool hung_up = s->stream && s->end_of_data && (s->write_shut || s->error != 0);
    int rc = iofunc_notify(ctp, msg, s->notify, trigger, NULL, NULL);
    if (rc < 0 && rc != _RESMGR_NOREPLY)
        msg->o.flags2 = (s->error != 0 ? POLLERR : 0) | (hung_up ? POLLHUP : 0);
    return rc;
}

static int io_devctl(resmgr_context_t *ctp, io_devctl_t *msg, iofunc_ocb_t *ocb)
{
    struct sock *s = ocb->attr;
    int status = iofunc_devctl_default(ctp, msg, ocb);
    if (status != (int)_RESMGR_DEFAULT || s->ops == NULL)
        return status;
    if (msg->i.dcmd != DCMD_CHR_ISCHARS)
        return ENOTTY;
    if (msg->i.nbytes < sizeof(int))
        return EINVAL;
    int n = (int)recv_available(s);
    memset(&msg->o, 0, sizeof msg->o);
    msg->o.nbytes = sizeof n;
    memcpy(_DEVCTL_DATA(msg->o), &n, sizeof n);
    return _RESMGR_PTR(ctp, &msg->o, sizeof msg->o + sizeof n);
}

static int io_unblock(resmgr_context_t *ctp, io_pulse_t *msg, iofunc_ocb_t *ocb)
{
    struct sock *s = ocb->attr;
    for (int kind = 0; s->ops != NULL && kind < WAIT_KINDS; kind++) {
        struct waiter *w = waitq_take(&s->waiting[kind], ctp->rcvid);
        if (w == NULL)
            continue;
        sock_give_up(w, EINTR);
        sock_service(s); /* who waited behind it may go on */
        return _RESMGR_NOREPLY;
    }
    return iofunc_unblock_default(ctp, msg, ocb);
}

static int io_unlink(resmgr_context_t *ctp, io_unlink_t *msg, struct sock *handle, void *reserved)
{
    (void)msg, (void)reserved;
    return handle->link > 0 ? local_name_unlink(ctp, handle) : ENOSYS;
}

static int io_lseek(resmgr_context_t *ctp, io_lseek_t *msg, iofunc_ocb_t *ocb)
{
    (void)ctp, (void)msg, (void)ocb;
    return ESPIPE;
}

void message_init(resmgr_connect_funcs_t *connect, resmgr_io_funcs_t *io)
{
    funcs = io;
    connect->open = io_open;
    connect->unlink = io_unlink;
    io->read = io_read;
    io->write = io_write;
    io->msg = io_msg;
    io->notify = io_notify;
    io->devctl = io_devctl;
    io->openfd = io_openfd;
    io->unblock = io_unblock;
    io->lseek = io_lseek;
    io->close_ocb = io_close_ocb;
}
