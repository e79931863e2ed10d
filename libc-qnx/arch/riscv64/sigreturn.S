/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a signal handler returns to: sp points at struct _kc_sigframe again (abi/signal.h; libc-qnx/check
 * asserts the offsets below). The call frame information says where the interrupted registers are, so
 * debuggers and C++ exceptions get from a handler to the code that it interrupted. They look up the
 * instruction before a return address: hence the nop, which nobody executes.
 */
#include <abi/kercall.h>

#define GREGS 304 /* pc, x1..x31 */
#define FREGS 560 /* f0..f31 */

/* Column n was saved at sp + offset: DW_CFA_expression with DW_OP_breg2. */
.macro saved column, offset
    .cfi_escape 0x10, \column, 3, 0x72, ((\offset) & 0x7f) | 0x80, (\offset) >> 7
.endm

    .text
    .globl __restore_rt
    .globl __restore
    .hidden __restore_rt
    .hidden __restore
    .type __restore_rt, @function
    .type __restore, @function
    .cfi_startproc
    .cfi_signal_frame
    .cfi_return_column 64
    /* The frame of the interrupted code is where its x2 says: DW_CFA_def_cfa_expression with a deref. */
    .cfi_escape 0x0f, 4, 0x72, ((GREGS + 2 * 8) & 0x7f) | 0x80, (GREGS + 2 * 8) >> 7, 0x06
    saved 64, GREGS
    .irp n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, \
            28, 29, 30, 31
    saved \n, GREGS + \n * 8
    .endr
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, \
            26, 27, 28, 29, 30, 31
    saved 32 + \n, FREGS + \n * 8
    .endr
    nop
__restore_rt:
__restore:
    mv a0, sp
    li a7, KC_SIGNAL_RETURN
    ecall
    .cfi_endproc
    .size __restore_rt, . - __restore_rt
    .section .note.GNU-stack,"",@progbits
