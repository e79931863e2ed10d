/* SPDX-License-Identifier: Apache-2.0 */
/* Image header, start of the boot hart and of the others, trap entry and exit, user copies, FP registers.
 *
 * In the kernel tp points at this hart's struct hart and sscratch is 0; in user mode sscratch points at it.  A trap that finds
 * sscratch 0 came from the kernel itself.
 */
#include "arch/riscv64/layout.h"
#include "asm-offsets.h"

#define SSTATUS_SUM 0x40000
#define CAUSE_USER_ECALL 8

    .section .head, "ax"
    .globl _start
    .option push
    .option norvc
_start0:
    j boot                  /* code0 */
    nop                     /* code1 */
    .quad 0x200000          /* text_offset from the start of RAM */
    .quad __image_size      /* with bss */
    .quad 0                 /* flags: little endian */
    .word 2                 /* header version 0.2 */
    .word 0
    .quad 0
    .ascii "RISCV\0\0\0"
    .ascii "RSC\x05"
    .word 0
    .option pop

/* Switches translation on: the fetch after the write to satp faults, and the trap goes to the virtual address of 2.
 * In: \satp value, \off = virtual - physical. */
    .macro translation_on satp, off, tmp
    lla \tmp, 2f
    add \tmp, \tmp, \off
    csrw stvec, \tmp
    sfence.vma
    csrw satp, \satp
    .balign 4
2:  lla \tmp, riscv_trap_entry
    csrw stvec, \tmp
    csrw sscratch, zero
    .endm

boot:
    csrw sie, zero
    mv s0, a0               /* hartid */
    mv s1, a1               /* device tree, physical */
    lla t0, __bss_start
    lla t1, __stacks_start  /* stacks may begin as they are */
1:  sd zero, 0(t0)          /* a multiple of 64 bytes (kernel.lds) */
    sd zero, 8(t0)
    sd zero, 16(t0)
    sd zero, 24(t0)
    sd zero, 32(t0)
    sd zero, 40(t0)
    sd zero, 48(t0)
    sd zero, 56(t0)
    addi t0, t0, 64
    bltu t0, t1, 1b
    lla sp, __stacks_start
    li t0, 4096 + KSTACK_SIZE
    add sp, sp, t0
    lla s2, _start0         /* physical load address */
    mv a0, s2
    mv a1, s1
    call riscv_early_map
    li s3, KERNEL_BASE
    sub s3, s3, s2
    add sp, sp, s3
    translation_on a0, s3, t0
    lla tp, harts
    lla t0, riscv_image_pa
    sd s2, 0(t0)
    mv a0, s0
    mv a1, s1
    li s0, 0                /* end of the frame chain */
    call kernel_main
    unimp

/* a0 hartid, a1 index in harts[] */
    .globl riscv_secondary_entry
riscv_secondary_entry:
    csrw sie, zero
    lla t0, harts
    li t1, HART_SIZE
    mul t1, t1, a1
    add tp, t0, t1
    ld sp, HART_KSTACK(tp)
    lla t0, riscv_kernel_satp
    ld t2, 0(t0)
    lla t1, _start0
    li t3, KERNEL_BASE
    sub t3, t3, t1
    add tp, tp, t3
    translation_on t2, t3, t0
    li s0, 0
    mv a0, tp
    call riscv_secondary_main
    unimp

/* What the function that made the call finds as it was. */
    .macro save_preserved thread
    sd x3, THREAD_X + 8 * 3(\thread)
    .irp n, 8,9,18,19,20,21,22,23,24,25,26,27
    sd x\n, THREAD_X + 8 * \n(\thread)
    .endr
#if QRV_LOCK_DEBUG
    li s0, 0                /* end of the frame chain, which the other kernel does not have */
#endif
    .endm

    .text
    .balign 4
    .globl riscv_trap_entry
riscv_trap_entry:
    csrrw tp, sscratch, tp
    beqz tp, kernel_trap
    sd sp, HART_SCRATCH(tp)
    ld sp, HART_CURRENT(tp)
    sd t0, THREAD_X + 8 * 5(sp)
    csrr t0, scause
    addi t0, t0, -CAUSE_USER_ECALL
    bnez t0, user_trap

/* A kernel call is a function call to its caller: what functions may change is not kept.  What they must not change is still in its
 * registers when kernel_call() returns, so it is saved only when the thread does not go straight back. */
    csrr t0, sepc
    csrrw t1, sscratch, zero
    ld t2, HART_SCRATCH(tp)
    addi t0, t0, 4          /* behind the ecall */
    sd t0, THREAD_PC(sp)
    sd x1, THREAD_X + 8 * 1(sp)
    sd t2, THREAD_X + 8 * 2(sp)
    sd t1, THREAD_X + 8 * 4(sp)
    sd a0, THREAD_ARG + 8 * 0(sp)
    sd a1, THREAD_ARG + 8 * 1(sp)
    sd a2, THREAD_ARG + 8 * 2(sp)
    sd a3, THREAD_ARG + 8 * 3(sp)
    sd a4, THREAD_ARG + 8 * 4(sp)
    sd a5, THREAD_ARG + 8 * 5(sp)
    sd a7, THREAD_CALL(sp)
    sb zero, THREAD_CALL_DONE(sp)
    li t0, FIRST_TASKMAN_CALL
    ld t1, kc_calls
    bgeu a7, t0, rare_call
    slli t0, a7, 3
    add t1, t1, t0
    ld t1, 0(t1)
    mv a0, sp
    beqz t1, rare_call
    addi a1, sp, THREAD_ARG
    ld sp, HART_KSTACK(tp)
    jalr t1                 /* kc_handler */
called:
    li t0, CALL_SWITCHED
    ble a0, t0, gives_way
    ld t1, HART_CURRENT(tp)
    ld t0, HART_RESCHED(tp) /* and switch_out */
    lw t2, THREAD_FLAGS(t1)
    bnez t0, 1f
    andi t2, t2, THREAD_ON_EXIT
    bnez t2, 1f
    ld t0, THREAD_PC(t1)
    csrw sscratch, tp
    csrw sepc, t0
    ld x1, THREAD_X + 8 * 1(t1)
    ld sp, THREAD_X + 8 * 2(t1)
    ld tp, THREAD_X + 8 * 4(t1)
    .irp r, a1,a2,a3,a4,a5,a6,a7,t0,t1,t2,t3,t4,t5,t6
    li \r, 0                /* nothing of the kernel is seen in user mode */
    .endr
    sret

/* Numbers that are taskman's, and numbers that are nobody's. */
rare_call:
    mv a0, sp
    mv a1, a7
    ld sp, HART_KSTACK(tp)
    call kernel_call
    j called

/* An interrupt or a fault: any register may be in use. */
user_trap:
    sd x1, THREAD_X + 8 * 1(sp)
    sd x3, THREAD_X + 8 * 3(sp)
    .irp n, 6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sd x\n, THREAD_X + 8 * \n(sp)
    .endr
    ld t0, HART_SCRATCH(tp)
    csrrw t1, sscratch, zero
    csrr t2, sepc
    csrr a1, scause
    sd t0, THREAD_X + 8 * 2(sp)
    sd t1, THREAD_X + 8 * 4(sp)
    sd t2, THREAD_PC(sp)
    mv a0, sp
    ld sp, HART_KSTACK(tp)
    li s0, 0
    call riscv_user_trap
    j to_user

/* A call that the thread does not go straight back from. */
1:  sd a0, THREAD_X + 8 * 10(t1)
2:  ld t1, HART_CURRENT(tp)
    save_preserved t1
to_user:
    call kernel_exit
    j resume
gives_way:
    bne a0, t0, 2b
    ld a0, HART_LEFT(tp)
    save_preserved a0
    call kernel_exit_switched
resume:
    mv sp, a0
    ld t2, THREAD_PC(sp)
    csrw sepc, t2
    /* A reservation of the thread before must not let this one's sc succeed: sc of an unchanged word ends it. */
    addi t1, sp, THREAD_PC
    sc.d zero, t2, (t1)
    csrw sscratch, tp
    ld x1, THREAD_X + 8 * 1(sp)
    .irp n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ld x\n, THREAD_X + 8 * \n(sp)
    .endr
    ld sp, THREAD_X + 8 * 2(sp)
    sret

/* sstatus: riscv_hart_init() has set SPIE and cleared SPP; a trap from user mode and the sret of kernel_trap leave them so. */
    .globl riscv_enter_user
riscv_enter_user:
    ld sp, HART_KSTACK(tp)
    j to_user

/* The s registers and ra are what a called function has to keep; gp is the user's in the middle of a kernel call. */
    .globl arch_stack_leave
arch_stack_leave:
    addi sp, sp, -112
    sd ra, 0(sp)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    sd s\n, 8 + 8 * \n(sp)
    .endr
    sd gp, 104(sp)
    sd sp, 0(a0)
    li s0, 0
    j riscv_enter_user

    .globl arch_stack_return
arch_stack_return:
    sfence.vma              /* the stack may be newer than what this hart knows of the kernel's mappings */
    mv sp, a0
    ld ra, 0(sp)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    ld s\n, 8 + 8 * \n(sp)
    .endr
    ld gp, 104(sp)
    addi sp, sp, 112
    ret

/* From the kernel: sscratch holds the kernel's tp, tp is 0.  Either a user copy has faulted, or the kernel is broken. */
kernel_trap:
    csrrw tp, sscratch, tp
    sd t0, HART_SCRATCH(tp)
    ld t0, HART_FIXUP_PC(tp)
    beqz t0, kernel_broken
    csrw sepc, t0
    csrr t0, stval
    sd t0, HART_FIXUP_ADDR(tp)
    sd zero, HART_FIXUP_PC(tp)
    ld t0, HART_SCRATCH(tp)
    sret

/* struct regs on the emergency stack, which nothing else uses; a second trap overwrites it, riscv_kernel_trap() knows. */
kernel_broken:
    ld t0, HART_ESTACK(tp)
    addi t0, t0, -272
    sd x1, 8 * 1(t0)
    sd x2, 8 * 2(t0)
    sd x3, 8 * 3(t0)
    sd x4, 8 * 4(t0)
    .irp n, 6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sd x\n, 8 * \n(t0)
    .endr
    ld t1, HART_SCRATCH(tp)
    sd t1, 8 * 5(t0)
    csrr t1, sepc
    sd t1, 8 * 32(t0)
    mv a0, t0
    mv sp, t0
    li t0, SSTATUS_SUM
    csrc sstatus, t0
    call riscv_kernel_trap
    unimp

/* int arch_user_read(void *dst, uint64_t src, size_t bytes), arch_user_write(uint64_t dst, const void *src, size_t bytes) */
    .macro user_copy name
    .balign 4
    .globl \name
\name:
    lla t0, user_copy_fault
    sd t0, HART_FIXUP_PC(tp)
    li t1, SSTATUS_SUM
    csrs sstatus, t1
    xor t2, a0, a1
    andi t2, t2, 7
    bnez t2, 6f             /* never aligned together */
1:  andi t2, a0, 7
    beqz t2, 2f
    beqz a2, 5f
    lbu t3, 0(a1)
    sb t3, 0(a0)
    addi a0, a0, 1
    addi a1, a1, 1
    addi a2, a2, -1
    j 1b
2:  li t2, 64
    bltu a2, t2, 3f
21: ld t3, 0(a1)
    ld t4, 8(a1)
    ld t5, 16(a1)
    ld t6, 24(a1)
    ld a3, 32(a1)
    ld a4, 40(a1)
    ld a5, 48(a1)
    ld a6, 56(a1)
    sd t3, 0(a0)
    sd t4, 8(a0)
    sd t5, 16(a0)
    sd t6, 24(a0)
    sd a3, 32(a0)
    sd a4, 40(a0)
    sd a5, 48(a0)
    sd a6, 56(a0)
    addi a0, a0, 64
    addi a1, a1, 64
    addi a2, a2, -64
    bltu a2, t2, 3f
    li t0, 256
    bltu a2, t0, 21b
22: .irp off, 0,64,128,192
    ld t3, \off + 0(a1)
    ld t4, \off + 8(a1)
    ld t5, \off + 16(a1)
    ld t6, \off + 24(a1)
    ld a3, \off + 32(a1)
    ld a4, \off + 40(a1)
    ld a5, \off + 48(a1)
    ld a6, \off + 56(a1)
    sd t3, \off + 0(a0)
    sd t4, \off + 8(a0)
    sd t5, \off + 16(a0)
    sd t6, \off + 24(a0)
    sd a3, \off + 32(a0)
    sd a4, \off + 40(a0)
    sd a5, \off + 48(a0)
    sd a6, \off + 56(a0)
    .endr
    addi a0, a0, 256
    addi a1, a1, 256
    addi a2, a2, -256
    bgeu a2, t0, 22b
    bgeu a2, t2, 21b
3:  li t2, 8
    bltu a2, t2, 4f
31: ld t3, 0(a1)
    sd t3, 0(a0)
    addi a0, a0, 8
    addi a1, a1, 8
    addi a2, a2, -8
    bgeu a2, t2, 31b
4:  beqz a2, 5f
    lbu t3, 0(a1)
    sb t3, 0(a0)
    addi a0, a0, 1
    addi a1, a1, 1
    addi a2, a2, -1
    j 4b
/* Whole words are stored, each put together from two words of the source.  Only words that hold wanted bytes are read. */
6:  li t2, 32
    bltu a2, t2, 4b
7:  andi t2, a0, 7
    beqz t2, 8f
    lbu t3, 0(a1)
    sb t3, 0(a0)
    addi a0, a0, 1
    addi a1, a1, 1
    addi a2, a2, -1
    j 7b
8:  andi t0, a1, 7
    sub a1, a1, t0
    slli t3, t0, 3
    neg t4, t3              /* shifts take their low six bits: 64 - t3 */
    ld t6, 0(a1)
    li t2, 16
9:  ld a3, 8(a1)
    ld a6, 16(a1)
    srl a4, t6, t3
    sll a5, a3, t4
    or a4, a4, a5
    srl a5, a3, t3
    sll t5, a6, t4
    or a5, a5, t5
    sd a4, 0(a0)
    sd a5, 8(a0)
    mv t6, a6
    addi a0, a0, 16
    addi a1, a1, 16
    addi a2, a2, -16
    bgeu a2, t2, 9b
    add a1, a1, t0
    j 4b
5:  csrc sstatus, t1
    sd zero, HART_FIXUP_PC(tp)
    li a0, 0
    ret
    .endm

    user_copy arch_user_read
    user_copy arch_user_write
user_copy_fault:
    li t1, SSTATUS_SUM
    csrc sstatus, t1
    li a0, 1
    ret

    .option push
    .option arch, +d
    .globl riscv_fp_save
riscv_fp_save:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fsd f\n, 8 * \n(a0)
    .endr
    frcsr t0
    sw t0, FP_FCSR(a0)
    ret

    .globl riscv_fp_load
riscv_fp_load:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fld f\n, 8 * \n(a0)
    .endr
    lw t0, FP_FCSR(a0)
    fscsr t0
    ret
    .option pop
