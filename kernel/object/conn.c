/* SPDX-License-Identifier: Apache-2.0 */
/* Connections: the client's end (conn, named by coid) and the server's view of a client (sconn, named by scoid).
 *
 * A conn's reference by its id table keeps the sconn's count of client connections up; a thread that is SEND- or REPLY-blocked
 * holds another.  When the last goes, the server hears _PULSE_CODE_DISCONNECT (if it asked) and the sconn stays until the
 * server detaches the scoid; otherwise it goes at once.
 * Order: process.lock of the server, then channel.lock.
 */
#include "mm/mm.h"
#include "object/channel.h"
#include "object/process.h"

struct slab conn_slab = SLAB_INIT("conn", struct conn, proc);
struct slab sconn_slab = SLAB_INIT("sconn", struct sconn, chan_link);

void sconn_put(struct sconn *s)
{ /* model: C4 */
    if (atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
        return;
    struct channel *ch = s->chan;
    struct process *client = s->client;
    slab_free(&sconn_slab, s);
    channel_put(ch);
    if (client)
        process_put(client);
}

static bool sconn_get_live(struct sconn *s)
{
    uint32_t n = atomic_load_explicit(&s->refs, memory_order_relaxed);
    while (n) {
        if (atomic_compare_exchange_weak_explicit(&s->refs, &n, n + 1, memory_order_acquire,
                                                  memory_order_relaxed))
            return true;
    }
    return false;
}

struct sconn *sconn_lookup(struct process *server, int32_t index)
{ /* model: P1 */
    struct sconn *s = index > 0 ? idtable_get(&server->sconns, (uint32_t)index) : NULL;
    if (!s || !sconn_get_live(s))
        return NULL;
    if (idtable_get(&server->sconns, (uint32_t)index) == s)
        return s;
    sconn_put(s);
    return NULL;
}

bool conn_get_live(struct conn *c)
{
    uint32_t n = atomic_load_explicit(&c->refs, memory_order_relaxed);
    while (n) {
        if (atomic_compare_exchange_weak_explicit(&c->refs, &n, n + 1, memory_order_acquire,
                                                  memory_order_relaxed))
            return true;
    }
    return false;
}

struct conn *conn_lookup(struct process *p, int32_t coid)
{ /* model: S1 */
    void *_Atomic *slot = conn_slot(p, coid);
    struct conn *c = slot ? atomic_load_explicit(slot, memory_order_acquire) : NULL;
    if (!c || !conn_get_live(c))
        return NULL;
    if (atomic_load_explicit(slot, memory_order_acquire) == c)
        return c;
    conn_put(c);
    return NULL;
}

/* The client's last connection is gone.  Takes the sconn out of the server's table unless the server is to be told first. */
static void sconn_client_gone(struct sconn *s)
{ /* model: C3 */
    struct channel *ch = s->chan;
    bool unlink = false;
    spin_lock(&ch->proc->lock);
    spin_lock(&ch->lock);
    if (s->conns == 0 && !s->detached && !s->told) { /* nobody re-attached meanwhile */
        if (ch->flags & _NTO_CHF_DISCONNECT) {
            s->told = true;
            s->gone.reserved = true;
            s->gone.code = _PULSE_CODE_DISCONNECT;
            s->gone.value = 0;
            s->gone.scoid = QRV_SCOID_BASE + s->index;
            list_remove(&s->chan_link);
            list_push_tail(&ch->sconns, &s->chan_link);
            pulse_send_reserved_locked(ch, &s->gone, QRV_PRIO_DEFAULT);
        } else {
            racy_write(s->detached, true);
            list_remove(&s->chan_link);
            idtable_remove(&ch->proc->sconns, (uint32_t)s->index);
            unlink = true;
        }
    }
    spin_unlock(&ch->lock);
    spin_unlock(&ch->proc->lock);
    if (unlink)
        sconn_put(s);
}

/* ch->lock of s held: one of its client's connections had the flags old and has now. */
static void restrict_locked(struct sconn *s, uint32_t old, uint32_t now)
{
    const struct {
        uint32_t flag;
        _Atomic uint32_t *count;
    } kinds[] = { { _NTO_COF_NOEVENT, &s->no_event }, { _NTO_COF_REG_EVENTS, &s->reg_events }, { _NTO_COF_INSECURE, &s->insecure } };
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        int change = ((now & kinds[i].flag) != 0) - ((old & kinds[i].flag) != 0);
        if (change)
            atomic_fetch_add(kinds[i].count, (uint32_t)change);
    }
}

uint32_t conn_change_flags(struct conn *c, uint32_t mask, uint32_t bits)
{
    uint32_t now;
    spin_lock(&c->chan->lock);
    uint32_t old = atomic_load(&c->flags);
    do /* channel.c marks it dead under another lock */
        now = (old & ~mask) | (bits & mask) | (old & _NTO_COF_INSECURE); /* which nobody takes back */
    while (!atomic_compare_exchange_weak(&c->flags, &old, now));
    restrict_locked(c->sconn, old, now);
    spin_unlock(&c->chan->lock);
    return old;
}

void conn_put(struct conn *c)
{ /* model: C1, C2 */
    if (atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) == 1)
        conn_free(c);
}

void conn_free(struct conn *c)
{
    struct sconn *s = c->sconn;
    struct channel *ch = c->chan;
    spin_lock(&ch->lock);
    list_remove(&c->link);
    restrict_locked(s, atomic_load(&c->flags), 0);
    bool last = --s->conns == 0;
    spin_unlock(&ch->lock);
    slab_free(&conn_slab, c);
    if (last)
        sconn_client_gone(s);
    sconn_put(s);
    channel_put(ch);
}

static struct channel *channel_find(struct process *server, int32_t chid)
{ /* model: A1 */
    struct channel *ch = chid > 0 ? idtable_get(&server->channels, (uint32_t)chid) : NULL;
    if (!ch || !channel_get_live(ch))
        return NULL;
    if (idtable_get(&server->channels, (uint32_t)chid) == ch)
        return ch;
    channel_put(ch);
    return NULL;
}

static struct sconn *sconn_find_locked(struct channel *ch, const struct process *client)
{
    list_for_each(e, &ch->sconns) {
        struct sconn *s = list_entry(e, struct sconn, chan_link);
        if (s->told) /* and so are all behind it: the server may be slow to detach them */
            break;
        if (s->client != client || s->detached)
            continue;
        list_remove(e); /* whoever attaches, does it again */
        list_push_head(&ch->sconns, e);
        return s;
    }
    return NULL;
}

static struct sconn *sconn_new(struct channel *ch, struct process *client)
{
    struct sconn *s = slab_alloc(&sconn_slab);
    if (!s)
        return NULL;
    (void)channel_get_live(ch); /* the caller holds a reference */
    (void)process_get_live(client);
    s->chan = ch;
    s->client = client;
    s->client_pid = client->pid;
    s->conns = 0;
    list_init(&s->conn_list);
    s->detached = false;
    s->told = false;
    atomic_store(&s->no_event, 0);
    atomic_store(&s->reg_events, 0);
    atomic_store(&s->insecure, 0);
    list_init(&s->chan_link);
    list_init(&s->gone.link);
    atomic_store(&s->gone.queued, false);
    return s;
}

/* c becomes one of the sconn of (client, ch), of which it gets a reference. */
static int sconn_join(struct channel *ch, struct process *client, struct conn *c)
{ /* model: A2 */
    struct sconn *fresh = sconn_new(ch, client);
    if (!fresh)
        return -EAGAIN;
    int err = 0;
    spin_lock(&ch->proc->lock);
    spin_lock(&ch->lock);
    struct sconn *s = ch->destroyed ? NULL : sconn_find_locked(ch, client);
    if (ch->destroyed) {
        err = -ESRCH;
    } else if (!s) {
        int index = idtable_alloc(&ch->proc->sconns, 1, fresh);
        if (index < 0) {
            err = -EAGAIN;
        } else {
            s = fresh;
            s->index = index;
            list_push_head(&ch->sconns, &s->chan_link);
            atomic_store_explicit(&s->refs, 1, memory_order_release);
        }
    }
    if (!err) {
        c->sconn = s;
        list_push_tail(&s->conn_list, &c->link);
        s->conns++;
        atomic_fetch_add(&s->refs, 1);
    }
    spin_unlock(&ch->lock);
    spin_unlock(&ch->proc->lock);
    if (s != fresh) {
        atomic_store(&fresh->refs, 1);
        sconn_put(fresh);
    }
    return err;
}

static int conn_publish(struct process *client, struct conn *c, uint32_t index)
{ /* model: A3 */
    bool side = (index & _NTO_SIDE_CHANNEL) != 0;
    struct idtable *tab = side ? &client->side : &client->fds;
    int id;
    spin_lock(&client->lock);
    spin_lock(&c->chan->lock); /* in the table before the channel's end, which is told then, or never */
    if ((atomic_load(&client->flags) & PF_DYING) || c->chan->destroyed)
        id = -ESRCH;
    else if (tab->count >= client->max_connections)
        id = -EMFILE;
    else
        id = idtable_alloc(tab, side ? 0 : index, c);
    if (id >= 0)
        racy_write(c->coid, side ? _NTO_SIDE_CHANNEL + id : id); /* a quick send may have found it already */
    spin_unlock(&c->chan->lock);
    spin_unlock(&client->lock);
    return id < 0 ? (id == -EAGAIN ? -EMFILE : id) : c->coid;
}

int connect_attach(struct process *client, struct process *server, int32_t chid, uint32_t index, uint32_t flags)
{
    if (!(index & _NTO_SIDE_CHANNEL) && index > QRV_COID_MAX)
        return -EINVAL;
    struct channel *ch = channel_find(server, chid);
    if (!ch)
        return -ESRCH;
    struct conn *c = slab_alloc(&conn_slab);
    if (!c) {
        channel_put(ch);
        return -EAGAIN;
    }
    c->proc = client;
    racy_write(c->chan, ch);
    racy_write(c->coid, -1); /* in no table */
    atomic_store(&c->flags, 0);
    int err = sconn_join(ch, client, c);
    if (err) {
        slab_free(&conn_slab, c);
        channel_put(ch);
        return err;
    }
    c->mi_where = (uint32_t)ch->chid | (uint64_t)(QRV_SCOID_BASE + (uint32_t)c->sconn->index) << 32;
    (void)conn_change_flags(c, _NTO_COF_MASK & ~_NTO_COF_DEAD, flags);
    atomic_store_explicit(&c->refs, 2, memory_order_release);
    int coid = conn_publish(client, c, index);
    if (coid < 0)
        conn_put(c);
    conn_put(c);
    return coid;
}

static void fail_clients_locked(struct channel *ch, struct list *queue, const struct sconn *s)
{
    list_for_each_safe(e, tmp, queue) {
        struct thread *t = list_entry(e, struct thread, link);
        if (t->msg.conn->sconn == s)
            send_fail_locked(ch, t, EBADF);
    }
}

static int scoid_detach(struct process *p, int32_t scoid)
{ /* model: C7 */
    uint32_t index = (uint32_t)scoid - QRV_SCOID_BASE;
    spin_lock(&p->lock);
    struct sconn *s = idtable_remove(&p->sconns, index);
    if (s) {
        struct channel *ch = s->chan;
        spin_lock(&ch->lock);
        racy_write(s->detached, true);
        list_remove(&s->chan_link);
        pulse_cancel_locked(ch, &s->gone);
        fail_clients_locked(ch, &ch->senders, s);
        fail_clients_locked(ch, &ch->repliers, s);
        spin_unlock(&ch->lock);
    }
    spin_unlock(&p->lock);
    if (!s)
        return -EINVAL;
    sconn_put(s);
    return 0;
}

int connect_detach(struct process *p, int32_t coid)
{ /* model: C6 */
    if (coid >= QRV_SCOID_BASE && coid < _NTO_SIDE_CHANNEL)
        return scoid_detach(p, coid);
    if (coid < 0)
        return -EINVAL;
    struct idtable *tab = coid >= _NTO_SIDE_CHANNEL ? &p->side : &p->fds;
    spin_lock(&p->lock);
    struct conn *c = idtable_remove(tab, (uint32_t)coid & (QRV_SCOID_BASE - 1));
    spin_unlock(&p->lock);
    if (!c)
        return -EINVAL;
    /* A quick sender (ipc/quick.c) that has found c in the table takes its reference under this lock: by now it has, or finds nothing. */
    spin_lock(&c->chan->lock);
    spin_unlock(&c->chan->lock);
    conn_put(c);
    return 0;
}
