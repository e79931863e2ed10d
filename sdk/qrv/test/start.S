/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest RISC-V program with a symbol table: what the ELF tests work on. */
    .globl _start
    .section .text
_start:
    j _start
    .section .data
value:
    .dword 1, 2, 3, 4
    .section .debug_pretend
    .zero 4096
