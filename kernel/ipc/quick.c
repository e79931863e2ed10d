/* SPDX-License-Identifier: Apache-2.0 */
/* The usual round trip, quickly: short messages in one piece, a receiver that waits, nobody disturbed, no timeouts.
 *
 * Each function either does its whole call or leaves everything as it was and says false; then the general code does it.  What the
 * two sides see is the same either way.  Messages are copied before anything is committed, with channel.lock held: it keeps the other
 * thread in its wait, and with it its address space.  (Lock order: channel, then aspace or run queue.)
 */
#include <abi/kercall.h>
#include "ipc/ipc.h"
#include "ipc/xfer.h"
#include "kercall/kercall.h"
#include "mm/mm.h"

static inline bool is_short(int64_t parts)
{
    return parts <= 0 && parts >= -(int64_t)COPY_SHORT_MAX;
}

/* A receiver that runs at the sender's priority already, and whose buffer is one piece. */
static inline bool receiver_fits(const struct channel *ch, const struct thread *r, int prio)
{
    return !(r->msg.flags & KC_RECEIVE_PULSE) && r->msg.rparts <= 0 && r->prio == prio &&
           ((r->run_prio == prio && r->boost_prio == 0) || (ch->flags & _NTO_CHF_FIXED_PRIORITY));
}

/* Writes what MsgReceive() tells about the message of s, which is described in s->msg. */
static bool info_store(const struct thread *r, const struct thread *s, int64_t n)
{
    uint64_t va = r->msg.info;
    if (va == 0)
        return true;
    if (va % 8 != 0 || va % PAGE_SIZE > PAGE_SIZE - sizeof(struct _msg_info))
        return false;
    struct _msg_info *info = aspace_lock_page(r->proc->as, va, true);
    if (!info)
        return false;
    msg_info_fill(info, s, n);
    spin_unlock(&r->proc->as->lock);
    return true;
}

static inline void describe(struct thread *t, struct conn *c, const uint64_t a[6])
{
    t->msg.conn = c;
    t->msg.chan = c->chan;
    t->msg.smsg = a[1];
    t->msg.sparts = (int64_t)a[2];
    t->msg.rmsg = a[3];
    t->msg.rparts = (int64_t)a[4];
    t->msg.slen = -a[2];
    t->msg.rlen = -a[4];
    t->msg.flags = (uint32_t)a[5] & KC_SEND_NC;
    t->msg.xfers = t->msg.unblock_req = t->msg.deferred = 0;
    t->msg.deferred_err = 0;
    t->blocked_on = (uint64_t)c->chan->proc->pid;
    t->blocked_aux = (uint64_t)(uint32_t)c->chan->chid << 32 | (uint32_t)c->coid;
}

/* ch->lock held: gives t's message and hart to the receiver that waits. */
static bool send_locked(struct channel *ch, struct conn *c, struct thread *t, const uint64_t a[6])
{
    if (list_empty(&ch->receivers) || ch->destroyed || c->sconn->detached)
        return false;
    struct thread *r = list_entry(ch->receivers.next, struct thread, link);
    if (!receiver_fits(ch, r, t->prio))
        return false;
    uint64_t n = MIN(-a[2], r->msg.rlen);
    if (n && !copy_short(r->proc->as, UADDR(r->msg.rmsg), UADDR(a[1]), n, true))
        return false;
    describe(t, c, a);
    if (!info_store(r, t, (int64_t)n))
        return false;
    t->wait_ops = &reply_ops;
    list_remove(&r->link);
    if (!sched_hand_over(t, STATE_REPLY, &ch->lock, r)) {
        list_push_head(&ch->receivers, &r->link);
        t->wait_ops = NULL;
        return false;
    }
    ch->num_recv--;
    list_push_tail(&ch->repliers, &t->link);
    ch->num_reply++;
    r->msg.serving = ch;
    r->msg.chan = NULL;
    thread_set_result(r, msg_rcvid(t));
    return true;
}

bool send_quick(struct thread *t, const uint64_t a[6])
{
    if (!is_short((int64_t)a[2]) || (int64_t)a[4] > 0 || (int64_t)a[4] == INT64_MIN || t->tmo.flags)
        return false;
    struct conn *c = conn_lookup(t->proc, (int32_t)a[0]);
    if (!c)
        return false;
    struct channel *ch = c->chan;
    spin_lock(&ch->lock);
    bool sent = send_locked(ch, c, t, a);
    spin_unlock(&ch->lock);
    if (sent) {
        channel_put(ch); /* the receiver's */
    } else {
        t->msg.conn = NULL;
        t->msg.chan = NULL;
        conn_put(c);
    }
    return sent;
}

/* ch->lock held: the client that t received from last, if rcvid is its, otherwise NULL. */
static struct thread *last_client(const struct channel *ch, const struct thread *t, int32_t rcvid)
{
    if (ch->proc != t->proc || ch->destroyed || list_empty(&ch->repliers))
        return NULL;
    struct thread *c = list_entry(ch->repliers.prev, struct thread, link);
    return msg_rcvid(c) == rcvid && !c->msg.xfers && !c->msg.deferred ? c : NULL;
}

bool reply_quick(struct thread *t, const uint64_t a[6])
{
    struct channel *ch = t->msg.serving;
    if (!ch || !is_short((int64_t)a[3]))
        return false;
    spin_lock(&ch->lock);
    struct thread *c = last_client(ch, t, (int32_t)a[0]);
    uint64_t n = c ? MIN(-a[3], c->msg.rlen) : 0;
    if (!c || (n && (c->msg.rparts > 0 || !copy_short(c->proc->as, UADDR(c->msg.rmsg), UADDR(a[2]), n, true)))) {
        spin_unlock(&ch->lock);
        return false;
    }
    struct conn *conn = c->msg.conn;
    c->msg.conn = NULL;
    c->msg.chan = NULL;
    list_remove(&c->link);
    ch->num_reply--;
    thread_set_result(c, (int64_t)a[1]);
    thread_ready_replied_locked(c, (c->msg.flags & KC_SEND_NC) != 0);
    spin_unlock(&ch->lock);
    conn_put(conn);
    return true;
}
