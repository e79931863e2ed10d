/* SPDX-License-Identifier: Apache-2.0 */
/* What a hart does: traps in, kernel_exit() out, interrupts polled; time. */
#include <abi/kercall.h>
#include "core/lock.h"
#include "core/sched.h"
#include "host.h"
#include "mm/mm.h"
#include "object/process.h"

#define SIGSEGV_NUMBER 11
#define SEGV_MAPERR 1

__thread struct hart *host_hart;

__attribute__((no_sanitize("thread"))) void host_hart_is(unsigned index)
{
    host_hart = &harts[index];
}

/* ---- the way round */

/* As entry.S has it.  The thread that goes back to user mode: t if it goes straight back; NULL: kernel_exit() knows. */
static struct thread *call(struct thread *t, struct co *c)
{
    t->regs.pc += 4;
    for (int i = 0; i < 6; i++)
        t->arg[i] = t->regs.x[REG_A0 + i];
    t->call = t->regs.x[REG_A7];
    if (t->call == KC_THREAD_EXIT)
        host_thread_over(c);
    int64_t r = kernel_call(t, t->call);
    struct hart *h = this_hart(); /* not before: the call may have given way */
    if (r == KC_SWITCHED)
        return kernel_exit_switched(h->left);
    if (r == KC_BLOCKED)
        return NULL;
    t->regs.x[REG_A0] = (uint64_t)r;
    bool straight = !h->switch_out && !atomic_load_explicit(&h->resched, memory_order_relaxed) &&
                    !(atomic_load_explicit(&t->flags, memory_order_relaxed) & TF_ON_EXIT);
    return straight ? t : NULL;
}

static struct thread *trap(struct thread *t, struct co *c)
{
    switch (c->cause) {
    case HOST_CALL:
        return call(t, c);
    case HOST_INTERRUPT:
        arch_poll_interrupts();
        break;
    case HOST_FAULT:
        if (aspace_fault(this_hart()->aspace, c->fault_va, c->fault_write, false) != 0)
            kernel_fault(t, SIGSEGV_NUMBER, SEGV_MAPERR, c->fault_va);
        break;
    }
    return NULL;
}

static _Noreturn void host_loop(void)
{
    struct thread *t = NULL;
    for (;;) {
        if (!t)
            t = kernel_exit();
        struct co *c = (struct co *)t->regs.x[REG_TP];
        kassert(c != NULL && this_hart()->lock_depth == 0 && this_hart()->aspace == t->proc->as);
        struct regs r = t->regs;
        host_regs_set(c, &r);
        sim_enter(c->context);
        kassert(this_hart()->current == t);
        host_regs_get(c, &r);
        t->regs = r;
        t = trap(t, c);
    }
}

void host_hart_main(unsigned index)
{
    (void)index;
    this_hart()->kstack_top = (uint64_t)(uintptr_t)sim_stack();
    sched_start_hart();
    host_loop();
}

/* ---- kernel stacks: their top is their number, where one has been left is known to sim.c */

#define SPARES_MAX 1024

static struct spinlock spares_lock = SPINLOCK_INIT(RANK_HEAP);
static struct context *spares[SPARES_MAX];
static unsigned num_spares;

uint64_t arch_stack_take(void)
{
    spin_lock(&spares_lock);
    struct context *c = num_spares > 0 ? spares[--num_spares] : sim_stack_new();
    spin_unlock(&spares_lock);
    return (uint64_t)(uintptr_t)c;
}

void arch_stack_give(uint64_t top)
{
    spin_lock(&spares_lock);
    kassert(num_spares < SPARES_MAX);
    spares[num_spares++] = (struct context *)(uintptr_t)top;
    spin_unlock(&spares_lock);
}

uint64_t arch_stack_pages(void)
{
    return 0; /* they are the build machine's memory */
}

void arch_stack_leave(uint64_t *sp)
{
    *sp = (uint64_t)(uintptr_t)sim_stack();
    sim_stack_leave((struct context *)(uintptr_t)this_hart()->kstack_top, host_loop);
}

void arch_stack_return(uint64_t sp)
{
    sim_stack_return((struct context *)(uintptr_t)sp);
}

/* ---- interrupts */

static void handle_ipi(struct hart *h)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (h->aspace && atomic_load_explicit(&h->aspace->dying, memory_order_relaxed))
        arch_aspace_load(NULL);
    kernel_ipi();
}

void arch_poll_interrupts(void)
{
    host_point();
    kassert(this_hart()->lock_depth == 0);
    if (sim_take_ipi())
        handle_ipi(this_hart());
    if (sim_timer_due())
        kernel_timer_interrupt();
    if (sim_external())
        host_external_interrupts();
}

void arch_idle_wait(void)
{
    if (atomic_load_explicit(&this_hart()->resched, memory_order_acquire) == 0)
        sim_idle();
    arch_poll_interrupts();
}

void arch_relax(void)
{
    sim_relax();
}

void arch_kick(struct hart *h)
{
    sim_kick(h->index);
}

/* ---- time */

nsec_t arch_now(void)
{
    return sim_now();
}

void arch_timer_set(nsec_t when)
{
    sim_timer_set(when);
}

/* ---- floating point: user programs here have none */

void arch_fp_save(struct thread *t)
{
    (void)t;
}

void arch_fp_load(struct thread *t)
{
    (void)t;
}
