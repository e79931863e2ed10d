/* SPDX-License-Identifier: Apache-2.0 */
/* Class core: devctl()s of a terminal, one table row each.  tcgetattr() and friends arrive here
 * through libc's ioctl(). */
#include "chardev.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/dcmd_chr.h>
#include <unistd.h>

#define BREAK_MS 300u /* POSIX: 0.25 s to 0.5 s */

/* Request data as the client sent it, answered in place; `ctp` for what needs to know the client.
 * EOK, errno, or _RESMGR_NOREPLY. */
typedef int devctl_func(struct chardev *dev, resmgr_context_t *ctp, void *data);

int chardev_apply(struct chardev *dev, const struct termios *tio)
{
    struct termios old = dev->ld.tio;
    bool line_changed = old.c_cflag != tio->c_cflag || cfgetospeed(&old) != cfgetospeed(tio);
    if (line_changed) {
        int error = dev->ops->set_line(dev, &old, tio);
        if (error != EOK)
            return error;
        if (cfgetospeed(tio) == B0 && !(tio->c_cflag & CLOCAL))
            dev->ops->modem(dev, 0, TIOCM_DTR | TIOCM_RTS);
    }
    ldisc_set_termios(&dev->ld, tio);
    if (dev->was_throttled && (old.c_cflag & CRTSCTS) && !(tio->c_cflag & CRTSCTS))
        dev->ops->throttle(dev, false);
    return EOK;
}

static int drain(struct chardev *dev, resmgr_context_t *ctp, int after, size_t n,
                 const struct termios *tio)
{
    struct waiter *w = calloc(1, sizeof *w);
    if (w == NULL)
        return ENOMEM;
    w->node.rcvid = ctp->rcvid;
    w->after = (uint8_t)after;
    w->nbytes = n;
    if (tio != NULL)
        w->tio = *tio;
    waitq_push(&dev->drainers, &w->node);
    chardev_service(dev);
    return _RESMGR_NOREPLY;
}

static int get_attr(struct chardev *dev, resmgr_context_t *ctp, void *data)
{
    (void)ctp;
    memcpy(data, &dev->ld.tio, sizeof dev->ld.tio);
    return EOK;
}

static int set_attr(struct chardev *dev, resmgr_context_t *ctp, void *data)
{
    int error = chardev_may_access(dev, ctp, SIGTTOU);
    if (error == EOK)
        error = chardev_apply(dev, data);
    if (error == EOK)
        chardev_service(dev);
    return error;
}

static int set_attr_drain(struct chardev *dev, resmgr_context_t *ctp, void *data)
{
    int error = chardev_may_access(dev, ctp, SIGTTOU);
    return error != EOK ? error : drain(dev, ctp, DRAIN_SETATTR, 0, data);
}

static int set_attr_flush(struct chardev *dev, resmgr_context_t *ctp, void *data)
{
    int error = chardev_may_access(dev, ctp, SIGTTOU);
    return error != EOK ? error : drain(dev, ctp, DRAIN_SETATTR_FLUSH, 0, data);
}

static int do_drain(struct chardev *dev, resmgr_context_t *ctp, void *data)
{
    (void)data;
    int error = chardev_may_access(dev, ctp, SIGTTOU);
    return error != EOK ? error : drain(dev, ctp, DRAIN_ONLY, 0, NULL);
}

static int send_break(struct chardev *dev, resmgr_context_t *ctp, void *data)
{
    int ms = *(int *)data;
    int error = chardev_may_access(dev, ctp, SIGTTOU);
    if (error != EOK)
        return error;
    if (ms < 0 || ms > 60000)
        return EINVAL;
    return drain(dev, ctp, DRAIN_BREAK, ms > 0 ? (size_t)ms : BREAK_MS, NULL);
}

static int flush(struct chardev *dev, resmgr_context_t *ctp, void *data)
{
    int which = *(int *)data;
    int error = chardev_may_access(dev, ctp, SIGTTOU);
    if (error != EOK)
        return error;
    if (which != TCIFLUSH && which != TCOFLUSH && which != TCIOFLUSH)
        return EINVAL;
    if (which != TCOFLUSH)
        ldisc_flush_input(&dev->ld);
    if (which != TCIFLUSH)
        ldisc_flush_output(&dev->ld);
    chardev_service(dev);
    return EOK;
}

static int flow(struct chardev *dev, resmgr_context_t *ctp, void *data)
{
    int action = *(int *)data;
    int error = chardev_may_access(dev, ctp, SIGTTOU);
    if (error != EOK)
        return error;
    if (action != TCOOFF && action != TCOON && action != TCIOFF && action != TCION)
        return EINVAL;
    ldisc_flow(&dev->ld, action);
    chardev_service(dev);
    return EOK;
}

/* tcgetpgrp() and tcgetsid() are for members of the terminal's session. */
static bool is_ours(const struct chardev *dev, resmgr_context_t *ctp)
{
    return dev->sid != 0 && getsid(ctp->info.pid) == dev->sid;
}

static int get_group(struct chardev *dev, resmgr_context_t *ctp, void *data)
{
    if (!is_ours(dev, ctp))
        return ENOTTY;
    *(pid_t *)data = dev->pgrp;
    return EOK;
}

static int set_group(struct chardev *dev, resmgr_context_t *ctp, void *data)
{
    return chardev_set_group(dev, ctp, *(pid_t *)data);
}

static int get_session(struct chardev *dev, resmgr_context_t *ctp, void *data)
{
    if (!is_ours(dev, ctp))
        return ENOTTY;
    *(pid_t *)data = dev->sid;
    return EOK;
}

static int set_session(struct chardev *dev, resmgr_context_t *ctp, void *data)
{
    (void)data; /* always the caller's own session */
    return chardev_set_session(dev, ctp);
}

static int get_size(struct chardev *dev, resmgr_context_t *ctp, void *data)
{
    (void)ctp;
    memcpy(data, &dev->size, sizeof dev->size);
    return EOK;
}

static int set_size(struct chardev *dev, resmgr_context_t *ctp, void *data)
{
    (void)ctp;
    if (memcmp(&dev->size, data, sizeof dev->size) != 0) {
        memcpy(&dev->size, data, sizeof dev->size);
        chardev_signal(dev, SIGWINCH);
    }
    return EOK;
}

static int input_count(struct chardev *dev, resmgr_context_t *ctp, void *data)
{
    (void)ctp;
    *(int *)data = (int)ldisc_readable(&dev->ld);
    return EOK;
}

static int output_count(struct chardev *dev, resmgr_context_t *ctp, void *data)
{
    (void)ctp;
    *(int *)data = (int)(dev->ld.out_head - dev->ld.out_tail);
    return EOK;
}

static int input_size(struct chardev *dev, resmgr_context_t *ctp, void *data)
{
    (void)dev, (void)ctp;
    *(int *)data = LD_IN_SIZE;
    return EOK;
}

static int output_size(struct chardev *dev, resmgr_context_t *ctp, void *data)
{
    (void)dev, (void)ctp;
    *(int *)data = LD_OUT_SIZE;
    return EOK;
}

static int is_a_tty(struct chardev *dev, resmgr_context_t *ctp, void *data)
{
    (void)dev, (void)ctp, (void)data;
    return EOK;
}

/* As if the byte had come from the line: only for who may read the terminal. */
static int inject(struct chardev *dev, resmgr_context_t *ctp, void *data)
{
    int error = chardev_may_access(dev, ctp, SIGTTIN);
    if (error != EOK)
        return error;
    ldisc_input(&dev->ld, *(uint8_t *)data, LD_OK);
    chardev_service(dev);
    return EOK;
}

static int line_status(struct chardev *dev, resmgr_context_t *ctp, void *data)
{
    (void)ctp;
    unsigned lines = dev->ops->modem(dev, 0, 0);
    *(int *)data = (lines & TIOCM_DTR ? _LINESTATUS_SER_DTR : 0) |
                   (lines & TIOCM_RTS ? _LINESTATUS_SER_RTS : 0) |
                   (lines & TIOCM_CTS ? _LINESTATUS_SER_CTS : 0) |
                   (lines & TIOCM_DSR ? _LINESTATUS_SER_DSR : 0) |
                   (lines & TIOCM_RI ? _LINESTATUS_SER_RI : 0) |
                   (lines & TIOCM_CD ? _LINESTATUS_SER_CD : 0);
    return EOK;
}

static int serial_control(struct chardev *dev, resmgr_context_t *ctp, void *data)
{
    int bits = *(int *)data;
    unsigned set = 0, clear = 0;
    (void)ctp;
    if (bits & _SERCTL_DTR_CHG)
        *(bits & _SERCTL_DTR ? &set : &clear) |= TIOCM_DTR;
    if (bits & _SERCTL_RTS_CHG)
        *(bits & _SERCTL_RTS ? &set : &clear) |= TIOCM_RTS;
    if (set | clear)
        dev->ops->modem(dev, set, clear);
    if (bits & _SERCTL_BRK_CHG)
        dev->ops->set_break(dev, bits & _SERCTL_BRK);
    return EOK;
}

static const struct row {
    int dcmd;
    uint16_t in, out; /* bytes the client must send; bytes it gets */
    bool needs_write; /* changes what others see: descriptor open for writing */
    devctl_func *func;
} rows[] = {
    {DCMD_CHR_TCGETATTR, 0, sizeof(struct termios), false, get_attr},
    {DCMD_CHR_TCSETATTR, sizeof(struct termios), 0, false, set_attr},
    {DCMD_CHR_TCSETATTRD, sizeof(struct termios), 0, false, set_attr_drain},
    {DCMD_CHR_TCSETATTRF, sizeof(struct termios), 0, false, set_attr_flush},
    {DCMD_CHR_TCDRAIN, 0, 0, false, do_drain},
    {DCMD_CHR_TCSENDBREAK, sizeof(int), 0, true, send_break},
    {DCMD_CHR_TCFLUSH, sizeof(int), 0, false, flush},
    {DCMD_CHR_TCFLOW, sizeof(int), 0, false, flow},
    {DCMD_CHR_TCGETPGRP, 0, sizeof(pid_t), false, get_group},
    {DCMD_CHR_TCSETPGRP, sizeof(pid_t), 0, false, set_group},
    {DCMD_CHR_TCGETSID, 0, sizeof(pid_t), false, get_session},
    {DCMD_CHR_TCSETSID, sizeof(pid_t), 0, false, set_session},
    {DCMD_CHR_GETSIZE, 0, sizeof(struct winsize), false, get_size},
    {DCMD_CHR_SETSIZE, sizeof(struct winsize), 0, false, set_size},
    {DCMD_CHR_ISCHARS, 0, sizeof(int), false, input_count},
    {DCMD_CHR_OSCHARS, 0, sizeof(int), false, output_count},
    {DCMD_CHR_ISSIZE, 0, sizeof(int), false, input_size},
    {DCMD_CHR_OSSIZE, 0, sizeof(int), false, output_size},
    {DCMD_CHR_ISATTY, 0, 0, false, is_a_tty},
    {DCMD_CHR_TCINJECTC, sizeof(char), 0, true, inject},
    {DCMD_CHR_TCINJECTR, sizeof(char), 0, true, inject},
    {DCMD_CHR_LINESTATUS, 0, sizeof(int), false, line_status},
    {DCMD_CHR_SERCTL, sizeof(int), 0, true, serial_control},
};

_Static_assert(sizeof(struct winsize) == sizeof(struct chr_winsize),
               "the same record under two names");

int chardev_devctl(resmgr_context_t *ctp, io_devctl_t *msg, iofunc_ocb_t *ocb)
{
    int status = iofunc_devctl_default(ctp, msg, ocb);
    if (status != (int)_RESMGR_DEFAULT)
        return status;
    return chardev_control(ocb->attr, ctp, msg, ocb->ioflag & _IO_FLAG_WR);
}

int chardev_control(struct chardev *dev, resmgr_context_t *ctp, io_devctl_t *msg, bool may_write)
{
    const struct row *row = rows;
    while (row < rows + sizeof rows / sizeof rows[0] && row->dcmd != msg->i.dcmd)
        row++;
    if (row == rows + sizeof rows / sizeof rows[0])
        return ENOTTY;
    if (msg->i.nbytes < row->in || ctp->size - ctp->offset < sizeof msg->i + row->in ||
        msg->i.nbytes < row->out)
        return EINVAL;
    if (row->needs_write && !may_write)
        return EBADF;
    if (dev->hung_up && (row->func != set_session || dev->ops->stays_hung_up))
        return EIO;

    union { /* aligned copy: the message's data need not be */
        struct termios tio;
        struct winsize size;
        int number;
        char bytes[sizeof(struct termios)];
    } data;
    memset(&data, 0, sizeof data);
    memcpy(&data, _DEVCTL_DATA(msg->i), row->in);
    int status = row->func(dev, ctp, &data);
    if (status != EOK)
        return status;
    memset(&msg->o, 0, sizeof msg->o);
    msg->o.nbytes = row->out;
    memcpy(_DEVCTL_DATA(msg->o), &data, row->out);
    return _RESMGR_PTR(ctp, &msg->o, sizeof msg->o + row->out);
}
