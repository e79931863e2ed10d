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

#define APART __attribute__((noipa)) /* and reached by a jump: a constant result, once known, would make it a call */

/* Addresses below 1 << USER_BITS, and some bytes above, are the user's or nobody's: an access gives a fault at the worst. */
#define USER_BITS 38
_Static_assert(QRV_USER_END >> USER_BITS == 0, "user addresses have no more bits");

static QUICK bool may_time_out(const struct thread *t)
{
    return (load_relaxed(&t->flags) & TF_TIMEOUT) != 0;
}

/* A receiver that runs at the sender's priority already, and whose buffer is one piece. */
static QUICK bool receiver_fits(const struct channel *ch, const struct thread *r, int prio)
{
    return !(r->given.flags & KC_RECEIVE_PULSE) && r->given.rparts <= 0 && racy_read(r->prio) == prio &&
           ((r->run_prio == prio && r->boost_prio == 0) || (ch->flags & _NTO_CHF_FIXED_PRIORITY));
}

/* Writes what MsgReceive() tells of a message of n bytes.  The receiver's address space is loaded. */
static QUICK bool tell(const struct thread *r, const struct thread *t, const struct conn *c, const uint64_t a[6], uint64_t n)
{
    uint64_t va = r->given.info;
    if (va % 8 != 0 || va >> USER_BITS != 0)
        return false;
    return arch_user_info(va, t->mi_who, c->mi_where,
                          (uint32_t)racy_read(c->coid) | (uint64_t)racy_read(t->prio) << 32 | racy_read(t->proc->mi_flags), n, -a[2], -a[4]);
}

static QUICK void describe(struct thread *t, struct conn *c, struct channel *ch, int32_t rcvid)
{
    t->msg.conn = c;
    t->msg.chan = ch;
    t->msg.rcvid = rcvid;
    t->msg.busy = 0;
    t->msg.deferred_err = 0;
}

/* ---- copying
 *
 * Between aligned buffers nothing is called.  A small message goes through a buffer of the hart: out of the sender's memory, then, with
 * the receiver's address space loaded, into the receiver's, and no page table is walked.  Otherwise one side is reached by its pages.
 * The other thread waits, and interrupts are off for no longer than QUICK_MAX bytes take. */

#define QUICK_MAX 8192

static QUICK bool words_fit(uint64_t own, uint64_t other, uint64_t n)
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

/* The same into va when it ends in the page where it begins: nothing to go round. */
static QUICK bool words_in_page(struct aspace *as, uint64_t va, uint64_t own, uint64_t n)
{
    if (va % PAGE_SIZE + n > PAGE_SIZE || !spin_trylock(&as->lock))
        return false;
    char *page = aspace_peek(as, va, true);
    bool fine = page && arch_user_get(page, own, n);
    spin_unlock(&as->lock);
    return fine;
}

/* ---- MsgSend */

/* How a message is copied, each way tried when the one before has left everything as it was. */
enum way {
    SMALL, /* aligned, through the buffer: needs no call, and so no register saved */
    WORDS, /* aligned, by the pages of one side */
    SHORT, /* anything of up to COPY_SHORT_MAX bytes */
};

static QUICK bool way_fits(const struct hart *h, enum way way, uint64_t own, uint64_t other, uint64_t n)
{
    return way == SHORT ? n <= COPY_SHORT_MAX : words_fit(own, other, n) && (way != SMALL || n <= sizeof(h->bounce));
}

/* The message and what is told of it, into r's memory. */
static QUICK bool deliver(struct hart *h, struct thread *t, const struct thread *r, const struct conn *c, const uint64_t a[6],
                          uint64_t n, enum way way)
{
    if (n && ((way == SHORT && !copy_short(r->proc->as, UADDR(r->given.rmsg), UADDR(a[1]), n, true)) ||
              (way == SMALL && !arch_user_get(h->bounce, a[1], n))))
        return false;
    arch_aspace_switch(h, r->proc->as);
    bool fine = !n || way == SHORT ||
                (way == SMALL ? arch_user_put(r->given.rmsg, h->bounce, n) : words_across(t->proc->as, a[1], r->given.rmsg, n, false));
    if (fine && (!r->given.info || tell(r, t, c, a, n)))
        return true;
    arch_aspace_switch(h, t->proc->as);
    return false;
}

/* ch->lock held: gives t's message and hart to the receiver that waits, and drops the lock.  0: not so. */
static QUICK int64_t send_locked(struct hart *h, struct channel *ch, struct conn *c, struct thread *t, const uint64_t a[6], enum way way)
{ /* model: Q1 */
    if (list_empty(&ch->receivers) || c->sconn->detached)
        return 0;
    struct thread *r = list_entry(ch->receivers.next, struct thread, link);
    int prio = racy_read(t->prio);
    if (!receiver_fits(ch, r, prio) || rq_top(&h->rq) >= prio || !fits_here(h, r))
        return 0;
    uint64_t n = MIN(-a[2], -(uint64_t)r->given.rparts);
    if ((n && !way_fits(h, way, a[1], r->given.rmsg, n)) || !deliver(h, t, r, c, a, n, way))
        return 0;
    if (!spin_trylock(&h->rq.lock)) {
        arch_aspace_switch(h, t->proc->as); /* what comes next reads the message again, out of t's memory */
        return 0;
    }
    /* commit */
    int32_t rcvid = t->tid << 16 | c->sconn->index;
    describe(t, c, ch, rcvid);
    atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
    t->wait_ops = &reply_ops;
    list_unlink(&r->link);
    racy_write(r->msg.serving, ch);
    r->msg.chan = NULL;
    thread_set_result(r, rcvid);
    list_push_tail(&ch->repliers, &t->link);
    hand_over_locked(h, t, STATE_REPLY, &ch->lock, r);
    atomic_fetch_sub_explicit(&ch->refs, 1, memory_order_relaxed); /* the receiver's; c has another */
    bool shares = h->others && rq_top(&h->rq) >= 0; /* as long as nobody else comes */
    spin_unlock_both(&h->rq.lock, &ch->lock);
    if (!change_over_now(h, t, r, shares)) {
        change_over_later(h, r);
        return KC_BLOCKED;
    }
    h->left = t;
    return KC_SWITCHED;
}

/* Where t's connection is, or would be.  The table only grows while there are threads, so the last answer stays true. */
static QUICK void *_Atomic *slot_of(struct thread *t, int32_t coid)
{
    if (t->msg.last_slot && t->msg.last_coid == coid)
        return t->msg.last_slot;
    t->msg.last_coid = coid;
    return t->msg.last_slot = conn_slot(t->proc, coid);
}

/* 0: the message is still to be sent. */
static QUICK int64_t send_quick(struct thread *t, const uint64_t a[6], enum way way)
{
    if ((int64_t)-a[2] < 0 || (int64_t)-a[4] < 0 || may_time_out(t))
        return 0;
    void *_Atomic *slot = slot_of(t, (int32_t)a[0]);
    struct conn *c = slot ? atomic_load_explicit(slot, ARCH_LOAD_FOLLOWED) : NULL;
    if (!c)
        return 0;
    struct channel *ch = racy_read(c->chan); /* type-stable: c may have gone since, but this is the lock of some channel */
    if (!spin_trylock(&ch->lock))
        return 0;
    /* Still in the table: connect_detach(), which drops the table's reference after it has had this lock, has not. */
    int64_t sent = load_relaxed(slot) == c && racy_read(c->chan) == ch ? send_locked(this_hart(), ch, c, t, a, way) : 0;
    if (!sent)
        spin_unlock(&ch->lock);
    return sent;
}

static APART int64_t send_again(struct thread *t, const uint64_t a[6])
{
    if ((int64_t)-a[2] > QUICK_MAX)
        return send_any(t, a);
    int64_t sent = send_quick(t, a, WORDS);
    if (!sent)
        sent = send_quick(t, a, SHORT);
    return sent ? sent : send_any(t, a);
}

KC_HANDLER(msg_sendv)
{
    int64_t sent = send_quick(t, a, SMALL);
    return sent ? sent : send_again(t, a);
}

/* ---- MsgReply */

/* ch->lock held: rcvid is the client that t received from last, and nothing else is being done with it. */
static QUICK bool has_last_client(const struct channel *ch, const struct thread *t, int32_t rcvid)
{
    if (ch->proc != t->proc || list_empty(&ch->repliers))
        return false;
    const struct thread *c = list_entry(ch->repliers.prev, struct thread, link);
    return c->msg.rcvid == rcvid && !c->msg.busy;
}

/* The answer, into c's memory. */
static QUICK bool answer(struct thread *c, const uint64_t a[6], uint64_t n, enum way way)
{
    uint64_t to = c->given.rmsg;
    return way == SMALL   ? words_in_page(c->proc->as, to, a[2], n)
           : way == WORDS ? words_across(c->proc->as, to, a[2], n, true)
                          : copy_short(c->proc->as, UADDR(to), UADDR(a[2]), n, true);
}

/* ch->lock held: answers c, and drops the lock. */
static QUICK bool reply_locked(struct hart *h, struct thread *t, struct channel *ch, struct thread *c, const uint64_t a[6], enum way way)
{ /* model: Q2 */
    bool follows = way != SHORT;
    if (follows && !may_follow(h, t, c))
        return false;
    if (c->given.rparts > 0)
        return false;
    uint64_t n = MIN(-a[3], -(uint64_t)c->given.rparts);
    if (n && ((follows && rq_top(&h->rq) >= 0) || !way_fits(h, way, a[2], c->given.rmsg, n) ||
              !answer(c, a, n, way)))
        return false;
    if (follows && !spin_trylock(&h->rq.lock))
        return false;
    if (follows && rq_top(&h->rq) >= 0) { /* perhaps another hart has been here meanwhile */
        spin_unlock(&h->rq.lock);
        return false;
    }
    /* commit */
    c->msg.conn = NULL;
    c->msg.chan = NULL;
    thread_set_result(c, (int64_t)a[1]);
    if (follows) {
        list_unlink(&c->link);
        ready_behind_locked(h, c);
        spin_unlock_both(&h->rq.lock, &ch->lock);
    } else {
        list_remove(&c->link);
        thread_ready_replied_locked(c, (c->given.flags & KC_SEND_NC) != 0);
        spin_unlock(&ch->lock);
    }
    return true;
}

/* The connection that the client, now answered, was on: its reference is the caller's.  NULL: not answered. */
static QUICK struct conn *reply_quick(struct thread *t, const uint64_t a[6], enum way way)
{
    struct channel *ch = t->msg.serving;
    if (!ch || (int64_t)-a[3] < 0 || !spin_trylock(&ch->lock))
        return NULL;
    if (has_last_client(ch, t, (int32_t)a[0])) {
        struct thread *c = list_entry(ch->repliers.prev, struct thread, link);
        struct conn *conn = c->msg.conn;
        if (reply_locked(this_hart(), t, ch, c, a, way))
            return conn;
    }
    spin_unlock(&ch->lock);
    return NULL;
}

/* Somebody waits behind the server, whose slice has run since it was dispatched; whether they share their level is found out when it
 * ends.  true: the timer has to know. */
static QUICK bool slice_begins(struct hart *h, const struct thread *t)
{
    if (h->slice_end != 0 || !thread_is_sliced(t))
        return false;
    h->slice_end = slice_end_of(h, t);
    return h->slice_end < h->armed;
}

/* The server goes on with a client behind it, which waits for the end of its slice, or for an idle hart.  true: the timer is set too late. */
static QUICK bool reply_times(struct hart *h, const struct thread *t)
{
    bool late = slice_begins(h, t);
    return (h->others && others_idle(h) && share_begins(h)) || late;
}

static APART int64_t reply_again(struct thread *t, const uint64_t a[6])
{
    struct conn *conn = reply_quick(t, a, WORDS);
    if (conn) {
        if (reply_times(this_hart(), t))
            ktimer_rearm();
    } else if ((conn = reply_quick(t, a, SHORT)) == NULL) {
        return reply_any(t, a);
    }
    conn_put(conn);
    return 0;
}

static APART int64_t reply_rearm(void)
{
    ktimer_rearm();
    return 0;
}

/* The client's last connection has gone. */
static APART int64_t reply_free(struct thread *t, struct conn *last)
{
    conn_free(last);
    return reply_times(this_hart(), t) ? reply_rearm() : 0;
}

KC_HANDLER(msg_replyv)
{
    struct conn *conn = reply_quick(t, a, SMALL);
    if (!conn)
        return reply_again(t, a);
    if (atomic_fetch_sub_explicit(&conn->refs, 1, memory_order_acq_rel) == 1)
        return reply_free(t, conn);
    return reply_times(this_hart(), t) ? reply_rearm() : 0;
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
    if (!next || !may_take_own(h, next, racy_read(t->prio))) {
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
    spin_unlock_both(&h->rq.lock, &ch->lock);
    if (!change_over_now(h, t, next, false)) {
        change_over_later(h, next);
        return KC_BLOCKED;
    }
    arch_aspace_switch(h, next->proc->as);
    h->left = t;
    return KC_SWITCHED;
}
