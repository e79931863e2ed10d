/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest RISC-V library with a dynamic symbol. */
    .globl nothing
    .section .text
nothing:
    ret
    .section .debug_pretend
    .zero 4096
