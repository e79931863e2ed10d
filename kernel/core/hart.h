/* SPDX-License-Identifier: Apache-2.0 */
/* Per-hart state.  Fields are owner-only unless marked. */
#pragma once
#include <abi/limits.h>
#include "core/lock.h"
#include "machine.h" /* this_hart() */

#define PRIO_LEVELS 256

struct thread;
struct aspace;
struct ktimer;

struct runqueue {
    struct spinlock lock; /* RANK_RQ */
    struct thread *only;   /* the one READY thread when there is exactly one and it came to an empty queue (core/runqueue.h) */
    _Atomic int top_prio;  /* highest READY priority, -1 none; written under lock, read by anybody */
    _Atomic int cur_prio;  /* priority of the running thread, -1 idle; written under lock, read by anybody */
    uint64_t bitmap[PRIO_LEVELS / 64];
    struct list level[PRIO_LEVELS]; /* READY threads, head runs first */
};

struct hart {
    struct thread *current;     /* NULL while idle; offset used by entry.S (asm-offsets) */
    uint64_t scratch[2];        /* entry.S */
    uint64_t kstack_top;        /* entry.S */
    uint64_t estack_top;        /* entry.S: emergency stack for a broken kernel */
    uint64_t fixup_pc;          /* user copy: where a fault continues, 0 none */
    uint64_t fixup_addr;        /* set by the fault handler: the address that faulted */
    struct aspace *aspace;      /* whose page table is in use; NULL: the kernel's only.  Any hart may read: written before satp ... */
    struct aspace *aspace_left; /* ... and this after: when neither names an address space the hart has no part in it */
    _Alignas(8) _Atomic uint32_t resched; /* set by any hart (with an IPI) to make this one choose again */
    bool switch_out;            /* current has blocked or was requeued: kernel_exit() lets go of it.  entry.S reads it with resched */
    bool drop_current;          /* with switch_out: current has ended, let go of its last own reference too */
    struct thread *next;        /* with switch_out: who has been given the hart (sched_hand_over()), NULL: the best in the queues */
    struct thread *left;        /* whom the handler that returned KC_SWITCHED has taken the hart from; current is the other already */
    _Atomic bool traced;        /* any hart: events are recorded (core/trace.h) */
    _Atomic bool offered;       /* any hart, with resched: what waits in some queue is more important than what runs here */
    bool takes_any;             /* that was so: whatever the hart of that queue is doing */
    uint32_t index;             /* 0..num_harts-1 */
    uint32_t bit;               /* 1 << index */
    uint32_t others;            /* num_harts - 1 */
    uint32_t hartid;            /* SBI number */
    struct thread *fp_loaded;   /* whose FP registers this hart holds, NULL unknown */
    nsec_t timer_armed;         /* what the timer hardware is set to, (nsec_t)-1 off */
    uint64_t armed;             /* the same as arch_ticks() will read it */
    uint64_t slice_end;         /* round robin: arch_ticks() when the current thread's slice ends, 0 none */
    uint64_t share_at;          /* arch_ticks() when an idle hart is offered what a reply has left in our queue, 0 nothing (core/sched.c) */
    uint64_t share_wait;        /* how long that is after the reply */
    bool share_armed;           /* the timer was set for it */
    uint64_t run_start;         /* arch_ticks() when current was dispatched: CPU accounting */
    uint64_t bounce[32];        /* a short message on its way from one address space to another (ipc/quick.c) */
    struct runqueue rq;         /* large: behind what offsets of one instruction reach */
    uint32_t lock_depth;        /* QRV_LOCK_DEBUG */
    const struct spinlock *locks[16];
    bool in_interrupt;          /* in an interrupt's work: no giving way */
    bool in_panic;
    _Atomic bool online;
};

extern struct hart harts[QRV_HARTS_MAX];
extern uint32_t num_harts; /* set before the others start, then constant */
