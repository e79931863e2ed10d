/* SPDX-License-Identifier: Apache-2.0 */
/* Channels, client connections (conn), server connections (sconn), pulses.
 *
 * channel.lock (RANK_WAIT) guards the three queues, the pulses and every thread that is SEND-, RECEIVE- or REPLY-blocked here.
 * All three structures are type-stable and reference-counted; a conn found in an id table is used after conn_get_live().
 *
 * rcvid = tid << 16 | sconn index, always positive: it names the client thread through the server's own sconn table, so that
 * no server can reply to a thread that is not blocked on it.
 */
#pragma once
#include <abi/msg.h>
#include "object/process.h"
#include "object/thread.h"

struct pulse {
    struct list link;
    struct channel *chan_reserved; /* owner of a reserved pulse, see pulse_reserve */
    int8_t code;
    uint8_t prio;
    bool reserved;                 /* belongs to an object (sconn, thread, timer): reused, not freed */
    _Atomic bool queued;           /* for reserved pulses */
    int32_t scoid;
    uint64_t value;
};

struct channel {
    _Atomic uint32_t refs;   /* 0: free memory */
    struct spinlock lock;    /* RANK_WAIT */
    struct process *proc;    /* owner: referenced while not destroyed */
    int32_t chid;
    uint32_t flags;          /* _NTO_CHF_*, constant */
    bool destroyed;          /* lock */
    struct list senders;     /* SEND-blocked threads: priority, then arrival */
    struct list receivers;   /* RECEIVE-blocked threads: LIFO */
    struct list repliers;    /* REPLY-blocked threads */
    struct list stalled;     /* server threads that wait until another one is done with a client (client_begin()) */
    struct list pulses;      /* priority, then arrival */
    struct list sconns;      /* struct sconn.chan_link: those of clients that are gone last; lock */
    uint32_t num_send, num_pulse;
    struct pulse unblock;    /* reserved: _PULSE_CODE_UNBLOCK when there is no other; those who wait for it are first in repliers */
};

/* One per (client process, channel); the server knows it as scoid. */
struct sconn {
    _Atomic uint32_t refs;
    struct channel *chan;      /* referenced */
    struct process *client;    /* referenced until the last conn goes */
    int32_t client_pid;
    int32_t index;             /* in the server's table */
    uint32_t conns;            /* chan->lock: connections of the client */
    struct list conn_list;     /* chan->lock: struct conn.link, all of these, until the channel is destroyed */
    bool detached;             /* chan->lock: server did ConnectDetach(scoid), or the server is gone */
    /* chan->lock, read without: how many of those connections have _NTO_COF_NOEVENT, _REG_EVENTS, _INSECURE.  A rcvid does not say
     * which connection its message came by: one is enough. */
    _Atomic uint32_t no_event, reg_events, insecure;
    bool told;                 /* the disconnect pulse was sent: this scoid is the server's to detach, not to be joined again */
    struct list chan_link;     /* chan->lock */
    struct pulse gone;         /* reserved: _PULSE_CODE_DISCONNECT */
};

struct conn {
    _Atomic uint32_t refs;
    struct process *proc;      /* the client: weak, constant */
    struct list link;          /* chan->lock: sconn.conn_list */
    struct sconn *sconn;       /* referenced */
    struct channel *chan;      /* referenced; constant */
    int32_t coid;              /* chan->lock to set: -1 until it is in its client's table, then constant */
    _Atomic uint32_t flags;    /* _NTO_COF_* */
    uint64_t mi_where;         /* chid and scoid as in a struct _msg_info; constant */
};

#define PULSES_PER_CHANNEL_MAX 4096

bool channel_get_live(struct channel *ch);
void channel_put(struct channel *ch);
int channel_create(struct process *p, uint32_t flags, uint32_t at); /* at: 0 any */
int channel_destroy(struct process *p, int32_t chid);
void channel_kill(struct channel *ch); /* unlinked from its process: wakes everybody, frees pulses */

int connect_attach(struct process *client, struct process *server, int32_t chid, uint32_t index, uint32_t flags);
int connect_detach(struct process *p, int32_t coid);
bool conn_get_live(struct conn *c);
void conn_put(struct conn *c);
void conn_free(struct conn *c); /* its last reference was dropped */
struct conn *conn_lookup(struct process *p, int32_t coid); /* referenced, or NULL */
/* Sets the flags of mask to bits; what they were.  c is referenced. */
uint32_t conn_change_flags(struct conn *c, uint32_t mask, uint32_t bits);
/* Where p's table has coid; NULL: nowhere. */
static inline void *_Atomic *conn_slot(const struct process *p, int32_t coid)
{
    if (coid >= _NTO_SIDE_CHANNEL)
        return idtable_slot(&p->side, (uint32_t)coid - _NTO_SIDE_CHANNEL);
    return coid < QRV_SCOID_BASE ? idtable_slot(&p->fds, (uint32_t)coid) : NULL; /* negative: beyond every table */
}
struct sconn *sconn_lookup(struct process *server, int32_t index); /* referenced, or NULL */
void sconn_put(struct sconn *s);

/* Queues a pulse (or hands it to a waiting receiver).  prio 1..255.  -EAGAIN without memory or above the limit, -ESRCH when
 * the channel is destroyed.  Any context; takes ch->lock. */
int pulse_send(struct channel *ch, int prio, int code, uint64_t value, int32_t scoid);
/* The same, and whoever serves the channel works at least at the pulse's priority if it has to wait.  No lock held; the caller
 * keeps ch alive. */
int pulse_post(struct channel *ch, int prio, int code, uint64_t value, int32_t scoid);
int pulse_send_locked(struct channel *ch, int prio, int code, uint64_t value, int32_t scoid);
/* As above with memory that belongs to an object; a pulse still queued is left as it is. */
void pulse_send_reserved_locked(struct channel *ch, struct pulse *p, int prio);

/* Delivers an event to process p (signal, pulse through p's coid, SIGEV_INTR to t, semaphore...): object/event.c.
 * t: the thread for SIGEV_SIGNAL_THREAD / SIGEV_INTR / SIGEV_UNBLOCK, may be NULL.  Any context without locks. */
int event_deliver(struct process *p, struct thread *t, const struct _kc_sigevent *ev);
/* Checks what can be checked beforehand: -EINVAL, -EBADF, -EPERM, a handle's -ESRCH. */
int event_check(struct process *p, const struct _kc_sigevent *ev);
/* What a server may deliver to a client: -EACCES for what the client's connections exclude.  A handle is replaced by its event. */
int event_admit(const struct sconn *s, struct process *client, struct _kc_sigevent *ev);

/* Registered events: object/event_handle.c.  A checked event -> its handle, or -EAGAIN; the reference to server (or NULL) passes over. */
int event_register(struct process *p, const struct _kc_sigevent *ev, struct channel *server);
int event_unregister(struct process *p, int32_t handle);
int event_drop(struct process *p, int32_t id); /* by its place in p->events: teardown */
/* Replaces a handle by its event.  by: who delivers it, NULL: the kernel.  -ESRCH, -EACCES. */
int event_fetch(struct process *p, const struct channel *by, struct _kc_sigevent *ev);

/* Thread t is ending: forgets what it serves. */
void channel_thread_fini(struct thread *t);
/* p->lock held: a thread of p has ended, which channels with _NTO_CHF_THREAD_DEATH want to know. */
void channel_tell_death_locked(struct process *p, int32_t tid);
extern struct slab channel_slab, conn_slab, sconn_slab, pulse_slab;

/* Puts a reserved pulse that is still queued on ch off the queue.  ch->lock held. */
void pulse_cancel_locked(struct channel *ch, struct pulse *p);
void pulse_free(struct pulse *p);
/* ipc/receive.c: continuation of a receiver that was given a pulse. */
void receive_pulse_finish(struct thread *t);
/* ipc/receive.c: continuation of a receiver whose wait ended with neither. */
void receive_drop(struct thread *t);
/* ipc/send.c: wakes a SEND- or REPLY-blocked thread with -err; ch->lock held. */
void send_fail_locked(struct channel *ch, struct thread *t, int err);
/* Receiver priority from a message or pulse; caller holds *t->lockp. */
void receive_take_prio_locked(struct channel *ch, struct thread *t, int prio);
/* A receiver that takes messages (pulses only: false) or NULL.  ch->lock held; unlinked by the caller. */
struct thread *receiver_find_locked(struct channel *ch, bool for_pulse);
