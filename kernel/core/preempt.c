/* SPDX-License-Identifier: Apache-2.0 */
/* Giving way in the middle of long kernel work.
 *
 * A thread that gives way takes the kernel stack along that it works on, and its hart goes on with a spare one.  To the rest of the
 * kernel it is a READY thread with a continuation (come_back); the hart that dispatches it changes to its stack and gives its own
 * back to the spare ones: what it was doing there, looking for a thread to run, is done.  The thread may be on another hart then:
 * whoever calls preempt_point() reads this_hart() anew after it, and holds no lock.
 *
 * What such work may hold meanwhile: references, a client (msg.xfers; who wants the client blocks in client_begin()), a use of an
 * address space (aspace_hold(); the last one destroys it).  It must not hold anything for which somebody spins.
 */
#include "core/preempt.h"
#include "core/internal.h"
#include "object/process.h"

static void come_back(struct thread *t)
{
    struct hart *h = this_hart();
    uint64_t idle = h->kstack_top;
    h->kstack_top = t->kstack.top;
    t->kstack.top = idle;
    arch_stack_return(t->kstack.sp);
}

static __attribute__((noinline)) void give_way(struct thread *t)
{
    struct hart *h = this_hart();
    /* A reaper whose address space is gone already stays where it is: the quick ways of core/exit.c count on one. */
    uint64_t spare = t->proc->as ? arch_stack_take() : 0;
    if (spare == 0)
        return; /* no memory for one more: the work goes on, interrupts are looked at */
    kassert(!atomic_load_explicit(&t->kcont, memory_order_relaxed));
    t->kstack.top = h->kstack_top;
    h->kstack_top = spare;
    atomic_store_explicit(&t->kcont, come_back, memory_order_relaxed); /* published by let_go() */
    arch_stack_leave(&t->kstack.sp);
    arch_stack_give(t->kstack.top); /* of the hart that we are on now */
}

void preempt_point(void)
{
    struct hart *h = this_hart();
    if (h->in_interrupt)
        return;
    kassert(h->lock_depth == 0);
    arch_poll_interrupts();
    if (h->current && atomic_load_explicit(&h->resched, memory_order_relaxed) && !h->switch_out && sched_should_preempt(h))
        give_way(h->current);
}
