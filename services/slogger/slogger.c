/* SPDX-License-Identifier: Apache-2.0 */
/* slogger: the system log, /dev/slog.  slogf() and its kin write records, sloginfo reads them; the
 * newest are kept. One thread, no locks.  A reader's place is kept in its OCB, so several read
 * independently. */
/* clang-format off */
#ifdef __USAGE
%C - system logger

%C [-s kilobytes] [-o nodaemon]

Keeps the messages that programs log with slogf(); "sloginfo" shows them.
 -s kilobytes  memory for messages, the oldest go first (default 64, 16 to 65536)
 -o nodaemon   stay in the foreground
#endif
/* clang-format on */
struct slog_ocb;
#define IOFUNC_OCB_T struct slog_ocb
#define RESMGR_OCB_T struct slog_ocb

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/dcmd_misc.h>
#include <sys/dispatch.h>
#include <sys/iofunc.h>
#include <sys/neutrino.h>
#include <sys/procmgr.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../lib/serve.h"
#include "../lib/waitq.h"
#include "slogring.h"

#define READ_MAX 16384u

struct slog_ocb {
    iofunc_ocb_t ocb; /* first */
    struct slogcursor cursor;
};

struct waiter {
    struct wait_node node;
    struct slog_ocb *ocb;
    size_t nbytes;
};

static struct slogring ring;
static iofunc_attr_t attr;
static iofunc_mount_t mount;
static iofunc_notify_t notify[3];
static struct waitq readers;

static struct slog_ocb *ocb_calloc(resmgr_context_t *ctp, iofunc_attr_t *handle)
{
    (void)ctp, (void)handle;
    return calloc(1, sizeof(struct slog_ocb));
}

static void ocb_free(struct slog_ocb *ocb)
{
    free(ocb);
}

/* EOK, or the errno for the client. */
static int reply_read(int rcvid, struct slog_ocb *ocb, size_t nbytes)
{
    static uint8_t buffer[READ_MAX];
    long n =
        slogring_read(&ring, &ocb->cursor, buffer, nbytes < sizeof buffer ? nbytes : sizeof buffer);
    if (n < 0)
        return EMSGSIZE;
    MsgReply(rcvid, n, buffer, (size_t)n);
    return EOK;
}

static void wake_readers(void)
{
    struct waiter *w;
    while ((w = waitq_take(&readers, 0)) != NULL) {
        int error = reply_read(w->node.rcvid, w->ocb, w->nbytes);
        if (error != EOK)
            MsgError(w->node.rcvid, error);
        free(w);
    }
    iofunc_notify_trigger(notify, 1, IOFUNC_NOTIFY_INPUT);
}

static int io_read(resmgr_context_t *ctp, io_read_t *msg, struct slog_ocb *ocb)
{
    int nonblock;
    int error = iofunc_read_verify(ctp, msg, ocb, &nonblock);
    if (error != EOK)
        return error;
    if ((msg->i.xtype & _IO_XTYPE_MASK) != _IO_XTYPE_NONE)
        return ENOSYS;
    if (msg->i.nbytes == 0 || slogring_has_news(&ring, &ocb->cursor)) {
        error = msg->i.nbytes == 0 ? EOK : reply_read(ctp->rcvid, ocb, msg->i.nbytes);
        return msg->i.nbytes == 0 || error != EOK ? error : _RESMGR_NOREPLY;
    }
    if (nonblock)
        return EAGAIN;
    struct waiter *w = calloc(1, sizeof *w);
    if (w == NULL)
        return ENOMEM;
    w->node.rcvid = ctp->rcvid;
    w->ocb = ocb;
    w->nbytes = msg->i.nbytes;
    waitq_push(&readers, &w->node);
    return _RESMGR_NOREPLY;
}

static int io_write(resmgr_context_t *ctp, io_write_t *msg, struct slog_ocb *ocb)
{
    static struct {
        struct qrv_slog_record record;
        uint8_t data[QRV_SLOG_DATA_MAX];
    } in;
    int error = iofunc_write_verify(ctp, msg, ocb, NULL);
    if (error != EOK)
        return error;
    if ((msg->i.xtype & _IO_XTYPE_MASK) != _IO_XTYPE_NONE)
        return ENOSYS;
    size_t n = msg->i.nbytes < sizeof in ? msg->i.nbytes : sizeof in;
    ssize_t got = resmgr_msgget(ctp, &in, n, sizeof msg->i);
    if (got == -1)
        return errno;
    if (!slogring_is_valid(&in.record, (size_t)got))
        return EINVAL;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    in.record.time_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    in.record.pid = ctp->info.pid;
    slogring_add(&ring, &in.record, in.data);
    attr.flags |= IOFUNC_ATTR_MTIME | IOFUNC_ATTR_CTIME;
    _IO_SET_WRITE_NBYTES(ctp, msg->i.nbytes);
    MsgReply(ctp->rcvid, (long)msg->i.nbytes, NULL, 0);
    wake_readers();
    return _RESMGR_NOREPLY;
}

static int io_devctl(resmgr_context_t *ctp, io_devctl_t *msg, struct slog_ocb *ocb)
{
    int status = iofunc_devctl_default(ctp, msg, ocb);
    if (status != (int)_RESMGR_DEFAULT)
        return status;
    if (msg->i.dcmd != __DION(_DCMD_MISC, QRV_SLOG_CLEAR_CMD))
        return ENOTTY;
    if (!(ocb->ocb.ioflag & _IO_FLAG_WR))
        return EBADF;
    slogring_clear(&ring);
    memset(&msg->o, 0, sizeof msg->o);
    return _RESMGR_PTR(ctp, &msg->o, sizeof msg->o);
}

static int io_notify(resmgr_context_t *ctp, io_notify_t *msg, struct slog_ocb *ocb)
{
    int trigger = (int)_NOTIFY_COND_OUTPUT;
    if (slogring_has_news(&ring, &ocb->cursor))
        trigger |= (int)_NOTIFY_COND_INPUT;
    return iofunc_notify(ctp, msg, notify, trigger, NULL, NULL);
}

static int io_unblock(resmgr_context_t *ctp, io_pulse_t *msg, struct slog_ocb *ocb)
{
    struct waiter *w = waitq_take(&readers, ctp->rcvid);
    if (w == NULL)
        return iofunc_unblock_default(ctp, msg, ocb);
    free(w);
    return EINTR;
}

static int io_lseek(resmgr_context_t *ctp, io_lseek_t *msg, struct slog_ocb *ocb)
{
    (void)ctp, (void)msg, (void)ocb;
    return ESPIPE;
}

static int io_close_ocb(resmgr_context_t *ctp, void *reserved, struct slog_ocb *ocb)
{
    /* Another thread of the client may still wait with this OCB. */
    struct wait_node *next;
    for (struct wait_node *node = readers.head; node != NULL; node = next) {
        next = node->next;
        if (((struct waiter *)node)->ocb == ocb) {
            waitq_take(&readers, node->rcvid);
            MsgError(node->rcvid, EBADF);
            free(node);
        }
    }
    iofunc_notify_remove(ctp, notify);
    return iofunc_close_ocb_default(ctp, reserved, ocb);
}

static int fail(const char *what)
{
    fprintf(stderr, "slogger: %s: %s\n", what, strerror(errno));
    return EXIT_FAILURE;
}

static dispatch_t *attach(void)
{
    static resmgr_connect_funcs_t connect_funcs;
    static resmgr_io_funcs_t io_funcs;
    static iofunc_funcs_t ocb_funcs = {_IOFUNC_NFUNCS, ocb_calloc, ocb_free};
    iofunc_func_init(_RESMGR_CONNECT_NFUNCS, &connect_funcs, _RESMGR_IO_NFUNCS, &io_funcs);
    io_funcs.read = io_read;
    io_funcs.write = io_write;
    io_funcs.devctl = io_devctl;
    io_funcs.notify = io_notify;
    io_funcs.unblock = io_unblock;
    io_funcs.lseek = io_lseek;
    io_funcs.close_ocb = io_close_ocb;
    iofunc_attr_init(&attr, S_IFCHR | 0666, NULL, NULL);
    iofunc_mount_init(&mount, sizeof mount);
    mount.funcs = &ocb_funcs;
    attr.mount = &mount;
    attr.inode = 1;
    IOFUNC_NOTIFY_INIT(notify);

    dispatch_t *dpp = dispatch_create();
    resmgr_attr_t rattr = {.nparts_max = 1, .msg_max_size = 4096};
    if (dpp == NULL || resmgr_attach(dpp, &rattr, "/dev/slog", _FTYPE_ANY, 0, &connect_funcs,
                                     &io_funcs, &attr) == -1)
        return NULL;
    return dpp;
}

int main(int argc, char **argv)
{
    unsigned long kilobytes = 64;
    bool stay = false;
    int option;
    while ((option = getopt(argc, argv, "o:s:")) != -1) {
        char *end = NULL;
        if (option == 's')
            kilobytes = strtoul(optarg, &end, 10);
        else if (option == 'o')
            stay = strcmp(optarg, "nodaemon") == 0;
        if (option == '?' || (option == 'o' && !stay) ||
            (option == 's' && (*end != '\0' || kilobytes < 16 || kilobytes > 65536))) {
            fprintf(stderr, "usage: slogger [-s kilobytes (16..65536)] [-o nodaemon]\n");
            return EXIT_FAILURE;
        }
    }
    void *memory = malloc(kilobytes * 1024);
    if (memory == NULL)
        return fail("memory");
    slogring_init(&ring, memory, kilobytes * 1024);
    dispatch_t *dpp = attach();
    dispatch_context_t *ctp = dpp == NULL ? NULL : dispatch_context_alloc(dpp);
    if (ctp == NULL)
        return fail("/dev/slog");
    if (!stay && procmgr_daemon(EXIT_SUCCESS, 0) == -1)
        return fail("daemon");
    (void)serve_forever(ctp);
    return EXIT_FAILURE;
}
