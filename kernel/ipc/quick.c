/* SPDX-License-Identifier: Apache-2.0 */
/* MsgSend, MsgReceive and MsgReply.  Here is the usual round trip, quickly: short messages in one piece, a receiver that waits, nobody
 * disturbed, no timeouts.  A handler either does its whole call so, or leaves everything as it was to the general code.  What the
 * two sides see is the same either way.  Messages are copied before anything is committed, with channel.lock held: it keeps the other
 * thread in its wait, and with it its address space.  (Lock order: channel, then aspace or run queue.)
 */
#include <abi/kercall.h>
#include "user_info.h"
#include "core/handover.h"
#include "ipc/ipc.h"
#include "ipc/xfer.h"
#include "kercall/kercall.h"
#include "mm/mm.h"

static inline bool may_time_out(const struct thread *t)
{
    return (atomic_load_explicit(&t->flags, memory_order_relaxed) & TF_TIMEOUT) != 0;
}

/* A receiver that runs at the sender's priority already, and whose buffer is one piece. */
static inline bool receiver_fits(const struct channel *ch, const struct thread *r, int prio)
{
    return !(r->given.flags & KC_RECEIVE_PULSE) && r->given.rparts <= 0 && r->prio == prio &&
           ((r->run_prio == prio && r->boost_prio == 0) || (ch->flags & _NTO_CHF_FIXED_PRIORITY));
}

/* Writes what MsgReceive() tells of a message of n bytes.  The receiver's address space gets loaded; it is where this hart goes next. */
static inline bool tell(const struct thread *r, const struct thread *t, const struct conn *c, const uint64_t a[6], uint64_t n)
{
    uint64_t va = r->given.info;
    if (va % 8 != 0 || va > QRV_USER_END - sizeof(struct _msg_info))
        return false;
    arch_aspace_load(r->proc->as);
    return arch_user_info(va, (uint32_t)t->proc->pid | (uint64_t)(uint32_t)t->tid << 32,
                           (uint32_t)c->chan->chid | (uint64_t)(uint32_t)(QRV_SCOID_BASE + c->sconn->index) << 32,
                           (uint32_t)c->coid | (uint64_t)t->prio << 32 |
                               (t->proc->cred.euid == 0 ? (uint64_t)(_NTO_MI_BITS_64 | _NTO_MI_ROOT) << 48
                                                        : (uint64_t)_NTO_MI_BITS_64 << 48),
                           n, -a[2], -a[4]);
}

static inline void describe(struct thread *t, struct conn *c, int32_t rcvid)
{
    t->msg.conn = c;
    t->msg.chan = c->chan;
    t->msg.rcvid = rcvid;
    t->msg.xfers = t->msg.unblock_req = t->msg.deferred = 0;
    t->msg.deferred_err = 0;
}

/* ch->lock held: gives t's message and hart to the receiver that waits. */
static inline bool send_locked(struct hart *h, struct channel *ch, struct conn *c, struct thread *t, const uint64_t a[6])
{
    if (list_empty(&ch->receivers) || c->sconn->detached)
        return false;
    struct thread *r = list_entry(ch->receivers.next, struct thread, link);
    if (!receiver_fits(ch, r, t->prio) || !hand_over_ok(h, r))
        return false;
    uint64_t n = MIN(-a[2], msg_rlen(r));
    if (n && !copy_short(r->proc->as, UADDR(r->given.rmsg), UADDR(a[1]), n, true))
        return false;
    if (r->given.info && !tell(r, t, c, a, n)) {
        arch_aspace_load(t->proc->as);
        return false;
    }
    /* commit */
    int32_t rcvid = t->tid << 16 | c->sconn->index;
    describe(t, c, rcvid);
    atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
    t->wait_ops = &reply_ops;
    list_unlink(&r->link);
    list_init(&r->link);
    r->msg.serving = ch;
    r->msg.chan = NULL;
    thread_set_result(r, rcvid);
    list_push_tail(&ch->repliers, &t->link);
    hand_over(h, t, STATE_REPLY, &ch->lock, r);
    atomic_fetch_sub_explicit(&ch->refs, 1, memory_order_relaxed); /* the receiver's; c has another */
    return true;
}

KC_HANDLER(msg_sendv)
{
    if (-a[2] > COPY_SHORT_MAX || (int64_t)-a[4] < 0 || may_time_out(t))
        return send_any(t, a);
    void *_Atomic *slot = conn_slot(t->proc, (int32_t)a[0]);
    struct conn *c = slot ? atomic_load_explicit(slot, ARCH_LOAD_FOLLOWED) : NULL;
    if (!c)
        return send_any(t, a);
    struct channel *ch = c->chan; /* type-stable: c may have gone since, but this is the lock of some channel */
    spin_lock(&ch->lock);
    /* Still in the table: connect_detach(), which drops the table's reference after it has had this lock, has not. */
    bool sent = atomic_load_explicit(slot, memory_order_relaxed) == c && c->chan == ch && send_locked(this_hart(), ch, c, t, a);
    spin_unlock(&ch->lock);
    return sent ? KC_BLOCKED : send_any(t, a);
}

/* ch->lock held: the client that t received from last, if rcvid is its, otherwise NULL. */
static inline struct thread *last_client(const struct channel *ch, const struct thread *t, int32_t rcvid)
{
    if (ch->proc != t->proc || list_empty(&ch->repliers))
        return NULL;
    struct thread *c = list_entry(ch->repliers.prev, struct thread, link);
    return c->msg.rcvid == rcvid && !c->msg.xfers && !c->msg.deferred ? c : NULL;
}

/* ch->lock held: answers c with n bytes. */
static inline bool reply_locked(struct hart *h, struct thread *t, struct thread *c, const uint64_t a[6])
{
    uint64_t n = MIN(-a[3], msg_rlen(c));
    if (n && (c->given.rparts > 0 || !copy_short(c->proc->as, UADDR(c->given.rmsg), UADDR(a[2]), n, true)))
        return false;
    /* commit */
    c->msg.conn = NULL;
    c->msg.chan = NULL;
    thread_set_result(c, (int64_t)a[1]);
    list_remove(&c->link);
    bool head = (c->given.flags & KC_SEND_NC) != 0;
    if (!ready_behind_server(h, t, c, head))
        thread_ready_replied_locked(c, head);
    return true;
}

KC_HANDLER(msg_replyv)
{
    struct channel *ch = t->msg.serving;
    if (!ch || -a[3] > COPY_SHORT_MAX)
        return reply_any(t, a);
    spin_lock(&ch->lock);
    struct thread *c = last_client(ch, t, (int32_t)a[0]);
    struct conn *conn = c ? c->msg.conn : NULL;
    bool done = c && reply_locked(this_hart(), t, c, a);
    spin_unlock(&ch->lock);
    if (!done)
        return reply_any(t, a);
    if (atomic_fetch_sub_explicit(&conn->refs, 1, memory_order_acq_rel) == 1)
        conn_free(conn);
    return 0;
}

KC_HANDLER(msg_receivev)
{
    struct channel *ch = t->msg.serving;
    if (!ch || (int64_t)-a[4] < 0 || (a[5] & KC_RECEIVE_PULSE) || may_time_out(t))
        return receive_any(t, a);
    spin_lock(&ch->lock);
    if (ch->chid != (int32_t)a[0] || ch->proc != t->proc || ch->destroyed || !list_empty(&ch->senders) || !list_empty(&ch->pulses)) {
        spin_unlock(&ch->lock);
        return receive_any(t, a);
    }
    /* commit */
    atomic_fetch_add_explicit(&ch->refs, 1, memory_order_relaxed);
    t->msg.chan = ch;
    t->wait_ops = &receive_ops;
    list_push_head(&ch->receivers, &t->link);
    block_for_own(this_hart(), t, STATE_RECEIVE, &ch->lock);
    spin_unlock(&ch->lock);
    return KC_BLOCKED;
}
