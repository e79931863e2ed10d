/* SPDX-License-Identifier: Apache-2.0 */
/* The program's standard descriptors as devices.  Standard input is a ring that the host fills
 * within its window; standard output and error go straight into the link's buffers, and a writer
 * waits when the host does not read. */
struct device;
#define IOFUNC_ATTR_T   struct device
#define RESMGR_HANDLE_T struct device

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/dcmd_chr.h>
#include <sys/dispatch.h>
#include <sys/iofunc.h>
#include <sys/neutrino.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "../lib/serve.h"
#include "../lib/waitq.h"
#include "execd.h"

#define RING           QRV_EXEC_WINDOW_BYTES /* a power of two */
#define ACK_BYTES      (RING / 4)            /* the window is opened in steps of that size */
#define POLL_BYTES     4096u /* read on the host when somebody waits for input to be there */
#define PULSE_PRIORITY 24

struct device {
    iofunc_attr_t attr; /* first */
    iofunc_notify_t notify[3];
    bool is_tty;
    bool is_closed; /* execd_lock: writing gives EPIPE */
    unsigned fd;
    struct waitq waiting; /* readers of 0, writers of 1 and 2 */
};

struct waiter {
    struct wait_node node;
    size_t nbytes, done, offset;
};

pthread_mutex_t execd_lock = PTHREAD_MUTEX_INITIALIZER;
static dispatch_t *dpp;
static resmgr_connect_funcs_t connect_funcs;
static resmgr_io_funcs_t io_funcs;
static struct device devices[3];
static struct qrv_exec_winsize winsize;
static struct termios tio;
static int irq, irq_id;

static uint8_t ring[RING];
static uint32_t head, tail; /* free-running */
static uint32_t unacked;    /* ahead: taken, and the host does not know it yet */
static uint32_t asked;      /* not ahead: wanted of the host, which has not answered yet */
static bool at_eof, is_ahead;

/* ------------------------------------------------------------------ standard input */

/* The host reads only what somebody here waits for, so that the rest stays for its other readers.
 */
static void ask(size_t nbytes)
{
    if (is_ahead || asked != 0 || at_eof || head != tail)
        return;
    asked = nbytes < QRV_EXEC_DATA_MAX ? (uint32_t)nbytes : QRV_EXEC_DATA_MAX;
    link_put(QRV_EXEC_WINDOW, &asked, sizeof asked);
}

static void taken(uint32_t n)
{
    tail += n;
    if (!is_ahead)
        return;
    unacked += n;
    if (unacked >= ACK_BYTES || head == tail) {
        link_put(QRV_EXEC_WINDOW, &unacked, sizeof unacked);
        unacked = 0;
    }
}

static void reply_read(int rcvid, size_t nbytes)
{
    iov_t iov[2];
    uint32_t have = head - tail, n = nbytes < have ? (uint32_t)nbytes : have;
    uint32_t at = tail % RING, first = n < RING - at ? n : RING - at;
    SETIOV(&iov[0], ring + at, first);
    SETIOV(&iov[1], ring, n - first);
    if (MsgReplyv(rcvid, (long)n, iov, n == 0 ? 0 : 2) != -1 && n > 0)
        taken(n);
}

static void serve_readers(void)
{
    struct device *d = &devices[0];
    while (d->waiting.head != NULL && (head != tail || at_eof)) {
        struct waiter *w = waitq_take(&d->waiting, 0);
        reply_read(w->node.rcvid, w->nbytes);
        free(w);
    }
    if (d->waiting.head != NULL)
        ask(((struct waiter *)d->waiting.head)->nbytes);
    if (head != tail || at_eof)
        iofunc_notify_trigger(d->notify, head != tail ? (int)(head - tail) : 1,
                              IOFUNC_NOTIFY_INPUT);
}

void stdio_input(const void *bytes, uint32_t n)
{
    if (n > RING - (head - tail)) /* the host minds its window */
        n = RING - (head - tail);
    asked = 0;
    for (uint32_t i = 0; i < n;) {
        uint32_t at = head % RING, part = n - i < RING - at ? n - i : RING - at;
        memcpy(ring + at, (const uint8_t *)bytes + i, part);
        head += part;
        i += part;
    }
    serve_readers();
}

void stdio_eof(void)
{
    at_eof = true;
    serve_readers();
}

void stdio_end(void)
{
    if (unacked > 0)
        link_put(QRV_EXEC_WINDOW, &unacked, sizeof unacked);
    unacked = 0;
}

void stdio_winsize(struct qrv_exec_winsize size)
{
    winsize = size;
}

/* ------------------------------------------------------------------ standard output and error */

/* Moves what fits into the link.  0 or errno. */
static int send_some(struct device *d, struct waiter *w)
{
    if (d->is_closed)
        return EPIPE;
    while (w->done < w->nbytes) {
        void *buffer = link_buffer();
        size_t part = w->nbytes - w->done;
        if (buffer == NULL)
            return EOK;
        if (part > QRV_EXEC_DATA_MAX)
            part = QRV_EXEC_DATA_MAX;
        ssize_t got = MsgRead(w->node.rcvid, buffer, part, w->offset + w->done);
        if (got == -1)
            return errno;
        if (got == 0) { /* promised more than was sent */
            w->nbytes = w->done;
            break;
        }
        link_send(d->fd == 2 ? QRV_EXEC_STDERR : QRV_EXEC_STDOUT, (uint32_t)got);
        w->done += (size_t)got;
    }
    return EOK;
}

static void serve_writers(struct device *d)
{
    while (d->waiting.head != NULL) {
        struct waiter *w = (struct waiter *)d->waiting.head;
        int error = send_some(d, w);
        if (error == EOK && w->done < w->nbytes)
            return;
        waitq_take(&d->waiting, w->node.rcvid);
        if (error != EOK && w->done == 0)
            MsgError(w->node.rcvid, error);
        else
            MsgReply(w->node.rcvid, (long)w->done, NULL, 0);
        free(w);
    }
    if (link_room())
        iofunc_notify_trigger(d->notify, QRV_EXEC_DATA_MAX, IOFUNC_NOTIFY_OUTPUT);
}

void stdio_closed(uint32_t fd)
{
    if (fd == 1 || fd == 2) {
        devices[fd].is_closed = true;
        serve_writers(&devices[fd]);
    }
}

/* ------------------------------------------------------------------ handlers */

static int park(struct device *d, const struct waiter *now)
{
    struct waiter *w = malloc(sizeof *w);
    if (w == NULL)
        return ENOMEM;
    *w = *now;
    waitq_push(&d->waiting, &w->node);
    return _RESMGR_NOREPLY;
}

static int read_locked(resmgr_context_t *ctp, size_t nbytes, int nonblock)
{
    if (nbytes == 0 || head != tail || at_eof) {
        reply_read(ctp->rcvid, nbytes);
        return _RESMGR_NOREPLY;
    }
    ask(nbytes);
    if (nonblock)
        return EAGAIN;
    return park(&devices[0], &(struct waiter){.node.rcvid = ctp->rcvid, .nbytes = nbytes});
}

static int io_read(resmgr_context_t *ctp, io_read_t *msg, iofunc_ocb_t *ocb)
{
    int nonblock, error = iofunc_read_verify(ctp, msg, ocb, &nonblock);
    uint32_t xtype = msg->i.xtype & _IO_XTYPE_MASK;
    if (error != EOK)
        return error;
    if (xtype == _IO_XTYPE_OFFSET)
        return ESPIPE;
    if (xtype != _IO_XTYPE_NONE && xtype != _IO_XTYPE_READCOND)
        return ENOSYS;
    if (ocb->attr->fd != 0)
        return EIO; /* nothing is ever there to read */
    pthread_mutex_lock(&execd_lock);
    error = read_locked(ctp, msg->i.nbytes, nonblock);
    pthread_mutex_unlock(&execd_lock);
    return error;
}

static int write_locked(resmgr_context_t *ctp, struct device *d, size_t nbytes, int nonblock)
{
    struct waiter now = {
        .node.rcvid = ctp->rcvid,
        .nbytes = nbytes,
        .offset = ctp->offset + sizeof(struct _io_write),
    };
    if (d->waiting.head == NULL) {
        int error = send_some(d, &now);
        if (error != EOK)
            return error;
    }
    if (now.done == now.nbytes || (nonblock && now.done > 0)) {
        _IO_SET_WRITE_NBYTES(ctp, now.done);
        return EOK;
    }
    return nonblock ? EAGAIN : park(d, &now);
}

static int io_write(resmgr_context_t *ctp, io_write_t *msg, iofunc_ocb_t *ocb)
{
    int nonblock, error = iofunc_write_verify(ctp, msg, ocb, &nonblock);
    if (error != EOK)
        return error;
    if ((msg->i.xtype & _IO_XTYPE_MASK) == _IO_XTYPE_OFFSET)
        return ESPIPE;
    if ((msg->i.xtype & _IO_XTYPE_MASK) != _IO_XTYPE_NONE)
        return ENOSYS;
    struct device *d = ocb->attr->fd == 0 ? &devices[1] : ocb->attr; /* a terminal is one device */
    pthread_mutex_lock(&execd_lock);
    error = write_locked(ctp, d, msg->i.nbytes, nonblock);
    pthread_mutex_unlock(&execd_lock);
    return error;
}

static int io_unblock(resmgr_context_t *ctp, io_pulse_t *msg, iofunc_ocb_t *ocb)
{
    struct waiter *w = NULL;
    pthread_mutex_lock(&execd_lock);
    for (unsigned i = 0; w == NULL && i < 3; i++)
        w = waitq_take(&devices[i].waiting, ctp->rcvid);
    pthread_mutex_unlock(&execd_lock);
    if (w == NULL)
        return iofunc_unblock_default(ctp, msg, ocb);
    size_t done = w->done;
    free(w);
    if (done == 0)
        return EINTR;
    MsgReply(ctp->rcvid, (long)done, NULL, 0);
    return _RESMGR_NOREPLY;
}

static int io_notify(resmgr_context_t *ctp, io_notify_t *msg, iofunc_ocb_t *ocb)
{
    struct device *d = ocb->attr;
    int now = 0;
    pthread_mutex_lock(&execd_lock);
    if (d->fd == 0 && (head != tail || at_eof))
        now |= (int)_NOTIFY_COND_INPUT;
    else if (d->fd == 0)
        ask(POLL_BYTES);
    if (d->fd != 0 && link_room())
        now |= (int)_NOTIFY_COND_OUTPUT;
    int rc = iofunc_notify(ctp, msg, d->notify, now, NULL, NULL);
    pthread_mutex_unlock(&execd_lock);
    return rc;
}

static int devctl_reply(resmgr_context_t *ctp, io_devctl_t *msg, const void *value, size_t n)
{
    if (msg->i.nbytes < n)
        return EINVAL;
    memset(&msg->o, 0, sizeof msg->o);
    msg->o.nbytes = (uint32_t)n;
    memcpy(_DEVCTL_DATA(msg->o), value, n);
    return _RESMGR_PTR(ctp, &msg->o, sizeof msg->o + n);
}

/* The host's terminal does editing and echo; here its settings are only remembered. */
static int io_devctl(resmgr_context_t *ctp, io_devctl_t *msg, iofunc_ocb_t *ocb)
{
    struct device *d = ocb->attr;
    struct chr_winsize size = {.ws_row = winsize.rows, .ws_col = winsize.columns};
    int status = iofunc_devctl_default(ctp, msg, ocb), chars = (int)(head - tail);
    if (status != (int)_RESMGR_DEFAULT)
        return status;
    if (msg->i.dcmd == DCMD_CHR_ISCHARS && d->fd == 0)
        return devctl_reply(ctp, msg, &chars, sizeof chars);
    if (!d->is_tty)
        return ENOTTY;
    switch ((unsigned)msg->i.dcmd) {
    case DCMD_CHR_ISATTY:
    case DCMD_CHR_TCDRAIN:
    case DCMD_CHR_TCFLUSH:
        return EOK;
    case DCMD_CHR_TCGETATTR:
        return devctl_reply(ctp, msg, &tio, sizeof tio);
    case DCMD_CHR_TCSETATTR:
    case DCMD_CHR_TCSETATTRD:
    case DCMD_CHR_TCSETATTRF:
        if (msg->i.nbytes < sizeof tio)
            return EINVAL;
        memcpy(&tio, _DEVCTL_DATA(msg->i), sizeof tio);
        return EOK;
    case DCMD_CHR_GETSIZE:
        return devctl_reply(ctp, msg, &size, sizeof size);
    default:
        return ENOTTY;
    }
}

static int io_lseek(resmgr_context_t *ctp, io_lseek_t *msg, iofunc_ocb_t *ocb)
{
    (void)ctp, (void)msg, (void)ocb;
    return ESPIPE;
}

static int io_close_ocb(resmgr_context_t *ctp, void *reserved, iofunc_ocb_t *ocb)
{
    pthread_mutex_lock(&execd_lock);
    iofunc_notify_remove(ctp, ocb->attr->notify);
    pthread_mutex_unlock(&execd_lock);
    return iofunc_close_ocb_default(ctp, reserved, ocb);
}

/* ------------------------------------------------------------------ the loop */

static int on_interrupt(message_context_t *ctp, int code, unsigned flags, void *handle)
{
    (void)ctp, (void)code, (void)flags, (void)handle;
    pthread_mutex_lock(&execd_lock);
    link_interrupt(program_frame);
    serve_writers(&devices[1]);
    serve_writers(&devices[2]);
    pthread_mutex_unlock(&execd_lock);
    InterruptUnmask(irq, irq_id);
    return 0;
}

int stdio_serve(void)
{
    struct sigevent event;
    int error = link_start(&irq);
    if (error != EOK)
        return error;
    dpp = dispatch_create();
    if (dpp == NULL)
        return ENOMEM;
    for (unsigned i = 0; i < 3; i++)
        IOFUNC_NOTIFY_INIT(devices[i].notify);
    int code = pulse_attach(dpp, MSG_FLAG_ALLOC_PULSE, 0, on_interrupt, NULL);
    int self = message_connect(dpp, 0);
    if (code == -1 || self == -1)
        return errno;
    SIGEV_PULSE_INIT(&event, self, PULSE_PRIORITY, code, 0);
    irq_id = InterruptAttachEvent(irq, &event, _NTO_INTR_FLAGS_TRK_MSK);
    return irq_id == -1 ? errno : EOK;
}

static void set_terminal(void)
{
    tio.c_iflag = ICRNL | IXON;
    tio.c_oflag = OPOST | ONLCR;
    tio.c_cflag = CS8 | CREAD | CLOCAL;
    tio.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | IEXTEN;
    tio.c_cc[VINTR] = 3;
    tio.c_cc[VQUIT] = 28;
    tio.c_cc[VERASE] = 127;
    tio.c_cc[VKILL] = 21;
    tio.c_cc[VEOF] = 4;
    tio.c_cc[VMIN] = 1;
    cfsetispeed(&tio, B38400);
    cfsetospeed(&tio, B38400);
}

int stdio_attach(const struct qrv_exec_start *start)
{
    resmgr_attr_t attr = {.nparts_max = 2, .msg_max_size = 2048};
    iofunc_func_init(_RESMGR_CONNECT_NFUNCS, &connect_funcs, _RESMGR_IO_NFUNCS, &io_funcs);
    io_funcs.read = io_read;
    io_funcs.write = io_write;
    io_funcs.unblock = io_unblock;
    io_funcs.notify = io_notify;
    io_funcs.devctl = io_devctl;
    io_funcs.lseek = io_lseek;
    io_funcs.close_ocb = io_close_ocb;
    winsize = start->winsize;
    is_ahead = start->ahead;
    set_terminal();
    for (unsigned i = 0; i < 3; i++) {
        struct device *d = &devices[i];
        char path[16];
        snprintf(path, sizeof path, "/dev/exec/%u", i);
        d->fd = i;
        d->is_tty = start->fd_kind[i] == QRV_EXEC_FD_TTY;
        iofunc_attr_init(&d->attr, (d->is_tty ? S_IFCHR : S_IFIFO) | 0666, NULL, NULL);
        if (resmgr_attach(dpp, &attr, path, _FTYPE_ANY, 0, &connect_funcs, &io_funcs, d) == -1)
            return errno;
    }
    return EOK;
}

void stdio_loop(void)
{
    dispatch_context_t *ctp = dispatch_context_alloc(dpp);
    if (ctp == NULL)
        exit(EXIT_FAILURE);
    (void)serve_forever(ctp);
    exit(EXIT_FAILURE);
}
