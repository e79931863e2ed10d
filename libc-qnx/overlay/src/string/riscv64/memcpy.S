/* SPDX-License-Identifier: Apache-2.0 */
/* void *memcpy(void *to, const void *from, size_t n): eight bytes at a time, where musl's C moves four. Nothing is loaded or
 * stored across its alignment (hardware may trap that); addresses that differ by a multiple of four go by fours,
 * others by eights that are put together of two. No aligned load without a byte of the source in it. */

.text
.globl memcpy
.type memcpy, @function
.balign 4
memcpy:
    mv t6, a0
    li t0, 16
    bltu a2, t0, .Lbytes
    /* The target's alignment first. */
    neg t1, t6
    andi t1, t1, 7
    sub a2, a2, t1
    beqz t1, 2f
    add t1, t1, t6
1:  lbu t2, 0(a1)
    addi a1, a1, 1
    sb t2, 0(t6)
    addi t6, t6, 1
    bne t6, t1, 1b
2:  andi t3, a1, 7
    andi t4, a2, -8 /* at least 8 are left of 16 */
    add t4, t4, t6  /* where whole eights end */
    beqz t3, .Leights
    andi t1, a1, 3
    beqz t1, .Lfours

    /* t3 = bytes of the first eight that are in front of the source. */
    sub a1, a1, t3
    slli t1, t3, 3
    neg t2, t1 /* the lower six bits count */
    ld a3, 0(a1)
3:  ld a4, 8(a1)
    addi a1, a1, 8
    srl a3, a3, t1
    sll a5, a4, t2
    or a3, a3, a5
    sd a3, 0(t6)
    addi t6, t6, 8
    mv a3, a4
    bne t6, t4, 3b
    add a1, a1, t3
    j .Lrest

.Lfours:
    andi t5, a2, -32
    add t5, t5, t6
    beq t5, t6, 5f
4:  lw a3, 0(a1)
    lw a4, 4(a1)
    lw a5, 8(a1)
    lw a6, 12(a1)
    lw a7, 16(a1)
    lw t0, 20(a1)
    lw t1, 24(a1)
    lw t2, 28(a1)
    sw a3, 0(t6)
    sw a4, 4(t6)
    sw a5, 8(t6)
    sw a6, 12(t6)
    sw a7, 16(t6)
    sw t0, 20(t6)
    sw t1, 24(t6)
    sw t2, 28(t6)
    addi a1, a1, 32
    addi t6, t6, 32
    bne t6, t5, 4b
5:  beq t6, t4, .Lrest
    lw a3, 0(a1)
    lw a4, 4(a1)
    addi a1, a1, 8
    sw a3, 0(t6)
    sw a4, 4(t6)
    addi t6, t6, 8
    j 5b

.Leights:
    andi t5, a2, -64
    add t5, t5, t6
    beq t5, t6, 7f
6:  ld a3, 0(a1)
    ld a4, 8(a1)
    ld a5, 16(a1)
    ld a6, 24(a1)
    ld a7, 32(a1)
    ld t0, 40(a1)
    ld t1, 48(a1)
    ld t2, 56(a1)
    sd a3, 0(t6)
    sd a4, 8(t6)
    sd a5, 16(t6)
    sd a6, 24(t6)
    sd a7, 32(t6)
    sd t0, 40(t6)
    sd t1, 48(t6)
    sd t2, 56(t6)
    addi a1, a1, 64
    addi t6, t6, 64
    bne t6, t5, 6b
7:  beq t6, t4, .Lrest
    ld a3, 0(a1)
    addi a1, a1, 8
    sd a3, 0(t6)
    addi t6, t6, 8
    j 7b

.Lrest:
    andi a2, a2, 7
.Lbytes:
    add a2, a2, t6
8:  beq t6, a2, 9f
    lbu t2, 0(a1)
    addi a1, a1, 1
    sb t2, 0(t6)
    addi t6, t6, 1
    j 8b
9:  ret
.size memcpy, . - memcpy
