/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of debuggers.  They follow QNX Neutrino Programmer's Guide, "Controlling processes via the /proc filesystem". */
#include <errno.h>
#include <string.h>
#include <abi/iomsg.h>
#include <abi/procfs.h>
#include "process/debug_internal.h"

/* What d->signals and d->flags say is the kernel's from now on. */
static long look_for_signals(const struct debug *d)
{
    return kcall(TM_DEBUG_ATTACH, d->pid, (long)d->signals, d->flags & _DEBUG_FLAG_THREAD ? TM_DA_ALONE : 0, 0, 0, 0);
}

/* The record of o, which becomes the debugger of its process if there is none. */
static int claim_locked(const struct message *m, const struct ocb *o, struct debug **out)
{
    long rc;

    *out = debug_owned_locked(o);
    if (*out)
        return (*out)->is_dead ? -ESRCH : 0;
    if (debug_find_locked(o->pid))
        return -EBUSY;
    if (o->pid == m->proc->pid)
        return -EPERM;
    *out = debug_new(o);
    if (!*out)
        return -ENOMEM;
    rc = look_for_signals(*out);
    if (rc < 0)
        debug_free(*out);
    else
        debug_fork_forget(o->pid);
    return (int)rc;
}

static int64_t answer_status(struct message *m, struct debug *d)
{
    struct status_reply *r = (void *)m->buffer;
    int rc = debug_fill_reply(d, r);

    return rc < 0 ? rc : message_answer(m, r, sizeof(*r), 0);
}

/* WAITSTOP, and the second half of STOP. */
static int64_t wait_stop(struct message *m, struct debug *d)
{
    if (d->waiter)
        return -EBUSY;
    if (debug_has_stopped(d->pid))
        return answer_status(m, d);
    d->waiter = m->rcvid;
    if (rcvid_is_unblocked(m->rcvid)) {
        d->waiter = 0;
        return -EINTR;
    }
    return MSG_DEFERRED;
}

static int32_t current_tid(const struct debug *d)
{
    struct tm_thread_info i;

    if (d->tid)
        return d->tid;
    return debug_status_of(d, d->pid, &i) == 0 ? i.tid : 0;
}

static int set_pc(const struct debug *d, uint64_t pc)
{
    struct tm_regs r;
    int32_t tid = current_tid(d);
    long rc = kcall(TM_DEBUG_REGS, d->pid, tid, (long)&r, TM_REGS_READ, 0, 0);

    if (rc < 0)
        return (int)rc;
    r.pc = pc;
    return (int)kcall(TM_DEBUG_REGS, d->pid, tid, (long)&r, TM_REGS_WRITE, 0, 0);
}

#define RUN_KNOWN                                                                                  \
    (_DEBUG_RUN_CLRSIG | _DEBUG_RUN_CLRFLT | _DEBUG_RUN_TRACE | _DEBUG_RUN_VADDR |                 \
     _DEBUG_RUN_ARM | _DEBUG_RUN_ONLY | _DEBUG_RUN_SIGNAL)

static int run(struct debug *d, const struct qrv_proc_run *r)
{
    bool clears = (r->flags & (_DEBUG_RUN_CLRSIG | _DEBUG_RUN_CLRFLT)) != 0;
    bool is_only = (r->flags & _DEBUG_RUN_ONLY) != 0;
    bool has_signal = (r->flags & _DEBUG_RUN_SIGNAL) != 0;
    int rc = 0;

    if ((r->flags & ~(uint32_t)RUN_KNOWN) || ((is_only || has_signal) && r->tid <= 0) ||
        (has_signal && (r->signo <= 0 || r->signo >= QRV_SIGSPECIAL_MIN)))
        return -EINVAL;
    if (r->flags & _DEBUG_RUN_VADDR)
        rc = set_pc(d, r->ip);
    if (rc == 0 && (r->flags & _DEBUG_RUN_TRACE) && d->signals != r->trace) {
        d->signals = r->trace;
        rc = (int)look_for_signals(d);
    }
    if (rc < 0)
        return rc;
    d->is_armed = (r->flags & _DEBUG_RUN_ARM) != 0;
    d->has_execed = false;
    debug_forks_drop(d, is_only && (d->flags & _DEBUG_FLAG_THREAD) ? r->tid : 0);
    if (is_only || has_signal)
        rc = (int)kcall(TM_DEBUG_RUN, d->pid, r->tid, has_signal ? r->signo : 0,
                        clears ? 0 : TM_DR_KEEP, 0, 0);
    if (rc == 0 && !is_only)
        rc = (int)kcall(TM_DEBUG_RUN, d->pid, 0, 0, clears ? 0 : TM_DR_KEEP, 0, 0);
    return rc;
}

static int set_break(struct debug *d, const struct qrv_proc_break *b)
{
    if (b->type != _DEBUG_BREAK_EXEC)
        return -ENOTSUP;
    if ((b->addr & 1) || b->addr >= QRV_USER_END || (b->size != 0 && b->size != -1))
        return -EINVAL;
    return b->size == 0 ? breaks_set(&d->breaks, d->pid, b->addr) : breaks_clear(&d->breaks, d->pid, b->addr);
}

static int set_registers(const struct debug *d, unsigned cmd, const uint8_t *data)
{
    struct tm_regs r;
    int32_t tid = current_tid(d);
    bool is_fp = cmd == QRV_DCMD_PROC_SETFPREG_CMD;

    memset(&r, 0, sizeof(r));
    if (is_fp) {
        const struct qrv_fpreg *f = (const void *)data;
        memcpy(r.f, f->f, sizeof(r.f));
        r.fcsr = f->fcsr;
    } else {
        const struct qrv_greg *g = (const void *)data;
        memcpy(&r.x[1], &g->x[1], sizeof(r.x) - sizeof(r.x[0]));
        r.pc = g->x[0];
    }
    return (int)kcall(TM_DEBUG_REGS, d->pid, tid, (long)&r,
                      is_fp ? TM_REGS_WRITE_F : TM_REGS_WRITE, 0, 0);
}

static int set_event(struct message *m, struct debug *d, const uint8_t *data)
{
    memcpy(&d->event, data, sizeof(d->event));
    d->event_rcvid = m->rcvid;
    return 0;
}

static size_t need_of(unsigned cmd)
{
    switch (cmd) {
    case QRV_DCMD_PROC_RUN_CMD:
        return sizeof(struct qrv_proc_run);
    case QRV_DCMD_PROC_SETGREG_CMD:
        return sizeof(struct qrv_greg);
    case QRV_DCMD_PROC_SETFPREG_CMD:
        return sizeof(struct qrv_fpreg);
    case QRV_DCMD_PROC_BREAK_CMD:
        return sizeof(struct qrv_proc_break);
    case QRV_DCMD_PROC_EVENT_CMD:
        return sizeof(struct _kc_sigevent);
    case QRV_DCMD_PROC_CURTHREAD_CMD:
    case QRV_DCMD_PROC_SET_FLAG_CMD:
    case QRV_DCMD_PROC_CLEAR_FLAG_CMD:
    case QRV_DCMD_PROC_STOPTHREAD_CMD:
        return sizeof(uint32_t);
    default:
        return 0;
    }
}

static int set_thread(struct debug *d, int32_t tid)
{
    struct tm_thread_info i;

    if (tid < 0 || (tid > 0 && (!debug_thread_at(d->pid, tid, &i) || i.tid != tid)))
        return -ESRCH;
    d->tid = tid;
    return 0;
}

static long set_flags(struct debug *d, uint32_t which, bool is_set)
{
    if (which & ~(uint32_t)(_DEBUG_FLAG_KLC | _DEBUG_FLAG_FORK | _DEBUG_FLAG_THREAD))
        return -EINVAL;
    d->flags = is_set ? d->flags | which : d->flags & ~which;
    return which & _DEBUG_FLAG_THREAD ? look_for_signals(d) : 0;
}

static int64_t control_locked(struct message *m, struct debug *d, unsigned cmd, const uint8_t *data)
{
    uint32_t word = 0;
    long rc;

    if (need_of(cmd) == sizeof(word))
        memcpy(&word, data, sizeof(word));
    switch (cmd) {
    case QRV_DCMD_PROC_STOP_CMD:
        rc = kcall(TM_DEBUG_STOP, d->pid, 0, 0, 0, 0, 0);
        return rc < 0 ? rc : wait_stop(m, d);
    case QRV_DCMD_PROC_WAITSTOP_CMD:
        return wait_stop(m, d);
    case QRV_DCMD_PROC_RUN_CMD:
        return run(d, (const void *)data);
    case QRV_DCMD_PROC_SETGREG_CMD:
    case QRV_DCMD_PROC_SETFPREG_CMD:
        return set_registers(d, cmd, data);
    case QRV_DCMD_PROC_BREAK_CMD:
        return set_break(d, (const void *)data);
    case QRV_DCMD_PROC_CURTHREAD_CMD:
        return set_thread(d, (int32_t)word);
    case QRV_DCMD_PROC_EVENT_CMD:
        return set_event(m, d, data);
    case QRV_DCMD_PROC_SET_FLAG_CMD:
    case QRV_DCMD_PROC_CLEAR_FLAG_CMD:
        return set_flags(d, word, cmd == QRV_DCMD_PROC_SET_FLAG_CMD);
    case QRV_DCMD_PROC_STOPTHREAD_CMD:
        return (int32_t)word > 0 ? kcall(TM_DEBUG_STOP, d->pid, (int32_t)word, 0, 0, 0, 0) : -ESRCH;
    default:
        return -ENOTTY;
    }
}

static int64_t answer(struct message *m, const void *data, size_t bytes)
{
    struct _io_devctl_reply *r = (void *)m->buffer;

    memset(r, 0, sizeof(*r));
    r->nbytes = (uint32_t)bytes;
    memcpy(r + 1, data, bytes);
    return message_answer(m, r, sizeof(*r) + bytes, 0);
}

/* The commands that only look. */
static int64_t look_locked(struct message *m, const struct ocb *o, unsigned cmd)
{
    const struct debug *d = debug_owned_locked(o);
    struct tm_thread_info i;
    struct tm_regs r;
    long rc = debug_status_of(d, o->pid, &i);

    if (rc < 0)
        return rc;
    if (cmd == QRV_DCMD_PROC_STATUS_CMD)
        return answer(m, &i, sizeof(i));
    rc = kcall(TM_DEBUG_REGS, o->pid, i.tid, (long)&r, TM_REGS_READ, 0, 0);
    if (rc < 0)
        return rc;
    if (cmd == QRV_DCMD_PROC_GETGREG_CMD) {
        r.x[0] = r.pc;
        return answer(m, r.x, sizeof(struct qrv_greg));
    }
    struct qrv_fpreg f = {.fcsr = r.fcsr};
    memcpy(f.f, r.f, sizeof(f.f));
    return answer(m, &f, sizeof(f));
}

int64_t debug_devctl(struct message *m, struct ocb *o, unsigned cmd, const uint8_t *data, size_t bytes)
{
    struct debug *d;
    int64_t rc;

    if (cmd > QRV_DCMD_PROC_STOPTHREAD_CMD)
        return -ENOTTY;
    if (cmd < QRV_DCMD_PROC_CONTROL_FIRST) {
        lock_acquire(&debug_lock);
        rc = look_locked(m, o, cmd);
        lock_release(&debug_lock);
        return rc;
    }
    if (!(o->ioflag & _IO_FLAG_WR))
        return -EBADF;
    if (bytes < need_of(cmd))
        return -EINVAL;
    lock_acquire(&debug_lock);
    rc = claim_locked(m, o, &d);
    if (rc == 0)
        rc = control_locked(m, d, cmd, data);
    else if (rc == -ESRCH && d && cmd == QRV_DCMD_PROC_WAITSTOP_CMD)
        rc = answer_status(m, d); /* it has ended: that is what it stopped for */
    lock_release(&debug_lock);
    return rc;
}
