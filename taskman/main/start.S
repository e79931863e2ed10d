# SPDX-License-Identifier: Apache-2.0
# Entry of taskman: a0 = initrd, a1 = its bytes, sp = top of the stack.  Threads of the pool start at
# pool_entry with a0 = their struct self; tp names it for the rest of their lives.
    .section .text.start, "ax"
    .globl _start
_start:
    .option push
    .option norelax
    la      gp, __global_pointer$
    .option pop
    la      tp, main_self
    mv      s0, zero
    mv      ra, zero
    tail    taskman_main

    .globl pool_entry
pool_entry:
    .option push
    .option norelax
    la      gp, __global_pointer$
    .option pop
    mv      tp, a0
    mv      s0, zero
    mv      ra, zero
    tail    pool_loop

# The program loader, mapped into every new process (memory/loadmap.c).
    .section .rodata.loader, "a"
    .balign 4096
    .globl loader_image
loader_image:
    .incbin LOADER_BIN
    .globl loader_image_end
loader_image_end:
