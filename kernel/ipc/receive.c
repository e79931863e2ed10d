/* SPDX-License-Identifier: Apache-2.0 */
/* MsgReceive: the server's side.  All copying happens here, in the receiver's own address space and time: a receiver that was
 * blocked is woken with receive_fetch (a message) or receive_pulse_finish (a pulse) as its continuation. */
#include <abi/kercall.h>
#include "core/trace.h"
#include "ipc/ipc.h"
#include "ipc/xfer.h"
#include "kercall/kercall.h"
#include "mm/mm.h"
#include "quick.h"

struct thread *receiver_find_locked(struct channel *ch, bool for_pulse)
{
    list_for_each(e, &ch->receivers) {
        struct thread *r = list_entry(e, struct thread, link);
        if (for_pulse || !(r->given.flags & KC_RECEIVE_PULSE))
            return r;
    }
    return NULL;
}

/* The receiver runs at the priority of what it received, up or down; an earlier boost is over. */
void receive_take_prio_locked(struct channel *ch, struct thread *t, int prio)
{
    racy_write(t->msg.serving, ch);
    if (ch->flags & _NTO_CHF_FIXED_PRIORITY)
        return;
    if (t->prio == prio && t->run_prio == prio && t->boost_prio == 0)
        return;
    t->run_prio = (uint8_t)prio;
    t->boost_prio = 0;
    thread_recompute_prio_locked(t);
}

int32_t msg_rcvid(const struct thread *client)
{
    return client->tid << 16 | client->msg.conn->sconn->index;
}

void msg_info_fill(struct _msg_info *info, const struct thread *s, int64_t msglen)
{
    const struct conn *c = s->msg.conn;
    info->nd = info->srcnd = 0;
    info->reserved[0] = info->reserved[1] = 0;
    info->pid = s->proc->pid;
    info->tid = s->tid;
    info->chid = c->chan->chid;
    info->scoid = QRV_SCOID_BASE + c->sconn->index;
    info->coid = racy_read(c->coid);
    info->priority = racy_read(s->prio);
    info->flags = (int16_t)(racy_read(s->proc->mi_flags) >> 48 | (s->msg.unblock_req ? _NTO_MI_UNBLOCK_REQ : 0));
    info->msglen = msglen;
    info->srcmsglen = (int64_t)msg_slen(s);
    info->dstmsglen = (int64_t)msg_rlen(s);
}

/* ---- pulses */

static int64_t pulse_scatter(const struct thread *t, const struct _kc_pulse *out)
{
    const char *src = (const char *)out;
    size_t left = sizeof(*out);
    for (int64_t i = 0; left && i < t->given.rparts; i++) {
        uint64_t iov[2];
        if (copy_from_user(iov, UADDR(t->given.rmsg + (uint64_t)i * sizeof(iov)), sizeof(iov)))
            return -EFAULT;
        size_t n = MIN(left, iov[1]);
        if (copy_to_user(UADDR(iov[0]), src, n))
            return -EFAULT;
        src += n;
        left -= n;
    }
    return 0;
}

static int64_t pulse_copy_out(const struct thread *t, int8_t code, uint64_t value, int32_t scoid)
{
    struct _kc_pulse out = { .type = _PULSE_TYPE, .subtype = _PULSE_SUBTYPE, .code = code, .value = value, .scoid = scoid };
    uint64_t to = t->given.rmsg;
    if (trace_on(this_hart()))
        trace_event(_NTO_TRACE_COMM, _NTO_TRACE_COMM_RPULSE, trace_pulse(scoid, code), 0);
    if (msg_rlen(t) < sizeof(out))
        return -EFAULT; /* documented: the pulse is lost */
    if (t->given.rparts > 0)
        return pulse_scatter(t, &out);
    if (to % 8 == 0 && to <= QRV_USER_END - sizeof(out) && arch_user_put(to, &out, sizeof(out)))
        return 0;
    return copy_to_user(UADDR(to), &out, sizeof(out));
}

void receive_pulse_finish(struct thread *t)
{ /* model: R4 */
    struct channel *ch = t->msg.chan;
    t->msg.chan = NULL;
    thread_set_result(t, pulse_copy_out(t, t->msg.code, t->msg.value, t->msg.scoid));
    channel_put(ch);
}

/* ---- messages */

/* Copies the message of s (held: xfers) into t's buffer and info.  rcvid, or the error that belongs to t; *sender_err is set when
 * the client is the one to fail. */
static int64_t fetch_copy(struct thread *t, struct thread *s, int *sender_err)
{ /* model: R2 */
    int64_t n = msg_fetch(t->given.rmsg, t->given.rparts, s->proc->as, s->given.smsg, s->given.sparts,
                          MIN(msg_rlen(t), msg_slen(s)));
    *sender_err = 0;
    if (n == COPY_FAULT_OTHER) {
        *sender_err = EFAULT;
        return -EAGAIN; /* only the sender fails; the receiver goes on waiting */
    }
    if (n == COPY_ENDING)
        return n; /* s stays as after any MsgReceive() whose thread ends */
    struct _msg_info info;
    if (n >= 0) {
        msg_info_fill(&info, s, n);
        if (t->given.info && copy_to_user(UADDR(t->given.info), &info, sizeof(info)))
            n = COPY_FAULT_SELF;
    }
    if (n < 0) {
        *sender_err = ESRVRFAULT;
        return -EFAULT;
    }
    if (trace_on(this_hart_anew()))
        trace_event(_NTO_TRACE_COMM, _NTO_TRACE_COMM_RMSG, (uint64_t)msg_rcvid(s), trace_who(s));
    return msg_rcvid(s);
}

static void fetch_end(struct channel *ch, struct thread *s, int sender_err)
{ /* model: R3 */
    spin_lock(&ch->lock);
    s->msg.xfers &= (uint16_t)~XFER_FETCH;
    client_unstall_locked(ch);
    if (sender_err)
        send_fail_locked(ch, s, sender_err);
    else
        reply_apply_deferred_locked(ch, s);
    spin_unlock(&ch->lock);
    thread_put(s);
}

static void receive_disturb(struct thread *t, enum wake_cause cause, int err);
const struct wait_ops receive_ops = { .name = "receive", .disturb = receive_disturb };

void receive_drop(struct thread *t)
{ /* model: R5 */
    struct channel *ch = t->msg.chan;
    t->msg.chan = NULL;
    channel_put(ch);
}

static void receive_disturb(struct thread *t, enum wake_cause cause, int err)
{
    if (cause == WAKE_CANCEL && (t->given.flags & KC_RECEIVE_NC))
        return;
    thread_may_restart(t, cause);
    list_remove(&t->link);
    thread_set_result(t, -err);
    atomic_store(&t->kcont, receive_drop);
    thread_ready_locked(t);
}

/* The most important thing that waits on ch: a pulse wins over a message of its priority. */
static struct pulse *take_pulse_locked(struct channel *ch, bool pulses_only)
{
    if (list_empty(&ch->pulses))
        return NULL;
    struct pulse *p = list_entry(ch->pulses.next, struct pulse, link);
    if (!pulses_only && !list_empty(&ch->senders) &&
        list_entry(ch->senders.next, struct thread, link)->prio > p->prio)
        return NULL;
    list_remove(&p->link);
    ch->num_pulse--;
    return p;
}

static void take_own_prio(struct channel *ch, struct thread *t, int prio)
{
    struct spinlock *l = thread_lock(t);
    receive_take_prio_locked(ch, t, prio);
    thread_unlock(l);
}

static int64_t receive_block_locked(struct channel *ch, struct thread *t)
{
    int err = thread_timeout_start(t, STATE_RECEIVE);
    if (err)
        return err;
    t->wait_ops = &receive_ops;
    thread_block_locked(t, STATE_RECEIVE, &ch->lock);
    list_push_head(&ch->receivers, &t->link);
    return KC_BLOCKED;
}

/* Takes what is there or blocks; t->msg describes the receive, t->msg.chan is referenced. */
static int64_t receive_on(struct channel *ch, struct thread *t)
{ /* model: R1 */
    for (;;) {
        spin_lock(&ch->lock);
        if (ch->destroyed) {
            spin_unlock(&ch->lock);
            return -ESRCH;
        }
        bool only = (t->given.flags & KC_RECEIVE_PULSE) != 0;
        struct pulse *p = take_pulse_locked(ch, only);
        if (p) {
            /* With the lock held: without it another thread of the server may make the pulse's owner go. */
            int8_t code = p->code;
            int prio = p->prio;
            uint64_t value = p->value;
            int32_t scoid = p->scoid;
            pulse_free(p);
            if (p == &ch->unblock)
                unblock_pay_locked(ch);
            spin_unlock(&ch->lock);
            take_own_prio(ch, t, prio);
            return pulse_copy_out(t, code, value, scoid);
        }
        struct list *e = only ? NULL : list_pop_head(&ch->senders);
        if (!e) {
            int64_t r = receive_block_locked(ch, t);
            spin_unlock(&ch->lock);
            return r;
        }
        struct thread *s = list_entry(e, struct thread, link);
        ch->num_send--;
        thread_get(s);
        send_to_reply_locked(ch, s);
        int prio = s->prio;
        spin_unlock(&ch->lock);
        take_own_prio(ch, t, prio);
        int sender_err;
        int64_t r = fetch_copy(t, s, &sender_err);
        fetch_end(ch, s, sender_err);
        if (!(sender_err == EFAULT))
            return r;
    }
}

void receive_fetch(struct thread *t)
{
    struct channel *ch = t->msg.chan;
    struct thread *s = t->msg.partner;
    t->msg.partner = NULL;
    int sender_err;
    int64_t r = fetch_copy(t, s, &sender_err);
    fetch_end(ch, s, sender_err);
    if (sender_err == EFAULT)
        r = receive_on(ch, t);
    if (r == KC_BLOCKED)
        return;
    t->msg.chan = NULL;
    thread_set_result(t, r);
    channel_put(ch);
}

int64_t receive_any(struct thread *t, const uint64_t a[6])
{
    int32_t chid = (int32_t)a[0];
    if (chid == -1) { /* leave the channel last served: its boost ends */
        struct spinlock *l = thread_lock(t);
        racy_write(t->msg.serving, NULL);
        t->run_prio = t->base_prio;
        t->boost_prio = 0;
        thread_recompute_prio_locked(t);
        thread_unlock(l);
        return 0;
    }
    int64_t rlen = msgbuf_total(a[3], (int64_t)a[4]);
    if (rlen < 0)
        return rlen;
    struct channel *ch = chid > 0 ? idtable_get(&t->proc->channels, (uint32_t)chid) : NULL;
    if (!ch || !channel_get_live(ch))
        return -ESRCH;
    t->msg.chan = ch;
    t->msg.riov = (uint64_t)rlen;
    int64_t r = receive_on(ch, t);
    if (r != KC_BLOCKED) {
        t->msg.chan = NULL;
        channel_put(ch);
    }
    return r;
}
