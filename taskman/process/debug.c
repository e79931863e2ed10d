/* SPDX-License-Identifier: Apache-2.0 */
/* See debug.h.  Commands follow QNX Neutrino Programmer's Guide, "Controlling processes via the /proc filesystem". */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <abi/iomsg.h>
#include <abi/procfs.h>
#include "main/heap.h"
#include "process/breaks.h"
#include "process/debug.h"
#include "process/process.h"

struct debug {
    struct list link; /* debugs */
    int32_t pid;
    const struct ocb *owner;
    uint32_t flags;   /* _DEBUG_FLAG_* */
    int32_t tid;      /* current thread, 0: whichever stopped it */
    int32_t waiter;   /* rcvid of STOP or WAITSTOP, 0 nobody */
    int32_t event_rcvid;
    struct _kc_sigevent event;
    bool is_armed, has_execed, is_dead;
    int32_t exit_status;
    struct breaks breaks;
    struct list forks; /* children that stand still and that no debugger has taken yet */
};

struct fork { /* debug.forks */
    struct list link;
    int32_t child, tid; /* and the thread that made it */
};

static struct lock debug_lock = LOCK_INIT(RANK_DEBUG);
static struct list debugs = LIST_INIT(debugs); /* debug_lock */
static _Atomic uint32_t debug_count;           /* nearly always 0: then nobody takes the lock */

static bool is_any(void)
{
    return atomic_load_explicit(&debug_count, memory_order_acquire) != 0;
}

static struct debug *find_locked(int32_t pid)
{
    list_for_each(pos, &debugs)
    {
        struct debug *d = container_of(pos, struct debug, link);
        if (d->pid == pid && !d->is_dead)
            return d;
    }
    return NULL;
}

static struct debug *owned_locked(const struct ocb *o)
{
    list_for_each(pos, &debugs)
    {
        struct debug *d = container_of(pos, struct debug, link);
        if (d->owner == o)
            return d;
    }
    return NULL;
}

/* ---- memory of a process with breakpoints */

void debug_hide(int32_t pid, uint64_t va, uint8_t *bytes, size_t count)
{
    struct debug *d;

    if (!is_any())
        return;
    lock_acquire(&debug_lock);
    d = find_locked(pid);
    if (d)
        breaks_overlay(&d->breaks, va, bytes, count, false);
    lock_release(&debug_lock);
}

int debug_write_mode(const struct ocb *o, uint64_t va, uint8_t *bytes, size_t count)
{
    struct debug *d;
    bool is_debugger;

    if (!is_any())
        return TM_COPY_WRITE;
    lock_acquire(&debug_lock);
    d = find_locked(o->pid);
    if (d)
        breaks_overlay(&d->breaks, va, bytes, count, true);
    is_debugger = d && d->owner == o;
    lock_release(&debug_lock);
    return is_debugger ? TM_COPY_POKE : TM_COPY_WRITE;
}

/* ---- states */

static bool thread_at(int32_t pid, int32_t tid, struct tm_thread_info *i)
{
    return kcall(TM_THREAD_INFO, pid, tid > 0 ? tid : 1, (long)i, 0, 0, 0) >= 0;
}

/* There are threads, and all of them stand still.  (None: between two programs.) */
static bool has_stopped(int32_t pid)
{
    struct tm_thread_info i;
    bool is_any_there = false;

    for (int32_t tid = 1; thread_at(pid, tid, &i); tid = i.tid + 1) {
        if (i.state == STATE_DEAD)
            continue;
        if (!(i.debug & TM_TD_STOPPED))
            return false;
        is_any_there = true;
    }
    return is_any_there;
}

/* The first child is told before anything else that has happened. */
static int status_of_fork(const struct debug *d, struct tm_thread_info *out)
{
    const struct fork *f = container_of(d->forks.next, struct fork, link);

    if (!thread_at(d->pid, f->tid, out))
        return -ESRCH;
    out->why = _DEBUG_WHY_CHILD;
    out->what = 0;
    memset(&out->info, 0, sizeof(out->info));
    out->info.u.k.pid = f->child;
    return 0;
}

/* The current thread's state, 0 or -ESRCH: as DCMD_PROC_STATUS has it. */
static int status_of(const struct debug *d, int32_t pid, struct tm_thread_info *out)
{
    struct tm_thread_info i;
    bool is_found = false;

    if (d && d->is_dead) {
        memset(out, 0, sizeof(*out));
        out->pid = pid;
        out->why = _DEBUG_WHY_TERMINATED;
        out->what = (uint16_t)d->exit_status;
        return 0;
    }
    if (d && !list_empty(&d->forks))
        return status_of_fork(d, out);
    if (d && d->tid)
        return thread_at(pid, d->tid, out) ? 0 : -ESRCH;
    for (int32_t tid = 1; thread_at(pid, tid, &i); tid = i.tid + 1) {
        if (i.state != STATE_DEAD && (!is_found || i.why)) {
            *out = i;
            is_found = true;
        }
        if (is_found && out->why)
            break;
    }
    if (is_found && !out->why && d && d->has_execed)
        out->why = _DEBUG_WHY_EXEC;
    return is_found ? 0 : -ESRCH;
}

struct status_reply {
    struct _io_devctl_reply head;
    struct tm_thread_info status;
};

static int fill_reply(struct debug *d, struct status_reply *r)
{
    memset(r, 0, sizeof(*r));
    r->head.nbytes = sizeof(r->status);
    return status_of(d, d->pid, &r->status);
}

static void tell_locked(struct debug *d)
{
    struct status_reply r;
    int32_t rcvid = d->waiter;

    d->waiter = 0;
    if (rcvid) {
        int rc = fill_reply(d, &r);
        if (rc < 0)
            k_error(rcvid, -rc);
        else
            k_reply(rcvid, 0, &r, sizeof(r));
    }
    if (d->is_armed && d->event_rcvid)
        k_deliver_event(d->event_rcvid, &d->event);
    d->is_armed = false;
}

/* ---- forked children */

/* Nobody debugs it: let goes of it. */
static void fork_drop(struct fork *f, bool lets_go)
{
    if (lets_go)
        kcall(TM_DEBUG_DETACH, f->child, 0, 0, 0, 0, 0);
    list_remove(&f->link);
    heap_free(f);
}

static void forks_drop(struct debug *d)
{
    list_for_each_safe(pos, tmp, &d->forks)
        fork_drop(container_of(pos, struct fork, link), true);
}

/* child has a debugger of its own from now on, or is gone. */
static void fork_forget(int32_t child)
{
    list_for_each(pos, &debugs)
    {
        struct debug *d = container_of(pos, struct debug, link);
        list_for_each_safe(e, tmp, &d->forks)
        {
            struct fork *f = container_of(e, struct fork, link);
            if (f->child == child)
                fork_drop(f, false);
        }
    }
}

/* Without memory the child goes on as if nobody had asked for it. */
static void fork_hold(struct debug *d, int32_t tid, int32_t child)
{
    struct fork *f = heap_alloc(sizeof(*f));

    if (!f)
        return;
    if (kcall(TM_DEBUG_ATTACH, child, -1, 0, 0, 0, 0) < 0) {
        heap_free(f);
        return;
    }
    kcall(TM_DEBUG_STOP, child, 0, 0, 0, 0, 0);
    f->child = child;
    f->tid = tid;
    list_append(&d->forks, &f->link);
    kcall(TM_DEBUG_STOP, d->pid, 0, 0, 0, 0, 0);
}

/* ---- control */

static struct debug *debug_new(const struct ocb *o)
{
    struct debug *d = heap_alloc(sizeof(*d));

    if (d) {
        d->pid = o->pid;
        d->owner = o;
        list_init(&d->breaks.all);
        list_init(&d->forks);
        list_append(&debugs, &d->link);
        atomic_fetch_add_explicit(&debug_count, 1, memory_order_release);
    }
    return d;
}

static void debug_free(struct debug *d)
{
    breaks_forget(&d->breaks);
    forks_drop(d);
    list_remove(&d->link);
    heap_free(d);
    atomic_fetch_sub_explicit(&debug_count, 1, memory_order_release);
}

/* The record of o, which becomes the debugger of its process if there is none. */
static int claim_locked(const struct message *m, const struct ocb *o, struct debug **out)
{
    long rc;

    *out = owned_locked(o);
    if (*out)
        return (*out)->is_dead ? -ESRCH : 0;
    if (find_locked(o->pid))
        return -EBUSY;
    if (o->pid == m->proc->pid)
        return -EPERM;
    *out = debug_new(o);
    if (!*out)
        return -ENOMEM;
    rc = kcall(TM_DEBUG_ATTACH, o->pid, -1, 0, 0, 0, 0);
    if (rc < 0)
        debug_free(*out);
    else
        fork_forget(o->pid);
    return (int)rc;
}

static int64_t answer_status(struct message *m, struct debug *d)
{
    struct status_reply *r = (void *)m->buffer;
    int rc = fill_reply(d, r);

    return rc < 0 ? rc : message_answer(m, r, sizeof(*r), 0);
}

/* WAITSTOP, and the second half of STOP. */
static int64_t wait_stop(struct message *m, struct debug *d)
{
    if (d->waiter)
        return -EBUSY;
    if (has_stopped(d->pid))
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
    return status_of(d, d->pid, &i) == 0 ? i.tid : 0;
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
    if (rc == 0 && (r->flags & _DEBUG_RUN_TRACE))
        rc = (int)kcall(TM_DEBUG_ATTACH, d->pid, (long)r->trace, 0, 0, 0, 0);
    if (rc < 0)
        return rc;
    d->is_armed = (r->flags & _DEBUG_RUN_ARM) != 0;
    d->has_execed = false;
    forks_drop(d);
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
        return sizeof(uint32_t);
    default:
        return 0;
    }
}

static int set_thread(struct debug *d, int32_t tid)
{
    struct tm_thread_info i;

    if (tid < 0 || (tid > 0 && (!thread_at(d->pid, tid, &i) || i.tid != tid)))
        return -ESRCH;
    d->tid = tid;
    return 0;
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
        if (word & ~(uint32_t)(_DEBUG_FLAG_KLC | _DEBUG_FLAG_FORK))
            return -EINVAL;
        d->flags = cmd == QRV_DCMD_PROC_SET_FLAG_CMD ? d->flags | word : d->flags & ~word;
        return 0;
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
    const struct debug *d = owned_locked(o);
    struct tm_thread_info i;
    struct tm_regs r;
    long rc = status_of(d, o->pid, &i);

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

    if (cmd > QRV_DCMD_PROC_CLEAR_FLAG_CMD)
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

void debug_closed(struct ocb *o)
{
    struct debug *d;
    int32_t victim = 0;

    if (!is_any())
        return;
    lock_acquire(&debug_lock);
    d = owned_locked(o);
    if (d && !d->is_dead) {
        breaks_undo(&d->breaks, d->pid);
        if (d->flags & _DEBUG_FLAG_KLC)
            victim = d->pid;
        else
            kcall(TM_DEBUG_DETACH, d->pid, 0, 0, 0, 0, 0);
    }
    if (d)
        debug_free(d);
    if (victim) /* it has not run since */
        k_kill(victim, SIGKILL, 0, 0, 0);
    lock_release(&debug_lock);
}

/* ---- what happens to processes */

void debug_changed(int32_t pid)
{
    struct debug *d;

    if (!is_any())
        return;
    lock_acquire(&debug_lock);
    d = find_locked(pid);
    if (d && has_stopped(pid))
        tell_locked(d);
    lock_release(&debug_lock);
}

void debug_died(int32_t pid, int32_t status)
{
    struct debug *d;

    if (!is_any())
        return;
    lock_acquire(&debug_lock);
    fork_forget(pid);
    d = find_locked(pid);
    if (d) {
        d->is_dead = true;
        d->exit_status = status;
        breaks_forget(&d->breaks);
        d->is_armed = true; /* its end is always told */
        tell_locked(d);
    }
    lock_release(&debug_lock);
}

void debug_emptied(int32_t pid)
{
    struct debug *d;

    if (!is_any())
        return;
    lock_acquire(&debug_lock);
    d = find_locked(pid);
    if (d) {
        breaks_forget(&d->breaks);
        d->tid = 0;
    }
    lock_release(&debug_lock);
}

void debug_loaded(int32_t pid)
{
    struct debug *d;

    if (!is_any())
        return;
    lock_acquire(&debug_lock);
    d = find_locked(pid);
    if (d) {
        d->has_execed = true;
        kcall(TM_DEBUG_STOP, pid, 0, 0, 0, 0, 0);
    }
    lock_release(&debug_lock);
}

bool debug_fork_begin(void)
{
    if (!is_any())
        return false;
    lock_acquire(&debug_lock);
    return true;
}

void debug_fork_end(int32_t parent, int32_t child)
{
    struct debug *d = find_locked(parent);

    if (d && child > 0)
        breaks_undo(&d->breaks, child);
    lock_release(&debug_lock);
}

void debug_forked(int32_t parent, int32_t tid, int32_t child)
{
    struct debug *d;

    if (!is_any())
        return;
    lock_acquire(&debug_lock);
    d = find_locked(parent);
    if (d && (d->flags & _DEBUG_FLAG_FORK) && !find_locked(child))
        fork_hold(d, tid, child);
    lock_release(&debug_lock);
}

bool debug_unblock(int32_t rcvid)
{
    bool is_found = false;

    if (!is_any())
        return false;
    lock_acquire(&debug_lock);
    list_for_each(pos, &debugs)
    {
        struct debug *d = container_of(pos, struct debug, link);
        if (d->waiter != rcvid)
            continue;
        d->waiter = 0;
        is_found = true;
        k_error(rcvid, EINTR);
        break;
    }
    lock_release(&debug_lock);
    return is_found;
}
