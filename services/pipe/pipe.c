/* SPDX-License-Identifier: Apache-2.0 */
/* pipe: resource manager of /dev/pipe, behind pipe().
 *
 * Opening /dev/pipe for reading makes a new pipe; its write end is made by _IO_OPENFD on that
 * descriptor, which is what libc's pipe() does.  A pipe lives as long as it has an OCB.  Everything
 * runs in one thread: no locks. Invariant: readers wait only while the pipe is empty and has a
 * writer, writers only while it has a reader and no room for what they must write in one piece. */
/* clang-format off */
#ifdef __USAGE
%C - resource manager for pipes

%C [-o nodaemon]

Serves /dev/pipe, which pipe() needs.
 -o nodaemon  stay in the foreground
#endif
/* clang-format on */
struct pipe;
#define IOFUNC_ATTR_T   struct pipe
#define RESMGR_HANDLE_T struct pipe

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/dcmd_chr.h>
#include <sys/dispatch.h>
#include <sys/iofunc.h>
#include <sys/neutrino.h>
#include <sys/procmgr.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/serve.h"
#include "../lib/waitq.h"

#define PIPE_SIZE 16384u /* a power of two, and more than PIPE_BUF */

struct pipe {
    iofunc_attr_t attr; /* first.  rcount and wcount are the open ends */
    iofunc_notify_t notify[3];
    uint32_t head, tail;           /* free-running: head - tail bytes are there */
    struct waitq readers, writers; /* of struct waiter */
    uint8_t data[PIPE_SIZE];
};

struct waiter {
    struct wait_node node;
    size_t nbytes, done;
    size_t offset; /* of the data in a writer's message */
};

static resmgr_connect_funcs_t connect_funcs;
static resmgr_io_funcs_t io_funcs;
static struct pipe device; /* /dev/pipe itself: for stat() */
static ino_t last_inode = 1;

static uint32_t used(const struct pipe *p)
{
    return p->head - p->tail;
}

static uint32_t room(const struct pipe *p)
{
    return PIPE_SIZE - used(p);
}

/* Two parts at most: the ring's end and its beginning. */
static int ring_iov(struct pipe *p, uint32_t from, uint32_t n, iov_t iov[2])
{
    uint32_t at = from % PIPE_SIZE;
    uint32_t first = n < PIPE_SIZE - at ? n : PIPE_SIZE - at;
    SETIOV(&iov[0], p->data + at, first);
    SETIOV(&iov[1], p->data, n - first);
    return n > first ? 2 : 1;
}

static void reply_read(struct pipe *p, int rcvid, size_t nbytes)
{
    iov_t iov[2];
    uint32_t n = nbytes < used(p) ? (uint32_t)nbytes : used(p);
    int parts = ring_iov(p, p->tail, n, iov);
    if (MsgReplyv(rcvid, (long)n, iov, n == 0 ? 0 : (size_t)parts) == -1)
        return; /* the reader is gone, its bytes go to the next one */
    p->tail += n;
    p->attr.nbytes = used(p);
    p->attr.flags |= IOFUNC_ATTR_ATIME;
}

/* Takes what fits of a writer's bytes; up to PIPE_BUF of them only all at once.  0 or errno. */
static int take(struct pipe *p, struct waiter *w)
{
    while (w->done < w->nbytes) {
        iov_t iov[2];
        size_t want = w->nbytes - w->done;
        if (room(p) == 0 || (w->nbytes <= PIPE_BUF && room(p) < want))
            break;
        uint32_t n = want < room(p) ? (uint32_t)want : room(p);
        int parts = ring_iov(p, p->head, n, iov);
        ssize_t got = MsgReadv(w->node.rcvid, iov, (size_t)parts, w->offset + w->done);
        if (got == -1)
            return errno;
        if (got == 0) { /* promised more than was sent */
            w->nbytes = w->done;
            break;
        }
        p->head += (uint32_t)got;
        w->done += (size_t)got;
    }
    p->attr.nbytes = used(p);
    p->attr.flags |= IOFUNC_ATTR_MTIME | IOFUNC_ATTR_CTIME;
    return 0;
}

static bool is_readable(const struct pipe *p)
{
    return used(p) > 0 || p->attr.wcount == 0;
}

static bool is_writable(const struct pipe *p)
{
    return room(p) >= PIPE_BUF || p->attr.rcount == 0;
}

static void serve_readers(struct pipe *p)
{
    while (p->readers.head != NULL && is_readable(p)) {
        struct waiter *w = waitq_take(&p->readers, 0);
        reply_read(p, w->node.rcvid, w->nbytes);
        free(w);
    }
}

static void serve_writers(struct pipe *p)
{
    while (p->writers.head != NULL) {
        struct waiter *w = (struct waiter *)p->writers.head;
        int error = p->attr.rcount == 0 ? EPIPE : take(p, w);
        if (error == 0 && w->done < w->nbytes)
            break;
        waitq_take(&p->writers, w->node.rcvid);
        if (error != 0 && w->done == 0)
            MsgError(w->node.rcvid, error);
        else
            MsgReply(w->node.rcvid, (long)w->done, NULL, 0);
        free(w);
    }
}

/* After every change: a reader makes room for writers, a writer gives to readers, until nothing
 * moves. */
static void service(struct pipe *p)
{
    uint32_t head, tail;
    do {
        head = p->head;
        tail = p->tail;
        serve_readers(p);
        serve_writers(p);
    } while (head != p->head || tail != p->tail);
    if (is_readable(p))
        iofunc_notify_trigger(p->notify, used(p) > 0 ? (int)used(p) : 1, IOFUNC_NOTIFY_INPUT);
    if (is_writable(p))
        iofunc_notify_trigger(p->notify, room(p) > 0 ? (int)room(p) : 1, IOFUNC_NOTIFY_OUTPUT);
}

static struct waiter *new_waiter(int rcvid, size_t nbytes)
{
    struct waiter *w = calloc(1, sizeof *w);
    if (w != NULL) {
        w->node.rcvid = rcvid;
        w->nbytes = nbytes;
    }
    return w;
}

static int io_read(resmgr_context_t *ctp, io_read_t *msg, iofunc_ocb_t *ocb)
{
    struct pipe *p = ocb->attr;
    int nonblock;
    int error = iofunc_read_verify(ctp, msg, ocb, &nonblock);
    if (error != EOK)
        return error;
    if ((msg->i.xtype & _IO_XTYPE_MASK) == _IO_XTYPE_OFFSET)
        return ESPIPE;
    if ((msg->i.xtype & _IO_XTYPE_MASK) != _IO_XTYPE_NONE)
        return ENOSYS;
    if (msg->i.nbytes == 0) {
        _IO_SET_READ_NBYTES(ctp, 0);
        return EOK;
    }
    if (is_readable(p) && p->readers.head == NULL) {
        reply_read(p, ctp->rcvid, msg->i.nbytes);
        service(p);
        return _RESMGR_NOREPLY;
    }
    if (nonblock)
        return EAGAIN;
    struct waiter *w = new_waiter(ctp->rcvid, msg->i.nbytes);
    if (w == NULL)
        return ENOMEM;
    waitq_push(&p->readers, &w->node);
    return _RESMGR_NOREPLY;
}

static int io_write(resmgr_context_t *ctp, io_write_t *msg, iofunc_ocb_t *ocb)
{
    struct pipe *p = ocb->attr;
    int nonblock;
    int error = iofunc_write_verify(ctp, msg, ocb, &nonblock);
    if (error != EOK)
        return error;
    if ((msg->i.xtype & _IO_XTYPE_MASK) == _IO_XTYPE_OFFSET)
        return ESPIPE;
    if ((msg->i.xtype & _IO_XTYPE_MASK) != _IO_XTYPE_NONE)
        return ENOSYS;
    if (p->attr.rcount == 0)
        return EPIPE;
    struct waiter now = {
        .node.rcvid = ctp->rcvid,
        .nbytes = msg->i.nbytes,
        .offset = ctp->offset + sizeof msg->i,
    };
    if (p->writers.head == NULL) {
        error = take(p, &now);
        if (error != 0)
            return error;
    }
    if (now.done == now.nbytes || (nonblock && now.done > 0)) {
        _IO_SET_WRITE_NBYTES(ctp, now.done);
        MsgReply(ctp->rcvid, (long)now.done, NULL, 0);
        service(p);
        return _RESMGR_NOREPLY;
    }
    if (nonblock)
        return EAGAIN;
    struct waiter *w = malloc(sizeof *w);
    if (w == NULL)
        return ENOMEM;
    *w = now;
    waitq_push(&p->writers, &w->node);
    service(p);
    return _RESMGR_NOREPLY;
}

static int io_unblock(resmgr_context_t *ctp, io_pulse_t *msg, iofunc_ocb_t *ocb)
{
    struct pipe *p = ocb->attr;
    struct waiter *w = waitq_take(&p->readers, ctp->rcvid);
    if (w == NULL)
        w = waitq_take(&p->writers, ctp->rcvid);
    if (w == NULL)
        return iofunc_unblock_default(ctp, msg, ocb);
    size_t done = w->done;
    free(w);
    if (done == 0) {
        service(p);
        return EINTR;
    }
    MsgReply(ctp->rcvid, (long)done, NULL, 0);
    service(p);
    return _RESMGR_NOREPLY;
}

static int io_notify(resmgr_context_t *ctp, io_notify_t *msg, iofunc_ocb_t *ocb)
{
    struct pipe *p = ocb->attr;
    int trigger = (is_readable(p) ? (int)_NOTIFY_COND_INPUT : 0) |
                  (is_writable(p) ? (int)_NOTIFY_COND_OUTPUT : 0);
    return iofunc_notify(ctp, msg, p->notify, trigger, NULL, NULL);
}

static int io_devctl(resmgr_context_t *ctp, io_devctl_t *msg, iofunc_ocb_t *ocb)
{
    int status = iofunc_devctl_default(ctp, msg, ocb);
    if (status != (int)_RESMGR_DEFAULT)
        return status;
    if (msg->i.dcmd != DCMD_CHR_ISCHARS)
        return ENOTTY;
    if (msg->i.nbytes < sizeof(int))
        return EINVAL;
    memset(&msg->o, 0, sizeof msg->o);
    msg->o.nbytes = sizeof(int);
    int n = (int)used(ocb->attr);
    memcpy(_DEVCTL_DATA(msg->o), &n, sizeof n);
    return _RESMGR_PTR(ctp, &msg->o, sizeof msg->o + sizeof n);
}

static int io_lseek(resmgr_context_t *ctp, io_lseek_t *msg, iofunc_ocb_t *ocb)
{
    (void)ctp, (void)msg, (void)ocb;
    return ESPIPE;
}

/* Both ends are closed while another thread of the client still waits. */
static void dismiss(struct waitq *q)
{
    struct waiter *w;
    while ((w = waitq_take(q, 0)) != NULL) {
        MsgError(w->node.rcvid, EBADF);
        free(w);
    }
}

static int io_close_ocb(resmgr_context_t *ctp, void *reserved, iofunc_ocb_t *ocb)
{
    struct pipe *p = ocb->attr;
    iofunc_notify_remove(ctp, p->notify);
    iofunc_close_ocb_default(ctp, reserved, ocb);
    if (p->attr.count > 0) {
        service(p);
    } else if (p != &device) {
        dismiss(&p->readers);
        dismiss(&p->writers);
        free(p);
    }
    return EOK;
}

/* Names of the file system go to /dev/pipe itself; an open for reading makes a pipe of its own. */
static int io_open(resmgr_context_t *ctp, io_open_t *msg, struct pipe *handle, void *extra)
{
    if (msg->connect.subtype != _IO_CONNECT_OPEN)
        return iofunc_open_default(ctp, msg, handle, extra);
    if ((msg->connect.ioflag & _IO_FLAG_MASK) != _IO_FLAG_RD)
        return EACCES;
    struct _client_info info;
    int error = iofunc_client_info(ctp, (int)msg->connect.ioflag, &info);
    if (error != EOK)
        return error;
    struct pipe *p = calloc(1, sizeof *p);
    if (p == NULL)
        return ENFILE;
    iofunc_attr_init(&p->attr, S_IFIFO | 0600, NULL, &info);
    IOFUNC_NOTIFY_INIT(p->notify);
    p->attr.inode = ++last_inode;
    error = iofunc_ocb_attach(ctp, msg, NULL, p, &io_funcs);
    if (error != EOK)
        free(p);
    return error;
}

static int fail(const char *what)
{
    fprintf(stderr, "pipe: %s: %s\n", what, strerror(errno));
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    bool stay = argc == 3 && strcmp(argv[1], "-o") == 0 && strcmp(argv[2], "nodaemon") == 0;
    if (argc > 1 && !stay) {
        fprintf(stderr, "usage: pipe [-o nodaemon]\n");
        return EXIT_FAILURE;
    }
    dispatch_t *dpp = dispatch_create();
    if (dpp == NULL)
        return fail("dispatch");
    iofunc_func_init(_RESMGR_CONNECT_NFUNCS, &connect_funcs, _RESMGR_IO_NFUNCS, &io_funcs);
    connect_funcs.open = io_open;
    io_funcs.read = io_read;
    io_funcs.write = io_write;
    io_funcs.notify = io_notify;
    io_funcs.devctl = io_devctl;
    io_funcs.unblock = io_unblock;
    io_funcs.lseek = io_lseek;
    io_funcs.close_ocb = io_close_ocb;
    iofunc_attr_init(&device.attr, S_IFCHR | 0666, NULL, NULL);
    IOFUNC_NOTIFY_INIT(device.notify);
    device.attr.inode = 1;

    resmgr_attr_t attr = {.nparts_max = 2, .msg_max_size = 2048};
    if (resmgr_attach(dpp, &attr, "/dev/pipe", _FTYPE_ANY, 0, &connect_funcs, &io_funcs, &device) ==
        -1)
        return fail("/dev/pipe");
    dispatch_context_t *ctp = dispatch_context_alloc(dpp);
    if (ctp == NULL)
        return fail("context");
    if (!stay && procmgr_daemon(EXIT_SUCCESS, 0) == -1)
        return fail("daemon");
    (void)serve_forever(ctp);
    return EXIT_FAILURE;
}
