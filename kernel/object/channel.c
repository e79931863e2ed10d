/* SPDX-License-Identifier: Apache-2.0 */
/* Channels and pulses: creation, destruction, queueing.  Lock: channel.lock (RANK_WAIT), inside process.lock. */
#include "core/preempt.h"
#include "core/trace.h"
#include "mm/mm.h"
#include "object/channel.h"
#include "object/process.h"
#include "object/sync.h"

/* With a lock held: waiters told, channels looked at, connections told. */
#define FAIL_STEP 16
#define LOOK_STEP 256
#define TELL_STEP 32

struct slab channel_slab = SLAB_INIT("channel", struct channel, senders);
struct slab pulse_slab = SLAB_INIT("pulse", struct pulse, link);

bool channel_get_live(struct channel *ch)
{
    uint32_t n = atomic_load_explicit(&ch->refs, memory_order_relaxed);
    while (n) {
        if (atomic_compare_exchange_weak_explicit(&ch->refs, &n, n + 1, memory_order_acquire,
                                                  memory_order_relaxed))
            return true;
    }
    return false;
}

void channel_put(struct channel *ch)
{ /* model: C5 */
    if (atomic_fetch_sub_explicit(&ch->refs, 1, memory_order_acq_rel) != 1)
        return;
    struct process *p = ch->proc;
    slab_free(&channel_slab, ch);
    process_put(p);
}

int channel_create(struct process *p, uint32_t flags, uint32_t at)
{
    struct channel *ch = slab_alloc(&channel_slab);
    if (!ch)
        return -EAGAIN;
    if (ch->lock.rank == 0)
        spin_init(&ch->lock, RANK_WAIT);
    /* Recycled: a thread that served its former life looks at it under the lock (ipc/quick.c), and finds nothing of its own before chid
     * is there. */
    spin_lock(&ch->lock);
    ch->chid = 0;
    ch->flags = flags;
    ch->destroyed = true; /* until it has its id: receive_quick() may know the memory from its former life */
    list_init(&ch->senders);
    list_init(&ch->receivers);
    list_init(&ch->repliers);
    list_init(&ch->pulses);
    list_init(&ch->sconns);
    list_init(&ch->stalled);
    ch->num_send = ch->num_pulse = 0;
    ch->unblock = (struct pulse){ .code = _PULSE_CODE_UNBLOCK, .reserved = true };
    ch->proc = p;
    spin_unlock(&ch->lock);
    (void)process_get_live(p); /* the caller's own process: alive */
    atomic_store_explicit(&ch->refs, 2, memory_order_release);

    int chid;
    spin_lock(&p->lock);
    if (atomic_load(&p->flags) & (PF_DYING | PF_EXEC))
        chid = -ESRCH;
    else if (p->channels.count >= p->max_channels)
        chid = -EAGAIN;
    else
        chid = idtable_alloc(&p->channels, at ? at : 1, ch);
    spin_lock(&ch->lock);
    ch->chid = chid;
    ch->destroyed = chid < 0;
    spin_unlock(&ch->lock);
    if (chid > 0 && (flags & _NTO_CHF_THREAD_DEATH))
        p->death_channels++;
    spin_unlock(&p->lock);
    if (chid < 0)
        channel_put(ch);
    channel_put(ch);
    return chid;
}

/* ---- pulses */

void pulse_free(struct pulse *p)
{
    if (p->reserved)
        atomic_store_explicit(&p->queued, false, memory_order_release);
    else
        slab_free(&pulse_slab, p);
}

void pulse_cancel_locked(struct channel *ch, struct pulse *p)
{
    if (list_empty(&p->link))
        return;
    list_remove(&p->link);
    ch->num_pulse--;
    atomic_store_explicit(&p->queued, false, memory_order_release);
}

static void trace_pulse_sent(const struct channel *ch, int code, int32_t scoid)
{
    unsigned event = code == _PULSE_CODE_UNBLOCK      ? _NTO_TRACE_COMM_SPULSE_UN
                     : code == _PULSE_CODE_DISCONNECT ? _NTO_TRACE_COMM_SPULSE_DIS
                     : code == _PULSE_CODE_COIDDEATH  ? _NTO_TRACE_COMM_SPULSE_DEA
                                                      : _NTO_TRACE_COMM_SPULSE;
    trace_event(_NTO_TRACE_COMM, event, trace_pulse(scoid, code), (uint64_t)ch->proc->pid << 32);
}

/* To a receiver that waits; false: there is none. */
static bool pulse_hand_locked(struct channel *ch, int prio, int code, uint64_t value, int32_t scoid)
{ /* model: D5 */
    struct thread *r = receiver_find_locked(ch, true);
    if (!r)
        return false;
    if (trace_on(this_hart()))
        trace_pulse_sent(ch, code, scoid);
    list_remove(&r->link);
    r->msg.code = (int8_t)code;
    r->msg.scoid = scoid;
    r->msg.value = value;
    receive_take_prio_locked(ch, r, prio);
    atomic_store_explicit(&r->kcont, receive_pulse_finish, memory_order_relaxed); /* published with r's state */
    thread_ready_locked(r);
    return true;
}

/* Priority, then arrival. */
static void pulse_put_locked(struct channel *ch, struct pulse *p)
{
    if (trace_on(this_hart()))
        trace_pulse_sent(ch, p->code, p->scoid);
    struct list *pos = ch->pulses.prev;
    while (pos != &ch->pulses && list_entry(pos, struct pulse, link)->prio < p->prio)
        pos = pos->prev;
    list_insert_before(pos->next, &p->link);
    ch->num_pulse++;
}

/* Nobody waits for it. */
static int pulse_queue_locked(struct channel *ch, int prio, int code, uint64_t value, int32_t scoid)
{
    if (ch->destroyed)
        return -ESRCH;
    if (ch->num_pulse >= PULSES_PER_CHANNEL_MAX)
        return -EAGAIN;
    struct pulse *p = slab_alloc(&pulse_slab);
    if (!p)
        return -EAGAIN;
    list_init(&p->link);
    p->reserved = false;
    p->prio = (uint8_t)prio;
    p->code = (int8_t)code;
    p->value = value;
    p->scoid = scoid;
    pulse_put_locked(ch, p);
    return 0;
}

int pulse_send_locked(struct channel *ch, int prio, int code, uint64_t value, int32_t scoid)
{
    /* A destroyed channel has no receivers. */
    return pulse_hand_locked(ch, prio, code, value, scoid) ? 0 : pulse_queue_locked(ch, prio, code, value, scoid);
}

int pulse_send(struct channel *ch, int prio, int code, uint64_t value, int32_t scoid)
{
    spin_lock(&ch->lock);
    int err = pulse_send_locked(ch, prio, code, value, scoid);
    spin_unlock(&ch->lock);
    return err;
}

/* ch->lock held, and dropped. */
static __attribute__((noinline)) int queue_and_boost(struct channel *ch, int prio, int code, uint64_t value, int32_t scoid)
{
    int err = pulse_queue_locked(ch, prio, code, value, scoid);
    spin_unlock(&ch->lock);
    if (!err)
        inherit_message(ch, prio);
    return err;
}

int pulse_post(struct channel *ch, int prio, int code, uint64_t value, int32_t scoid)
{
    spin_lock(&ch->lock);
    if (!pulse_hand_locked(ch, prio, code, value, scoid))
        return queue_and_boost(ch, prio, code, value, scoid);
    spin_unlock(&ch->lock);
    return 0;
}

void pulse_send_reserved_locked(struct channel *ch, struct pulse *p, int prio)
{
    if (ch->destroyed || atomic_exchange_explicit(&p->queued, true, memory_order_acq_rel))
        return;
    list_init(&p->link);
    p->prio = (uint8_t)prio;
    if (pulse_hand_locked(ch, prio, p->code, p->value, p->scoid))
        pulse_free(p);
    else
        pulse_put_locked(ch, p);
}

/* ---- destruction */

/* One of those who wait on ch, which is destroyed, or a pulse.  false: nobody is left.  A client that a server copies from or to stays
 * in the list, told: told ones are at its end. */
static bool fail_one_locked(struct channel *ch)
{
    struct thread *first = list_empty(&ch->repliers) ? NULL : list_entry(ch->repliers.next, struct thread, link);
    if (!list_empty(&ch->receivers)) {
        struct thread *r = list_entry(list_pop_head(&ch->receivers), struct thread, link);
        thread_set_result(r, -ESRCH);
        atomic_store(&r->kcont, receive_drop);
        thread_ready_locked(r);
    } else if (!list_empty(&ch->senders)) {
        send_fail_locked(ch, list_entry(ch->senders.next, struct thread, link), ESRCH);
    } else if (first && !(first->msg.xfers && first->msg.deferred && first->msg.deferred_err == ESRCH)) {
        bool stays = first->msg.xfers != 0; /* otherwise it may run and block elsewhere at once */
        send_fail_locked(ch, first, ESRCH);
        if (stays) {
            list_remove(&first->link);
            list_push_tail(&ch->repliers, &first->link);
        }
    } else if (!list_empty(&ch->pulses)) {
        struct pulse *p = list_entry(list_pop_head(&ch->pulses), struct pulse, link);
        ch->num_pulse--;
        pulse_free(p);
    } else {
        return false;
    }
    return true;
}

/* Nobody comes to wait any more. */
static void fail_waiters(struct channel *ch)
{
    for (bool more = true; more;) {
        spin_lock(&ch->lock);
        for (int n = 0; more && n < FAIL_STEP; n++)
            more = fail_one_locked(ch);
        spin_unlock(&ch->lock);
        preempt_point();
    }
}

/* A channel of client but ch that asked for _PULSE_CODE_COIDDEATH, referenced. */
static struct channel *find_asking(struct process *client, const struct channel *ch)
{
    struct channel *ask = NULL;
    for (int id = 0; id >= 0 && !ask;) {
        spin_lock(&client->lock);
        for (int n = 0; n < LOOK_STEP && !ask && (id = idtable_next(&client->channels, (uint32_t)id)) >= 0; n++, id++) {
            struct channel *c = idtable_get(&client->channels, (uint32_t)id);
            if (c != ch && (c->flags & _NTO_CHF_COID_DISCONNECT) && channel_get_live(c))
                ask = c;
        }
        spin_unlock(&client->lock);
        preempt_point();
    }
    return ask;
}

/* Marks some connections of s dead: how many, and their coids.  Nobody is told of one that was detached, or will not come into a table
 * any more. */
static int mark_dead(const struct process *client, struct channel *ch, struct sconn *s, int32_t coids[TELL_STEP], int *told)
{
    int n = 0;
    *told = 0;
    spin_lock(&ch->lock);
    for (struct list *e; n < TELL_STEP && (e = list_pop_head(&s->conn_list)); n++) {
        struct conn *c = list_entry(e, struct conn, link);
        atomic_fetch_or(&c->flags, _NTO_COF_DEAD);
        void *_Atomic *slot = conn_slot(client, c->coid);
        if (slot && atomic_load_explicit(slot, memory_order_acquire) == c)
            coids[(*told)++] = c->coid;
    }
    spin_unlock(&ch->lock);
    return n;
}

/* Marks every connection of client to ch dead; tells the client's channels that asked (_NTO_CHF_COID_DISCONNECT).  None is added any more. */
static void tell_client(struct process *client, struct channel *ch, struct sconn *s)
{
    struct channel *ask = find_asking(client, ch);
    int32_t coids[TELL_STEP];
    for (int told; mark_dead(client, ch, s, coids, &told) > 0; preempt_point())
        for (int i = 0; ask && i < told; i++)
            (void)pulse_send(ask, QRV_PRIO_DEFAULT, _PULSE_CODE_COIDDEATH, (uint64_t)(uint32_t)coids[i], 0);
    if (ask)
        channel_put(ask);
}

void channel_kill(struct channel *ch)
{ /* model: K2, K3 */
    spin_lock(&ch->lock);
    ch->destroyed = true;
    spin_unlock(&ch->lock);
    fail_waiters(ch);
    for (;;) {
        preempt_point();
        /* Table and list at once: ConnectDetach(scoid) and sconn_client_gone() must find both or neither, or the reference
         * that goes with them is dropped twice. */
        spin_lock(&ch->proc->lock);
        spin_lock(&ch->lock);
        struct list *e = list_pop_head(&ch->sconns);
        struct sconn *s = e ? list_entry(e, struct sconn, chan_link) : NULL;
        struct process *client = NULL;
        if (s) {
            racy_write(s->detached, true);
            idtable_remove(&ch->proc->sconns, (uint32_t)s->index);
            if (s->client && process_get_live(s->client))
                client = s->client;
        }
        spin_unlock(&ch->lock);
        spin_unlock(&ch->proc->lock);
        if (!s)
            break;
        if (client) {
            tell_client(client, ch, s);
            process_put(client);
        }
        sconn_put(s);
    }
}

int channel_destroy(struct process *p, int32_t chid)
{ /* model: K1 */
    spin_lock(&p->lock);
    struct channel *ch = chid > 0 ? idtable_remove(&p->channels, (uint32_t)chid) : NULL;
    if (ch && (ch->flags & _NTO_CHF_THREAD_DEATH))
        p->death_channels--;
    spin_unlock(&p->lock);
    if (!ch)
        return -EINVAL;
    channel_kill(ch);
    channel_put(ch);
    return 0;
}

void channel_thread_fini(struct thread *t)
{
    racy_write(t->msg.serving, NULL);
}

void channel_tell_death_locked(struct process *p, int32_t tid)
{
    if (p->death_channels == 0 || (atomic_load(&p->flags) & (PF_DYING | PF_EXEC)))
        return;
    for (int id = idtable_next(&p->channels, 0); id >= 0; id = idtable_next(&p->channels, (uint32_t)id + 1)) {
        struct channel *ch = idtable_get(&p->channels, (uint32_t)id);
        if (ch->flags & _NTO_CHF_THREAD_DEATH)
            (void)pulse_send(ch, QRV_PRIO_DEFAULT, _PULSE_CODE_THREADDEATH, (uint64_t)(uint32_t)tid, 0);
    }
}
