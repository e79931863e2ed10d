/* SPDX-License-Identifier: Apache-2.0 */
/* MsgSend, MsgReceive and MsgReply.  Here is the usual round trip, quickly: short messages in one piece, a receiver that waits, nobody
 * disturbed, no timeouts.  A handler either does its whole call so, or leaves everything as it was to the general code.  What the
 * two sides see is the same either way.  Messages are copied before anything is committed, with channel.lock held: it keeps the other
 * thread in its wait, and with it its address space.  (Lock order: channel, then aspace or run queue.)
 */
#include <abi/kercall.h>
#include "core/handover.h"
#include "ipc/ipc.h"
#include "ipc/xfer.h"
#include "kercall/kercall.h"
#include "mm/aspace_internal.h"
#include "quick.h"

#define QUICK inline __attribute__((always_inline))
#define APART __attribute__((noipa)) /* and reached by a jump: a constant result, once known, would make it a call */

static inline bool may_time_out(const struct thread *t)
{
    return (load_relaxed(&t->flags) & TF_TIMEOUT) != 0;
}

/* A receiver that runs at the sender's priority already, and whose buffer is one piece. */
static inline bool receiver_fits(const struct channel *ch, const struct thread *r, int prio)
{
    return !(r->given.flags & KC_RECEIVE_PULSE) && r->given.rparts <= 0 && r->prio == prio &&
           ((r->run_prio == prio && r->boost_prio == 0) || (ch->flags & _NTO_CHF_FIXED_PRIORITY));
}

/* Writes what MsgReceive() tells of a message of n bytes.  The receiver's address space is loaded. */
static QUICK bool tell(const struct thread *r, const struct thread *t, const struct conn *c, const uint64_t a[6], uint64_t n)
{
    uint64_t va = r->given.info;
    if (va % 8 != 0 || va > QRV_USER_END - sizeof(struct _msg_info))
        return false;
    return arch_user_info(va, (uint32_t)t->proc->pid | (uint64_t)(uint32_t)t->tid << 32,
                           (uint32_t)c->chan->chid | (uint64_t)(uint32_t)(QRV_SCOID_BASE + c->sconn->index) << 32,
                           (uint32_t)racy_read(c->coid) | (uint64_t)racy_read(t->prio) << 32 |
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

/* ---- copying
 *
 * Between aligned buffers nothing is called.  A small message goes through a buffer of the hart: out of the sender's memory, then, with
 * the receiver's address space loaded, into the receiver's, and no page table is walked.  Otherwise one side is reached by its pages.
 * The other thread waits, and interrupts are off for no longer than QUICK_MAX bytes take. */

#define QUICK_MAX 8192

static inline bool words_fit(uint64_t own, uint64_t other, uint64_t n)
{
    return n <= QUICK_MAX && ((own | other) & 7) == 0 && MAX(own, other) <= QRV_USER_END - QUICK_MAX;
}

/* n bytes between own, of the loaded address space, and va of another. */
static QUICK bool words_across(struct aspace *as, uint64_t va, uint64_t own, uint64_t n, bool to_other)
{
    if (!spin_trylock(&as->lock))
        return false;
    bool fine = true;
    while (n && fine) {
        uint64_t part = MIN(n, PAGE_SIZE - va % PAGE_SIZE);
        char *page = aspace_peek(as, va, to_other);
        fine = page && (to_other ? arch_user_get(page, own, part) : arch_user_put(own, page, part));
        va += part;
        own += part;
        n -= part;
    }
    spin_unlock(&as->lock);
    return fine;
}

/* ---- MsgSend */

/* The message and what is told of it, into r's memory; aligned: by words, else whatever it takes. */
static QUICK bool deliver(struct hart *h, struct thread *t, const struct thread *r, const struct conn *c, const uint64_t a[6],
                          uint64_t n, bool aligned)
{
    bool small = n <= sizeof(h->bounce);
    if (n && !(!aligned ? copy_short(r->proc->as, UADDR(r->given.rmsg), UADDR(a[1]), n, true)
                        : !small || arch_user_get(h->bounce, a[1], n)))
        return false;
    arch_aspace_switch(h, r->proc->as);
    bool fine = !n || !aligned ||
                (small ? arch_user_put(r->given.rmsg, h->bounce, n) : words_across(t->proc->as, a[1], r->given.rmsg, n, false));
    if (fine && (!r->given.info || tell(r, t, c, a, n)))
        return true;
    arch_aspace_switch(h, t->proc->as);
    return false;
}

/* ch->lock held: gives t's message and hart to the receiver that waits. */
static QUICK bool send_locked(struct hart *h, struct channel *ch, struct conn *c, struct thread *t, const uint64_t a[6], bool aligned)
{ /* model: Q1 */
    if (list_empty(&ch->receivers) || c->sconn->detached)
        return false;
    struct thread *r = list_entry(ch->receivers.next, struct thread, link);
    if (!receiver_fits(ch, r, racy_read(t->prio)) || !hand_over_ok(h, r))
        return false;
    uint64_t n = MIN(-a[2], msg_rlen(r));
    if (n && !(aligned ? words_fit(a[1], r->given.rmsg, n) : n <= COPY_SHORT_MAX))
        return false;
    if (!deliver(h, t, r, c, a, n, aligned))
        return false;
    if (!spin_trylock(&h->rq.lock)) {
        arch_aspace_switch(h, t->proc->as); /* what comes next reads the message again, out of t's memory */
        return false;
    }
    /* commit */
    int32_t rcvid = t->tid << 16 | c->sconn->index;
    describe(t, c, rcvid);
    atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
    t->wait_ops = &reply_ops;
    list_remove(&r->link);
    racy_write(r->msg.serving, ch);
    r->msg.chan = NULL;
    thread_set_result(r, rcvid);
    list_push_tail(&ch->repliers, &t->link);
    hand_over_locked(h, t, STATE_REPLY, &ch->lock, r);
    atomic_fetch_sub_explicit(&ch->refs, 1, memory_order_relaxed); /* the receiver's; c has another */
    return true;
}

static QUICK bool send_quick(struct thread *t, const uint64_t a[6], bool aligned)
{
    if ((int64_t)-a[2] < 0 || (int64_t)-a[4] < 0 || may_time_out(t))
        return false;
    void *_Atomic *slot = conn_slot(t->proc, (int32_t)a[0]);
    struct conn *c = slot ? atomic_load_explicit(slot, ARCH_LOAD_FOLLOWED) : NULL;
    if (!c)
        return false;
    struct channel *ch = racy_read(c->chan); /* type-stable: c may have gone since, but this is the lock of some channel */
    if (!spin_trylock(&ch->lock))
        return false;
    /* Still in the table: connect_detach(), which drops the table's reference after it has had this lock, has not. */
    bool sent = load_relaxed(slot) == c && racy_read(c->chan) == ch && send_locked(this_hart(), ch, c, t, a, aligned);
    spin_unlock(&ch->lock);
    return sent;
}

static APART int64_t send_again(struct thread *t, const uint64_t a[6])
{
    return send_quick(t, a, false) ? KC_BLOCKED : send_any(t, a);
}

KC_HANDLER(msg_sendv)
{
    return send_quick(t, a, true) ? KC_BLOCKED : send_again(t, a);
}

/* ---- MsgReply */

/* ch->lock held: the client that t received from last, if rcvid is its, otherwise NULL. */
static inline struct thread *last_client(const struct channel *ch, const struct thread *t, int32_t rcvid)
{
    if (ch->proc != t->proc || list_empty(&ch->repliers))
        return NULL;
    struct thread *c = list_entry(ch->repliers.prev, struct thread, link);
    return c->msg.rcvid == rcvid && !c->msg.xfers && !c->msg.deferred ? c : NULL;
}

/* ch->lock held: answers c. */
static QUICK bool reply_locked(struct hart *h, struct thread *t, struct thread *c, const uint64_t a[6], bool aligned)
{ /* model: Q2 */
    if (aligned && (rq_top(&h->rq) >= 0 || !may_follow(h, t, c)))
        return false;
    uint64_t n = MIN(-a[3], msg_rlen(c));
    if (n && (c->given.rparts > 0 ||
              !(aligned ? words_fit(a[2], c->given.rmsg, n) && words_across(c->proc->as, c->given.rmsg, a[2], n, true)
                        : n <= COPY_SHORT_MAX && copy_short(c->proc->as, UADDR(c->given.rmsg), UADDR(a[2]), n, true))))
        return false;
    if (aligned && !spin_trylock(&h->rq.lock))
        return false;
    if (aligned && rq_top(&h->rq) >= 0) { /* another hart has been here meanwhile */
        spin_unlock(&h->rq.lock);
        return false;
    }
    /* commit */
    c->msg.conn = NULL;
    c->msg.chan = NULL;
    thread_set_result(c, (int64_t)a[1]);
    list_remove(&c->link);
    if (aligned)
        ready_behind_locked(h, c);
    else
        thread_ready_replied_locked(c, (c->given.flags & KC_SEND_NC) != 0);
    return true;
}

static QUICK struct conn *reply_quick(struct thread *t, const uint64_t a[6], bool aligned)
{
    struct channel *ch = t->msg.serving;
    if (!ch || (int64_t)-a[3] < 0 || !spin_trylock(&ch->lock))
        return NULL;
    struct thread *c = last_client(ch, t, (int32_t)a[0]);
    struct conn *conn = c ? c->msg.conn : NULL;
    if (c && !reply_locked(this_hart(), t, c, a, aligned))
        conn = NULL;
    spin_unlock(&ch->lock);
    return conn;
}

static APART int64_t reply_again(struct thread *t, const uint64_t a[6])
{
    struct conn *conn = reply_quick(t, a, false);
    if (!conn)
        return reply_any(t, a);
    conn_put(conn);
    return 0;
}

/* Rare, and not to be in the way: the client's last connection has gone, idle harts may be offered the client. */
static APART int64_t reply_rest(struct conn *last)
{
    struct hart *h = this_hart();
    if (num_harts > 1)
        sched_share_later(h, ~(1U << h->index));
    if (last)
        conn_free(last);
    return 0;
}

/* ... or the timer is needed for the end of the server's slice. */
static APART int64_t reply_rearm(struct conn *last)
{
    ktimer_rearm();
    return reply_rest(last);
}

KC_HANDLER(msg_replyv)
{
    struct conn *conn = reply_quick(t, a, true);
    if (!conn)
        return reply_again(t, a);
    struct hart *h = this_hart();
    struct conn *last = atomic_fetch_sub_explicit(&conn->refs, 1, memory_order_acq_rel) == 1 ? conn : NULL;
    if (thread_is_sliced(t) && h->slice_end == 0) { /* whether the client shares its level is found out when the slice ends */
        h->slice_end = slice_end_of(h, t);
        if (h->slice_end < h->armed)
            return reply_rearm(last);
    }
    return last || num_harts > 1 ? reply_rest(last) : 0;
}

/* ---- MsgReceive */

KC_HANDLER(msg_receivev)
{ /* model: R1 */
    struct channel *ch = t->msg.serving;
    if (!ch || (int64_t)-a[4] < 0 || (a[5] & KC_RECEIVE_PULSE) || may_time_out(t) || !spin_trylock(&ch->lock))
        return receive_any(t, a);
    struct hart *h = this_hart();
    bool usual = ch->chid == (int32_t)a[0] && ch->proc == t->proc && !ch->destroyed && list_empty(&ch->senders) &&
                 list_empty(&ch->pulses) && spin_trylock(&h->rq.lock);
    struct thread *next = usual ? h->rq.only : NULL;
    if (!next || !may_take_own(h, next)) {
        if (usual)
            spin_unlock(&h->rq.lock);
        spin_unlock(&ch->lock);
        return receive_any(t, a);
    }
    /* commit */
    atomic_fetch_add_explicit(&ch->refs, 1, memory_order_relaxed);
    t->msg.chan = ch;
    t->wait_ops = &receive_ops;
    list_push_head(&ch->receivers, &t->link);
    block_for_locked(h, t, STATE_RECEIVE, &ch->lock, next);
    spin_unlock(&ch->lock);
    return KC_BLOCKED;
}
