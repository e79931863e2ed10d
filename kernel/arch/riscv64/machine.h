/* SPDX-License-Identifier: Apache-2.0 */
/* What portable code needs of the machine inline.  One file of this name per architecture, on the include path. */
#pragma once
#include "arch/riscv64/layout.h"
#include "core/types.h"

struct hart;

/* tp points at the hart's own entry of harts[] while in the kernel. */
static inline struct hart *this_hart(void)
{
    struct hart *h;
    __asm__("mv %0, tp" : "=r"(h));
    return h;
}

/* Direct map: RAM only. */
static inline void *phys_to_virt(paddr_t pa)
{
    return (void *)(DIRECT_BASE + pa);
}
