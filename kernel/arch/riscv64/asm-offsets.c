/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled to assembly only; the build turns the marked lines into asm-offsets.h for entry.S. */
#include <abi/tm.h>
#include "core/hart.h"
#include "object/thread.h"

#define DEFINE(name, value) __asm__ volatile("\n@@" #name " %0" ::"i"(value))

void offsets(void);
void offsets(void)
{
    DEFINE(THREAD_X, offsetof(struct thread, regs.x));
    DEFINE(THREAD_PC, offsetof(struct thread, regs.pc));
    DEFINE(THREAD_ARG, offsetof(struct thread, arg));
    DEFINE(THREAD_CALL, offsetof(struct thread, call));
    DEFINE(THREAD_CALL_DONE, offsetof(struct thread, call_done));
    DEFINE(FIRST_TASKMAN_CALL, TM_PROC_CREATE);
    DEFINE(THREAD_FLAGS, offsetof(struct thread, flags));
    DEFINE(THREAD_ON_EXIT, TF_ON_EXIT);
    DEFINE(CALL_SWITCHED, KC_SWITCHED);
    _Static_assert(KC_BLOCKED < KC_SWITCHED, "entry.S takes both for what is not above");
    DEFINE(HART_LEFT, offsetof(struct hart, left));
    _Static_assert(offsetof(struct hart, switch_out) == offsetof(struct hart, resched) + 4 && offsetof(struct hart, resched) % 8 == 0,
                   "entry.S loads both at once");
    DEFINE(HART_RESCHED, offsetof(struct hart, resched));
    DEFINE(HART_CURRENT, offsetof(struct hart, current));
    DEFINE(HART_SCRATCH, offsetof(struct hart, scratch));
    DEFINE(HART_KSTACK, offsetof(struct hart, kstack_top));
    DEFINE(HART_ESTACK, offsetof(struct hart, estack_top));
    DEFINE(HART_FIXUP_PC, offsetof(struct hart, fixup_pc));
    DEFINE(HART_FIXUP_ADDR, offsetof(struct hart, fixup_addr));
    DEFINE(HART_SIZE, sizeof(struct hart));
    DEFINE(FP_FCSR, offsetof(struct fpregs, fcsr));
}
