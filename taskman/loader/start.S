# SPDX-License-Identifier: Apache-2.0
# Entry of a new process: a0 = bytes of the spawn request, sp below the area of the final stack.
    .section .text.start, "ax"
    .globl _start
_start:
    .option push
    .option norelax
    la      gp, __global_pointer$
    .option pop
    mv      s0, zero
    mv      ra, zero
    mv      tp, zero
    tail    loader_main

# loader_enter(sp, entry): leaves no trace of the loader in the registers.
    .globl loader_enter
loader_enter:
    mv      sp, a0
    mv      t0, a1
    li      a0, 0
    li      a1, 0
    li      a2, 0
    li      a3, 0
    li      a4, 0
    li      a5, 0
    li      a6, 0
    li      a7, 0
    li      t1, 0
    li      t2, 0
    li      t3, 0
    li      t4, 0
    li      t5, 0
    li      t6, 0
    li      s1, 0
    li      s2, 0
    li      s3, 0
    li      s4, 0
    li      s5, 0
    li      s6, 0
    li      s7, 0
    li      s8, 0
    li      s9, 0
    li      s10, 0
    li      s11, 0
    li      gp, 0
    jr      t0
