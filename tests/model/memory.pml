/* SPDX-License-Identifier: Apache-2.0 */
/* Where kernel/core/sched.c leans on the order of memory accesses: *lockp, on_cpu, and the race of a hart that becomes idle.
 *
 * Each hart has a store buffer that empties in any order, one variable at a time: a relaxed store may become visible to others after
 * later loads and after later stores to other variables. A release store becomes visible after all before it; a seq_cst fence waits for that.
 * A lock is taken with an acquire exchange, which waits for nothing older, and dropped with a release store. Loads happen in order: what
 * an acquire load keeps behind it is not modelled. Steps B1 to B8 stand in the kernel's comments too.
 */
#ifndef PART
#define PART 1 /* 1: a thread goes from hart to hart; 2: a hart becomes idle */
#endif

#define HARTS 3
#define EMPTY 255

#if PART == 1
/* Variables. Locks: the channel's (0), the run queues' of harts 0 and 1 (1, 2); *lockp is the number of one. */
#define LOCK_CH 0
#define LOCK_RQ0 1
#define LOCK_RQ1 2
#define LOCKP 3
#define STATE 4
#define ON_CPU 5
#define REGS 6
#define QUEUED 7 /* the thread is in the queue of hart 1 */
#define LISTED 8 /* it is in the channel's list */
#define VARS 9
#define RUNNING 0
#define READY 1
#define BLOCKED 2
#else
#define LOCK_RQ 0 /* hart 0's */
#define CUR0 1    /* rq.cur_prio, one more than the priority: 0 is none */
#define CUR1 2
#define TOP0 3    /* rq.top_prio, likewise */
#define TOP1 4
#define RESCHED1 5
#define VARS 6
#endif

byte memory[VARS];
byte buffer[HARTS * VARS];
short pending[HARTS];       /* a bit for each variable in the hart's buffer */
short older[HARTS * VARS];  /* what has to leave the buffer before this entry, which is a release */

#define at(h, v) ((h) * VARS + (v))
#define load(h, v) (buffer[at(h, v)] != EMPTY -> buffer[at(h, v)] : memory[v])
#define is_drained(h) (pending[h] == 0)

inline store(h, v, x) {
    atomic { buffer[at(h, v)] = x; pending[h] = pending[h] | (1 << (v)) }
}

inline store_release(h, v, x) {
    atomic {
        older[at(h, v)] = older[at(h, v)] | (pending[h] & ~(1 << (v)));
        buffer[at(h, v)] = x;
        pending[h] = pending[h] | (1 << (v))
    }
}

inline fence(h) {
    is_drained(h)
}

/* v: a lock */
inline lock(h, v) {
    atomic { memory[v] == 0 && buffer[at(h, v)] == EMPTY -> memory[v] = 1 }
}

inline unlock(h, v) {
    store_release(h, v, 0)
}

inline drain(v) {
    atomic {
        buffer[at(h, v)] != EMPTY && older[at(h, v)] == 0 ->
        memory[v] = buffer[at(h, v)];
        buffer[at(h, v)] = EMPTY;
        pending[h] = pending[h] & ~(1 << (v));
        i = 0;
        do
        :: i < VARS -> older[at(h, i)] = older[at(h, i)] & ~(1 << (v)); i++
        :: else -> i = 0; break
        od
    }
}

proctype Buffer(byte h) {
    byte i;
end:
    do
    :: drain(0)
    :: drain(1)
    :: drain(2)
    :: drain(3)
    :: drain(4)
    :: drain(5)
#if VARS == 9
    :: drain(6)
    :: drain(7)
    :: drain(8)
#endif
    od
}

#if PART == 1
/* Hart 0 runs the thread until it blocks; hart 2 wakes it to hart 1's queue; hart 1 takes it over. Hart 1 also posts to it first. */

byte holders; /* harts that think they hold *lockp */
bit done0, done2;

inline enter() {
    holders++;
    assert(holders == 1) /* one at a time decides about the thread */
}

/* B1: thread_lock() */
inline thread_lock(h) {
    do
    :: l = load(h, LOCKP);
       lock(h, l);
       if
       :: load(h, LOCKP) == l -> break
       :: else -> unlock(h, l)
       fi
    od;
    enter()
}

inline thread_unlock(h) {
    holders--;
    unlock(h, l)
}

proctype Blocks() {
    store(0, REGS, 1); /* what it does in user mode */
    lock(0, LOCK_CH);
    lock(0, LOCK_RQ0); /* B2: thread_block_locked() */
    enter();
    store(0, STATE, BLOCKED);
    holders--;
    store_release(0, LOCKP, LOCK_CH);
    unlock(0, LOCK_RQ0);
    store(0, LISTED, 1);
    unlock(0, LOCK_CH);
    store(0, REGS, 2); /* B3: let_go() saves what is left, FP registers */
    store_release(0, ON_CPU, 0);
    done0 = 1
}

proctype Wakes() {
    byte l;
    bit woken;
    do
    :: !woken ->
        thread_lock(2);
        if
        :: load(2, STATE) == BLOCKED -> /* B4: enqueue() */
            assert(load(2, LISTED));
            lock(2, LOCK_RQ1);
            store(2, STATE, READY);
            store(2, QUEUED, 1);
            holders--; /* from here on it is hart 1's */
            store_release(2, LOCKP, LOCK_RQ1);
            unlock(2, LOCK_RQ1);
            unlock(2, l);
            woken = 1
        :: else -> thread_unlock(2)
        fi
    :: else -> break
    od;
    done2 = 1
}

proctype Takes() {
    byte l;
    /* thread_post() looks once at some time */
    if
    :: thread_lock(1);
       assert(load(1, STATE) != BLOCKED || load(1, LISTED));
       thread_unlock(1)
    :: true
    fi;
    do
    :: lock(1, LOCK_RQ1); /* B5: take_from() */
       if
       :: load(1, QUEUED) -> store(1, QUEUED, 0); store(1, STATE, RUNNING); unlock(1, LOCK_RQ1); break
       :: else -> unlock(1, LOCK_RQ1); memory[QUEUED] /* looks again when there is something */
       fi
    od;
    load(1, ON_CPU) == 0; /* B6: await_off_cpu() */
    assert(load(1, REGS) == 2);
    store(1, ON_CPU, 1);
    assert(load(1, STATE) == RUNNING)
}

init {
    byte i;
    atomic {
        for (i : 0 .. HARTS * VARS - 1) { buffer[i] = EMPTY };
        memory[LOCKP] = LOCK_RQ0;
        memory[ON_CPU] = 1;
        run Buffer(0); run Buffer(1); run Buffer(2);
        run Blocks(); run Wakes(); run Takes()
    }
}
#else
/* Hart 0 gives up its thread and takes the first of two that wait in its queue, or one is added while it runs (hart 2); hart 1 becomes idle. In the end
 * nobody waits in the queue while hart 1 sleeps. */

byte waiting; /* in hart 0's queue; guarded by its lock */
bit asleep1, over0, over2;

/* B7: sched_pick() and sched_share() on hart 0 */
proctype Busy() {
#if !defined(WAKER)
    store(0, CUR0, 0);
    fence(0);
    lock(0, LOCK_RQ); /* take_from() */
    waiting--;
    store(0, TOP0, (waiting -> 2 : 0));
    store(0, CUR0, 2);
    unlock(0, LOCK_RQ);
    if
    :: load(0, TOP0) != 0 ->
        fence(0); /* sched_share() */
        if
        :: load(0, CUR1) == 0 && load(0, TOP1) == 0 -> store_release(0, RESCHED1, 1)
        :: else
        fi
    :: else
    fi;
#endif
    over0 = 1
}

/* B4: make_ready() on hart 2, to hart 0 which runs something as important */
proctype Waker() {
#ifdef WAKER
    lock(2, LOCK_RQ);
    waiting++;
    store(2, TOP0, 2);
    unlock(2, LOCK_RQ);
    fence(2); /* make_ready() */
    if
    :: load(2, CUR1) == 0 && load(2, TOP1) == 0 -> store_release(2, RESCHED1, 1)
    :: else
    fi;
#endif
    over2 = 1
}

/* B8: sched_pick() on hart 1, whose thread has blocked, until it finds something or sleeps */
proctype Idle() {
    byte top;
    store(1, CUR1, 0);
    do
    :: fence(1); /* sched_pick() */
       top = load(1, TOP0);
       if
       :: top != 0 && load(1, CUR0) >= top -> /* busiest_elsewhere() */
           lock(1, LOCK_RQ);
           if
           :: waiting > 0 -> waiting--; store(1, TOP0, (waiting -> 2 : 0)); unlock(1, LOCK_RQ); break
           :: else -> unlock(1, LOCK_RQ)
           fi
       :: else
       fi;
       asleep1 = 1;
end:   load(1, RESCHED1) == 1; /* wfi */
       asleep1 = 0;
       store(1, RESCHED1, 0)
    od
}

proctype Judge() {
end:
    over0 && over2 && asleep1 && is_drained(0) && is_drained(1) && is_drained(2) && memory[RESCHED1] == 0;
    assert(waiting == 0)
}

init {
    byte i;
    atomic {
        for (i : 0 .. HARTS * VARS - 1) { buffer[i] = EMPTY };
        memory[CUR0] = 2;
        memory[CUR1] = 2;
#ifndef WAKER
        waiting = 2;
        memory[TOP0] = 2;
#endif
        run Buffer(0); run Buffer(1); run Buffer(2);
        run Busy(); run Waker(); run Idle(); run Judge()
    }
}
#endif
