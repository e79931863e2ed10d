/* SPDX-License-Identifier: Apache-2.0 */
/* First instructions of a thread: a0 its record, a1 the creator's gp.  Statically linked code addresses its data
 * relative to gp, which the kernel knows nothing of. */
    .text
    .globl __qrv_thread_entry
    .hidden __qrv_thread_entry
    .type __qrv_thread_entry, @function
__qrv_thread_entry:
    .option push
    .option norelax
    mv gp, a1
    .option pop
    mv s0, zero
    tail __qrv_thread_begin
    .size __qrv_thread_entry, . - __qrv_thread_entry
    .section .note.GNU-stack,"",@progbits
