/* SPDX-License-Identifier: Apache-2.0 */
/* First page tables, built with translation still off.
 *
 * This file runs at the physical load address: every access is pc-relative, nothing here may use a pointer stored in data
 * (switch tables included: the build forbids jump tables).  The image gets its final rights at once: W^X from the first
 * translated instruction on. */
#include "arch/riscv64/pte.h"
#include "arch/riscv64/riscv.h"

typedef uint64_t page_table[PT_ENTRIES] __attribute__((aligned(4096)));

page_table riscv_early_root;
page_table riscv_image_l1;                       /* shared by every root */
page_table riscv_image_l0[KERNEL_MAX / 0x200000];

uint64_t riscv_early_map(uint64_t load_pa, uint64_t fdt_pa);

static void map_image(uint64_t load_pa)
{
    uint64_t text = (uint64_t)(__rodata_start - _start);
    uint64_t rodata = (uint64_t)(__data_start - _start);
    uint64_t stacks = (uint64_t)(__stacks_start - _start);
    uint64_t end = (uint64_t)(_end - _start);
    uint64_t stack_stride = 4096 + KSTACK_SIZE + ESTACK_SIZE;
    for (uint64_t off = 0; off < end; off += 4096) {
        uint64_t rights = PTE_R | PTE_W | PTE_D;
        if (off < text)
            rights = PTE_R | PTE_X;
        else if (off < rodata)
            rights = PTE_R;
        else if (off >= stacks && off < stacks + QRV_HARTS_MAX * stack_stride && (off - stacks) % stack_stride == 0)
            continue; /* guard page */
        riscv_image_l0[off >> 21][PT_INDEX(off, 0)] = PTE_FROM_PA(load_pa + off) | rights | PTE_V | PTE_A | PTE_G;
    }
    for (unsigned i = 0; i < KERNEL_MAX / 0x200000; i++)
        riscv_image_l1[PT_INDEX(KERNEL_BASE, 1) + i] = PTE_FROM_PA((uint64_t)riscv_image_l0[i]) | PTE_V;
    riscv_early_root[PT_INDEX(KERNEL_BASE, 2)] = PTE_FROM_PA((uint64_t)riscv_image_l1) | PTE_V;
}

static void map_direct_gib(uint64_t pa)
{
    if (pa < DIRECT_BYTES)
        riscv_early_root[PT_INDEX(DIRECT_BASE + pa, 2)] =
            PTE_FROM_PA(pa & ~((1UL << 30) - 1)) | PTE_R | PTE_W | PTE_V | PTE_A | PTE_D | PTE_G;
}

/* Returns the value for satp. */
uint64_t riscv_early_map(uint64_t load_pa, uint64_t fdt_pa)
{
    map_image(load_pa);
    map_direct_gib(load_pa);
    map_direct_gib(fdt_pa);
    map_direct_gib(fdt_pa + 0x400000); /* FDT_SIZE_MAX */
    return SATP_SV39 | (uint64_t)riscv_early_root >> 12;
}
