/* SPDX-License-Identifier: Apache-2.0 */
/* Class core: open, write, notify, unblock, the queues of waiting clients, set-up.  Reading: char_read.c.  See chardev.h. */
#include "chardev.h"
#include "../lib/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procmgr.h>
#include <sys/stat.h>

#define DRAIN_POLL_NS                                                                              \
    2000000UL /* the transmitter's last bytes raise no interrupt: look again after this */
#define PULSE_PRIORITY 24 /* as documented for devc-ser*: events go before clients */

static dispatch_t *dpp;
static int self_coid;
static int interrupt_code, timer_code;
static struct chardev *devices;
static resmgr_connect_funcs_t connect_funcs;
static resmgr_io_funcs_t io_funcs;

uint64_t chardev_now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000UL + (uint64_t)ts.tv_nsec;
}

/* ------------------------------------------------------------------ writing */

/* Moves bytes of one client's message into the output queue.  0 or the errno of a client that is
 * gone. */
static int take_output(struct chardev *dev, struct waiter *w)
{
    uint8_t buffer[1024];
    while (w->done < w->nbytes) {
        size_t room = ldisc_write_room(&dev->ld);
        size_t want = w->nbytes - w->done;
        if (room == 0)
            break;
        if (want > room)
            want = room;
        if (want > sizeof buffer)
            want = sizeof buffer;
        ssize_t n = MsgRead(w->node.rcvid, buffer, want, w->offset + w->done);
        if (n == -1)
            return errno;
        if (n == 0) { /* the client promised more than it sent */
            w->nbytes = w->done;
            break;
        }
        w->done += ldisc_write(&dev->ld, buffer, (size_t)n);
        dev->attr.flags |= IOFUNC_ATTR_MTIME | IOFUNC_ATTR_CTIME;
    }
    return 0;
}

static void serve_writers(struct chardev *dev)
{
    struct waiter *w;
    while ((w = waiter_first(&dev->writers)) != NULL) {
        int error = dev->hung_up ? EIO : take_output(dev, w);
        if (error == 0 && w->done < w->nbytes)
            break;
        waitq_take(&dev->writers, w->node.rcvid);
        if (error != 0)
            MsgError(w->node.rcvid, error);
        else
            MsgReply(w->node.rcvid, (long)w->done, NULL, 0);
        free(w);
    }
}

static int io_write(resmgr_context_t *ctp, io_write_t *msg, iofunc_ocb_t *ocb)
{
    struct chardev *dev = ocb->attr;
    int nonblock;
    int error = iofunc_write_verify(ctp, msg, ocb, &nonblock);
    if (error != EOK)
        return error;
    if ((msg->i.xtype & _IO_XTYPE_MASK) != _IO_XTYPE_NONE)
        return ENOSYS;
    if (dev->hung_up)
        return EIO;
    if (dev->ld.tio.c_lflag & TOSTOP) {
        error = chardev_may_access(dev, ctp, SIGTTOU);
        if (error != EOK)
            return error;
    }
    if (msg->i.nbytes == 0) {
        _IO_SET_WRITE_NBYTES(ctp, 0);
        return EOK;
    }
    struct waiter now = {
        .node.rcvid = ctp->rcvid,
        .nbytes = msg->i.nbytes,
        .offset = ctp->offset + sizeof msg->i,
    };
    /* Writes keep their order: with others waiting, nobody gets ahead. */
    if (dev->writers.head == NULL) {
        do { /* output that goes out at once makes room again */
            size_t before = now.done;
            error = take_output(dev, &now);
            if (error != 0)
                return error;
            chardev_service(dev);
            if (now.done == before)
                break;
        } while (now.done < now.nbytes);
    }
    if (now.done == now.nbytes || (nonblock && now.done > 0)) {
        _IO_SET_WRITE_NBYTES(ctp, (long)now.done);
        return EOK;
    }
    if (nonblock)
        return EAGAIN;
    struct waiter *w = malloc(sizeof *w);
    if (w == NULL)
        return ENOMEM;
    *w = now;
    waitq_push(&dev->writers, &w->node);
    chardev_service(dev);
    return _RESMGR_NOREPLY;
}

/* ------------------------------------------------------------------ draining, breaks */

void chardev_break(struct chardev *dev, unsigned ms, int rcvid)
{
    if (dev->break_rcvid != 0)
        MsgReply(dev->break_rcvid, 0, NULL, 0);
    dev->break_rcvid = rcvid;
    dev->break_end_ns = chardev_now_ns() + ms * 1000000UL;
    dev->ops->set_break(dev, true);
}

static void serve_drainers(struct chardev *dev)
{
    struct waiter *w;
    if (dev->break_end_ns != 0 && chardev_now_ns() >= dev->break_end_ns) {
        dev->break_end_ns = 0;
        dev->ops->set_break(dev, false);
        if (dev->break_rcvid != 0)
            MsgReply(dev->break_rcvid, 0, NULL, 0);
        dev->break_rcvid = 0;
    }
    while ((w = waiter_first(&dev->drainers)) != NULL) {
        bool done =
            ldisc_out_drained(&dev->ld) && dev->writers.head == NULL && dev->ops->is_idle(dev);
        if (!done && !dev->hung_up)
            break;
        waitq_take(&dev->drainers, w->node.rcvid);
        int error = dev->hung_up ? EIO : EOK;
        if (error == EOK && w->after == DRAIN_BREAK) {
            chardev_break(dev, (unsigned)w->nbytes, w->node.rcvid);
            free(w);
            continue;
        }
        if (error == EOK && w->after == DRAIN_SETATTR_FLUSH)
            ldisc_flush_input(&dev->ld);
        if (error == EOK && w->after != DRAIN_ONLY)
            error = chardev_apply(dev, &w->tio);
        if (error != EOK)
            MsgError(w->node.rcvid, error);
        else
            MsgReply(w->node.rcvid, 0, NULL, 0);
        free(w);
    }
}

/* ------------------------------------------------------------------ chips without modem lines */

unsigned chardev_no_modem(struct chardev *dev, unsigned set, unsigned clear)
{
    (void)dev, (void)set, (void)clear;
    return TIOCM_CD | TIOCM_DSR | TIOCM_CTS | TIOCM_DTR | TIOCM_RTS;
}

void chardev_no_throttle(struct chardev *dev, bool on)
{
    (void)dev, (void)on;
}

/* ------------------------------------------------------------------ events */

static void earliest(uint64_t *at, uint64_t candidate)
{
    if (candidate != 0 && (*at == 0 || candidate < *at))
        *at = candidate;
}

void chardev_update_timer(struct chardev *dev)
{
    uint64_t at = dev->break_end_ns;
    for (struct waiter *w = waiter_first(&dev->readers); w != NULL; w = waiter_next(w)) {
        earliest(&at, w->deadline_ns);
        earliest(&at, w->limit_ns);
    }
    if (dev->drainers.head != NULL && ldisc_out_drained(&dev->ld))
        earliest(&at, chardev_now_ns() + DRAIN_POLL_NS);
    if (at == dev->timer_at_ns)
        return;
    dev->timer_at_ns = at;
    struct itimerspec its = {.it_value = {(time_t)(at / 1000000000UL), (long)(at % 1000000000UL)}};
    timer_settime(dev->timer, TIMER_ABSTIME, &its, NULL);
}

static void send_signals(struct chardev *dev)
{
    if (dev->ld.events & LD_EV_INTR)
        chardev_signal(dev, SIGINT);
    if (dev->ld.events & LD_EV_QUIT)
        chardev_signal(dev, SIGQUIT);
    if (dev->ld.events & LD_EV_SUSP)
        chardev_signal(dev, SIGTSTP);
    if (dev->ld.events & (LD_EV_INTR | LD_EV_QUIT | LD_EV_SUSP)) {
        dev->aware_count = 0;
        chardev_restart_readers(dev);
    }
}

static void trigger_notifications(struct chardev *dev)
{
    int n = (int)ldisc_readable(&dev->ld);
    if (dev->hung_up || ldisc_has_input(&dev->ld))
        iofunc_notify_trigger(dev->notify, n > 0 ? n : 1, IOFUNC_NOTIFY_INPUT);
    int room = (int)ldisc_write_room(&dev->ld);
    if (dev->hung_up || room > 0)
        iofunc_notify_trigger(dev->notify, room > 0 ? room : 1, IOFUNC_NOTIFY_OUTPUT);
}

void chardev_service(struct chardev *dev)
{
    send_signals(dev);
    dev->ld.events = 0;
    chardev_serve_readers(dev);
    if (ldisc_out_pending(&dev->ld))
        dev->ops->transmit(dev);
    serve_writers(dev);
    if (ldisc_out_pending(&dev->ld))
        dev->ops->transmit(dev);
    serve_drainers(dev);
    if (dev->is_held != ldisc_is_full(&dev->ld)) {
        dev->is_held = !dev->is_held;
        dev->ops->hold(dev, dev->is_held);
    }
    if (dev->ld.throttled != dev->was_throttled) {
        dev->was_throttled = dev->ld.throttled;
        if (dev->ld.tio.c_cflag & CRTSCTS)
            dev->ops->throttle(dev, dev->was_throttled);
    }
    trigger_notifications(dev);
    chardev_update_timer(dev);
    if (dev->ops->changed != NULL)
        dev->ops->changed(dev);
}

static struct chardev *device_by_value(message_context_t *ctp)
{
    struct chardev *wanted = ctp->msg->pulse.value.sival_ptr;
    for (struct chardev *dev = devices; dev != NULL; dev = dev->next) {
        if (dev == wanted)
            return dev;
    }
    return NULL;
}

static int on_interrupt(message_context_t *ctp, int code, unsigned flags, void *handle)
{
    (void)code, (void)flags, (void)handle;
    struct chardev *dev = device_by_value(ctp);
    if (dev != NULL) {
        dev->ops->interrupt(dev);
        chardev_service(dev);
        InterruptUnmask(dev->irq, dev->irq_id);
    }
    return 0;
}

static int on_timer(message_context_t *ctp, int code, unsigned flags, void *handle)
{
    (void)code, (void)flags, (void)handle;
    struct chardev *dev = device_by_value(ctp);
    if (dev != NULL) {
        dev->timer_at_ns = 0;
        chardev_service(dev);
    }
    return 0;
}

/* ------------------------------------------------------------------ other callouts */

static int io_notify(resmgr_context_t *ctp, io_notify_t *msg, iofunc_ocb_t *ocb)
{
    struct chardev *dev = ocb->attr;
    int trigger = 0;
    if (dev->hung_up || ldisc_has_input(&dev->ld))
        trigger |= _NOTIFY_COND_INPUT;
    if (dev->hung_up || ldisc_write_room(&dev->ld) > 0)
        trigger |= _NOTIFY_COND_OUTPUT;
    return iofunc_notify(ctp, msg, dev->notify, trigger, NULL, NULL);
}

static int io_unblock(resmgr_context_t *ctp, io_pulse_t *msg, iofunc_ocb_t *ocb)
{
    struct chardev *dev = ocb->attr;
    struct waiter *w;
    if (dev->break_rcvid == ctp->rcvid) {
        dev->break_rcvid = 0; /* the break itself ends in its own time */
        return EINTR;
    }
    if ((w = waitq_take(&dev->writers, ctp->rcvid)) != NULL && w->done > 0) {
        MsgReply(w->node.rcvid, (long)w->done, NULL, 0);
        free(w);
        chardev_update_timer(dev);
        return _RESMGR_NOREPLY;
    }
    if (w == NULL)
        w = waitq_take(&dev->readers, ctp->rcvid);
    if (w == NULL)
        w = waitq_take(&dev->drainers, ctp->rcvid);
    if (w == NULL)
        return iofunc_unblock_default(ctp, msg, ocb);
    free(w);
    chardev_service(dev); /* who stood behind it may be first now */
    return EINTR;
}

static int io_close_ocb(resmgr_context_t *ctp, void *reserved, iofunc_ocb_t *ocb)
{
    struct chardev *dev = ocb->attr;
    iofunc_notify_remove(ctp, dev->notify);
    int status = iofunc_close_ocb_default(ctp, reserved, ocb);
    if (dev->attr.count == 0 && (dev->ld.tio.c_cflag & (HUPCL | CLOCAL)) == HUPCL)
        dev->ops->modem(dev, 0, TIOCM_DTR | TIOCM_RTS);
    if (dev->ops->users != NULL)
        dev->ops->users(dev);
    return status;
}

static int io_open(resmgr_context_t *ctp, io_open_t *msg, struct chardev *dev, void *extra)
{
    bool uses = msg->connect.ioflag & (_IO_FLAG_RD | _IO_FLAG_WR); /* stat() and its kin open, too */
    int error = uses && dev->ops->may_open != NULL ? dev->ops->may_open(dev) : EOK;
    if (error == EOK)
        error = iofunc_open_default(ctp, msg, dev, extra);
    if (error == EOK && dev->attr.count == 1 && !(dev->ld.tio.c_cflag & CLOCAL))
        dev->ops->modem(dev, TIOCM_DTR | TIOCM_RTS, 0);
    if (error == EOK && dev->ops->users != NULL)
        dev->ops->users(dev);
    return error;
}

/* ------------------------------------------------------------------ set-up */

static int on_process_death(message_context_t *ctp, int code, unsigned flags, void *handle)
{
    (void)ctp, (void)code, (void)flags, (void)handle;
    for (struct chardev *dev = devices; dev != NULL; dev = dev->next)
        chardev_process_ended(dev);
    return 0;
}

/* Sessions end with their leaders. */
static int watch_processes(void)
{
    struct sigevent event;
    int code = pulse_attach(dpp, MSG_FLAG_ALLOC_PULSE, 0, on_process_death, NULL);
    if (code == -1)
        return -1;
    SIGEV_PULSE_INIT(&event, self_coid, PULSE_PRIORITY, code, 0);
    return procmgr_event_notify(PROCMGR_EVENT_PROCESS_DEATH, &event);
}

int chardev_setup(void)
{
    dpp = dispatch_create();
    if (dpp == NULL)
        return errno;
    iofunc_func_init(_RESMGR_CONNECT_NFUNCS, &connect_funcs, _RESMGR_IO_NFUNCS, &io_funcs);
    connect_funcs.open = io_open;
    io_funcs.read = chardev_read;
    io_funcs.write = io_write;
    io_funcs.devctl = chardev_devctl;
    io_funcs.notify = io_notify;
    io_funcs.unblock = io_unblock;
    io_funcs.close_ocb = io_close_ocb;
    interrupt_code = pulse_attach(dpp, MSG_FLAG_ALLOC_PULSE, 0, on_interrupt, NULL);
    timer_code = pulse_attach(dpp, MSG_FLAG_ALLOC_PULSE, 0, on_timer, NULL);
    self_coid = message_connect(dpp, 0);
    return interrupt_code == -1 || timer_code == -1 || self_coid == -1 || watch_processes() == -1 ? errno : EOK;
}

dispatch_t *chardev_dispatch(void)
{
    return dpp;
}

int chardev_claim(struct chardev *dev, int irq)
{
    struct sigevent event;
    SIGEV_PULSE_INIT(&event, self_coid, PULSE_PRIORITY, interrupt_code, dev);
    dev->irq = irq;
    dev->irq_id =
        InterruptAttachEvent(irq, &event, _NTO_INTR_FLAGS_TRK_MSK | _NTO_INTR_FLAGS_EXCLUSIVE);
    return dev->irq_id == -1 ? errno : EOK;
}

int chardev_pulse(int (*handler)(message_context_t *ctp, int code, unsigned flags, void *handle),
                  void *handle, struct sigevent *event)
{
    int code = pulse_attach(dpp, MSG_FLAG_ALLOC_PULSE, 0, handler, handle);
    if (code == -1)
        return errno;
    SIGEV_PULSE_INIT(event, self_coid, PULSE_PRIORITY, code, handle);
    return EOK;
}

int chardev_attach(struct chardev *dev, const char *path, const struct chip_ops *ops, void *chip)
{
    struct sigevent event;
    resmgr_attr_t rattr = {.nparts_max = 1, .msg_max_size = 2048};

    iofunc_attr_init(&dev->attr, S_IFCHR | 0666, NULL, NULL);
    dev->attr.rdev =
        0x0500; /* same answer from every port: ttyname() goes by st_ino and st_dev too */
    IOFUNC_NOTIFY_INIT(dev->notify);
    snprintf(dev->name, sizeof dev->name, "%s", path);
    dev->ops = ops;
    dev->chip = chip;
    dev->aware_count = -1;

    SIGEV_PULSE_INIT(&event, self_coid, PULSE_PRIORITY, timer_code, dev);
    if (timer_create(CLOCK_MONOTONIC, &event, &dev->timer) == -1)
        return errno;
    if (resmgr_attach(dpp, &rattr, path, _FTYPE_ANY, 0, &connect_funcs, &io_funcs, dev) == -1)
        return errno;
    dev->next = devices;
    devices = dev;
    return EOK;
}

int chardev_run(void)
{
    dispatch_context_t *ctp = dispatch_context_alloc(dpp);
    if (ctp == NULL)
        return errno;
    return serve_forever(ctp);
}
