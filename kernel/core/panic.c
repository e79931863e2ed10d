/* SPDX-License-Identifier: Apache-2.0 */
/* A broken kernel says what it knows and stops.  Any context, no locks.  The first hart that panics prints; the others park at
 * their next interrupt.  Addresses can be symbolised with addr2line -e kernel.elf. */
#include <stdarg.h>
#include <abi/tm.h>
#include "arch/riscv64/riscv.h"
#include "core/panic.h"
#include "lib/format.h"
#include "object/process.h"

#define BACKTRACE_MAX 24
#define EXIT_CODE 70 /* of an emulator that can have one */

static _Atomic uint32_t first; /* hart + 1 */

static bool is_code(uint64_t a)
{
    return a >= (uint64_t)_start && a < (uint64_t)__rodata_start;
}

static void backtrace(uint64_t pc, uint64_t fp, uint64_t sp)
{
    const struct hart *h = this_hart();
    uint64_t low = h->kstack_top - KSTACK_SIZE, top = h->estack_top;
    kprintf("backtrace:");
    if (pc != 0)
        kprintf(" 0x%lx", pc);
#if QRV_LOCK_DEBUG
    /* Frames as -fno-omit-frame-pointer lays them out: return address at fp - 8, caller's fp at fp - 16. */
    (void)sp;
    for (int i = 0; i < BACKTRACE_MAX && (fp & 7) == 0 && fp >= low + 16 && fp <= top; i++) {
        uint64_t ra = *(const uint64_t *)(fp - 8), next = *(const uint64_t *)(fp - 16);
        if (!is_code(ra))
            break;
        kprintf(" 0x%lx", ra);
        if (next <= fp)
            break;
        fp = next;
    }
#else
    /* No frames: everything on the stack that may be a return address, stale ones too. */
    (void)fp;
    uint64_t end = sp < h->kstack_top ? h->kstack_top : top;
    int n = 0;
    for (sp &= ~7UL; n < BACKTRACE_MAX && sp >= low && sp < end; sp += 8) {
        if (is_code(*(const uint64_t *)sp)) {
            kprintf(" 0x%lx?", *(const uint64_t *)sp);
            n++;
        }
    }
#endif
    kprintf("\n");
}

static void print_regs(const struct regs *r)
{
    static const char *const names[32] = {
        "-",  "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
        "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
    };
    kprintf("pc  %016lx", r->pc);
    for (int i = 1; i < 32; i++)
        kprintf("%s%-3s %016lx", i % 4 == 0 ? "\n" : "  ", names[i], r->x[i]);
    kprintf("\n");
}

static _Noreturn void stop(const struct regs *r, uint64_t pc, uint64_t fp, uint64_t sp, const char *text)
{
    struct hart *h = this_hart();
    bool again = h->in_panic;
    h->in_panic = true;
    uint32_t none = 0;
    if (!atomic_compare_exchange_strong(&first, &none, h->index + 1) && none != h->index + 1)
        riscv_park(); /* another hart is telling its story */
    if (again) {
        kprintf("panic in panic: %s\n", text);
        riscv_park();
    }
    atomic_store(&riscv_stopping, true);
    for (uint32_t i = 0; i < num_harts; i++)
        if (&harts[i] != h)
            arch_kick(&harts[i]);
    kprintf("\nKERNEL PANIC on hart %u: %s\n", h->hartid, text);
    if (r)
        print_regs(r);
    struct thread *t = h->current;
    if (t && t->proc)
        kprintf("current thread: %d.%d (%s), user pc 0x%lx, last call %u\n", t->proc->pid, t->tid, t->proc->name,
                t->regs.pc, (uint32_t)t->call);
    else
        kprintf("no current thread\n");
    for (uint32_t i = 0; i < h->lock_depth && i < ARRAY_SIZE(h->locks); i++)
        kprintf("lock held: %p rank %u\n", (const void *)h->locks[i], h->locks[i]->rank);
    backtrace(pc, fp, sp);
    arch_panic_stop(EXIT_CODE);
}

_Noreturn void panic(const char *fmt, ...)
{
    char text[300];
    va_list ap;
    va_start(ap, fmt);
    format_v(text, sizeof(text), fmt, ap);
    va_end(ap);
    stop(NULL, 0, (uint64_t)__builtin_frame_address(0), (uint64_t)text, text);
}

_Noreturn void panic_with_regs(const struct regs *r, const char *fmt, ...)
{
    char text[300];
    va_list ap;
    va_start(ap, fmt);
    format_v(text, sizeof(text), fmt, ap);
    va_end(ap);
    stop(r, r->pc, r->x[8], r->x[REG_SP], text);
}
