/* SPDX-License-Identifier: Apache-2.0 */
/* What the architecture provides to the rest of the kernel.  Implemented in kernel/arch/riscv64 and, for the tests on the build
 * machine, kernel/arch/host; what has to be inline is in their machine.h. */
#pragma once
#include "core/types.h"

struct thread;
struct hart;
struct aspace;

/* User registers of a thread, saved by the trap entry.  Layout is known to entry.S through generated offsets. */
struct regs {
    uint64_t x[32]; /* x[0] unused */
    uint64_t pc;
};
#define REG_RA 1
#define REG_SP 2
#define REG_TP 4
#define REG_A0 10
#define REG_A1 11
#define REG_A2 12
#define REG_A7 17

struct fpregs {
    uint64_t f[32];
    uint32_t fcsr;
    uint16_t valid; /* 0: never used: registers read as zero */
    uint16_t eager; /* used when it last ran: load them before it runs again */
};

nsec_t arch_now(void);            /* monotonic nanoseconds since boot; one rdtime */
void arch_timer_set(nsec_t when); /* one-shot interrupt of this hart; (nsec_t)-1 disarms */
void arch_kick(struct hart *h);   /* IPI: makes h run sched_check soon.  Store h->resched before. */
void arch_relax(void);            /* inside spin loops */
void arch_icache_sync_all(void);  /* stores done -> every hart fetches them (local + remote fence.i) */

/* Switches satp to as (NULL: kernel only) unless it is loaded already. */
void arch_aspace_load(struct aspace *as);

/* Mappings of as in [va, va + bytes) were narrowed or changed: every hart that has it loaded forgets them.  May be called with
 * as->lock held. */
void arch_tlb_flush(struct aspace *as, uint64_t va, uint64_t bytes);
/* This hart may have cached that the page was absent or read-only. */
void arch_tlb_flush_local(uint64_t va);
/* Returns when no hart has as loaded (as->dying is set: none will load it again). */
void arch_aspace_evict(struct aspace *as);
paddr_t arch_kernel_root(void); /* page table whose upper half every process shares */

/* Copies between the kernel and the loaded address space: 0, or 1 at the first fault, with hart->fixup_addr set. */
int arch_user_read(void *dst, uint64_t src, size_t bytes);
int arch_user_write(uint64_t dst, const void *src, size_t bytes);

/* FP context of the thread that runs on this hart.  arch_fp_save: t->fp is current in memory, the thread may run elsewhere; also
 * to be called before t->fp is read or written (signal frames).  arch_fp_load: after a switch, before user mode. */
void arch_fp_save(struct thread *t);
void arch_fp_load(struct thread *t);

/* Waits for an interrupt with interrupts off, then handles what is pending. */
void arch_idle_wait(void);
/* Handles pending timer/IPI/external interrupts now (used at preemption points of long work). */
void arch_poll_interrupts(void);

/* Kernel stacks (core/preempt.c).  Spare ones: by their top, 0 when there is none. */
uint64_t arch_stack_take(void);
void arch_stack_give(uint64_t top);
uint64_t arch_stack_pages(void); /* frames of all spare stacks made so far, in use or not */
/* The caller's state goes to the stack and where it is to *sp; the hart goes on in kernel_exit() on the stack of hart->kstack_top.
 * Returns when some hart passes that to arch_stack_return(), whose own stack is then nobody's. */
void arch_stack_leave(uint64_t *sp);
_Noreturn void arch_stack_return(uint64_t sp);

_Noreturn void arch_reboot(int how, int code); /* TM_REBOOT_* */
_Noreturn void arch_panic_stop(int code);      /* ends an emulator with code, stops a board */

/* Up-calls the architecture makes; the only ones. */
/* ecall: arguments and number are in t->arg and t->call, pc is already advanced.  KC_BLOCKED: somebody else writes the result register;
 * of the user's registers, those that a function may change need not be kept, and are not to be seen from outside (abi/kercall.h). */
int64_t kernel_call(struct thread *t, uint64_t number);
void kernel_fault(struct thread *t, int signo, int code, uint64_t addr); /* user exception -> signal */
void kernel_timer_interrupt(void);
void kernel_ipi(void);
void kernel_external_interrupt(uint32_t vector); /* claimed and already masked at the PLIC; completes itself */
/* Called last on every way back to user mode, on the hart's kernel stack: decides which thread runs, runs continuations and
 * pending work, loads its address space and FP state, returns the thread whose t->regs are to be restored. */
struct thread *kernel_exit(void);
/* The same after a handler returned KC_SWITCHED; old: whom the hart left for that, its registers now saved. */
struct thread *kernel_exit_switched(struct thread *old);
