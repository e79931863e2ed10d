/* SPDX-License-Identifier: Apache-2.0 */
/* Traps: what came from user mode is dispatched; what came from the kernel itself is a panic (entry.S has handled user copies). */
#include "arch/riscv64/riscv.h"
#include "core/panic.h"
#include "core/trace.h"
#include "mm/mm.h"
#include "object/thread.h"
#include "platform/plic.h"

#define CAUSE_INTERRUPT (1UL << 63)

/* Signals and codes as musl numbers them. */
#define SIGILL 4
#define SIGTRAP 5
#define SIGBUS 7
#define SIGSEGV 11
#define ILL_ILLOPC 1
#define TRAP_BRKPT 1
#define BUS_ADRALN 1
#define BUS_ADRERR 2
#define BUS_OBJERR 3
#define SEGV_MAPERR 1
#define SEGV_ACCERR 2

_Atomic bool riscv_stopping;

void riscv_user_trap(struct thread *t, uint64_t cause);
_Noreturn void riscv_kernel_trap(struct regs *r);

_Noreturn void riscv_park(void)
{
    csr_write("sie", 0);
    for (;;)
        __asm__ volatile("wfi");
}

static void handle_ipi(struct hart *h)
{
    csr_clear("sip", SIP_SSIP);
    atomic_thread_fence(memory_order_seq_cst); /* what the sender stored is seen from here on */
    if (atomic_load_explicit(&riscv_stopping, memory_order_relaxed))
        riscv_park();
    /* aspace_destroy() waits for harts that still have a dead root loaded; no thread of it can be running here. */
    if (h->aspace && atomic_load_explicit(&h->aspace->dying, memory_order_relaxed))
        arch_aspace_load(NULL);
    kernel_ipi();
}

static void handle_external(void)
{
    uint32_t vector;
    while ((vector = plic_claim()) != 0) {
        plic_mask(vector);
        kernel_external_interrupt(vector);
    }
}

void arch_poll_interrupts(void)
{
    uint64_t pending = csr_read("sip") & csr_read("sie");
    if (pending & SIP_SSIP)
        handle_ipi(this_hart());
    if (pending & SIP_STIP)
        kernel_timer_interrupt();
    if (pending & SIP_SEIP)
        handle_external();
}

void arch_idle_wait(void)
{
    /* Interrupts are off: one that comes between this check and wfi stays pending and ends the wfi. */
    if (atomic_load_explicit(&this_hart()->resched, memory_order_acquire) == 0)
        __asm__ volatile("wfi" ::: "memory");
    arch_poll_interrupts();
}

void arch_relax(void)
{
    __asm__ volatile(".insn i 0x0f, 0, x0, x0, 0x010" ::: "memory"); /* pause */
}

void arch_kick(struct hart *h)
{
    atomic_thread_fence(memory_order_seq_cst);
    sbi_send_ipi(h->hartid);
}

static void page_fault(struct thread *t, uint64_t va, bool write, bool exec)
{
    struct aspace *as = this_hart()->aspace;
    if (trace_on(this_hart()))
        trace_event(_NTO_TRACE_SYSTEM, _NTO_TRACE_SYS_PAGEWAIT, va, (uint64_t)(write | exec << 1));
    int err = aspace_fault(as, va, write, exec);
    if (err == 0)
        return;
    if (err == -ENOMEM)
        kernel_fault(t, SIGBUS, BUS_ADRERR, va);
    else
        kernel_fault(t, SIGSEGV, aspace_is_mapped(as, va) ? SEGV_ACCERR : SEGV_MAPERR, va);
}

/* Everything but a kernel call, which entry.S hands to kernel_call() itself. */
void riscv_user_trap(struct thread *t, uint64_t cause)
{
    t->call_done = true;
    if (cause & CAUSE_INTERRUPT) {
        arch_poll_interrupts();
        return;
    }
    uint64_t addr = csr_read("stval");
    switch (cause) {
    case 12:
        page_fault(t, addr, false, true);
        break;
    case 13:
        page_fault(t, addr, false, false);
        break;
    case 15:
        page_fault(t, addr, true, false);
        break;
    case 2:
        if (!riscv_fp_first_use(t))
            kernel_fault(t, SIGILL, ILL_ILLOPC, t->regs.pc);
        break;
    case 3:
        kernel_fault(t, SIGTRAP, TRAP_BRKPT, t->regs.pc);
        break;
    case 0:
    case 4:
    case 6:
        kernel_fault(t, SIGBUS, BUS_ADRALN, addr);
        break;
    case 1:
    case 5:
    case 7:
        kernel_fault(t, SIGBUS, BUS_OBJERR, addr);
        break;
    default:
        panic("trap with unknown cause %lu at pc 0x%lx", cause, t->regs.pc);
    }
}

static const char *cause_name(uint64_t cause)
{
    static const char *const names[] = {
        "instruction misaligned", "instruction access fault", "illegal instruction", "breakpoint", "load misaligned",
        "load access fault", "store misaligned", "store access fault", "ecall from user", "ecall from kernel", "?", "?",
        "instruction page fault", "load page fault", "?", "store page fault",
    };
    return cause < ARRAY_SIZE(names) ? names[cause] : "interrupt";
}

_Noreturn void riscv_kernel_trap(struct regs *r)
{
    uint64_t cause = csr_read("scause"), addr = csr_read("stval");
    struct hart *h = this_hart();
    uint64_t guard = h->kstack_top - KSTACK_SIZE;
    panic_with_regs(r, "%s in the kernel at 0x%lx, address 0x%lx%s", cause_name(cause), r->pc, addr,
                    addr < guard && addr >= guard - PAGE_SIZE ? " (kernel stack overflow)" : "");
}
