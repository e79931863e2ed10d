/* SPDX-License-Identifier: Apache-2.0 */
/* A broken kernel says what it knows and stops.  Any context, no locks.  The first hart that panics prints; the others park at
 * their next interrupt.  The report is a list of parts, the surest first: one that makes the kernel trap again is given up, and the
 * next one follows (riscv_kernel_trap() comes back here, on a fresh stack). */
#include <stdarg.h>
#include <abi/tm.h>
#include "arch/riscv64/riscv.h"
#include "core/panic.h"
#include "core/symbols.h"
#include "core/trace.h"
#include "lib/format.h"
#include "object/process.h"

#define BACKTRACE_MAX 24
#define EXIT_CODE 70 /* of an emulator that can have one */

static _Atomic uint32_t first; /* hart + 1 */
static struct regs regs;       /* when it broke; of the hart in first, as all below */
static char message[300];
static uint32_t part; /* of the report: the next one */

static bool is_code(uint64_t a)
{
    return a >= (uint64_t)_start && a < (uint64_t)__rodata_start;
}

#if QRV_LOCK_DEBUG
/* Frames as -fno-omit-frame-pointer lays them out: return address at fp - 8, caller's fp at fp - 16. */
static uint32_t callers(uint64_t *out, uint32_t n)
{
    const struct hart *h = this_hart();
    uint64_t fp = regs.x[8];
    while (n < BACKTRACE_MAX && (fp & 7) == 0 && fp >= h->kstack_top - KSTACK_SIZE + 16 && fp <= h->estack_top) {
        uint64_t ra = *(const uint64_t *)(fp - 8), next = *(const uint64_t *)(fp - 16);
        if (!is_code(ra))
            break;
        out[n++] = ra;
        if (next <= fp)
            break;
        fp = next;
    }
    return n;
}
#else
/* Does the code before a return address end in a call (jal ra, jalr ra, c.jalr)? */
static bool follows_call(uint64_t ra)
{
    if (!is_code(ra - 4) || (ra & 1))
        return false;
    uint16_t low = *(const uint16_t *)(ra - 4), high = *(const uint16_t *)(ra - 2);
    return (low & 0xfff) == 0x0ef || (low & 0x7fff) == 0x0e7 || ((high & 0xf07f) == 0x9002 && (high & 0x0f80) != 0);
}

/* No frames: where the innermost function was called from, if that is still in its register, and everything on the stack that may
 * be a return address, stale ones too. */
static uint32_t callers(uint64_t *out, uint32_t n)
{
    const struct hart *h = this_hart();
    uint64_t low = h->kstack_top - KSTACK_SIZE, end = regs.x[2] <= h->kstack_top ? h->kstack_top : h->estack_top;
    if (follows_call(regs.x[1]))
        out[n++] = regs.x[1];
    for (uint64_t sp = regs.x[2] & ~7UL; n < BACKTRACE_MAX && sp >= low && sp < end; sp += 8)
        if (is_code(*(const uint64_t *)sp) && follows_call(*(const uint64_t *)sp))
            out[n++] = *(const uint64_t *)sp;
    return n;
}
#endif

static void print_backtrace(void)
{
    uint64_t at[BACKTRACE_MAX] = { regs.pc };
    uint32_t n = callers(at, 1);
    kprintf("backtrace:"); /* the harness names lines by it */
    for (uint32_t i = 0; i < n; i++)
        kprintf(" 0x%lx", at[i]);
    kprintf("\n");
    for (uint32_t i = 0; i < n; i++) {
        uint64_t offset;
        const char *name = symbol_find(i ? at[i] - 1 : at[i], &offset); /* a call may be a function's last instruction */
        kprintf("    %s+0x%lx\n", name ? name : "?", name ? offset + (i ? 1 : 0) : at[i]);
    }
}

static void print_registers(void)
{
    static const char *const names[32] = {
        "-",  "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
        "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
    };
    kprintf("pc  %016lx", regs.pc);
    for (int i = 1; i < 32; i++)
        kprintf("%s%-3s %016lx", i % 4 == 0 ? "\n" : "  ", names[i], regs.x[i]);
    kprintf("\n");
}

/* Which hart holds what; only kernels that check the order of locks keep the lists. */
static void print_locks(void)
{
    for (uint32_t i = 0; i < num_harts; i++)
        for (uint32_t k = 0; k < harts[i].lock_depth && k < ARRAY_SIZE(harts[i].locks); k++)
            kprintf("hart %u holds lock %s %p\n", harts[i].hartid, lock_rank_name(harts[i].locks[k]->rank),
                    (const void *)harts[i].locks[k]);
}

static void print_threads(void)
{
    for (uint32_t i = 0; i < num_harts; i++) {
        const struct thread *t = harts[i].current;
        if (t && t->proc)
            kprintf("hart %u: thread %d.%d (%s), user pc 0x%lx, last call %lu\n", harts[i].hartid, t->proc->pid, t->tid,
                    t->proc->name, t->regs.pc, t->call);
        else
            kprintf("hart %u: no thread\n", harts[i].hartid);
    }
}

static void print_message(void)
{
    kprintf("\nKERNEL PANIC on hart %u: %s\n", this_hart()->hartid, message);
}

static void (*const parts[])(void) = {
    print_message, print_registers, print_backtrace, print_locks, print_threads, trace_panic_report,
};

static void stop_others(const struct hart *h)
{
    atomic_store(&riscv_stopping, true);
    for (uint32_t i = 0; i < num_harts; i++)
        if (&harts[i] != h)
            arch_kick(&harts[i]);
}

/* r and text: what happened, for the first time or while it was reported. */
static _Noreturn void stop(const struct regs *r, const char *fmt, va_list ap)
{
    struct hart *h = this_hart();
    uint32_t none = 0;
    if (atomic_compare_exchange_strong(&first, &none, h->index + 1)) {
        h->in_panic = true;
        regs = *r;
        format_v(message, sizeof(message), fmt, ap);
        stop_others(h);
    } else if (none != h->index + 1) {
        riscv_park(); /* another hart is telling its story */
    } else if (part > ARRAY_SIZE(parts)) {
        riscv_park(); /* not even stopping works */
    } else {
        kprintf("panic in panic: pc 0x%lx\n", r->pc);
    }
    while (part < ARRAY_SIZE(parts))
        parts[part++]();
    part++;
    arch_panic_stop(EXIT_CODE);
}

/* Registers as they are here; what the compiler has changed since the caller's statement is not the caller's any more. */
static inline void regs_here(struct regs *r)
{
    __asm__ volatile("sd x1, 8*1(%0)\n sd x2, 8*2(%0)\n sd x3, 8*3(%0)\n sd x4, 8*4(%0)\n sd x5, 8*5(%0)\n sd x6, 8*6(%0)\n"
                     "sd x7, 8*7(%0)\n sd x8, 8*8(%0)\n sd x9, 8*9(%0)\n sd x10, 8*10(%0)\n sd x11, 8*11(%0)\n sd x12, 8*12(%0)\n"
                     "sd x13, 8*13(%0)\n sd x14, 8*14(%0)\n sd x15, 8*15(%0)\n sd x16, 8*16(%0)\n sd x17, 8*17(%0)\n"
                     "sd x18, 8*18(%0)\n sd x19, 8*19(%0)\n sd x20, 8*20(%0)\n sd x21, 8*21(%0)\n sd x22, 8*22(%0)\n"
                     "sd x23, 8*23(%0)\n sd x24, 8*24(%0)\n sd x25, 8*25(%0)\n sd x26, 8*26(%0)\n sd x27, 8*27(%0)\n"
                     "sd x28, 8*28(%0)\n sd x29, 8*29(%0)\n sd x30, 8*30(%0)\n sd x31, 8*31(%0)\n"
                     "auipc t0, 0\n sd t0, 8*32(%0)\n"
                     :
                     : "r"(r)
                     : "t0", "memory");
}

_Noreturn void panic(const char *fmt, ...)
{
    struct regs r;
    va_list ap;
    regs_here(&r);
    va_start(ap, fmt);
    stop(&r, fmt, ap);
}

_Noreturn void panic_with_regs(const struct regs *r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    stop(r, fmt, ap);
}
