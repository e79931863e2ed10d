/* SPDX-License-Identifier: Apache-2.0 */
/* The usual round trip, quickly: short messages in one piece, a receiver that waits, nobody disturbed, no timeouts.
 *
 * Each function either does its whole call or leaves everything as it was and says false; then the general code does it.  What the
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
    return !(r->msg.flags & KC_RECEIVE_PULSE) && r->msg.rparts <= 0 && r->prio == prio &&
           ((r->run_prio == prio && r->boost_prio == 0) || (ch->flags & _NTO_CHF_FIXED_PRIORITY));
}

/* Writes what MsgReceive() tells of a message of n bytes.  The receiver's address space gets loaded; it is where this hart goes next. */
static inline bool tell(const struct thread *r, const struct thread *t, const struct conn *c, const uint64_t a[6], uint64_t n)
{
    uint64_t va = r->msg.info;
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

static inline void describe(struct thread *t, struct conn *c, const uint64_t a[6], int32_t rcvid)
{
    t->msg.conn = c;
    t->msg.chan = c->chan;
    t->msg.smsg = a[1];
    t->msg.sparts = (int64_t)a[2];
    t->msg.rmsg = a[3];
    t->msg.rparts = (int64_t)a[4];
    t->msg.slen = -a[2];
    t->msg.rlen = -a[4];
    t->msg.rcvid = rcvid;
    t->msg.flags = (uint32_t)a[5] & KC_SEND_NC;
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
    uint64_t n = MIN(-a[2], r->msg.rlen);
    if (n && !copy_short(r->proc->as, UADDR(r->msg.rmsg), UADDR(a[1]), n, true))
        return false;
    if (r->msg.info && !tell(r, t, c, a, n)) {
        arch_aspace_load(t->proc->as);
        return false;
    }
    /* commit */
    int32_t rcvid = t->tid << 16 | c->sconn->index;
    describe(t, c, a, rcvid);
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

bool send_quick(struct thread *t, const uint64_t a[6])
{
    if (-a[2] > COPY_SHORT_MAX || (int64_t)-a[4] < 0 || may_time_out(t))
        return false;
    void *_Atomic *slot = conn_slot(t->proc, (int32_t)a[0]);
    struct conn *c = slot ? atomic_load_explicit(slot, memory_order_acquire) : NULL;
    if (!c)
        return false;
    struct channel *ch = c->chan; /* type-stable: c may have gone since, but this is the lock of some channel */
    spin_lock(&ch->lock);
    /* Still in the table: connect_detach(), which drops the table's reference after it has had this lock, has not. */
    bool sent = atomic_load_explicit(slot, memory_order_relaxed) == c && c->chan == ch && send_locked(this_hart(), ch, c, t, a);
    spin_unlock(&ch->lock);
    return sent;
}

/* ch->lock held: the client that t received from last, if rcvid is its, otherwise NULL. */
static inline struct thread *last_client(const struct channel *ch, const struct thread *t, int32_t rcvid)
{
    if (ch->proc != t->proc || list_empty(&ch->repliers))
        return NULL;
    struct thread *c = list_entry(ch->repliers.prev, struct thread, link);
    return c->msg.rcvid == rcvid && !c->msg.xfers && !c->msg.deferred ? c : NULL;
}

bool reply_quick(struct thread *t, const uint64_t a[6])
{
    struct channel *ch = t->msg.serving;
    if (!ch || -a[3] > COPY_SHORT_MAX)
        return false;
    spin_lock(&ch->lock);
    struct thread *c = last_client(ch, t, (int32_t)a[0]);
    uint64_t n = c ? MIN(-a[3], c->msg.rlen) : 0;
    if (!c || (n && (c->msg.rparts > 0 || !copy_short(c->proc->as, UADDR(c->msg.rmsg), UADDR(a[2]), n, true)))) {
        spin_unlock(&ch->lock);
        return false;
    }
    /* commit */
    struct conn *conn = c->msg.conn;
    c->msg.conn = NULL;
    c->msg.chan = NULL;
    thread_set_result(c, (int64_t)a[1]);
    list_remove(&c->link);
    bool head = (c->msg.flags & KC_SEND_NC) != 0;
    if (!ready_behind_server(this_hart(), t, c, head))
        thread_ready_replied_locked(c, head);
    spin_unlock(&ch->lock);
    conn_put(conn);
    return true;
}

bool receive_quick(struct thread *t, const uint64_t a[6])
{
    struct channel *ch = t->msg.serving;
    if (!ch || (int64_t)-a[2] < 0 || (a[4] & KC_RECEIVE_PULSE) || may_time_out(t))
        return false;
    spin_lock(&ch->lock);
    if (ch->chid != (int32_t)a[0] || ch->proc != t->proc || ch->destroyed || !list_empty(&ch->senders) || !list_empty(&ch->pulses)) {
        spin_unlock(&ch->lock);
        return false;
    }
    /* commit */
    atomic_fetch_add_explicit(&ch->refs, 1, memory_order_relaxed);
    t->msg.chan = ch;
    t->msg.rmsg = a[1];
    t->msg.rparts = (int64_t)a[2];
    t->msg.rlen = -a[2];
    t->msg.info = a[3];
    t->msg.flags = (uint32_t)a[4];
    t->wait_ops = &receive_ops;
    list_push_head(&ch->receivers, &t->link);
    block_for_own(this_hart(), t, STATE_RECEIVE, &ch->lock);
    spin_unlock(&ch->lock);
    return true;
}
