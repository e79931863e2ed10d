/* SPDX-License-Identifier: Apache-2.0 */
/* MsgSend: the client's side of the rendezvous, and what may happen to a client that waits.
 *
 * A client is in exactly one of channel.senders (SEND) and channel.repliers (REPLY), both under channel.lock; it holds a
 * reference on its conn and channel until the wait is over.  While a server copies (msg.xfers > 0) the client is not taken out
 * of REPLY: signals, timeouts, death are noted in msg.deferred and applied by the last copy.
 */
#include <abi/kercall.h>
#include <abi/time.h>
#include "core/trace.h"
#include "ipc/ipc.h"
#include "ipc/xfer.h"
#include "kercall/kercall.h"
#include "object/sync.h"
#include "object/timer.h"

/* Continuation of a client whose wait ended without the server: gives back what it held, in its own time. */
static void send_drop(struct thread *t)
{ /* model: S3 */
    struct conn *c = t->msg.conn;
    t->msg.conn = NULL;
    t->msg.chan = NULL;
    conn_put(c);
}

static void send_end_locked(struct thread *t, int err)
{
    list_remove(&t->link);
    thread_set_result(t, -err);
    atomic_store(&t->kcont, send_drop);
    thread_ready_locked(t);
}

void send_fail_locked(struct channel *ch, struct thread *t, int err)
{ /* model: F1 */
    if (t->state == STATE_SEND) {
        ch->num_send--;
        send_end_locked(t, err);
    } else if (t->msg.xfers) {
        t->msg.deferred = DEFERRED_FAIL; /* cannot be talked out of it */
        racy_write(t->msg.deferred_err, (uint16_t)err);
    } else {
        send_end_locked(t, err);
    }
}

static void send_disturb(struct thread *t, enum wake_cause cause, int err)
{
    if (cause == WAKE_CANCEL && (t->given.flags & KC_SEND_NC))
        return;
    thread_may_restart(t, cause);
    send_fail_locked(t->msg.chan, t, err);
}

static void send_insert_locked(struct channel *ch, struct thread *t)
{
    struct list *pos = ch->senders.prev;
    while (pos != &ch->senders && list_entry(pos, struct thread, link)->prio < t->prio)
        pos = pos->prev;
    list_insert_before(pos->next, &t->link);
}

static void send_prio_changed(struct thread *t)
{
    list_remove(&t->link);
    send_insert_locked(t->msg.chan, t);
}

const struct wait_ops send_ops = { .name = "send", .disturb = send_disturb, .prio_changed = send_prio_changed };

/* Nobody there will answer an unblock pulse.  Without this a process that talks to itself, or two that talk to each other, could
 * not die: each would wait for the other's channels to go. */
static bool server_is_ending(const struct channel *ch)
{
    return (atomic_load(&ch->proc->flags) & (PF_DYING | PF_EXEC)) != 0;
}

static int32_t scoid_of(const struct thread *client)
{
    return QRV_SCOID_BASE + client->msg.conn->sconn->index;
}

void unblock_pay_locked(struct channel *ch)
{
    while (!list_empty(&ch->repliers) && !atomic_load_explicit(&ch->unblock.queued, memory_order_relaxed)) {
        struct thread *t = list_entry(ch->repliers.next, struct thread, link);
        if (t->msg.unblock_req != UNBLOCK_OWED)
            return;
        t->msg.unblock_req = 1;
        list_remove(&t->link);
        list_push_tail(&ch->repliers, &t->link);
        ch->unblock.value = (uint64_t)(uint32_t)msg_rcvid(t);
        ch->unblock.scoid = scoid_of(t);
        pulse_send_reserved_locked(ch, &ch->unblock, t->prio);
    }
}

/* There is no memory for its pulse, or there are too many: it comes with the channel's own, after those that it was queued for before.  A
 * client that just left would be free to send again, and the server would answer that message in place of the one that it has. */
static void unblock_owe_locked(struct channel *ch, struct thread *t)
{
    t->msg.unblock_req = UNBLOCK_OWED;
    list_remove(&t->link);
    list_push_head(&ch->repliers, &t->link);
    unblock_pay_locked(ch);
}

/* The server owns the decision on an unblock channel; otherwise the client just leaves. */
static void reply_disturb(struct thread *t, enum wake_cause cause, int err)
{ /* model: D3 */
    struct channel *ch = t->msg.chan;
    if (cause == WAKE_CANCEL && (t->given.flags & KC_SEND_NC))
        return;
    if (t->msg.xfers) {
        /* The first counts, but the end more: with the server ending too, it is all that gets the client out. */
        if (!t->msg.deferred || (cause == WAKE_KILL && t->msg.deferred != DEFERRED_FAIL)) {
            t->msg.deferred = (uint8_t)(cause + 1);
            racy_write(t->msg.deferred_err, (uint16_t)err);
        }
        return;
    }
    if (!(ch->flags & _NTO_CHF_UNBLOCK) || ch->destroyed || (cause == WAKE_KILL && server_is_ending(ch))) {
        send_fail_locked(ch, t, err);
        return;
    }
    t->msg.deferred_err = (uint16_t)err; /* what MsgError(rcvid, -1) gives the client */
    if (t->msg.unblock_req)
        return;
    t->msg.unblock_req = 1;
    if (pulse_send_locked(ch, t->prio, _PULSE_CODE_UNBLOCK, (uint64_t)(uint32_t)msg_rcvid(t), scoid_of(t)) != 0)
        unblock_owe_locked(ch, t);
}

const struct wait_ops reply_ops = { .name = "reply", .disturb = reply_disturb };

void reply_apply_deferred_locked(struct channel *ch, struct thread *s)
{ /* model: D4 */
    unsigned d = s->msg.deferred;
    if (!d || s->msg.xfers)
        return;
    s->msg.deferred = 0;
    if (d == DEFERRED_FAIL)
        send_fail_locked(ch, s, s->msg.deferred_err);
    else
        reply_disturb(s, (enum wake_cause)(d - 1), s->msg.deferred_err);
}

void send_to_reply_locked(struct channel *ch, struct thread *s)
{
    racy_write(s->state, STATE_REPLY);
    if (trace_on(this_hart()))
        trace_thread_state(s, STATE_REPLY);
    s->wait_ops = &reply_ops;
    s->msg.xfers = XFER_FETCH;
    list_push_tail(&ch->repliers, &s->link);
    thread_timeout_move(s, STATE_REPLY);
}

/* ch->lock held.  Blocks t in REPLY with its message handed to r, or in SEND. 0 or -errno without blocking. */
static int send_block_locked(struct channel *ch, struct thread *t, struct thread *r)
{ /* model: S2 */
    int err = thread_timeout_start(t, r ? STATE_REPLY : STATE_SEND);
    if (err)
        return err;
    if (!r) {
        t->wait_ops = &send_ops;
        thread_block_locked(t, STATE_SEND, &ch->lock);
        send_insert_locked(ch, t);
        ch->num_send++;
        return 0;
    }
    t->wait_ops = &reply_ops;
    t->msg.xfers = XFER_FETCH;
    list_remove(&r->link);
    thread_get(t);
    r->msg.partner = t;
    receive_take_prio_locked(ch, r, racy_read(t->prio));
    atomic_store_explicit(&r->kcont, receive_fetch, memory_order_relaxed); /* published with r's state */
    if (!sched_hand_over(t, STATE_REPLY, &ch->lock, r)) {
        thread_block_locked(t, STATE_REPLY, &ch->lock);
        thread_ready_locked(r);
    }
    list_push_tail(&ch->repliers, &t->link);
    return 0;
}

/* Before the message can be received: the order of a trace is that of the protocol. */
static void trace_send(const struct thread *t)
{
    trace_event(_NTO_TRACE_COMM, _NTO_TRACE_COMM_SMSG, (uint64_t)msg_rcvid(t), (uint64_t)t->msg.chan->proc->pid << 32);
}

int64_t send_any(struct thread *t, const uint64_t a[6])
{
    int64_t slen = msgbuf_total(a[1], (int64_t)a[2]), rlen = msgbuf_total(a[3], (int64_t)a[4]);
    if (slen < 0 || rlen < 0)
        return slen < 0 ? slen : rlen;
    struct conn *c = conn_lookup(t->proc, (int32_t)a[0]);
    if (!c)
        return -EBADF;
    struct channel *ch = c->chan;
    t->msg.conn = c;
    t->msg.chan = ch;
    t->msg.siov = (uint64_t)slen;
    t->msg.riov = (uint64_t)rlen;
    t->msg.rcvid = 0;
    t->msg.busy = 0;
    t->msg.deferred_err = 0;

    if (trace_on(this_hart()))
        trace_send(t);
    spin_lock(&ch->lock);
    struct thread *r = receiver_find_locked(ch, false);
    int err = ch->destroyed ? -ESRCH : c->sconn->detached ? -EBADF : send_block_locked(ch, t, r);
    int prio = racy_read(t->prio);
    spin_unlock(&ch->lock);
    if (err) {
        t->msg.conn = NULL;
        t->msg.chan = NULL;
        conn_put(c);
        return err;
    }
    if (!r && channel_get_live(ch)) {
        inherit_message(ch, prio);
        channel_put(ch);
    }
    return KC_BLOCKED;
}
