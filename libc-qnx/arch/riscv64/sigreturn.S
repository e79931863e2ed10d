/* SPDX-License-Identifier: Apache-2.0 */
/* Where a signal handler returns to: sp points at struct _kc_sigframe again. */
#include <abi/kercall.h>
    .text
    .globl __restore_rt
    .globl __restore
    .hidden __restore_rt
    .hidden __restore
    .type __restore_rt, @function
    .type __restore, @function
__restore_rt:
__restore:
    mv a0, sp
    li a7, KC_SIGNAL_RETURN
    ecall
    .size __restore_rt, . - __restore_rt
    .section .note.GNU-stack,"",@progbits
