/* SPDX-License-Identifier: Apache-2.0 */
/* MsgReply, MsgError, MsgRead, MsgWrite, MsgInfo, MsgCurrent: what a server does to a client that it has received from. */
#include <abi/kercall.h>
#include "core/trace.h"
#include "ipc/ipc.h"
#include "ipc/xfer.h"
#include "kercall/kercall.h"
#include "mm/mm.h"

/* The thread rcvid names among the clients of p, with its sconn referenced; type-stable, neither locked nor checked further. */
static struct thread *client_lookup(struct process *p, int32_t rcvid, struct sconn **sp)
{
    struct sconn *s = rcvid > 0 ? sconn_lookup(p, rcvid & 0xffff) : NULL;
    if (!s)
        return NULL;
    struct thread *t = idtable_get(&s->client->threads, (uint32_t)rcvid >> 16);
    if (t) {
        *sp = s;
        return t;
    }
    sconn_put(s);
    return NULL;
}

/* *t->lockp held.  tid: t may have ended, and its memory be another client's thread by now.  A message that nobody has received yet has
 * no rcvid: who guesses it must not wait for the receiver, which may need this very hart. */
static bool is_client_of(const struct thread *t, int32_t tid, const struct sconn *s)
{
    return t->state == STATE_REPLY && t->tid == tid && t->msg.conn && t->msg.conn->sconn == s && !(t->msg.xfers & XFER_FETCH);
}

/* The call starts over, as if it had not been made yet. */
static void stall_over(struct thread *t)
{
    list_remove(&t->link);
    thread_call_again(t);
    thread_ready_locked(t);
}

static void stall_disturb(struct thread *t, enum wake_cause cause, int err)
{
    (void)cause;
    (void)err;
    stall_over(t);
}

static const struct wait_ops stall_ops = { .name = "stalled", .disturb = stall_disturb };

void client_unstall_locked(struct channel *ch)
{ /* model: P6 */
    while (!list_empty(&ch->stalled))
        stall_over(list_entry(ch->stalled.next, struct thread, link));
}

/* ch->lock, which is the client's, held. */
static void stall_locked(struct channel *ch, struct thread *self)
{
    self->wait_ops = &stall_ops;
    thread_block_locked(self, STATE_RECEIVE, &ch->lock);
    list_push_tail(&ch->stalled, &self->link);
}

int64_t client_begin(struct thread *self, int32_t rcvid, bool alone, struct client *c)
{ /* model: P2 */
    struct sconn *s;
    struct thread *t = client_lookup(self->proc, rcvid, &s);
    if (!t)
        return -ESRCH;
    int64_t ret = 0;
    struct spinlock *l = thread_lock(t);
    if (!is_client_of(t, rcvid >> 16, s)) {
        ret = -ESRCH;
    } else if (t->msg.xfers & (alone ? 0xffff : XFER_ALONE)) {
        stall_locked(s->chan, self);
        ret = KC_BLOCKED;
    } else {
        c->hold = alone ? XFER_ALONE : 1;
        t->msg.xfers += c->hold;
        c->t = t; /* it cannot end while it is held */
        c->chan = s->chan; /* alive: the held client keeps its conn, which keeps the channel */
    }
    thread_unlock(l);
    sconn_put(s);
    return ret;
}

void client_end(struct client *c)
{ /* model: P5 */
    spin_lock(&c->chan->lock);
    c->t->msg.xfers -= c->hold;
    client_unstall_locked(c->chan);
    reply_apply_deferred_locked(c->chan, c->t);
    spin_unlock(&c->chan->lock);
}

void client_finish(struct client *c, int64_t result)
{ /* model: P4 */
    struct thread *t = c->t;
    struct conn *conn = t->msg.conn;
    spin_lock(&c->chan->lock);
    t->msg.xfers -= c->hold;
    client_unstall_locked(c->chan);
    t->msg.deferred = 0;
    t->msg.conn = NULL;
    t->msg.chan = NULL;
    list_remove(&t->link);
    thread_set_result(t, result);
    thread_ready_replied_locked(t, (t->given.flags & KC_SEND_NC) != 0);
    spin_unlock(&c->chan->lock);
    conn_put(conn);
}

/* Length of the server's own buffers.  In replies, reads and writes EFAULT is the client's memory, ESRVRFAULT the server's. */
static int64_t own_total(uint64_t addr, int64_t parts)
{
    int64_t len = msgbuf_total(addr, parts);
    return len == -EFAULT ? -ESRVRFAULT : len;
}

/* The client's call is about to end. */
static void trace_reply(unsigned event, const struct client *c)
{
    if (trace_on(this_hart_anew()))
        trace_event(_NTO_TRACE_COMM, event, (uint64_t)msg_rcvid(c->t), trace_who(c->t));
}

int64_t reply_any(struct thread *t, const uint64_t a[6])
{
    int64_t len = own_total(a[2], (int64_t)a[3]);
    if (len < 0)
        return len;
    struct client c;
    int64_t err = client_begin(t, (int32_t)a[0], true, &c);
    if (err)
        return err;
    /* model: P3 */
    int64_t n = msg_store(c.t->proc->as, c.t->given.rmsg, c.t->given.rparts, a[2], (int64_t)a[3],
                          MIN((uint64_t)len, msg_rlen(c.t)));
    if (n == COPY_FAULT_SELF || n == COPY_ENDING) {
        client_end(&c);
        return -ESRVRFAULT; /* the client still waits for a good reply */
    }
    if (n == COPY_FAULT_OTHER) {
        trace_reply(_NTO_TRACE_COMM_ERROR, &c);
        client_finish(&c, -EFAULT);
        return -EFAULT;
    }
    trace_reply(_NTO_TRACE_COMM_REPLY, &c);
    client_finish(&c, (int64_t)a[1]);
    return 0;
}

KC_HANDLER(msg_error)
{
    int32_t code = (int32_t)a[1];
    if (code < -1)
        return -EINVAL;
    struct client c;
    int64_t err = client_begin(t, (int32_t)a[0], true, &c);
    if (err)
        return err;
    int32_t disturbed = racy_read(c.t->msg.deferred_err); /* another may come meanwhile */
    if (code == -1) /* the error of the disturbance that made the unblock pulse */
        code = disturbed ? disturbed : EINTR;
    if (code == EINTR && c.t->msg.unblock_req && disturbed == EINTR)
        thread_may_restart(c.t, WAKE_SIGNAL); /* the server did nothing: the client may send again after an SA_RESTART handler */
    trace_reply(_NTO_TRACE_COMM_ERROR, &c);
    if (code == ERESTART) { /* the client sends once more, without knowing */
        thread_call_again(c.t);
        client_finish(&c, (int64_t)c.t->arg[0]);
    } else {
        client_finish(&c, -code);
    }
    return 0;
}

static int64_t transfer(struct thread *t, const uint64_t a[6], bool read)
{
    int64_t len = own_total(a[1], (int64_t)a[2]);
    if (len < 0)
        return len;
    if ((int64_t)a[3] < 0)
        return -EINVAL;
    struct client c;
    int64_t err = client_begin(t, (int32_t)a[0], false, &c);
    if (err)
        return err;
    struct msgbuf own, other;
    msgbuf_init(&own, NULL, a[1], (int64_t)a[2]);
    if (read)
        msgbuf_init(&other, c.t->proc->as, c.t->given.smsg, c.t->given.sparts);
    else
        msgbuf_init(&other, c.t->proc->as, c.t->given.rmsg, c.t->given.rparts);
    uint64_t total = read ? msg_slen(c.t) : msg_rlen(c.t);
    int64_t n = msgbuf_skip(&other, MIN(a[3], total));
    if (n == 0) {
        uint64_t max = MIN((uint64_t)len, total - MIN(a[3], total));
        n = read ? msg_copy(&own, &other, max) : msg_copy(&other, &own, max);
    }
    client_end(&c);
    return n >= 0 ? n : n == COPY_FAULT_SELF ? -ESRVRFAULT : -EFAULT;
}

KC_HANDLER(msg_readv)
{
    return transfer(t, a, true);
}

KC_HANDLER(msg_writev)
{
    return transfer(t, a, false);
}

KC_HANDLER(msg_info)
{
    struct client c;
    int64_t err = client_begin(t, (int32_t)a[0], false, &c);
    if (err)
        return err;
    struct _msg_info info;
    msg_info_fill(&info, c.t, (int64_t)msg_slen(c.t));
    client_end(&c);
    return copy_to_user(UADDR(a[1]), &info, sizeof(info));
}

KC_HANDLER(msg_current)
{
    struct client c;
    int64_t err = client_begin(t, (int32_t)a[0], false, &c);
    if (err)
        return err;
    int prio = racy_read(c.t->prio);
    struct spinlock *l = thread_lock(t);
    receive_take_prio_locked(c.chan, t, prio);
    thread_unlock(l);
    client_end(&c);
    return 0;
}

/* An event that a process hands over is checked where it goes: the kernel's own deliveries were checked when they were set up. */
static int64_t event_send(struct process *p, struct thread *t, const struct _kc_sigevent *ev)
{
    struct _kc_sigevent checked = *ev;
    if (checked.code < 0)
        checked.code = 0; /* a library's own code: event_deliver() lets it reach the process's own channels only */
    int err = event_check(p, &checked);
    return err ? err : event_deliver(p, t, ev);
}

KC_HANDLER(msg_deliver_event)
{
    struct _kc_sigevent ev;
    if (copy_from_user(&ev, UADDR(a[1]), sizeof(ev)))
        return -EFAULT;
    int32_t rcvid = (int32_t)a[0];
    if (rcvid == 0)
        return event_send(t->proc, t, &ev);
    struct sconn *s = rcvid > 0 ? sconn_lookup(t->proc, rcvid & 0xffff) : NULL;
    if (!s)
        return -ESRCH;
    struct process *client = s->client;
    int64_t ret = -ESRCH;
    if (process_get_live(client)) {
        struct thread *ct = idtable_get(&client->threads, (uint32_t)rcvid >> 16);
        if (ct && !thread_get_live(ct))
            ct = NULL;
        if (!(atomic_load(&client->flags) & PF_DYING))
            ret = event_admit(s, client, &ev);
        if (ret == 0)
            ret = event_send(client, ct, &ev);
        if (ct)
            thread_put(ct);
        process_put(client);
    }
    sconn_put(s);
    return ret;
}

KC_HANDLER(msg_verify_event)
{
    struct _kc_sigevent ev;
    int32_t rcvid = (int32_t)a[0];
    if (copy_from_user(&ev, UADDR(a[1]), sizeof(ev)))
        return -EFAULT;
    if (rcvid == 0)
        return event_check(t->proc, &ev);
    struct sconn *s; /* a client's event is checked where it would go */
    if (!client_lookup(t->proc, rcvid, &s))
        return -ESRCH;
    int64_t ret = -ESRCH;
    if (process_get_live(s->client)) {
        ret = event_admit(s, s->client, &ev);
        if (ret == 0)
            ret = event_check(s->client, &ev);
        process_put(s->client);
    }
    sconn_put(s);
    return ret;
}

KC_HANDLER(msg_send_pulse)
{
    int prio = (int32_t)a[1], code = (int32_t)a[2];
    if (prio == -1)
        prio = racy_read(t->prio);
    if (prio < 1 || prio > QRV_PRIO_MAX || code < INT8_MIN || code > INT8_MAX)
        return -EINVAL;
    if (prio > QRV_PRIO_USER_MAX && !process_can(t->proc, TM_ABLE_PRIORITY) && prio > racy_read(t->prio))
        return -EPERM;
    struct conn *c = conn_lookup(t->proc, (int32_t)a[0]);
    if (!c)
        return -EBADF;
    int64_t r = racy_read(c->sconn->detached)            ? -EBADF
                : code < 0 && c->chan->proc != t->proc ? -EPERM /* the system's codes: only to oneself */
                                   : pulse_post(c->chan, prio, code, a[3], QRV_SCOID_BASE + c->sconn->index);
    conn_put(c);
    return r;
}
