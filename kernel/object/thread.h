/* SPDX-License-Identifier: Apache-2.0 */
/* Thread.  Type-stable memory: a stale pointer always points at some struct thread, never at something else, so
 * thread_get_live() and thread_lock() are safe on it; whoever uses one re-checks identity (proc, tid, wait_seq). */
#pragma once
#include <abi/thread.h>
#include <abi/signal.h>
#include <abi/sigevent.h>
#include "core/arch.h"
#include "core/ktimer.h"
#include "core/sched.h"

struct process;
struct channel;
struct conn;
struct pulse;
struct timer;

/* Why a blocked thread is being disturbed. */
enum wake_cause {
    WAKE_SIGNAL,  /* EINTR */
    WAKE_TIMEOUT, /* ETIMEDOUT */
    WAKE_CANCEL,  /* ECANCELED, only where the call is a cancellation point */
    WAKE_KILL,    /* thread or process is ending */
};

/* How to take a thread out of the wait it is in.  One constant per kind of wait. */
struct wait_ops {
    const char *name;
    /* Caller holds *t->lockp.  Either removes t from the wait, sets its result (thread_set_result) and makes it ready, or decides
     * that it stays (REPLY-blocked on an unblock channel).  err is the positive errno that belongs to the cause. */
    void (*disturb)(struct thread *t, enum wake_cause cause, int err);
    /* May be NULL.  Caller holds *t->lockp; t->prio has changed: restore the order of the queue it is in. */
    void (*prio_changed)(struct thread *t);
};

/* thread.flags: atomic, any hart; checked before user mode and when blocking */
#define TF_KILL 0x01      /* must end: process dying or ThreadDestroy */
#define TF_SIGNAL 0x02    /* look for deliverable signals */
#define TF_STOP 0x04      /* park in STOPPED before user mode */
#define TF_CANCEL 0x08    /* ThreadCancel() pending */
#define TF_RESTART 0x10   /* owner: result was EINTR, the call may be restarted by SA_RESTART */
#define TF_DETACHED 0x20
#define TF_TIMEOUT 0x40   /* owner: tmo.flags is not 0 */
#define TF_HOLD 0x80      /* ThreadCtl hold */
#define TF_METER 0x100    /* its CPU time matters while it runs (object/meter.h) */
#define TF_TRACED 0x200   /* owner: the end of the call it is in is to be recorded */
#define TF_DEBUG 0x400    /* a debugger holds it (object/debug.h) */
/* What the way back to user mode has to look at (core/exit.c, entry.S). */
#define TF_ON_EXIT (TF_KILL | TF_SIGNAL | TF_STOP | TF_CANCEL | TF_RESTART | TF_TIMEOUT | TF_HOLD | TF_METER | TF_TRACED | TF_DEBUG)

#define UNBLOCK_OWED 2 /* thread.msg.unblock_req */

struct thread {
    struct regs regs; /* first: entry.S.  Owner: the hart it runs on.  Others: a blocked thread's result and pc with *lockp held, all of it
                         only when on_cpu is clear */
    /* Owner while running, *lockp while blocked: what the last kernel call was given, for its handler, to make it again, and, of the two
     * that wait with a message, to find it. */
    union {
        uint64_t arg[6];
        struct {
            uint64_t id;
            union {
                uint64_t smsg; /* MsgSend: user address of a buffer or iov array */
                uint64_t info; /* MsgReceive: struct _msg_info * */
            };
            int64_t sparts;    /* < 0: one buffer of -n bytes */
            uint64_t rmsg;     /* where the reply, or the message, goes */
            int64_t rparts;
            uint64_t flags;    /* KC_SEND_NC, KC_RECEIVE_*, and what else the caller put there */
        } given;
    };
    uint64_t call;    /* its number */
    struct fpregs fp;

    /* identity: constant after creation */
    struct process *proc;
    int32_t tid;
    _Atomic uint32_t refs;      /* 0: free memory.  thread_get_live() fails on 0 */
    uint64_t mi_who;            /* pid and tid as in a struct _msg_info */
    _Atomic uint32_t flags;     /* TF_* */
    _Atomic bool on_cpu;        /* a hart still works on its registers */

    /* *lockp */
    struct spinlock *_Atomic lockp;
    struct spinlock wait_lock;  /* RANK_WAIT */
    uint8_t state;              /* STATE_*; racy_read() elsewhere */
    uint8_t policy;
    uint8_t prio;               /* effective: what queues sort by; racy_read() elsewhere */
    uint8_t base_prio;          /* SchedSet */
    uint8_t run_prio;           /* base_prio, or the priority taken over by MsgReceive */
    uint8_t mutex_prio;         /* highest waiter of a mutex it holds (object/sync.c), 0 none */
    uint8_t boost_prio;         /* a more important message that waits for it; 0 none */
    uint8_t ceil_prio;          /* highest ceiling of a mutex it holds (object/sync_ceiling.c), 0 none */
    int16_t hart;               /* run queue index */
    uint32_t runmask;
    uint32_t inherit_mask;      /* runmask of the threads it makes, and of theirs */
    struct list link;           /* run queue level, or the wait object's queue */
    const struct wait_ops *wait_ops; /* how to disturb this wait; NULL while READY/RUNNING */
    uint64_t wait_seq;          /* grows with every block: stale timeouts are recognised by it */
    uint64_t blocked_on, blocked_aux; /* for pidin: see struct tm_thread_info */

    /* continuation, run by the dispatching hart: owner-only */
    void (*_Atomic kcont)(struct thread *t);

    /* message passing: channel.lock while SEND/REPLY/RECEIVE */
    struct {
        struct channel *chan;   /* referenced while SEND/REPLY/RECEIVE */
        struct conn *conn;      /* SEND/REPLY: referenced */
        uint64_t siov, riov;    /* byte totals of iov arrays, checked at entry: msg_slen(), msg_rlen() */
        int32_t rcvid;          /* REPLY, of a message that went the quick way; else 0 */
        union {
            uint32_t busy;      /* something of what follows */
            struct {
                uint16_t xfers;      /* copies in progress by servers: disturbances wait */
                uint8_t unblock_req; /* unblock pulse sent, or UNBLOCK_OWED: by channel.unblock */
                uint8_t deferred;    /* disturbance that came during a transfer: wake_cause + 1 */
            };
        };
        uint16_t deferred_err;
        uint8_t lingers;        /* a server that went on computing after a reply: replies still to treat it so (core/sched.c) */
        struct thread *partner; /* receiver woken by a sender: whose message it must fetch (referenced) */
        int8_t code;            /* receiver woken by a pulse: which */
        int32_t scoid;
        uint64_t value;
        int32_t last_coid;      /* owner: what it sent to last, ... */
        void *_Atomic *last_slot; /* ... and where the table has that; NULL none */
        struct channel *serving; /* channel it last received on, weak: compared, or locked and checked (type-stable) */
    } msg;

    /* sync waits: bucket lock */
    struct {
        uint64_t key[2];        /* see object/sync.c */
        uint64_t addr;          /* user address of the object waited for */
        uint64_t mutex;         /* condvar: mutex to take again */
        struct thread *owner;   /* mutex: holder it boosts, weak, or NULL; changes under bucket and PI lock */
        uint32_t value;
        uint16_t depth;         /* condvar: recursion to restore when the mutex is held again */
        bool chosen;            /* one of those whom a broadcast wakes, step by step */
        bool closed;            /* PI lock: t has ended, nobody may queue on it any more */
        uint64_t frame;         /* shared object: pinned frame, 0 none */
        struct list pi_link;    /* in owner->held; PI lock of the owner */
    } sync;
    struct thread *inherit_next;      /* object/inherit.c: the walk that has set inherit_queued */
    _Atomic bool inherit_queued;
    struct list held;           /* threads that wait for a mutex it holds; PI lock of this thread (object/sync.c) */
    /* mutexes with a ceiling that it holds (object/sync_ceiling.c): owner, or *lockp while it waits for such a mutex */
    struct list ceilings;
    struct ceiling *ceil_spare; /* memory for the next one */
    uint32_t num_ceilings;

    /* kernel timeout: owner while running, *lockp while blocked */
    struct {
        uint32_t flags;         /* _NTO_TIMEOUT_* armed; 0 none */
        uint32_t active;        /* timer runs */
        nsec_t deadline;        /* monotonic */
        uint64_t rt_absolute;   /* the CLOCK_REALTIME time it was given as, 0: other */
        struct _kc_sigevent event;
        struct ktimer timer;
    } tmo;

    /* signals: proc->lock */
    uint64_t sig_mask, sig_pending, sig_saved_mask, sig_wait;
    bool sig_restore_mask;      /* sigsuspend: put sig_saved_mask back after the handler */
    struct list sig_queue;
    uint64_t altstack_sp, altstack_size;
    uint64_t sig_info_uaddr;    /* SignalWaitinfo: where the siginfo goes */

    /* debugger: proc->lock.  What stopped it, why 0: nothing */
    struct {
        uint16_t why, what;
        bool is_passed;         /* let go on with it: delivered on the way to user mode */
        struct _kc_siginfo info;
    } debug;

    /* join: proc->lock */
    uint64_t exit_status;
    struct thread *joiner;      /* referenced */
    uint64_t join_uaddr;        /* in the joiner: where the status goes */
    struct thread *join_target; /* in the joiner: referenced */

    /* interrupts */
    _Atomic uint32_t intr_pending; /* SIGEV_INTR remembered */

    uint64_t exit_clear;        /* user word cleared and futex-woken at the end, 0 none */
    uint64_t stack_lo, stack_size;
    uint64_t slice_used;        /* owner: arch_ticks() of its slice that it had when it was preempted; 0 after it blocked or had it all */
    uint64_t cpu_ticks;         /* arch_ticks() it has run, up to its last dispatch */
    struct sporadic *ss;        /* SCHED_SPORADIC, else NULL (object/meter.h); *lockp */
    bool call_done;             /* owner: no kernel call is on its way: a fault or an interrupt brought the thread here, or the call is over;
                                   means nothing in user mode */
    struct list proc_link;      /* proc->threads; proc->lock */
    char name[32];
    struct {                    /* core/preempt.c: kernel work in which it has given way */
        uint64_t top, sp;
    } kstack;
};

/* In a wait that wait_ops may disturb.  Caller holds *t->lockp: wait_ops alone may belong to a wait that is about to begin. */
static inline bool thread_is_blocked(const struct thread *t)
{
    return t->state != STATE_RUNNING && t->state != STATE_READY && t->state != STATE_DEAD && t->wait_ops;
}

/* Takes a reference unless the thread is already free memory. */
static inline bool thread_get_live(struct thread *t)
{
    uint32_t n = atomic_load_explicit(&t->refs, memory_order_relaxed);
    while (n) {
        if (atomic_compare_exchange_weak_explicit(&t->refs, &n, n + 1, memory_order_acquire,
                                                  memory_order_relaxed))
            return true;
    }
    return false;
}
static inline void thread_get(struct thread *t)
{
    atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
}
void thread_put(struct thread *t);

/* Bytes of the message, and of the buffer for what comes, of a thread that waits in MsgSend or MsgReceive. */
static inline uint64_t msg_slen(const struct thread *t)
{
    return t->given.sparts <= 0 ? -(uint64_t)t->given.sparts : t->msg.siov;
}
static inline uint64_t msg_rlen(const struct thread *t)
{
    return t->given.rparts <= 0 ? -(uint64_t)t->given.rparts : t->msg.riov;
}

/* Result register of a thread that is blocked (caller holds *lockp) or current. */
static inline void thread_set_result(struct thread *t, int64_t v)
{
    t->regs.x[REG_A0] = (uint64_t)v;
}

/* The blocked (*lockp held) or current thread makes its kernel call again. */
static inline void thread_call_again(struct thread *t)
{
    t->regs.pc -= 4;
    for (int i = 0; i < 6; i++)
        t->regs.x[REG_A0 + i] = t->arg[i];
    t->regs.x[REG_A7] = t->call;
}

/* A signal ends t's wait (*lockp held, or t kept from ending): the call may start over after an SA_RESTART handler, unless it has a deadline,
 * which starting over would forget. */
static inline void thread_may_restart(struct thread *t, enum wake_cause cause)
{
    if (cause == WAKE_SIGNAL && !t->tmo.flags)
        atomic_fetch_or_explicit(&t->flags, TF_RESTART, memory_order_relaxed);
}

/* Threads of equal priority take turns with it. */
static inline bool thread_is_sliced(const struct thread *t)
{
    return (1U << racy_read(t->policy) & (1U << _KC_SCHED_OTHER | 1U << _KC_SCHED_RR)) != 0;
}

/* Sets flag bits and makes the thread notice: IPI when it runs elsewhere, disturb() when it is blocked. */
void thread_post(struct thread *t, uint32_t flags, enum wake_cause cause, int err);
/* Disturbs whatever wait t is in now, if any; seq 0: any wait, else only that one. */
void thread_disturb(struct thread *t, uint64_t seq, enum wake_cause cause, int err);

/* Starts the kernel timeout if one is armed for this state.  The caller is about to block t (holds the lock it will wait under).
 * Returns 0, or -ETIMEDOUT when the timeout is already over (poll): then do not block. */
int thread_timeout_start(struct thread *t, int state);
void thread_timeout_clear(struct thread *t); /* at the end of every kernel call */

/* The result of a call whose value is written later (also KC_BLOCKED of kercall.h). */
#define KC_BLOCKED (-2048) /* no errno; entry.S compares with it */
/* ... and the hart has been given to another thread already (core/handover.h). */
#define KC_SWITCHED (KC_BLOCKED + 1)

/* Creates a thread in p (blocked STOPPED when hold).  -errno or tid.  sp: checked, with _KC_TC_SCHED and SCHED_SPORADIC.
 * creator: whose scheduling it otherwise gets; NULL: that of the process' first thread. */
int thread_create(struct process *p, const struct _kc_thread_create *tc, const struct _kc_sched_param *sp,
                  struct thread *creator);
/* Policy and parameters, sched_curpriority as well.  t is referenced; no lock beyond PROC held. */
int thread_sched_get(struct thread *t, struct _kc_sched_param *sp);
/* Last thing a thread does, on its own hart with nothing held; the thread is no longer current afterwards. */
void thread_exit_self(struct thread *t);
/* Effective priority from base/run/boost, clipped to what the process may have.  Caller holds *lockp. */
void thread_recompute_prio_locked(struct thread *t);
/* Once per thread memory, before its first life: sets up tmo.timer (object/timeout.c). */
void thread_timeout_init(struct thread *t);
/* TF_HOLD cleared; a thread that was created held starts. */
void thread_release_hold(struct thread *t);
/* Bodies of ThreadJoin() and ThreadDetach(). */
int64_t thread_join(struct thread *t, int32_t tid, uint64_t status_uaddr);
int64_t thread_detach(struct thread *self, int32_t tid);
/* The reaper's own end, after teardown. */
void thread_finish_reaper(struct thread *t);
