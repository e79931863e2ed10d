/* SPDX-License-Identifier: Apache-2.0 */
/* Where an instruction leads, because RISC-V has no single step below machine mode.  Pure: the code is read through a function, and is
 * whatever a process has there (tests/fuzz/fuzz_step.c).
 * Followed: "The RISC-V Instruction Set Manual, Volume I", RV64IMAFDC. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STEP_SEQUENCE_MAX 16 /* instructions between LR and SC that the architecture promises progress for */
#define STEP_NEXT_MAX (STEP_SEQUENCE_MAX + 1)
#define STEP_RANGE_MAX 4096 /* bytes of code for a line */

enum step_kind {
    STEP_PLAIN,
    STEP_CALL, /* ecall: may wait for another thread */
    STEP_TRAP, /* ebreak: traps by itself */
    STEP_SELF, /* a jump to itself: no breakpoint can end it */
};

struct step {
    enum step_kind kind;
    unsigned link;                /* STEP_SELF: the register that it sets, 0 none */
    uint64_t after;               /* to this, the address behind the instruction */
    uint64_t next[STEP_NEXT_MAX]; /* one of these is executed next */
    unsigned count;
};

struct step_code {
    bool (*read)(const void *context, uint64_t addr, uint16_t *half);
    const void *context;
};

/* x: the registers, x[0] is not looked at.  Without are_known they may be changed before the instruction is executed, so branches are
 * taken to go both ways.  From LR to its SC is one step, because a trap in between would make SC fail for ever.  false: no code
 * can be read at pc. */
bool step_decode(const struct step_code *code, uint64_t pc, const uint64_t x[32], bool are_known, struct step *out);

/* All the places where the straight code from..to is left, or where it can only be told then: calls and jumps through registers, which
 * are places themselves.  false: pc is at one of these, or there are too many; go step by step. */
bool step_range(const struct step_code *code, uint64_t from, uint64_t to, uint64_t pc, struct step *out);
