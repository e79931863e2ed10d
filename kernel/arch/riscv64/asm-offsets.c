/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled to assembly only; the build turns the marked lines into asm-offsets.h for entry.S. */
#include "core/hart.h"
#include "object/thread.h"

#define DEFINE(name, value) __asm__ volatile("\n@@" #name " %0" ::"i"(value))

void offsets(void);
void offsets(void)
{
    DEFINE(THREAD_X, offsetof(struct thread, regs.x));
    DEFINE(THREAD_PC, offsetof(struct thread, regs.pc));
    DEFINE(HART_CURRENT, offsetof(struct hart, current));
    DEFINE(HART_SCRATCH, offsetof(struct hart, scratch));
    DEFINE(HART_KSTACK, offsetof(struct hart, kstack_top));
    DEFINE(HART_ESTACK, offsetof(struct hart, estack_top));
    DEFINE(HART_FIXUP_PC, offsetof(struct hart, fixup_pc));
    DEFINE(HART_FIXUP_ADDR, offsetof(struct hart, fixup_addr));
    DEFINE(HART_SIZE, sizeof(struct hart));
    DEFINE(FP_FCSR, offsetof(struct fpregs, fcsr));
}
