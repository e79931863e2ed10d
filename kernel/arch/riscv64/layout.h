/* SPDX-License-Identifier: Apache-2.0 */
/* Sv39 address-space layout of the kernel half.  Also read by assembly and by the linker script.
 *
 *   0xffffffc000000000  direct map: physical address + this, RAM only, never executable
 *   0xffffffff80000000  kernel image: text RX, rodata R, data RW
 *   0xffffffffc0000000  device windows (riscv_map_device)
 *   0xffffffffff800000  spare kernel stacks (stack.c), each above an unmapped guard page
 */
#pragma once

#define DIRECT_BASE 0xffffffc000000000
#define KERNEL_BASE 0xffffffff80000000
#define DEVICE_BASE 0xffffffffc0000000
#define STACKS_BASE 0xffffffffff800000
#define STACKS_BYTES 0x600000
#define KERNEL_MAX 0x400000 /* bytes of the image with bss: two leaf page tables */
#define DIRECT_BYTES (KERNEL_BASE - DIRECT_BASE)

#define KSTACK_SIZE 16384 /* per hart; below it an unmapped guard page */
#define ESTACK_SIZE 8192  /* per hart: panics */
